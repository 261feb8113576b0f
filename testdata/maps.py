"""Do the scripts of `ckpt diff --map` restore what they say? Needs TensorFlow, Keras 3 and h5py.

    python testdata/maps.py target/debug/ckpt

Saves pairs of checkpoints of an old and a new program, has the script written that takes the one into the
other, runs it in the new program, and compares every value.
"""

import os
import runpy
import subprocess
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

import keras
import numpy as np
import tensorflow as tf

v1 = tf.compat.v1


def script(ckpt, old, new, folder):
    """The script, imported."""
    path = os.path.join(folder, "restore.py")
    done = subprocess.run([ckpt, "diff", old, new, "--map", path, "-qq"], check=False)
    assert done.returncode in (0, 1), done
    return runpy.run_path(path)


def fresh(values, seed):
    """As many numbers, others each time."""
    return np.random.default_rng(seed).normal(size=np.shape(values)).astype(np.float32)


def graph(scope, parts):
    """A graph of TensorFlow 1, with a variable in parts."""
    with v1.variable_scope(scope):
        v1.get_variable("dense/kernel", [4, 3])
        v1.get_variable("dense/bias", [3])
        v1.get_variable("table", [6, 2], partitioner=tf.compat.v1.fixed_size_partitioner(parts))
    v1.get_variable("global_step", [], tf.int64, trainable=False)


def by_name(ckpt, folder, through_saver):
    old, new = os.path.join(folder, "old"), os.path.join(folder, "new")
    with tf.Graph().as_default(), v1.Session() as session:
        graph("bert", 2)
        session.run([v.assign(fresh(np.zeros(v.shape.as_list()), i)) for i, v in enumerate(v1.global_variables()) if v.dtype.is_floating])
        session.run([v.assign(7) for v in v1.global_variables() if v.dtype.is_integer])
        v1.train.Saver().save(session, old)
    with tf.Graph().as_default(), v1.Session() as session:
        graph("model/bert", 3)
        session.run(v1.global_variables_initializer())
        v1.train.Saver().save(session, new)
    said = script(ckpt, old, new, folder)
    with tf.Graph().as_default(), v1.Session() as session:
        graph("model/bert", 3)
        if through_saver:
            said["saver"]().restore(session, old)
        else:
            said["initialize"]()
            session.run(v1.global_variables_initializer())
        v1.train.Saver().save(session, new)
    stored, restored = tf.train.load_checkpoint(old), tf.train.load_checkpoint(new)
    for name in stored.get_variable_to_shape_map():
        to = name if name == "global_step" else f"model/{name}"
        np.testing.assert_array_equal(stored.get_tensor(name), restored.get_tensor(to), err_msg=name)


def layers(extra):
    """A model; perhaps with a layer more in the middle."""
    stack = [keras.layers.Input([5]), keras.layers.Dense(4, name="first")]
    stack += [keras.layers.LayerNormalization(name="extra")] if extra else []
    stack += [keras.layers.Dense(6, name="second"), keras.layers.Dense(2, name="out")]
    model = keras.Sequential(stack, name="model")
    model.compile(optimizer=keras.optimizers.Adam(name="adam"), loss="mse")
    return model


def train(model):
    for i, weight in enumerate(model.weights):
        weight.assign(fresh(weight, i))
    model.fit(np.ones([4, 5]), np.ones([4, 2]), epochs=2, verbose=0)


def weights(model):
    return {w.path: w.numpy() for w in model.weights}


def same(old, new):
    for name, value in old.items():
        np.testing.assert_array_equal(value, new[name], err_msg=name)


def by_object(ckpt, folder):
    old, new = layers(False), layers(True)
    train(old)
    saved = tf.train.Checkpoint(model=old, optimizer=old.optimizer).write(os.path.join(folder, "old"))
    new.optimizer.build(new.trainable_variables)
    root = tf.train.Checkpoint(model=new, optimizer=new.optimizer)
    said = script(ckpt, saved, root.write(os.path.join(folder, "new")), folder)
    said["restore"](root)
    same(weights(old), weights(new))
    kept = {v.path: v.numpy() for v in old.optimizer.variables}
    same(kept, {v.path: v.numpy() for v in new.optimizer.variables})


def from_hdf5(ckpt, folder, name_old, name_new):
    old, new = layers(False), layers(True)
    train(old)
    paths = os.path.join(folder, f"old{name_old}"), os.path.join(folder, f"new{name_new}")
    for model, path in zip((old, new), paths):
        model.save_weights(path) if path.endswith(".weights.h5") else model.save(path)
    script(ckpt, *paths, folder)["restore"](new)
    same(weights(old), weights(new))


def hdf5_into_objects(ckpt, folder):
    old, new = layers(False), layers(True)
    train(old)
    path = os.path.join(folder, "old.weights.h5")
    old.save_weights(path)
    root = tf.train.Checkpoint(model=new)
    script(ckpt, path, root.write(os.path.join(folder, "new")), folder)["restore"](root)
    same(weights(old), weights(new))


def main():
    ckpt = os.path.abspath(sys.argv[1])
    trials = {
        "names, by a Saver": lambda folder: by_name(ckpt, folder, True),
        "names, by initializers": lambda folder: by_name(ckpt, folder, False),
        "objects": lambda folder: by_object(ckpt, folder),
        ".keras into .keras": lambda folder: from_hdf5(ckpt, folder, ".keras", ".keras"),
        ".h5 into .weights.h5": lambda folder: from_hdf5(ckpt, folder, ".h5", ".weights.h5"),
        ".weights.h5 into .weights.h5": lambda folder: from_hdf5(ckpt, folder, ".weights.h5", ".weights.h5"),
        ".weights.h5 into objects": lambda folder: hdf5_into_objects(ckpt, folder),
    }
    failed = 0
    for name, trial in trials.items():
        with tempfile.TemporaryDirectory() as folder:
            try:
                trial(folder)
                print(f"ok      {name}", flush=True)
            except Exception as error:  # Every trial has its say.
                failed += 1
                print(f"FAILED  {name}: {type(error).__name__}: {error}", flush=True)
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()

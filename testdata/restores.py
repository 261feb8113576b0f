#!/usr/bin/env python3
"""Makes `restores`: pairs of files, and what the real loaders did with them: `python testdata/restores.py [NAME...]`.

Each folder holds what was saved (`old`), what the program that loads would save (`new`), and `outcome.json`: the call,
what the person did, and what became of it. Every variable has values of its own, so that after the load each tells
where it came from. Needs TensorFlow, Keras 3, tf_keras and h5py. Every pair is made by a process of its own.
"""

import json
import os
import shutil
import sys

ENVIRONMENT = {"PYTHONHASHSEED": "0", "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1",
               "TF_ENABLE_ONEDNN_OPTS": "0", "PYTHONDONTWRITEBYTECODE": "1"}
if any(os.environ.get(name) != value for name, value in ENVIRONMENT.items()):
    os.environ.update(ENVIRONMENT)
    os.execv(sys.executable, [sys.executable, *sys.argv])

import h5py  # noqa: E402  (needs the environment above)
import keras as k3  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
import tf_keras as k2  # noqa: E402

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "restores")
PAIRS = {}


def pair(name, loader, causes, old, new, file, path=None, target=None, **options):
    """`file`: what the old program saves; `path`: what is loaded, if that is something else; `target`: what the new
    program saves."""
    PAIRS[name] = dict(loader=loader, causes=causes, old=old, new=new, file=file, path=path or file,
                       target=target or file, options=options)


def dense(k, units, inputs=4, names=("a", "b", "out"), drop=False, freeze=False):
    """Dense layers of these units behind one another."""
    layers = [k.layers.Input((inputs,))] if k is k3 else [k.layers.InputLayer((inputs,))]
    for name, unit in zip(names, units):
        layers.append(k.layers.Dense(unit, name=name))
        if drop and name == names[0]:
            layers.append(k.layers.Dropout(0.5, name="drop"))
    model = k.Sequential(layers)
    if freeze:
        model.layers[0].trainable = False
    return model


def compiled(model, optimizer):
    model.compile(optimizer=optimizer, loss="mse")
    model.optimizer.build(model.trainable_variables)
    return model


def variables(model):
    optimizer = getattr(model, "optimizer", None)
    return list(model.variables) + list(optimizer.variables if optimizer else [])


def fill(model, first):
    """Values that nobody else has."""
    for variable in variables(model):
        size = int(np.prod(variable.shape))
        values = np.arange(first, first + size).reshape(variable.shape)
        variable.assign(values.astype(np.dtype(variable.dtype if isinstance(variable.dtype, str)
                                               else variable.dtype.as_numpy_dtype)))
        first += size


def stored(path):
    """The arrays of a file by their paths."""
    found = {}

    def visit(name, item):
        if isinstance(item, h5py.Dataset):
            found[name] = np.array(item)
    with h5py.File(path, "r") as file:
        file.visititems(visit)
    return found


def same(a, b):
    return a.shape == b.shape and np.array_equal(a, b)


def run(name):
    told = PAIRS[name]
    folder = os.path.join(HERE, name)
    shutil.rmtree(folder, ignore_errors=True)
    for part in ("old", "new"):
        os.makedirs(os.path.join(folder, part))
    os.chdir(folder)
    old, new = told["old"](), told["new"]()
    fill(old, 1000)
    fill(new, 5000)
    save(old, os.path.join("old", told["file"]))
    save(new, os.path.join("new", told["target"]))
    before, source = stored(os.path.join("new", told["target"])), stored(os.path.join("old", told["file"]))
    if told["path"] != told["file"]:
        os.rename(os.path.join("old", told["file"]), os.path.join("old", told["path"]))
    out = {"loader": told["loader"], "options": told["options"], "causes": told["causes"],
           "old": f"old/{told['path']}", "new": f"new/{told['target']}"}
    try:
        new.load_weights(os.path.join("old", told["path"]), **told["options"])
    except Exception as error:  # the exception is the answer
        out.update(outcome="error", exception=type(error).__name__)
    else:
        live = [np.array(variable) for variable in variables(new)]
        left = sorted(key for key, value in before.items() if any(same(value, now) for now in live))
        used = sorted(key for key, value in source.items() if any(same(value, now) for now in live))
        word = "noop" if len(left) == len(before) else "partial" if left else "ok"
        out.update(outcome=word, exception=None, not_restored=left, unused=sorted(set(source) - set(used)))
    with open("outcome.json", "w", encoding="utf-8") as file:
        json.dump(out, file, indent=1)
        file.write("\n")


def save(model, path):
    model.save(path) if path.endswith(".keras") else model.save_weights(path)


def legacy(k, units, **kw):
    return lambda: dense(k, units, **kw)


W, H = "model.weights.h5", "weights.h5"
plain3, plain2 = legacy(k3, (5, 5, 2)), legacy(k2, (5, 5, 2))
pair("k3-same", "keras3-weights", [], plain3, plain3, W)
pair("k3-inserted", "keras3-weights", ["inserted-layer"], plain3,
     legacy(k3, (5, 5, 5, 2), names=("a", "new", "b", "out")), W)
pair("k3-dropout", "keras3-weights", ["inserted-layer"], plain3, legacy(k3, (5, 5, 2), drop=True), W)
pair("k3-classes-skipped", "keras3-weights", ["changed-units"], plain3, legacy(k3, (5, 5, 3)), W, skip_mismatch=True)
pair("k3-by-name", "keras3-weights", ["option-not-taken"], plain3, plain3, W, by_name=True)
pair("k3-from-keras2", "keras3-weights", ["keras-version"], plain2, plain3, W)
pair("k3-from-keras2-h5", "keras3-weights", ["keras-version"], plain2, plain3, H, target=W)
pair("k3-renamed-file", "keras3-weights", ["renamed-file", "wrong-format"], plain3, plain3, W, path="weights.h5")
pair("k3-optimizer", "keras3-weights", ["optimizer-changed"], lambda: compiled(plain3(), "adam"),
     lambda: compiled(plain3(), "sgd"), W)
pair("k3-average", "keras3-weights", ["ema-changed"], lambda: compiled(plain3(), "adam"),
     lambda: compiled(plain3(), k3.optimizers.Adam(use_ema=True)), W)
pair("k3-frozen", "keras3-weights", ["frozen-layers"], lambda: compiled(plain3(), "adam"),
     lambda: compiled(dense(k3, (5, 5, 2), freeze=True), "adam"), W)
pair("k2-removed", "keras2-weights", ["removed-layer"], plain2, legacy(k2, (5, 2), names=("a", "out")), H)
pair("k2-by-name-ignored", "keras2-weights", ["option-not-taken"], plain2, plain2, W, by_name=True)
pair("k2-skip-alone", "keras2-weights", ["option-not-taken"], plain2, legacy(k2, (5, 5, 3)), H, skip_mismatch=True)
pair("k2-from-keras3", "keras2-weights", ["keras-version"], plain3, plain2, W)


if __name__ == "__main__":
    for chosen in sys.argv[1:] or PAIRS:
        child = os.fork()
        if child == 0:
            run(chosen)
            os._exit(0)
        if os.waitpid(child, 0)[1]:
            sys.exit(f"{chosen} failed")

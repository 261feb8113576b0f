"""Programs of Keras 3."""

import tensorflow as tf

from .registry import fixture
from .truth import Keys
from .values import COUNT, FIRST_MOMENT, RATE, SECOND_MOMENT, role_of, trained


def fill_model(weights, step=1):
    for number, weight in enumerate(weights):
        weight.assign(trained(weight.shape, weight.dtype, number, role_of(weight.path), step))


def slots_of(optimizer):
    """(slot name, slot variable, model variable) of an optimizer that has been built."""
    kinds = {"momentum": getattr(optimizer, "_momentums", None) or
             getattr(optimizer, "momentums", None),
             "velocity": getattr(optimizer, "_velocities", None)}
    for name, variables in kinds.items():
        for slot, variable in zip(variables or [], optimizer._trainable_variables):
            yield name, slot, variable


def fill_optimizer(optimizer, step=1):
    optimizer._iterations.assign(trained((), "int64", 0, COUNT, step))
    if len(optimizer.variables) > 1 and "learning_rate" in optimizer.variables[1].path:
        optimizer.variables[1].assign(trained((), "float32", 0, RATE))
    for number, (name, slot, _) in enumerate(slots_of(optimizer)):
        role = FIRST_MOMENT if name == "momentum" else SECOND_MOMENT
        slot.assign(trained(slot.shape, slot.dtype, 100 + number, role, step))


def told(path, model=None, optimizer=None, **more):
    import keras
    keys = Keys(path)
    facts = {"path": path, "keras": f"keras {keras.__version__}", **more}
    if model is not None:
        facts["model_keys"] = keys.all_of(model.weights)
    if optimizer is not None:
        facts["optimizer_keys"] = keys.all_of(optimizer.variables)
        facts["slots"] = sorted(
            ({"slot_key": keys.of(slot), "variable_key": keys.of(variable), "slot_name": name}
             for name, slot, variable in slots_of(optimizer)), key=lambda one: one["slot_key"])
    return facts


# -- a small functional model, three checkpoints ------------------------------------------------

def classifier():
    import keras
    features = keras.Input((8,), name="features")
    x = keras.layers.Dense(16, activation="relu", name="hidden")(features)
    x = keras.layers.BatchNormalization(name="norm")(x)
    model = keras.Model(features, keras.layers.Dense(4, name="logits")(x), name="classifier")
    optimizer = keras.optimizers.Adam(1e-3)
    optimizer.build(model.trainable_variables)
    return model, optimizer


def classifier_root():
    model, optimizer = classifier()
    return tf.train.Checkpoint(model=model, optimizer=optimizer)


@fixture("k3-adam", "A Keras 3 training directory: functional model and Adam, the newest three "
         "of four checkpoints kept by a CheckpointManager.", root=classifier_root)
def k3_adam():
    model, optimizer = classifier()
    checkpoint = tf.train.Checkpoint(model=model, optimizer=optimizer)
    manager = tf.train.CheckpointManager(checkpoint, ".", max_to_keep=3)
    for step in range(1, 5):
        fill_model(model.weights, step)
        fill_optimizer(optimizer, step)
        manager.save()
    return told("ckpt-4", model, optimizer, others=["ckpt-2", "ckpt-3"])


# -- the smallest one, of which most damaged fixtures are made ----------------------------------

def tiny():
    import keras
    model = keras.Sequential([keras.Input((5,), name="features"),
                              keras.layers.Dense(4, name="hidden"),
                              keras.layers.BatchNormalization(name="norm"),
                              keras.layers.Dense(2, name="logits")], name="tiny")
    optimizer = keras.optimizers.Adam(1e-3)
    optimizer.build(model.trainable_variables)
    return model, optimizer


def tiny_root():
    model, optimizer = tiny()
    return tf.train.Checkpoint(model=model, optimizer=optimizer)


@fixture("k3-tiny", "A Keras 3 Sequential model with Adam, saved once; most damaged fixtures "
         "are made of it.", root=tiny_root)
def k3_tiny():
    model, optimizer = tiny()
    fill_model(model.weights)
    fill_optimizer(optimizer)
    tf.train.Checkpoint(model=model, optimizer=optimizer).save("./ckpt")
    return told("ckpt-1", model, optimizer)


# -- other ways to hold a model -----------------------------------------------------------------

def compiled():
    import keras
    model = keras.Sequential([keras.Input((3,), name="features"),
                              keras.layers.Dense(5, name="hidden"),
                              keras.layers.Dense(1, name="score")], name="compiled")
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="mse", metrics=["mae"])
    return model


@fixture("k3-compiled", "The root of the checkpoint is a compiled and trained Keras 3 model "
         "itself, with its optimizer and metrics inside.",
         root=lambda: tf.train.Checkpoint(compiled()))
def k3_compiled():
    import keras
    import numpy as np
    keras.utils.set_random_seed(1)
    model = compiled()
    model.train_on_batch(np.ones((2, 3), "float32"), np.ones((2, 1), "float32"))
    fill_model(model.weights)
    fill_optimizer(model.optimizer)
    for number, variable in enumerate(model.metrics_variables):
        variable.assign(trained(variable.shape, variable.dtype, 200 + number))
    tf.train.Checkpoint(model).save("./ckpt")
    return told("ckpt-1", model, model.optimizer)


def nested():
    import keras
    tokens = keras.Input((6,), dtype="int32", name="tokens")
    x = keras.layers.Embedding(12, 4, name="embedding")(tokens)
    x = keras.layers.LSTM(3, name="lstm")(x)
    head = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4, name="inner"),
                             keras.layers.Dropout(0.1, seed=7),
                             keras.layers.Dense(2, name="outer")], name="head")
    model = keras.Model(tokens, head(x), name="reader")
    optimizer = keras.optimizers.Adam(1e-3)
    optimizer.build(model.trainable_variables)
    return model, optimizer


@fixture("k3-nested", "Embedding, LSTM and a model inside a model (with Dropout); Adam, and a "
         "tf.Variable of the user's own.")
def k3_nested():
    model, optimizer = nested()
    fill_model(model.weights)
    fill_optimizer(optimizer)
    tf.train.Checkpoint(model=model, optimizer=optimizer,
                        epoch=tf.Variable(17, dtype=tf.int64)).save("./ckpt")
    return told("ckpt-1", model, optimizer)


def subclassed():
    import keras

    class Twice(keras.Model):
        def __init__(self):
            super().__init__(name="twice")
            self.shared = keras.layers.Dense(4, name="shared")
            self.again = self.shared
            self.norm = keras.layers.LayerNormalization(name="norm")
            self.head = keras.layers.Dense(2, name="head")

        def call(self, x):
            return self.head(self.again(self.norm(self.shared(x))))

    model = Twice()
    model(tf.zeros((1, 4)))
    return model


@fixture("k3-subclassed", "A subclassed Keras 3 model that reaches one layer by two attributes: "
         "one variable, several paths.", root=lambda: tf.train.Checkpoint(model=subclassed()))
def k3_subclassed():
    model = subclassed()
    fill_model(model.weights)
    tf.train.Checkpoint(model=model).save("./ckpt")
    return told("ckpt-1", model)


@fixture("k3-sgd-momentum", "Keras 3 with SGD, momentum and a learning-rate schedule (so there "
         "is no learning-rate variable).")
def k3_sgd_momentum():
    import keras
    model = keras.Sequential([keras.Input((4,), name="features"),
                              keras.layers.Dense(3, name="hidden"),
                              keras.layers.Dense(2, name="logits")], name="momentum")
    optimizer = keras.optimizers.SGD(
        keras.optimizers.schedules.ExponentialDecay(0.1, 100, 0.9), momentum=0.9, nesterov=True)
    optimizer.build(model.trainable_variables)
    fill_model(model.weights)
    fill_optimizer(optimizer)
    tf.train.Checkpoint(model=model, optimizer=optimizer).save("./ckpt")
    return told("ckpt-1", model, optimizer)

"""Programs of TensorFlow 2.12, whose Keras wrote other files than those of today.

`python -m maker.formats.old NAME FACTS` under that version saves into the current directory and
writes what it knows to the file FACTS. Imports TensorFlow only when a program runs."""

import json
import os
import subprocess
import sys

from ..values import role_of, trained

PROGRAMS = {}  # name: (function that saves and describes, its sentence)
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def program(name, about):
    def register(function):
        PROGRAMS[name] = (function, about)
        return function
    return register


def run(python, name, folder):
    """Let a program run under another Python; its facts."""
    path = os.path.join(folder, ".facts")
    subprocess.run([python, "-m", "maker.formats.old", name, path], check=True, cwd=folder,
                   env=os.environ | {"PYTHONPATH": TOP}, stdout=subprocess.DEVNULL)
    with open(path, encoding="ascii") as file:
        facts = json.load(file)
    os.remove(path)
    return facts


def fill(model):
    variables = list(model.weights)
    optimizer = getattr(model, "optimizer", None)
    for number, weight in enumerate(variables):
        weight.assign(trained(weight.shape, weight.dtype.name, number, role_of(weight.name)))
    for number, variable in enumerate(optimizer.variables if optimizer else []):
        variable.assign(trained(variable.shape, variable.dtype.name, 100 + number))
    metrics = [variable for metric in model.metrics for variable in metric.variables]
    for number, variable in enumerate(metrics):
        variable.assign(trained(variable.shape, variable.dtype.name, 200 + number))


def network(train=True, middle=True):
    """Three Dense layers, so that their numbers show; batch normalization; Adam."""
    import numpy as np
    from tensorflow import keras
    features = keras.Input((6,), name="features")
    x = keras.layers.Dense(5, activation="relu", name="hidden")(features)
    x = keras.layers.BatchNormalization(name="norm")(x)
    if middle:
        x = keras.layers.Dense(4, name="middle")(x)
    model = keras.Model(features, keras.layers.Dense(3, name="logits")(x), name="network")
    if train:
        model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="mse")
        model.train_on_batch(np.ones((2, 6), "float32"), np.ones((2, 3), "float32"))
    fill(model)
    return model


def facts(kind, path, model, optimizer=None, **more):
    import tensorflow as tf
    from .facts import keras_facts
    return {"tensorflow": tf.__version__, **keras_facts(
        kind, path, f"keras {tf.keras.__version__}", model, optimizer, **more)}


@program("k212-weights", "Keras 2.12 in the newer format, which then called every second layer by "
         "a number too high.")
def weights():
    model = network()
    model.save_weights("model.weights.h5")
    return facts("keras-weights-h5", "model.weights.h5", model, model.optimizer)


@program("k212-weights-subclassed", "A subclassed model of Keras 2.12 in the newer format.")
def weights_subclassed():
    import tensorflow as tf
    from tensorflow import keras

    class Twins(keras.Model):
        def __init__(self):
            super().__init__(name="twins")
            self.first = keras.layers.Dense(3, name="first")
            self.norm = keras.layers.LayerNormalization(name="norm")
            self.stack = [keras.layers.Dense(3, name="stack0"), keras.layers.Dense(3, name="stack1")]
            self.second = keras.layers.Dense(3, name="second")

        def call(self, x):
            for layer in (self.first, self.norm, *self.stack, self.second):
                x = layer(x)
            return x

    model = Twins()
    model(tf.zeros((1, 3)))
    fill(model)
    model.save_weights("model.weights.h5")
    return facts("keras-weights-h5", "model.weights.h5", model)


@program("k212-h5", "A whole model of Keras 2.12 with its optimizer.")
def whole():
    model = network(middle=False)
    model.save("model.h5")
    return facts("keras-h5", "model.h5", model, model.optimizer)


@program("k212-h5-weights", "The weights of a model of Keras 2.12 in the older format.")
def legacy_weights():
    model = network(train=False)
    model.save_weights("model.h5")
    return facts("keras-h5-weights", "model.h5", model)


@program("k212-keras-hdf5", "What Keras 2.12 writes when a model is saved as model.keras: HDF5.")
def hdf5_called_keras():
    model = network(train=False)
    model.save("model.keras")
    return facts("keras-h5", "model.keras", model)


@program("k212-keras", "The .keras of Keras 2.12, which it writes when asked for the format "
         "keras_v3: a ZIP archive.")
def archive():
    from keras.saving import serialization_lib
    from keras.saving import saving_lib
    from .registry import pin_saving
    pin_saving(saving_lib, serialization_lib)
    model = network()
    model.save("model.keras", save_format="keras_v3")
    return facts("keras-archive", "model.keras", model, model.optimizer)


if __name__ == "__main__":
    function, _ = PROGRAMS[sys.argv[1]]
    told = function()
    with open(sys.argv[2], "w", encoding="ascii") as out:
        json.dump(told, out)

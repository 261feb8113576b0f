"""`.keras` archives."""

import os
import types
import zipfile

import numpy as np

from .. import keras3
from .keras_weights import compiled2, facts2, facts3, fill, train
from .registry import format_fixture, pin_keras2, pin_keras3

KIND = "keras-archive"


@format_fixture("k3-keras", "A functional Keras 3 model, compiled and trained.")
def k3_keras():
    pin_keras3()
    model = keras3.compiled()
    train(model, (2, 3), (2, 1))
    model.save("model.keras")
    return facts3("model.keras", model, model.optimizer, kind=KIND)


@format_fixture("k3-keras-folder", "The archive of k3-keras, unzipped.")
def k3_keras_folder():
    pin_keras3()
    model = keras3.compiled()
    train(model, (2, 3), (2, 1))
    model.save("model.keras")
    with zipfile.ZipFile("model.keras") as archive:
        archive.extractall(".")
    os.remove("model.keras")
    return facts3(".", model, model.optimizer, kind="keras-directory")


@format_fixture("k3-keras-custom", "A subclassed Keras 3 model with a layer of the user's own, both "
                "registered under the package Example; the file does not tell their code.")
def k3_keras_custom():
    import keras
    pin_keras3()

    @keras.saving.register_keras_serializable("Example")
    class Scale(keras.layers.Layer):
        def __init__(self, start=1.0, **how):
            super().__init__(**how)
            self.start = start

        def build(self, shape):
            self.factor = self.add_weight(shape=(shape[-1],), name="factor")

        def call(self, x):
            return x * self.factor

        def get_config(self):
            return super().get_config() | {"start": self.start}

    @keras.saving.register_keras_serializable("Example")
    class Net(keras.Model):
        def __init__(self, units=3, **how):
            super().__init__(**how)
            self.units = units
            self.dense = keras.layers.Dense(units, name="dense")
            self.scale = Scale(2.0, name="scale")

        def call(self, x):
            return self.scale(self.dense(x))

        def get_config(self):
            return super().get_config() | {"units": self.units}

    Scale.__module__ = Net.__module__ = "example"
    model = Net(name="net")
    model(np.zeros((1, 4), "float32"))
    keras3.fill_model(model.weights)
    model.save("model.keras")
    return facts3("model.keras", model, kind=KIND)


@format_fixture("k3-keras-assets", "TextVectorization that has learned its words: they lie in assets of the archive.")
def k3_keras_assets():
    import keras
    pin_keras3()
    texts = keras.Input((1,), dtype="string", name="texts")
    words = keras.layers.TextVectorization(output_sequence_length=4, name="words")
    words.adapt(["check point check", "point check gr\u00fc\u00dfe"])
    x = keras.layers.Embedding(6, 2, name="embedding")(words(texts))
    model = keras.Model(texts, keras.layers.Flatten(name="flat")(x), name="reader")
    fill(model.weights)
    model.save("model.keras")
    return facts3("model.keras", model, kind=KIND)


def example_function(source):
    """A function of this source, whose code does not tell where this file lies."""
    return types.FunctionType(compile(source, "example.py", "eval").co_consts[0], {"__name__": "example"})


def doubled():
    import keras
    features = keras.Input((3,), name="features")
    function = example_function("lambda x: x * 2.0 + 1.0")
    x = keras.layers.Lambda(function, name="twice", output_shape=(3,))(features)
    model = keras.Model(features, keras.layers.Dense(2, name="logits")(x), name="doubled")
    keras3.fill_model(model.weights)
    return model


@format_fixture("k3-keras-lambda", "A Lambda layer: the archive holds Python bytecode.")
def k3_keras_lambda():
    pin_keras3()
    model = doubled()
    model.save("model.keras")
    return facts3("model.keras", model, kind=KIND)


@format_fixture("k3-h5-lambda", "The model of k3-keras-lambda, saved as model.h5.")
def k3_h5_lambda():
    pin_keras3()
    model = doubled()
    model.save("model.h5")
    return facts3("model.h5", model, kind="keras-h5")


@format_fixture("k2-keras", "A functional tf_keras model, compiled and trained, in the archive "
                "format.")
def k2_keras():
    pin_keras2()
    model = compiled2()
    model.save("model.keras")
    return facts2("model.keras", model, model.optimizer, kind=KIND)

"""Weights of Keras 3 and of tf_keras in files of HDF5: `.weights.h5`, whole and in shards."""

import numpy as np
import tensorflow as tf

from .. import keras2, keras3
from ..values import COUNT, FIRST_MOMENT, RATE, SECOND_MOMENT, role_of, trained
from .facts import keras_facts
from .registry import format_fixture, pin_keras3

KIND = "keras-weights-h5"


def facts3(path, model, optimizer=None, kind=KIND, **more):
    import keras
    return keras_facts(kind, path, f"keras {keras.__version__}", model, optimizer, **more)


def facts2(path, model, optimizer=None, kind=KIND, **more):
    import tf_keras
    return keras_facts(kind, path, f"tf_keras {tf_keras.__version__}", model, optimizer, **more)


def fill(weights, start=0):
    """Values for weights of any type: what numpy cannot hold is cast from float32."""
    for number, weight in enumerate(weights, start):
        name = getattr(weight, "path", weight.name)
        dtype = getattr(weight.dtype, "name", weight.dtype)
        plain = dtype if np.dtype(dtype).kind in "fiu" and "float8" not in dtype else "float32"
        weight.assign(tf.cast(trained(weight.shape, plain, number, role_of(name)), dtype)
                      if plain != dtype else trained(weight.shape, plain, number, role_of(name)))


# -- Keras 3 --------------------------------------------------------------------------------------

@format_fixture("k3-weights-compiled", "A Keras 3 model after a training step, with its optimizer.")
def k3_weights_compiled():
    model = keras3.compiled()
    train(model, (2, 3), (2, 1))
    model.save_weights("model.weights.h5")
    return facts3("model.weights.h5", model, model.optimizer)


def train(model, inputs, outputs, dtype="float32"):
    """One step, then values that do not depend on it."""
    model.train_on_batch(np.ones(inputs, dtype), np.ones(outputs, "float32"))
    keras3.fill_model(model.weights)
    keras3.fill_optimizer(model.optimizer)


@format_fixture("k3-weights-nested", "Keras 3: Embedding, LSTM and a model inside a model.")
def k3_weights_nested():
    model, _ = keras3.nested()
    keras3.fill_model(model.weights)
    model.save_weights("model.weights.h5")
    return facts3("model.weights.h5", model)


@format_fixture("k3-weights-many", "Eleven Dense layers of Keras 3: their numbers have two digits, "
                "which HDF5 sorts as text.")
def k3_weights_many():
    import keras
    model = keras.Sequential([keras.Input((2,), name="features"),
                              *(keras.layers.Dense(2 + n % 3, name=f"layer{11 - n}")
                                for n in range(11))], name="many")
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse")
    train(model, (2, 2), (2, 3))
    model.save_weights("model.weights.h5")
    return facts3("model.weights.h5", model, model.optimizer)


def containers():
    """A subclassed model that keeps layers in every way that Keras 3 walks."""
    import keras

    class Block(keras.layers.Layer):
        def __init__(self, **how):
            super().__init__(**how)
            self.inner = keras.layers.Dense(3, name="inner")
            self.scale = self.add_weight(shape=(3,), name="scale")

        def call(self, x):
            return self.inner(x) * self.scale

    class Containers(keras.Model):
        def __init__(self):
            super().__init__(name="containers")
            self.alpha = keras.layers.Dense(3, name="alpha")
            self.zeta = keras.layers.Dense(3, name="zeta")
            self._private = keras.layers.Dense(3, name="private")
            self.again = self.alpha
            self.blocks = [Block(name="one"), Block(name="two")]
            self.table = {"left": keras.layers.Dense(3, name="left"),
                          "right": keras.layers.LayerNormalization(name="right")}
            self.deep = [[keras.layers.Dense(3, name="deep0")], [keras.layers.Dense(3, name="deep1")]]
            self.own = self.add_weight(shape=(3,), name="own")

        def call(self, x):
            for layer in (self.alpha, self.zeta, self._private, *self.blocks,
                          *self.table.values(), *(one for row in self.deep for one in row)):
                x = layer(x)
            return x + self.own

    model = Containers()
    model(tf.zeros((1, 3)))
    return model


@format_fixture("k3-weights-subclassed", "A subclassed Keras 3 model with layers in attributes, "
                "private ones, lists, lists of lists and dicts, one of them under two names, and "
                "a weight of its own.")
def k3_weights_subclassed():
    model = containers()
    keras3.fill_model(model.weights)
    model.save_weights("model.weights.h5")
    return facts3("model.weights.h5", model)


@format_fixture("k3-weights-wrapped", "Keras 3 layers with layers inside: Bidirectional, "
                "MultiHeadAttention, TimeDistributed, a stack of recurrent cells; Normalization, Conv2D.")
def k3_weights_wrapped():
    import keras
    x = steps = keras.Input((4, 3), name="steps")
    x = keras.layers.Normalization(name="scaled")(x)
    x = keras.layers.Bidirectional(keras.layers.LSTM(2, return_sequences=True), name="both")(x)
    x = keras.layers.MultiHeadAttention(2, 2, name="attention")(x, x)
    x = keras.layers.TimeDistributed(keras.layers.Dense(4), name="each")(x)
    x = keras.layers.RNN([keras.layers.GRUCell(3), keras.layers.GRUCell(2)],
                         return_sequences=True, name="stack")(x)
    x = keras.layers.Reshape((4, 2, 1), name="image")(x)
    x = keras.layers.Conv2D(2, 2, name="conv")(x)
    x = keras.layers.DepthwiseConv2D(1, name="depthwise")(x)
    model = keras.Model(steps, keras.layers.Flatten(name="flat")(x), name="wrapped")
    fill(model.weights)
    model.save_weights("model.weights.h5")
    return facts3("model.weights.h5", model)


@format_fixture("k3-weights-bfloat16", "A Keras 3 model whose variables are bfloat16, which HDF5 "
                "has not; one layer is float16.")
def k3_weights_bfloat16():
    import keras
    model = keras.Sequential([keras.Input((5,), name="features"),
                              keras.layers.Dense(4, name="hidden", dtype="bfloat16"),
                              keras.layers.BatchNormalization(name="norm", dtype="bfloat16"),
                              keras.layers.Dense(2, name="half", dtype="float16")], name="brain")
    fill(model.weights)
    model.save_weights("model.weights.h5")
    return facts3("model.weights.h5", model)


def quantized(mode):
    import keras
    keras.utils.set_random_seed(5)
    model = keras.Sequential([keras.Input((6,), name="features"),
                              keras.layers.Dense(4, name="hidden"),
                              keras.layers.Dense(2, name="logits")], name="small")
    keras3.fill_model(model.weights)
    model.quantize(mode)
    return model


@format_fixture("k3-weights-int8", "A Keras 3 model quantized to int8: kernels with scales.")
def k3_weights_int8():
    model = quantized("int8")
    model.save_weights("model.weights.h5")
    return facts3("model.weights.h5", model)


@format_fixture("k3-weights-int4", "A Keras 3 model quantized to int4: two elements in one byte.")
def k3_weights_int4():
    model = quantized("int4")
    model.save_weights("model.weights.h5")
    return facts3("model.weights.h5", model)


@format_fixture("k3-h5-int4", "A Keras 3 model quantized to int4 as a whole model in HDF5, with an embedding.")
def k3_h5_int4():
    import keras
    pin_keras3()
    keras.utils.set_random_seed(6)
    model = keras.Sequential([keras.Input((3,), dtype="int32", name="tokens"),
                              keras.layers.Embedding(6, 4, name="words"),
                              keras.layers.Flatten(name="flat"),
                              keras.layers.Dense(2, use_bias=False, name="logits")], name="small")
    keras3.fill_model(model.weights)
    model.quantize("int4")
    model.save("model.h5")
    return facts3("model.h5", model, kind="keras-h5")


def sharded():
    import keras
    model = keras.Sequential([keras.Input((8,), name="features"),
                              keras.layers.Dense(16, name="hidden"),
                              keras.layers.Dense(12, name="wide"),
                              keras.layers.BatchNormalization(name="norm"),
                              keras.layers.Dense(4, name="logits")], name="sharded")
    model.compile(optimizer=keras.optimizers.SGD(0.1, momentum=0.9), loss="mse")
    return model


@format_fixture("k3-weights-sharded", "Weights of Keras 3 in several files, with the list of them "
                "in a .weights.json.")
def k3_weights_sharded():
    import json
    model = sharded()
    train(model, (2, 8), (2, 4))
    model.save_weights("model.weights.json", max_shard_size=1.2e-6)
    with open("model.weights.json", encoding="utf-8") as file:
        return facts3("model.weights.json", model, model.optimizer, kind="keras-sharded-weights",
                      listed=json.load(file))


# -- tf_keras -------------------------------------------------------------------------------------

def train2(model, inputs, outputs):
    model.train_on_batch(np.ones(inputs, "float32"), np.ones(outputs, "float32"))
    fill2(model)


def fill2(model):
    fill(model.weights)
    for number, variable in enumerate(model.optimizer.variables):
        role = COUNT if variable.dtype.is_integer else (
            FIRST_MOMENT if "/m/" in variable.name else SECOND_MOMENT)
        variable.assign(trained(variable.shape, variable.dtype.name, 100 + number, role))
    model.optimizer._learning_rate.assign(trained((), "float32", 0, RATE))
    fill([variable for metric in model.metrics for variable in metric.variables], 200)


def compiled2():
    import tf_keras
    model = keras2.network()
    model.compile(optimizer=tf_keras.optimizers.Adam(1e-3), loss="mse")
    train2(model, (2, 6), (2, 3))
    return model


@format_fixture("k2-weights", "A functional tf_keras model, compiled and trained, with its "
                "optimizer, in the newer format.")
def k2_weights():
    model = compiled2()
    model.save_weights("model.weights.h5")
    return facts2("model.weights.h5", model, model.optimizer)


@format_fixture("k2-weights-subclassed", "A subclassed tf_keras model in the newer format: a layer whose "
                "attribute sorts before `layers` is called by its class and number, others by their attribute.")
def k2_weights_subclassed():
    import tf_keras as keras

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
    fill(model.weights)
    model.save_weights("model.weights.h5")
    return facts2("model.weights.h5", model)

"""Sound files of Keras that load_model() does not take as they are."""

import os
import types


from .. import keras3
from .archives import KIND
from .keras_h5 import WEIGHTS, WHOLE
from .keras_weights import facts2, facts3, fill, train
from .registry import format_fixture, pin_keras2, pin_keras3


@format_fixture("k3-keras-after-h5", "A compiled Keras 3 model saved as model.h5 first (which is not kept): the "
                "configuration in the archive names no optimizer.")
def after_h5():
    pin_keras3()
    model = keras3.compiled()
    train(model, (2, 3), (2, 1))
    model.save("model.h5")
    os.remove("model.h5")
    model.save("model.keras")
    return facts3("model.keras", model, model.optimizer, kind=KIND)


def own(keras):
    """A model with an activation, a layer and a loss of the user's own, none of them registered."""
    class Twice(keras.layers.Layer):
        def call(self, x):
            return x * 2

    def bend(x):
        return keras.ops.maximum(x, -1.0)

    def distance(true, told):
        return keras.ops.mean(keras.ops.square(true - told))

    for one in (Twice, bend, distance):
        one.__module__ = "example"
    model = keras.Sequential([keras.Input((3,), name="features"),
                              keras.layers.Dense(2, activation=bend, name="bent"), Twice(name="twice")],
                             name="own")
    model.compile(optimizer="sgd", loss=distance, metrics=["mae", distance])
    keras3.fill_model(model.weights)
    return model


@format_fixture("k3-keras-own", "An activation, a layer and a loss of the user's own, none of them registered, in an "
                "archive.")
def own_archive():
    import keras
    pin_keras3()
    model = own(keras)
    model.save("model.keras")
    return facts3("model.keras", model, kind=KIND)


@format_fixture("k3-h5-own", "The model of k3-keras-own, saved as model.h5.")
def own_h5():
    import keras
    pin_keras3()
    model = own(keras)
    model.save("model.h5")
    return facts3("model.h5", model, kind=WHOLE)


def cudnn():
    import tf_keras as keras
    from tf_keras.src.layers.rnn.cudnn_gru import CuDNNGRU
    from tf_keras.src.layers.rnn.cudnn_lstm import CuDNNLSTM
    pin_keras2()
    words = keras.Input((5, 3), name="words")
    x = CuDNNGRU(2, name="two")(CuDNNLSTM(4, return_sequences=True, name="one")(words))
    model = keras.Model(words, x, name="reader")
    fill(model.weights)
    return model


@format_fixture("k2-h5-cudnn", "A tf_keras model of CuDNNLSTM and CuDNNGRU, saved as model.h5.")
def cudnn_h5():
    model = cudnn()
    model.save("model.h5")
    return facts2("model.h5", model, kind=WHOLE)


@format_fixture("k2-h5-cudnn-weights", "The weights of k2-h5-cudnn alone.")
def cudnn_weights():
    model = cudnn()
    model.save_weights("model.h5")
    return facts2("model.h5", model, kind=WEIGHTS)


def replicated():
    """What multi_gpu_model(inner, 2) of Keras 2.3 makes, layer by layer."""
    import tf_keras as keras
    pin_keras2()
    features = keras.Input((4,), name="features")
    inner = keras.Model(features, keras.layers.Dense(2, name="logits")(keras.layers.Dense(3, name="hidden")(features)),
                        name="model_1")
    code = compile("lambda data, i, parts: data[i::parts]", "example.py", "eval").co_consts[0]
    parts = [keras.layers.Lambda(types.FunctionType(code, {"__name__": "example"}), output_shape=(4,),
                                 arguments={"i": i, "parts": 2}, name=f"lambda_{i + 1}")(features) for i in range(2)]
    whole = keras.layers.Concatenate(axis=0, name="logits_of_all")([inner(part) for part in parts])
    model = keras.Model(features, whole, name="model_2")
    fill(model.weights)
    return model


@format_fixture("k2-h5-multi-gpu", "tf_keras: a model as multi_gpu_model of Keras 2.3 wraps it for two devices, built "
                "by hand.")
def replicated_h5():
    model = replicated()
    model.save("model.h5")
    return facts2("model.h5", model, kind=WHOLE)


@format_fixture("k2-h5-multi-gpu-weights", "The weights of k2-h5-multi-gpu alone: one layer has all.")
def replicated_weights():
    model = replicated()
    model.save_weights("model.h5")
    return facts2("model.h5", model, kind=WEIGHTS)

"""The older HDF5 files of Keras: whole models and weights."""

import h5py
import numpy as np

from .. import keras2, keras3
from ..values import trained
from .facts import keras_facts
from .keras_weights import compiled2, facts2, facts3, fill, train
from .registry import format_fixture, pin_keras2, pin_keras3

WHOLE, WEIGHTS = "keras-h5", "keras-h5-weights"


# -- Keras 3 --------------------------------------------------------------------------------------

@format_fixture("k3-h5", "A whole Keras 3 model, compiled and trained, saved as model.h5.")
def k3_h5():
    pin_keras3()
    model = keras3.compiled()
    train(model, (2, 3), (2, 1))
    model.save("model.h5")
    return facts3("model.h5", model, model.optimizer, kind=WHOLE)


@format_fixture("k3-h5-nested", "A whole Keras 3 model with Embedding, LSTM and a model inside, "
                "never compiled.")
def k3_h5_nested():
    pin_keras3()
    model, _ = keras3.nested()
    keras3.fill_model(model.weights)
    model.save("model.h5")
    return facts3("model.h5", model, kind=WHOLE)


@format_fixture("k3-h5-empty", "A whole Keras 3 model without weights.")
def k3_h5_empty():
    import keras
    pin_keras3()
    model = keras.Sequential([keras.Input((2, 3)), keras.layers.Flatten(name="flat"),
                              keras.layers.ReLU(name="relu")], name="empty")
    model.save("model.h5")
    return facts3("model.h5", model, kind=WHOLE)


@format_fixture("k3-h5-bfloat16", "A whole Keras 3 model whose variables are bfloat16, as model.h5.")
def k3_h5_bfloat16():
    import keras
    pin_keras3()
    model = keras.Sequential([keras.Input((5,), name="features"),
                              keras.layers.Dense(4, name="hidden", dtype="bfloat16"),
                              keras.layers.Dense(2, name="half", dtype="float16")], name="brain")
    fill(model.weights)
    model.save("model.h5")
    return facts3("model.h5", model, kind=WHOLE)


# -- tf_keras -------------------------------------------------------------------------------------

@format_fixture("k2-h5", "A whole tf_keras model, compiled and trained, saved as model.h5.")
def k2_h5():
    pin_keras2()
    model = compiled2()
    model.save("model.h5")
    return facts2("model.h5", model, model.optimizer, kind=WHOLE)


@format_fixture("k2-h5-legacy-adam", "A whole tf_keras model with the Adam of before Keras 2.11.")
def k2_h5_legacy_adam():
    import tf_keras
    pin_keras2()
    model = tf_keras.Sequential([tf_keras.Input((6,), name="features"),
                                 tf_keras.layers.Dense(3, name="logits")], name="one")
    model.compile(optimizer=tf_keras.optimizers.legacy.Adam(1e-3), loss="mse")
    model.train_on_batch(np.ones((2, 6), "float32"), np.ones((2, 3), "float32"))
    fill(model.weights)
    for number, variable in enumerate(model.optimizer.weights):
        variable.assign(trained(variable.shape, variable.dtype.name, 100 + number))
    model.save("model.h5")
    return facts2("model.h5", model, kind=WHOLE) | {
        "optimizer_class": "Adam (legacy)", "optimizer": optimizer_places(model)}


def optimizer_places(model):
    """Where the weights of a legacy optimizer lie (its `variables` is a method)."""
    class Owner:
        variables = model.optimizer.weights
    return keras_facts(WHOLE, "model.h5", None, None, Owner())["optimizer"]


@format_fixture("k2-h5-weights", "The weights of a tf_keras model, saved as model.h5.")
def k2_h5_weights():
    model = keras2.network()
    model.save_weights("model.h5")
    return facts2("model.h5", model, kind=WEIGHTS)


def nested2(frozen):
    import tf_keras as keras
    body = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="inner"),
                             keras.layers.Dense(2, name="outer")], name="body")
    body.layers[0].trainable = not frozen
    features = keras.Input((4,), name="features")
    model = keras.Model(features, keras.layers.Dense(1, name="head")(body(features)), name="whole")
    fill(model.weights)
    return model


@format_fixture("k2-h5-nested", "tf_keras: the weights of a model inside a model lie in one group.")
def k2_h5_nested():
    model = nested2(frozen=False)
    model.save_weights("model.h5")
    return facts2("model.h5", model, kind=WEIGHTS)


@format_fixture("k2-h5-frozen", "The model of k2-h5-nested with one frozen layer, whose weights come last in the group.")
def k2_h5_frozen():
    model = nested2(frozen=True)
    model.save_weights("model.h5")
    return facts2("model.h5", model, kind=WEIGHTS)


@format_fixture("k2-h5-split", "layer_names and weight_names cut into several attributes, which "
                "happens when the longest name times their number is more than 64512 bytes.")
def k2_h5_split():
    import tf_keras as keras

    class Many(keras.layers.Layer):
        def build(self, _):
            self.parts = [self.add_weight(name=f"part_{number}" + "x" * 2600 * (number == 17), shape=(number % 3 + 1,))
                          for number in range(25)]

        def call(self, x):
            return x + sum(keras.backend.sum(part) for part in self.parts)

    layers = [keras.layers.Activation("relu", name=f"activation_{number}" + "y" * 3500 * (number == 5))
              for number in range(18)]
    model = keras.Sequential([keras.Input((2,), name="features"), *layers[:9], Many(name="many"),
                              *layers[9:], keras.layers.Dense(2, name="last")], name="split")
    fill(model.weights)
    model.save_weights("model.h5")
    return facts2("model.h5", model, kind=WEIGHTS)


# -- by hand --------------------------------------------------------------------------------------

@format_fixture("keras1-h5", "Forged: the layout of weights that Keras 1 wrote, without version and "
                "backend, names like dense_1_W, fixed-length strings.")
def keras1_h5():
    layers = {"dense_1": {"dense_1_W": (4, 3), "dense_1_b": (3,)}, "activation_1": {},
              "dropout_1": {},
              "batchnormalization_1": {f"batchnormalization_1_{leaf}": (3,) for leaf in
                                       ("gamma", "beta", "running_mean", "running_std")},
              "dense_2": {"dense_2_W": (3, 2), "dense_2_b": (2,)}}
    number = 0
    with h5py.File("model.h5", "w") as file:
        file.attrs["layer_names"] = np.array([name.encode() for name in layers])
        for name, weights in layers.items():
            group = file.create_group(name)
            group.attrs["weight_names"] = np.array([weight.encode() for weight in weights])
            for weight, shape in weights.items():
                group.create_dataset(weight, data=trained(shape, "float32", number))
                number += 1
    return keras_facts(WEIGHTS, "model.h5", None)

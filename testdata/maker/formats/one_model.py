"""One model, saved in every way: the values must be equal pairwise."""


import numpy as np
import tensorflow as tf

from .. import keras3
from ..truth import Keys, all_tensors
from ..values import trained
from . import hdf5, saved
from .facts import Places, archive_facts, facts_of, layers_of, sources_of
from .registry import format_fixture, pin_keras3


def model():
    """Embedding, LSTM, normalization and two Dense layers, trained for one step."""
    import keras
    keras.utils.set_random_seed(3)
    tokens = keras.Input((6,), dtype="int32", name="tokens")
    x = keras.layers.Embedding(12, 4, name="embedding")(tokens)
    x = keras.layers.LSTM(3, name="lstm")(x)
    x = keras.layers.BatchNormalization(name="norm")(x)
    x = keras.layers.Dense(5, activation="relu", name="hidden")(x)
    one = keras.Model(tokens, keras.layers.Dense(2, name="logits")(x), name="one")
    one.compile(optimizer=keras.optimizers.Adam(1e-3), loss=keras.losses.MeanSquaredError())
    one.train_on_batch(np.arange(12, dtype="int32").reshape(2, 6), np.ones((2, 2), "float32"))
    keras3.fill_model(one.weights)
    keras3.fill_optimizer(one.optimizer)
    for number, variable in enumerate(one.metrics_variables):
        variable.assign(trained(variable.shape, variable.dtype, 200 + number))
    return one


class Saves:
    """Where each save keeps the value of a variable."""

    def __init__(self, files, bundles):
        self.places = {path: Places({name: hdf5.describe(source)
                                     for name, source in sources_of(path).items()})
                       for path in files}
        self.keys = {path: Keys(prefix) for path, prefix in bundles.items()}

    def of(self, variable):
        facts = facts_of(variable)
        value = Keys.print_of(np.asarray(variable))
        found = {path: places.of(facts)["dataset"] for path, places in self.places.items()}
        found |= {path: sorted(keys.by_value.get(value, [])) for path, keys in self.keys.items()}
        return facts | {"found": found}


@format_fixture("one-model", "One Keras 3 model, trained for a step, saved in five ways.")
def one_model():
    import keras
    pin_keras3()
    one = model()
    one.save("model.keras")
    one.save_weights("model.weights.h5")
    one.save("model.h5")
    tf.train.Checkpoint(model=one, optimizer=one.optimizer).save("./ckpt")
    one.export("export", verbose=False)
    saved.tidy("export")
    bundles = {"ckpt-1": "ckpt-1", "export": "export/variables/variables"}
    saves = Saves(["model.keras", "model.weights.h5", "model.h5"], bundles)
    return {"kind": "one-model", "path": ".", "keras": f"keras {keras.__version__}",
            "saves": {"model.keras": "keras-archive", "model.weights.h5": "keras-weights-h5",
                      "model.h5": "keras-h5", "ckpt-1": "object-based", "export": "saved-model"},
            "weights": [saves.of(variable) for variable in one.weights],
            "optimizer": [saves.of(variable) for variable in one.optimizer.variables],
            "layers": layers_of(one), "members": archive_facts("model.keras"),
            "saved_model": saved.describe("export"),
            "tensors": {path: all_tensors(prefix) for path, prefix in bundles.items()},
            "files": {path: hdf5.describe(source) for save in
                      ("model.keras", "model.weights.h5", "model.h5")
                      for path, source in sources_of(save).items()}}

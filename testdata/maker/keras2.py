"""Programs of Keras 2 (the package tf_keras)."""

import os

import tensorflow as tf

from .registry import fixture
from .truth import Keys
from .values import COUNT, FIRST_MOMENT, RATE, SECOND_MOMENT, role_of, trained


def network():
    import tf_keras as keras
    features = keras.Input((6,), name="features")
    x = keras.layers.Dense(5, activation="relu", name="hidden")(features)
    x = keras.layers.BatchNormalization(name="norm")(x)
    x = keras.layers.Dropout(0.1, name="dropout")(x)
    model = keras.Model(features, keras.layers.Dense(3, name="logits")(x), name="network")
    for number, weight in enumerate(model.weights):
        weight.assign(trained(weight.shape, weight.dtype.name, number, role_of(weight.name)))
    return model


def told(path, model, optimizer_keys=None, slots=None):
    import tf_keras
    facts = {"path": path, "keras": f"tf_keras {tf_keras.__version__}",
             "model_keys": Keys(path).all_of(model.weights)}
    if slots is not None:
        facts |= {"optimizer_keys": optimizer_keys,
                  "slots": sorted(slots, key=lambda one: one["slot_key"])}
    return facts


def fill_slots(slots):
    for number, (name, slot, _) in enumerate(slots):
        role = FIRST_MOMENT if name in ("momentum", "m") else SECOND_MOMENT
        slot.assign(trained(slot.shape, slot.dtype.name, 100 + number, role))


def slot_facts(path, slots):
    keys = Keys(path)
    return [{"slot_key": keys.of(slot), "variable_key": keys.of(variable), "slot_name": name}
            for name, slot, variable in slots]


@fixture("k2-adam", "A functional Keras 2 model with the Adam of Keras 2.11 and later: slots are "
         "numbered variables of the optimizer.")
def k2_adam():
    import tf_keras as keras
    model = network()
    optimizer = keras.optimizers.Adam(1e-3)
    optimizer.build(model.trainable_variables)
    slots = [(name, slot, variable)
             for name, kind in (("momentum", optimizer._momentums),
                                ("velocity", optimizer._velocities))
             for slot, variable in zip(kind, model.trainable_variables)]
    fill_slots(slots)
    optimizer.iterations.assign(trained((), "int64", 0, COUNT))
    optimizer._learning_rate.assign(trained((), "float32", 0, RATE))
    tf.train.Checkpoint(model=model, optimizer=optimizer).save("./ckpt")
    own = Keys("ckpt-1").all_of([*optimizer.variables, optimizer._learning_rate])
    return told("ckpt-1", model, own, slot_facts("ckpt-1", slots))


@fixture("k2-legacy-adam", "A functional Keras 2 model with the legacy Adam: slots are stored "
         "with .OPTIMIZER_SLOT below the variable.")
def k2_legacy_adam():
    import tf_keras as keras
    model = network()
    optimizer = keras.optimizers.legacy.Adam(1e-3)
    optimizer._create_all_weights(model.trainable_variables)
    slots = [(name, optimizer.get_slot(variable, name), variable)
             for name in optimizer.get_slot_names() for variable in model.trainable_variables]
    fill_slots(slots)
    optimizer.iterations.assign(trained((), "int64", 0, COUNT))
    hyper = [optimizer._hyper[name] for name in sorted(optimizer._hyper)
             if isinstance(optimizer._hyper[name], tf.Variable)]
    for number, variable in enumerate(hyper):
        variable.assign(trained((), "float32", 1 + number, RATE))
    tf.train.Checkpoint(model=model, optimizer=optimizer).save("./ckpt")
    own = Keys("ckpt-1").all_of([*optimizer.variables(), *hyper])
    return told("ckpt-1", model, own, slot_facts("ckpt-1", slots))


@fixture("k2-save-weights", "model.save_weights() of Keras 2 in TensorFlow format: the model is "
         "the root.")
def k2_save_weights():
    model = network()
    model.save_weights("./weights")
    return told("weights", model)


@fixture("hidden-prefix", "model.save_weights('run/') of Keras 2: the name of the checkpoint is "
         "empty, its files begin with a dot.")
def hidden_prefix():
    model = network()
    os.mkdir("run")
    model.save_weights("run/")
    return told("run/", model)

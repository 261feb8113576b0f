"""What programs of Keras, 2 or 3, are built of, each layer under its identity."""

import importlib

import tensorflow as tf

from .registry import Program


def leaf_of(layer, variable):
    """The name of a variable below its layer: `kernel`, `lstm_cell/bias`."""
    name = getattr(variable, "path", None) or variable.name.partition(":")[0]
    return name.rpartition(f"{layer.name}/")[2] if f"{layer.name}/" in name else name.rpartition("/")[2]


class Layers:
    """Builds with one Keras, and remembers which layer is which."""

    def __init__(self, version=3):
        self.keras = importlib.import_module({2: "tf_keras", 3: "keras"}[version])
        self.layers = {}
        self.owned = {}

    def add(self, identity, kind, *how, **more):
        """A layer of this class of `keras.layers`; without a name it gets an automatic one."""
        return self.keep(identity, getattr(self.keras.layers, kind)(*how, **more))

    def keep(self, identity, layer):
        assert identity not in self.layers, identity
        self.layers[identity] = layer
        return layer

    def forget(self):
        """What was built so far will not be saved; automatic names go on counting."""
        self.layers.clear()

    def variables(self):
        found = {}
        for identity, layer in self.layers.items():
            for variable in layer.weights:
                name = f"{identity}/{leaf_of(layer, variable)}"
                assert name not in found, name
                found[name] = variable
        return found | self.owned

    def names(self):
        """{id of a variable: its identity}; Keras 3 wraps the variables of TensorFlow."""
        return {id(variable): name for name, variable in self.variables().items()}

    def of_optimizer(self, optimizer, trained):
        """The variables of an optimizer, its slots below the variables they belong to."""
        names = self.names()
        if hasattr(optimizer, "get_slot_names"):
            optimizer._create_all_weights(trained)
            slots = {(slot, id(one)): optimizer.get_slot(one, slot)
                     for slot in optimizer.get_slot_names() for one in trained}
            more = {name: one for name, one in sorted(optimizer._hyper.items()) if isinstance(one, tf.Variable)}
            found = {"optimizer/iteration": optimizer.iterations,
                     **{f"optimizer/{name}": one for name, one in more.items()}}
        else:
            if not getattr(optimizer, "built", False):
                optimizer.build(trained)
            slots = {}
            for slot, attributes in (("momentum", ("_momentums", "momentums")), ("velocity", ("_velocities",)),
                                     ("accumulator", ("_accumulators",))):
                made = next(filter(None, (getattr(optimizer, one, None) for one in attributes)), [])
                slots |= {(slot, id(one)): variable for one, variable in zip(trained, made)}
            found = {"optimizer/iteration": optimizer._iterations}
            if hasattr(optimizer, "_learning_rate"):
                found["optimizer/learning_rate"] = optimizer._learning_rate
        return found | {f"{names[one]}:{slot}": variable for (slot, one), variable in slots.items()}

    def adam(self, model, legacy=False):
        """An Adam that has made its slots."""
        kinds = self.keras.optimizers.legacy if legacy else self.keras.optimizers
        return self.remember(kinds.Adam(1e-3), model)

    def remember(self, optimizer, model):
        self.owned |= self.of_optimizer(optimizer, model.trainable_variables)
        return optimizer

    def checkpoint(self, *root, **objects):
        """A tf.train.Checkpoint of these objects."""
        return checkpoint_program(self.variables(), *root, **objects)

    def file(self, model, name):
        """A file of Keras: the whole model, or its weights if the name says so."""
        weights = ".weights." in name or name.startswith("weights")

        def save(path):
            model.save_weights(path) if weights else model.save(path)
        return Program(name, self.variables(), save)


def checkpoint_program(known, *root, **objects):
    checkpoint = tf.train.Checkpoint(*root, **objects)
    return Program("ckpt", known | {"counter/save_counter": checkpoint.save_counter}, checkpoint.write)

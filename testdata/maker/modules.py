"""Object-based checkpoints without Keras, and the other things a checkpoint can hold."""

import os

import tensorflow as tf
from tensorflow.python.saved_model import registration

from .registry import fixture
from .truth import Keys
from .values import trained


def variable(number, shape=(2, 3), **how):
    return tf.Variable(trained(shape, "float32", number), **how)


class Store(tf.Module):
    """Variables in lists, dicts and attributes; nobody gave them names."""

    def __init__(self):
        super().__init__()
        self.plain = variable(0)
        self.stack = [variable(1), [variable(2), variable(3)]]
        self.table = {"a/b": variable(4), "c.d": variable(5), "..": variable(6),
                      "e": {"deep/er.": variable(7)}, "mit Größe": variable(8)}
        self.pair = (variable(9), variable(10))
        self.alias = self.table["a/b"]
        setattr(self, "dotted.name", variable(11))


@fixture("module-bare", "A tf.Module whose variables all have the full name 'Variable', in lists "
         "and dicts with slashes and dots in their keys.",
         root=lambda: tf.train.Checkpoint(store=Store()))
def module_bare():
    store = Store()
    tf.train.Checkpoint(store=store).save("./ckpt")
    return {"path": "ckpt-1", "model_keys": Keys("ckpt-1").all_of(
        [store.plain, *store.stack[:1], *store.stack[1], *store.pair,
         *(value for value in store.table.values() if isinstance(value, tf.Variable)),
         store.table["e"]["deep/er."], getattr(store, "dotted.name")])}


@fixture("single-root", "One variable, written with Checkpoint.write(): no save_counter, no state "
         "file.", root=lambda: tf.train.Checkpoint(v=tf.Variable(tf.zeros((2, 2)))))
def single_root():
    tf.train.Checkpoint(v=variable(0, (2, 2))).write("./one")
    return {"path": "one"}


@fixture("empty-root", "tf.train.Checkpoint() that tracks nothing: only the save_counter and the "
         "object graph are saved.")
def empty_root():
    tf.train.Checkpoint().save("./ckpt")
    return {"path": "ckpt-1"}


@fixture("saved-model", "A SavedModel of a tf.Module (without fingerprint.pb, which holds a "
         "random number).")
def saved_model():
    class Linear(tf.Module):
        def __init__(self):
            super().__init__()
            self.kernel = variable(0, (3, 2), name="kernel")
            self.bias = variable(1, (2,), name="bias")

        @tf.function(input_signature=[tf.TensorSpec((None, 3))])
        def __call__(self, x):
            return x @ self.kernel + self.bias

    module = Linear()
    tf.saved_model.save(module, ".")
    os.remove("fingerprint.pb")
    os.rmdir("assets")
    prefix = "variables/variables"
    return {"path": ".", "prefix": prefix,
            "model_keys": Keys(prefix).all_of([module.kernel, module.bias])}


@fixture("shards-policy", "MaxShardSizePolicy: tensors cut along several axes, many shards.")
def shards_policy():
    tall, wide, cube = variable(0, (6, 5)), variable(1, (2, 17)), variable(2, (3, 4, 2))
    step = tf.Variable(1250, dtype=tf.int64)
    options = tf.train.CheckpointOptions(
        experimental_sharding_callback=tf.train.experimental.MaxShardSizePolicy(64))
    tf.train.Checkpoint(tall=tall, wide=wide, cube=cube, step=step).save("./ckpt", options)
    return {"path": "ckpt-1"}


def moved_iterator(moves=3):
    iterator = iter(tf.data.Dataset.range(20).batch(2).shuffle(4, seed=5))
    for _ in range(moves):
        next(iterator)
    return iterator


@fixture("dataset-iterator", "The state of a tf.data iterator: variants, under a key that the "
         "object graph does not spell out.")
def dataset_iterator():
    tf.random.set_seed(11)
    tf.train.Checkpoint(iterator=moved_iterator(), v=variable(0)).save("./ckpt")
    return {"path": "ckpt-1"}


@fixture("lookup-table", "A mutable and a dense hash table: keys and values under names that the "
         "object graph does not spell out.")
def lookup_table():
    words = tf.lookup.experimental.MutableHashTable(tf.string, tf.int64, -1)
    words.insert(tf.constant(["checkpoint"]), tf.constant([7], tf.int64))
    numbers = tf.lookup.experimental.DenseHashTable(
        tf.int64, tf.float32, 0.0, empty_key=-1, deleted_key=-2, initial_num_buckets=4)
    numbers.insert(tf.constant([3, 8], tf.int64), tf.constant([0.3, 0.8]))
    tf.train.Checkpoint(words=words, numbers=numbers).save("./ckpt")
    return {"path": "ckpt-1"}


class Notes(tf.train.experimental.PythonState):
    def __init__(self, text):
        super().__init__()
        self.text = text

    def serialize(self):
        return self.text

    def deserialize(self, text):
        self.text = text


@fixture("python-state", "A PythonState: a string that Python code keeps in the checkpoint.")
def python_state():
    tf.train.Checkpoint(notes=Notes('{"epoch": 3, "best": 0.91}'), v=variable(0)).save("./ckpt")
    return {"path": "ckpt-1"}


@fixture("registered-saver", "Two objects with checkpoint savers of their own: one adds tensors to "
         "the checkpoint which the object graph does not name, one writes a file beside it.")
def registered_saver():
    class Vocabulary(tf.Module):
        def __init__(self, words):
            super().__init__()
            self.words = words
            self.v = variable(0)

    class Diary(Vocabulary):
        pass

    def save_in_checkpoint(trackables, file_prefix):
        tf.raw_ops.SaveV2(prefix=file_prefix, tensor_names=list(trackables),
                          shape_and_slices=[""] * len(trackables),
                          tensors=[tf.constant(one.words) for one in trackables.values()])
        return tf.constant(file_prefix)

    def save_beside(trackables, file_prefix):
        for name, trackable in trackables.items():
            tf.io.write_file(tf.strings.join([file_prefix, f"-{name}.txt"]), trackable.words)

    for kind, save in ((Vocabulary, save_in_checkpoint), (Diary, save_beside)):
        registration.register_checkpoint_saver(
            package="example", name=kind.__name__, save_fn=save,
            predicate=lambda trackable, kind=kind: type(trackable) is kind,
            restore_fn=lambda trackables, merged_prefix: None, strict_predicate_restore=False)
    tf.train.Checkpoint(vocabulary=Vocabulary("alpha beta"), diary=Diary("day one"),
                        v=variable(1)).save("./ckpt")
    return {"path": "ckpt-1"}

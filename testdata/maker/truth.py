"""What TensorFlow says of a checkpoint, as a plain value that goes into `<fixture>.json`."""

import hashlib
import json
import os
import struct

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import trackable_object_graph_pb2

from .table import Index

GRAPH_KEY = "_CHECKPOINTABLE_OBJECT_GRAPH"
PATHS_PER_VARIABLE = 64
PATHS_LOOKED_AT = 100_000
LOW_BITS = {"int4": 15, "uint4": 15, "float4_e2m1fn": 15, "int2": 3, "uint2": 3}


def open_checkpoint(prefix):
    """load_checkpoint without its look at directories, which "run/" would lead astray."""
    return tf.compat.v1.train.NewCheckpointReader(prefix)


# -- tensors -----------------------------------------------------------------------------------

def elements(value, dtype):
    """(number of bytes, bytes to hash) of a tensor's elements.

    Row-major and little-endian. A type of less than a byte has one byte per element, its value
    in the low bits and zeros above. A string is hashed as its length (u64) and its bytes.
    """
    if dtype == tf.string:
        texts = [bytes(text) for text in np.array(value, object).reshape(-1)]
        return (sum(map(len, texts)),
                b"".join(struct.pack("<Q", len(text)) + text for text in texts))
    flat = np.ascontiguousarray(value).reshape(-1)
    if dtype.name in LOW_BITS:
        flat = flat.view(np.uint8) & LOW_BITS[dtype.name]
    data = flat.tobytes()
    return len(data), data


def tensor_facts(key, dtype, shape, read):
    facts = {"key": key, "dtype": dtype.name, "shape": list(shape)}
    try:
        facts["bytes"], data = elements(read(), dtype)
        facts["sha256"] = hashlib.sha256(data).hexdigest()
    except Exception as error:  # whatever TensorFlow raises is the fact
        facts |= {"bytes": None, "sha256": None, "unreadable": exception_text(error)}
    return facts


def exception_text(error):
    return f"{type(error).__name__}: {error}".split("\n\n")[0].strip()


def all_tensors(prefix):
    """The facts of every tensor, sorted by key."""
    reader = open_checkpoint(prefix)
    shapes = reader.get_variable_to_shape_map()
    dtypes = reader.get_variable_to_dtype_map()
    return [tensor_facts(key, dtypes[key], shapes[key], lambda key=key: reader.get_tensor(key))
            for key in sorted(dtypes, key=lambda key: key.encode())]


def all_tensors_of_any_name(prefix):
    """The same through RestoreV2, for names that are not UTF-8 (Python's reader refuses them)."""
    index = Index.load(prefix + ".index")
    hidden = index.slice_keys()
    facts = []
    for key, entry in sorted(index.entries(), key=lambda item: item[0]):
        if key in hidden:
            continue
        dtype = tf.dtypes.as_dtype(entry.dtype)

        def read(key=key, dtype=dtype):
            return tf.raw_ops.RestoreV2(prefix=prefix, tensor_names=[key], shape_and_slices=[""],
                                        dtypes=[dtype])[0].numpy()

        text = key.decode("utf-8", "replace")
        facts.append(tensor_facts(text, dtype, entry.shape, read))
        if text.encode() != key:
            facts[-1]["key_hex"] = key.hex()
    return facts


# -- the object graph --------------------------------------------------------------------------

def escape(name):
    return name.replace(".", "..").replace("/", ".S")


def simple_paths(nodes):
    """({node: its paths from the root}, length up to which the paths are complete or None)"""
    found = {number: [] for number in range(len(nodes))}
    level, looked_at, length = [((), (0,))], 0, 0
    while level:
        deeper = []
        for path, visited in level:
            for child in nodes[visited[-1]].children:
                if child.node_id not in visited:
                    deeper.append((path + (escape(child.local_name),),
                                   visited + (child.node_id,)))
        looked_at += len(deeper)
        if looked_at > PATHS_LOOKED_AT:
            return found, length
        length += 1
        for path, visited in deeper:
            found[visited[-1]].append(path)
        level = deeper
    return found, None


def graph_facts(serialized):
    graph = trackable_object_graph_pb2.TrackableObjectGraph.FromString(serialized)
    paths, complete_to = simple_paths(graph.nodes)
    slots = {}
    for node in graph.nodes:
        for slot in node.slot_variables:
            original = graph.nodes[slot.original_variable_node_id]
            slots[slot.slot_variable_node_id] = (original.attributes[0].checkpoint_key,
                                                 slot.slot_name)
    variables = []
    for number, node in enumerate(graph.nodes):
        for attribute in node.attributes:
            names = sorted(paths[number], key=lambda path: (len(path), "/".join(path).encode()))
            slot_of, slot_name = slots.get(number, (None, None))
            variables.append({
                "key": attribute.checkpoint_key, "attribute": attribute.name,
                "full_name": attribute.full_name, "slot_of": slot_of, "slot_name": slot_name,
                "paths": ["/".join(path) for path in names[:PATHS_PER_VARIABLE]]})
    return {"nodes": len(graph.nodes), "paths_complete_to": complete_to,
            "variables": sorted(variables, key=lambda one: one["key"].encode())}


# -- the whole ---------------------------------------------------------------------------------

def count_shards(prefix):
    """The number of data files by the header of the index; None without an index."""
    file = prefix + ".index"
    return Index.load(file).header.num_shards if os.path.exists(file) else None


def count_variables(prefix):
    """How many variables tf.train.list_variables lists; None if it fails."""
    try:
        return len(tf.train.list_variables(prefix))
    except (ValueError, tf.errors.OpError):
        return None


def describe(folder, told):
    """Everything about a healthy fixture. `told`: what the program that saved it knows."""
    path = os.path.join(folder, told["path"])
    prefix = os.path.join(folder, told["prefix"]) if "prefix" in told else path
    plain_names = told.pop("plain_names", True)
    tensors = all_tensors(prefix) if plain_names else all_tensors_of_any_name(prefix)
    object_based = any(facts["key"] == GRAPH_KEY for facts in tensors)
    state = os.path.join(folder, "checkpoint")
    latest = tf.train.latest_checkpoint(folder) if os.path.exists(state) else None
    facts = {
        "schema": 1, "healthy": True, "tensorflow": tf.__version__, "keras": None,
        "prefix": told["path"], "kind": "object-based" if object_based else "name-based",
        "num_shards": count_shards(prefix),
        "graph": None, "model_keys": None, "optimizer_keys": None, "slots": None,
        "latest_checkpoint": os.path.basename(latest) if latest else None,
        "list_variables": count_variables(prefix),
    }
    if object_based:
        facts["graph"] = graph_facts(open_checkpoint(prefix).get_tensor(GRAPH_KEY))
    facts |= {name: value for name, value in told.items() if name != "others"}
    if told.get("others"):
        facts["others"] = {name: all_tensors(os.path.join(folder, name))
                           for name in told["others"]}
    facts["tensors"] = tensors
    return facts


class Keys:
    """Finds the key under which a variable was saved, by its value, which occurs only once."""

    def __init__(self, prefix):
        reader = open_checkpoint(prefix)
        self.by_value = {}
        for key in reader.get_variable_to_shape_map():
            value = np.asarray(reader.get_tensor(key))
            self.by_value.setdefault(self.print_of(value), []).append(key)

    @staticmethod
    def print_of(value):
        return value.dtype.str, value.shape, value.tobytes()

    def of(self, variable):
        keys = self.by_value[self.print_of(np.asarray(variable))]
        assert len(keys) == 1, f"the value of {variable} is in {keys}"
        return keys[0]

    def all_of(self, variables):
        return sorted({self.of(variable) for variable in variables})


def dump_json(facts, path):
    """Sorted, indented by one; each item of a list on a line of its own."""
    def text(value, depth):
        pad = " " * depth
        if isinstance(value, dict) and value and depth < 3:
            rows = [f"{pad} {json.dumps(name)}: {text(value[name], depth + 1)}"
                    for name in sorted(value)]
            return "{\n" + ",\n".join(rows) + f"\n{pad}}}"
        if isinstance(value, list) and value and depth < 4:
            rows = [pad + " " + json.dumps(one, sort_keys=True) for one in value]
            return "[\n" + ",\n".join(rows) + f"\n{pad}]"
        return json.dumps(value, sort_keys=True)

    with open(path, "w", encoding="ascii") as file:
        file.write(text(facts, 0) + "\n")

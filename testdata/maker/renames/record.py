"""Saves the two sides of a pair, and records which variable of one is which of the other.

Every side is saved twice. First with a value in each variable that occurs nowhere else: where that
value is found is the variable's key. Then, after the values of the pair are put in, for good."""

import io
import json
import os
import shutil
import tempfile

import h5py
import numpy as np
import tensorflow as tf

from ..formats.facts import sources_of
from ..formats.registry import pin_keras2, pin_keras3
from ..registry import pin_clock
from ..truth import dump_json
from .registry import PAIRS
from .values import probe, value

SIDES = ("old", "new")
GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"


def tensors(path):
    """{key: array} of a checkpoint or a file of Keras."""
    if path.endswith((".h5", ".keras")):
        found = {}

        def visit(name, item):
            if isinstance(item, h5py.Dataset):
                found[name] = item[()]
        for source in sources_of(path).values():
            with h5py.File(io.BytesIO(source) if isinstance(source, bytes) else source) as file:
                file.visititems(visit)
        return found
    reader = tf.train.load_checkpoint(path)
    return {key: reader.get_tensor(key) for key in reader.get_variable_to_shape_map() if key != GRAPH}


class Whole:
    """A variable, or one that a partitioner has cut into slices, by its whole shape."""

    def __init__(self, variable):
        self.parts = variable if isinstance(variable, list) else [variable]
        first = self.parts[0]
        info = first._get_save_slice_info() if isinstance(variable, list) else None
        self.shape = tuple(info.full_shape if info else first.shape)
        dtype = first.dtype
        self.dtype = getattr(getattr(dtype, "base_dtype", dtype), "name", dtype)
        self.cut = info is not None

    def put(self, assign, values):
        for part in self.parts:
            if self.cut:
                info = part._get_save_slice_info()
                place = tuple(slice(start, start + size) for start, size in zip(info.var_offset, info.var_shape))
                assign(part, values[place])
            else:
                assign(part, values)


def print_of(array):
    array = np.asarray(array)
    return array.dtype.str, array.shape, array.tobytes()


def save(pair, side, folder):
    """Save a side; {identity: [key, shape, dtype]}."""
    program = pair.program(side == "new")
    variables = {identity: Whole(variable) for identity, variable in program.variables.items()}
    for identity, whole in variables.items():
        whole.put(program.assign, probe(identity, whole.shape, whole.dtype))
    with tempfile.TemporaryDirectory() as scratch:
        path = os.path.join(scratch, program.path)
        program.save(path)
        found = {print_of(array): key for key, array in tensors(path).items()}
        assert len(found) == len(tensors(path)), "two keys have one value"
    keys = {}
    for identity, whole in variables.items():
        told = print_of(probe(identity, whole.shape, whole.dtype))
        keys[identity.partition("@")[0]] = [found.pop(told), list(whole.shape), whole.dtype]
        source = identity.partition("@")[2] or identity
        whole.put(program.assign, value(pair.values, side, source, whole.shape, whole.dtype))
    assert not found, f"nobody knows {sorted(found.values())}"
    os.makedirs(folder)
    program.save(os.path.join(folder, program.path))
    return {"path": f"{side}/{program.path}", "keys": keys}


def truth(old, new, undecidable):
    """What is known of two sides, whose keys are known."""
    groups, told = [], set()
    for layers, reason in undecidable:
        by_rest = {}
        for side, keys in enumerate((old, new)):
            for identity, (key, *_) in keys.items():
                layer = next((one for one in layers if identity.startswith(one + "/")), None)
                if layer:
                    by_rest.setdefault(identity[len(layer):], ([], []))[side].append(key)
                    told.add(identity)
        assert by_rest, layers
        groups += [{"old": sorted(a), "new": sorted(b), "reason": reason} for a, b in by_rest.values()]
    known = [identity for identity in old if identity in new and identity not in told]
    same = [identity for identity in known if old[identity][1:] == new[identity][1:]]
    return {"pairs": {old[one][0]: new[one][0] for one in same},
            "reshaped": {old[one][0]: new[one][0] for one in known if one not in same},
            "gone": sorted(old[one][0] for one in old if one not in new and one not in told),
            "added": sorted(new[one][0] for one in new if one not in old and one not in told),
            "undecidable": sorted(groups, key=lambda group: group["old"])}


def make(top, name, in_child):
    """Save both sides of a pair, each in a process of its own, and write what is known."""
    pair = PAIRS[name]
    folder = os.path.join(top, "renames", name)
    shutil.rmtree(folder, ignore_errors=True)
    with tempfile.TemporaryDirectory() as scratch:
        def side_of(side):
            pin_clock()
            pin_keras3()
            pin_keras2()
            told = save(pair, side, os.path.join(folder, side))
            with open(os.path.join(scratch, side), "w", encoding="ascii") as file:
                json.dump(told, file)
        sides = []
        for side in SIDES:
            if not in_child(side_of, side):
                raise RuntimeError(f"{name}: {side} was not saved")
            with open(os.path.join(scratch, side), encoding="ascii") as file:
                sides.append(json.load(file))
    old, new = sides
    dump_json({"schema": 1, "about": pair.about, "values": pair.values, "tensorflow": tf.__version__,
               "old": old["path"], "new": new["path"],
               **truth(old["keys"], new["keys"], pair.undecidable)}, folder + ".json")

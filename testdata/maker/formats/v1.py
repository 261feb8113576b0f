"""Checkpoints of the older format of TensorFlow, V1, beyond the plain one of `saver-v1`."""

import glob
import os

import numpy as np
import tensorflow as tf
from tensorflow.core.util import saved_tensor_slice_pb2

from .. import graph
from ..raw import hash_of, typed_tensors
from ..table import Index
from ..truth import exception_text, open_checkpoint, tensor_facts
from .registry import format_fixture
from .says import brief

v1 = tf.compat.v1


def extents_of(slice_proto):
    """[[start, length], ...] of a slice; length -1 is the whole dimension."""
    return [[one.start, one.length if one.HasField("length") else -1] for one in slice_proto.extent]


def slices_by_file(path):
    """{file: {tensor: its slices there}} by the first entry of each file."""
    found = {}
    for file in sorted(glob.glob(path)):
        key, value = Index.load(file).pairs[0]
        assert key == b""
        meta = saved_tensor_slice_pb2.SavedTensorSlices.FromString(value).meta
        found[file] = {one.name: [extents_of(part) for part in one.slice] for one in meta.tensor}
    return found


def describe(path):
    """Every tensor, read by the restore operation; `unreadable` where Python's reader cannot."""
    reader = open_checkpoint(path)
    shapes, dtypes = reader.get_variable_to_shape_map(), reader.get_variable_to_dtype_map()
    tensors = []
    for key in sorted(dtypes, key=str.encode):
        dtype = tf.dtypes.as_dtype(dtypes[key])

        def read(key=key, dtype=dtype):
            return tf.raw_ops.RestoreV2(prefix=path, tensor_names=[key], shape_and_slices=[""],
                                        dtypes=[dtype])[0].numpy()

        tensors.append(tensor_facts(key, dtype, shapes[key], read))
        try:
            reader.get_tensor(key)
        except Exception as error:  # whatever it raises is the fact
            tensors[-1]["reader"] = exception_text(error)
    latest = tf.train.latest_checkpoint(".") if os.path.exists("checkpoint") else None
    return {"kind": "v1", "path": path, "keras": None, "tensors": tensors,
            "slices": slices_by_file(path), "latest_checkpoint": latest and os.path.basename(latest),
            "list_variables": len(tf.train.list_variables(path))}


def write(function):
    """Let a TensorFlow 1 program run that saves, outside which the file is read."""
    devices = v1.ConfigProto(device_count={"CPU": 3})
    with tf.Graph().as_default(), v1.Session(config=devices) as session:
        return os.path.relpath(function(session))


@format_fixture("v1-sharded", "V1 from Saver(sharded=True): three files, which a pattern names.")
def v1_sharded():
    def program(session):
        for device, name in enumerate(("first", "second", "third")):
            with tf.device(f"/device:CPU:{device}"), v1.variable_scope(name):
                v1.get_variable("kernel", (4, 3))
                v1.get_variable("bias", (3,))
        graph.fill(session, v1.global_variables())
        saver = v1.train.Saver(sharded=True, write_version=v1.train.SaverDef.V1)
        return saver.save(session, "./model.ckpt", global_step=5, write_meta_graph=False)

    return describe(write(program))


@format_fixture("v1-partitioned", "Partitioned variables in V1, cut along the first or second axis.")
def v1_partitioned():
    def program(session):
        with v1.variable_scope("embed", partitioner=v1.fixed_size_partitioner(3, axis=0)):
            v1.get_variable("rows", (10, 4))
            v1.get_variable("steps", (7, 2), tf.int64)
        with v1.variable_scope("embed", partitioner=v1.fixed_size_partitioner(2, axis=1)):
            v1.get_variable("columns", (3, 6), tf.float64)
        v1.get_variable("output/kernel", (4, 2))
        graph.fill(session, v1.global_variables())
        saver = v1.train.Saver(write_version=v1.train.SaverDef.V1)
        return saver.save(session, "./model.ckpt", write_meta_graph=False)

    return describe(write(program))


@format_fixture("v1-sharded-partitioned", "The slices of one variable in different files of V1.")
def v1_sharded_partitioned():
    def program(session):
        with v1.variable_scope("embed", partitioner=v1.fixed_size_partitioner(3)), \
                v1.device(part_device):
            v1.get_variable("rows", (10, 4))
        v1.get_variable("output/bias", (2,))
        graph.fill(session, v1.global_variables())
        saver = v1.train.Saver(sharded=True, write_version=v1.train.SaverDef.V1)
        return saver.save(session, "./model.ckpt", write_meta_graph=False)

    return describe(write(program))


def part_device(operation):
    """The device of a part of a variable: part_0 on the first, and so on."""
    number = operation.name.partition("part_")[2][:1]
    return f"/device:CPU:{number or 0}"


def refusal(tensor):
    """Why the V1 save operation does not take a tensor; None if it does."""
    try:
        tf.raw_ops.Save(filename="try.ckpt", tensor_names=["t"], data=[tensor])
    except tf.errors.OpError as error:
        return brief(error)
    os.remove("try.ckpt")
    return None


@format_fixture("v1-every-dtype", "Every type that V1 can save, and unusual shapes.")
def v1_every_dtype():
    tensors = typed_tensors()
    refused = {name: refusal(tensor) for name, tensor in tensors.items() if refusal(tensor)}
    tensors = {name: tensor for name, tensor in tensors.items() if name not in refused}
    tf.raw_ops.Save(filename="types.ckpt", tensor_names=list(tensors), data=list(tensors.values()))
    return describe("types.ckpt") | {
        "refused": refused, "written": {name: hash_of(tensor) for name, tensor in tensors.items()}}


@format_fixture("v1-slices", "Slices as the V1 save operation takes them: along two axes, of uneven "
                "size, with whole dimensions left open; strings and halves among them.")
def v1_slices():
    grid = np.arange(24, dtype="float32").reshape(4, 6) / 8
    half = np.arange(8, dtype="float16").reshape(4, 2) / 4
    words = np.array([b"one", b"", b"three", b"four"], object)
    cuts = [("grid", grid[:2, :4], "4 6 0,2:0,4"), ("grid", grid[2:, :4], "4 6 2,2:0,4"),
            ("grid", grid[:, 4:], "4 6 -:4,2"), ("half", half[:1], "4 2 0,1:-"),
            ("half", half[1:], "4 2 1,3:-"), ("words", words[:1], "4 0,1"),
            ("words", words[1:], "4 1,3"), ("whole", half, "4 2 -:-")]
    tf.raw_ops.SaveSlices(filename="slices.ckpt", tensor_names=[name for name, _, _ in cuts],
                          shapes_and_slices=[spec for _, _, spec in cuts],
                          data=[tf.constant(part) for _, part, _ in cuts])
    return describe("slices.ckpt") | {
        "written": {name: hash_of(tf.constant(value)) for name, value in
                    {"grid": grid, "half": half, "words": words, "whole": half}.items()}}

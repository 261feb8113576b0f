"""Graphs of TensorFlow 1 in `.meta` files, with and without a checkpoint beside them."""

import tensorflow as tf
from tensorflow.core.protobuf import meta_graph_pb2

from .. import graph
from ..truth import all_tensors
from .registry import format_fixture

v1 = tf.compat.v1


def needed_by(nodes, name):
    """The names of all nodes that a node needs."""
    found, ahead = set(), [name]
    while ahead:
        name = ahead.pop()
        if name in nodes and name not in found:
            found.add(name)
            ahead += [one.lstrip("^").partition(":")[0] for one in nodes[name].input]
    return found


def restored(path):
    """What the Saver of the graph restores: the inputs of the operations that its restoring needs."""
    with open(path, "rb") as file:
        meta = meta_graph_pb2.MetaGraphDef.FromString(file.read())
    nodes = {node.name: node for node in meta.graph_def.node}
    texts = lambda node, at: [one.decode() for one in tf.make_ndarray(  # noqa: E731
        nodes[node.input[at]].attr["value"].tensor)]
    found = []
    needed = needed_by(nodes, meta.saver_def.restore_op_name)
    for node in meta.graph_def.node:
        if node.op == "RestoreV2" and node.name in needed:
            dtypes = [tf.dtypes.as_dtype(one).name for one in node.attr["dtypes"].list.type]
            found += [{"key": key, "dtype": dtype, "slice": spec}
                      for key, spec, dtype in zip(texts(node, 1), texts(node, 2), dtypes, strict=True)]
    return sorted(found, key=lambda one: (one["key"], one["slice"])), meta


def variables_of(path):
    """What import_meta_graph makes of the graph, from the live variables."""
    with tf.Graph().as_default():
        v1.train.import_meta_graph(path)
        found = []
        for variable in v1.global_variables():
            info = variable._get_save_slice_info()
            found.append({
                "name": variable.name, "op": variable.op.type, "key": graph.key_of(variable),
                "dtype": variable.dtype.base_dtype.name,
                "shape": variable.shape.as_list() if variable.shape.rank is not None else None,
                "full_shape": list(info.full_shape) if info else None,
                "offset": list(info.var_offset) if info else None})
        return found


def describe(path, prefix=None):
    keys, meta = restored(path)
    saver = meta.saver_def
    return {"kind": "meta", "path": path, "prefix": prefix, "keras": None, "restores": keys,
            "variables": variables_of(path), "nodes": len(meta.graph_def.node),
            "written_by": meta.meta_info_def.tensorflow_version,
            "collections": sorted(meta.collection_def), "tags": list(meta.meta_info_def.tags),
            "saver": {"save_tensor": saver.save_tensor_name, "restore_op": saver.restore_op_name,
                      "filename_tensor": saver.filename_tensor_name, "sharded": saver.sharded,
                      "max_to_keep": saver.max_to_keep, "version": saver.version},
            "tensors": all_tensors(prefix) if prefix else None}


def inference(session, use_resource):
    """Variables of every kind, hardly any operations on them."""
    make = lambda name, shape, dtype=tf.float32: v1.get_variable(  # noqa: E731
        name, shape, dtype, use_resource=use_resource)
    with v1.variable_scope("embed", partitioner=v1.fixed_size_partitioner(3, axis=0)):
        make("rows", (10, 4))
    with v1.variable_scope("embed", partitioner=v1.fixed_size_partitioner(2, axis=1)):
        make("columns", (3, 6), tf.float64)
    make("output/kernel", (4, 2))
    make("output/steps", (), tf.int64)
    graph.fill(session, v1.global_variables())


@format_fixture("meta-ref", "A graph with reference variables, some cut into slices, and its "
                "checkpoint.")
def meta_ref():
    with tf.Graph().as_default(), v1.Session() as session:
        inference(session, use_resource=False)
        v1.train.Saver().save(session, "./model.ckpt")
    return describe("model.ckpt.meta", "model.ckpt")


@format_fixture("meta-resource", "The graph of meta-ref with resource variables, and another one that "
                "the Saver was told not to save, and one under another name.")
def meta_resource():
    with tf.Graph().as_default(), v1.Session() as session:
        inference(session, use_resource=True)
        saved = v1.global_variables()
        other = v1.get_variable("unsaved", (2,), use_resource=True)
        named = v1.get_variable("inside", (2,), use_resource=True)
        graph.fill(session, v1.global_variables())
        assert other not in saved
        v1.train.Saver({**names_of(saved), "outside": named}).save(session, "./model.ckpt")
    return describe("model.ckpt.meta", "model.ckpt")


def names_of(variables):
    """{key: the variable, or its parts}, as Saver takes it."""
    found = {}
    for variable in variables:
        found.setdefault(graph.key_of(variable), []).append(variable)
    return {key: parts if parts[0]._get_save_slice_info() else parts[0]
            for key, parts in found.items()}


@format_fixture("meta-sharded", "A graph whose Saver is sharded: a restore operation for each of "
                "two devices; no checkpoint.")
def meta_sharded():
    with tf.Graph().as_default():
        for device, name in enumerate(("first", "second")):
            with tf.device(f"/device:CPU:{device}"), v1.variable_scope(name):
                v1.get_variable("kernel", (4, 3))
                v1.get_variable("bias", (3,))
        v1.train.export_meta_graph("model.meta", saver_def=v1.train.Saver(sharded=True).as_saver_def())
    return describe("model.meta")


@format_fixture("meta-two-savers", "A graph with two Savers: the one that saved knows the weights, "
                "the other also the optimizer.")
def meta_two_savers():
    with tf.Graph().as_default(), v1.Session() as session:
        model = graph.mlp()
        graph.step_once(v1.train.MomentumOptimizer(0.1, 0.9), model, None)
        v1.train.Saver()
        graph.fill(session, v1.global_variables())
        v1.train.Saver(model).save(session, "./model.ckpt")
    return describe("model.ckpt.meta", "model.ckpt")


@format_fixture("meta-alone", "A graph exported without a Saver: nothing tells what is saved but the "
                "collection of variables.")
def meta_alone():
    with tf.Graph().as_default():
        features = v1.placeholder(tf.float32, (None, 4), name="features")
        kernel = v1.get_variable("dense/kernel", (4, 2), use_resource=True)
        bias = v1.get_variable("dense/bias", (2,), use_resource=False)
        v1.get_variable("local", (3,), collections=[v1.GraphKeys.LOCAL_VARIABLES])
        tf.identity(features @ kernel + bias, name="logits")
        v1.train.export_meta_graph("graph.meta", clear_devices=True, strip_default_attrs=True)
    return describe("graph.meta")

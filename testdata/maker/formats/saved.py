"""SavedModels."""

import json
import os

import tensorflow as tf
from tensorflow.core.protobuf import fingerprint_pb2
from tensorflow.python.saved_model import loader_impl

from .. import graph
from ..truth import all_tensors
from ..values import trained
from .registry import format_fixture, pin_keras2

v1 = tf.compat.v1
PREFIX = "variables/variables"


def tidy(folder):
    """Put a fixed number in place of the random one of fingerprint.pb, if there is one.

    Empty directories go: version control does not keep them."""
    path = os.path.join(folder, "fingerprint.pb")
    if os.path.exists(path):
        with open(path, "rb") as file:
            fingerprint = fingerprint_pb2.FingerprintDef.FromString(file.read())
        fingerprint.uuid = "12345678901234567890"
        with open(path, "wb") as file:
            file.write(fingerprint.SerializeToString(deterministic=True))
    for name in os.listdir(folder):
        inner = os.path.join(folder, name)
        if os.path.isdir(inner) and not os.listdir(inner):
            os.rmdir(inner)


def tensor_infos(infos):
    found = []
    for name, info in sorted(infos.items()):
        shape = tf.TensorShape(info.tensor_shape)
        found.append({"name": name, "tensor": info.name,
                      "dtype": tf.dtypes.as_dtype(info.dtype).name if info.dtype else None,
                      "shape": None if shape.rank is None else shape.as_list()})
    return found


def signatures_of(meta):
    return {key: {"method": one.method_name, "inputs": tensor_infos(one.inputs),
                  "outputs": tensor_infos(one.outputs)}
            for key, one in sorted(meta.signature_def.items())}


def objects_of(meta):
    """The objects of the graph of a TensorFlow 2 SavedModel, in the order of its nodes."""
    found = []
    for number, node in enumerate(meta.object_graph_def.nodes):
        kind = node.WhichOneof("kind")
        one = {"node": number, "kind": kind,
               "children": {child.local_name: child.node_id for child in node.children}}
        if kind == "user_object":
            one["identifier"] = node.user_object.identifier
        elif kind == "variable":
            one |= {"name": node.variable.name, "dtype": tf.dtypes.as_dtype(node.variable.dtype).name,
                    "shape": tf.TensorShape(node.variable.shape).as_list(),
                    "trainable": node.variable.trainable}
        elif kind == "asset":
            one["file"] = meta.asset_file_def[node.asset.asset_file_def_index].filename
        found.append(one)
    return found


def meta_facts(meta):
    objects = objects_of(meta)
    return {"tags": list(meta.meta_info_def.tags), "signatures": signatures_of(meta),
            "written_by": meta.meta_info_def.tensorflow_version,
            "assets": [one.filename for one in meta.asset_file_def],
            "collections": sorted(meta.collection_def),
            "nodes": len(meta.graph_def.node), "functions": len(meta.graph_def.library.function),
            "objects": len(objects),
            "variables": [one for one in objects if one["kind"] == "variable"],
            "identifiers": {str(one["node"]): one["identifier"] for one in objects
                            if one["kind"] == "user_object"},
            "root": objects[0]["children"] if objects else None}


def describe(path=".", **more):
    """What TensorFlow says of a SavedModel, mostly by its own parser."""
    parsed = loader_impl.parse_saved_model(path)
    files = sorted(os.path.relpath(os.path.join(folder, name), path)
                   for folder, _, names in os.walk(path) for name in names)
    has_variables = os.path.exists(os.path.join(path, PREFIX + ".index"))
    return {"kind": "saved-model", "path": path, "keras": None,
            "schema_version": parsed.saved_model_schema_version, "files": files,
            "fingerprint": "fingerprint.pb" in files, "keras_metadata": keras_metadata(path),
            "meta_graphs": [meta_facts(meta) for meta in parsed.meta_graphs],
            "prefix": PREFIX if has_variables else None,
            "tensors": all_tensors(os.path.join(path, PREFIX)) if has_variables else None, **more}


def keras_metadata(path):
    """[{node, path, identifier, class}] of keras_metadata.pb; None without."""
    from tf_keras.protobuf import saved_metadata_pb2
    file = os.path.join(path, "keras_metadata.pb")
    if not os.path.exists(file):
        return None
    with open(file, "rb") as opened:
        nodes = saved_metadata_pb2.SavedMetadata.FromString(opened.read()).nodes
    return [{"node": node.node_id, "path": node.node_path, "identifier": node.identifier,
             "class_name": json.loads(node.metadata).get("class_name")} for node in nodes]


# -- programs -------------------------------------------------------------------------------------

@format_fixture("sm-module", "A tf.Module with two signatures, a table of words read from an asset, "
                "and variables of three types.")
def module():
    class Words(tf.lookup.TextFileInitializer):
        _shared_name = "words"  # otherwise it has the address of an object in it

    class Lookup(tf.Module):
        def __init__(self):
            super().__init__()
            self.kernel = tf.Variable(trained((3, 2), "float32", 0), name="kernel")
            self.layers = [tf.Variable(trained((2,), "float64", 1), name="bias", trainable=False)]
            self.steps = tf.Variable(250, dtype=tf.int64, name="steps")
            self.words = tf.saved_model.Asset("words.txt")
            self.table = tf.lookup.StaticHashTable(Words(
                self.words, tf.string, tf.lookup.TextFileIndex.WHOLE_LINE, tf.int64,
                tf.lookup.TextFileIndex.LINE_NUMBER), -1)

        @tf.function(input_signature=[tf.TensorSpec((None, 3), name="features")])
        def score(self, features):
            return {"scores": features @ self.kernel + tf.cast(self.layers[0], tf.float32)}

        @tf.function(input_signature=[tf.TensorSpec((None,), tf.string, name="words")])
        def find(self, words):
            return {"numbers": self.table.lookup(words), "steps": self.steps.read_value()}

    with open("words.txt", "w", encoding="utf-8") as file:
        file.write("check\npoint\n")
    one = Lookup()
    tf.saved_model.save(one, "saved", signatures={"serving_default": one.score, "find": one.find})
    os.remove("words.txt")
    tidy("saved")
    return describe("saved")


@format_fixture("sm-small", "A tf.Module of two variables and an asset, without functions; damaged "
                "SavedModels are made of it.")
def small():
    module = tf.Module()
    module.kernel = tf.Variable(trained((3, 2), "float32", 0), name="kernel")
    module.bias = tf.Variable(trained((2,), "float32", 1), name="bias")
    with open("words.txt", "w", encoding="utf-8") as file:
        file.write("check\npoint\n")
    module.words = tf.saved_model.Asset("words.txt")
    tf.saved_model.save(module, "saved")
    os.remove("words.txt")
    tidy("saved")
    return describe("saved")


@format_fixture("sm-k2", "model.save() of tf_keras in TensorFlow format, compiled and trained.")
def k2_saved():
    import tf_keras as keras
    from .keras_weights import train2
    pin_keras2()
    model = keras.Sequential([keras.Input((3,), name="features"),
                              keras.layers.Dense(2, name="hidden"),
                              keras.layers.Dense(1, name="logits")], name="small")
    model.compile(optimizer=keras.optimizers.SGD(0.1, momentum=0.9), loss="mse")
    train2(model, (2, 3), (2, 1))
    model.save("saved", save_format="tf")
    tidy("saved")
    return describe("saved") | {"keras": f"tf_keras {keras.__version__}"}


def program1(with_variables):
    """A TensorFlow 1 graph; its input and output."""
    features = v1.placeholder(tf.float32, (None, 4), name="features")
    if not with_variables:
        return features, tf.identity(features * 2.0, name="doubled")
    kernel = v1.get_variable("dense/kernel", (4, 2), use_resource=False)
    with v1.variable_scope("embed", partitioner=v1.fixed_size_partitioner(2)):
        rows = v1.get_variable("rows", (5, 2), use_resource=False)
    return features, tf.identity(features @ kernel + tf.reduce_sum(tf.convert_to_tensor(rows), 0),
                                 name="logits")


@format_fixture("sm-v1", "simple_save of a TensorFlow 1 graph, one of whose variables is cut into "
                "slices: a checkpoint by names.")
def v1_saved():
    with tf.Graph().as_default(), v1.Session() as session:
        features, logits = program1(with_variables=True)
        graph.fill(session, v1.global_variables())
        v1.saved_model.simple_save(session, "saved", {"features": features}, {"logits": logits})
    tidy("saved")
    return describe("saved")


@format_fixture("sm-v1-bare", "A TensorFlow 1 graph without variables: their directory was empty, and "
                "is gone here.")
def v1_bare():
    with tf.Graph().as_default(), v1.Session() as session:
        features, doubled = program1(with_variables=False)
        v1.saved_model.simple_save(session, "saved", {"features": features}, {"doubled": doubled})
    tidy("saved")
    return describe("saved")


@format_fixture("sm-v1-two", "SavedModelBuilder with two graphs, for training and for serving, which "
                "share one checkpoint.")
def v1_two():
    builder = v1.saved_model.builder.SavedModelBuilder("saved")
    with tf.Graph().as_default(), v1.Session() as session:
        features, logits = program1(with_variables=True)
        tf.identity(logits, name="loss")
        graph.fill(session, v1.global_variables())
        builder.add_meta_graph_and_variables(session, ["train"])
    with tf.Graph().as_default(), v1.Session() as session:
        features, logits = program1(with_variables=True)
        signature = v1.saved_model.predict_signature_def({"features": features}, {"logits": logits})
        builder.add_meta_graph(["serve", "gpu"], signature_def_map={"serving_default": signature})
    builder.save()
    tidy("saved")
    return describe("saved")


@format_fixture("sm-v1-text", "The graph of sm-v1-bare as text: saved_model.pbtxt.")
def v1_text():
    builder = v1.saved_model.builder.SavedModelBuilder("saved")
    with tf.Graph().as_default(), v1.Session() as session:
        features, doubled = program1(with_variables=False)
        signature = v1.saved_model.predict_signature_def({"features": features}, {"doubled": doubled})
        builder.add_meta_graph_and_variables(
            session, ["serve"], signature_def_map={"serving_default": signature})
    builder.save(as_text=True)
    tidy("saved")
    return describe("saved")

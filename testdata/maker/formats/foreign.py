"""Files that are no checkpoints, or of another kind than their name says: `testdata/foreign`."""

import gzip
import io
import json
import os
import pickle
import shutil
import struct
import tarfile
import zipfile

import numpy as np
import tensorflow as tf

from ..truth import dump_json
from ..values import trained
from ..wounds import PAGE, POINTER, read, store
from .hdf5 import hash_of
from .says import QUESTIONS, answer
from .small import small, small2

KINDS = {}  # name: (function that gives the bytes, its sentence)
MOMENT = (2023, 11, 14, 22, 13, 20)


def kind(name, about):
    def register(function):
        KINDS[name] = (function, about)
        return function
    return register


def file_of(top, *parts):
    return read(os.path.join(top, *parts))


def checkpoint_files(top):
    folder = os.path.join(top, "k3-tiny")
    return [(name, file_of(folder, name)) for name in sorted(os.listdir(folder))]


# -- what a download or a clone leaves --------------------------------------------------------------

@kind("lfs-pointer", "A Git LFS pointer.")
def pointer(top):
    data = file_of(top, "formats", "k3-h5-small", "model.h5")
    return POINTER.format(digest=hash_of(data), size=len(data)).encode()


@kind("html", "A web page.")
def page(top):
    return PAGE.encode()


@kind("xml", "The answer of a store of objects that refuses.")
def refusal(top):
    return (b'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code>'
            b"<Message>Access Denied</Message></Error>\n")


@kind("json-error", "The answer of a web service that refuses.")
def json_error(top):
    return b'{"error": {"code": 404, "message": "No such object: models/model.h5"}}\n'


@kind("empty", "No bytes.")
def empty(top):
    return b""


@kind("zeros", "Five hundred zeros: a download that reserved the room and stopped.")
def zeros(top):
    return bytes(500)


@kind("text", "A text.")
def text(top):
    return b"epoch 1: loss 0.693\nepoch 2: loss 0.541\n"


# -- packed -----------------------------------------------------------------------------------------

@kind("gzip-h5", "A gzipped HDF5 file.")
def gzip_h5(top):
    return gzip.compress(file_of(top, "formats", "k3-h5-small", "model.h5"), mtime=0)


@kind("gzip-index", "A gzipped index of a checkpoint.")
def gzip_index(top):
    return gzip.compress(file_of(top, "k3-tiny", "ckpt-1.index"), mtime=0)


@kind("zip-checkpoint", "A ZIP archive of the directory of a checkpoint.")
def zip_checkpoint(top):
    return zipped([(f"run/{name}", data) for name, data in checkpoint_files(top)],
                  zipfile.ZIP_DEFLATED)


def zipped(members, method=zipfile.ZIP_STORED):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in members:
            info = zipfile.ZipInfo(name, MOMENT)
            info.compress_type = method
            archive.writestr(info, data)
    return packed.getvalue()


@kind("tar-checkpoint", "A tar archive of a checkpoint.")
def tar_checkpoint(top):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in checkpoint_files(top):
            info = tarfile.TarInfo(f"run/{name}")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return packed.getvalue()


@kind("tar-gzip-checkpoint", "A gzipped tar archive of a checkpoint.")
def tar_gzip_checkpoint(top):
    return gzip.compress(tar_checkpoint(top), mtime=0)


# -- of other libraries -----------------------------------------------------------------------------

@kind("pickle", "A pickled dict of lists.")
def pickled(top):
    weights = {"dense": {"kernel": trained((3, 2), "float32", 1).tolist(), "bias": [0.5, 0.25]}}
    return pickle.dumps(weights, protocol=4)


TENSOR_PICKLE = (b"\x80\x02}q\x00X\x06\x00\x00\x00weightq\x01ctorch._utils\n_rebuild_tensor_v2\nq\x02("
                 b"(X\x07\x00\x00\x00storageq\x03ctorch\nFloatStorage\nq\x04X\x01\x00\x00\x000q\x05"
                 b"X\x03\x00\x00\x00cpuq\x06K\x06tq\x07QK\x00K\x03K\x02\x86q\x08K\x02K\x01\x86q\x09\x89"
                 b"ccollections\nOrderedDict\nq\x0a)Rq\x0btq\x0cRq\x0ds.")


@kind("pytorch", "What PyTorch saves since 1.6, by hand: a ZIP archive with a pickle that names tensors.")
def pytorch(top):
    return zipped([("archive/data.pkl", TENSOR_PICKLE), ("archive/byteorder", b"little"),
                   ("archive/data/0", trained((3, 2), "float32", 1).tobytes()),
                   ("archive/version", b"3\n")])


@kind("pytorch-old", "What PyTorch saved before 1.6, by hand: pickles in a row, the first a magic number.")
def pytorch_old(top):
    facts = {"protocol_version": 1001, "little_endian": True,
             "type_sizes": {"short": 2, "int": 4, "long": 4}}
    return (pickle.dumps(0x1950a86a20f9469cfc6c, 2) + pickle.dumps(1001, 2) + pickle.dumps(facts, 2)
            + TENSOR_PICKLE + pickle.dumps(["0"], 2) + struct.pack("<q", 6)
            + trained((3, 2), "float32", 1).tobytes())


@kind("safetensors", "A safetensors file, by hand: the length of a JSON header, the header, the elements.")
def safetensors(top):
    data = trained((3, 2), "float32", 1).tobytes()
    header = json.dumps({"weight": {"dtype": "F32", "shape": [3, 2], "data_offsets": [0, len(data)]},
                         "__metadata__": {"format": "tf"}}).encode()
    header += b" " * (-len(header) % 8)
    return struct.pack("<Q", len(header)) + header + data


@kind("onnx", "An ONNX model, by hand: a protobuf message with version, producer and an empty graph.")
def onnx(top):
    graph = b"\x12\x05graph"
    return (b"\x08\x08" + b"\x12\x07example" + b"\x1a\x031.0" + b"\x3a" + bytes([len(graph)]) + graph
            + b"\x42\x04\x0a\x00\x10\x11")


@kind("gguf", "The beginning of a GGUF file, by hand: magic, version 3, no tensors, no metadata.")
def gguf(top):
    return b"GGUF" + struct.pack("<IQQ", 3, 0, 0)


@kind("npy", "An array that NumPy saved.")
def npy(top):
    packed = io.BytesIO()
    np.save(packed, trained((3, 2), "float32", 1))
    return packed.getvalue()


@kind("npz", "Arrays that NumPy saved: a ZIP archive.")
def npz(top):
    return zipped([("kernel.npy", npy(top)), ("bias.npy", npy(top))])


@kind("tfrecord", "A file of records, as TensorFlow writes examples and event logs.")
def tfrecord(top):
    path = os.path.join(top, "foreign", ".records")
    with tf.io.TFRecordWriter(path) as writer:
        writer.write(b"an example")
    data = read(path)
    os.remove(path)
    return data


# -- of TensorFlow and Keras, under another name ----------------------------------------------------

@kind("config-json", "The architecture of a model alone: model.to_json() of Keras 3.")
def config_json(top):
    model = json.loads(zipfile.ZipFile(os.path.join(
        top, "formats", "k3-keras-small", "model.keras")).read("config.json"))
    model.pop("build_config", None)
    model.pop("compile_config", None)
    return json.dumps(model).encode()


@kind("yaml", "The architecture of a model as YAML, which Keras wrote until 2.5.")
def yaml(top):
    return (b"backend: tensorflow\nclass_name: Sequential\nconfig:\n  layers:\n  - class_name: Dense\n"
            b"    config: {name: hidden, units: 4}\n  name: tiny\nkeras_version: 2.3.1\n")


@kind("state-file", "The state file of a directory of checkpoints.")
def state_file(top):
    return file_of(top, "k3-tiny", "checkpoint")


@kind("bundle-index", "The index of a checkpoint.")
def bundle_index(top):
    return file_of(top, "k3-tiny", "ckpt-1.index")


@kind("bundle-data", "The data file of a checkpoint.")
def bundle_data(top):
    return file_of(top, "k3-tiny", "ckpt-1.data-00000-of-00001")


@kind("saved-model-pb", "The graph of a SavedModel, without its variables.")
def saved_model_pb(top):
    return file_of(top, "saved-model", "saved_model.pb")


@kind("hdf5-model", "A whole model in HDF5.")
def hdf5_model(top):
    return file_of(top, "formats", "k3-h5-small", "model.h5")


@kind("hdf5-weights", "A .weights.h5 of Keras 3.")
def hdf5_weights(top):
    return file_of(top, "formats", "k3-weights-small", "model.weights.h5")


@kind("keras-archive", "A .keras archive of Keras 3.")
def keras_archive(top):
    return file_of(top, "formats", "k3-keras-small", "model.keras")


# -- names, and questions ---------------------------------------------------------------------------

def load3(path):
    small().load_weights(path)


def load2(path):
    small2().load_weights(path)


def restore(path):
    tf.train.Checkpoint(v=tf.Variable(0.0)).restore(path)


KERAS = {"keras.models.load_model": QUESTIONS["keras.models.load_model"],
         "tf_keras.models.load_model": QUESTIONS["tf_keras.models.load_model"],
         "keras.Model.load_weights": load3, "tf_keras.Model.load_weights": load2}
BUNDLE = {"tf.train.load_checkpoint": QUESTIONS["tf.train.load_checkpoint"],
          "tf.train.Checkpoint.restore": restore, "tf_keras.Model.load_weights": load2}
NAMES = {"model.h5": ("model.h5", KERAS), "model.keras": ("model.keras", KERAS),
         "ckpt-1.index": ("ckpt-1", BUNDLE), "model.ckpt": ("model.ckpt", BUNDLE)}
FEWER = {"hdf5-model": ["model.keras"], "hdf5-weights": ["model.h5"],
         "keras-archive": ["model.h5"], "tar-checkpoint": ["model.h5"],
         "bundle-index": ["model.h5", "model.keras", "model.ckpt"]}


def make(top):
    """All of `foreign/`, with one JSON for all."""
    import keras  # noqa: F401  (once, not in every process that is asked)
    import tf_keras  # noqa: F401
    folder = os.path.join(top, "foreign")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    facts = {}
    for name, (function, about) in KINDS.items():
        data = function(top)
        files = FEWER.get(name, list(NAMES))
        for file in files:
            store(os.path.join(folder, name, file), data)
        facts[name] = {"about": about, "bytes": len(data), "sha256": hash_of(data),
                       "files": {file: None for file in files}}
    os.chdir(folder)
    for name, one in facts.items():
        place = os.path.join(folder, name)
        for file in one["files"]:
            path, questions = NAMES[file]
            one["files"][file] = {"path": path, "says": {
                call: answer(place, function, os.path.join(place, path))
                for call, function in questions.items()}}
    dump_json({"schema": 1, "tensorflow": tf.__version__, "kinds": facts},
              os.path.join(folder, "foreign.json"))

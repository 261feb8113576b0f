"""Damaged files of other kinds: a healthy fixture of `formats/`, and what happened to its files."""

import json
import os
import shutil

import tensorflow as tf

from .. import wounds as w
from ..damaged import Case, do
from ..truth import dump_json
from . import wounds as v
from .facts import facts_of
from .says import QUESTIONS, answer, brief
from .small import small, small2

CASES = {}
H5, WEIGHTS, ARCHIVE = "model.h5", "model.weights.h5", "model.keras"


def case(base, path, name, about, causes, *wounds):
    CASES[name] = Case(about, base, path, causes, list(wounds))


def of(base, path):
    return lambda *told: case(base, path, *told)


# -- whole models and weights in HDF5 -------------------------------------------------------------

h5, weights = of("k3-h5-small", H5), of("k3-weights-small", WEIGHTS)
KERNEL, LAYER = "layers/dense_1/vars/0", "layers/dense_1"
OLD_KERNEL = "model_weights/logits/small/logits/kernel"

h5("h5-truncated", "The file ends half way.", ["truncated-file"], do(w.cut, H5, part=0.5))
h5("h5-trailing", "The file is longer than it should be.", ["corrupt-data"],
   do(w.append, H5, text="left over\n"))
h5("h5-tree-flip", "One bit of the signature of the root's B-tree is wrong.", ["corrupt-index"],
   do(v.flip_signature, H5, signature="TREE", bit=1))
h5("h5-heap-flip", "One bit of the signature of the heap that holds all texts is wrong.",
   ["corrupt-index"], do(v.flip_signature, H5, signature="GCOL", bit=1))
h5("h5-node-flip", "One bit of the signature of a node of a group is wrong.", ["corrupt-index"],
   do(v.flip_signature, H5, signature="SNOD", bit=1, number=1))
h5("h5-data-flip", "One bit of a kernel is wrong, which nothing checks.", ["corrupt-data"],
   do(v.flip_element, H5, dataset=OLD_KERNEL, byte=7, bit=3))
h5("h5-no-config", "The attribute model_config is not there: weights only.", ["not-a-checkpoint"],
   do(v.remove_attribute, H5, name="/", attribute="model_config"))
h5("h5-no-layer-names", "The attribute layer_names is not there: the save ended early.",
   ["not-a-checkpoint"],
   do(v.remove_attribute, H5, name="model_weights", attribute="layer_names"))
h5("h5-layer-missing", "A layer that layer_names lists has no group.", ["corrupt-index"],
   do(v.remove, H5, name="model_weights/logits"))
h5("h5-dataset-missing", "A dataset that weight_names lists is not there.", ["corrupt-index"],
   do(v.remove, H5, name=OLD_KERNEL))
h5("h5-wrong-shape", "A kernel has another shape than the configuration says.", ["corrupt-data"],
   do(v.resize, H5, dataset=OLD_KERNEL, shape=[4, 3]))
h5("h5-soft-link", "A soft link in place of a kernel.", ["foreign-link"],
   do(v.soft_link, H5, name=OLD_KERNEL, to="/moved"))
h5("h5-external-link", "A link into another file in place of a kernel.", ["foreign-link"],
   do(v.external_link, H5, name=OLD_KERNEL, other="other.h5"))
h5("h5-external-data", "The elements of a kernel lie in another file.", ["foreign-link"],
   do(v.external_data, H5, dataset=OLD_KERNEL, other="kernel.bin"))
h5("h5-nan", "Training diverged: NaN in a kernel.", ["nan-inf"],
   do(v.set_nan, H5, dataset=OLD_KERNEL, only=[2, 3]))
case("k3-h5-small", WEIGHTS, "h5-called-weights", "An older HDF5 file with the name of a newer one.",
     ["renamed-file"], do(w.rename, H5, to=WEIGHTS))

weights("weights-truncated", "The file ends half way.", ["truncated-file"],
        do(w.cut, WEIGHTS, part=0.5))
weights("weights-layer-missing", "The group of a layer is not there.", ["corrupt-index"],
        do(v.remove, WEIGHTS, name=LAYER))
weights("weights-dataset-missing", "The bias of a layer is not there.", ["corrupt-index"],
        do(v.remove, WEIGHTS, name=LAYER + "/vars/1"))
weights("weights-first-missing", "The kernel of a layer is not there, and its bias is.",
        ["corrupt-index"], do(v.remove, WEIGHTS, name=LAYER + "/vars/0"))
case("k3-weights-small", "weights.h5", "weights-called-h5", "A newer HDF5 file with the name of an "
     "older one.", ["renamed-file"], do(w.rename, WEIGHTS, to="weights.h5"))
weights("weights-wrong-shape", "A kernel has another shape.", ["corrupt-data"],
        do(v.resize, WEIGHTS, dataset=KERNEL, shape=[4, 3]))
weights("weights-soft-link", "A soft link in place of a kernel.", ["foreign-link"],
        do(v.soft_link, WEIGHTS, name=KERNEL, to="/moved"))
weights("weights-external-link", "A link into another file in place of a kernel.", ["foreign-link"],
        do(v.external_link, WEIGHTS, name=KERNEL, other="other.h5"))
weights("weights-external-data", "The elements of a kernel lie in another file.", ["foreign-link"],
        do(v.external_data, WEIGHTS, dataset=KERNEL, other="kernel.bin"))

# -- shards ---------------------------------------------------------------------------------------

INDEX = "model.weights.json"
shards = of("k3-shards-small", INDEX)
shards("shards-one-missing", "One of the files that the list names is not there.", ["missing-shard"],
       do(w.delete, "model_00001.weights.h5"))
shards("shards-list-cut", "The list ends half way.", ["truncated-file"], do(w.cut, INDEX, part=0.5))
shards("shards-list-empty", "The list names nothing.", ["corrupt-index"],
       do(v.edit_json, INDEX, weight_map={}))

# -- archives -------------------------------------------------------------------------------------

archive = of("k3-keras-small", ARCHIVE)
INNER = "model.weights.h5"
archive("keras-truncated", "The archive ends half way.", ["truncated-file"],
        do(w.cut, ARCHIVE, part=0.5))
archive("keras-cut-tail", "The end of the archive's directory is missing.", ["truncated-file"],
        do(w.cut, ARCHIVE, part=0.999))
archive("keras-no-config", "No config.json in the archive.", ["missing-index"],
        do(v.remove_member, ARCHIVE, member="config.json"))
archive("keras-no-weights", "No weights in the archive.", ["missing-shard"],
        do(v.remove_member, ARCHIVE, member=INNER))
archive("keras-no-metadata", "No metadata.json in the archive, which nobody needs.", ["missing-index"],
        do(v.remove_member, ARCHIVE, member="metadata.json"))
archive("keras-member-flip", "One bit of the weights is wrong, which the archive's checksum tells.",
        ["corrupt-data"], do(v.flip_member, ARCHIVE, member=INNER, byte=5000, bit=3))
archive("keras-in-folder", "All members lie below one directory.", ["renamed-file"],
        do(v.put_in_folder, ARCHIVE, folder="model"))
archive("keras-config-edited", "The configuration asks for another size of a layer than is stored.",
        ["corrupt-data"], do(v.edit_member, ARCHIVE, member="config.json", old='"units": 4',
                             new='"units": 6'))
archive("keras-config-cut", "The configuration is no JSON.", ["corrupt-index"],
        do(v.edit_member, ARCHIVE, member="config.json", old='"units": 4', new='"units": '))
archive("keras-layer-missing", "The group of a layer is not among the weights.", ["corrupt-index"],
        do(v.inside, ARCHIVE, member=INNER, wound="remove", name=LAYER))
archive("keras-dataset-missing", "The bias of a layer is not among the weights.", ["corrupt-index"],
        do(v.inside, ARCHIVE, member=INNER, wound="remove", name=LAYER + "/vars/1"))
case("k3-keras-folder", ".", "keras-folder-no-weights", "An unzipped archive without its weights.",
     ["missing-shard"], do(w.delete, WEIGHTS))

# -- SavedModels ----------------------------------------------------------------------------------

saved = of("sm-small", "saved")
VARIABLES = "saved/variables/variables"
saved("sm-no-variables", "The directory of variables is not there.", ["missing-index"],
      do(v.remove_folder, "saved/variables"))
saved("sm-no-index", "The index of the variables is not there.", ["missing-index"],
      do(w.delete, VARIABLES + ".index"))
saved("sm-no-data", "The data of the variables is not there.", ["missing-shard"],
      do(w.delete, VARIABLES + ".data-00000-of-00001"))
saved("sm-data-cut", "The data of the variables ends half way.", ["truncated-file"],
      do(w.cut, VARIABLES + ".data-00000-of-00001", part=0.1))
saved("sm-no-graph", "saved_model.pb is not there.", ["missing-index"],
      do(w.delete, "saved/saved_model.pb"))
saved("sm-graph-cut", "saved_model.pb ends half way.", ["truncated-file"],
      do(w.cut, "saved/saved_model.pb", part=0.5))
saved("sm-graph-empty", "saved_model.pb has no bytes.", ["truncated-file"],
      do(w.cut, "saved/saved_model.pb", keep=0))
case("sm-module", "saved", "sm-no-asset", "An asset that a table reads is not there.",
     ["missing-shard"], do(v.remove_folder, "saved/assets"))
saved("sm-no-fingerprint", "fingerprint.pb is not there, which nobody needs.", ["missing-index"],
      do(w.delete, "saved/fingerprint.pb"))
case("sm-v1", "saved", "sm-v1-no-variables", "The graph has variables, but their directory is not "
     "there.", ["missing-index"], do(v.remove_folder, "saved/variables"))

# -- TensorFlow 1 ---------------------------------------------------------------------------------

case("v1-every-dtype", "types.ckpt", "v1-truncated", "A V1 checkpoint that ends half way.",
     ["truncated-file"], do(w.cut, "types.ckpt", part=0.5))
case("v1-every-dtype", "types.ckpt", "v1-bit-flip", "One bit in the data block is wrong.",
     ["corrupt-data"], do(w.flip, "types.ckpt", bit=3, byte=1300))
case("v1-sharded", "model.ckpt-5-?????-of-00003", "v1-shard-missing", "One of three files of V1 is "
     "not there.", ["missing-shard"], do(w.delete, "model.ckpt-5-00001-of-00003"))
case("v1-sharded-partitioned", "model.ckpt-?????-of-00004", "v1-slice-missing", "The file with a "
     "slice of a variable is not there.", ["missing-shard"], do(w.delete, "model.ckpt-00002-of-00004"))
case("meta-ref", "model.ckpt.meta", "meta-cut", "A .meta file that ends half way.",
     ["truncated-file"], do(w.cut, "model.ckpt.meta", part=0.5))
case("meta-ref", "model.ckpt.meta", "meta-of-another", "The .meta of another graph, whose variables "
     "the checkpoint has only in part.", ["mixed-shards"],
     do(w.take, "model.ckpt.meta", fixture="meta-resource", source="model.ckpt.meta"))


# -- questions ------------------------------------------------------------------------------------

def compared(model, expected):
    """How many weights of a model are those of the healthy fixture."""
    same = [facts_of(weight)["sha256"] == told["sha256"]
            for weight, told in zip(model.weights, expected, strict=True)]
    return "ok" if all(same) else f"ok, but {same.count(False)} of {len(same)} weights are others"


def loading(build, expected):
    def load(path):
        model = build()
        model.load_weights(path)
        return compared(model, expected)
    return load


def model_loading(load_model, expected):
    return lambda path: compared(load_model(path), expected)


def import_and_restore(path):
    v1 = tf.compat.v1
    with tf.Graph().as_default(), v1.Session() as session:
        v1.train.import_meta_graph(path).restore(session, path.removesuffix(".meta"))


def read_all(path):
    """How many tensors the restore operation cannot read."""
    reader = tf.compat.v1.train.NewCheckpointReader(path)
    failed = []
    for key, dtype in sorted(reader.get_variable_to_dtype_map().items()):
        try:
            tf.raw_ops.RestoreV2(prefix=path, tensor_names=[key], shape_and_slices=[""],
                                 dtypes=[dtype])
        except tf.errors.OpError as error:
            failed.append(f"{key}: {brief(error)}")
    return f"ok, but {len(failed)} cannot be read, as {failed[0]}" if failed else "ok"


def questions(base, facts):
    import keras
    expected, kind = facts.get("weights"), facts["kind"]
    if kind == "v1":
        return {"tf.train.load_checkpoint": QUESTIONS["tf.train.load_checkpoint"],
                "tf.raw_ops.RestoreV2": read_all}
    if kind == "meta":
        return {"tf.compat.v1.train.import_meta_graph": import_and_restore}
    if kind == "saved-model":
        return {"tf.saved_model.load": QUESTIONS["tf.saved_model.load"]}
    if kind == "keras-sharded-weights":
        return {"keras.Model.load_weights": loading(small, expected)}
    if base == "k3-keras-folder":
        return {"keras.models.load_model": model_loading(keras.models.load_model, expected)}
    out = {"keras.Model.load_weights": loading(small, expected),
           "tf_keras.Model.load_weights": loading(small2, expected)}
    if kind != "keras-weights-h5":
        out["keras.models.load_model"] = model_loading(keras.models.load_model, expected)
    return out


def make(top, name):
    """Copy a healthy fixture, wound it, and ask about it."""
    one = CASES[name]
    formats = os.path.join(top, "formats")
    folder = os.path.join(formats, "damaged", name)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(os.path.join(formats, one.base), folder)
    os.chdir(folder)
    record = w.inflict(one.wounds)
    with open(os.path.join(formats, one.base + ".json"), encoding="ascii") as file:
        facts = json.load(file)
    full = folder if one.path == "." else os.path.join(folder, one.path)
    said = {call: answer(folder, function, full)
            for call, function in questions(one.base, facts).items()}
    dump_json({"schema": 1, "healthy": False, "about": one.about, "base": one.base,
               "kind": facts["kind"], "path": one.path, "causes": one.causes, "wounds": record,
               "tensorflow": tf.__version__, "says": said}, folder + ".json")

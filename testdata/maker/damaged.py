"""The damaged fixtures: a healthy fixture, and what happened to its files."""

import dataclasses

from . import wounds as w

INDEX, DATA = "ckpt-1.index", "ckpt-1.data-00000-of-00001"
GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"
VALUE = "/.ATTRIBUTES/VARIABLE_VALUE"
KERNEL = "optimizer/_trainable_variables/0" + VALUE
LAST_KERNEL = "optimizer/_trainable_variables/4" + VALUE
VELOCITY = "optimizer/_variables/3" + VALUE
NORM = "model/_functional/_operations/2/"


@dataclasses.dataclass
class Case:
    about: str
    base: str
    path: str
    causes: list
    wounds: list  # of (function, file, arguments)


CASES = {}


def case(name, about, causes, *wounds, base="k3-tiny", path="ckpt-1"):
    CASES[name] = Case(about, base, path, causes, list(wounds))


def do(function, file, **arguments):
    return function, file, arguments


# -- the data file --------------------------------------------------------------------------------

case("data-truncated", "The data file ends half way: the object graph, which lies last, is "
     "cut off.", ["truncated-file"],
     do(w.cut, DATA, part=0.5))
case("data-cut-early", "The data file ends in its first tenth.", ["truncated-file"],
     do(w.cut, DATA, part=0.1))
case("data-empty", "The data file has no bytes.", ["truncated-file"], do(w.cut, DATA, keep=0))
case("data-missing", "The data file is not there.", ["missing-shard"], do(w.delete, DATA))
case("data-bit-flip", "One bit of one tensor is wrong.", ["corrupt-data"],
     do(w.flip, DATA, key=KERNEL, byte=9, bit=3))
case("data-zero-hole", "All but the first tenth of the data file is zeros.", ["corrupt-data"],
     do(w.zero, DATA, part=0.1))
case("string-length-flip", "One bit of the length of the object graph is wrong.",
     ["corrupt-data"], do(w.flip, DATA, key=GRAPH, byte=0, bit=0))
case("graph-flip", "One bit inside the object graph is wrong.", ["corrupt-data"],
     do(w.flip, DATA, key=GRAPH, byte=200, bit=2))
case("trailing-bytes", "The data file is longer than it should be.", ["corrupt-data"],
     do(w.append, DATA, text="left over\n"))
case("text-mode", "The data file went through a text-mode transfer: LF became CR LF.",
     ["corrupt-data"], do(w.text_mode, DATA))
case("lfs-pointer-data", "A Git LFS pointer in place of the data file.", ["lfs-pointer"],
     do(w.pointer, DATA))
case("wrong-shard-count-name", "The data file is named as if there were two.", ["renamed-file"],
     do(w.rename, DATA, to="ckpt-1.data-00000-of-00002"))
case("shard-missing", "The second of three data files is not there.", ["missing-shard"],
     do(w.delete, "model.ckpt.data-00001-of-00003"), base="shards-saver", path="model.ckpt")
case("shards-mixed", "The index of step 3 beside the data of step 4 (of equal shapes).",
     ["mixed-shards"], do(w.take, "ckpt-4.index", fixture="k3-adam", source="ckpt-3.index"),
     base="k3-adam", path="ckpt-4")

# -- the index ------------------------------------------------------------------------------------

case("index-missing", "Only the data file is there.", ["missing-index"], do(w.delete, INDEX))
case("index-empty", "The index has no bytes.", ["truncated-file"], do(w.cut, INDEX, keep=0))
case("index-truncated", "The index ends half way.", ["truncated-file"],
     do(w.cut, INDEX, part=0.5))
case("index-bit-flip", "One bit in the data block of the index is wrong.", ["corrupt-index"],
     do(w.flip, INDEX, where="data block", byte=120, bit=4))
case("footer-flip", "One bit of the magic number of the index is wrong.", ["corrupt-index"],
     do(w.flip, INDEX, where="magic", byte=2, bit=0))
case("footer-handle-flip", "The footer of the index points to a wrong place.", ["corrupt-index"],
     do(w.flip, INDEX, where="footer", byte=3, bit=3))
case("text-mode-index", "The index went through a text-mode transfer: LF became CR LF.",
     ["corrupt-index"], do(w.text_mode, INDEX))
case("lfs-pointer-index", "A Git LFS pointer in place of the index.", ["lfs-pointer"],
     do(w.pointer, INDEX))
case("html-index", "A web page in place of the index.", ["not-a-checkpoint"], do(w.page, INDEX))
case("gzip-index", "The index is gzipped.", ["not-a-checkpoint"], do(w.gzip, INDEX))
case("glob-chars", "The directory has square brackets in its name, which TensorFlow takes for a "
     "pattern.", ["glob-chars-in-prefix"],
     do(w.rename, INDEX, to="run[1]/" + INDEX), do(w.rename, DATA, to="run[1]/" + DATA),
     do(w.rename, "checkpoint", to="run[1]/checkpoint"), path="run[1]/ckpt-1")

# -- the index, sealed again ----------------------------------------------------------------------

case("no-header", "The index has no header entry.", ["corrupt-index"],
     do(w.remove_header, INDEX))
case("header-min-consumer", "The header asks for a newer TensorFlow.", ["corrupt-index"],
     do(w.edit_header, INDEX, min_consumer=2))
case("header-bad-consumer", "The header refuses this version of TensorFlow.", ["corrupt-index"],
     do(w.edit_header, INDEX, bad_consumers=[1]))
case("header-two-shards", "The header counts two data files, there is one.", ["missing-shard"],
     do(w.edit_header, INDEX, num_shards=2))
case("bad-size", "An entry is four bytes shorter than its shape.", ["corrupt-index"],
     do(w.edit_entry, INDEX, key=KERNEL, size=76))
case("bad-offset", "An entry lies beyond the end of the data file.", ["corrupt-index"],
     do(w.edit_entry, INDEX, key=KERNEL, offset=1_000_000))
case("bad-shard", "An entry lies in a data file that the header does not count.",
     ["corrupt-index"], do(w.edit_entry, INDEX, key=KERNEL, shard=5))
case("unknown-dtype", "An entry has type 99.", ["corrupt-index"],
     do(w.edit_entry, INDEX, key=KERNEL, dtype=99))
case("negative-dim", "An entry has a dimension of -5.", ["corrupt-index"],
     do(w.edit_entry, INDEX, key=KERNEL, shape=[-5, 4]))
case("huge-dim", "An entry has a dimension of 2 to the 62nd.", ["corrupt-index"],
     do(w.edit_entry, INDEX, key=KERNEL, shape=[1 << 62, 4]))
case("duplicate-key", "One key occurs twice.", ["corrupt-index"],
     do(w.repeat_entry, INDEX, key=KERNEL))
case("unsorted-keys", "Two keys are out of order.", ["corrupt-index"],
     do(w.swap_entries, INDEX, key=KERNEL, other=LAST_KERNEL))
case("bad-entry", "An entry is not a protobuf message.", ["corrupt-index"],
     do(w.garble_entry, INDEX, key=KERNEL))
case("no-graph-entry", "The object graph has no entry; its variables are all there.",
     ["corrupt-index"], do(w.remove_entry, INDEX, key=GRAPH))
case("variable-missing", "A variable of the object graph has no entry.", ["corrupt-index"],
     do(w.remove_entry, INDEX, key=KERNEL))
case("slice-missing", "A tensor lists a slice that has no entry.", ["corrupt-index"],
     do(w.remove_slice, "model.ckpt.index", key="embed/rows", number=1),
     base="saver-partitioned", path="model.ckpt")
case("slices-insufficient", "The slices of a tensor do not cover it.", ["corrupt-index"],
     do(w.unlist_slice, "model.ckpt.index", key="embed/rows", number=1),
     base="saver-partitioned", path="model.ckpt")
case("overlap-slices", "Two slices of a tensor overlap.", ["corrupt-index"],
     do(w.move_slice, "model.ckpt.index", key="embed/rows", number=1, start=3),
     base="saver-partitioned", path="model.ckpt")
case("big-endian-variant", "A checkpoint of a big-endian machine with variants, which TensorFlow "
     "cannot swap.", ["endianness"], do(w.big_endian, INDEX), base="dataset-iterator")

# -- the state file -------------------------------------------------------------------------------

case("state-absolute", "The state file names a directory of another machine.",
     ["absolute-path-state"], do(w.replace, "checkpoint", old='"ckpt-',
                                  new='"/home/alice/run7/ckpt-'), path=".")
case("state-stale", "The newest checkpoint, which the state file names, has been deleted.",
     ["stale-state-file"], do(w.delete, "ckpt-4.index"),
     do(w.delete, "ckpt-4.data-00000-of-00001"), base="k3-adam", path=".")
case("state-unknown-field", "The state file has a field that TensorFlow does not know.",
     ["no-checkpoint-found"], do(w.append, "checkpoint", text='best_checkpoint: "ckpt-1"\n'),
     path=".")
case("state-unquoted", "The state file was edited by hand: no quotes.", ["no-checkpoint-found"],
     do(w.replace, "checkpoint", old='"ckpt-1"', new="ckpt-1"), path=".")
case("state-empty", "The state file has no bytes.", ["no-checkpoint-found"],
     do(w.cut, "checkpoint", keep=0), path=".")
case("state-missing", "There is no state file.", ["no-checkpoint-found"],
     do(w.delete, "checkpoint"), path=".")
case("state-txt", "The state file got the name checkpoint.txt.",
     ["no-checkpoint-found", "renamed-file"],
     do(w.rename, "checkpoint", to="checkpoint.txt"), path=".")
case("rotated-away", "The state file lists two older checkpoints that are gone; the newest is "
     "whole.", ["stale-state-file"],
     *(do(w.delete, f"ckpt-{step}.{part}") for step in (2, 3)
       for part in ("index", "data-00000-of-00001")), base="k3-adam", path=".")

# -- saves that did not end -----------------------------------------------------------------------

PART = "ckpt-2_temp/part-00000-of-00001"
case("interrupted-save", "A save stopped while writing the data; the checkpoint before it is "
     "whole.", ["interrupted-save"],
     do(w.copy, DATA, to=f"{PART}.data-00000-of-00001.tempstate7245968011380145"),
     do(w.cut, f"{PART}.data-00000-of-00001.tempstate7245968011380145", part=0.6), path=".")
case("interrupted-merge", "A save stopped after the data had got its name and before the index "
     "was written; the part's index is still there.", ["interrupted-save", "missing-index"],
     do(w.copy, DATA, to="ckpt-2.data-00000-of-00001"),
     do(w.copy, INDEX, to=f"{PART}.index"), path="ckpt-2")

# -- values ---------------------------------------------------------------------------------------

case("nan-in-weights", "Training diverged: NaN in a kernel.", ["nan-inf"],
     do(w.set_floats, DATA, key=KERNEL, value="nan", only=[2, 3, 11]))
case("inf-in-slot-only", "The model is finite, a slot of the optimizer is not.", ["nan-inf"],
     do(w.set_floats, DATA, key=VELOCITY, value="inf", only=[5]))
case("zero-kernel", "The kernel of the last layer is all zeros.", ["never-trained-values"],
     do(w.set_floats, DATA, key=LAST_KERNEL, value="0"))
case("never-trained-bn", "After 250 steps the batch normalization still has mean 0 and variance "
     "1.", ["never-trained-values"],
     do(w.set_floats, DATA, key=NORM + "moving_mean" + VALUE, value="0"),
     do(w.set_floats, DATA, key=NORM + "moving_variance" + VALUE, value="1"))

# -- all together ---------------------------------------------------------------------------------

case("demo", "A training directory brought from another machine by a copy that stopped: the "
     "state file names the other machine's directory, the newest checkpoint is cut off, the two "
     "before it are whole.", ["absolute-path-state", "truncated-file"],
     do(w.cut, "ckpt-4.data-00000-of-00001", part=0.3),
     do(w.replace, "checkpoint", old='"ckpt-', new='"/home/alice/run7/ckpt-'),
     base="k3-adam", path=".")

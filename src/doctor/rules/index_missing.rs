//! F007: data without the index.

use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::model::Depth;

pub static RULE: Rule = Rule {
    code: "F007",
    name: "index-missing",
    severity: Severity::Error,
    needs: Depth::Files,
    since: "0.1.0",
    check: Check::Faults,
    manual: Manual {
        means: "The data files of the checkpoint are there, but PREFIX.index is not. The data are bare numbers: \
which tensor begins where, what it is called, its type and its shape stand in the index alone. \
TensorFlow decides by the index whether there is a checkpoint at all, so to it there is none.",
        you_see: &[
            "NotFoundError: Unsuccessful TensorSliceReader constructor: Failed to find any matching files for {prefix}",
            "Error when restoring from checkpoint or SavedModel at {prefix}: ... You may be missing the checkpoint suffix (e.g. the '-1' in 'path/to/ckpt-1').",
            "ValueError: The passed save_path is not a valid checkpoint: {prefix}",
        ],
        knows: "A file PREFIX.data-SSSSS-of-NNNNN lies there, and PREFIX.index does not.",
        fix: "Fetch the .index from where the data came from; it is small. Common reasons for its absence: only \"the \
big file\" was copied, .gitignore or an upload filter dropped it, or the save was cut off before it was written.

    cp {source}/ckpt-4.index {directory}/

If a save was cut off, PREFIX_temp/ may still hold part-00000-of-00001.index, which describes the data: the index \
is written last, after the data files have been renamed into place.",
        not: "An index cannot be made from the data alone. The index of another save of the same program has other \
checksums: TensorFlow will refuse the data, and if the sizes differ it reads the wrong bytes.",
        ignore: "Never for a checkpoint that is to be restored.",
        see: &["F001", "F008", "F019"],
    },
};

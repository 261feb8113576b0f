//! F018: a block of the index does not have its checksum.

use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::model::Depth;

pub static RULE: Rule = Rule {
    code: "F018",
    name: "index-block-corrupt",
    severity: Severity::Error,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Faults,
    manual: Manual {
        means: "Bytes of the index have changed: a block of its table fails its checksum, or does not decompress. Most \
indexes have one block of entries, so one wrong bit hides every variable from TensorFlow. The data files may be sound.",
        you_see: &[
            "Unable to read file ({prefix}.index). Perhaps the file is corrupt or was produced by a newer version of TensorFlow with format changes (failed to seek to header entry): block checksum mismatch",
            "block checksum mismatch",
            "corrupted compressed block contents",
        ],
        knows: "Each block ends with a checksum of its bytes. A block that fails it is read all the same and its \
entries are shown, but none of them can be trusted.",
        fix:
            "Copy the index again; it is small. \"Perhaps ... a newer version of TensorFlow\" is a guess of the message: \
the format has not changed since 2016.

    rsync --checksum {source}/ckpt-4.index {directory}/

If the original is damaged too, go back to the checkpoint before.",
        not: "Upgrading or downgrading TensorFlow. (TensorFlow 1.4.0 alone could not read compressed blocks.)",
        ignore: "Never.",
        see: &["F016", "F017", "F026"],
    },
};

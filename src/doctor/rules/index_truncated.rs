//! F016: the index is cut off or empty.

use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::model::Depth;

pub static RULE: Rule = Rule {
    code: "F016",
    name: "index-truncated",
    severity: Severity::Error,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Faults,
    manual: Manual {
        means: "The index is empty, or its end is missing. A table is read from its end: the last 48 bytes say where \
everything is, and its last eight are a fixed mark. Without them TensorFlow does not begin.",
        you_see: &["file is too short to be an sstable", "not an sstable (bad magic number)"],
        knows: "The file has fewer than 48 bytes, or does not end in 57 fb 80 8b 24 75 47 db. The records that stand \
before the cut are read all the same, so that it can be told what the checkpoint held.",
        fix:
            "Copy the index again. If the original is short too, the save was cut off while it wrote the index, which \
it does last: use the checkpoint before.

    checkpoint.restore(\"{directory}/ckpt-3\")",
        not: "The index of another save of the same program looks like a replacement, but it has the other save's \
checksums, and fails at the first tensor (F012).",
        ignore: "Never.",
        see: &["F007", "F013", "F014", "F018", "F019"],
    },
};

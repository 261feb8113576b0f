//! F017: bytes of tensors have changed.

use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::model::Depth;

pub static RULE: Rule = Rule {
    code: "F017",
    name: "data-checksum",
    severity: Severity::Error,
    needs: Depth::Bytes,
    since: "0.1.0",
    check: Check::Faults,
    manual: Manual {
        means: "Bytes of these tensors are not those that were saved. The index records a checksum for each tensor; \
TensorFlow computes it again when it reads one, and only then, so a checkpoint can be damaged for months before a \
program restores the variable that is hit.",
        you_see: &[
            "DataLossError: TensorBundle at {prefix} shard {s} ({n} bytes): Checksum does not match: stored {a} vs. calculated on the restored bytes {b}",
            "The length checksum does not match: expected {a} but actual is {b}",
            "Checksum does not match: stored {a} vs. calculated on the restored bytes {b}",
        ],
        knows: "CRC-32C of the bytes of every tensor, against the one in the index.",
        fix: "Copy the file again in binary mode, and compare a checksum of both sides.

    sha256sum {file}

FTP in text mode inserts or drops bytes: the file is then longer or shorter than the index says, and every tensor \
behind the first inserted byte fails. If the original fails too, go back to the checkpoint before, and look at the \
disk and the memory of the machine that wrote it. A reader that opens a checkpoint while another process rewrites it \
sees this too; then it goes away.",
        not: "There is no switch that makes TensorFlow skip the check, and no version that does not have it.",
        ignore: "If the variables that are hit are not among those you restore.",
        see: &["F012", "F015", "F018", "F029"],
    },
};

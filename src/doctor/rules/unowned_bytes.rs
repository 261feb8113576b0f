//! F029: bytes in a data file that belong to no tensor.

use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::model::Depth;

pub static RULE: Rule = Rule {
    code: "F029",
    name: "unowned-bytes",
    severity: Severity::Warning,
    needs: Depth::Files,
    since: "0.1.0",
    check: Check::Faults,
    manual: Manual {
        means: "A data file holds bytes that the index gives to no tensor: behind the last one, or between two and not \
zero. TensorFlow reads only what the index describes and never notices. Either something was appended, or the index \
is that of a smaller save, or a transfer added bytes.",
        you_see: &["nothing: TensorFlow restores without a word"],
        knows: "The bytes of all tensors are laid beside the size of the file. Zero bytes between tensors are \
allowed: some writers align.",
        fix: "Compare the file with the original.

    ls -l {file}
    sha256sum {file}

If the checksums of all tensors are right, which this program tells, the values are safe to restore.",
        not: "",
        ignore: "If a tool of yours appends a signature or padding of its own.",
        see: &["F012", "F015", "F017"],
    },
};

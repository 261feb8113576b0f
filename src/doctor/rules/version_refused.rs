//! F030: the writer refuses this reader.

use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::model::Depth;

pub static RULE: Rule = Rule {
    code: "F030",
    name: "version-refused",
    severity: Severity::Error,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Faults,
    manual: Manual {
        means: "The header of the index demands a reader of a newer format, or forbids readers of the version that \
every TensorFlow so far is (1). No released TensorFlow writes such a header.",
        you_see: &[
            "ValueError: Checkpoint min consumer version {n} above current version 1 for TensorFlow {version}.  Please upgrade TensorFlow.",
            "ValueError: Checkpoint disallows consumer version 1.  Please upgrade TensorFlow: this version is likely buggy.",
        ],
        knows: "The fields min_consumer and bad_consumers in the header.",
        fix: "Read it with the program that wrote it, and save again from there. If it was not meant, the header is \
damaged or forged: use another checkpoint.",
        not: "Upgrading TensorFlow as the message says, before you know that a version exists which writes this.",
        ignore: "If your readers are built from a TensorFlow that has the newer format.",
        see: &["F026", "F027"],
    },
};

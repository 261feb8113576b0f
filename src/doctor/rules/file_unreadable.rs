//! F031: the operating system does not give the bytes.

use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::model::Depth;

pub static RULE: Rule = Rule {
    code: "F031",
    name: "file-unreadable",
    severity: Severity::Error,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Faults,
    manual: Manual {
        means: "A file of the checkpoint is there but cannot be opened or read: the user has no right to, the disk or \
the network file system fails, or it is not a regular file. Nothing is said about the bytes that could not be read.",
        you_see: &[
            "PermissionDeniedError: {path}; Permission denied",
            "{path}; Input/output error",
            "{path}; Is a directory",
        ],
        knows: "The error that the operating system returned, which the finding repeats.",
        fix: "For rights:

    chmod u+r {path}

For an input/output error: copy what can be read to another disk first, then look at the log of the kernel. Mounted \
buckets and shared drives fail now and then; copy the files to a local disk and look again.",
        not: "Running the training as root, which hides the rights and makes the next files root's as well.",
        ignore: "Never for a checkpoint that is to be restored.",
        see: &["F008", "F034"],
    },
};

//! K029: HDF5 structures that contradict the format.

use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::model::Depth;

pub static RULE: Rule = Rule {
    code: "K029",
    name: "h5-malformed",
    severity: Severity::Error,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Faults,
    manual: Manual {
        means: "Some object of the HDF5 file cannot be read as the format demands: bytes were changed, or another program wrote half of it.",
        you_see: &[
            "OSError: Unable to synchronously open file (bad object header version number)",
            "KeyError: 'Unable to synchronously open object (bad heap free list)'",
        ],
        knows: "Every group, attribute and dataset is read, and each signature, address and length is held against the file.",
        fix: "Fetch the file again, or take another copy. What is listed can still be read.",
        not: "",
        ignore: "If h5py reads everything that you need: HDF5 itself overlooks some contradictions.",
        see: &["K012"],
    },
};

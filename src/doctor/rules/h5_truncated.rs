//! K012: an HDF5 file that ends too early.

use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::model::Depth;

pub static RULE: Rule = Rule {
    code: "K012",
    name: "h5-truncated",
    severity: Severity::Error,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Faults,
    manual: Manual {
        means: "The HDF5 file is shorter than it says of itself. HDF5 opens no such file, whatever is left in it.",
        you_see: &["OSError: Unable to synchronously open file (truncated file: eof = {a}, sblock->base_addr = 0, stored_eof = {b})"],
        knows: "The superblock at the start of the file holds the address of its end, which is held against the size.",
        fix: "Fetch the file again; a download that Keras made lies in its cache and is taken from there until it is deleted:

    rm ~/.keras/models/{file}

If it was saved by a job that was stopped, take the save before.",
        not: "",
        ignore: "Never.",
        see: &["F015", "F016"],
    },
};

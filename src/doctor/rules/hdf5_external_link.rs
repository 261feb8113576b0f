//! S002: links in an HDF5 file.

use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::model::Depth;

pub static RULE: Rule = Rule {
    code: "S002",
    name: "hdf5-external-link",
    severity: Severity::Error,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Faults,
    manual: Manual {
        means: "A name in the HDF5 file is a link, to another path or to another file on the machine that loads it. Keras writes none. Keras 3 raises when it meets one, so the weights behind it are not loaded. Keras 2 follows them, so that a file from elsewhere can make it read a file of yours.",
        you_see: &[
            "ValueError: Not allowed: H5 file with ExternalLink",
            "ValueError: Not allowed: H5 file with SoftLink",
            "ValueError: Not allowed: H5 file with external Dataset",
        ],
        knows: "Links are listed, never followed.",
        fix: "Ask the author for a file without links, or write one anew:

    h5repack old.h5 new.h5",
        not: "Copying the file that the link names to where it is looked for.",
        ignore: "If you made the links, and Keras 2 alone loads the file.",
        see: &["S001"],
    },
};

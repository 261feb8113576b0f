//! K030: parts of an HDF5 file that this program does not read.

use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::model::Depth;

pub static RULE: Rule = Rule {
    code: "K030",
    name: "h5-not-read",
    severity: Severity::Warning,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Faults,
    manual: Manual {
        means: "The file has parts that this program does not read: virtual datasets or rare filters of HDF5, members of an archive that are compressed in another way than deflate, datasets that no layer lists. Keras writes none of these; the file was rewritten by another program.",
        you_see: &["nothing: HDF5 itself may read it"],
        knows: "The parts are named by their paths.",
        fix: "Write the HDF5 file anew in the plain form:

    h5repack -f NONE -l CONTI old.h5 new.h5",
        not: "",
        ignore: "If Keras loads the file.",
        see: &["K029"],
    },
};

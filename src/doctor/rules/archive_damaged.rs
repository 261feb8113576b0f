//! K031: a `.keras` archive that is cut or changed.

use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::model::Depth;

pub static RULE: Rule = Rule {
    code: "K031",
    name: "archive-damaged",
    severity: Severity::Error,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Faults,
    manual: Manual {
        means: "The .keras file is a zip archive, and that is cut off or has changed. Its directory lies at the end, so \
a download that stopped takes it first; each member has a checksum, which Keras compares when it reads it.",
        you_see: &[
            "ValueError: File not found: filepath={p}. Please ensure the file is an accessible .keras zip file.",
            "BadZipFile: File is not a zip file",
            "BadZipFile: Bad CRC-32 for file 'model.weights.h5'",
        ],
        knows: "The directory of the archive is read, and with the data every member is held against its checksum.",
        fix: "Fetch the file again, or take another copy.",
        not: "Renaming it: nothing is wrong with the name.",
        ignore: "Never.",
        see: &["K012", "K028"],
    },
};

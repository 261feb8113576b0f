//! K028: a part that a Keras file promises and does not have.

use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::model::Depth;

pub static RULE: Rule = Rule {
    code: "K028",
    name: "keras-file-incomplete",
    severity: Severity::Error,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Faults,
    manual: Manual {
        means: "The file lists weights that are not in it, or an archive lacks its configuration or its weights. Keras stops there, after it has loaded what comes before.",
        you_see: &[
            "KeyError: \"Unable to synchronously open object (object '{l}' doesn't exist)\"",
            "ValueError: Layer '{l}' expected {n} variables, but received 0 variables during loading.",
            "UnboundLocalError: cannot access local variable 'weights_file_path'",
        ],
        knows: "The lists of layers and weights are held against the datasets; an archive is held against what Keras writes.",
        fix: "Fetch the file again, or save it again from the model.",
        not: "skip_mismatch=True or by_name=True: they leave the layers at random values.",
        ignore: "Never.",
        see: &["K012"],
    },
};

//! F035: a graph that does not parse.

use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::model::Depth;

pub static RULE: Rule = Rule {
    code: "F035",
    name: "graph-file-malformed",
    severity: Severity::Error,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Faults,
    manual: Manual {
        means: "The graph of a SavedModel (saved_model.pb) or of a program (.meta) is cut or damaged. The variables beside it may be whole.",
        you_see: &[
            "google.protobuf.message.DecodeError: Error parsing message",
            "OSError: Cannot parse file b'.../saved_model.pb': Error parsing message",
            "UnicodeDecodeError: 'utf-8' codec can't decode byte",
        ],
        knows: "The file is read as the protobuf message that it should be.",
        fix: "Fetch the file again. The variables can be loaded without it by a program that builds the model:

    tf.train.load_checkpoint(\"model/variables/variables\")",
        not: "",
        ignore: "Never.",
        see: &["F016"],
    },
};

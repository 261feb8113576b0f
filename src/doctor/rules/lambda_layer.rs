//! S001: a layer that holds Python bytecode.

use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::{many, some};
use crate::model::Depth;

pub static RULE: Rule = Rule {
    code: "S001",
    name: "lambda-layer",
    severity: Severity::Warning,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means: "A Lambda layer was saved as Python bytecode, which runs when the model is loaded and can do whatever your user can. Keras 3 refuses to load it unless it is told that the file is trusted. Another Python version cannot read the bytecode at all.",
        you_see: &["ValueError: Requested the deserialization of a Lambda layer whose function is a Python lambda", "ValueError: bad marshal data (unknown type code)"],
        knows: "The stored configuration has a Lambda layer with marshalled code.",
        fix: "Build the model in code, with a named function or a layer class of your own in the place of the lambda, and load the weights alone:

    model.load_weights(\"model.weights.h5\")",
        not: "safe_mode=False for a file whose author you do not know.",
        ignore: "If you wrote the file, and load it with the Python version that wrote it.",
        see: &["S002"],
    },
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(checkpoint) = &facts.checkpoint else { return };
    let names: Vec<&str> =
        checkpoint.layers.iter().filter(|layer| layer.has_bytecode).map(|layer| layer.name.as_str()).collect();
    if names.is_empty() {
        return;
    }
    let message = format!("loading the model runs Python bytecode out of the file: {}", many(names.len(), "layer"));
    findings.add(
        Finding::new(&RULE, message)
            .path(checkpoint.label.clone())
            .evidence(format!("layers: {}", some(&names)))
            .tensorflow("Keras 3 raises ValueError unless safe_mode=False is given; Keras 2 runs it without a word")
            .help("build the model in code and load the weights alone"),
    );
}

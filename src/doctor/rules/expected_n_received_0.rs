//! K006: objects that find other weights at their paths than they have, or none.

use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::keras::{half_done, is_foreign, led, lists_layers, path, quote, raising, remedy};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::model::{Checkpoint, Depth};

pub static RULE: Rule = Rule {
    code: "K006",
    name: "expected-n-received-0",
    severity: Severity::Error,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Rest(check),
    manual: Manual {
        means: "In .weights.h5 and .keras each object is stored under a path: layers/dense, layers/dense_1. For layers \
of Sequential and functional models that is the class and a number in order, not the layer's name, so that a layer that \
came, went or moved shifts all later ones of its class. For subclassed models it is the attribute. Here paths lead to \
nothing, or to weights of another layer. Keras 3 loads what fits, and raises at the end: a program that catches the \
exception goes on with a model that is half loaded.",
        you_see: &[
            "ValueError: Layer '{l}' expected {n} variables, but received 0 variables during loading. Expected: ['kernel', 'bias']",
            "ValueError: A total of {n} objects could not be loaded. Example error message for object {o}: ... List of objects that could not be loaded: [...]",
            "KeyError: \"Unable to synchronously open object (object 'vars' doesn't exist)\"",
        ],
        knows: "The paths of the new save were looked up in the file as Keras does it; what happened to the model follows \
from names, shapes and checksums.",
        fix: "Load into the model as it was, and copy layer by layer, by name:

    old = build_old_model()
    old.load_weights(\"model.weights.h5\")
    for layer in old.layers:
        model.get_layer(layer.name).set_weights(layer.get_weights())

A file of another Keras: load it with the one that wrote it. A layer of your own that has no weights in the file: give it a \
build() method.",
        not: "skip_mismatch=True silences the exception: what is shifted within one shape is bound to the wrong layer.",
        ignore: "Never: Keras raises.",
        see: &["K001", "K003", "K008"],
    },
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some((prediction, exception)) = raising(facts, findings) else { return };
    let Some(checkpoint) = facts.checkpoint.as_ref().filter(|checkpoint| !lists_layers(checkpoint)) else { return };
    let text = exception.message.as_str();
    let shapes = text.contains("shape of the target variable and the shape of the target value");
    let found =
        shapes || text.starts_with("A total of ") || (text.starts_with("Layer '") && text.contains(" expected "));
    // A file of the other Keras has no weights of the model itself.
    let foreign = is_foreign(checkpoint, prediction);
    let is_rootless = foreign && text.contains("object 'vars' doesn't exist");
    if !found && !is_rootless {
        return;
    }
    let program = facts.program().filter(|program| has_old_list(program) != has_old_list(checkpoint));
    if let Some(program) = program.filter(|_| text.contains("but received 0 variables")) {
        findings.add(other_layout(facts, checkpoint, program).tensorflow(quote(exception)));
        return;
    }
    let finding = led(&RULE, facts, "paths in the file lead to other weights than the layers have, or to none")
        .tensorflow(quote(exception));
    findings.add(remedy(half_done(finding, facts, prediction), facts, prediction));
}

/// Where Keras 2.12 to 2.14 put the layers of a model.
const OLD_LIST: &str = "_layer_checkpoint_dependencies/";

fn has_old_list(checkpoint: &Checkpoint) -> bool {
    checkpoint.entries.iter().any(|entry| entry.key.bytes().starts_with(OLD_LIST.as_bytes()))
}

/// One side has the list of layers where Keras 2.12 to 2.14 put it, and the other looks elsewhere.
fn other_layout(facts: &Facts, old: &Checkpoint, new: &Checkpoint) -> Finding {
    let versions = |checkpoint| if has_old_list(checkpoint) { "Keras 2.12 to 2.14" } else { "another Keras" };
    let message = format!("{} wrote this file, {} looks for its layers elsewhere", versions(old), versions(new));
    let path = path(facts).unwrap_or_default();
    Finding::new(&RULE, message)
        .path(facts.subject.clone())
        .cause("keras-version")
        .evidence(format!("layers are under {OLD_LIST} on one side, under layers/ on the other"))
        .help("load it with the Keras that wrote it, and save the weights as .h5, which both read")
        .python(format!("model.load_weights({path})\nmodel.save_weights(\"weights.h5\")"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample::{against, loaded, named};
    use crate::restore::Loader;

    #[test]
    fn a_layer_that_came() {
        let pair = || {
            let old = named(&[("a/kernel", &[2, 3]), ("b/kernel", &[3, 4])]);
            against(old, named(&[("a/kernel", &[2, 3]), ("b/kernel", &[3, 4]), ("mid/kernel", &[3, 3])]))
        };
        let text = "A total of 1 objects could not be loaded. Example error message for object b:\n\nThe shape is (3,)";
        let mut findings = Findings::default();
        check(&loaded(pair(), Loader::Keras3Weights, Some(text)), &mut findings);
        let found = &findings.list()[0];
        assert_eq!(found.causes, ["inserted-layer"]);
        assert!(found.tensorflow.as_ref().unwrap().ends_with("for object b: The shape is (3,)\""));
        let mut findings = Findings::default();
        check(&loaded(pair(), Loader::Keras3Weights, Some("File format not supported")), &mut findings);
        assert!(findings.list().is_empty());
    }

    #[test]
    fn the_list_of_keras_2_12() {
        let old = named(&[("_layer_checkpoint_dependencies/dense/vars/0", &[2, 3])]);
        let pair = against(old, named(&[("layers/dense/vars/0", &[2, 3])]));
        let text = "Layer 'dense' expected 1 variables, but received 0 variables during loading.";
        let mut findings = Findings::default();
        check(&loaded(pair, Loader::Keras2Weights, Some(text)), &mut findings);
        assert_eq!(findings.list()[0].causes, ["keras-version"]);
    }
}

//! K003: weights of other shapes than the model's.

use crate::doctor::facts::Facts;
use crate::doctor::finding::Findings;
use crate::doctor::keras::{MODEL, half_done, led, quote, raising, reasons, remedy};
use crate::doctor::keras::{is_structural, lists_layers};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::model::{Checkpoint, Depth};

pub static RULE: Rule = Rule {
    code: "K003",
    name: "h5-shape",
    severity: Severity::Error,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Rest(check),
    manual: Manual {
        means: "A weight in Keras' own file has another shape than the variable that it would fill: another number of \
classes, units, filters or words. Keras 2 looks at by_name loads before it assigns; elsewhere what comes before the first \
misfit is already assigned when the exception is raised.",
        you_see: &[
            "ValueError: Cannot assign value to variable ' {w}': Shape mismatch.The variable shape {a}, and the assigned value shape {b} are incompatible.",
            "ValueError: Shape mismatch in layer #{i} (named {l}) for weight {w}. Weight expects shape {a}. Received saved weight with shape {b}",
            "ValueError: The shape of the target variable and the shape of the target value in `variable.assign(value)` must match. variable.shape={a}, Received: value.shape={b}.",
            "ValueError: Shapes {a} and {b} are incompatible",
        ],
        knows: "The weights of both sides were paired as Keras pairs them; what was resized follows from all shapes of a \
layer together.",
        fix: "Build the model with the sizes of the file. To keep the new size, skip what does not fit, and train it:

    model.load_weights(\"weights.h5\", by_name=True, skip_mismatch=True)      # .h5
    model.load_weights(\"model.weights.h5\", skip_mismatch=True)              # .weights.h5, Keras 3",
        not: "Skipping where the model is to be used as it is: what was skipped is random.",
        ignore: "Never: Keras raises.",
        see: &["K002", "K005", "K006"],
    },
};

const SAYS: [&str; 3] = [
    "Shape mismatch",
    "Cannot assign value to variable",
    "shape of the target variable and the shape of the target value",
];

fn check(facts: &Facts, findings: &mut Findings) {
    let Some((prediction, exception)) = raising(facts, findings) else { return };
    let by_order = facts.checkpoint.as_ref().is_some_and(lists_layers);
    let shifts = reasons(facts).first().is_some_and(is_structural);
    // Where objects are found by paths, layers that came or went are the reason, and shapes the symptom.
    if !SAYS.iter().any(|text| exception.message.contains(text)) || (!by_order && shifts) {
        return;
    }
    let consequence = match by_order && reasons(facts).is_empty() && same_shapes(facts) {
        true => "the weights of a layer are in another order: in a model within the model, trainable is another",
        false => "what is stored does not fit",
    };
    let finding = led(&RULE, facts, consequence).tensorflow(quote(exception));
    let finding = if consequence.contains("trainable") { finding.cause("frozen-layers") } else { finding };
    findings.add(remedy(half_done(finding, facts, prediction), facts, prediction));
}

/// True if both sides have the same shapes, each as often.
fn same_shapes(facts: &Facts) -> bool {
    let shapes = |checkpoint: &Checkpoint| -> Vec<String> {
        let model = checkpoint.pairs().filter(|(variable, _)| MODEL.contains(&variable.role));
        let mut shapes: Vec<String> = model.map(|(_, entry)| entry.shape.to_string()).collect();
        shapes.sort_unstable();
        shapes
    };
    facts.checkpoint.as_ref().zip(facts.program()).is_some_and(|(old, new)| shapes(old) == shapes(new))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample::{against, loaded, named};
    use crate::model::Container;
    use crate::restore::Loader;

    #[test]
    fn the_layer_that_grew() {
        let pair = || {
            let old = named(&[("a/kernel", &[2, 3]), ("out/bias", &[5]), ("out/kernel", &[3, 5])]);
            against(old, named(&[("a/kernel", &[2, 3]), ("out/bias", &[7]), ("out/kernel", &[3, 7])]))
        };
        let text = "Cannot assign value to variable ' out/kernel:0': Shape mismatch.";
        let mut findings = Findings::default();
        check(&loaded(pair(), Loader::Keras2Weights, Some(text)), &mut findings);
        assert_eq!(findings.list()[0].causes, ["changed-units"]);
        assert!(findings.list()[0].message.starts_with("out has 7 units or classes, 5 before"));
        let mut findings = Findings::default();
        check(&loaded(pair(), Loader::Keras2Weights, Some("Layer count mismatch")), &mut findings);
        assert!(findings.list().is_empty());
    }

    #[test]
    fn the_same_shapes_in_another_order() {
        let tensors: [(&str, &[u64]); 2] = [("inner/gamma", &[5]), ("inner/kernel", &[5, 5])];
        let layers = || Checkpoint { container: Container::KerasLayersH5, ..named(&tensors) };
        let text = "Cannot assign value to variable ' inner/gamma:0': Shape mismatch.";
        let mut findings = Findings::default();
        check(&loaded(against(layers(), layers()), Loader::Keras2Weights, Some(text)), &mut findings);
        assert_eq!(findings.list()[0].causes, ["frozen-layers"]);
    }
}

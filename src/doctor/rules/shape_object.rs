//! O006: variables of other shapes in an object-based restore.

use crate::doctor::binding::{Binding, Way};
use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::reshape::{causes, lead, reshapes};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::many;
use crate::model::Depth;
use crate::restore::tuple;

pub static RULE: Rule = Rule {
    code: "O006",
    name: "shape-object",
    severity: Severity::Error,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means: "A stored value would go to a variable of another shape. Either a layer's size has changed (units, \
classes, vocabulary, kernel), or the value goes to the wrong layer because positions have shifted. TensorFlow assigns \
the variables one after the other in the order of their keys and stops at the first that does not fit: those before it \
have their stored values already, those after it their initial ones.",
        you_see: &[
            "ValueError: Received incompatible tensor with shape {stored} when attempting to restore variable with shape {new} and name {name}.",
        ],
        knows: "The two object graphs are walked side by side as TensorFlow does it, and the shapes of what meets are \
compared. Which axis differs tells the kind of change.",
        fix:
            "Build the model with the sizes of the run that saved it. If the change is meant (a new head), restore the \
parts that fit:

    old = build_model(classes=10)                      # as it was saved
    tf.train.Checkpoint(model=old).restore(prefix).expect_partial()
    for a, b in zip(old.layers[:-1], model.layers[:-1]):
        b.set_weights(a.get_weights())",
        not: "Catching the ValueError and going on: the model is half restored then.",
        ignore: "Never.",
        see: &["N009", "N010", "O001", "O008", "O017"],
    },
};

fn check(facts: &Facts, findings: &mut Findings) {
    let objects = |binding: &Binding| matches!(binding.way, Way::Objects | Way::NamesIntoObjects);
    let Some(binding) = Binding::of(facts).filter(objects) else { return };
    let reshapes = reshapes(&binding);
    let (Some(first), Some(lead)) = (reshapes.first(), lead(&reshapes)) else { return };
    let colon = if binding.way == Way::Objects { ":0" } else { "" };
    let mut finding = Finding::new(&RULE, lead)
        .path(binding.old.label.clone())
        .variables(reshapes.iter().map(|reshape| reshape.name.clone()).collect())
        .tensorflow(format!(
            "ValueError: \"Received incompatible tensor with shape {} when attempting to restore variable with shape {} and name {}{colon}.\"",
            tuple(&first.from),
            tuple(&first.to),
            first.owner
        ))
        .help("build the new code with the stored sizes, or restore what fits with a script")
        .shell(binding.map_command());
    if let Some((layer, from, to)) = super::shape_head::head(&reshapes) {
        finding = finding
            .evidence(format!("only the last layer {layer} differs: {from} outputs are stored, the new code has {to}"));
    }
    for cause in causes(&reshapes).iter().filter_map(|reshape| reshape.size.cause()) {
        finding = finding.cause(cause);
    }
    if reshapes.len() > 1 {
        finding = reshapes.iter().take(5).fold(finding, |finding, reshape| finding.evidence(reshape.line()));
    }
    let before = binding.pairs.iter().filter_map(|(old, _)| binding.old.entry(binding.old.variables.get(*old)?));
    let before = before.filter(|entry| entry.dtype.is_numeric() && entry.key.to_string() < first.key).count();
    if before > 0 && binding.way == Way::Objects {
        finding = finding.evidence(format!("{} would be overwritten before the exception", many(before, "variable")));
    }
    findings.add(finding);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample::{against, object};

    #[test]
    fn more_units() {
        let old = object(&[("model/h/bias", "h/bias", &[5]), ("model/h/kernel", "h/kernel", &[4, 5])]);
        let new = object(&[("model/h/bias", "h/bias", &[8]), ("model/h/kernel", "h/kernel", &[4, 8])]);
        let mut findings = Findings::default();
        check(&against(old.clone(), old.clone()), &mut findings);
        assert!(findings.list().is_empty());
        check(&against(old, new), &mut findings);
        assert_eq!(findings.list()[0].causes, ["changed-units"]);
        assert!(findings.list()[0].fixes[0].text.ends_with(" --map restore.py"));
        let says = "ValueError: \"Received incompatible tensor with shape (5,) when attempting to restore variable with shape (8,) and name h/bias:0.\"";
        assert_eq!(findings.list()[0].tensorflow.as_deref(), Some(says));
    }

    /// Several variables may have one name of their own; messages give that name, not the path.
    #[test]
    fn messages_have_the_owners_name() {
        let of = |size: &'static [u64]| object(&[("m/a/w", "Variable", size), ("m/b/w", "Variable", &[2])]);
        let mut findings = Findings::default();
        check(&against(of(&[5]), of(&[8])), &mut findings);
        let says = findings.list()[0].tensorflow.clone().unwrap();
        assert!(says.ends_with("and name Variable:0.\""), "{says}");
    }

    #[test]
    fn a_grown_vocabulary() {
        let old = object(&[("model/e/embeddings", "e/embeddings", &[20, 4])]);
        let new = object(&[("model/e/embeddings", "e/embeddings", &[26, 4])]);
        let mut findings = Findings::default();
        check(&against(old, new), &mut findings);
        assert_eq!(findings.list()[0].causes, ["changed-vocabulary"]);
    }
}

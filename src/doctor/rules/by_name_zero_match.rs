//! K004: by_name=True, and no name is the same.

use crate::doctor::facts::Facts;
use crate::doctor::finding::Findings;
use crate::doctor::keras::{MODEL, by_weights, led, lists_layers, loading, remedy};
use crate::doctor::outlook::names;
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::model::Depth;
use crate::restore::Outcome;

pub static RULE: Rule = Rule {
    code: "K004",
    name: "by-name-zero-match",
    severity: Severity::Error,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Rest(check),
    manual: Manual {
        means: "load_weights(by_name=True) fills the layers whose names are in the file, and says nothing of the others. \
No name is, so nothing is loaded, and nothing is raised. Names that Keras makes up (dense, dense_1) count on with every \
model that is built in one process.",
        you_see: &["{nothing: the model is as random as before}"],
        knows: "The names of the layers in the file, and of those of the new save, have none in common.",
        fix: "If the layers are the same in the same order, load without by_name. Give layers names of their own, so that \
they stay:

    keras.layers.Dense(64, name=\"hidden\")",
        not: "skip_mismatch=True does not help: nothing mismatches, nothing is found.",
        ignore: "If the model is meant to start afresh.",
        see: &["K005", "O020"],
    },
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(prediction) = loading(facts, findings).filter(|prediction| by_weights(prediction)) else { return };
    let by_layer = facts.checkpoint.as_ref().is_some_and(lists_layers);
    // What is skipped for its shape is warned of.
    if prediction.outcome != Outcome::Noop || !by_layer || !prediction.course.warnings.is_empty() {
        return;
    }
    let finding =
        led(&RULE, facts, "no layer of the model has a name that is in the file: nothing is loaded, silently")
            .variables(names(facts.program(), &prediction.not_restored, &MODEL))
            .tensorflow("nothing");
    findings.add(remedy(finding, facts, prediction));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Finding;
    use crate::doctor::sample::{against, loaded, named};
    use crate::model::Container;
    use crate::restore::Loader;

    fn found(outcome: Outcome, warning: Option<&str>) -> Vec<Finding> {
        let mut old = named(&[("dense/bias", &[3]), ("dense/kernel", &[2, 3])]);
        old.container = Container::KerasLayersH5;
        let new = named(&[("dense_2/bias", &[3]), ("dense_2/kernel", &[2, 3])]);
        let mut facts = loaded(against(old, new), Loader::Keras2Weights, None);
        facts.predictions[0].outcome = outcome;
        facts.predictions[0].course.warnings = warning.map(str::to_owned).into_iter().collect();
        let mut findings = Findings::default();
        check(&facts, &mut findings);
        findings.list().to_vec()
    }

    #[test]
    fn nothing_found_and_nothing_said() {
        assert_eq!(found(Outcome::Noop, None)[0].causes, ["name-drift"]);
        assert!(found(Outcome::Ok, None).is_empty() && found(Outcome::Partial, None).is_empty());
        assert!(found(Outcome::Noop, Some("Skipping loading weights for layer #0")).is_empty());
    }
}

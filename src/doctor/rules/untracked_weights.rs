//! K034: what a load leaves at its initial value because no file has it.

use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::keras::{by_model, loading};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::{many, some};
use crate::model::Depth;
use crate::restore::Outcome;

pub static RULE: Rule = Rule {
    code: "K034",
    name: "untracked-weights",
    severity: Severity::Warning,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Rest(check),
    manual: Manual {
        means: "load_model() makes the whole model, and some of its variables start afresh, since the file has no values \
for them: the optimizer of a SavedModel that Keras 2 loads, the learning rate of an optimizer that Keras 3 finds in a file \
of Keras 2, the random states of Dropout in Keras 3. Of weights of the model that is a warning.",
        you_see: &[
            "{nothing}",
            "Error in loading the saved optimizer state. As a result, your model is starting with a freshly initialized optimizer.",
        ],
        knows: "The model that the file describes was compared with what the loader gives values to.",
        fix: "To go on training where you stopped, save and restore with tf.train.Checkpoint, which has the optimizer:

    tf.train.Checkpoint(model=model, optimizer=optimizer)",
        not: "",
        ignore: "If the model is not to be trained any further; if random numbers need not go on where they were.",
        see: &["K027", "O020"],
    },
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(prediction) = loading(facts, findings).filter(|prediction| by_model(prediction)) else { return };
    let left = &prediction.course.left;
    if left.is_empty() || prediction.outcome != Outcome::Partial {
        return;
    }
    let is_seed = |name: &&String| name.contains("seed_generator");
    let is_state = |name: &&String| name.starts_with("opt.");
    let severity = match left.iter().all(|name| is_seed(&name) || is_state(&name)) {
        true => Severity::Info,
        false => Severity::Warning,
    };
    let what = match (left.iter().any(|name| is_state(&name)), severity) {
        (_, Severity::Warning) => "weights are in no file and stay random",
        (true, _) => "the optimizer starts afresh: its state is not loaded from a file of this kind",
        (false, _) => "the states of random numbers start afresh: files of Keras do not have them",
    };
    let finding = Finding::new(&RULE, what)
        .path(facts.subject.clone())
        .cause("untracked-weights")
        .evidence(format!("{} left at initial values: {}", many(left.len(), "variable"), some(left)))
        .variables(left.clone())
        .tensorflow(prediction.course.warnings.first().map_or("nothing", String::as_str));
    findings.add(Finding { severity, ..finding });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample::{facts, loaded, named};
    use crate::restore::Loader;

    fn found(left: &[&str]) -> Option<Severity> {
        let mut facts = loaded(facts(named(&[("dense/kernel", &[2])])), Loader::Keras2Model, None);
        facts.predictions[0].course.left = left.iter().map(|name| (*name).to_owned()).collect();
        facts.predictions[0].outcome = if left.is_empty() { Outcome::Ok } else { Outcome::Partial };
        let mut findings = Findings::default();
        check(&facts, &mut findings);
        findings.list().first().map(|finding| finding.severity)
    }

    #[test]
    fn weights_are_worse_than_state() {
        assert_eq!(found(&[]), None);
        assert_eq!(found(&["opt.iteration", "drop.seed_generator_state"]), Some(Severity::Info));
        assert_eq!(found(&["opt.iteration", "blocks.kernel"]), Some(Severity::Warning));
    }
}

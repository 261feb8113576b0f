//! K035: the optimizer of the program has other variables than the stored one, and is skipped.

use std::collections::BTreeMap;

use crate::compare::story::EventKind;
use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::keras::loading;
use crate::doctor::outlook::{names, story};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::model::{Checkpoint, Depth, Role, Variable};

pub static RULE: Rule = Rule {
    code: "K035",
    name: "optimizer-not-loaded",
    severity: Severity::Info,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Rest(check),
    manual: Manual {
        means: "The file has the state of an optimizer, and the program's optimizer has another number of variables: \
another class, other options, or other layers to train. Keras skips it as a whole, with a warning, and the optimizer \
starts afresh. The weights are loaded.",
        you_see: &[
            "UserWarning: Skipping variable loading for optimizer 'sgd', because it has 2 variables whereas the saved optimizer has 10 variables.",
        ],
        knows: "The variables of both optimizers were counted.",
        fix: "Compile the model with the optimizer that it was trained with, and build it before the load:

    model.compile(optimizer=\"adam\", loss=\"mse\")
    model.optimizer.build(model.trainable_variables)
    model.load_weights(\"model.weights.h5\")",
        not: "",
        ignore: "If the optimizer is meant to be another one.",
        see: &["K027", "K034"],
    },
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(prediction) = loading(facts, findings) else { return };
    let mut warnings = prediction.course.warnings.iter();
    let Some(warning) = warnings.find(|text| text.starts_with("Skipping variable loading for optimizer")) else {
        return;
    };
    let is_optimizer = |kind: &EventKind| matches!(kind, EventKind::Optimizer(_));
    let event = story(facts).iter().find(|event| is_optimizer(&event.kind));
    let left = names(facts.program(), &prediction.not_restored, &[Role::Slot, Role::Optimizer, Role::Counter]);
    let why = event.map(|event| format!("{event}; ")).unwrap_or_default();
    let finding = Finding::new(&RULE, format!("{why}the optimizer starts afresh, the weights are loaded"));
    let finding = event.into_iter().flat_map(|event| event.kind.causes()).fold(finding, Finding::cause);
    let finding = match other_state(facts) {
        Some((cause, line)) if !finding.causes.contains(&cause) => finding.cause(cause).evidence(line),
        _ => finding,
    };
    findings.add(finding.path(facts.subject.clone()).variables(left).tensorflow(warning.trim()));
}

/// What the shapes of the optimizer's variables tell, which have no names: those of whole layers are on one side alone,
/// or one more for each weight.
fn other_state(facts: &Facts) -> Option<(&'static str, &'static str)> {
    let (old, new) = (facts.checkpoint.as_ref()?, facts.program()?);
    if old.optimizer() != new.optimizer() {
        return None;
    }
    let shapes = |checkpoint: &Checkpoint, is: &dyn Fn(&Variable) -> bool| -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for (variable, entry) in checkpoint.pairs().filter(|(variable, _)| is(variable)) {
            if entry.shape.rank() != Some(0) || variable.role == Role::Weight {
                let count: &mut usize = counts.entry(entry.shape.to_string()).or_default();
                *count = count.saturating_add(1);
            }
        }
        counts
    };
    let of_optimizer = |variable: &Variable| matches!(variable.role, Role::Slot | Role::Optimizer | Role::Counter);
    let (was, is) = (shapes(old, &of_optimizer), shapes(new, &of_optimizer));
    let total = |counts: &BTreeMap<String, usize>| counts.values().sum::<usize>();
    let (more, less) = if total(&was) > total(&is) { (&was, &is) } else { (&is, &was) };
    if less.is_empty() || less.iter().any(|(shape, count)| more.get(shape).is_none_or(|other| other < count)) {
        return None;
    }
    let rest =
        more.iter().map(|(shape, count)| (shape.clone(), count.saturating_sub(less.get(shape).copied().unwrap_or(0))));
    let rest: BTreeMap<String, usize> = rest.filter(|(_, count)| *count > 0).collect();
    let weights = shapes(new, &|variable| variable.role == Role::Weight);
    if rest.is_empty() {
        None
    } else if rest == weights {
        Some(("ema-changed", "one more, or one less, is kept for each weight, as moving averages are"))
    } else {
        Some(("frozen-layers", "the state of some layers is on one side alone: they are frozen there, or were"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample::{against, loaded, named};
    use crate::restore::Loader;

    #[test]
    fn only_where_keras_skips_it() {
        let pair = against(named(&[("a/kernel", &[2])]), named(&[("a/kernel", &[2])]));
        let mut facts = loaded(pair, Loader::Keras3Weights, None);
        let mut findings = Findings::default();
        check(&facts, &mut findings);
        assert!(findings.list().is_empty());
        facts.predictions[0].course.warnings =
            vec!["Skipping variable loading for optimizer 'sgd', because".to_owned()];
        check(&facts, &mut findings);
        assert_eq!(findings.list()[0].message, "the optimizer starts afresh, the weights are loaded");
    }
}

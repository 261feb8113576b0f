//! K005: layers that are skipped, and stay random.

use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::keras::{MODEL, by_weights, led, loading, one_line, remedy};
use crate::doctor::outlook::names;
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::{many, some};
use crate::model::Depth;
use crate::restore::{Goal, Outcome};

pub static RULE: Rule = Rule {
    code: "K005",
    name: "skipped-head-left-random",
    severity: Severity::Warning,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Rest(check),
    manual: Manual {
        means: "The load goes through and leaves layers of the model at their initial, random values: skip_mismatch=True \
skips what has another shape, and by_name=True what has another name. That is right before fine-tuning, and wrong where \
the model is used as it is. With skip_mismatch=True, and a model that is fit to be trained further, it is a note.",
        you_see: &[
            "Skipping loading weights for layer #{i} (named {l}) due to mismatch in shape for weight {w}.",
            "UserWarning: A total of 1 objects could not be loaded.",
            "{nothing, with by_name=True; and a model that detects nothing}",
        ],
        knows: "The load was followed step by step, and ends without a value for them.",
        fix: "Train these layers before the model is used; or build it with the file's own number of classes and its own \
names, and skip nothing.",
        not: "Do not skip for inference.",
        ignore: "If a new head is what you want to train.",
        see: &["K003", "K004"],
    },
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(prediction) = loading(facts, findings).filter(|prediction| by_weights(prediction)) else { return };
    let left = names(facts.program(), &prediction.not_restored, &MODEL);
    let is_less = matches!(prediction.outcome, Outcome::Partial | Outcome::Noop);
    if !is_less || left.is_empty() {
        return;
    }
    let consequence = format!("{} of the model stay random", many(left.len(), "variable"));
    let warned = prediction.course.warnings.iter().find(|text| !text.contains("for optimizer"));
    let says = warned.map_or_else(|| "nothing".to_owned(), |text| one_line(text));
    // A call that is told to skip, and leaves what one trains further: that was the purpose.
    let finetunes = facts.goals.as_ref().is_some_and(|goals| goals.reached(Goal::Finetune));
    let severity = if facts.options.skip_mismatch && finetunes { Severity::Info } else { RULE.severity };
    let finding = led(&RULE, facts, &consequence)
        .evidence(format!("not restored: {}", some(&left)))
        .variables(left)
        .tensorflow(says);
    findings.add(Finding { severity, ..remedy(finding, facts, prediction) });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample::{against, loaded, named};
    use crate::restore::{Goals, Loader, Options, Verdict};

    fn found(left: Vec<usize>, outcome: Outcome) -> Option<(Severity, Vec<&'static str>)> {
        let old = named(&[("a/kernel", &[2, 3]), ("out/kernel", &[3, 5])]);
        let new = named(&[("a/kernel", &[2, 3]), ("out/kernel", &[3, 7])]);
        let mut facts = loaded(against(old, new), Loader::Keras3Weights, None);
        (facts.predictions[0].not_restored, facts.predictions[0].outcome) = (left, outcome);
        let mut findings = Findings::default();
        check(&facts, &mut findings);
        findings.list().first().map(|finding| (finding.severity, finding.causes.clone()))
    }

    #[test]
    fn a_head_of_another_size() {
        assert_eq!(found(vec![1], Outcome::Partial), Some((Severity::Warning, vec!["changed-units"])));
        assert_eq!(found(vec![], Outcome::Partial), None);
        assert_eq!(found(vec![1], Outcome::Error), None);
    }

    #[test]
    fn what_one_asked_to_skip_is_a_note() {
        let severity = |skip_mismatch, ok| {
            let shapes = |classes| named(&[("a/kernel", &[2, 3]), ("out/kernel", &[3, classes])]);
            let mut facts = loaded(against(shapes(5), shapes(7)), Loader::Keras3Weights, None);
            (facts.predictions[0].not_restored, facts.predictions[0].outcome) = (vec![1], Outcome::Partial);
            facts.options = Options { skip_mismatch, ..Options::default() };
            let verdict = if ok { Verdict::yes } else { Verdict::no };
            let verdicts = vec![verdict(Goal::Finetune, Vec::new())];
            facts.goals = Some(Goals { loader: None, options: facts.options, verdicts });
            let mut findings = Findings::default();
            check(&facts, &mut findings);
            findings.list()[0].severity
        };
        assert_eq!(severity(true, true), Severity::Info);
        assert_eq!(severity(true, false), Severity::Warning);
        assert_eq!(severity(false, true), Severity::Warning, "nobody asked to skip");
    }
}

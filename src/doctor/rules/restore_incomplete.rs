//! O020: nothing is raised, and not everything is restored; no other rule says why.

use super::{optimizer_not_loaded, partial_restore, skipped_head_left_random};
use crate::doctor::binding::MODEL;
use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::outlook::{call, caused, leading, names, no_latest, story, told};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::{many, python, some};
use crate::model::{Checkpoint, Depth, Role, VariableId};
use crate::restore::{Loader, Outcome, Prediction};

pub static RULE: Rule = Rule {
    code: "O020",
    name: "restore-incomplete",
    severity: Severity::Warning,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Rest(check),
    manual: Manual {
        means: "The loader raises nothing, and leaves variables of the program at their initial values. If no \
variable of a program that is known gets a value, that is an error; of some of the model's it is a warning; of the \
optimizer's alone it is worth knowing.",
        you_see: &["{nothing, or a line in the log}"],
        knows: "The loader's own steps, followed by the files alone, end without a value for them.",
        fix: "See to it that the program says so when it happens:

    status = checkpoint.restore(path)
    status.assert_existing_objects_matched()",
        not: "Do not call expect_partial() to silence the log before you know what is left out.",
        ignore: "If the variables are meant to start afresh: a new head, a new optimizer.",
        see: &["O001", "O018"],
    },
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(prediction) = leading(facts) else { return };
    // A restore of nothing is not excused by what is merely worth a warning elsewhere.
    let nothing = prediction.outcome == Outcome::Noop && facts.comparison.is_some();
    let worse = if nothing { Severity::Error } else { Severity::Warning };
    if !matches!(prediction.outcome, Outcome::Partial | Outcome::Noop) || told(findings, worse) {
        return;
    }
    // What is skipped is told there, also where that was the purpose.
    if !nothing && findings.has(&skipped_head_left_random::RULE) {
        return;
    }
    let Some((severity, what, left)) = left_out(facts, findings, prediction, worse) else { return };
    let of_model = facts.program().map_or(0, |target| names(Some(target), &all(target), &MODEL).len());
    let count = match left.len() {
        n if severity != Severity::Info && n == of_model && n > 1 => format!("all {}", many(n, "variable")),
        n => many(n, "variable"),
    };
    let message = format!("{} leaves {count} {what} at initial values, and raises nothing", call(prediction.loader));
    let finding = Finding { severity, ..Finding::new(&RULE, message) }
        .path(facts.subject.clone())
        .variables(left.clone())
        .tensorflow(prediction.course.warnings.first().cloned().unwrap_or_else(|| "nothing".to_owned()));
    let finding = explained(finding, facts, prediction, &left);
    findings.add(match facts.options.by_name {
        true => finding.help("load by position: without by_name=True, names of layers do not matter"),
        false => finding,
    });
}

/// What is left at its initial value, and how bad that is; of the optimizer only what no other finding tells.
fn left_out(
    facts: &Facts,
    findings: &Findings,
    prediction: &Prediction,
    worse: Severity,
) -> Option<(Severity, &'static str, Vec<String>)> {
    let names = |roles: &[Role]| names(facts.program(), &prediction.not_restored, roles);
    let (model, optimizer) = (names(&MODEL), names(&[Role::Slot, Role::Optimizer]));
    if !model.is_empty() {
        return Some((worse, "of the model", model));
    }
    // What an object graph has no place for is told by name there.
    let is_told = findings.has(&optimizer_not_loaded::RULE) || findings.has(&partial_restore::RULE);
    (!is_told && !optimizer.is_empty()).then_some((Severity::Info, "of the optimizer", optimizer))
}

/// The finding with the reason for what is left, and what to do about it.
fn explained(finding: Finding, facts: &Facts, prediction: &Prediction, left: &[String]) -> Finding {
    match no_latest(facts) {
        // No name of a layer has anything to do with it.
        Some(why) => {
            let prefix = facts.resolved.prefix.as_ref().map(|prefix| prefix.display().to_string());
            let finding = finding.evidence(format!("latest_checkpoint returns None: {why}"));
            match prefix {
                Some(prefix) => finding
                    .help("restore by prefix, not through the state file")
                    .python(format!("checkpoint.restore({})", python(&prefix))),
                None => finding,
            }
        }
        None if is_prefix_for_directory(facts, prediction) => finding
            .cause("wrong-path")
            .evidence(
                "latest_checkpoint returns None: it looks for a directory, and this is the prefix of a checkpoint",
            )
            .help("restore the prefix itself")
            .python(format!("checkpoint.restore({})", python(&facts.resolved.given))),
        None => caused(finding.evidence(format!("not restored: {}", some(left))), story(facts)),
    }
}

/// True if what is asked for its newest checkpoint is a checkpoint itself.
fn is_prefix_for_directory(facts: &Facts, prediction: &Prediction) -> bool {
    prediction.loader == Loader::Manager && !facts.resolved.is_directory && facts.resolved.exists
}

/// The numbers of all variables.
fn all(checkpoint: &Checkpoint) -> Vec<VariableId> {
    (0..checkpoint.variables.len()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Comparison;
    use crate::doctor::sample::{against, directory, object};
    use crate::model::Latest;
    use crate::restore::Course;

    /// What is said of a loader that leaves the first variables as they are, of two.
    fn run(loader: Loader, outcome: Outcome, left: usize, set: impl Fn(&mut Facts)) -> Finding {
        let two: [(&str, &str, &[u64]); 2] = [("m/a/kernel", "a/kernel", &[2]), ("m/b/kernel", "b/kernel", &[3])];
        let mut facts = against(object(&two), object(&two));
        let prediction = Prediction {
            loader,
            outcome,
            course: Course::default(),
            // The first is the object graph.
            not_restored: (1..=left).collect(),
            unused: Vec::new(),
            wrong_values: Vec::new(),
        };
        facts.predictions.push(prediction);
        set(&mut facts);
        let mut findings = Findings::default();
        check(&facts, &mut findings);
        findings.list()[0].clone()
    }

    #[test]
    fn a_program_that_gets_nothing_is_an_error() {
        let found = run(Loader::Keras2Weights, Outcome::Noop, 2, |facts| facts.options.by_name = true);
        assert_eq!(found.severity, Severity::Error);
        assert!(found.message.contains("leaves all 2 variables of the model"), "{}", found.message);
        assert!(found.help.unwrap().contains("without by_name=True"));
        let found = run(Loader::Keras2Weights, Outcome::Partial, 1, |_| ());
        assert_eq!((found.severity, found.help), (Severity::Warning, None));
        assert!(found.message.contains("leaves 1 variable of the model"), "{}", found.message);
    }

    /// What O001 has told of an optimizer without a value is not told again.
    #[test]
    fn what_the_object_graph_tells_is_told_once() {
        let two: [(&str, &str, &[u64]); 2] = [("m/a/kernel", "a/kernel", &[2]), ("o/step", "step", &[])];
        let mut facts = against(object(&two), object(&two));
        if let Some(Comparison { target, .. }) = &mut facts.comparison {
            target.variables.iter_mut().filter(|one| one.name == "step").for_each(|one| one.role = Role::Optimizer);
        }
        let left = facts.program().unwrap().variables.iter().position(|one| one.name == "step").unwrap();
        facts.predictions.push(Prediction {
            loader: Loader::Manager,
            outcome: Outcome::Partial,
            course: Course::default(),
            not_restored: vec![left],
            unused: Vec::new(),
            wrong_values: Vec::new(),
        });
        let told = |mut findings: Findings| {
            check(&facts, &mut findings);
            findings.has(&RULE)
        };
        assert!(told(Findings::default()));
        let mut before = Findings::default();
        before.add(Finding { severity: Severity::Info, ..Finding::new(&partial_restore::RULE, "of the optimizer") });
        assert!(!told(before));
    }

    #[test]
    fn no_latest_checkpoint_is_the_only_cause() {
        let found = run(Loader::Manager, Outcome::Noop, 2, |facts| {
            directory(facts).latest = Latest::Nothing("there is no file named checkpoint");
            let Some(Comparison { story, .. }) = &mut facts.comparison else { return };
            story.push(crate::compare::story::Event {
                kind: crate::compare::story::EventKind::Repartitioned,
                old: vec![0],
                new: vec![0],
            });
        });
        assert_eq!(found.evidence, ["latest_checkpoint returns None: there is no file named checkpoint"]);
        assert_eq!(found.causes, [""; 0]);
        assert_eq!(found.fixes[0].text, "checkpoint.restore(\"ckpts/ckpt-4\")");
    }
}

//! O020: nothing is raised, and not everything is restored; no other rule says why.

use super::optimizer_not_loaded;
use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::outlook::{call, caused, leading, names, story, told};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::{many, some};
use crate::model::{Depth, Role};
use crate::restore::Outcome;

pub static RULE: Rule = Rule {
    code: "O020",
    name: "restore-incomplete",
    severity: Severity::Warning,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Rest(check),
    manual: Manual {
        means: "The loader raises nothing, and leaves variables of the program at their initial values. Of variables of \
the model that is a warning; of the optimizer's alone it is worth knowing.",
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
    if !matches!(prediction.outcome, Outcome::Partial | Outcome::Noop) || told(findings, Severity::Warning) {
        return;
    }
    let target = facts.program();
    let model = names(target, &prediction.not_restored, &[Role::Weight, Role::Statistic]);
    let optimizer = names(target, &prediction.not_restored, &[Role::Slot, Role::Optimizer]);
    let (severity, what, left) = match (model.is_empty(), optimizer.is_empty()) {
        (false, _) => (Severity::Warning, "of the model", model),
        (true, false) if findings.has(&optimizer_not_loaded::RULE) => return,
        (true, false) => (Severity::Info, "of the optimizer", optimizer),
        (true, true) => return,
    };
    let count = many(left.len(), "variable");
    let message = format!("{} leaves {count} {what} at initial values, and raises nothing", call(prediction.loader));
    let finding = Finding { severity, ..Finding::new(&RULE, message) }
        .path(facts.subject.clone())
        .evidence(format!("not restored: {}", some(&left)))
        .variables(left)
        .tensorflow(prediction.course.warnings.first().cloned().unwrap_or_else(|| "nothing".to_owned()));
    findings.add(caused(finding, story(facts)));
}

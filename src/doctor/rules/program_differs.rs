//! O021: the program is another than the one that saved; nothing else speaks of it, so it does no harm here.

use crate::compare::story::Event;
use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::outlook::{caused, story};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::model::Depth;

pub static RULE: Rule = Rule {
    code: "O021",
    name: "program-differs",
    severity: Severity::Info,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Rest(check),
    manual: Manual {
        means: "The new program differs from the one that saved the checkpoint, in names, layers, sizes or the optimizer, \
in ways that no other finding speaks of. Object-based checkpoints do not mind other names of layers; loaders by name do \
not mind what is stored in excess.",
        you_see: &["{nothing}"],
        knows: "Both sides' variables were matched by names, shapes and checksums; this is what is different.",
        fix: "Nothing to do.",
        not: "",
        ignore: "Whenever the differences are the ones that you made.",
        see: &["O001"],
    },
};

fn check(facts: &Facts, findings: &mut Findings) {
    let said = |cause: &str| findings.list().iter().any(|finding| finding.causes.contains(&cause));
    // That an optimizer is a legacy one says that it is another.
    let named = |cause: &&str| said(cause) || *cause == "optimizer-changed" && said("legacy-optimizer");
    let silent = |event: &&Event| !event.kind.causes().iter().all(&named);
    let rest: Vec<Event> = story(facts).iter().filter(silent).cloned().collect();
    if rest.is_empty() {
        return;
    }
    let message = match rest.as_slice() {
        [one] => one.to_string(),
        several => format!("the program differs from the one that saved in {} ways", several.len()),
    };
    let mut finding = caused(Finding::new(&RULE, message).path(facts.subject.clone()), &rest);
    if rest.len() == 1 {
        finding.evidence.clear();
    }
    findings.add(finding);
}

//! What the project has said of its checkpoints, held against what the rules say.

use std::collections::BTreeSet;

use super::facts::Facts;
use super::finding::Finding;
use super::rule::{Rule, Severity};
use super::rules::{
    key_missing, legacy_optimizer, optimizer_not_loaded, optimizer_slots_missing, partial_restore, restore_incomplete,
    skipped_head_left_random, untracked_weights,
};
use super::select::Selection;

/// The rules that speak of variables which get no value.
const OF_THE_MISSING: [&Rule; 8] = [
    &key_missing::RULE,
    &optimizer_slots_missing::RULE,
    &partial_restore::RULE,
    &legacy_optimizer::RULE,
    &restore_incomplete::RULE,
    &skipped_head_left_random::RULE,
    &untracked_weights::RULE,
    &optimizer_not_loaded::RULE,
];

/// Gives each finding the severity that was settled for it: by level, and by what may be missing.
pub(super) fn settle(findings: &mut [Finding], facts: &Facts, selection: &Selection) {
    let left = left(facts);
    for finding in findings {
        if let Some(severity) = selection.severity(finding.rule) {
            finding.severity = severity;
        }
        let of_the_missing = OF_THE_MISSING.iter().any(|rule| rule.code == finding.rule.code);
        let mut missing = finding.variables.iter().filter(|name| left.contains(name.as_str())).peekable();
        if of_the_missing && missing.peek().is_some() && missing.all(|name| selection.allows(name)) {
            finding.severity = Severity::Info;
            finding.evidence.push("that these get no value is expected".to_owned());
        }
    }
}

/// Variables that some loader leaves as they are, under the names that findings have for them.
fn left(facts: &Facts) -> BTreeSet<&str> {
    let variables = facts.program().map(|program| program.variables.as_slice()).unwrap_or_default();
    let names = |id: &usize| Some(variables.get(*id)?.name.as_str());
    let predictions = facts.predictions.iter();
    predictions
        .flat_map(|prediction| {
            let by_name = prediction.course.left.iter().map(String::as_str);
            prediction.not_restored.iter().filter_map(names).chain(by_name)
        })
        .collect()
}

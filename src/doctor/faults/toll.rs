//! What damage costs: which variables are lost, and what is left to go back to.

use super::super::facts::Facts;
use super::super::finding::Finding;
use super::super::words::{number, python};
use super::shares::Shares;
use crate::model::{Checkpoint, Container, EntryId, Flavor, GRAPH_KEY, Role};

/// Names the lost variables in a finding, and counts them by what they are for.
pub(super) fn count(finding: Finding, facts: &Facts, shares: &Shares, lost: &[EntryId]) -> Finding {
    let Some(checkpoint) = &facts.checkpoint else { return finding };
    if lost.is_empty() {
        return finding;
    }
    let mut finding = finding.variables(facts.names(lost.iter().copied())).evidence(tally(checkpoint, shares, lost));
    let borrowed = facts.names_from.as_ref().filter(|_| checkpoint.graph.is_none());
    if let Some(sibling) = borrowed.filter(|_| checkpoint.flavor == Flavor::ObjectBased) {
        let reason = "the object graph, which holds the names, is among what cannot be read";
        finding = finding.evidence(format!("names are borrowed from {}: {reason}", sibling.label));
    }
    finding
}

/// `lost: all 4 model weights, 3 of 8 optimizer slots, the object graph`
fn tally(checkpoint: &Checkpoint, shares: &Shares, lost: &[EntryId]) -> String {
    let words =
        [(Role::Weight, "model weights"), (Role::Statistic, "model statistics"), (Role::Slot, "optimizer slots")];
    let mut parts = Vec::new();
    let mut counted = 0usize;
    for (role, word) in words {
        let total = shares.role(role);
        let is_lost = |id: &&EntryId| checkpoint.variable_of(**id).is_some_and(|(_, variable)| variable.role == role);
        let gone = lost.iter().filter(is_lost).count();
        counted = counted.saturating_add(gone);
        match gone {
            0 => {}
            _ if gone == total && total == 1 => parts.push(format!("the only one of the {word}")),
            _ if gone == total => parts.push(format!("all {} {word}", number(total as u64))),
            _ => parts.push(format!("{} of {} {word}", number(gone as u64), number(total as u64))),
        }
    }
    let graph = checkpoint.find(GRAPH_KEY.as_bytes()).filter(|(id, _)| lost.contains(id));
    let others = lost.len().saturating_sub(counted).saturating_sub(usize::from(graph.is_some()));
    if others > 0 {
        parts.push(format!("{} {}", number(others as u64), if others == 1 { "other value" } else { "other values" }));
    }
    if graph.is_some() {
        parts.push("the object graph".to_owned());
    }
    format!("lost: {}", parts.join(", "))
}

/// Says what to do, and which checkpoint there is to go back to.
pub(super) fn fall_back(finding: Finding, facts: &Facts, first: &str) -> Finding {
    // Beside a file of Keras' own, a checkpoint may be of anything.
    let is_bundle = facts.checkpoint.as_ref().is_none_or(|checkpoint| checkpoint.container == Container::Bundle);
    match facts.whole_siblings.first().filter(|_| is_bundle) {
        Some(sibling) => finding
            .help(format!("{first}; {sibling} has its index and all its data files"))
            .python(format!("checkpoint.restore({})", python(sibling))),
        None => finding.help(first),
    }
}

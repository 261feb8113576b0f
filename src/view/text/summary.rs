//! Headings of a listing's groups, and what is said of a group whose variables are not listed.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use super::paint::Paint;
use super::wrap::hang;
use crate::model::{Checkpoint, Group, Role, Total, Variable, VariableId, leaf};
use crate::view::{Listing, Style, clean, count, size};

/// Names that are listed before the rest is counted.
const NAMES: usize = 5;

/// `model   1,354 params   5.3 KiB`
pub(super) fn heading(
    listing: &Listing,
    group: Group,
    total: Total,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (bytes, values) = (size(total.bytes, style.exact), count(total.params));
    let class = listing.optimizer.as_deref().filter(|class| *class != "optimizer").map(clean).unwrap_or_default();
    let (name, class, said) = match group {
        Group::Model => ("model", "", format!("{values} params   {bytes}")),
        Group::Optimizer => ("optimizer", &*class, format!("{values} values   {bytes}")),
        Group::Bookkeeping => ("also", "", bytes),
    };
    let class = if class.is_empty() { String::new() } else { format!("  {class}") };
    let mut bold = Some(Paint::new(style).bold(name));
    for line in hang(&format!("  {name}{class}   "), "    ", &said, style.width) {
        writeln!(out, "{}", bold.take().map_or(line.clone(), |bold| line.replacen(name, &bold, 1)))?;
    }
    Ok(())
}

/// What is said of a group in place of its variables; those that are not among the `rest` have rows of their own.
pub(super) fn group(
    listing: &Listing,
    checkpoint: &Checkpoint,
    group: Group,
    ids: &[VariableId],
    rest: &[VariableId],
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let variables = |ids: &[VariableId]| -> Vec<(VariableId, &Variable)> {
        ids.iter().filter_map(|id| Some((*id, checkpoint.variables.get(*id)?))).collect()
    };
    let rest = variables(rest);
    let mut lines = Vec::new();
    if group == Group::Optimizer {
        lines.extend(slots(checkpoint, &variables(ids)));
    }
    lines.extend(scalars(listing, &rest));
    if let Some(graph) = checkpoint.graph.as_ref().filter(|_| group == Group::Bookkeeping) {
        lines.push(format!("object graph of {} nodes", count(graph.nodes.len() as u64)));
    }
    lines.extend(others(listing, checkpoint, &rest));
    for line in lines {
        for line in hang("    ", "      ", &clean(&line), style.width) {
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}

/// `momentum, velocity   8 slots, all 4 weights covered`; a line for each kind where they differ.
fn slots(checkpoint: &Checkpoint, variables: &[(VariableId, &Variable)]) -> Vec<String> {
    let mut kinds: BTreeMap<&str, Vec<Option<VariableId>>> = BTreeMap::new();
    for (_, variable) in variables.iter().filter(|(_, variable)| variable.role == Role::Slot) {
        kinds.entry(variable.slot_name().unwrap_or("slot")).or_default().push(variable.slot_of());
    }
    // Kinds of which the same is to be said share a line.
    let mut lines: Vec<(String, Vec<&str>, usize)> = Vec::new();
    for (kind, of) in &kinds {
        let coverage = coverage(checkpoint, of);
        match lines.iter_mut().find(|(known, _, _)| *known == coverage) {
            Some((_, kinds, number)) => {
                kinds.push(kind);
                *number = number.saturating_add(of.len());
            }
            None => lines.push((coverage, vec![kind], of.len())),
        }
    }
    let line = |(coverage, kinds, number): (String, Vec<&str>, usize)| {
        let s = if number == 1 { "" } else { "s" };
        format!("{}   {} slot{s}, {coverage}   --role all lists them", kinds.join(", "), count(number as u64))
    };
    lines.into_iter().map(line).collect()
}

/// Which weights slots of one kind belong to.
fn coverage(checkpoint: &Checkpoint, of: &[Option<VariableId>]) -> String {
    let covered: BTreeSet<VariableId> = of.iter().flatten().copied().collect();
    let weights = checkpoint.variables.iter().enumerate().filter(|(_, variable)| variable.role == Role::Weight);
    let (with, without): (Vec<_>, Vec<_>) = weights.partition(|(id, _)| covered.contains(id));
    let names =
        |weights: &[(VariableId, &Variable)]| list(weights.iter().map(|(_, weight)| weight.name.as_str()).collect());
    if covered.is_empty() {
        "the files do not say of which weights".to_owned()
    } else if without.is_empty() {
        format!("all {} weights covered", count(with.len() as u64))
    } else if with.len() < without.len() {
        format!("of {} of {} weights: {}", with.len(), with.len().saturating_add(without.len()), names(&with))
    } else {
        format!(
            "of {} of {} weights; none for {}",
            with.len(),
            with.len().saturating_add(without.len()),
            names(&without)
        )
    }
}

/// `iteration 10, learning_rate 0.001`
fn scalars(listing: &Listing, variables: &[(VariableId, &Variable)]) -> Option<String> {
    let known = variables.iter().filter_map(|(id, variable)| Some((leaf(&variable.name), listing.scalars.get(id)?)));
    let texts: Vec<String> = known.map(|(name, value)| format!("{name} {value}")).collect();
    (!texts.is_empty()).then(|| texts.join(", "))
}

/// What is neither slot nor known scalar nor the graph, by name.
fn others(listing: &Listing, checkpoint: &Checkpoint, variables: &[(VariableId, &Variable)]) -> Option<String> {
    let is_graph = |variable: &Variable| {
        checkpoint.graph.is_some()
            && checkpoint.entry(variable).is_some_and(|entry| entry.key.bytes() == crate::model::GRAPH_KEY.as_bytes())
    };
    let rest: Vec<&str> = variables
        .iter()
        .filter(|(id, variable)| {
            variable.role != Role::Slot && !listing.scalars.contains_key(id) && !is_graph(variable)
        })
        .map(|(_, variable)| variable.name.as_str())
        .collect();
    (!rest.is_empty()).then(|| list(rest))
}

/// Some names, and how many more.
fn list(names: Vec<&str>) -> String {
    let shown: Vec<&str> = names.iter().copied().take(NAMES).collect();
    match names.len().saturating_sub(shown.len()) {
        0 => shown.join(", "),
        more => format!("{} and {} more", shown.join(", "), count(more as u64)),
    }
}

//! What a comparison comes to, in two lines: what differs, and what a restore would be good for.

use std::collections::BTreeMap;

use super::{Diff, count};
use crate::compare::change::{self, Change, ChangeKind};
use crate::compare::story::EventKind;
use crate::model::{Checkpoint, Container, GRAPH_KEY, Group, Role, VariableId, natural};
use crate::restore::{Goal, Goals};

/// What differs, in counts; not yet cleaned. "Same" is said only where nothing stands in doubt.
pub(super) fn of(diff: &Diff) -> String {
    let same = diff.changes.same.saturating_add(diff.changes.within);
    let selected = if diff.narrowed { "of the selected: " } else { "" };
    match (diff.changes.list.is_empty(), diff.trouble.is_empty()) {
        (true, false) => format!("cannot say the same: {}", damage(diff)),
        (true, true) if same == 0 => {
            let why = if diff.narrowed { "the selection leaves none" } else { "neither side has any" };
            format!("no variables to compare: {why}")
        }
        (true, true) => nothing(diff, same),
        (false, true) => format!("{selected}{}", changes(diff)),
        (false, false) => format!("{selected}{}; not all could be told: {}", changes(diff), damage(diff)),
    }
}

fn nothing(diff: &Diff, same: usize) -> String {
    let variables = plural(same, if diff.narrowed { "selected variable" } else { "variable" });
    if diff.changes.within > 0 {
        let within = count(diff.changes.within as u64);
        return format!("same within tolerance: {variables}, {within} of them with other values, none further apart");
    }
    if [&diff.old, &diff.new].iter().any(|side| side.container == Container::MetaGraph) {
        return format!("same structure: {variables}, every name, dtype and shape equal; a graph has no values");
    }
    if [&diff.old, &diff.new].iter().any(|side| side.listed) {
        return format!(
            "same by the listing: {variables}, every name, dtype, shape and recorded checksum equal; a listing has no \
             values"
        );
    }
    // What the indexes left open was settled by reading.
    if change::changes(&diff.old, &diff.new, &diff.alignment).open().is_empty() {
        format!(
            "same by the two indexes: {variables}, every name, dtype, shape and recorded checksum equal; the data were \
             not read"
        )
    } else {
        format!("same: {variables}, every name, dtype and shape equal, and every recorded checksum or the data")
    }
}

/// `412 variables: 400 renamed by adding model/, 2 reshaped in head, 3 new, 5 slots gone`.
fn changes(diff: &Diff) -> String {
    // The object graph is no variable: it changes with every line of code.
    let is_graph =
        |change: &&Change| variable(diff, change).is_some_and(|(_, name)| name.as_bytes() == GRAPH_KEY.as_bytes());
    let of = |kind| diff.changes.list.iter().filter(|change| change.kind == kind && !is_graph(change)).count();
    let graphs = diff.changes.list.iter().filter(is_graph).count();
    let (all, renamed) = (diff.changes.list.len().saturating_sub(graphs), diff.changes.renamed());
    let total = plural(all.saturating_add(diff.changes.same).saturating_add(diff.changes.within), "variable");
    let within = match diff.changes.within {
        0 => String::new(),
        within => format!("; {} the same within tolerance", count(within as u64)),
    };
    if all == 0 {
        return format!("same variables, all {total}{within}; only the object graph differs");
    }
    let paired = diff.changes.list.iter().all(|change| change.old.is_some() && change.new.is_some());
    for (kind, words) in [(ChangeKind::Revalued, "differ in value"), (ChangeKind::Unknown, "could not be compared")] {
        if of(kind) == all && renamed == 0 && paired {
            return format!("same structure; {} of {total} {words}{within}", count(all as u64));
        }
    }
    let mut words: Vec<String> = Vec::new();
    words.extend(renames(diff));
    words.extend(placed(diff, ChangeKind::Reshaped, "reshaped"));
    words.extend(placed(diff, ChangeKind::Retyped, "of another dtype"));
    words.extend(lone(diff, ChangeKind::Added, "new"));
    words.extend(lone(diff, ChangeKind::Removed, "gone"));
    words.extend(numbered(of(ChangeKind::Revalued), "changed in value"));
    words.extend(numbered(of(ChangeKind::Unknown), "not compared"));
    format!("{total}: {}; {} the same{within}", words.join(", "), count(diff.changes.same as u64))
}

fn numbered(number: usize, words: &str) -> Option<String> {
    (number > 0).then(|| format!("{} {words}", count(number as u64)))
}

/// How many are called otherwise, and how many only stored under another key.
fn renames(diff: &Diff) -> Vec<String> {
    let name = |checkpoint: &Checkpoint, id: Option<VariableId>| Some(checkpoint.variables.get(id?)?.name.to_string());
    let pairs = diff.changes.list.iter().filter(|change| change.renamed);
    let (called, stored): (Vec<&Change>, Vec<&Change>) =
        pairs.partition(|change| name(&diff.old, change.old) != name(&diff.new, change.new));
    let mut words = Vec::new();
    let rule = diff.story.iter().find_map(|event| match &event.kind {
        EventKind::Renamed { from, to, .. } if event.new.len() == called.len() => Some((from.as_str(), to.as_str())),
        _ => None,
    });
    if let Some((from, to)) = rule.filter(|_| !called.is_empty()) {
        let how = match (from, to) {
            ("", to) => format!("by adding {to}/"),
            (from, "") => format!("by dropping {from}/"),
            (from, to) => format!("from {from} to {to}"),
        };
        words.push(format!("{} renamed {how}", count(called.len() as u64)));
    } else {
        words.extend(numbered(called.len(), "renamed"));
    }
    let only = if called.is_empty() { "stored under another key" } else { "only stored under another key" };
    words.extend(numbered(stored.len(), only));
    words
}

/// How many variables of the model are of a kind, and in which layer.
fn placed(diff: &Diff, kind: ChangeKind, words: &str) -> Option<String> {
    let changes = diff.changes.list.iter().filter(|change| change.kind == kind);
    let known = changes.clone().filter_map(|change| variable(diff, change));
    let mut layers: Vec<&str> =
        known.filter(|(role, _)| role.group() == Group::Model).map(|(_, name)| scope(name)).collect();
    layers.sort_by(|a, b| natural(a, b));
    layers.dedup();
    let place = match layers.as_slice() {
        [] => String::new(),
        [one] => format!(" in {one}"),
        [one, other] => format!(" in {one} and {other}"),
        several => format!(" in {} layers", count(several.len() as u64)),
    };
    numbered(changes.count(), &format!("{words}{place}"))
}

/// Variables of one side alone: weights, slots and others apart.
fn lone(diff: &Diff, kind: ChangeKind, words: &str) -> Vec<String> {
    let mut parts: BTreeMap<u8, usize> = BTreeMap::new();
    for (role, _) in diff.changes.list.iter().filter(|change| change.kind == kind).filter_map(|c| variable(diff, c)) {
        let part = match (role, role.group()) {
            (Role::Slot, _) => 1,
            (_, Group::Model) => 0,
            _ => 2,
        };
        let number = parts.entry(part).or_default();
        *number = number.saturating_add(1);
    }
    let told = parts.iter().map(|(part, number)| match part {
        0 => format!("{} {words}", count(*number as u64)),
        1 => format!("{} {words}", plural(*number, "slot")),
        _ => format!("{} {words}", plural(*number, "other")),
    });
    told.collect()
}

fn variable<'a>(diff: &'a Diff, change: &Change) -> Option<(Role, &'a str)> {
    let new = change.new.and_then(|id| diff.new.variables.get(id));
    let variable = new.or_else(|| diff.old.variables.get(change.old?))?;
    Some((variable.role, &variable.name))
}

fn scope(name: &str) -> &str {
    name.rsplit_once('/').map_or(name, |(scope, _)| scope)
}

/// `Restore by saver: exact no, resume NO (2 reshaped), finetune yes (new: head), infer NO`; not yet cleaned.
pub(super) fn restore(goals: &Goals) -> String {
    let (first, told) = answers(goals);
    format!("{first} {}", told.join(", "))
}

/// The same in parts: what restores, and an answer for each goal; goals of one answer share it.
pub(super) fn answers(goals: &Goals) -> (String, Vec<String>) {
    let mut answers: Vec<(Vec<&str>, String)> = Vec::new();
    for verdict in &goals.verdicts {
        let answer = match (verdict.ok, verdict.goal) {
            (true, _) => "yes",
            // Few want nothing to have changed.
            (false, Goal::Exact) => "no",
            (false, _) => "NO",
        };
        let reasons = verdict.reasons.join(", ");
        let answer = match (verdict.goal, reasons.as_str()) {
            (Goal::Exact, _) | (_, "") => answer.to_owned(),
            _ => format!("{answer} ({reasons})"),
        };
        match answers.last_mut() {
            // Without reasons nothing is gained.
            Some((words, last)) if *last == answer && !reasons.is_empty() => words.push(verdict.goal.word()),
            _ => answers.push((vec![verdict.goal.word()], answer)),
        }
    }
    let told = answers.iter().map(|(words, answer)| match words.split_last() {
        Some((last, others)) if !others.is_empty() => format!("{} and {last} {answer}", others.join(", ")),
        _ => format!("{} {answer}", words.concat()),
    });
    let loader = goals.loader.map(|loader| format!(" by {}", loader.word())).unwrap_or_default();
    (format!("Restore{loader}:"), told.collect())
}

fn plural(number: usize, what: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{} {what}{s}", count(number as u64))
}

/// Which side is damaged, and what tells more.
fn damage(diff: &Diff) -> String {
    let [old, new] = &diff.given;
    match (diff.old.faults.is_empty(), diff.new.faults.is_empty()) {
        (false, true) => format!("the files of the old side are damaged (ckpt doctor {old})"),
        (true, false) => format!("the files of the new side are damaged (ckpt doctor {new})"),
        (false, false) => format!("the files of both sides are damaged (ckpt doctor {old} {new})"),
        // Its index is whole; only reading the data met the damage.
        (true, true) => format!("the data of one side are damaged (ckpt doctor {old} {new})"),
    }
}

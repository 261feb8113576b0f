//! What a comparison comes to, in two lines: what differs, and what a restore would be good for.

use super::{Diff, count, plural};
use crate::compare::change::{self, ChangeKind};
use crate::compare::story::{Event, EventKind, RenameKind};
use crate::compare::tally::{Lone, Tally};
use crate::model::{Container, Group, natural, scope};
use crate::restore::{Goal, Goals, Loader, Reached};

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
    let variables = plural(same as u64, if diff.narrowed { "selected variable" } else { "variable" });
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

/// `412 variables: 400 renamed by adding model/, 2 reshaped in head, 3 new (Dense top), 5 Adam slots gone, 2 in
/// place; all 402 values differ`: the numbers before the semicolon add up to the first.
fn changes(diff: &Diff) -> String {
    let tally = Tally::of(&diff.old, &diff.new, &diff.alignment, &diff.changes);
    let total = plural(tally.total() as u64, "variable");
    let within = match diff.changes.within {
        0 => String::new(),
        within => format!("; {} the same within tolerance", count(within as u64)),
    };
    if tally.in_place == tally.total() {
        return match values(&tally, &total) {
            None => format!("same variables, all {total}{within}; only the object graph differs"),
            Some(values) => format!("same structure; {values}{within}"),
        };
    }
    let mut words: Vec<String> = Vec::new();
    words.extend(numbered(tally.renamed, &format!("renamed{}", renaming(diff, &tally))));
    words.extend(numbered(tally.reshaped, &format!("reshaped{}", place(diff, ChangeKind::Reshaped))));
    words.extend(numbered(tally.retyped, &format!("of another dtype{}", place(diff, ChangeKind::Retyped))));
    words.extend(lone(diff, &tally.added, true));
    words.extend(lone(diff, &tally.gone, false));
    words.extend(numbered(tally.undecided, "not told apart"));
    words.extend(numbered(tally.rekeyed, &format!("stored under another key{}", other_keras(diff))));
    words.extend(numbered(tally.unread, "not compared"));
    words.extend(numbered(tally.in_place, "in place"));
    let comparable = count(tally.comparable() as u64);
    let values = values(&tally, &comparable).unwrap_or_else(|| "values equal".to_owned());
    let values = if tally.comparable() == 0 { String::new() } else { format!("; {values}") };
    format!("{total}: {}{values}{within}", words.join(", "))
}

fn numbered(number: usize, words: &str) -> Option<String> {
    (number > 0).then(|| format!("{} {words}", count(number as u64)))
}

/// How many of `all` those whose values can be compared differ; none if all are equal.
fn values(tally: &Tally, all: &str) -> Option<String> {
    let told = |number: usize, words: &str| match number {
        0 => None,
        all_of_them if all_of_them > 1 && all_of_them == tally.comparable() => Some(format!("all {all} {words}")),
        some => Some(format!("{} of {all} {words}", count(some as u64))),
    };
    let told = [told(tally.differing, "differ in value"), told(tally.uncompared, "could not be compared")];
    let told: Vec<String> = told.into_iter().flatten().collect();
    (!told.is_empty()).then(|| told.join(", "))
}

/// What names were changed by, if one rule tells it of all, or of most.
fn renaming(diff: &Diff, tally: &Tally) -> String {
    let names = diff.story.iter().filter_map(|event| match &event.kind {
        EventKind::Renamed { kind: RenameKind::Drift, .. } => Some((None, event.new.len())),
        EventKind::Renamed { kind: RenameKind::ModelKind | RenameKind::Unnamed, .. } => None,
        EventKind::Renamed { from, to, .. } => Some((Some((from, to)), event.new.len())),
        _ => None,
    });
    let drifted: usize = names.clone().filter(|(rule, _)| rule.is_none()).map(|(_, number)| number).sum();
    if drifted == tally.renamed {
        return ", all automatic names counted on".to_owned();
    }
    let most = names.filter_map(|(rule, number)| Some((rule?, number))).max_by_key(|(_, number)| *number);
    let Some(((from, to), number)) = most.filter(|(_, number)| number.saturating_mul(2) > tally.renamed) else {
        return String::new();
    };
    let how = match (from.as_str(), to.as_str()) {
        ("", to) => format!("by adding {to}/"),
        (from, "") => format!("by dropping {from}/"),
        (from, to) => format!("from {from} to {to}"),
    };
    // Those that were reshaped, too, go by the same rule.
    if number >= tally.renamed { format!(" {how}") } else { format!(" ({} of them {how})", count(number as u64)) }
}

/// Why all are stored elsewhere, if another Keras saved them.
fn other_keras(diff: &Diff) -> &'static str {
    let keras = |event: &Event| matches!(event.kind, EventKind::Renamed { kind: RenameKind::KerasVersion, .. });
    if diff.story.iter().any(keras) { " (other Keras)" } else { "" }
}

/// In which layers variables of the model are of a kind.
fn place(diff: &Diff, kind: ChangeKind) -> String {
    let changes = diff.changes.list.iter().filter(|change| change.kind == kind);
    let known = changes.filter_map(|change| diff.new.variables.get(change.new?));
    let names = known.filter(|variable| variable.role.group() == Group::Model).map(|variable| variable.name.as_str());
    let list = layers(names);
    let by = diff.story.iter().filter_map(|event| match (&event.kind, kind) {
        // Other layers follow from what was made of these.
        (EventKind::Resized { layers: made, size }, ChangeKind::Reshaped) => {
            let made = listed(made.iter().map(String::as_str).collect());
            let step = size.step().map(|step| format!(" ({step})")).unwrap_or_default();
            Some(if made == list { format!(" in {list}{step}") } else { format!(" because of {made}{step}") })
        }
        (EventKind::Retyped { from, to }, ChangeKind::Retyped) => Some(format!(" in {list} ({from} -> {to})")),
        _ => None,
    });
    match by.collect::<Vec<_>>().as_slice() {
        _ if list.is_empty() => list,
        [one] => one.clone(),
        _ => format!(" in {list}"),
    }
}

/// The layers of variables: all of a few, or how many they are.
fn layers<'a>(names: impl Iterator<Item = &'a str>) -> String {
    listed(names.map(scope).collect())
}

fn listed(mut layers: Vec<&str>) -> String {
    layers.sort_by(|a, b| natural(a, b));
    layers.dedup();
    match layers.as_slice() {
        [] => String::new(),
        [first @ .., last] if layers.len() <= FEW => match first {
            [] => (*last).to_owned(),
            first => format!("{} and {last}", first.join(", ")),
        },
        several => format!("{} layers", count(several.len() as u64)),
    }
}

/// Layers that are named in one line.
const FEW: usize = 3;

/// Variables of one side alone: the model's, slots and others apart.
fn lone(diff: &Diff, lone: &Lone, added: bool) -> Vec<String> {
    let (side, word) = if added { (&diff.new, "new") } else { (&diff.old, "gone") };
    // If one event tells all of it, in its words.
    let ids = |event: &Event| if added { event.new.len() } else { event.old.len() };
    let whole = diff.story.iter().filter(|event| ids(event) == lone.model.len() && event.old.is_empty() == added);
    let names = lone.model.iter().filter_map(|id| side.variables.get(*id)).map(|variable| variable.name.as_str());
    let what = whole.filter_map(|event| event.kind.what()).next().unwrap_or_else(|| layers(names));
    let optimizer = side.optimizer().filter(|class| class != "optimizer").map(|class| format!("{class} "));
    let slots = format!("{}{}", optimizer.unwrap_or_default(), if lone.slots == 1 { "slot" } else { "slots" });
    let others = if lone.others == 1 { "other" } else { "others" };
    let told = [
        numbered(lone.model.len(), &format!("{word} ({what})")),
        numbered(lone.any, &format!("{word} among equal ones")),
        numbered(lone.slots, &format!("{slots} {word}")),
        numbered(lone.others, &format!("{others} {word}")),
    ];
    told.into_iter().flatten().collect()
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
        let answer = match (verdict.answer, verdict.goal) {
            // Few want nothing to have changed.
            (Reached::No, goal) if goal != Goal::Exact => "NO",
            (answer, _) => answer.word(),
        };
        let reasons = verdict.reasons.join(", ");
        let answer = match (verdict.goal, reasons.as_str()) {
            (Goal::Exact, _) if verdict.answer != Reached::Unknown => answer.to_owned(),
            (_, "") => answer.to_owned(),
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
    let by = |loader: Loader| match goals.options.words().collect::<Vec<_>>().join(", ") {
        options if !options.is_empty() && loader.takes_options() => format!(" by {}({options})", loader.word()),
        _ => format!(" by {}", loader.word()),
    };
    let loader = goals.loader.map(by).unwrap_or_default();
    (format!("Restore{loader}:"), told.collect())
}

/// Which side is damaged, and what tells more.
fn damage(diff: &Diff) -> String {
    let [old, new] = &diff.given;
    match (diff.old.faults.is_empty(), diff.new.faults.is_empty()) {
        (false, true) => format!("the files of the old side {} (ckpt doctor {old})", diff.old.plight()),
        (true, false) => format!("the files of the new side {} (ckpt doctor {new})", diff.new.plight()),
        (false, false) => format!("the files of both sides are damaged (ckpt doctor {old} {new})"),
        // Its index is whole; only reading the data met the damage.
        (true, true) => format!("the data of one side are damaged (ckpt doctor {old} {new})"),
    }
}

//! `ckpt diff`.

use std::borrow::Cow;

use serde::Serialize;

use super::checkpoint::Head;
use super::value::{KeyText, Number, Text};
use crate::compare::change::{Change, ChangeKind, Changes};
use crate::compare::story::Event;
use crate::model::{Checkpoint, DType, Delta, Entry, Variable, VariableId};
use crate::view::Diff;

/// The answer without its envelope.
pub(super) fn body(diff: &Diff) -> impl Serialize {
    let [old, new] = &diff.given;
    let [old_step, new_step] = diff.steps;
    Body {
        old: Side::new(old, &diff.old, old_step),
        new: Side::new(new, &diff.new, new_step),
        changes: changes(diff).collect(),
        same: diff.changes.same,
        counts: Counts::new(&diff.changes),
        story: diff.story.iter().map(|event| EventRow::new(diff, event)).collect(),
        trouble: &diff.trouble,
    }
}

/// What is not the same.
pub(super) fn changes(diff: &Diff) -> impl Iterator<Item = ChangeRow<'_>> {
    diff.changes.list.iter().map(|change| ChangeRow::new(diff, change))
}

#[derive(Serialize)]
struct Body<'a> {
    old: Side<'a>,
    new: Side<'a>,
    changes: Vec<ChangeRow<'a>>,
    same: usize,
    counts: Counts,
    story: Vec<EventRow<'a>>,
    trouble: &'a [String],
}

/// What happened to the model, with the keys of what it concerns.
#[derive(Serialize)]
struct EventRow<'a> {
    causes: Vec<&'static str>,
    message: String,
    old: Vec<KeyText<'a>>,
    new: Vec<KeyText<'a>>,
}

impl<'a> EventRow<'a> {
    fn new(diff: &'a Diff, event: &Event) -> Self {
        let keys = |checkpoint: &'a Checkpoint, ids: &[VariableId]| {
            let entries = ids.iter().filter_map(|id| side(checkpoint, Some(*id)));
            entries.map(|(_, entry)| KeyText(&entry.key)).collect()
        };
        Self {
            causes: event.kind.causes(),
            message: event.to_string(),
            old: keys(&diff.old, &event.old),
            new: keys(&diff.new, &event.new),
        }
    }
}

#[derive(Serialize)]
struct Side<'a> {
    given: &'a str,
    #[serde(flatten)]
    head: Head<'a>,
}

impl<'a> Side<'a> {
    fn new(given: &'a str, checkpoint: &'a Checkpoint, step: Option<i64>) -> Self {
        Self { given, head: Head::new(checkpoint, Some(step), checkpoint.optimizer().map(Cow::Owned)) }
    }
}

#[derive(Serialize)]
struct Counts {
    remove: usize,
    add: usize,
    reshape: usize,
    retype: usize,
    revalue: usize,
    unknown: usize,
}

impl Counts {
    fn new(changes: &Changes) -> Self {
        Self {
            remove: changes.count(ChangeKind::Removed),
            add: changes.count(ChangeKind::Added),
            reshape: changes.count(ChangeKind::Reshaped),
            retype: changes.count(ChangeKind::Retyped),
            revalue: changes.count(ChangeKind::Revalued),
            unknown: changes.count(ChangeKind::Unknown),
        }
    }
}

/// What belongs to a side is null if the variable is not on it.
#[derive(Serialize)]
pub(super) struct ChangeRow<'a> {
    kind: &'static str,
    old: Option<&'a str>,
    new: Option<&'a str>,
    old_key: Option<KeyText<'a>>,
    new_key: Option<KeyText<'a>>,
    proof: Option<&'static str>,
    role: Option<&'static str>,
    old_dtype: Option<Text<DType>>,
    new_dtype: Option<Text<DType>>,
    old_shape: Option<&'a [u64]>,
    new_shape: Option<&'a [u64]>,
    delta: Option<DeltaRow>,
}

impl<'a> ChangeRow<'a> {
    fn new(diff: &'a Diff, change: &'a Change) -> Self {
        let (old, new) = (side(&diff.old, change.old), side(&diff.new, change.new));
        Self {
            kind: change.kind.word(),
            old: old.map(|(variable, _)| variable.name.as_str()),
            new: new.map(|(variable, _)| variable.name.as_str()),
            old_key: old.map(|(_, entry)| KeyText(&entry.key)),
            new_key: new.map(|(_, entry)| KeyText(&entry.key)),
            proof: change.proof.map(|proof| proof.word()),
            role: new.or(old).map(|(variable, _)| variable.role.word()),
            old_dtype: old.map(|(_, entry)| Text(entry.dtype)),
            new_dtype: new.map(|(_, entry)| Text(entry.dtype)),
            old_shape: old.and_then(|(_, entry)| entry.shape.axes()),
            new_shape: new.and_then(|(_, entry)| entry.shape.axes()),
            delta: change.delta.as_ref().map(DeltaRow::new),
        }
    }
}

fn side(checkpoint: &Checkpoint, id: Option<VariableId>) -> Option<(&Variable, &Entry)> {
    let variable = checkpoint.variables.get(id?)?;
    Some((variable, checkpoint.entry(variable)?))
}

#[derive(Serialize)]
struct DeltaRow {
    total: u64,
    changed: u64,
    max_abs: Number,
    rel_l2: Number,
    lost_finite: u64,
}

impl DeltaRow {
    fn new(delta: &Delta) -> Self {
        Self {
            total: delta.total,
            changed: delta.changed,
            max_abs: Number(delta.max_abs),
            rel_l2: Number(delta.rel_l2),
            lost_finite: delta.lost_finite,
        }
    }
}

//! `ckpt diff`.

use std::borrow::Cow;

use serde::Serialize;

use super::checkpoint::Head;
use super::goals::GoalsRow;
use super::value::{KeyText, Number, Text};
use crate::compare::align::{Ambiguity, Pair, Proof, Rewrite};
use crate::compare::change::{Change, ChangeKind, Changes};
use crate::compare::story::Event;
use crate::model::{Checkpoint, DType, Delta, VariableId};
use crate::view::{Diff, verdict};

/// The answer without its envelope.
pub(super) fn body(diff: &Diff) -> Body<'_> {
    let [old, new] = &diff.given;
    let [old_step, new_step] = diff.steps;
    Body {
        old: Side::new(old, &diff.old, old_step),
        new: Side::new(new, &diff.new, new_step),
        changes: changes(diff).collect(),
        renamed: diff.alignment.rekeyed(&diff.old, &diff.new).filter_map(|pair| RenamedRow::new(diff, pair)).collect(),
        ambiguous: diff.alignment.ambiguous.iter().map(|doubt| AmbiguousRow::new(diff, doubt)).collect(),
        rules: diff.alignment.rules.iter().map(RuleRow::new).collect(),
        same: diff.changes.same,
        within_tolerance: diff.changes.within,
        summary: verdict::of(diff),
        goals: diff.goals.as_ref().map(GoalsRow::new),
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
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Body<'a> {
    old: Side<'a>,
    new: Side<'a>,
    changes: Vec<ChangeRow<'a>>,
    /// Variables that are stored under another key.
    renamed: Vec<RenamedRow<'a>>,
    ambiguous: Vec<AmbiguousRow<'a>>,
    rules: Vec<RuleRow<'a>>,
    same: usize,
    within_tolerance: usize,
    /// What differs, in a sentence.
    summary: String,
    goals: Option<GoalsRow<'a>>,
    counts: Counts,
    story: Vec<EventRow<'a>>,
    trouble: &'a [String],
}

/// What happened to the model, with the keys of what it concerns.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct EventRow<'a> {
    causes: Vec<&'static str>,
    message: String,
    old: Vec<KeyText<'a>>,
    new: Vec<KeyText<'a>>,
}

impl<'a> EventRow<'a> {
    fn new(diff: &'a Diff, event: &Event) -> Self {
        let keys = |checkpoint: &'a Checkpoint, ids: &[VariableId]| {
            let entries = ids.iter().filter_map(|id| checkpoint.pair(*id));
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
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct RenamedRow<'a> {
    from: KeyText<'a>,
    to: KeyText<'a>,
    proof: &'static str,
    /// Of a likeness: how alike, in percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<u8>,
    /// Position in `rules`, of a rewrite.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<usize>,
}

impl<'a> RenamedRow<'a> {
    fn new(diff: &'a Diff, pair: &Pair) -> Option<Self> {
        let (_, from) = diff.old.pair(pair.old)?;
        let (_, to) = diff.new.pair(pair.new)?;
        let (score, rule) = match pair.proof {
            Proof::Likeness(score) => (Some(score), None),
            Proof::Rewrite(rule) => (None, Some(rule)),
            _ => (None, None),
        };
        Some(Self { from: KeyText(&from.key), to: KeyText(&to.key), proof: pair.proof.word(), score, rule })
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct AmbiguousRow<'a> {
    old: Vec<KeyText<'a>>,
    new: Vec<KeyText<'a>>,
}

impl<'a> AmbiguousRow<'a> {
    fn new(diff: &'a Diff, doubt: &Ambiguity) -> Self {
        let keys = |checkpoint: &'a Checkpoint, ids: &[VariableId]| {
            ids.iter().filter_map(|id| checkpoint.pair(*id)).map(|(_, entry)| KeyText(&entry.key)).collect()
        };
        Self { old: keys(&diff.old, &doubt.old), new: keys(&diff.new, &doubt.new) }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct RuleRow<'a> {
    kind: &'static str,
    from: &'a str,
    to: &'a str,
    count: usize,
}

impl<'a> RuleRow<'a> {
    fn new(rule: &'a Rewrite) -> Self {
        Self { kind: rule.kind.word(), from: &rule.from, to: &rule.to, count: rule.count }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Counts {
    remove: usize,
    add: usize,
    reshape: usize,
    rename: usize,
    retype: usize,
    revalue: usize,
    unknown: usize,
}

impl Counts {
    fn new(changes: &Changes) -> Self {
        Self {
            remove: changes.count(ChangeKind::Removed),
            add: changes.count(ChangeKind::Added),
            rename: changes.renamed(),
            reshape: changes.count(ChangeKind::Reshaped),
            retype: changes.count(ChangeKind::Retyped),
            revalue: changes.count(ChangeKind::Revalued),
            unknown: changes.count(ChangeKind::Unknown),
        }
    }
}

/// What belongs to a side is null if the variable is not on it.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct ChangeRow<'a> {
    kind: &'static str,
    old: Option<&'a str>,
    new: Option<&'a str>,
    old_key: Option<KeyText<'a>>,
    new_key: Option<KeyText<'a>>,
    renamed: bool,
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
        let [old, new] = diff.sides(change);
        Self {
            kind: change.kind.word(),
            old: old.map(|(variable, _)| variable.name.as_str()),
            new: new.map(|(variable, _)| variable.name.as_str()),
            old_key: old.map(|(_, entry)| KeyText(&entry.key)),
            new_key: new.map(|(_, entry)| KeyText(&entry.key)),
            renamed: change.renamed,
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

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct DeltaRow {
    total: u64,
    changed: u64,
    outside_tolerance: u64,
    max_abs: Number,
    mean_abs: Number,
    max_rel: Number,
    mean_rel: Number,
    rel_l2: Number,
    cosine: Number,
    old_norm: Number,
    new_norm: Number,
    lost_finite: u64,
    new_nan: u64,
    new_inf: u64,
    /// The type to which one side was rounded, if all values are equal then.
    rounded: Option<Text<DType>>,
}

impl DeltaRow {
    fn new(delta: &Delta) -> Self {
        Self {
            total: delta.total,
            changed: delta.changed,
            outside_tolerance: delta.outside,
            max_abs: Number(delta.max_abs),
            mean_abs: Number(delta.mean_abs),
            max_rel: Number(delta.max_rel),
            mean_rel: Number(delta.mean_rel),
            rel_l2: Number(delta.rel_l2),
            cosine: Number(delta.cosine),
            old_norm: Number(delta.norms[0]),
            new_norm: Number(delta.norms[1]),
            lost_finite: delta.lost_finite(),
            new_nan: delta.new_nan,
            new_inf: delta.new_inf,
            rounded: delta.rounded.map(Text),
        }
    }
}

//! A change with the variables that it is about.

use std::borrow::Cow;
use std::collections::HashSet;

use super::super::delta;
use crate::compare::change::{Change, ChangeKind};
use crate::compare::story::{Event, EventKind};
use crate::model::{Checkpoint, Entry, Group, Role, Variable, VariableId, natural};
use crate::view::label::label;
use crate::view::{Diff, Names};

pub(super) fn heading(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Removed => "removed",
        ChangeKind::Added => "added",
        ChangeKind::Renamed => "renamed",
        ChangeKind::Reshaped => "reshaped",
        ChangeKind::Retyped => "retyped",
        ChangeKind::Revalued => "changed",
        ChangeKind::Unknown => "unknown",
    }
}

pub(super) fn sign(kind: ChangeKind) -> char {
    match kind {
        ChangeKind::Removed => '-',
        ChangeKind::Added => '+',
        ChangeKind::Unknown => '?',
        _ => '~',
    }
}

/// A variable on one side.
#[derive(Clone, Copy)]
pub(super) struct Side<'a> {
    pub checkpoint: &'a Checkpoint,
    pub variable: &'a Variable,
    pub entry: &'a Entry,
}

impl<'a> Side<'a> {
    pub fn of(checkpoint: &'a Checkpoint, id: Option<VariableId>) -> Option<Self> {
        let (variable, entry) = checkpoint.pair(id?)?;
        Some(Self { checkpoint, variable, entry })
    }

    pub fn kind(&self) -> String {
        format!("{} {}", self.entry.dtype, self.entry.shape)
    }
}

/// A change with what it happened to, on each side.
pub(super) struct Sides<'a> {
    pub change: &'a Change,
    pub old: Option<Side<'a>>,
    pub new: Option<Side<'a>>,
    /// The newer of the two.
    shown: Side<'a>,
    /// True if what happened to its name is told once for several.
    pub told: bool,
}

impl<'a> Sides<'a> {
    pub fn of(diff: &'a Diff, change: &'a Change) -> Option<Self> {
        let (old, new) = (Side::of(&diff.old, change.old), Side::of(&diff.new, change.new));
        Some(Self { change, old, new, shown: new.or(old)?, told: false })
    }

    pub fn role(&self) -> Role {
        self.shown.variable.role
    }

    /// The name on the old side, cleaned; none if it is the same.
    pub fn before(&self, names: Names) -> Option<Cow<'a, str>> {
        let before = self.old.map(|old| label(names, old.checkpoint, old.variable));
        before.filter(|before| *before != self.name(names))
    }

    /// The name, cleaned.
    pub fn name(&self, names: Names) -> Cow<'a, str> {
        label(names, self.shown.checkpoint, self.shown.variable)
    }

    /// What happened to it, behind its name.
    pub fn detail(&self, names: Names) -> String {
        let (Some(old), Some(new)) = (self.old, self.new) else { return self.shown.kind() };
        let (a, b) = (old.entry, new.entry);
        let what = match self.change.kind {
            ChangeKind::Reshaped if a.dtype == b.dtype => format!("{} -> {}", a.shape, b.shape),
            ChangeKind::Reshaped => format!("{} -> {}", old.kind(), new.kind()),
            ChangeKind::Retyped => format!("{} -> {}", a.dtype, b.dtype),
            _ => new.kind(),
        };
        let what = match &self.change.delta {
            Some(delta) if a.dtype != b.dtype => format!("{what}, {}", delta::across_types(delta)),
            _ => what,
        };
        match self.before(names).filter(|_| !self.told) {
            Some(before) => format!("{what}   was {before}"),
            None => what,
        }
    }
}

/// All changes by kind, the model's first, by how much they changed if that was measured, then by name.
pub(super) fn ordered(diff: &Diff) -> Vec<Sides<'_>> {
    let mut all: Vec<Sides> = diff.changes.list.iter().filter_map(|change| Sides::of(diff, change)).collect();
    let told: HashSet<VariableId> = diff.story.iter().filter_map(rule).flatten().copied().collect();
    all.iter_mut().for_each(|sides| sides.told = sides.change.new.is_some_and(|id| told.contains(&id)));
    let group = |sides: &Sides| Group::ALL.iter().position(|group| *group == sides.role().group());
    // What is no longer finite is worst; what could not be measured comes last.
    let much = |sides: &Sides| {
        sides.change.delta.as_ref().map_or((false, -1.0), |delta| (delta.lost_finite() > 0, delta.rel_l2))
    };
    // A name is cleaned once, not at each comparison.
    let mut all: Vec<(Cow<str>, Sides)> = all.into_iter().map(|sides| (sides.name(diff.names), sides)).collect();
    all.sort_by(|(name_a, a), (name_b, b)| {
        let ((lost_a, much_a), (lost_b, much_b)) = (much(a), much(b));
        let changed = lost_b.cmp(&lost_a).then_with(|| much_b.total_cmp(&much_a));
        let kinds = a.change.kind.cmp(&b.change.kind).then_with(|| group(a).cmp(&group(b)));
        kinds.then(changed).then_with(|| natural(name_a, name_b))
    });
    all.into_iter().map(|(_, sides)| sides).collect()
}

/// The variables of which one rule tells what happened to their names.
fn rule(event: &Event) -> Option<&[VariableId]> {
    let renamed = matches!(event.kind, EventKind::Renamed { .. }) && event.new.len() > 1;
    renamed.then_some(event.new.as_slice())
}

//! What changed between two checkpoints, variable by variable.

use super::align::{Alignment, Proof};
use crate::model::{Checkpoint, DType, Delta, Entry, Flavor, VariableId};

/// What happened to one variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChangeKind {
    /// Only in the old checkpoint.
    Removed,
    /// Only in the new one.
    Added,
    /// The same in another place; the values are equal, or could not be compared.
    Renamed,
    /// Another shape.
    Reshaped,
    /// The same shape, another dtype.
    Retyped,
    /// The same shape and dtype, other values.
    Revalued,
    /// The same shape and dtype; the values could not be compared.
    Unknown,
}

impl ChangeKind {
    /// Every kind, in the order of listings.
    pub const ALL: [Self; 7] =
        [Self::Removed, Self::Added, Self::Renamed, Self::Reshaped, Self::Retyped, Self::Revalued, Self::Unknown];

    /// What can be said of variables to which it happened: `2 reshaped`.
    pub fn past(self) -> &'static str {
        match self {
            Self::Removed => "removed",
            Self::Added => "added",
            Self::Renamed => "renamed",
            Self::Reshaped => "reshaped",
            Self::Retyped => "of another dtype",
            Self::Revalued => "changed in value",
            Self::Unknown => "not compared",
        }
    }

    /// The word for it in programs' output.
    pub fn word(self) -> &'static str {
        match self {
            Self::Removed => "remove",
            Self::Added => "add",
            Self::Renamed => "rename",
            Self::Reshaped => "reshape",
            Self::Retyped => "retype",
            Self::Revalued => "revalue",
            Self::Unknown => "unknown",
        }
    }
}

/// One variable that is not the same on both sides.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// What happened to it.
    pub kind: ChangeKind,
    /// The variable in the old checkpoint.
    pub old: Option<VariableId>,
    /// The variable in the new one.
    pub new: Option<VariableId>,
    /// True if it has another name or key; whatever else happened to it.
    pub renamed: bool,
    /// Why the two are taken for one.
    pub proof: Option<Proof>,
    /// How much the values differ, if they were read.
    pub delta: Option<Delta>,
}

/// A pair whose values the indexes leave open, to be settled by reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Open {
    /// Position in [`Changes::list`].
    pub change: usize,
    /// In the old checkpoint.
    pub old: VariableId,
    /// In the new one.
    pub new: VariableId,
}

/// What changed, as far as the two indexes tell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// Every variable that is not proved to be the same.
    pub list: Vec<Change>,
    /// How many are the same: name, dtype, shape and checksum.
    pub same: usize,
    /// How many of one name differ, but by no more than what was tolerated.
    pub within: usize,
}

impl Changes {
    /// How many changes are of a kind.
    pub fn count(&self, kind: ChangeKind) -> usize {
        self.list.iter().filter(|change| change.kind == kind).count()
    }

    /// Pairs that only reading their data can settle.
    pub fn open(&self) -> Vec<Open> {
        let unknown = self.list.iter().enumerate().filter(|(_, change)| change.kind == ChangeKind::Unknown);
        unknown.filter_map(|(change, pair)| Some(Open { change, old: pair.old?, new: pair.new? })).collect()
    }

    /// Pairs of one shape whose values or types differ: those that a delta can be told of.
    pub fn measurable(&self) -> Vec<Open> {
        let differs = |change: &Change| {
            matches!(change.kind, ChangeKind::Revalued | ChangeKind::Retyped) && change.delta.is_none()
        };
        let changed = self.list.iter().enumerate().filter(|(_, change)| differs(change));
        changed.filter_map(|(change, pair)| Some(Open { change, old: pair.old?, new: pair.new? })).collect()
    }

    /// Passes over pairs that differ by no more than what was tolerated: they are counted apart.
    pub fn tolerate(&mut self) {
        let mut within = 0usize;
        self.list.retain_mut(|change| {
            let differs = change.kind != ChangeKind::Revalued || change.delta.is_none_or(|delta| delta.outside > 0);
            within = within.saturating_add(usize::from(!differs && !change.renamed));
            if !differs && change.renamed {
                change.kind = ChangeKind::Renamed;
            }
            differs || change.renamed
        });
        self.within = self.within.saturating_add(within);
        self.list.sort_by_key(|change| change.kind);
    }

    /// How many are a pair under another name or key, whatever else happened to them.
    pub fn renamed(&self) -> usize {
        self.list.iter().filter(|change| change.renamed).count()
    }
}

/// What changed, from the two indexes alone: equal checksums prove equal values.
pub fn changes(old: &Checkpoint, new: &Checkpoint, alignment: &Alignment) -> Changes {
    let mut changes = Changes::default();
    let same_order = old.endianness == new.endianness;
    // Two kinds of files name everything in their ways: that renames nothing. A restore of objects goes by
    // the paths, whoever wrote them.
    let same_writer = old.writer == new.writer || old.flavor == Flavor::ObjectBased;
    let same_kind = old.container == new.container && old.flavor == new.flavor && same_writer;
    // Objects are named by their graph: without it each is called by its key.
    let unnamed = |side: &Checkpoint| side.flavor == Flavor::ObjectBased && side.graph.is_none() && !side.listed;
    let named = unnamed(old) == unnamed(new);
    for pair in &alignment.pairs {
        let entries = (old.variables.get(pair.old), new.variables.get(pair.new));
        let (Some(a), Some(b)) = (entries.0.and_then(|v| old.entry(v)), entries.1.and_then(|v| new.entry(v))) else {
            continue;
        };
        let other_name = named && entries.0.map(|v| &v.name) != entries.1.map(|v| &v.name);
        let renamed = same_kind && (a.key != b.key || other_name);
        match judge(a, b, same_order).or(renamed.then_some(ChangeKind::Renamed)) {
            None => changes.same = changes.same.saturating_add(1),
            Some(kind) => changes.list.push(Change {
                kind,
                old: Some(pair.old),
                new: Some(pair.new),
                renamed,
                proof: Some(pair.proof),
                delta: None,
            }),
        }
    }
    let lone = |kind, old, new| Change { kind, old, new, renamed: false, proof: None, delta: None };
    // Beside a side of which not all could be read, nothing is known to be gone, or new.
    let gone = if new.is_partial() { ChangeKind::Unknown } else { ChangeKind::Removed };
    let added = if old.is_partial() { ChangeKind::Unknown } else { ChangeKind::Added };
    changes.list.extend(alignment.gone.iter().map(|&id| lone(gone, Some(id), None)));
    changes.list.extend(alignment.added.iter().map(|&id| lone(added, None, Some(id))));
    changes.list.sort_by_key(|change| change.kind);
    changes
}

fn judge(old: &Entry, new: &Entry, same_order: bool) -> Option<ChangeKind> {
    // What lies in another file, or was cut off, tells neither type nor shape.
    if [old, new].iter().any(|entry| entry.dtype == DType::UNKNOWN && entry.shape.axes().is_none()) {
        return Some(ChangeKind::Unknown);
    }
    if old.shape != new.shape {
        return Some(ChangeKind::Reshaped);
    }
    if old.dtype != new.dtype {
        return Some(ChangeKind::Retyped);
    }
    match old.same_bytes(new) {
        Some(true) if same_order => None,
        Some(false) if same_order => Some(ChangeKind::Revalued),
        _ => Some(ChangeKind::Unknown),
    }
}

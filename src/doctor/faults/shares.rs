//! What the index gives to each data file, gone over once: there may be a faulty file for each of many thousands.

use std::collections::{BTreeSet, HashMap};

use super::super::facts::Facts;
use crate::bytes::{Fault, FaultKind};
use crate::model::{Checkpoint, EntryId, Role};

/// The shares of all files, with what else is asked of each of them.
#[derive(Default)]
pub(super) struct Shares<'a> {
    positions: HashMap<&'a str, usize>,
    files: Vec<Share>,
    /// How many variables there are of each role.
    roles: HashMap<Role, usize>,
    /// What a transfer in text mode did, by file.
    text_modes: HashMap<&'a str, &'a FaultKind>,
}

/// The share of one file.
#[derive(Default)]
pub(super) struct Share {
    /// Position in [`Checkpoint::files`].
    pub file: usize,
    /// Bytes that the index gives to tensors.
    pub needed: u64,
    /// Checked tensors that are more than a number. Scalars and the object graph are often equal in two saves of one
    /// program.
    pub checked: usize,
    /// How many of those have changed.
    pub changed: usize,
    /// Entries that lie in it, and where the last byte of each ends; 0 if it has none.
    entries: Vec<(EntryId, u64)>,
}

impl Share {
    /// Entries that have bytes at or behind an offset.
    pub fn behind(&self, offset: u64) -> Vec<EntryId> {
        self.entries.iter().filter(|(_, end)| *end > offset).map(|(id, _)| *id).collect()
    }

    /// Every entry, also one without elements.
    pub fn all(&self) -> impl Iterator<Item = EntryId> {
        self.entries.iter().map(|(id, _)| *id)
    }
}

impl<'a> Shares<'a> {
    /// Goes over the index.
    pub fn of(facts: &Facts, checkpoint: &'a Checkpoint) -> Self {
        let labels = checkpoint.files.iter().enumerate().rev();
        let mut files: Vec<Share> =
            (0..checkpoint.files.len()).map(|file| Share { file, ..Share::default() }).collect();
        for (id, entry) in checkpoint.entries.iter().enumerate() {
            let tells = entry.dtype.is_numeric() && entry.elements() > 1;
            let intact = facts.digests.get(id).and_then(|digest| digest.intact).filter(|_| tells);
            for (extent, _) in entry.extents() {
                let Some(share) = files.get_mut(extent.file) else { continue };
                let end = if extent.length > 0 { extent.end() } else { 0 };
                share.needed = share.needed.max(extent.end());
                match share.entries.last_mut() {
                    Some((last, before)) if *last == id => *before = end.max(*before),
                    _ => {
                        share.entries.push((id, end));
                        share.checked = share.checked.saturating_add(usize::from(intact.is_some()));
                        share.changed = share.changed.saturating_add(usize::from(intact == Some(false)));
                    }
                }
            }
        }
        let mut roles: HashMap<Role, usize> = HashMap::new();
        for variable in &checkpoint.variables {
            let count = roles.entry(variable.role).or_default();
            *count = count.saturating_add(1);
        }
        let text_mode = |fault: &'a Fault| {
            matches!(fault.kind, FaultKind::TextMode { .. }).then_some((&*fault.at.file, &fault.kind))
        };
        Self {
            positions: labels.map(|(position, file)| (&*file.label, position)).collect(),
            files,
            roles,
            text_modes: checkpoint.faults.iter().rev().filter_map(text_mode).collect(),
        }
    }

    /// The share of a file, by its label.
    pub fn get(&self, label: &str) -> Option<&Share> {
        self.files.get(*self.positions.get(label)?)
    }

    /// What is lost with these files: even a tensor without elements.
    pub fn lost(&self, files: &[String]) -> Vec<EntryId> {
        let lost: BTreeSet<EntryId> = files.iter().filter_map(|label| self.get(label)).flat_map(Share::all).collect();
        lost.into_iter().collect()
    }

    /// How many variables have a role.
    pub fn role(&self, role: Role) -> usize {
        self.roles.get(&role).copied().unwrap_or(0)
    }

    /// What a transfer in text mode did to a file.
    pub fn text_mode(&self, label: &str) -> Option<&'a FaultKind> {
        self.text_modes.get(label).copied()
    }

    /// True if every tensor of a file fails its checksum: then the file is that of another save.
    pub fn is_mixed(&self, label: &str) -> bool {
        let Some(share) = self.get(label) else { return false };
        share.checked >= 2 && share.changed == share.checked && self.text_mode(label).is_none()
    }
}

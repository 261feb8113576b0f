//! Partitioned tensors: their slices found, and held against the whole.

use std::sync::Arc;

use super::index::Index;
use crate::bytes::{Fault, FaultKind, Span};
use crate::format::ordered_code::Keys;
use crate::format::slices::{Budget, Wrongs, resolve};
use crate::model::{Entry, Part, Payload, Shape, Slice};

/// Gives every partitioned tensor its parts. Entries of slices that no tensor claims are faults. The index has
/// `size` bytes.
pub(super) fn assemble(index: &mut Index, file: &Arc<str>, size: u64) {
    let mut faults = Vec::new();
    let mut budget = Budget::of(size);
    for (position, slices) in std::mem::take(&mut index.partitioned) {
        let Some(entry) = index.entries.get_mut(position) else { continue };
        let mut wrongs = Wrongs::default();
        let mut parts = Vec::with_capacity(slices.len());
        let mut keys = Keys::of(entry.key.bytes());
        for message in &slices {
            let Some(slice) = resolve(message, &entry.shape) else {
                wrongs.outside();
                continue;
            };
            let key = keys.key(message);
            if !budget.take(key.len()) {
                wrongs.give_up();
                break;
            }
            let stored = index.slices.remove(key);
            let fits = |part: &Entry| {
                // A record that lists slices has no bytes, and no checksum of them.
                let is_whole = part.checksum.is_some();
                is_whole
                    && part.dtype == entry.dtype
                    && part.shape == Shape::new(slice.extents.iter().map(|(_, length)| *length))
            };
            let stored = stored.filter(fits);
            if stored.is_none() {
                wrongs.missing(&slice);
            }
            entry.trusted &= stored.as_ref().is_none_or(|part| part.trusted);
            let extent = match stored.as_ref().map(|part| &part.payload) {
                Some(Payload::Extent(extent)) => Some(*extent),
                _ => None,
            };
            parts.push(Part { slice, extent, checksum: stored.and_then(|part| part.checksum) });
        }
        parts.sort_by(|a, b| a.slice.extents.cmp(&b.slice.extents));
        let found: Vec<&Slice> = parts.iter().map(|part| &part.slice).collect();
        let kinds = wrongs.kinds(&entry.key, Some(&entry.shape), slices.len(), &found);
        let at = Span { file: file.clone(), bytes: entry.declared_at.bytes() };
        faults.extend(kinds.into_iter().map(|kind| Fault { kind, at: at.clone() }));
        entry.payload = Payload::Slices(parts.into());
    }
    let mut orphans: Vec<Entry> = index.slices.drain().map(|(_, entry)| entry).collect();
    orphans.sort_by(|a, b| a.key.cmp(&b.key));
    faults.extend(orphans.into_iter().map(|entry| Fault {
        kind: FaultKind::SliceOrphan { key: entry.key.to_string() },
        at: Span { file: file.clone(), bytes: entry.declared_at.bytes() },
    }));
    index.faults.append(&mut faults);
}

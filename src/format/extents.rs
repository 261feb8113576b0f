//! The places of all tensors, held against each other.

use std::cmp::Ordering;
use std::collections::HashSet;

use crate::bytes::{Fault, FaultKind, Span};
use crate::model::{Checkpoint, Entry, EntryId, Extent};

/// Entries whose bytes another entry has too. No program that writes tensors one after the other makes
/// such an index. Only who wants every fault asks: the places of a wide checkpoint have to be sorted.
pub fn overlaps(checkpoint: &Checkpoint) -> Vec<Fault> {
    let entries = &checkpoint.entries;
    if are_in_order(entries) {
        return Vec::new();
    }
    // Without an index each file tells itself what lies where.
    let index = checkpoint.index_file();
    let aliases: HashSet<EntryId> = checkpoint.aliases().into_iter().map(|(alias, _)| alias).collect();
    let all = entries.iter().enumerate().filter(|(id, _)| !aliases.contains(id));
    let all = all.flat_map(|(id, entry)| entry.extents().map(move |(extent, _)| (extent, id)));
    let mut extents: Vec<(Extent, EntryId)> = all.filter(|(extent, _)| extent.length > 0).collect();
    extents.sort_by_key(|(extent, _)| (extent.file, extent.offset));
    let mut faults = Vec::new();
    let mut furthest: Option<(Extent, EntryId)> = None;
    for (extent, id) in extents {
        let Some((before, owner)) = furthest.filter(|(before, _)| before.file == extent.file) else {
            furthest = Some((extent, id));
            continue;
        };
        if extent.offset < before.end()
            && let (Some(entry), Some(other)) = (entries.get(id), entries.get(owner))
        {
            let kind = FaultKind::ExtentsOverlap { key: entry.key.to_string(), other: other.key.to_string() };
            let at = match index {
                Some(index) => Some(Span { file: index.label.clone(), bytes: entry.declared_at.bytes() }),
                None => checkpoint.files.get(extent.file).map(|file| Span::whole(&file.label)),
            };
            faults.extend(at.map(|at| Fault { kind, at }));
        }
        if extent.end() > before.end() {
            furthest = Some((extent, id));
        }
    }
    faults
}

/// True if each tensor lies behind the one before, as TensorFlow writes them more often than not: then
/// there is nothing to sort.
fn are_in_order(entries: &[Entry]) -> bool {
    let extents = entries.iter().flat_map(Entry::extents).map(|(extent, _)| extent);
    extents.filter(|extent| extent.length > 0).is_sorted_by(|a, b| match a.file.cmp(&b.file) {
        Ordering::Less => true,
        Ordering::Equal => a.end() <= b.offset,
        Ordering::Greater => false,
    })
}

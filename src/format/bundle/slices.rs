//! Partitioned tensors: their slices found, and held against the whole.

use std::sync::Arc;

use super::index::Index;
use super::ordered_code;
use crate::bytes::{Fault, FaultKind, Span};
use crate::model::{Entry, Key, Part, Payload, Shape, Slice};
use crate::proto::bundle::TensorSlice;
use crate::proto::bundle::tensor_slice::extent::HasLength;

/// Comparisons of two slices that we make at the most for one tensor. Slices that TensorFlow writes
/// are few or lie in a row, so this is never reached by an honest file.
const COMPARISONS: usize = 1 << 22;

/// Gives every partitioned tensor its parts. Entries of slices that no tensor claims are faults.
pub(super) fn assemble(index: &mut Index, file: &Arc<str>) {
    let mut faults = Vec::new();
    for (position, slices) in std::mem::take(&mut index.partitioned) {
        let Some(entry) = index.entries.get_mut(position) else { continue };
        let mut fault =
            |kind| faults.push(Fault { kind, at: Span { file: file.clone(), bytes: entry.declared_at.clone() } });
        let mut parts = Vec::with_capacity(slices.len());
        for message in &slices {
            let Some(slice) = resolve(message, &entry.shape) else {
                fault(FaultKind::ShapeInvalid { key: entry.key.to_string() });
                continue;
            };
            let stored = index.slices.remove(&ordered_code::key(entry.key.bytes(), message));
            let fits = |part: &Entry| {
                // A record that lists slices has no bytes, and no checksum of them.
                let is_whole = part.checksum.is_some();
                is_whole
                    && part.dtype == entry.dtype
                    && part.shape == Shape::new(slice.extents.iter().map(|(_, length)| *length))
            };
            let stored = stored.filter(fits);
            if stored.is_none() {
                fault(FaultKind::SliceMissing { key: entry.key.to_string(), slice: slice.to_string() });
            }
            entry.trusted &= stored.as_ref().is_none_or(|part| part.trusted);
            let extent = match stored.as_ref().map(|part| &part.payload) {
                Some(Payload::Extent(extent)) => Some(*extent),
                _ => None,
            };
            parts.push(Part { slice, extent, checksum: stored.and_then(|part| part.checksum) });
        }
        parts.sort_by(|a, b| a.slice.extents.cmp(&b.slice.extents));
        if let Some(kind) = cover(&entry.key, &entry.shape, &parts) {
            fault(kind);
        }
        entry.payload = Payload::Slices(parts.into());
    }
    let mut orphans: Vec<Entry> = index.slices.drain().map(|(_, entry)| entry).collect();
    orphans.sort_by(|a, b| a.key.cmp(&b.key));
    faults.extend(orphans.into_iter().map(|entry| Fault {
        kind: FaultKind::SliceOrphan { key: entry.key.to_string() },
        at: Span { file: file.clone(), bytes: entry.declared_at },
    }));
    index.faults.append(&mut faults);
}

/// The box that a slice cuts out of a shape. None if it reaches outside.
fn resolve(message: &TensorSlice, shape: &Shape) -> Option<Slice> {
    let axes = shape.axes()?;
    if axes.len() != message.extent.len() {
        return None;
    }
    let extents = message.extent.iter().zip(axes).map(|(extent, &axis)| {
        let start = u64::try_from(extent.start).ok()?;
        let length = match extent.has_length {
            Some(HasLength::Length(length)) => u64::try_from(length).ok()?,
            None => axis,
        };
        (start.checked_add(length)? <= axis).then_some((start, length))
    });
    Some(Slice { extents: extents.collect::<Option<_>>()? })
}

/// What is wrong if the slices (sorted by their starts) do not cover each element exactly once.
fn cover(key: &Key, shape: &Shape, parts: &[Part]) -> Option<FaultKind> {
    let mut comparisons = 0usize;
    for (i, part) in parts.iter().enumerate() {
        let end = part.slice.extents.first().map_or(u64::MAX, |(start, length)| start.saturating_add(*length));
        let rest = parts.get(i.saturating_add(1)..).unwrap_or_default();
        for other in rest.iter().take_while(|other| other.slice.extents.first().is_none_or(|(start, _)| *start < end)) {
            comparisons = comparisons.saturating_add(1);
            if part.slice.overlaps(&other.slice) {
                let (first, second) = (part.slice.to_string(), other.slice.to_string());
                return Some(FaultKind::SlicesOverlap { key: key.to_string(), first, second });
            }
        }
        if comparisons > COMPARISONS {
            return Some(FaultKind::SlicesTooMany { key: key.to_string(), slices: parts.len() as u64 });
        }
    }
    let elements = shape.elements()?;
    let covered = parts.iter().filter_map(|part| part.slice.elements()).fold(0, u64::saturating_add);
    (covered != elements).then(|| FaultKind::SlicesIncomplete { key: key.to_string(), covered, elements })
}

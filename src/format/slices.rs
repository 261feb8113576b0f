//! Slices of tensors, held against the whole.

use crate::bytes::FaultKind;
use crate::model::{Key, Shape, Slice};
use crate::proto::bundle::TensorSlice;
use crate::proto::bundle::tensor_slice::extent::HasLength;

/// Comparisons of two slices that we make at the most for one tensor. Slices that TensorFlow writes
/// are few or lie in a row, so this is never reached by an honest file.
const COMPARISONS: usize = 1 << 22;

/// The box that a slice cuts out of a shape. None if it reaches outside.
pub(super) fn resolve(message: &TensorSlice, shape: &Shape) -> Option<Slice> {
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
pub(super) fn cover(key: &Key, shape: &Shape, slices: &[&Slice]) -> Option<FaultKind> {
    let mut comparisons = 0usize;
    for (i, slice) in slices.iter().enumerate() {
        let end = slice.extents.first().map_or(u64::MAX, |(start, length)| start.saturating_add(*length));
        let rest = slices.get(i.saturating_add(1)..).unwrap_or_default();
        for other in rest.iter().take_while(|other| other.extents.first().is_none_or(|(start, _)| *start < end)) {
            comparisons = comparisons.saturating_add(1);
            if slice.overlaps(other) {
                let (first, second) = (slice.to_string(), other.to_string());
                return Some(FaultKind::SlicesOverlap { key: key.to_string(), first, second });
            }
        }
        if comparisons > COMPARISONS {
            return Some(FaultKind::SlicesTooMany { key: key.to_string(), slices: slices.len() as u64 });
        }
    }
    let elements = shape.elements()?;
    let covered = slices.iter().filter_map(|slice| slice.elements()).fold(0, u64::saturating_add);
    (covered != elements).then(|| FaultKind::SlicesIncomplete { key: key.to_string(), covered, elements })
}

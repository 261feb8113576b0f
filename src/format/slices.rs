//! Slices of tensors, held against the whole.

use crate::bytes::{FaultKind, limits};
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

/// Bytes of keys that may be looked up: each slice repeats the name of its tensor, of which the list of slices
/// has but one.
#[derive(Debug, Default)]
pub(super) struct Budget(u64);

impl Budget {
    /// What a file of this size may have looked up.
    pub fn of(size: u64) -> Self {
        Self(size.saturating_mul(limits::LOOKUP_EXPANSION).saturating_add(limits::LOOKUPS))
    }

    /// True if a key of so many bytes may be looked up.
    pub fn take(&mut self, bytes: usize) -> bool {
        let rest = self.0.checked_sub(bytes as u64);
        self.0 = rest.unwrap_or(0);
        rest.is_some()
    }
}

/// What is wrong with single slices of one tensor: told once, since there may be a hundred thousand of them.
#[derive(Debug, Default)]
pub(super) struct Wrongs {
    /// The first one without a record of its own, and how many there are.
    missing: Option<(String, u64)>,
    is_outside: bool,
    is_given_up: bool,
}

impl Wrongs {
    /// A slice has no record.
    pub fn missing(&mut self, slice: &Slice) {
        let (_, count) = self.missing.get_or_insert_with(|| (slice.to_string(), 0));
        *count = count.saturating_add(1);
    }

    /// A slice reaches out of the tensor.
    pub fn outside(&mut self) {
        self.is_outside = true;
    }

    /// The others are not looked at.
    pub fn give_up(&mut self) {
        self.is_given_up = true;
    }

    /// All that is wrong with the slices of a tensor, of which it says that it has `count`; `found` are those
    /// that were looked at, sorted by their starts.
    pub fn kinds(self, key: &Key, shape: Option<&Shape>, count: usize, found: &[&Slice]) -> Vec<FaultKind> {
        let key_text = || key.to_string();
        let mut kinds = Vec::new();
        if self.is_outside {
            kinds.push(FaultKind::ShapeInvalid { key: key_text() });
        }
        if let Some((slice, count)) = self.missing {
            kinds.push(FaultKind::SliceMissing { key: key_text(), slice, count });
        }
        if self.is_given_up {
            kinds.push(FaultKind::SlicesTooMany { key: key_text(), slices: count as u64 });
        } else {
            kinds.extend(shape.and_then(|shape| cover(key, shape, found)));
        }
        kinds
    }
}

/// What is wrong if the slices (sorted by their starts) do not cover each element exactly once.
fn cover(key: &Key, shape: &Shape, slices: &[&Slice]) -> Option<FaultKind> {
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

//! How much the values of a variable differ between two checkpoints.

use super::decode;
use super::stream::{Stream, nowhere};
use crate::bytes::{Fault, FaultKind};
use crate::model::{Checkpoint, Delta, Entry, Kind};
use crate::store::Store;

/// Reads both tensors, of one shape and dtype, side by side. None for strings and their like.
///
/// # Errors
/// If the bytes of either cannot be read, or one has fewer than the other.
pub fn delta(
    store: &dyn Store,
    old: (&Checkpoint, &Entry),
    new: (&Checkpoint, &Entry),
) -> Result<Option<Delta>, Fault> {
    let (kind, size) = match (old.1.dtype.kind(), old.1.dtype.bytes()) {
        (_, None) => return Ok(None),
        (Kind::Complex { bits }, Some(size)) => (Kind::Float { bits }, size / 2),
        (kind, Some(size)) => (kind, size),
    };
    let (mut a, mut b) = (Stream::open(store, old.0, old.1)?, Stream::open(store, new.0, new.1)?);
    let mut delta = Delta { total: 0, changed: 0, max_abs: 0.0, rel_l2: 0.0, lost_finite: 0 };
    let (mut of_old, mut of_difference) = (0.0, 0.0);
    loop {
        let (a, b) = (a.next()?, b.next()?);
        if a.len() != b.len() {
            let ((checkpoint, entry), other) = if a.len() < b.len() { (old, new.1) } else { (new, old.1) };
            let (stored, expected) = (entry.stored_bytes(), other.stored_bytes());
            let kind = FaultKind::SizeMismatch { key: entry.key.to_string(), stored, expected };
            return Err(Fault { kind, at: nowhere(checkpoint, entry).at });
        }
        if a.is_empty() {
            break;
        }
        for (a, b) in a.chunks_exact(size as usize).zip(b.chunks_exact(size as usize)) {
            let Some((x, y)) = decode::number(kind, a).zip(decode::number(kind, b)) else { continue };
            delta.total += 1;
            delta.changed += u64::from(a != b);
            delta.lost_finite += u64::from(x.is_finite() && !y.is_finite());
            if x.is_finite() {
                of_old += x * x;
            }
            if x.is_finite() && y.is_finite() {
                delta.max_abs = delta.max_abs.max((y - x).abs());
                of_difference += (y - x) * (y - x);
            }
        }
    }
    delta.rel_l2 = match (of_difference, of_old) {
        (0.0, _) => 0.0,
        (_, 0.0) => f64::INFINITY,
        (difference, old) => f64::sqrt(difference / old),
    };
    Ok(Some(delta))
}

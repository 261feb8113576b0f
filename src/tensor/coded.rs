//! Tensors whose bytes are elements only after they are decoded: chunks of HDF5, messages of format V1.

use super::chunk::{ChunkError, unfilter};
use super::stream::{self, Files};
use super::{boxes, values};
use crate::bytes::{Fault, FaultKind, limits};
use crate::model::{Checkpoint, Coded, Coding, Entry, Payload, Piece};
use crate::store::Store;

/// Bytes that a piece may have however few are stored: what zlib takes for nothing.
const SLACK: u64 = 1024;

/// Bytes of elements that so many stored ones can be.
fn most(stored: u64) -> u64 {
    stored.saturating_mul(limits::EXPANSION).max(limits::FILLED)
}

/// Bytes that a tensor of numbers becomes; 0 for those that are stored as they are, and those that are refused.
pub(super) fn decoded(entry: &Entry) -> u64 {
    let size = entry.dtype.bytes().filter(|_| matches!(entry.payload, Payload::Coded(_))).unwrap_or(0);
    Some(entry.elements().saturating_mul(size)).filter(|total| *total <= most(entry.stored_bytes())).unwrap_or(0)
}

/// Puts a tensor of numbers together: its elements, little-endian.
///
/// # Errors
/// If a piece cannot be read or decoded, or some element is in none and there is nothing to fill it with.
pub(super) fn assemble(
    store: &dyn Store,
    checkpoint: &Checkpoint,
    entry: &Entry,
    coded: &Coded,
) -> Result<Vec<u8>, Fault> {
    let wrong = |error| Fault { kind: undecodable(entry, error), at: stream::nowhere(checkpoint, entry).at };
    let axes = laid_out(checkpoint, entry, coded)?;
    let (Some(size), Some(elements)) = (entry.dtype.bytes(), entry.shape.elements()) else {
        return Err(stream::nowhere(checkpoint, entry));
    };
    // That the stored bytes are there, each of them once, is what allows to believe in their number.
    let files = Files::open(store, checkpoint, entry)?;
    let (total, stored) = (elements.saturating_mul(size), entry.stored_bytes());
    if total > most(stored) {
        let error = format!("{stored} stored bytes cannot be the {total} of its shape");
        // A dataset of which little was ever written may have any shape.
        let is_sparse = coded.fill.is_some();
        return Err(if is_sparse { not_read(checkpoint, entry, error) } else { wrong(error) });
    }
    let fill = coded.fill.as_deref().unwrap_or(&[0]);
    if coded.fill.as_ref().is_some_and(|fill| fill.len() as u64 != size) {
        return Err(wrong(format!("its fill value has {} bytes, an element {size}", fill.len())));
    }
    let mut whole = filled(fill, total).ok_or_else(|| wrong(format!("there is no memory for its {total} bytes")))?;
    for piece in &coded.pieces {
        let elements = numbers(&files, entry, &coded.coding, piece, size)?;
        boxes::place(&mut whole, axes, size, &piece.slice, &elements);
    }
    Ok(whole)
}

/// The strings of a tensor, each in its place.
///
/// # Errors
/// As [`assemble`].
pub(super) fn strings(
    store: &dyn Store,
    checkpoint: &Checkpoint,
    entry: &Entry,
    coded: &Coded,
) -> Result<Vec<Vec<u8>>, Fault> {
    let axes = laid_out(checkpoint, entry, coded)?;
    if matches!(coded.coding, Coding::Filters(_)) {
        return Err(not_read(checkpoint, entry, "strings in chunks".to_owned()));
    }
    if entry.stored_bytes() > limits::STRING_TENSOR || entry.elements() > limits::STRINGS {
        let kind = undecodable(entry, "the tensor is too large to look inside".to_owned());
        return Err(Fault { kind, at: stream::nowhere(checkpoint, entry).at });
    }
    let files = Files::open(store, checkpoint, entry)?;
    let mut placed: Vec<(u64, Vec<u8>)> = Vec::new();
    for piece in &coded.pieces {
        let (bytes, span) = files.read(piece.extent)?;
        let fault = |error| Fault { kind: undecodable(entry, error), at: span.clone() };
        let strings = values::strings(&bytes).map_err(fault)?;
        let wanted = boxes::volume(&piece.slice.extents);
        if strings.len() as u64 != wanted {
            return Err(fault(format!("it has {} strings, {wanted} are needed", strings.len())));
        }
        let at = |index: usize| boxes::position(axes, &piece.slice.extents, index as u64);
        placed.extend(strings.into_iter().enumerate().map(|(index, string)| (at(index), string)));
    }
    placed.sort_by_key(|(at, _)| *at);
    Ok(placed.into_iter().map(|(_, string)| string).collect())
}

/// The axes of a tensor, if its pieces are boxes of it, and all of it together where nothing fills the rest.
fn laid_out<'a>(checkpoint: &Checkpoint, entry: &'a Entry, coded: &Coded) -> Result<&'a [u64], Fault> {
    let axes = entry.shape.axes().ok_or_else(|| stream::nowhere(checkpoint, entry))?;
    let may_reach_beyond = matches!(coded.coding, Coding::Filters(_));
    let mut covered = 0u64;
    for piece in &coded.pieces {
        let inside = boxes::clip(axes, &piece.slice);
        let is_whole = inside.as_slice() == piece.slice.extents.as_slice();
        if piece.slice.extents.len() != axes.len() || !(is_whole || may_reach_beyond) {
            let kind = undecodable(entry, format!("{} is no box of shape {}", piece.slice, entry.shape));
            return Err(Fault { kind, at: stream::place(checkpoint, piece.extent) });
        }
        covered = covered.saturating_add(boxes::volume(&inside));
    }
    match coded.fill {
        None if covered != entry.elements() => Err(stream::incomplete(checkpoint, entry, covered)),
        _ => Ok(axes),
    }
}

/// The elements of a piece of numbers.
fn numbers(files: &Files<'_>, entry: &Entry, coding: &Coding, piece: &Piece, size: u64) -> Result<Vec<u8>, Fault> {
    let fault = |error| Fault { kind: undecodable(entry, error), at: files.place(piece.extent) };
    let expected = boxes::volume(&piece.slice.extents).saturating_mul(size);
    let stored = piece.extent.length;
    let justified = stored.saturating_mul(limits::EXPANSION).saturating_add(SLACK);
    let Some(expected) = usize::try_from(expected).ok().filter(|_| expected <= justified) else {
        return Err(fault(format!("{stored} bytes cannot be the {expected} of its box")));
    };
    let (bytes, at) = files.read(piece.extent)?;
    match coding {
        Coding::Filters(filters) => {
            let mut elements = unfilter(bytes, filters, piece.mask, expected).map_err(|error| match error {
                ChunkError::Unsupported(filter) => Fault { kind: unsupported(entry, format!("filter {filter}")), at },
                error => fault(error.to_string()),
            })?;
            stream::to_little_endian(entry.endianness, entry.dtype, &mut elements);
            Ok(elements)
        }
        Coding::TensorProto => {
            let elements = values::numbers(&bytes, entry.dtype).map_err(fault)?;
            match elements.len() {
                found if found == expected => Ok(elements),
                found => Err(fault(format!("it has {found} bytes of values, {expected} are needed"))),
            }
        }
    }
}

/// So many bytes of one element again and again; none if there is no memory for them.
fn filled(fill: &[u8], total: u64) -> Option<Vec<u8>> {
    let total = usize::try_from(total).ok()?;
    let mut whole = Vec::new();
    whole.try_reserve_exact(total).ok()?;
    if fill.iter().all(|byte| *byte == 0) {
        whole.resize(total, 0);
    }
    while whole.len() < total {
        whole.extend_from_slice(fill);
    }
    Some(whole)
}

/// Why a tensor that may well be sound is not read.
fn not_read(checkpoint: &Checkpoint, entry: &Entry, what: String) -> Fault {
    Fault { kind: unsupported(entry, what), at: stream::nowhere(checkpoint, entry).at }
}

fn unsupported(entry: &Entry, what: String) -> FaultKind {
    FaultKind::Hdf5Unsupported { path: entry.key.to_string().into(), what }
}

fn undecodable(entry: &Entry, error: String) -> FaultKind {
    FaultKind::PieceUndecodable { key: entry.key.to_string(), error }
}

#[cfg(test)]
mod tests;

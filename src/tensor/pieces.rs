//! Tensors that lie in boxes, stored as they are or to be decoded: slices, chunks of HDF5, messages of format V1. None
//! is ever put together whole, and what was never written is not written here either.

mod ordered;
mod tally;

use std::collections::BTreeMap;

pub(super) use ordered::{Ordered, Step};

use super::boxes::{self, Runs};
use super::opened::Opened;
use super::source::{Broken, Held, Source, Stored};
use super::{chunk, stream, values};
use crate::bytes::{Fault, FaultKind, limits};
use crate::model::{Coding, Entry, Extent, Payload, Slice};

/// Slices are stored as they are.
const PLAIN: &Coding = &Coding::Filters(Vec::new());

/// Bytes that a piece may have however few are stored: what zlib takes for nothing.
const SLACK: u64 = 1024;

/// The pieces of a tensor of numbers.
pub(super) struct Pieces<'a> {
    opened: &'a Opened<'a>,
    entry: &'a Entry,
    axes: &'a [u64],
    /// Bytes of an element.
    size: u64,
    /// Elements of the tensor, and of all pieces.
    elements: u64,
    covered: u64,
    coding: &'a Coding,
    /// One element, for those that no piece covers.
    fill: Option<&'a [u8]>,
    /// Sorted by their first elements.
    pieces: Vec<Piece<'a>>,
}

struct Piece<'a> {
    slice: &'a Slice,
    extent: Extent,
    mask: u32,
    /// Position of its first element in the tensor.
    first: u64,
}

impl<'a> Pieces<'a> {
    /// Looks whether the pieces make the tensor.
    ///
    /// # Errors
    /// If one is not in its file, or no box of the tensor; if an element is in none, and there is nothing to fill it
    /// with.
    pub fn open(opened: &'a Opened<'a>, entry: &'a Entry) -> Result<Self, Fault> {
        let checkpoint = opened.checkpoint();
        let nowhere = || stream::nowhere(checkpoint, entry);
        let wrong = |error| Fault { kind: undecodable(entry, error), at: nowhere().at };
        let (axes, covered) = laid_out(opened, entry)?;
        let (size, elements) = entry.dtype.bytes().zip(entry.shape.elements()).ok_or_else(nowhere)?;
        let total = elements.saturating_mul(size);
        let (coding, fill) = match &entry.payload {
            Payload::Coded(coded) => (&coded.coding, coded.fill.as_deref()),
            _ if entry.stored_bytes() != total => {
                return Err(stream::incomplete(checkpoint, entry, entry.stored_bytes() / size.max(1)));
            }
            _ => (PLAIN, None),
        };
        // That the stored bytes are there, each of them once, is what allows to believe in their number.
        disjoint(opened, entry)?;
        if fill.is_none() && total > most(entry.stored_bytes()) {
            return Err(wrong(unjustified(entry, total)));
        }
        if let Some(fill) = fill.filter(|fill| fill.len() as u64 != size) {
            return Err(wrong(format!("its fill value has {} bytes, an element {size}", fill.len())));
        }
        let mut pieces: Vec<Piece<'_>> = stored(entry)
            .into_iter()
            .filter(|(slice, ..)| boxes::volume(&boxes::clip(axes, slice)) > 0)
            .map(|(slice, extent, mask)| Piece {
                slice,
                extent,
                mask,
                first: boxes::position(axes, &boxes::clip(axes, slice), 0),
            })
            .collect();
        pieces.sort_by_key(|piece| piece.first);
        let twice = pieces.windows(2).find(|pair| matches!(pair, [a, b] if a.first == b.first));
        match twice {
            Some(_) => Err(wrong("two of its pieces have one place".to_owned())),
            None => Ok(Self { opened, entry, axes, size, elements, covered, coding, fill, pieces }),
        }
    }

    /// Whether its elements are few enough for a look at each: what was never written may be without end.
    ///
    /// # Errors
    /// If they are not.
    pub fn few(&self) -> Result<(), Fault> {
        let total = self.elements.saturating_mul(self.size);
        if total <= most(self.entry.stored_bytes()) {
            return Ok(());
        }
        Err(self.not_read(unjustified(self.entry, total)))
    }

    /// How many pieces, at the most, have elements on both sides of one: in the tensor's order they are read side by
    /// side.
    fn beside(&self) -> u64 {
        let end = |piece: &Piece<'_>| {
            let runs = self.runs(piece);
            runs.position((runs.length * runs.count).saturating_sub(1))
        };
        let mut ends: Vec<u64> = self.pieces.iter().map(end).collect();
        ends.sort_unstable();
        let mut ended = ends.iter().peekable();
        let (mut open, mut most) = (0u64, 0u64);
        for piece in &self.pieces {
            while ended.next_if(|end| **end < piece.first).is_some() {
                open -= 1;
            }
            open += 1;
            most = most.max(open);
        }
        most
    }

    /// The elements of a piece, one after the other; of a shuffled one of up to `whole` bytes all are held.
    fn source(&self, piece: &Piece<'a>, whole: u64) -> Result<Box<dyn Source + 'a>, Fault> {
        let expected = self.bytes_of(piece);
        let stored = piece.extent.length;
        let justified = stored.saturating_mul(limits::EXPANSION).saturating_add(SLACK);
        if expected > justified {
            return Err(self.wrong(piece, format!("{stored} bytes cannot be the {expected} of its box")));
        }
        let opened = self.opened;
        let extent = piece.extent;
        match self.coding {
            Coding::Filters(filters) => {
                let file = || -> Box<dyn Source + 'a> { Box::new(Stored::new(opened, extent)) };
                chunk::elements(&file, filters, piece.mask, (expected, whole))
                    .map_err(|broken| self.fault(piece, broken))
            }
            Coding::TensorProto => {
                let mut message = Vec::new();
                let message = opened.read(extent, &mut message)?;
                let elements = values::numbers(message, self.entry.dtype).map_err(|error| self.wrong(piece, error))?;
                match elements.len() as u64 {
                    found if found == expected => Ok(Box::new(Held::new(elements))),
                    found => Err(self.wrong(piece, format!("it has {found} bytes of values, {expected} are needed"))),
                }
            }
        }
    }

    /// Turns the elements of a piece from the stored order.
    fn to_little_endian(&self, elements: &mut [u8]) {
        // Where messages are decoded, their order is too.
        if matches!(self.coding, Coding::Filters(_)) {
            stream::to_little_endian(self.entry.endianness, self.entry.dtype, elements);
        }
    }

    /// Bytes of the elements of a piece.
    fn bytes_of(&self, piece: &Piece<'_>) -> u64 {
        boxes::volume(&piece.slice.extents).saturating_mul(self.size)
    }

    fn runs(&self, piece: &Piece<'_>) -> Runs {
        Runs::new(self.axes, piece.slice)
    }

    fn fault(&self, piece: &Piece<'_>, broken: Broken) -> Fault {
        match broken {
            Broken::Unreadable(fault) => *fault,
            Broken::Wrong(chunk::ChunkError::Unsupported(filter)) => {
                Fault { kind: unsupported(self.entry, format!("filter {filter}")), at: self.place(piece) }
            }
            Broken::Wrong(error) => self.wrong(piece, error.to_string()),
        }
    }

    fn wrong(&self, piece: &Piece<'_>, error: String) -> Fault {
        Fault { kind: undecodable(self.entry, error), at: self.place(piece) }
    }

    fn place(&self, piece: &Piece<'_>) -> crate::bytes::Span {
        stream::place(self.opened.checkpoint(), piece.extent)
    }

    /// Why a tensor that may well be sound is not read.
    fn not_read(&self, what: String) -> Fault {
        let at = stream::nowhere(self.opened.checkpoint(), self.entry).at;
        Fault { kind: unsupported(self.entry, what), at }
    }
}

/// The boxes of a tensor that have bytes, and the masks of their filters.
fn stored(entry: &Entry) -> Vec<(&Slice, Extent, u32)> {
    match &entry.payload {
        Payload::Slices(parts) => parts.iter().filter_map(|part| Some((&part.slice, part.extent?, 0))).collect(),
        Payload::Coded(coded) => coded.pieces.iter().map(|piece| (&piece.slice, piece.extent, piece.mask)).collect(),
        Payload::Extent(_) | Payload::Nowhere => Vec::new(),
    }
}

/// The axes of a tensor and how many elements its boxes cover, if all are boxes of it: all elements where nothing
/// fills the rest. Only chunks at the edges may reach beyond.
///
/// # Errors
/// If they are not.
pub(super) fn laid_out<'a>(opened: &Opened<'_>, entry: &'a Entry) -> Result<(&'a [u64], u64), Fault> {
    let axes = entry.shape.axes().ok_or_else(|| stream::nowhere(opened.checkpoint(), entry))?;
    let (is_message, is_filled) = match &entry.payload {
        Payload::Coded(coded) => (matches!(coded.coding, Coding::TensorProto), coded.fill.is_some()),
        _ => (false, false),
    };
    let mut covered = 0u64;
    for (slice, extent, _) in stored(entry) {
        let inside = boxes::clip(axes, slice);
        let is_whole = inside.as_slice() == slice.extents.as_slice();
        if slice.extents.len() != axes.len() || !is_whole && is_message {
            let kind = undecodable(entry, format!("{slice} is no box of shape {}", entry.shape));
            return Err(Fault { kind, at: stream::place(opened.checkpoint(), extent) });
        }
        covered = covered.saturating_add(boxes::volume(&inside));
    }
    if !is_filled && covered != entry.elements() {
        return Err(stream::incomplete(opened.checkpoint(), entry, covered));
    }
    Ok((axes, covered))
}

/// Whether the stretches of an entry are in their files, which are large enough for all of them: pieces that share
/// bytes could make much of a small file.
///
/// # Errors
/// If they are not.
pub(super) fn disjoint(opened: &Opened<'_>, entry: &Entry) -> Result<(), Fault> {
    let mut sizes: BTreeMap<usize, u64> = BTreeMap::new();
    for (extent, _) in entry.extents() {
        sizes.insert(extent.file, opened.size(extent)?);
    }
    if sizes.into_values().fold(0, u64::saturating_add) >= entry.stored_bytes() {
        return Ok(());
    }
    let key = entry.key.to_string();
    let kind = FaultKind::ExtentsOverlap { other: key.clone(), key };
    Err(Fault { kind, at: stream::nowhere(opened.checkpoint(), entry).at })
}

/// Bytes that the pieces of a tensor of numbers are decoded to; 0 for those that are stored as they are.
pub(super) fn decoded(entry: &Entry) -> u64 {
    let size = entry.dtype.bytes().filter(|_| matches!(entry.payload, Payload::Coded(_))).unwrap_or(0);
    let bytes = |extents: &[(u64, u64)], extent: &Extent| {
        // More than that is refused.
        boxes::volume(extents).saturating_mul(size).min(extent.length.saturating_mul(limits::EXPANSION))
    };
    stored(entry).iter().map(|(slice, extent, _)| bytes(&slice.extents, extent)).fold(0, u64::saturating_add)
}

/// Bytes of elements that so many stored ones can be.
fn most(stored: u64) -> u64 {
    stored.saturating_mul(limits::EXPANSION).max(limits::FILLED)
}

fn unjustified(entry: &Entry, total: u64) -> String {
    format!("{} stored bytes cannot be the {total} of its shape", entry.stored_bytes())
}

pub(super) fn unsupported(entry: &Entry, what: String) -> FaultKind {
    FaultKind::Hdf5Unsupported { path: entry.key.to_string().into(), what }
}

pub(super) fn undecodable(entry: &Entry, error: String) -> FaultKind {
    FaultKind::PieceUndecodable { key: entry.key.to_string(), error }
}

#[cfg(test)]
mod tests;

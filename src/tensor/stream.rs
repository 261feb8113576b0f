//! The elements of one tensor, front to back, a piece at a time.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry::{Occupied, Vacant};

use crate::bytes::{Fault, FaultKind, Span};
use crate::model::{Checkpoint, DType, Endianness, Entry, Extent, File, Kind, Payload};
use crate::store::{Blob, Store};

use super::PIECE;

/// Element bytes of a tensor of numbers, row-major and little-endian, whatever the file has.
pub(super) struct Stream {
    source: Source,
    dtype: DType,
    stored: Endianness,
    buffer: Vec<u8>,
}

enum Source {
    Extent {
        blob: Box<dyn Blob>,
        at: u64,
        end: u64,
        span: Span,
    },
    /// A partitioned tensor is put together first.
    Memory {
        bytes: Vec<u8>,
        at: usize,
    },
}

impl Stream {
    /// Opens the elements of an entry.
    ///
    /// # Errors
    /// If its bytes cannot be opened, or its slices do not make the whole.
    pub fn open(store: &dyn Store, checkpoint: &Checkpoint, entry: &Entry) -> Result<Self, Fault> {
        let source = match &entry.payload {
            Payload::Extent(extent) => {
                let (blob, span) = open(store, checkpoint, *extent)?;
                Source::Extent { blob, at: extent.offset, end: extent.end(), span }
            }
            Payload::Slices(_) => Source::Memory { bytes: assemble(store, checkpoint, entry)?, at: 0 },
            Payload::Coded(_) | Payload::Nowhere => return Err(nowhere(checkpoint, entry)),
        };
        Ok(Self { source, dtype: entry.dtype, stored: checkpoint.endianness, buffer: Vec::new() })
    }

    /// The next piece, of at most [`PIECE`] bytes and whole elements; empty at the end.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn next(&mut self) -> Result<&[u8], Fault> {
        match &mut self.source {
            Source::Extent { blob, at, end, span } => {
                let length = end.saturating_sub(*at).min(PIECE as u64);
                self.buffer.resize(length as usize, 0);
                blob.read_at(*at, &mut self.buffer).map_err(|error| unreadable(span, &error))?;
                *at += length;
            }
            Source::Memory { bytes, at } => {
                let end = bytes.len().min(*at + PIECE);
                self.buffer.clear();
                self.buffer.extend_from_slice(bytes.get(*at..end).unwrap_or_default());
                *at = end;
            }
        }
        to_little_endian(self.stored, self.dtype, &mut self.buffer);
        Ok(&self.buffer)
    }

    /// All the elements.
    ///
    /// # Errors
    /// If the file cannot be read.
    pub fn all(mut self) -> Result<Vec<u8>, Fault> {
        let mut all = Vec::new();
        loop {
            let piece = self.next()?;
            if piece.is_empty() {
                return Ok(all);
            }
            all.extend_from_slice(piece);
        }
    }
}

/// Turns the bytes of each number from the stored order. A complex element is two numbers.
pub(super) fn to_little_endian(stored: Endianness, dtype: DType, bytes: &mut [u8]) {
    let element = dtype.bytes().unwrap_or(1) as usize;
    let word = if matches!(dtype.kind(), Kind::Complex { .. }) { element / 2 } else { element };
    if stored == Endianness::Big && word > 1 {
        bytes.chunks_exact_mut(word).for_each(<[u8]>::reverse);
    }
}

/// Opens the file that an extent lies in, if the file reaches to its end.
pub(super) fn open(store: &dyn Store, checkpoint: &Checkpoint, extent: Extent) -> Result<(Box<dyn Blob>, Span), Fault> {
    let Some(file) = checkpoint.files.get(extent.file) else {
        let span = Span { file: checkpoint.label.as_str().into(), bytes: 0..0 };
        return Err(Fault { kind: FaultKind::Missing, at: span });
    };
    let span = span(file, extent);
    let blob = store.open(&file.path).map_err(|error| unreadable(&span, &error))?;
    fits(checkpoint, extent, blob.as_ref())?;
    Ok((blob, span))
}

/// Whether a file reaches to the end of an extent.
fn fits(checkpoint: &Checkpoint, extent: Extent, blob: &dyn Blob) -> Result<(), Fault> {
    match checkpoint.files.get(extent.file) {
        Some(file) if blob.size() < extent.end() => {
            let kind = FaultKind::ShardTruncated { size: blob.size(), needed: extent.end() };
            Err(Fault { kind, at: span(file, extent) })
        }
        _ => Ok(()),
    }
}

pub(super) fn span(file: &File, extent: Extent) -> Span {
    Span { file: file.label.clone(), bytes: extent.offset..extent.end() }
}

pub(super) fn unreadable(span: &Span, error: &std::io::Error) -> Fault {
    let kind = match error.kind() {
        std::io::ErrorKind::NotFound => FaultKind::Missing,
        _ => FaultKind::Unreadable { error: error.to_string() },
    };
    Fault { kind, at: span.clone() }
}

/// Why an entry that names no bytes (or, for strings, slices of them) cannot be read.
pub(super) fn nowhere(checkpoint: &Checkpoint, entry: &Entry) -> Fault {
    let file = checkpoint.index_file().map_or_else(|| checkpoint.label.as_str().into(), |file| file.label.clone());
    let kind = FaultKind::EntryMalformed { key: entry.key.to_string(), error: "it names no bytes".to_owned() };
    Fault { kind, at: Span { file, bytes: entry.declared_at.clone() } }
}

/// Why a tensor cannot be put together of slices that cover so many elements.
pub(super) fn incomplete(checkpoint: &Checkpoint, entry: &Entry, covered: u64) -> Fault {
    let kind = FaultKind::SlicesIncomplete { key: entry.key.to_string(), covered, elements: entry.elements() };
    Fault { kind, at: nowhere(checkpoint, entry).at }
}

/// Puts a partitioned tensor together.
fn assemble(store: &dyn Store, checkpoint: &Checkpoint, entry: &Entry) -> Result<Vec<u8>, Fault> {
    let Payload::Slices(parts) = &entry.payload else { return Err(nowhere(checkpoint, entry)) };
    let (Some(axes), Some(size)) = (entry.shape.axes(), entry.dtype.bytes()) else {
        return Err(nowhere(checkpoint, entry));
    };
    let Some(total) = entry.elements().checked_mul(size) else { return Err(nowhere(checkpoint, entry)) };
    // Before anything is allocated: the parts that are there must add up to the whole.
    if entry.stored_bytes() != total {
        return Err(incomplete(checkpoint, entry, entry.stored_bytes() / size));
    }
    // Slices may be more than files can be open, so each file is opened once.
    let mut blobs: BTreeMap<usize, Box<dyn Blob>> = BTreeMap::new();
    let slices = || parts.iter().filter_map(|part| Some((&part.slice, part.extent?)));
    for (_, extent) in slices() {
        let blob = match blobs.entry(extent.file) {
            Occupied(opened) => opened.into_mut(),
            Vacant(vacant) => vacant.insert(open(store, checkpoint, extent)?.0),
        };
        fits(checkpoint, extent, blob.as_ref())?;
    }
    // Slices that share bytes could make much of a small file.
    if blobs.values().map(|blob| blob.size()).fold(0, u64::saturating_add) < total {
        let key = entry.key.to_string();
        let kind = FaultKind::ExtentsOverlap { other: key.clone(), key };
        return Err(Fault { kind, at: nowhere(checkpoint, entry).at });
    }
    let mut whole = vec![0; total as usize];
    for (slice, extent) in slices() {
        let Some((blob, file)) = blobs.get(&extent.file).zip(checkpoint.files.get(extent.file)) else { continue };
        let span = span(file, extent);
        let mut bytes = vec![0; extent.length as usize];
        blob.read_at(extent.offset, &mut bytes).map_err(|error| unreadable(&span, &error))?;
        let row = slice.extents.last().map_or(1, |(_, length)| *length) * size;
        if row == 0 {
            continue;
        }
        for (number, from) in bytes.chunks_exact(row as usize).enumerate() {
            let first = number as u64 * (row / size);
            let to = (position(axes, &slice.extents, first) * size) as usize;
            if let Some(to) = whole.get_mut(to..to.saturating_add(from.len())) {
                to.copy_from_slice(from);
            }
        }
    }
    Ok(whole)
}

/// Position in the whole tensor (in elements) of element `index` of a slice.
pub(super) fn position(axes: &[u64], extents: &[(u64, u64)], index: u64) -> u64 {
    let (mut rest, mut stride, mut at) = (index, 1u64, 0u64);
    for (axis, (start, length)) in axes.iter().zip(extents).rev() {
        let length = (*length).max(1);
        at = at.saturating_add((start + rest % length).saturating_mul(stride));
        rest /= length;
        stride = stride.saturating_mul(*axis);
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_in_the_whole() {
        // The slice [2..4, 1..4] of a [6, 5] tensor.
        let of = |index| position(&[6, 5], &[(2, 2), (1, 3)], index);
        assert_eq!([0, 1, 2, 3, 4, 5].map(of), [11, 12, 13, 16, 17, 18]);
        assert_eq!(position(&[], &[], 0), 0);
    }
}

//! The elements of one tensor, front to back, a piece at a time.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry::{Occupied, Vacant};

use crate::bytes::{Fault, FaultKind, Span};
use crate::model::{Checkpoint, DType, Endianness, Entry, Extent, Kind, Payload};
use crate::store::{Blob, Store};

use super::{PIECE, boxes, coded};

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
    /// A tensor in slices or pieces is put together first.
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
            Payload::Coded(coded) => Source::Memory { bytes: coded::assemble(store, checkpoint, entry, coded)?, at: 0 },
            Payload::Nowhere => return Err(nowhere(checkpoint, entry)),
        };
        // Where elements are decoded, their order is too.
        let is_coded = matches!(entry.payload, Payload::Coded(_));
        let stored = if is_coded { Endianness::Little } else { entry.endianness };
        Ok(Self { source, dtype: entry.dtype, stored, buffer: Vec::new() })
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
        if let Source::Memory { mut bytes, at: 0 } = self.source {
            to_little_endian(self.stored, self.dtype, &mut bytes);
            return Ok(bytes);
        }
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
    let span = place(checkpoint, extent);
    let Some(file) = checkpoint.files.get(extent.file) else {
        return Err(Fault { kind: FaultKind::Missing, at: span });
    };
    let blob = crate::store::open(store, &file.path).map_err(|error| unreadable(&span, &error))?;
    fits(checkpoint, extent, blob.as_ref())?;
    Ok((blob, span))
}

/// Whether a file reaches to the end of an extent.
fn fits(checkpoint: &Checkpoint, extent: Extent, blob: &dyn Blob) -> Result<(), Fault> {
    match checkpoint.files.get(extent.file) {
        Some(_) if blob.size() < extent.end() => {
            let kind = FaultKind::ShardTruncated { size: blob.size(), needed: extent.end() };
            Err(Fault { kind, at: place(checkpoint, extent) })
        }
        _ => Ok(()),
    }
}

/// The place of an extent, for people.
pub(super) fn place(checkpoint: &Checkpoint, extent: Extent) -> Span {
    match checkpoint.files.get(extent.file) {
        Some(file) => Span { file: file.label.clone(), bytes: extent.offset..extent.end() },
        None => Span { file: checkpoint.label.as_str().into(), bytes: 0..0 },
    }
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
    Fault { kind, at: Span { file, bytes: entry.declared_at.bytes() } }
}

/// Why a tensor cannot be put together of slices that cover so many elements.
pub(super) fn incomplete(checkpoint: &Checkpoint, entry: &Entry, covered: u64) -> Fault {
    let kind = FaultKind::SlicesIncomplete { key: entry.key.to_string(), covered, elements: entry.elements() };
    Fault { kind, at: nowhere(checkpoint, entry).at }
}

/// The files that the bytes of an entry lie in. Its pieces may be more than files can be open, so each is
/// opened once.
pub(super) struct Files<'a> {
    checkpoint: &'a Checkpoint,
    blobs: BTreeMap<usize, Box<dyn Blob>>,
}

impl<'a> Files<'a> {
    /// Opens them.
    ///
    /// # Errors
    /// If one cannot be opened or is too short, or if all are smaller than the pieces in them: pieces that
    /// share bytes could make much of a small file.
    pub fn open(store: &dyn Store, checkpoint: &'a Checkpoint, entry: &Entry) -> Result<Self, Fault> {
        let mut blobs: BTreeMap<usize, Box<dyn Blob>> = BTreeMap::new();
        for (extent, _) in entry.extents() {
            let blob = match blobs.entry(extent.file) {
                Occupied(opened) => opened.into_mut(),
                Vacant(vacant) => vacant.insert(open(store, checkpoint, extent)?.0),
            };
            fits(checkpoint, extent, blob.as_ref())?;
        }
        if blobs.values().map(|blob| blob.size()).fold(0, u64::saturating_add) < entry.stored_bytes() {
            let key = entry.key.to_string();
            let kind = FaultKind::ExtentsOverlap { other: key.clone(), key };
            return Err(Fault { kind, at: nowhere(checkpoint, entry).at });
        }
        Ok(Self { checkpoint, blobs })
    }

    /// The place of an extent.
    pub fn place(&self, extent: Extent) -> Span {
        place(self.checkpoint, extent)
    }

    /// The bytes of one of the entry's extents, and their place.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn read(&self, extent: Extent) -> Result<(Vec<u8>, Span), Fault> {
        let span = self.place(extent);
        let Some(blob) = self.blobs.get(&extent.file) else {
            return Err(Fault { kind: FaultKind::Missing, at: span });
        };
        let mut bytes = vec![0; extent.length as usize];
        blob.read_at(extent.offset, &mut bytes).map_err(|error| unreadable(&span, &error))?;
        Ok((bytes, span))
    }
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
    let files = Files::open(store, checkpoint, entry)?;
    let mut whole = vec![0; total as usize];
    for (slice, extent) in parts.iter().filter_map(|part| Some((&part.slice, part.extent?))) {
        boxes::place(&mut whole, axes, size, slice, &files.read(extent)?.0);
    }
    Ok(whole)
}

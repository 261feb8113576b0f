//! The elements of one tensor, front to back, some at a time.

use crate::bytes::{Fault, FaultKind, Span};
use crate::model::{Checkpoint, DType, Endianness, Entry, Extent, Kind, Payload};
use crate::store::{Blob, Store};

use super::PIECE;
use super::opened::Opened;
use super::pieces::{Ordered, Pieces, Step};

/// Bytes of memory for pieces that are being read.
const ROOM: u64 = 8 << 20;

/// Elements of a tensor of numbers, row-major and little-endian, whatever the file has.
pub(super) struct Stream<'a> {
    source: Source<'a>,
    entry: &'a Entry,
    /// How many elements of the fill value come next.
    unwritten: u64,
    buffer: Vec<u8>,
}

enum Source<'a> {
    /// In one stretch: what is left of it.
    Extent { opened: &'a Opened<'a>, rest: Extent },
    /// In slices or pieces.
    Pieces(Box<Ordered<'a>>),
}

/// Some elements that follow each other.
pub(super) enum Run<'s> {
    /// Their bytes; none at the end.
    Bytes(&'s [u8]),
    /// So many times one element, which is not stored.
    Same {
        /// Its bytes.
        element: &'s [u8],
        /// How many.
        count: u64,
    },
}

impl<'a> Stream<'a> {
    /// Opens the elements of an entry.
    ///
    /// # Errors
    /// If its bytes cannot be opened, or its slices do not make the whole.
    pub fn open(opened: &'a Opened<'a>, entry: &'a Entry) -> Result<Self, Fault> {
        let source = match &entry.payload {
            Payload::Extent(extent) => {
                opened.size(*extent)?;
                Source::Extent { opened, rest: *extent }
            }
            Payload::Slices(_) | Payload::Coded(_) => {
                Source::Pieces(Box::new(Ordered::new(Pieces::open(opened, entry)?, ROOM)))
            }
            Payload::Nowhere => return Err(nowhere(opened.checkpoint(), entry)),
        };
        Ok(Self { source, entry, unwritten: 0, buffer: Vec::new() })
    }

    /// The same, for a look at every element.
    ///
    /// # Errors
    /// If these are many more than stored bytes can be, so that the look would have no end.
    pub fn each(self) -> Result<Self, Fault> {
        match &self.source {
            Source::Pieces(ordered) => ordered.pieces().few()?,
            Source::Extent { .. } => {}
        }
        Ok(self)
    }

    /// The next elements, as they are stored or not.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn run(&mut self) -> Result<Run<'_>, Fault> {
        self.advance()?;
        match std::mem::take(&mut self.unwritten) {
            0 => Ok(Run::Bytes(self.bytes())),
            count => Ok(Run::Same { element: self.fill(), count }),
        }
    }

    /// The bytes of the next elements, whole ones, a few MiB at most; none at the end.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn next(&mut self) -> Result<&[u8], Fault> {
        self.advance()?;
        if self.unwritten == 0 {
            return Ok(self.bytes());
        }
        let fill = self.fill();
        let count = self.unwritten.min((PIECE / fill.len().max(1)) as u64);
        self.unwritten -= count;
        self.buffer.clear();
        repeat(fill, count, &mut self.buffer);
        Ok(&self.buffer)
    }

    /// All the elements.
    ///
    /// # Errors
    /// If they cannot be read, or are too many.
    pub fn all(self) -> Result<Vec<u8>, Fault> {
        let mut stream = self.each()?;
        let mut all = Vec::new();
        loop {
            let piece = stream.next()?;
            if piece.is_empty() {
                return Ok(all);
            }
            all.extend_from_slice(piece);
        }
    }

    /// Reads on, if nothing is left.
    fn advance(&mut self) -> Result<(), Fault> {
        if self.unwritten > 0 {
            return Ok(());
        }
        match &mut self.source {
            Source::Extent { opened, rest } => {
                let length = rest.length.min(PIECE as u64);
                self.buffer.resize(length as usize, 0);
                opened.fill(Extent { length, ..*rest }, &mut self.buffer)?;
                *rest = Extent { offset: rest.offset + length, length: rest.length - length, ..*rest };
                to_little_endian(self.entry.endianness, self.entry.dtype, &mut self.buffer);
            }
            Source::Pieces(ordered) => match ordered.advance()? {
                Step::Window => {}
                Step::Unwritten(count) => self.unwritten = count,
                Step::End => ordered.clear(),
            },
        }
        Ok(())
    }

    fn bytes(&self) -> &[u8] {
        match &self.source {
            Source::Extent { .. } => &self.buffer,
            Source::Pieces(ordered) => ordered.window(),
        }
    }

    fn fill(&self) -> &'a [u8] {
        match &self.source {
            Source::Extent { .. } => &[],
            Source::Pieces(ordered) => ordered.fill(),
        }
    }
}

/// Puts one element into a buffer, again and again.
pub(super) fn repeat(element: &[u8], count: u64, into: &mut Vec<u8>) {
    (0..count).for_each(|_| into.extend_from_slice(element));
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
    if blob.size() < extent.end() {
        let kind = FaultKind::ShardTruncated { size: blob.size(), needed: extent.end() };
        return Err(Fault { kind, at: span });
    }
    Ok((blob, span))
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

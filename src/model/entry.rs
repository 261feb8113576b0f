//! What is stored: a key, a type, a shape, and where the bytes lie.

use std::cmp::Ordering;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::checkpoint::Endianness;
use super::dtype::DType;
use super::filter::Filter;
use super::shape::{Shape, Slice};
use super::text::Text;

/// Position of an entry in [`super::Checkpoint::entries`].
pub type EntryId = usize;

/// The key of an entry. Keys are bytes; nearly always, but not surely, UTF-8.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Key(Repr);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Repr {
    Text(Text),
    /// The second box makes the pointer thin, so that the rare case does not make every key larger.
    Bytes(Box<Box<[u8]>>),
}

impl Key {
    /// The bytes as stored.
    pub fn bytes(&self) -> &[u8] {
        match &self.0 {
            Repr::Text(text) => text.as_bytes(),
            Repr::Bytes(bytes) => bytes,
        }
    }

    /// The text, if it is text.
    pub fn text(&self) -> Option<&str> {
        self.shared().map(Text::as_str)
    }

    /// The same, as a name that shares its memory.
    pub fn shared(&self) -> Option<&Text> {
        match &self.0 {
            Repr::Text(text) => Some(text),
            Repr::Bytes(_) => None,
        }
    }
}

/// Many keys that lie one behind the other.
#[derive(Debug)]
pub enum Keys {
    /// All of it is text.
    Text(Arc<Box<str>>),
    /// Some of it is not.
    Bytes(Vec<u8>),
}

impl From<&[u8]> for Keys {
    fn from(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Self::Text(Arc::new(text.into())),
            Err(_) => Self::Bytes(bytes.into()),
        }
    }
}

impl Keys {
    /// The key at a place; empty beyond the end.
    pub fn get(&self, at: Range<usize>) -> Key {
        match self {
            Self::Text(text) => match Text::cut(text, at.clone()) {
                Some(text) => Key(Repr::Text(text)),
                None => text.as_bytes().get(at).unwrap_or_default().into(),
            },
            Self::Bytes(bytes) => bytes.get(at).unwrap_or_default().into(),
        }
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        self.bytes().cmp(other.bytes())
    }
}

impl From<&[u8]> for Key {
    fn from(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => text.into(),
            Err(_) => Self(Repr::Bytes(Box::new(bytes.into()))),
        }
    }
}

impl From<&str> for Key {
    fn from(text: &str) -> Self {
        Self(Repr::Text(text.into()))
    }
}

impl fmt::Display for Key {
    /// The text, with bytes that are not UTF-8 as `\xff`. Control characters are left for the
    /// renderers, which know what their output can bear.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(text) = self.text() {
            return f.write_str(text);
        }
        for chunk in self.bytes().utf8_chunks() {
            f.write_str(chunk.valid())?;
            for byte in chunk.invalid() {
                write!(f, "\\x{byte:02x}")?;
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

/// One tensor of a checkpoint. A partitioned tensor is one entry, its slices are its parts.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key as stored.
    pub key: Key,
    /// Element type.
    pub dtype: DType,
    /// Shape of the whole tensor.
    pub shape: Shape,
    /// Where its bytes lie.
    pub payload: Payload,
    /// CRC-32C of its bytes, as recorded (not masked). None for a partitioned tensor.
    pub checksum: Option<u32>,
    /// Byte order of the elements.
    pub endianness: Endianness,
    /// False if the record was read out of a block whose own checksum is wrong.
    pub trusted: bool,
    /// Where in the index file it is declared; empty where the record has no place there.
    pub declared_at: Place,
}

/// A place in the index file, in the 12 bytes that an entry has room for beside its other small fields;
/// a range would make every entry larger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The offset, its low half first.
    start: [u32; 2],
    length: u32,
}

impl Place {
    /// No place at all.
    pub const NONE: Self = Self { start: [0; 2], length: 0 };

    /// The bytes of the file.
    pub fn bytes(self) -> Range<u64> {
        let [low, high] = self.start.map(u64::from);
        let start = high << 32 | low;
        start..start.saturating_add(self.length.into())
    }
}

impl From<Range<u64>> for Place {
    fn from(bytes: Range<u64>) -> Self {
        let length = bytes.end.saturating_sub(bytes.start);
        // No block, and so no record, is of 4 GiB.
        Self {
            start: [bytes.start as u32, (bytes.start >> 32) as u32],
            length: u32::try_from(length).unwrap_or(u32::MAX),
        }
    }
}

impl Entry {
    /// Bytes that the tensor takes in the data files.
    pub fn stored_bytes(&self) -> u64 {
        match &self.payload {
            Payload::Extent(extent) => extent.length,
            Payload::Slices(parts) => {
                parts.iter().filter_map(|part| part.extent).fold(0, |sum, extent| sum.saturating_add(extent.length))
            }
            Payload::Coded(coded) => coded.pieces.iter().fold(0, |sum, piece| sum.saturating_add(piece.extent.length)),
            Payload::Nowhere => 0,
        }
    }

    /// True if the record gives it the bytes that its type and shape need, as far as these can be told:
    /// strings, and pieces that have to be decoded, may have any number.
    pub fn fits(&self) -> bool {
        let expected = self.dtype.bytes().map(|bytes| self.shape.elements()?.checked_mul(bytes));
        matches!(self.payload, Payload::Coded(_)) || expected.is_none_or(|bytes| bytes == Some(self.stored_bytes()))
    }

    /// Elements, 0 if they cannot be counted.
    pub fn elements(&self) -> u64 {
        self.shape.elements().unwrap_or(0)
    }

    /// Numbers in it: its elements, or 0 for strings and their like.
    pub fn params(&self) -> u64 {
        if self.dtype.is_numeric() { self.elements() } else { 0 }
    }

    /// Each extent of its bytes with the checksum recorded for it.
    pub fn extents(&self) -> impl Iterator<Item = (Extent, Option<u32>)> {
        let (whole, parts, pieces) = match &self.payload {
            Payload::Extent(extent) => (Some((*extent, self.checksum)), [].as_slice(), [].as_slice()),
            Payload::Slices(parts) => (None, parts.as_ref(), [].as_slice()),
            Payload::Coded(coded) => (None, [].as_slice(), coded.pieces.as_slice()),
            Payload::Nowhere => (None, [].as_slice(), [].as_slice()),
        };
        let parts = parts.iter().filter_map(|part| Some((part.extent?, part.checksum)));
        whole.into_iter().chain(parts).chain(pieces.iter().map(|piece| (piece.extent, None)))
    }

    /// True if both record checksums that prove the bytes equal or different without reading them.
    /// None if the index does not tell: no checksum, or differently sliced.
    pub fn same_bytes(&self, other: &Self) -> Option<bool> {
        if self.dtype != other.dtype || self.shape != other.shape {
            return Some(false);
        }
        match (&self.payload, &other.payload) {
            (Payload::Extent(a), Payload::Extent(b)) => Some(a.length == b.length && self.checksum? == other.checksum?),
            (Payload::Slices(a), Payload::Slices(b)) => {
                let cut_alike = a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.slice == b.slice);
                if !cut_alike {
                    return None;
                }
                let pairs: Option<Vec<bool>> = a.iter().zip(b).map(|(a, b)| Some(a.checksum? == b.checksum?)).collect();
                pairs.map(|pairs| pairs.into_iter().all(|same| same))
            }
            _ => None,
        }
    }
}

/// Where the bytes of a tensor lie.
#[derive(Clone, Debug, PartialEq)]
pub enum Payload {
    /// In one piece.
    Extent(Extent),
    /// In slices, sorted by their first element.
    Slices(Box<[Part]>),
    /// In pieces that have to be decoded.
    Coded(Box<Coded>),
    /// The record is too damaged to tell.
    Nowhere,
}

/// A range of bytes in one of the checkpoint's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Position in [`super::Checkpoint::files`].
    pub file: usize,
    /// First byte.
    pub offset: u64,
    /// Number of bytes.
    pub length: u64,
}

impl Extent {
    /// The byte after the last.
    pub fn end(&self) -> u64 {
        self.offset.saturating_add(self.length)
    }
}

/// Bytes that are elements only after they are decoded.
#[derive(Clone, Debug, PartialEq)]
pub struct Coded {
    /// How.
    pub coding: Coding,
    /// The pieces, each with its box; a box may reach beyond the tensor, as the chunks at the edges of a
    /// dataset of HDF5 do.
    pub pieces: Vec<Piece>,
    /// One element, little-endian, for those that no piece covers; none if every element must be covered.
    pub fill: Option<Box<[u8]>>,
}

/// How the bytes of a piece become elements.
#[derive(Clone, Debug, PartialEq)]
pub enum Coding {
    /// Undoing these filters of HDF5, which were applied in this order.
    Filters(Vec<Filter>),
    /// Reading the value field of a `TensorProto`, as V1 checkpoints have it: numbers packed or one by
    /// one with their tags, strings with their lengths.
    TensorProto,
}

/// One piece of a coded tensor.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    /// Which box of the tensor it is.
    pub slice: Slice,
    /// Where its bytes lie.
    pub extent: Extent,
    /// Of filtered pieces: bit n is set if filter n was left out.
    pub mask: u32,
}

/// One slice of a partitioned tensor.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// Which part of the tensor it is.
    pub slice: Slice,
    /// Where its bytes lie; none if the index has no entry for it.
    pub extent: Option<Extent>,
    /// CRC-32C of its bytes, as recorded (not masked).
    pub checksum: Option<u32>,
}

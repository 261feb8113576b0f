//! One tensor, whole or its beginning.

use super::decode::number;
use super::opened::Opened;
use super::stream::{self, Stream};
use super::{boxes, pieces, values};
use crate::bytes::strings::{strings, variants};
use crate::bytes::{Cursor, Fault, FaultKind, limits};
use crate::model::{Checkpoint, Coded, Coding, DType, Endianness, Entry, Extent, Kind, Payload};
use crate::store::Store;

/// The elements of a tensor, in row-major order.
#[derive(Clone, Debug, PartialEq)]
pub enum Elements {
    /// Numbers, booleans: their little-endian bytes, one element after the other.
    Bytes(Vec<u8>),
    /// Strings, or serialized variants.
    Strings(Vec<Vec<u8>>),
}

impl Elements {
    /// The numbers that they are; none for strings and complex numbers. Integers beyond 2^53 are rounded.
    pub fn numbers(&self, dtype: DType) -> Option<Vec<f64>> {
        let Self::Bytes(bytes) = self else { return None };
        let size = usize::try_from(dtype.bytes()?).ok()?.max(1);
        bytes.chunks_exact(size).map(|element| number(dtype.kind(), element)).collect()
    }
}

/// Reads a tensor whole.
///
/// # Errors
/// What keeps its bytes from being read, or its strings from being told apart.
pub fn read(store: &dyn Store, checkpoint: &Checkpoint, entry: &Entry) -> Result<Elements, Fault> {
    let opened = Opened::new(store, checkpoint);
    match entry.dtype.kind() {
        Kind::Str | Kind::Variant | Kind::Resource => read_strings(&opened, entry),
        _ => Ok(Elements::Bytes(Stream::open(&opened, entry)?.all()?)),
    }
}

/// Reads the first `count` elements, or as many as there are. Strings are read whole.
///
/// # Errors
/// As [`read`].
pub fn front(store: &dyn Store, checkpoint: &Checkpoint, entry: &Entry, count: u64) -> Result<Elements, Fault> {
    let Some(size) = entry.dtype.bytes() else {
        let Elements::Strings(mut all) = read(store, checkpoint, entry)? else { return read(store, checkpoint, entry) };
        all.truncate(usize::try_from(count).unwrap_or(usize::MAX));
        return Ok(Elements::Strings(all));
    };
    let wanted = usize::try_from(count.saturating_mul(size)).unwrap_or(usize::MAX);
    let opened = Opened::new(store, checkpoint);
    let mut stream = Stream::open(&opened, entry)?;
    let mut bytes = Vec::new();
    while bytes.len() < wanted {
        let piece = stream.next()?;
        if piece.is_empty() {
            break;
        }
        bytes.extend_from_slice(piece.get(..piece.len().min(wanted - bytes.len())).unwrap_or_default());
    }
    Ok(Elements::Bytes(bytes))
}

/// Strings of one stretch, or of every slice, each put in its place.
fn read_strings(opened: &Opened<'_>, entry: &Entry) -> Result<Elements, Fault> {
    let checkpoint = opened.checkpoint();
    match &entry.payload {
        Payload::Extent(extent) => Ok(Elements::Strings(stretch(opened, entry, *extent, entry.elements())?)),
        Payload::Slices(parts) => {
            let axes = entry.shape.axes().unwrap_or_default();
            // Slices that cover some elements twice would be more than the tensor; of that the index is told.
            let covered = parts.iter().filter_map(|part| part.slice.elements()).fold(0, u64::saturating_add);
            if covered != entry.elements() {
                return Err(stream::incomplete(checkpoint, entry, covered));
            }
            let mut placed: Vec<(u64, Vec<u8>)> = Vec::new();
            for part in parts {
                let extent = part.extent.ok_or_else(|| stream::nowhere(checkpoint, entry))?;
                let count = part.slice.elements().unwrap_or(0);
                let strings = stretch(opened, entry, extent, count)?;
                let at = |index: usize| boxes::position(axes, &part.slice.extents, index as u64);
                placed.extend(strings.into_iter().enumerate().map(|(index, string)| (at(index), string)));
            }
            placed.sort_by_key(|(at, _)| *at);
            Ok(Elements::Strings(placed.into_iter().map(|(_, string)| string).collect()))
        }
        Payload::Coded(coded) => Ok(Elements::Strings(messages(opened, entry, coded)?)),
        Payload::Nowhere => Err(stream::nowhere(checkpoint, entry)),
    }
}

fn stretch(opened: &Opened<'_>, entry: &Entry, extent: Extent, count: u64) -> Result<Vec<Vec<u8>>, Fault> {
    let span = stream::place(opened.checkpoint(), extent);
    opened.size(extent)?;
    let wrong = |what| Fault { kind: FaultKind::StringLengths { key: entry.key.to_string(), what }, at: span.clone() };
    if extent.length > limits::STRING_TENSOR || count > limits::STRINGS {
        return Err(wrong("the tensor is too large to look inside"));
    }
    let mut bytes = Vec::new();
    let bytes = opened.read(extent, &mut bytes)?;
    let cursor = Cursor::new(&span.file, bytes, extent.offset);
    let strings = match entry.dtype.kind() {
        Kind::Variant => variants(cursor, count),
        _ => strings(cursor, count, entry.endianness == Endianness::Big),
    };
    // Of the size of the tensor and a header for each element, no more: none of them grows as it is filled.
    let strings = strings.map_err(wrong)?;
    let mut all = Vec::with_capacity(usize::try_from(count).unwrap_or(0));
    all.extend(strings.elements().map(<[u8]>::to_vec));
    Ok(all)
}

/// The strings of a V1 checkpoint, each in its place.
fn messages(opened: &Opened<'_>, entry: &Entry, coded: &Coded) -> Result<Vec<Vec<u8>>, Fault> {
    let (axes, _) = pieces::laid_out(opened, entry)?;
    let at = || stream::nowhere(opened.checkpoint(), entry).at;
    if matches!(coded.coding, Coding::Filters(_)) {
        return Err(Fault { kind: pieces::unsupported(entry, "strings in chunks".to_owned()), at: at() });
    }
    if entry.stored_bytes() > limits::STRING_TENSOR || entry.elements() > limits::STRINGS {
        let kind = pieces::undecodable(entry, "the tensor is too large to look inside".to_owned());
        return Err(Fault { kind, at: at() });
    }
    pieces::disjoint(opened, entry)?;
    let mut placed: Vec<(u64, Vec<u8>)> = Vec::new();
    let mut message = Vec::new();
    for piece in &coded.pieces {
        let span = stream::place(opened.checkpoint(), piece.extent);
        let fault = |error| Fault { kind: pieces::undecodable(entry, error), at: span.clone() };
        let strings = values::strings(opened.read(piece.extent, &mut message)?).map_err(fault)?;
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

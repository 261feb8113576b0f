//! Where the chunks of a dataset lie, by whichever of six indexes tells it.

use smallvec::SmallVec;

use super::arrays;
use super::btree2;
use super::reader::{Fields, Flaw, Reader, What};
use super::tree::Chunk;
use crate::bytes::limits;

/// How the chunks of a dataset are found. What the variants hold are addresses.
pub(super) enum Index {
    /// None was written.
    Nothing,
    /// A B-tree of the first version.
    Tree(u64),
    /// There is only one chunk; if it is filtered, its stored size and mask.
    Single { address: u64, stored: Option<(u64, u32)> },
    /// They lie one after the other.
    Implicit(u64),
    /// A fixed array.
    Fixed(u64),
    /// An extensible array.
    Extensible(u64),
    /// A B-tree of the second version.
    Records(u64),
}

/// The array that is cut into chunks.
pub(super) struct Array<'s> {
    pub axes: &'s [u64],
    /// What the axes may grow to; none for no end.
    pub most: &'s [Option<u64>],
    /// The shape of a chunk, no axis of it 0.
    pub chunk: &'s [u64],
    /// Bytes of an element.
    pub element: u64,
}

impl Array<'_> {
    /// Bytes of a chunk before any filter.
    pub fn chunk_size(&self) -> u64 {
        self.chunk.iter().fold(self.element, |size, &axis| size.saturating_mul(axis))
    }

    /// Number of chunks of what the dataset may grow to; of an axis without an end, what it has now.
    fn most_chunks(&self) -> u64 {
        let ends = self.axes.iter().zip(self.most.iter().map(Some).chain(std::iter::repeat(None)));
        let ends = ends.map(|(axis, most)| most.copied().flatten().unwrap_or(*axis));
        ends.zip(self.chunk).map(|(end, chunk)| end.div_ceil((*chunk).max(1))).fold(1, u64::saturating_mul)
    }

    /// True if chunks in the order of their positions hold the elements in the order of the dataset: they are whole
    /// in the last axes, cut in one, and have one element in the first.
    fn is_in_order(&self) -> bool {
        let grows = self.axes.iter().zip(self.most).skip(1).any(|(axis, most)| *most != Some(*axis));
        let mut axes =
            self.axes.iter().zip(self.chunk).enumerate().rev().skip_while(|(_, (axis, chunk))| axis == chunk);
        let is_divided = |(place, (axis, chunk)): (usize, (&u64, &u64))| place == 0 || axis.is_multiple_of(*chunk);
        !grows && axes.next().is_none_or(is_divided) && axes.all(|(_, (_, chunk))| *chunk == 1)
    }

    /// True for a chunk that reaches over the end of the dataset.
    pub fn is_edge(&self, chunk: &Chunk) -> bool {
        let ends = chunk.origin.iter().zip(self.chunk).map(|(start, length)| start.saturating_add(*length));
        ends.zip(self.axes).any(|(end, axis)| end > *axis)
    }

    /// Where the chunk at a position of an array of chunks begins; none if it lies outside of the dataset.
    /// Arrays have room for what the dataset may grow to; the one axis without an end counts slowest.
    fn origin(&self, position: u64) -> Option<SmallVec<[u64; 4]>> {
        let rank = self.axes.len();
        let endless = self.most.iter().position(Option::is_none);
        let mut order: SmallVec<[usize; 4]> = (0..rank).filter(|axis| Some(*axis) != endless).collect();
        let mut origin: SmallVec<[u64; 4]> = SmallVec::from_elem(0, rank);
        let mut rest = position;
        if let Some(endless) = endless {
            order.insert(0, endless);
        }
        for (place, axis) in order.iter().enumerate().rev() {
            let chunk = self.chunk.get(*axis).copied().unwrap_or(1).max(1);
            let most = self.most.get(*axis).copied().flatten().or_else(|| self.axes.get(*axis).copied())?;
            let count = most.div_ceil(chunk).max(1);
            let index = if place == 0 { rest } else { rest % count };
            rest /= count;
            *origin.get_mut(*axis)? = index.checked_mul(chunk)?;
        }
        self.holds(&origin).then_some(origin)
    }

    /// True if a chunk that begins there has a part in the dataset.
    fn holds(&self, origin: &[u64]) -> bool {
        origin.iter().zip(self.axes).all(|(start, axis)| start < axis)
    }
}

/// Reads the places of all chunks, sorted by origin.
pub(super) fn read(
    reader: &mut Reader<'_>,
    index: &Index,
    array: &Array<'_>,
    filtered: bool,
) -> Result<Vec<Chunk>, Flaw> {
    let size = array.chunk_size();
    let mut chunks = match *index {
        Index::Nothing => Vec::new(),
        Index::Tree(address) => tree(reader, address, array)?,
        Index::Single { address, stored } => {
            let (length, mask) = stored.unwrap_or((size, 0));
            let offset = reader.place(address);
            vec![Chunk { origin: SmallVec::from_elem(0, array.axes.len()), offset, length, mask }]
        }
        Index::Implicit(address) => implicit(reader, address, array)?,
        Index::Fixed(address) => positioned(arrays::fixed(reader, address, size, filtered)?, array),
        Index::Extensible(address) => positioned(arrays::extensible(reader, address, size, filtered)?, array),
        Index::Records(address) => records(reader, address, array, filtered)?,
    };
    // Each takes memory here, besides the bytes that say where it is.
    if !matches!(index, Index::Implicit(_)) {
        reader.charge((chunks.len() as u64).saturating_mul(limits::HDF5_CHUNK), 0)?;
    }
    chunks.sort_by(|a, b| a.origin.cmp(&b.origin));
    for chunk in &chunks {
        let end = chunk.offset.checked_add(chunk.length);
        if end.is_none_or(|end| end > reader.size()) {
            let at = chunk.offset..chunk.offset.saturating_add(chunk.length);
            reader.note("a chunk of its data lies beyond the end of the file", at);
        }
    }
    if chunks.windows(2).any(|pair| matches!(pair, [a, b] if a.origin == b.origin)) {
        reader.note("two chunks of its data have one place", 0..0);
    }
    Ok(chunks)
}

/// The chunks of an array of chunks, by position.
fn positioned(places: Vec<arrays::Place>, array: &Array<'_>) -> Vec<Chunk> {
    let chunk = |place: arrays::Place| {
        let origin = array.origin(place.position)?;
        Some(Chunk { origin, offset: place.offset, length: place.length, mask: place.mask })
    };
    places.into_iter().filter_map(chunk).collect()
}

/// Where the data begins if it lies in one piece all the same, its chunks one behind the other and in order. There
/// may be as many of those as bytes.
pub(super) fn in_one_piece(reader: &Reader<'_>, index: &Index, array: &Array<'_>) -> Option<u64> {
    match index {
        Index::Implicit(address) if array.is_in_order() => Some(reader.place(*address)),
        _ => None,
    }
}

/// Chunks one after the other, with room for all that the dataset may grow to.
fn implicit(reader: &mut Reader<'_>, address: u64, array: &Array<'_>) -> Result<Vec<Chunk>, Flaw> {
    let (size, count, offset) = (array.chunk_size(), array.most_chunks(), reader.place(address));
    let end = size.checked_mul(count).and_then(|length| offset.checked_add(length));
    if size == 0 || end.is_none_or(|end| end > reader.size()) {
        let what = What::Malformed("the chunks of its data lie beyond the end of the file");
        return Err(Flaw { what, at: offset..offset });
    }
    // Nothing in the file tells of each, so that there may be too many in a sound one.
    let cost = count.saturating_mul(limits::HDF5_CHUNK);
    if !reader.affords(cost) {
        let what = format!("{count} chunks of {size} bytes, more than are kept in memory");
        return Err(Flaw { what: What::Unsupported(what), at: offset..offset });
    }
    reader.charge(cost, offset)?;
    let places = (0..count).map(|position| arrays::Place {
        position,
        offset: offset.saturating_add(position.saturating_mul(size)),
        length: size,
        mask: 0,
    });
    Ok(positioned(places.collect(), array))
}

/// A B-tree of the first version. Each step goes down one level, so there are no circles.
fn tree(reader: &mut Reader<'_>, root: u64, array: &Array<'_>) -> Result<Vec<Chunk>, Flaw> {
    let mut chunks = Vec::new();
    let mut waiting: Vec<(u64, Option<u8>)> = vec![(root, None)];
    while let Some((address, above)) = waiting.pop().filter(|_| !reader.is_spent()) {
        if let Err(flaw) = node(reader, (address, above), array, &mut chunks, &mut waiting) {
            reader.flaws.push(flaw);
        }
    }
    placed(reader, &mut chunks, array);
    Ok(chunks)
}

/// Reads the node at an address, below one of a level.
fn node(
    reader: &mut Reader<'_>,
    (address, above): (u64, Option<u8>),
    array: &Array<'_>,
    chunks: &mut Vec<Chunk>,
    waiting: &mut Vec<(u64, Option<u8>)>,
) -> Result<(), Flaw> {
    let offsets = u64::from(reader.offset_size);
    let key = 16u64.saturating_add((array.axes.len() as u64).saturating_mul(8));
    let prefix = 8u64.saturating_add(offsets.saturating_mul(2));
    let start = reader.block(address, prefix)?;
    let mut fields = start.fields();
    fields.signature(b"TREE", "a node of the index of its chunks is not where it should be")?;
    let (kind, level, count) = (fields.u8()?, fields.u8()?, fields.u16()?);
    if kind != 1 || above.is_some_and(|above| above.checked_sub(1) != Some(level)) {
        return Err(start.flaw("a node of the index of its chunks belongs elsewhere"));
    }
    let len = key.saturating_add(offsets).saturating_mul(count.into());
    let entries = reader.block(address.saturating_add(prefix), len)?;
    let mut fields = entries.fields();
    let first = waiting.len();
    for _ in 0..count {
        let (length, mask) = (fields.u32()?.into(), fields.u32()?);
        let origin = numbers(&mut fields, array.axes.len())?;
        fields.skip(8)?;
        let child = fields.address()?.ok_or_else(|| entries.flaw("the index of its chunks leads nowhere"))?;
        if level > 0 {
            waiting.push((child, Some(level)));
        } else {
            chunks.push(Chunk { origin, offset: reader.place(child), length, mask });
        }
    }
    // The next one is the last.
    waiting.get_mut(first..).unwrap_or_default().reverse();
    Ok(())
}

/// A B-tree of the second version.
fn records(reader: &mut Reader<'_>, address: u64, array: &Array<'_>, filtered: bool) -> Result<Vec<Chunk>, Flaw> {
    let rank = array.axes.len();
    let bare = rank.saturating_mul(8).saturating_add(reader.offset_size.into());
    let expected = match filtered {
        true => btree2::Expected { kind: 11, size: bare.saturating_add(5)..=bare.saturating_add(12) },
        false => btree2::Expected { kind: 10, size: bare..=bare },
    };
    let tree = btree2::read(reader, address, &expected)?;
    let mut chunks = Vec::new();
    for mut fields in tree.records() {
        let address = fields.address()?;
        let (length, mask) = if filtered {
            let width = fields.remaining().saturating_sub(rank.saturating_mul(8)).saturating_sub(4);
            (fields.uint(width)?, fields.u32()?)
        } else {
            (array.chunk_size(), 0)
        };
        let scaled = numbers(&mut fields, rank)?;
        let origin = scaled.iter().zip(array.chunk).map(|(index, chunk)| index.saturating_mul(*chunk)).collect();
        if let Some(address) = address {
            chunks.push(Chunk { origin, offset: reader.place(address), length, mask });
        }
    }
    placed(reader, &mut chunks, array);
    Ok(chunks)
}

fn numbers(fields: &mut Fields<'_>, count: usize) -> Result<SmallVec<[u64; 4]>, Flaw> {
    (0..count).map(|_| fields.uint(8)).collect()
}

/// Drops chunks that lie beside the dataset or between the chunks, with a flaw.
fn placed(reader: &mut Reader<'_>, chunks: &mut Vec<Chunk>, array: &Array<'_>) {
    let count = chunks.len();
    chunks.retain(|chunk| {
        let on_grid = chunk.origin.iter().zip(array.chunk).all(|(start, step)| start.checked_rem(*step) == Some(0));
        on_grid && array.holds(&chunk.origin)
    });
    if chunks.len() < count {
        reader.note("a chunk of its data lies outside of its shape", 0..0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_that_lie_in_order() {
        let order = |axes: &[u64], chunk: &[u64], most: &[u64]| {
            let most: Vec<Option<u64>> = most.iter().copied().map(Some).collect();
            Array { axes, most: &most, chunk, element: 1 }.is_in_order()
        };
        for (axes, chunk) in [
            (&[10][..], &[1][..]),
            (&[10], &[3]),
            (&[4, 6], &[1, 1]),
            (&[4, 6], &[1, 3]),
            (&[5, 6], &[2, 6]),
            (&[2, 4, 6], &[1, 2, 6]),
            (&[4, 6], &[4, 6]),
        ] {
            assert!(order(axes, chunk, axes), "{axes:?} {chunk:?}");
        }
        for (axes, chunk, most) in [
            (&[4, 6][..], &[2, 3][..], &[4, 6][..]),
            (&[4, 6], &[1, 4], &[4, 6]),
            (&[4, 6], &[2, 1], &[4, 6]),
            (&[4, 6], &[1, 6], &[4, 8]),
        ] {
            assert!(!order(axes, chunk, most), "{axes:?} {chunk:?}");
        }
        assert!(order(&[4], &[2], &[8]), "the first axis may grow");
    }
}

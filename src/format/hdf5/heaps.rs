//! Heaps for names and strings: the local heap of a group, and the global heaps of the file.

use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;

use super::reader::{Block, Flaw, Reader};

/// What stands at the end of the list of free places.
const NO_PLACE: u64 = 1;

/// The names of one group.
pub(super) struct LocalHeap<'a>(Block<'a>);

impl<'a> LocalHeap<'a> {
    pub fn read(reader: &mut Reader<'a>, address: u64) -> Result<Self, Flaw> {
        let (offsets, lengths) = (u64::from(reader.offset_size), u64::from(reader.length_size));
        let block = reader.block(address, lengths.saturating_mul(2).saturating_add(offsets).saturating_add(8))?;
        let mut fields = block.fields();
        fields.signature(b"HEAP", "there is no heap of names here")?;
        fields.version(0, "the heap of names")?;
        fields.skip(3)?;
        let (size, free) = (fields.length()?, fields.length()?);
        let data = fields.address()?.ok_or_else(|| block.flaw("the heap of names is nowhere"))?;
        let heap = Self(reader.block(data, size)?);
        if !heap.is_list(free) {
            reader.note("the free places of the heap of names are no list", block.span());
        }
        Ok(heap)
    }

    /// True if the free places are a list that stays within the heap, which HDF5 demands.
    fn is_list(&self, first: u64) -> bool {
        let mut next = first;
        // Each place has 16 bytes or more, so a longer list goes in circles.
        for _ in 0..=self.0.bytes.len() / 16 {
            if next == NO_PLACE {
                return true;
            }
            let place = usize::try_from(next).ok().and_then(|start| self.0.bytes.get(start..));
            let Some(place) = place else { return false };
            let piece = Block { bytes: place.get(..16).unwrap_or_default().to_vec(), ..self.0 };
            let mut fields = piece.fields();
            let (Ok(after), Ok(size)) = (fields.length(), fields.length()) else { return false };
            if size > place.len() as u64 {
                return false;
            }
            next = after;
        }
        false
    }

    /// The name at an offset.
    pub fn name(&self, reader: &mut Reader<'_>, offset: u64) -> Result<String, Flaw> {
        let bytes = usize::try_from(offset).ok().and_then(|offset| self.0.bytes.get(offset..)).unwrap_or_default();
        let end = memchr::memchr(0, bytes);
        // Many symbols can name one long text.
        reader.charge(end.unwrap_or(bytes.len()) as u64, self.0.at)?;
        let name = end.and_then(|end| bytes.get(..end));
        let name = name.ok_or_else(|| self.0.flaw("a name lies outside of the heap of names"))?;
        Ok(String::from_utf8_lossy(name).into_owned())
    }
}

/// The objects of one global heap: where each lies, by its number.
type Collection = Rc<HashMap<u16, Range<u64>>>;

/// The global heaps that have been read, by address.
#[derive(Default)]
pub(super) struct GlobalHeaps(HashMap<u64, Option<Collection>>);

impl GlobalHeaps {
    /// The bytes of an object.
    pub fn object<'a>(&mut self, reader: &mut Reader<'a>, address: u64, index: u32) -> Result<Block<'a>, Flaw> {
        let at = reader.place(address);
        let missing = |what| Flaw { what: super::reader::What::Malformed(what), at: at..at };
        let collection = match self.0.get(&address) {
            Some(known) => known.clone(),
            None => {
                let read = collection(reader, address);
                self.0.insert(address, read.as_ref().ok().cloned());
                Some(read?)
            }
        };
        let collection = collection.ok_or_else(|| missing("the heap of a string cannot be read"))?;
        let range = u16::try_from(index).ok().and_then(|index| collection.get(&index));
        let range = range.ok_or_else(|| missing("a string is not in its heap"))?;
        reader.block(range.start, range.end.saturating_sub(range.start))
    }
}

fn collection(reader: &mut Reader<'_>, address: u64) -> Result<Collection, Flaw> {
    let prefix = 8u64.saturating_add(reader.length_size.into());
    let start = reader.block(address, prefix)?;
    let mut fields = start.fields();
    fields.signature(b"GCOL", "there is no heap of strings here")?;
    fields.version(1, "the heap of strings")?;
    fields.skip(3)?;
    let size = fields.length()?;
    let whole = reader.block(address, size)?;
    let mut fields = whole.fields();
    fields.skip(usize::try_from(prefix).unwrap_or(usize::MAX))?;
    let mut objects = HashMap::new();
    // What is left may be too small for another object.
    while fields.remaining() >= 16 {
        let index = fields.u16()?;
        fields.skip(6)?;
        let size = fields.length()?;
        if index == 0 {
            break;
        }
        let begin = address.saturating_add(fields.offset().saturating_sub(whole.at));
        let padded = size.checked_next_multiple_of(8).and_then(|size| usize::try_from(size).ok());
        fields.skip(padded.unwrap_or(usize::MAX))?;
        objects.insert(index, begin..begin.saturating_add(size));
    }
    Ok(Rc::new(objects))
}

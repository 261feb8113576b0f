//! Groups with many links and objects with many attributes: a fractal heap holds them, and a B-tree
//! of the second version lists its contents.

use super::btree2;
use super::fractal::Fractal;
use super::reader::{Block, Flaw, Reader};

/// Bytes of an identifier in the heap of links, and in that of attributes.
const LINK_ID: usize = 7;
const ATTRIBUTE_ID: usize = 8;

/// The link messages of a group; none if its links are not in a heap.
pub(super) fn links<'a>(reader: &mut Reader<'a>, info: &Block<'a>) -> Result<Vec<Block<'a>>, Flaw> {
    objects(reader, info, 8, 5)
}

/// The attribute messages of an object; none if its attributes are not in a heap.
pub(super) fn attributes<'a>(reader: &mut Reader<'a>, info: &Block<'a>) -> Result<Vec<Block<'a>>, Flaw> {
    objects(reader, info, 2, 8)
}

/// What the index by name lists. `order` is the width of the creation order in the message.
fn objects<'a>(reader: &mut Reader<'a>, info: &Block<'a>, order: usize, records: u8) -> Result<Vec<Block<'a>>, Flaw> {
    let mut fields = info.fields();
    fields.version(0, "a dense index")?;
    let flags = fields.u8()?;
    fields.skip(if flags & 1 != 0 { order } else { 0 })?;
    let (heap, names) = (fields.address()?, fields.address()?);
    let (Some(heap), Some(names)) = (heap, names) else { return Ok(Vec::new()) };
    let mut heap = Fractal::read(reader, heap)?;
    let tree = btree2::read(reader, names)?;
    if tree.kind != records {
        return Err(info.flaw("the index of its names is one of something else"));
    }
    let mut found = Vec::new();
    for record in &tree.records {
        let object = id(record, records).and_then(|id| heap.object(reader, id));
        match object {
            Ok(object) => found.push(object),
            Err(flaw) => reader.flaws.push(flaw),
        }
    }
    Ok(found)
}

/// The identifier in a record: behind the hash of a link's name, before all else of an attribute.
fn id<'b>(record: &'b Block<'_>, records: u8) -> Result<&'b [u8], Flaw> {
    let (start, len) = if records == 5 { (4, LINK_ID) } else { (0, ATTRIBUTE_ID) };
    let id = record.bytes.get(start..).and_then(|bytes| bytes.get(..len));
    id.ok_or_else(|| record.flaw("a record of its names is too short"))
}

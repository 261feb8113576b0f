//! Groups with many links and objects with many attributes: a fractal heap holds them, and a B-tree
//! of the second version lists its contents.

use super::btree2;
use super::fractal::Fractal;
use super::reader::{Block, Flaw, Reader};

/// What an index by name is made of.
struct Records {
    /// The kind of its tree, and bytes of a record.
    kind: u8,
    size: usize,
    /// Where the identifier stands in a record.
    id: std::ops::Range<usize>,
}

/// A hash of the name, then the identifier.
const LINKS: Records = Records { kind: 5, size: 11, id: 4..11 };
/// The identifier, then flags, the order of creation, a hash of the name.
const ATTRIBUTES: Records = Records { kind: 8, size: 17, id: 0..8 };

/// The link messages of a group; none if its links are not in a heap.
pub(super) fn links<'a>(reader: &mut Reader<'a>, info: &Block<'a>) -> Result<Vec<Block<'a>>, Flaw> {
    objects(reader, info, 8, &LINKS)
}

/// The attribute messages of an object; none if its attributes are not in a heap.
pub(super) fn attributes<'a>(reader: &mut Reader<'a>, info: &Block<'a>) -> Result<Vec<Block<'a>>, Flaw> {
    objects(reader, info, 2, &ATTRIBUTES)
}

/// What the index by name lists. `order` is the width of the creation order in the message.
fn objects<'a>(
    reader: &mut Reader<'a>,
    info: &Block<'a>,
    order: usize,
    records: &Records,
) -> Result<Vec<Block<'a>>, Flaw> {
    let mut fields = info.fields();
    fields.version(0, "a dense index")?;
    let flags = fields.u8()?;
    fields.skip(if flags & 1 != 0 { order } else { 0 })?;
    let (heap, names) = (fields.address()?, fields.address()?);
    let (Some(heap), Some(names)) = (heap, names) else { return Ok(Vec::new()) };
    let mut heap = Fractal::read(reader, heap)?;
    let expected = btree2::Expected { kind: records.kind, size: records.size..=records.size };
    let tree = btree2::read(reader, names, &expected)?;
    let mut found = Vec::new();
    for record in tree.records() {
        match heap.object(reader, record.rest().get(records.id.clone()).unwrap_or_default()) {
            Ok(object) => found.push(object),
            Err(flaw) => reader.flaws.push(flaw),
        }
        if reader.is_spent() {
            break;
        }
    }
    Ok(found)
}

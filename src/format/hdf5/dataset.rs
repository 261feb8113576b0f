//! Datasets: what their headers say of type, shape and the place of the bytes.

use smallvec::SmallVec;

use super::attributes;
use super::chunks::{self, Index};
use super::datatype::{dataspace, datatype};
use super::header::{Header, kind};
use super::heaps::{GlobalHeaps, LocalHeap};
use super::reader::{Block, Fields, Flaw, Reader};
use super::tree::{Dataset, Datatype, Storage};
use crate::model::{Filter, Shape};

/// Reads a dataset; what cannot be read of it is unknown and leaves a flaw behind.
pub(super) fn read<'a>(reader: &mut Reader<'a>, heaps: &mut GlobalHeaps, header: &Header<'a>) -> Dataset {
    let kind_of = part(reader, header, kind::DATATYPE, |_, body| datatype(body));
    let space = part(reader, header, kind::DATASPACE, |_, body| dataspace(body));
    let (shape, most) = space.unwrap_or_else(|| (Shape::unknown(), Vec::new()));
    let datatype = kind_of.unwrap_or_else(Datatype::unknown);
    let fill = header.has(kind::FILL).then(|| part(reader, header, kind::FILL, |_, body| fill(body))).flatten();
    let elements = Elements { datatype: &datatype, shape: &shape, most: &most };
    let storage = storage(reader, header, &elements).unwrap_or_else(|flaw| {
        reader.flaws.push(flaw);
        Storage::Unknown
    });
    Dataset { datatype, shape, storage, fill: fill.flatten(), attributes: attributes::all(reader, heaps, header) }
}

/// The value of a message that must be there.
fn part<'a, T>(
    reader: &mut Reader<'a>,
    header: &Header<'a>,
    kind: u16,
    read: impl FnOnce(&mut Reader<'a>, &Block<'a>) -> Result<T, Flaw>,
) -> Option<T> {
    let value = match header.body(reader, kind) {
        Ok(Some(body)) => read(reader, &body),
        Ok(None) => {
            reader.note("it has no datatype, dataspace or layout", header.at..header.at);
            return None;
        }
        Err(flaw) => Err(flaw),
    };
    value.map_err(|flaw| reader.flaws.push(flaw)).ok()
}

/// The fill value, if there is one.
fn fill(body: &Block<'_>) -> Result<Option<Vec<u8>>, Flaw> {
    let mut fields = body.fields();
    let is_defined = match fields.u8()? {
        version @ (1 | 2) => {
            fields.skip(2)?;
            fields.u8()? != 0 || version == 1
        }
        3 => fields.u8()? & 0x20 != 0,
        version => return Err(body.unsupported(format!("version {version} of the fill value"))),
    };
    if !is_defined {
        return Ok(None);
    }
    let size = fields.u32()?;
    let value = fields.take(usize::try_from(size).unwrap_or(usize::MAX))?;
    Ok((!value.is_empty()).then(|| value.to_vec()))
}

/// What the header says of the elements, which the place of the bytes is held against.
struct Elements<'d> {
    datatype: &'d Datatype,
    shape: &'d Shape,
    /// The most that each axis may grow to.
    most: &'d [Option<u64>],
}

impl Elements<'_> {
    /// Bytes of all of them.
    fn needed(&self) -> Option<u64> {
        self.shape.axes().and_then(|_| self.shape.elements()?.checked_mul(self.datatype.size.into()))
    }
}

fn storage<'a>(reader: &mut Reader<'a>, header: &Header<'a>, elements: &Elements<'_>) -> Result<Storage, Flaw> {
    if let Some(body) = header.body(reader, kind::EXTERNAL_FILES)? {
        return Ok(Storage::External { files: external(reader, &body)? });
    }
    let Some(body) = header.body(reader, kind::LAYOUT)? else {
        reader.note("it has no layout", header.at..header.at);
        return Ok(Storage::Unknown);
    };
    let mut fields = body.fields();
    let version = fields.u8()?;
    if !(3..=4).contains(&version) {
        return Err(body.unsupported(format!("version {version} of the layout")));
    }
    match fields.u8()? {
        0 => {
            let length = fields.u16()?.into();
            let offset = fields.offset();
            fields.take(usize::try_from(length).unwrap_or(usize::MAX))?;
            measure(reader, elements.needed(), length, &body);
            Ok(Storage::Compact { offset, length })
        }
        1 => {
            let (address, length) = (fields.address()?, fields.length()?);
            let Some(address) = address.filter(|_| elements.needed() != Some(0)) else { return Ok(Storage::Nothing) };
            measure(reader, elements.needed(), length, &body);
            let offset = reader.place(address);
            Ok(contiguous(reader, offset, length))
        }
        2 => {
            let form = chunked(&mut fields, &body, version)?;
            in_chunks(reader, header, &body, form, elements)
        }
        3 => Err(body.unsupported("a virtual dataset, made of others")),
        _ => Err(body.flaw("its layout is of a class that does not exist")),
    }
}

/// Bytes in one piece, as far as the file has them.
fn contiguous(reader: &mut Reader<'_>, offset: u64, length: u64) -> Storage {
    if offset.checked_add(length).is_none_or(|end| end > reader.size()) {
        reader.note("its data lies beyond the end of the file", offset..offset.saturating_add(length));
    }
    Storage::Contiguous { offset, length }
}

/// Bytes in chunks; in one piece, where they lie in order and nothing is filtered.
fn in_chunks<'a>(
    reader: &mut Reader<'a>,
    header: &Header<'a>,
    body: &Block<'a>,
    form: Form,
    elements: &Elements<'_>,
) -> Result<Storage, Flaw> {
    let size = elements.datatype.size;
    let filters = match header.body(reader, kind::FILTERS)? {
        Some(body) => pipeline(&body, size)?,
        None => Vec::new(),
    };
    let Some(axes) = elements.shape.axes() else { return Ok(Storage::Unknown) };
    if axes.len() != form.shape.len() || form.shape.contains(&0) {
        return Err(body.flaw("its chunks have another number of axes, or none of a size"));
    }
    if u64::from(size) != form.element {
        return Err(body.flaw("its chunks have elements of another size than its datatype"));
    }
    let array = chunks::Array { axes, most: elements.most, chunk: &form.shape, element: form.element };
    let length = elements.needed().filter(|_| filters.is_empty());
    if let Some((offset, length)) = chunks::in_one_piece(reader, &form.index, &array).zip(length) {
        return Ok(contiguous(reader, offset, length));
    }
    let before = reader.flaws.len();
    let mut chunks = chunks::read(reader, &form.index, &array, !filters.is_empty())?;
    if form.plain_edges {
        chunks.iter_mut().filter(|chunk| array.is_edge(chunk)).for_each(|chunk| chunk.mask = u32::MAX);
    }
    let is_whole = reader.flaws.len() == before;
    Ok(Storage::Chunked { shape: form.shape, filters, chunks, is_whole })
}

/// The bytes on disk must be those that type and shape need; unknown parts are reported elsewhere.
fn measure(reader: &mut Reader<'_>, needed: Option<u64>, length: u64, body: &Block<'_>) {
    if needed.is_some_and(|needed| needed != length) {
        reader.note("its data has another length than its type and shape need", body.span());
    }
}

/// What a layout message says of chunks.
struct Form {
    shape: SmallVec<[u64; 4]>,
    /// Bytes of an element.
    element: u64,
    index: Index,
    /// True if the filters leave out the chunks that reach over the end of the dataset.
    plain_edges: bool,
}

/// Flags of chunks in the newer layout.
const PLAIN_EDGES: u8 = 0x01;
const SINGLE_FILTERED: u8 = 0x02;

fn chunked(fields: &mut Fields<'_>, body: &Block<'_>, version: u8) -> Result<Form, Flaw> {
    let flags = if version == 4 { fields.u8()? } else { 0 };
    let rank = fields.u8()?;
    let (tree, width) = if version == 3 { (fields.address()?, 4) } else { (None, fields.u8()?) };
    if !(1..=8).contains(&width) {
        return Err(body.flaw("the sizes of its chunks have an impossible width"));
    }
    let mut shape = (0..rank).map(|_| fields.uint(width.into())).collect::<Result<SmallVec<[u64; 4]>, _>>()?;
    // The last one is not an axis.
    let element = shape.pop().ok_or_else(|| body.flaw("its chunks have no shape"))?;
    if version == 3 {
        let index = tree.map_or(Index::Nothing, Index::Tree);
        return Ok(Form { shape, element, index, plain_edges: false });
    }
    let kind = fields.u8()?;
    let mut single = None;
    match kind {
        1 if flags & SINGLE_FILTERED != 0 => single = Some((fields.length()?, fields.u32()?)),
        1 | 2 => {}
        3 => fields.skip(1)?,
        4 => fields.skip(5)?,
        5 => fields.skip(6)?,
        kind => return Err(body.unsupported(format!("chunks with an index of kind {kind}"))),
    }
    let index = match (fields.address()?, kind) {
        (None, _) => Index::Nothing,
        (Some(address), 1) => Index::Single { address, stored: single },
        (Some(address), 2) => Index::Implicit(address),
        (Some(address), 3) => Index::Fixed(address),
        (Some(address), 4) => Index::Extensible(address),
        (Some(address), _) => Index::Records(address),
    };
    Ok(Form { shape, element, index, plain_edges: flags & PLAIN_EDGES != 0 })
}

/// What is done to each chunk.
fn pipeline(body: &Block<'_>, element: u32) -> Result<Vec<Filter>, Flaw> {
    let mut fields = body.fields();
    let version = fields.u8()?;
    let count = fields.u8()?;
    match version {
        1 => fields.skip(6)?,
        2 => {}
        version => return Err(body.unsupported(format!("version {version} of the filters"))),
    }
    (0..count).map(|_| filter(&mut fields, version, element)).collect()
}

fn filter(fields: &mut Fields<'_>, version: u8, element: u32) -> Result<Filter, Flaw> {
    let number = fields.u16()?;
    let name_len = if version == 1 || number >= 256 { fields.u16()? } else { 0 };
    fields.skip(2)?;
    let values = fields.u16()?;
    let name = fields.take(name_len.into())?.split(|&byte| byte == 0).next().unwrap_or_default();
    let name = String::from_utf8_lossy(name).into_owned();
    let parameters = (0..values).map(|_| fields.u32()).collect::<Result<Vec<_>, _>>()?;
    fields.skip(if version == 1 && values % 2 == 1 { 4 } else { 0 })?;
    Ok(match number {
        1 => Filter::Deflate,
        2 => Filter::Shuffle { element: parameters.first().copied().unwrap_or(element) },
        3 => Filter::Fletcher32,
        number => Filter::Other { number, name },
    })
}

/// The names of the files that hold the data of a dataset.
fn external(reader: &mut Reader<'_>, body: &Block<'_>) -> Result<Vec<String>, Flaw> {
    let mut fields = body.fields();
    fields.version(1, "the list of external files")?;
    fields.skip(5)?;
    let used = fields.u16()?;
    let heap = fields.address()?.ok_or_else(|| body.flaw("the names of its external files lie nowhere"))?;
    let heap = LocalHeap::read(reader, heap)?;
    let mut files = Vec::new();
    for _ in 0..used {
        let name = heap.name(reader, fields.length()?)?;
        fields.length()?;
        fields.length()?;
        files.push(name);
    }
    Ok(files)
}

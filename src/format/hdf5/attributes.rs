//! Attributes: small named values of groups and datasets.

use super::datatype::{dataspace, datatype};
use super::dense;
use super::header::{self, Header, SHARED, kind};
use super::heaps::GlobalHeaps;
use super::reader::{Block, Flaw, Reader};
use super::tree::{Attribute, Class, Datatype, Value};
use crate::model::{Endianness, Kind, Shape};

/// Every attribute of an object; what cannot be read leaves a flaw behind.
pub(super) fn all<'a>(reader: &mut Reader<'a>, heaps: &mut GlobalHeaps, header: &Header<'a>) -> Vec<Attribute> {
    let mut attributes = Vec::new();
    for message in header.all(kind::ATTRIBUTE) {
        let read = if message.flags & SHARED != 0 {
            header::shared(reader, &message.body, kind::ATTRIBUTE).and_then(|body| one(reader, heaps, &body))
        } else {
            one(reader, heaps, &message.body)
        };
        keep(reader, read, &mut attributes);
    }
    for message in header.all(kind::ATTRIBUTE_INFO) {
        match dense::attributes(reader, &message.body) {
            Ok(bodies) => {
                for body in bodies {
                    let read = one(reader, heaps, &body);
                    keep(reader, read, &mut attributes);
                }
            }
            Err(flaw) => reader.flaws.push(flaw),
        }
    }
    attributes
}

fn keep(reader: &mut Reader<'_>, read: Result<Attribute, Flaw>, attributes: &mut Vec<Attribute>) {
    match read {
        Ok(attribute) => attributes.push(attribute),
        Err(flaw) => reader.flaws.push(flaw),
    }
}

/// Reads an attribute message.
fn one<'a>(reader: &mut Reader<'a>, heaps: &mut GlobalHeaps, body: &Block<'a>) -> Result<Attribute, Flaw> {
    let mut fields = body.fields();
    let version = fields.u8()?;
    if !(1..=3).contains(&version) {
        return Err(body.unsupported(format!("version {version} of an attribute")));
    }
    let flags = fields.u8()?;
    let sizes = [fields.u16()?, fields.u16()?, fields.u16()?];
    fields.skip(if version == 3 { 1 } else { 0 })?;
    let mut parts = Vec::new();
    for size in sizes {
        let at = fields.offset();
        parts.push(reader.piece(fields.take(size.into())?.to_vec(), at));
        if version == 1 {
            fields.align()?;
        }
    }
    let [name, datatype_part, dataspace_part] = parts.as_slice() else {
        return Err(body.flaw("an attribute lacks a part"));
    };
    let name = name.fields().text()?;
    let is_shared = |flag: u8| version > 1 && flags & flag != 0;
    let datatype = if is_shared(1) {
        datatype(&header::shared(reader, datatype_part, kind::DATATYPE)?)?
    } else {
        datatype(datatype_part)?
    };
    let (shape, _) = if is_shared(2) {
        dataspace(&header::shared(reader, dataspace_part, kind::DATASPACE)?)?
    } else {
        dataspace(dataspace_part)?
    };
    let data = reader.piece(fields.rest().to_vec(), fields.offset());
    let value = value(reader, heaps, &datatype, &shape, &data).unwrap_or_else(|flaw| {
        reader.flaws.push(flaw);
        Value::Broken
    });
    Ok(Attribute { name, shape, value })
}

/// The elements of an attribute.
fn value<'a>(
    reader: &mut Reader<'a>,
    heaps: &mut GlobalHeaps,
    datatype: &Datatype,
    shape: &Shape,
    data: &Block<'a>,
) -> Result<Value, Flaw> {
    let count = shape.elements().and_then(|count| usize::try_from(count).ok());
    let size = usize::try_from(datatype.size).unwrap_or(usize::MAX);
    let len = count.and_then(|count| count.checked_mul(size));
    let bytes = len.and_then(|len| data.bytes.get(..len));
    let bytes = bytes.ok_or_else(|| data.flaw("an attribute has fewer bytes than its type and shape need"))?;
    let elements = bytes.chunks_exact(size.max(1));
    Ok(match &datatype.class {
        Class::VariableString => {
            let piece = reader.piece(bytes.to_vec(), data.at);
            Value::Strings(strings(reader, heaps, &piece, count.unwrap_or_default())?)
        }
        // Strings of no bytes are as many as their shape says, but nothing in the file vouches for them.
        Class::FixedString { .. } if size == 0 => Value::Strings(Vec::new()),
        Class::FixedString { spaces } => Value::Strings(elements.map(|element| fixed(element, *spaces)).collect()),
        _ => match datatype.dtype.kind() {
            Kind::Int { .. } => Value::Integers(elements.map(|e| integer(e, datatype.order, true)).collect()),
            Kind::UInt { .. } | Kind::Bool => {
                Value::Integers(elements.map(|e| integer(e, datatype.order, false)).collect())
            }
            Kind::Float { .. } | Kind::BFloat16 => Value::Floats(elements.map(|e| float(e, datatype)).collect()),
            _ => Value::Raw(bytes.to_vec()),
        },
    })
}

/// A string without its padding.
fn fixed(element: &[u8], spaces: bool) -> String {
    let text = element.split(|&byte| byte == 0).next().unwrap_or_default();
    let text = String::from_utf8_lossy(text);
    if spaces { text.trim_end_matches(' ').to_owned() } else { text.into_owned() }
}

/// Strings that lie in the global heaps: length, address of the heap, number in it.
fn strings<'a>(
    reader: &mut Reader<'a>,
    heaps: &mut GlobalHeaps,
    data: &Block<'a>,
    count: usize,
) -> Result<Vec<String>, Flaw> {
    let mut fields = data.fields();
    let mut strings = Vec::new();
    let size = usize::from(reader.offset_size).saturating_add(8);
    if data.bytes.len() != count.saturating_mul(size) {
        return Err(data.flaw("the references to its strings have an impossible size"));
    }
    for _ in 0..count {
        let len = usize::try_from(fields.u32()?).unwrap_or(usize::MAX);
        let (address, index) = (fields.address()?, fields.u32()?);
        let address = address.filter(|&address| address != 0 && len > 0);
        let Some(address) = address else {
            strings.push(String::new());
            continue;
        };
        let object = heaps.object(reader, address, index)?;
        if object.bytes.len() != len {
            return Err(object.flaw("a string has another length than its place in the heap"));
        }
        let text = object.bytes.split(|&byte| byte == 0).next().unwrap_or_default();
        strings.push(String::from_utf8_lossy(text).into_owned());
    }
    Ok(strings)
}

/// The bytes of a number, the least significant first, in the lower bytes of eight.
fn little(element: &[u8], order: Endianness) -> [u8; 8] {
    let mut bytes = [0; 8];
    let mut put = |from: &mut dyn Iterator<Item = &u8>| bytes.iter_mut().zip(from).for_each(|(to, from)| *to = *from);
    match order {
        Endianness::Little => put(&mut element.iter()),
        Endianness::Big => put(&mut element.iter().rev()),
    }
    bytes
}

fn integer(element: &[u8], order: Endianness, signed: bool) -> i128 {
    let value = u64::from_le_bytes(little(element, order));
    if !signed {
        return value.into();
    }
    // Shifted up and down again, so that the sign fills the upper bytes.
    let unused = 64u32.saturating_sub(u32::try_from(element.len()).unwrap_or(8).saturating_mul(8)).min(56);
    i128::from((value << unused).cast_signed() >> unused)
}

fn float(element: &[u8], datatype: &Datatype) -> f64 {
    let bytes = little(element, datatype.order);
    let [a, b, c, d, ..] = bytes;
    match datatype.dtype.kind() {
        Kind::Float { bits: 64 } => f64::from_le_bytes(bytes),
        Kind::Float { bits: 32 } => f32::from_le_bytes([a, b, c, d]).into(),
        Kind::BFloat16 => half::bf16::from_le_bytes([a, b]).to_f64(),
        _ => half::f16::from_le_bytes([a, b]).to_f64(),
    }
}

//! The messages that say what an array is made of: its type and its shape.

use super::reader::{Block, Fields, Flaw};
use super::tree::{Class, Datatype};
use crate::bytes::limits;
use crate::model::{DType, Endianness, Shape};

impl Datatype {
    /// A type of which nothing is known.
    pub(super) fn unknown() -> Self {
        Self { dtype: DType::UNKNOWN, size: 0, order: Endianness::Little, class: Class::Unknown }
    }
}

/// Reads a datatype message.
pub(super) fn datatype(block: &Block<'_>) -> Result<Datatype, Flaw> {
    let mut fields = block.fields();
    let found = one(&mut fields)?;
    if found.size == 0 && found.class != (Class::FixedString { spaces: false }) {
        return Err(block.flaw("its datatype has no bytes"));
    }
    Ok(found)
}

/// The first bytes of every datatype.
struct Prefix {
    version: u8,
    class: u8,
    /// What they mean depends on the class.
    bits: [u8; 3],
    size: u32,
}

fn prefix(fields: &mut Fields<'_>) -> Result<Prefix, Flaw> {
    let start = fields.offset();
    let first = fields.u8()?;
    let (version, class) = (first >> 4, first & 0x0f);
    let bits = [fields.u8()?, fields.u8()?, fields.u8()?];
    let size = fields.u32()?;
    if !(1..=5).contains(&version) {
        return Err(fields.unsupported(format!("version {version} of the datatype"), start));
    }
    Ok(Prefix { version, class, bits, size })
}

fn one(fields: &mut Fields<'_>) -> Result<Datatype, Flaw> {
    let start = fields.offset();
    let prefix = prefix(fields)?;
    let [low, ..] = prefix.bits;
    let big = if low & 1 != 0 { Endianness::Big } else { Endianness::Little };
    let (class, dtype, order) = match prefix.class {
        0 => (Class::Integer, integer(fields, &prefix)?, big),
        1 => (Class::Float, float(fields, &prefix)?, big),
        2 => (Class::Time, DType::UNKNOWN, big),
        3 => (Class::FixedString { spaces: low & 0x0f == 2 }, DType::STRING, Endianness::Little),
        4 => (Class::BitField, DType::UNKNOWN, big),
        5 => (Class::Opaque { tag: tag(fields, low)? }, DType::UNKNOWN, Endianness::Little),
        6 => (Class::Compound, DType::UNKNOWN, Endianness::Little),
        7 => (Class::Reference, DType::UNKNOWN, Endianness::Little),
        8 => {
            let (dtype, order) = enumeration(fields, &prefix)?;
            (Class::Enumeration, dtype, order)
        }
        9 if low & 0x0f == 1 => {
            characters(fields)?;
            (Class::VariableString, DType::STRING, Endianness::Little)
        }
        9 => (Class::Sequence, DType::UNKNOWN, Endianness::Little),
        10 => (Class::Array, DType::UNKNOWN, Endianness::Little),
        11 => (Class::Complex, DType::UNKNOWN, Endianness::Little),
        _ => return Err(fields.flaw("its datatype is of a class that does not exist", start)),
    };
    Ok(Datatype { dtype, size: prefix.size, order, class })
}

fn named(name: &str) -> DType {
    DType::from_name(name).unwrap_or(DType::UNKNOWN)
}

/// Only whole numbers that fill their bytes are those of TensorFlow.
fn integer(fields: &mut Fields<'_>, prefix: &Prefix) -> Result<DType, Flaw> {
    let start = fields.offset();
    let (offset, precision) = (fields.u16()?, fields.u16()?);
    let [low, ..] = prefix.bits;
    if u64::from(offset).saturating_add(precision.into()) > u64::from(prefix.size).saturating_mul(8) {
        return Err(fields.flaw("its whole numbers have more bits than bytes for them", start));
    }
    if offset != 0 || u64::from(precision) != u64::from(prefix.size).saturating_mul(8) {
        return Ok(DType::UNKNOWN);
    }
    let sign = if low & 0x08 != 0 { "" } else { "u" };
    Ok(named(&format!("{sign}int{precision}")))
}

fn float(fields: &mut Fields<'_>, prefix: &Prefix) -> Result<DType, Flaw> {
    let start = fields.offset();
    let (offset, precision) = (fields.u16()?, fields.u16()?);
    let (exponent_at, exponent) = (fields.u8()?, fields.u8()?);
    let (mantissa_at, mantissa) = (fields.u8()?, fields.u8()?);
    let bias = fields.u32()?;
    let [low, sign_at, _] = prefix.bits;
    let end = |at: u8, len: u8| u16::from(at).saturating_add(len.into());
    let is_apart = |at: u8, len: u8| !(u16::from(at)..end(at, len)).contains(&sign_at.into());
    let are_apart =
        end(mantissa_at, mantissa) <= exponent_at.into() || end(exponent_at, exponent) <= mantissa_at.into();
    if !are_apart || !is_apart(exponent_at, exponent) || !is_apart(mantissa_at, mantissa) {
        return Err(fields.flaw("the parts of its floating-point numbers overlap", start));
    }
    let is_within = end(exponent_at, exponent) <= precision && end(mantissa_at, mantissa) <= precision;
    if !is_within || u64::from(precision) > u64::from(prefix.size).saturating_mul(8) {
        return Err(fields.flaw("its floating-point numbers have more bits than bytes for them", start));
    }
    // Bit 6 is the order of a VAX; an IEEE number has its parts in their places, the leading one implied.
    let in_place = offset == 0 && mantissa_at == 0 && exponent_at == mantissa;
    let ieee = low & 0x40 == 0 && low & 0x30 == 0x20 && u16::from(sign_at).saturating_add(1) == precision;
    if !in_place || !ieee || u64::from(precision) != u64::from(prefix.size).saturating_mul(8) {
        return Ok(DType::UNKNOWN);
    }
    Ok(match (precision, exponent, mantissa, bias) {
        (64, 11, 52, 1023) => named("float64"),
        (32, 8, 23, 127) => DType::FLOAT32,
        (16, 5, 10, 15) => named("float16"),
        (16, 8, 7, 127) => named("bfloat16"),
        (8, 5, 2, 15) => named("float8_e5m2"),
        _ => DType::UNKNOWN,
    })
}

/// What a variable-length string is made of: bytes, which have a type of their own in the file.
fn characters(fields: &mut Fields<'_>) -> Result<(), Flaw> {
    let start = fields.offset();
    let base = prefix(fields)?;
    if base.size != 1 || (base.class == 0 && integer(fields, &base)? == DType::UNKNOWN) {
        return Err(fields.flaw("its strings are not made of bytes", start));
    }
    Ok(())
}

/// What an opaque type says of itself.
fn tag(fields: &mut Fields<'_>, len: u8) -> Result<String, Flaw> {
    let bytes = fields.take(len.into())?;
    let text = bytes.split(|&byte| byte == 0).next().unwrap_or_default();
    Ok(String::from_utf8_lossy(text).into_owned())
}

/// NumPy's booleans are an enumeration of FALSE and TRUE; any other one counts as its numbers.
fn enumeration(fields: &mut Fields<'_>, prefix: &Prefix) -> Result<(DType, Endianness), Flaw> {
    let start = fields.offset();
    let base = self::prefix(fields)?;
    if base.class != 0 {
        return Err(fields.flaw("its enumeration is not one of whole numbers", start));
    }
    let numbers = integer(fields, &base)?;
    let [low, ..] = base.bits;
    let order = if low & 1 != 0 { Endianness::Big } else { Endianness::Little };
    let [few, many, _] = prefix.bits;
    if u16::from_le_bytes([few, many]) != 2 || base.size != 1 {
        return Ok((numbers, order));
    }
    let mut names = Vec::new();
    for _ in 0..2 {
        let before = fields.remaining();
        names.push(fields.text()?);
        let used = before.saturating_sub(fields.remaining()) % 8;
        fields.skip(if prefix.version < 3 && used > 0 { 8usize.saturating_sub(used) } else { 0 })?;
    }
    let is_bool = names == ["FALSE", "TRUE"] && fields.take(2)? == [0, 1];
    Ok((if is_bool { named("bool") } else { numbers }, order))
}

/// Reads a dataspace message.
pub(super) fn dataspace(block: &Block<'_>) -> Result<(Shape, Vec<Option<u64>>), Flaw> {
    let mut fields = block.fields();
    let version = fields.u8()?;
    let (rank, flags) = (fields.u8()?, fields.u8()?);
    let is_null = match version {
        1 => {
            fields.skip(5)?;
            false
        }
        2 => fields.u8()? == 2,
        version => return Err(block.unsupported(format!("version {version} of the dataspace"))),
    };
    if is_null {
        return Ok((Shape::new([0]), Vec::new()));
    }
    if rank > limits::HDF5_RANK {
        return Err(block.flaw("its shape has more axes than HDF5 allows"));
    }
    let axes = (0..rank).map(|_| fields.length()).collect::<Result<Vec<_>, _>>()?;
    // The sizes that it may grow to, if these are others.
    let most: Vec<Option<u64>> = if flags & 1 != 0 {
        (0..rank).map(|_| fields.limit()).collect::<Result<_, _>>()?
    } else {
        axes.iter().copied().map(Some).collect()
    };
    if axes.iter().zip(&most).any(|(axis, most)| most.is_some_and(|most| *axis > most)) {
        return Err(block.flaw("its shape is larger than it may grow to"));
    }
    let shape = Shape::new(axes);
    if shape.elements().is_none() {
        return Err(block.flaw("its shape has more elements than can be counted"));
    }
    Ok((shape, most))
}

//! The element types of TensorFlow.

use std::fmt;

/// How the elements of a type are read.
#[expect(missing_docs, reason = "`bits` is what each variant says it is")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Signed integer; `bits` of them count, each element takes whole bytes.
    Int { bits: u8 },
    /// Unsigned integer; `bits` of them count.
    UInt { bits: u8 },
    /// IEEE 754 with 16, 32 or 64 bits.
    Float { bits: u8 },
    /// The upper half of a float32.
    BFloat16,
    /// A small float of ML hardware, one per byte.
    MiniFloat(MiniFloat),
    /// Two floats of `bits` each: real, imaginary.
    Complex { bits: u8 },
    /// One byte, 0 or 1.
    Bool,
    /// Byte strings, with their lengths in front.
    Str,
    /// Serialized messages, each with its length and checksum.
    Variant,
    /// Cannot be stored: a handle of a running program, or a type that does not exist.
    Resource,
}

/// The layouts of small floats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MiniFloat {
    /// 5 exponent bits, 2 mantissa bits, with infinities.
    E5M2,
    /// 4 and 3, no infinities, NaN is all ones.
    E4M3Fn,
    /// 4 and 3, bias 8, NaN is minus zero.
    E4M3Fnuz,
    /// 4 and 3, bias 11, NaN is minus zero.
    E4M3B11Fnuz,
    /// 5 and 2, bias 16, NaN is minus zero.
    E5M2Fnuz,
    /// 4-bit: 2 and 1, no infinities, no NaN.
    E2M1Fn,
}

struct Info {
    name: &'static str,
    /// The name of the reference to it.
    reference: &'static str,
    short: &'static str,
    bytes: u8,
    kind: Kind,
}

/// A macro, since only one can put `_ref` behind a name at compile time.
macro_rules! info {
    ($name:literal, $short:literal, $bytes:expr, $kind:expr) => {
        Info { name: $name, reference: concat!($name, "_ref"), short: $short, bytes: $bytes, kind: $kind }
    };
}

/// By number, from 1. Names are those of `tf.DType.name`. The sub-byte types take a whole byte
/// an element in a checkpoint (seen in files of TensorFlow 2.21).
const TABLE: [Info; 33] = [
    info!("float32", "f32", 4, Kind::Float { bits: 32 }),
    info!("float64", "f64", 8, Kind::Float { bits: 64 }),
    info!("int32", "i32", 4, Kind::Int { bits: 32 }),
    info!("uint8", "u8", 1, Kind::UInt { bits: 8 }),
    info!("int16", "i16", 2, Kind::Int { bits: 16 }),
    info!("int8", "i8", 1, Kind::Int { bits: 8 }),
    info!("string", "str", 0, Kind::Str),
    info!("complex64", "c64", 8, Kind::Complex { bits: 32 }),
    info!("int64", "i64", 8, Kind::Int { bits: 64 }),
    info!("bool", "bool", 1, Kind::Bool),
    info!("qint8", "qi8", 1, Kind::Int { bits: 8 }),
    info!("quint8", "qu8", 1, Kind::UInt { bits: 8 }),
    info!("qint32", "qi32", 4, Kind::Int { bits: 32 }),
    info!("bfloat16", "bf16", 2, Kind::BFloat16),
    info!("qint16", "qi16", 2, Kind::Int { bits: 16 }),
    info!("quint16", "qu16", 2, Kind::UInt { bits: 16 }),
    info!("uint16", "u16", 2, Kind::UInt { bits: 16 }),
    info!("complex128", "c128", 16, Kind::Complex { bits: 64 }),
    info!("float16", "f16", 2, Kind::Float { bits: 16 }),
    info!("resource", "res", 0, Kind::Resource),
    info!("variant", "var", 0, Kind::Variant),
    info!("uint32", "u32", 4, Kind::UInt { bits: 32 }),
    info!("uint64", "u64", 8, Kind::UInt { bits: 64 }),
    info!("float8_e5m2", "f8e5m2", 1, Kind::MiniFloat(MiniFloat::E5M2)),
    info!("float8_e4m3fn", "f8e4m3fn", 1, Kind::MiniFloat(MiniFloat::E4M3Fn)),
    info!("float8_e4m3fnuz", "f8e4m3fnuz", 1, Kind::MiniFloat(MiniFloat::E4M3Fnuz)),
    info!("float8_e4m3b11fnuz", "f8e4m3b11fnuz", 1, Kind::MiniFloat(MiniFloat::E4M3B11Fnuz)),
    info!("float8_e5m2fnuz", "f8e5m2fnuz", 1, Kind::MiniFloat(MiniFloat::E5M2Fnuz)),
    info!("int4", "i4", 1, Kind::Int { bits: 4 }),
    info!("uint4", "u4", 1, Kind::UInt { bits: 4 }),
    info!("int2", "i2", 1, Kind::Int { bits: 2 }),
    info!("uint2", "u2", 1, Kind::UInt { bits: 2 }),
    info!("float4_e2m1fn", "f4e2m1fn", 1, Kind::MiniFloat(MiniFloat::E2M1Fn)),
];

const UNKNOWN: Info = info!("unknown", "?", 0, Kind::Resource);

/// Distance from a type's number to that of the reference to it.
const REFERENCE: i32 = 100;

/// An element type, by TensorFlow's number for it; with the mark of a reference (`float32_ref`),
/// which graphs have and checkpoints should not.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DType {
    number: u8,
    reference: bool,
}

impl DType {
    /// What a damaged record names that no TensorFlow knows.
    pub const UNKNOWN: Self = Self { number: 0, reference: false };
    /// 32-bit float, the most common one.
    pub const FLOAT32: Self = Self { number: 1, reference: false };
    /// Byte strings.
    pub const STRING: Self = Self { number: 7, reference: false };
    /// 64-bit signed integer.
    pub const INT64: Self = Self { number: 9, reference: false };

    /// The type with TensorFlow's `number` (`DataType` in types.proto); none for 0 and the unknown.
    pub fn from_number(number: i32) -> Option<Self> {
        let reference = number > REFERENCE;
        let plain = if reference { number.checked_sub(REFERENCE)? } else { number };
        let plain = u8::try_from(plain).ok()?;
        (1..=TABLE.len()).contains(&usize::from(plain)).then_some(Self { number: plain, reference })
    }

    /// The type of a name as [`DType::name`] or [`DType::short`] gives it.
    pub fn from_name(name: &str) -> Option<Self> {
        let index = TABLE.iter().position(|info| info.name == name || info.short == name)?;
        Some(Self { number: u8::try_from(index).ok()?.checked_add(1)?, reference: false })
    }

    fn info(self) -> &'static Info {
        let index = usize::from(self.number).checked_sub(1);
        index.and_then(|index| TABLE.get(index)).unwrap_or(&UNKNOWN)
    }

    /// TensorFlow's number; 101 and above for a reference.
    pub fn number(self) -> i32 {
        i32::from(self.number).saturating_add(if self.reference { REFERENCE } else { 0 })
    }

    /// `tf.DType.name`: `float32`, `float32_ref`.
    pub fn name(self) -> &'static str {
        if self.reference { self.info().reference } else { self.info().name }
    }

    /// A short name for tables: `f32`.
    pub fn short(self) -> &'static str {
        self.info().short
    }

    /// Bytes of one element in a file; none for strings, variants and resources.
    pub fn bytes(self) -> Option<u64> {
        Some(u64::from(self.info().bytes)).filter(|&bytes| bytes > 0)
    }

    /// How to read the elements.
    pub fn kind(self) -> Kind {
        self.info().kind
    }

    /// True for the types that can hold NaN or infinities, as real or complex numbers.
    pub fn is_float(self) -> bool {
        matches!(self.kind(), Kind::Float { .. } | Kind::BFloat16 | Kind::MiniFloat(_) | Kind::Complex { .. })
    }

    /// True if the elements are numbers or booleans.
    pub fn is_numeric(self) -> bool {
        self.bytes().is_some()
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names() {
        assert_eq!(DType::from_number(1).unwrap().to_string(), "float32");
        assert_eq!(DType::from_number(33).unwrap().to_string(), "float4_e2m1fn");
        assert_eq!(DType::from_number(101).unwrap().to_string(), "float32_ref");
        assert_eq!(DType::from_number(101).unwrap().number(), 101);
        for wrong in [0, 34, 99, 100, 134, -1, i32::MIN, i32::MAX] {
            assert_eq!(DType::from_number(wrong), None, "{wrong}");
        }
        assert_eq!(DType::from_name("bfloat16"), DType::from_number(14));
    }
}

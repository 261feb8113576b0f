//! The element types by TensorFlow's numbers.

/// An element type: its number, its name, its bytes, and the size of the words that byte order turns.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Type {
    pub number: i64,
    pub name: &'static str,
    pub bytes: usize,
    pub word: usize,
}

const fn plain(number: i64, name: &'static str, bytes: usize) -> Type {
    Type { number, name, bytes, word: bytes }
}

const fn complex(number: i64, name: &'static str, bytes: usize) -> Type {
    Type { number, name, bytes, word: bytes / 2 }
}

pub const F32: Type = plain(1, "float32", 4);
pub const F64: Type = plain(2, "float64", 8);
pub const F16: Type = plain(19, "float16", 2);
pub const I32: Type = plain(3, "int32", 4);
pub const I64: Type = plain(9, "int64", 8);
pub const STRING: Type = plain(7, "string", 0);
pub const VARIANT: Type = plain(21, "variant", 0);

/// Every type with elements of a fixed size.
pub const FIXED: [Type; 30] = [
    F32,
    F64,
    I32,
    plain(4, "uint8", 1),
    plain(5, "int16", 2),
    plain(6, "int8", 1),
    complex(8, "complex64", 8),
    I64,
    plain(10, "bool", 1),
    plain(11, "qint8", 1),
    plain(12, "quint8", 1),
    plain(13, "qint32", 4),
    plain(14, "bfloat16", 2),
    plain(15, "qint16", 2),
    plain(16, "quint16", 2),
    plain(17, "uint16", 2),
    complex(18, "complex128", 16),
    F16,
    plain(22, "uint32", 4),
    plain(23, "uint64", 8),
    plain(24, "float8_e5m2", 1),
    plain(25, "float8_e4m3fn", 1),
    plain(26, "float8_e4m3fnuz", 1),
    plain(27, "float8_e4m3b11fnuz", 1),
    plain(28, "float8_e5m2fnuz", 1),
    plain(29, "int4", 1),
    plain(30, "uint4", 1),
    plain(31, "int2", 1),
    plain(32, "uint2", 1),
    plain(33, "float4_e2m1fn", 1),
];

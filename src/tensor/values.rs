//! The values of a slice of a checkpoint of format V1: numbers as protobuf writes them.

use prost::Message;

use crate::model::{DType, Kind};
use crate::proto::v1::Values;

/// The elements in a message, little-endian.
///
/// # Errors
/// If it is no message, or the type cannot stand in it.
pub(super) fn numbers(message: &[u8], dtype: DType) -> Result<Vec<u8>, String> {
    let values = Values::decode(message).map_err(|error| error.to_string())?;
    if !values.tensor_content.is_empty() {
        return Ok(values.tensor_content);
    }
    Ok(match dtype.kind() {
        Kind::Float { bits: 16 } => joined(values.half_val, |bits| low::<2>(bits.to_le_bytes())),
        Kind::Float { bits: 32 } => joined(values.float_val, f32::to_le_bytes),
        Kind::Float { .. } => joined(values.double_val, f64::to_le_bytes),
        Kind::Complex { bits: 32 } => joined(values.scomplex_val, f32::to_le_bytes),
        Kind::Complex { .. } => joined(values.dcomplex_val, f64::to_le_bytes),
        Kind::Bool => joined(values.bool_val, |value| [u8::from(value)]),
        Kind::Int { bits: 64 } => joined(values.int64_val, i64::to_le_bytes),
        Kind::Int { bits: 8 } | Kind::UInt { bits: 8 } => joined(values.int_val, |value| low::<1>(value.to_le_bytes())),
        Kind::Int { bits: 16 } | Kind::UInt { bits: 16 } => {
            joined(values.int_val, |value| low::<2>(value.to_le_bytes()))
        }
        Kind::Int { bits: 32 } => joined(values.int_val, i32::to_le_bytes),
        _ => return Err(format!("numbers of type {dtype} have no place in such a message")),
    })
}

/// The strings in a message.
///
/// # Errors
/// If it is no message.
pub(super) fn strings(message: &[u8]) -> Result<Vec<Vec<u8>>, String> {
    Ok(Values::decode(message).map_err(|error| error.to_string())?.string_val)
}

fn joined<T, const N: usize>(values: Vec<T>, bytes: impl Fn(T) -> [u8; N]) -> Vec<u8> {
    let mut all = Vec::with_capacity(values.len().saturating_mul(N));
    values.into_iter().for_each(|value| all.extend(bytes(value)));
    all
}

/// The lower bytes of a number, as TensorFlow takes it for one of a smaller type.
fn low<const N: usize>(bytes: [u8; 4]) -> [u8; N] {
    let mut low = [0; N];
    low.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
    low
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, message: &[u8]) -> Result<Vec<u8>, String> {
        numbers(message, DType::from_name(name).unwrap())
    }

    /// Fields as the protobuf encoding has them: tag, length, values; or each value with its tag.
    #[test]
    fn every_field_packed_and_one_by_one() {
        let (one, two) = (1f32.to_le_bytes(), (-2f32).to_le_bytes());
        let floats = [one, two].concat();
        assert_eq!(of("float32", &[&[5 << 3 | 2, 8], &floats[..]].concat()).unwrap(), floats);
        assert_eq!(of("float32", &[&[5 << 3 | 5], &one[..], &[5 << 3 | 5], &two].concat()).unwrap(), floats);
        assert_eq!(of("complex64", &[&[9 << 3 | 2, 8], &floats[..]].concat()).unwrap(), floats);
        assert_eq!(of("complex64", &[&[9 << 3 | 5], &one[..], &[9 << 3 | 5], &two].concat()).unwrap(), floats);

        let (one, two) = (1f64.to_le_bytes(), (-2f64).to_le_bytes());
        let doubles = [one, two].concat();
        assert_eq!(of("float64", &[&[6 << 3 | 2, 16], &doubles[..]].concat()).unwrap(), doubles);
        assert_eq!(of("float64", &[&[6 << 3 | 1], &one[..], &[6 << 3 | 1], &two].concat()).unwrap(), doubles);
        assert_eq!(of("complex128", &[&[12 << 3 | 2, 16], &doubles[..]].concat()).unwrap(), doubles);

        let minus_one = [&[0xff; 9][..], &[1]].concat();
        let integers = [&[7 << 3 | 2, 12, 0x80, 0x01], &minus_one[..]].concat();
        let single = [&[7 << 3, 0x80, 0x01, 7 << 3], &minus_one[..]].concat();
        for message in [integers, single] {
            for name in ["int8", "uint8", "qint8", "quint8"] {
                assert_eq!(of(name, &message).unwrap(), [128, 255], "{name}");
            }
            for name in ["int16", "uint16", "quint16"] {
                assert_eq!(of(name, &message).unwrap(), [128, 0, 255, 255], "{name}");
            }
            for name in ["int32", "qint32"] {
                assert_eq!(of(name, &message).unwrap(), [128, 0, 0, 0, 255, 255, 255, 255], "{name}");
            }
        }
        let wide = [5i64.to_le_bytes(), (-1i64).to_le_bytes()].concat();
        assert_eq!(of("int64", &[&[10 << 3 | 2, 11, 5], &minus_one[..]].concat()).unwrap(), wide);
        assert_eq!(of("int64", &[&[10 << 3, 5, 10 << 3], &minus_one[..]].concat()).unwrap(), wide);
        assert_eq!(of("bool", &[11 << 3 | 2, 3, 1, 0, 1]).unwrap(), [1, 0, 1]);
        assert_eq!(of("bool", &[11 << 3, 1, 11 << 3, 0]).unwrap(), [1, 0]);
        // The bits of 1 and -1 as float16: 0x3c00 and 0xbc00.
        let halves = [0x00, 0x3c, 0x00, 0xbc];
        assert_eq!(of("float16", &[13 << 3 | 2, 5, 0x80, 0x78, 0x80, 0xf8, 0x02]).unwrap(), halves);
        assert_eq!(of("float16", &[13 << 3, 0x80, 0x78, 13 << 3, 0x80, 0xf8, 0x02]).unwrap(), halves);
        let texts = strings(&[8 << 3 | 2, 2, b'a', 0xff, 8 << 3 | 2, 0]).unwrap();
        assert_eq!(texts, [b"a\xff".to_vec(), Vec::new()]);
    }

    #[test]
    fn other_fields_are_passed_over() {
        // dtype and version_number before, and a field that belongs to another type.
        let message = [8, 1, 24, 1, 10 << 3 | 2, 1, 9, 11 << 3 | 2, 1, 1];
        assert_eq!(of("bool", &message).unwrap(), [1]);
        assert_eq!(of("float32", &[4 << 3 | 2, 4, 1, 2, 3, 4]).unwrap(), [1, 2, 3, 4], "tensor_content");
    }

    #[test]
    fn what_is_no_message_is_an_error() {
        assert!(of("float32", &[5 << 3 | 2, 8, 0, 0]).is_err(), "cut");
        assert!(of("float32", &[5 << 3 | 2, 3, 0, 0, 0]).is_err(), "not whole floats");
        assert!(of("int32", &[&[7 << 3][..], &[0xff; 11]].concat()).is_err(), "a number without an end");
        assert!(of("bfloat16", &[13 << 3, 1]).unwrap_err().contains("bfloat16"));
        assert!(strings(&[8 << 3 | 2, 0xff, 0xff, 0xff, 0xff, 0x0f]).is_err());
    }
}

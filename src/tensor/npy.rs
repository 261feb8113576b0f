//! A tensor as NumPy's `.npy` file, format version 1.0.

use super::read::Elements;
use crate::bytes::limits;
use crate::error::Error;
use crate::model::{DType, Kind};

/// The bytes of the file. Types that NumPy does not have by itself are written as raw bytes (`|V2`),
/// the way NumPy itself saves them; sub-byte integers as int8 and uint8.
///
/// # Errors
/// For variants, and for strings that end in a zero byte, which NumPy would drop.
pub fn npy(dtype: DType, shape: &[u64], elements: &Elements) -> Result<Vec<u8>, Error> {
    let (descr, data) = match (dtype.kind(), elements) {
        (Kind::Str, Elements::Strings(strings)) => fixed_strings(strings)?,
        (Kind::Int { bits }, Elements::Bytes(bytes)) if bits < 8 => {
            let unused = 8 - u32::from(bits);
            ("|i1".to_owned(), bytes.iter().map(|byte| ((byte << unused) as i8 >> unused) as u8).collect())
        }
        (Kind::UInt { bits }, Elements::Bytes(bytes)) if bits < 8 => {
            ("|u1".to_owned(), bytes.iter().map(|byte| byte & ((1 << bits) - 1)).collect())
        }
        (kind, Elements::Bytes(bytes)) => {
            let size = dtype.bytes().unwrap_or(1);
            let letter = match kind {
                Kind::Int { .. } => 'i',
                Kind::UInt { .. } => 'u',
                Kind::Float { .. } => 'f',
                Kind::Complex { .. } => 'c',
                Kind::Bool => 'b',
                _ => 'V',
            };
            let order = if size == 1 || letter == 'V' { '|' } else { '<' };
            (format!("{order}{letter}{size}"), bytes.clone())
        }
        _ => return Err(Error::new(format!("{} has no form in NumPy", dtype))),
    };
    let axes: String = shape.iter().map(|axis| format!("{axis}, ")).collect();
    let axes = if shape.len() == 1 { axes.trim_end().to_owned() } else { axes.trim_end_matches(", ").to_owned() };
    let mut header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({axes}), }}");
    // Magic, version, length and header together must be a multiple of 64 bytes.
    let unpadded = 10 + header.len() + 1;
    header.push_str(&" ".repeat(unpadded.next_multiple_of(64) - unpadded));
    header.push('\n');
    let length = u16::try_from(header.len()).map_err(|_| Error::new("too many axes for a .npy file"))?;
    let mut out = b"\x93NUMPY\x01\x00".to_vec();
    out.extend(length.to_le_bytes());
    out.extend(header.as_bytes());
    out.extend(data);
    Ok(out)
}

fn fixed_strings(strings: &[Vec<u8>]) -> Result<(String, Vec<u8>), Error> {
    if strings.iter().any(|string| string.ends_with(&[0])) {
        let error = Error::new("a string ends in a zero byte, which NumPy's fixed strings cannot hold");
        return Err(error.hint("print it with --values"));
    }
    let width = strings.iter().map(Vec::len).max().unwrap_or(0).max(1);
    let size = width.saturating_mul(strings.len());
    if size as u64 > limits::FIXED_STRINGS {
        // NumPy gives every string as much room as the longest takes.
        let error =
            format!("{} strings, the longest of {width} bytes, take {size} bytes in a .npy file", strings.len());
        return Err(Error::new(error).hint("print them with --values, or cut out a part: NAME[0:1000]"));
    }
    let mut data = Vec::with_capacity(size);
    for string in strings {
        data.extend(string);
        data.extend(std::iter::repeat_n(0, width - string.len()));
    }
    Ok((format!("|S{width}"), data))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_long_string_among_many_is_refused_before_room_is_made_for_it() {
        let mut strings = vec![Vec::new(); 1 << 20];
        strings[7] = vec![b'x'; 1 << 20];
        let refused = npy(DType::STRING, &[1 << 20], &Elements::Strings(strings)).unwrap_err();
        assert!(refused.message.contains("the longest of 1048576 bytes, take 1099511627776 bytes"), "{refused}");
        let two = npy(DType::STRING, &[2], &Elements::Strings(vec![b"ab".to_vec(), b"c".to_vec()])).unwrap();
        assert!(two.ends_with(b"abc\0"));
    }
}

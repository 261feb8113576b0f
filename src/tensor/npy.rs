//! A tensor as NumPy's `.npy` file, format version 1.0.

use crate::bytes::limits;
use crate::error::Error;
use crate::model::{DType, Kind};

/// What stands before the elements. Types that NumPy does not have by itself are written as raw bytes (`|V2`), the
/// way NumPy itself saves them; sub-byte integers as int8 and uint8.
///
/// # Errors
/// For strings and their like.
pub fn npy(dtype: DType, shape: &[u64]) -> Result<Vec<u8>, Error> {
    let size = dtype.bytes().ok_or_else(|| Error::new(format!("{dtype} has no form in NumPy")))?;
    let letter = match dtype.kind() {
        Kind::Int { .. } => 'i',
        Kind::UInt { .. } => 'u',
        Kind::Float { .. } => 'f',
        Kind::Complex { .. } => 'c',
        Kind::Bool => 'b',
        _ => 'V',
    };
    let order = if size == 1 || letter == 'V' { '|' } else { '<' };
    header(&format!("{order}{letter}{size}"), shape)
}

/// Turns a little-endian element into what NumPy has for it.
pub fn to_npy(dtype: DType, element: &mut [u8]) {
    let ([byte], Kind::Int { bits: bits @ 1..8 } | Kind::UInt { bits: bits @ 1..8 }) = (element, dtype.kind()) else {
        return;
    };
    let unused = 8 - u32::from(bits);
    *byte = match dtype.kind() {
        Kind::Int { .. } => ((*byte << unused) as i8 >> unused) as u8,
        _ => *byte & ((1 << bits) - 1),
    };
}

/// The whole file of some strings, each of which takes as many bytes as the longest.
///
/// # Errors
/// If one ends in a zero byte, which NumPy would drop, or they take too much.
pub fn npy_of_strings(shape: &[u64], strings: &[Vec<u8>]) -> Result<Vec<u8>, Error> {
    let (descr, data) = fixed_strings(strings)?;
    let mut out = header(&descr, shape)?;
    out.extend(data);
    Ok(out)
}

fn header(descr: &str, shape: &[u64]) -> Result<Vec<u8>, Error> {
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
        let refused = npy_of_strings(&[1 << 20], &strings).unwrap_err();
        assert!(refused.message.contains("the longest of 1048576 bytes, take 1099511627776 bytes"), "{refused}");
        let two = npy_of_strings(&[2], &[b"ab".to_vec(), b"c".to_vec()]).unwrap();
        assert!(two.ends_with(b"abc\0"));
    }
}

//! The layout of string and variant tensors: lengths, checksums, bytes (FORMAT: string tensors carry
//! a checksum of their lengths within, and their entry's checksum covers lengths, it and the bytes).

use super::checksum::{Crc32c, mask, unmask};
use super::cursor::Cursor;

/// The elements of a string or variant tensor.
#[derive(Clone, Debug)]
pub struct Strings<'a> {
    /// Where the lengths begin.
    lengths: Cursor<'a>,
    /// Where the elements begin; none if each stands behind its length.
    data: Option<Cursor<'a>>,
    count: u64,
    /// The checksum that the entry should record (not masked).
    pub crc32c: u32,
    /// What is wrong with the lengths, if anything is.
    pub wrong: Option<&'static str>,
}

impl<'a> Strings<'a> {
    /// The bytes of each element. They are found anew at each call: a list of them could be many times
    /// as large as the tensor, of whose bytes each may stand for an element.
    pub fn elements(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        let (mut lengths, mut data) = (self.lengths.clone(), self.data.clone());
        (0..self.count).map_while(move |_| {
            let length = usize::try_from(lengths.varint64().ok()?).ok()?;
            match &mut data {
                Some(data) => data.take(length).ok(),
                None => {
                    let element = lengths.take(length).ok()?;
                    lengths.u32_le().ok()?;
                    Some(element)
                }
            }
        })
    }
}

/// Reads the `count` strings that `bytes` hold.
///
/// Layout: a varint length for each string, the masked CRC-32C of the lengths, then all the bytes.
/// The checksum covers each length as a fixed 32-bit number (64 bits from 2^32 on), not as it is stored;
/// that number, and the stored checksum, have the byte order of the machine that wrote them.
///
/// # Errors
/// What is wrong, if the strings cannot be told apart.
pub fn strings<'a>(mut cursor: Cursor<'a>, count: u64, big_endian: bool) -> Result<Strings<'a>, &'static str> {
    if count > cursor.remaining() as u64 {
        return Err("there are more strings than bytes");
    }
    let lengths = cursor.clone();
    let mut crc = Crc32c::default();
    let mut total = 0u64;
    for _ in 0..count {
        let length = cursor.varint64().map_err(|_| "a length is malformed")?;
        match u32::try_from(length) {
            Ok(short) if big_endian => crc.update(&short.to_be_bytes()),
            Ok(short) => crc.update(&short.to_le_bytes()),
            Err(_) if big_endian => crc.update(&length.to_be_bytes()),
            Err(_) => crc.update(&length.to_le_bytes()),
        }
        total = total.saturating_add(length);
    }
    let stored = cursor.take(4).map_err(|_| "their checksum is missing")?;
    let computed = mask(crc.value());
    let computed = if big_endian { computed.to_be_bytes() } else { computed.to_le_bytes() };
    let mut wrong = (stored != computed).then_some("they do not have their checksum");
    crc.update(stored);
    let data = cursor.clone();
    let total = usize::try_from(total).unwrap_or(usize::MAX);
    crc.update(cursor.take(total).map_err(|_| "they reach past the end of the tensor")?);
    if !cursor.is_empty() {
        wrong = wrong.or(Some("they leave bytes of the tensor over"));
    }
    Ok(Strings { lengths, data: Some(data), count, crc32c: crc.value(), wrong })
}

/// Reads the `count` variants that `bytes` hold, as serialized messages.
///
/// Layout of each: a varint length, the message, the masked CRC-32C of all up to here, in which the
/// length counts as a fixed 64-bit number.
///
/// # Errors
/// What is wrong, if the variants cannot be told apart.
pub fn variants<'a>(mut cursor: Cursor<'a>, count: u64) -> Result<Strings<'a>, &'static str> {
    if count > cursor.remaining() as u64 {
        return Err("there are more variants than bytes");
    }
    let lengths = cursor.clone();
    let mut crc = Crc32c::default();
    let mut wrong = None;
    for _ in 0..count {
        let length = cursor.varint64().map_err(|_| "a length is malformed")?;
        let element = cursor
            .take(usize::try_from(length).unwrap_or(usize::MAX))
            .map_err(|_| "they reach past the end of the tensor")?;
        crc.update(&length.to_le_bytes());
        crc.update(element);
        let stored = cursor.u32_le().map_err(|_| "a checksum is missing")?;
        if unmask(stored) != crc.value() {
            wrong = Some("a variant does not have its checksum");
        }
        crc.update(&stored.to_le_bytes());
    }
    if !cursor.is_empty() {
        wrong = wrong.or(Some("they leave bytes of the tensor over"));
    }
    Ok(Strings { lengths, data: None, count, crc32c: crc.value(), wrong })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_scalar_string() {
        let file: Arc<str> = "t".into();
        let mut bytes = vec![5];
        bytes.extend(mask(Crc32c::of(&5u32.to_le_bytes())).to_le_bytes());
        bytes.extend(b"hello");
        let read = strings(Cursor::new(&file, &bytes, 0), 1, false).unwrap();
        assert_eq!((read.elements().collect::<Vec<_>>(), read.wrong), (vec![b"hello".as_slice()], None));
        bytes[1] ^= 1;
        assert!(strings(Cursor::new(&file, &bytes, 0), 1, false).unwrap().wrong.is_some());
    }

    #[test]
    fn elements_of_either_layout() {
        let file: Arc<str> = "t".into();
        let mut bytes = vec![1, 0, 2];
        let lengths: Vec<u8> = [1u32, 0, 2].iter().flat_map(|length| length.to_le_bytes()).collect();
        bytes.extend(mask(Crc32c::of(&lengths)).to_le_bytes());
        bytes.extend(b"abc");
        let read = strings(Cursor::new(&file, &bytes, 0), 3, false).unwrap();
        assert_eq!(read.elements().collect::<Vec<_>>(), [b"a".as_slice(), b"", b"bc"]);
        assert_eq!(read.wrong, None);
        bytes.pop();
        assert!(strings(Cursor::new(&file, &bytes, 0), 3, false).is_err());
        let bytes = [2, b'x', b'y', 0, 0, 0, 0, 1, b'z', 0, 0, 0, 0];
        let read = variants(Cursor::new(&file, &bytes, 0), 2).unwrap();
        assert_eq!(read.elements().collect::<Vec<_>>(), [b"xy".as_slice(), b"z"]);
        assert!(read.wrong.is_some(), "their checksums are made up");
    }

    #[test]
    fn an_empty_tensor_has_the_checksum_of_nothing() {
        let file: Arc<str> = "t".into();
        let bytes = mask(0).to_le_bytes();
        assert_eq!(strings(Cursor::new(&file, &bytes, 0), 0, false).unwrap().wrong, None);
        assert!(strings(Cursor::new(&file, &bytes, 0), 1 << 40, false).is_err(), "no allocation for a lie");
    }
}

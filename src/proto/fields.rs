//! The fields of a message, one after the other, without decoding it as a whole: a graph may be larger
//! than what is wanted from it by far.

use std::ops::Range;

/// The fields of the message in `bytes` that have bytes of their own (text, messages, packed numbers), by
/// number. Numbers are passed over. Ends after the first error.
pub(crate) fn fields(bytes: &[u8]) -> Fields<'_> {
    Fields { rest: bytes }
}

/// The same, with the place of each in `bytes` instead of its content.
pub(crate) fn places(bytes: &[u8]) -> impl Iterator<Item = Result<(u64, Range<usize>), String>> {
    let mut fields = fields(bytes);
    std::iter::from_fn(move || {
        let field = fields.next()?;
        let end = bytes.len().saturating_sub(fields.rest.len());
        Some(field.map(|(number, content)| (number, end.saturating_sub(content.len())..end)))
    })
}

/// The last of the fields with this number, which is the one that counts.
///
/// # Errors
/// If the message is malformed.
pub(crate) fn field(bytes: &[u8], number: u64) -> Result<Option<&[u8]>, String> {
    let mut last = None;
    for field in fields(bytes) {
        let (found, value) = field?;
        if found == number {
            last = Some(value);
        }
    }
    Ok(last)
}

/// Iterates over the fields of a message.
#[derive(Clone, Debug)]
pub(crate) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    fn read(&mut self) -> Result<Option<(u64, &'a [u8])>, String> {
        while !self.rest.is_empty() {
            let tag = self.varint()?;
            match (tag >> 3, tag & 7) {
                (0, _) => return Err("a field has the number 0".to_owned()),
                (_, 0) => {
                    self.varint()?;
                }
                (_, 1) => {
                    self.take(8)?;
                }
                (number, 2) => {
                    let length = self.varint()?;
                    return Ok(Some((number, self.take(length)?)));
                }
                (_, 5) => {
                    self.take(4)?;
                }
                (number, wire) => return Err(format!("field {number} has wire type {wire}")),
            }
        }
        Ok(None)
    }

    fn take(&mut self, length: u64) -> Result<&'a [u8], String> {
        let split = usize::try_from(length).ok().and_then(|length| self.rest.split_at_checked(length));
        let left = self.rest.len();
        let (taken, rest) = split.ok_or_else(|| format!("{length} bytes should follow, there are {left}"))?;
        self.rest = rest;
        Ok(taken)
    }

    /// Unlike the numbers of tables, those of protobuf need not be in their shortest form.
    fn varint(&mut self) -> Result<u64, String> {
        let mut value = 0u64;
        for shift in (0..70u32).step_by(7) {
            let (&byte, rest) = self.rest.split_first().ok_or("it ends within a number")?;
            self.rest = rest;
            value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err("a number has more than ten bytes".to_owned())
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Result<(u64, &'a [u8]), String>;

    fn next(&mut self) -> Option<Self::Item> {
        let field = self.read();
        if field.is_err() {
            self.rest = &[];
        }
        field.transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_passed_over() {
        let bytes = b"\x08\x96\x01\x12\x02ab\x1d1234\x21abcdefgh\x12\x01c";
        let read: Result<Vec<_>, _> = fields(bytes).collect();
        assert_eq!(read.unwrap(), [(2, b"ab".as_slice()), (2, b"c")]);
        assert_eq!(field(bytes, 2).unwrap(), Some(b"c".as_slice()));
        assert_eq!(field(bytes, 3).unwrap(), None);
    }

    #[test]
    fn places_are_those_of_the_contents() {
        let bytes = b"\x08\x96\x01\x12\x02ab\x1d1234\x12\x01c";
        let read: Result<Vec<_>, _> = places(bytes).collect();
        assert_eq!(read.unwrap(), [(2, 5..7), (2, 14..15)]);
    }

    #[test]
    fn what_is_malformed_ends_it() {
        let long = [0xff; 12];
        for wrong in [b"\x12\x05ab".as_slice(), b"\x12", b"\x02\x00", b"\x13", b"\x17", b"\x0d123", &long, b"\x08"] {
            let read: Vec<_> = fields(wrong).collect();
            assert!(matches!(read.as_slice(), [Err(_)]), "{wrong:?}");
        }
    }
}

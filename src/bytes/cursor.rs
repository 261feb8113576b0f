//! A position in a slice of a file.

use std::sync::Arc;

use super::fault::{Fault, FaultKind, Span};

/// Reads a slice front to back; knows the slice's offset in its file, so every fault has a place.
#[derive(Clone, Debug)]
pub struct Cursor<'a> {
    file: &'a Arc<str>,
    bytes: &'a [u8],
    /// Offset of `bytes[0]` in the file.
    base: u64,
    at: usize,
}

impl<'a> Cursor<'a> {
    /// A cursor at the start of `bytes`, which begin at offset `base` of `file`.
    pub fn new(file: &'a Arc<str>, bytes: &'a [u8], base: u64) -> Self {
        Self { file, bytes, base, at: 0 }
    }

    /// Offset in the file of the next byte.
    pub fn offset(&self) -> u64 {
        self.base.saturating_add(self.at as u64)
    }

    /// Position within the slice.
    pub fn position(&self) -> usize {
        self.at
    }

    /// Number of bytes left.
    pub fn remaining(&self) -> usize {
        self.bytes.len().saturating_sub(self.at)
    }

    /// True at the end of the slice.
    pub fn is_empty(&self) -> bool {
        self.remaining() == 0
    }

    /// The bytes that are left, without moving.
    pub fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// A fault of `kind` over the `len` bytes from `start` (an offset in the file).
    pub fn fault(&self, kind: FaultKind, start: u64, len: u64) -> Fault {
        Fault { kind, at: Span { file: self.file.clone(), bytes: start..start.saturating_add(len) } }
    }

    /// The next `len` bytes.
    ///
    /// # Errors
    /// [`FaultKind::EndsEarly`] if fewer are left; nothing is consumed then.
    pub fn take(&mut self, len: usize) -> Result<&'a [u8], Fault> {
        let end = self.at.checked_add(len);
        match end.and_then(|end| self.bytes.get(self.at..end)) {
            Some(taken) => {
                self.at = self.at.saturating_add(len);
                Ok(taken)
            }
            None => {
                let left = self.remaining() as u64;
                Err(self.fault(FaultKind::EndsEarly { wanted: len as u64 }, self.offset(), left))
            }
        }
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let mut out = [0; N];
        out.copy_from_slice(self.take(N)?);
        Ok(out)
    }

    /// One byte.
    pub fn u8(&mut self) -> Result<u8, Fault> {
        self.array::<1>().map(|[byte]| byte)
    }

    /// Four bytes, little-endian.
    pub fn u32_le(&mut self) -> Result<u32, Fault> {
        self.array().map(u32::from_le_bytes)
    }

    /// A base-128 varint of at most ten bytes, low group first. It must be the shortest spelling:
    /// TensorFlow never writes another, so a longer one is damage that no checksum would show.
    ///
    /// # Errors
    /// [`FaultKind::EndsEarly`], or [`FaultKind::VarintMalformed`] if too long or not shortest.
    pub fn varint64(&mut self) -> Result<u64, Fault> {
        // Most numbers are small.
        if let Some(&byte) = self.bytes.get(self.at).filter(|byte| **byte < 0x80) {
            self.at = self.at.saturating_add(1);
            return Ok(byte.into());
        }
        let (start, first) = (self.offset(), self.at);
        let mut value: u64 = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.u8()?;
            let group = u64::from(byte & 0x7f);
            let shifted = group << shift;
            if shifted >> shift != group {
                break;
            }
            value |= shifted;
            if byte & 0x80 == 0 {
                if byte == 0 && shift > 0 {
                    break;
                }
                return Ok(value);
            }
        }
        let len = self.at.saturating_sub(first) as u64;
        Err(self.fault(FaultKind::VarintMalformed, start, len))
    }

    /// A varint that must fit 32 bits.
    pub fn varint32(&mut self) -> Result<u32, Fault> {
        let start = self.offset();
        let value = self.varint64()?;
        u32::try_from(value).map_err(|_| {
            let len = self.offset().saturating_sub(start);
            self.fault(FaultKind::VarintMalformed, start, len)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<u64, FaultKind> {
        let file: Arc<str> = "t".into();
        Cursor::new(&file, bytes, 0).varint64().map_err(|fault| fault.kind)
    }

    #[test]
    fn varints_are_shortest() {
        assert_eq!(read(&[0x81, 0x01]), Ok(129));
        assert_eq!(read(&[0x81, 0x00]), Err(FaultKind::VarintMalformed));
        assert_eq!(read(&[0xff; 9]), Err(FaultKind::EndsEarly { wanted: 1 }));
        let mut max = vec![0xff; 9];
        max.push(0x01);
        assert_eq!(read(&max), Ok(u64::MAX));
        max[9] = 0x02;
        assert_eq!(read(&max), Err(FaultKind::VarintMalformed));
    }

    #[test]
    fn a_fault_knows_its_offset() {
        let file: Arc<str> = "t".into();
        let mut cursor = Cursor::new(&file, &[1, 2, 3], 100);
        cursor.u8().unwrap();
        let fault = cursor.u32_le().unwrap_err();
        assert_eq!(fault.at.bytes, 101..103);
        assert_eq!(cursor.offset(), 101, "nothing consumed");
    }
}

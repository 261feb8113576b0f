//! CRC-32C (Castagnoli), plain and in the masked form that TensorFlow stores.
//!
//! Two packages: `crc-fast` folds bytes with carry-less multiplication, twice as fast as the processor's
//! instruction for this checksum, which `crc32c` uses and which is a third of the time that `doctor` takes
//! for data in memory. `crc32c` puts checksums together, and is what the tests hold the other against.

use crc_fast::CrcAlgorithm::Crc32Iscsi;

const MASK_DELTA: u32 = 0xa282_ead8;

/// The form in which TensorFlow stores a checksum, so that the checksum of a string
/// that contains checksums is not degenerate.
pub fn mask(crc: u32) -> u32 {
    crc.rotate_right(15).wrapping_add(MASK_DELTA)
}

/// The plain checksum of a stored, masked one.
pub fn unmask(masked: u32) -> u32 {
    masked.wrapping_sub(MASK_DELTA).rotate_left(15)
}

/// A running CRC-32C.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Crc32c(u32);

impl Crc32c {
    /// The checksum of `bytes`, in one step.
    pub fn of(bytes: &[u8]) -> u32 {
        let mut crc = Self::default();
        crc.update(bytes);
        crc.value()
    }

    /// Takes `bytes` into the checksum.
    pub fn update(&mut self, bytes: &[u8]) {
        let mut digest = crc_fast::Digest::new_with_init_state(Crc32Iscsi, u64::from(!self.0));
        digest.update(bytes);
        self.0 = digest.finalize() as u32;
    }

    /// Takes the `len` bytes whose own checksum is `crc` into this one, as if they had been read
    /// here: pieces of one tensor can be read in parallel.
    pub fn append(&mut self, crc: u32, len: u64) {
        // Nothing before it: most tensors are of one piece.
        if self.0 == 0 {
            self.0 = crc;
            return;
        }
        self.0 = crc32c::crc32c_combine(self.0, crc, usize::try_from(len).unwrap_or(usize::MAX));
    }

    /// The plain (not masked) checksum so far.
    pub fn value(self) -> u32 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Vectors of RFC 3720 and of TensorFlow's own files.
    #[test]
    fn known_vectors() {
        assert_eq!(Crc32c::of(b"123456789"), 0xe306_9283);
        assert_eq!(mask(0xe306_9283), 0xc78a_b0e5);
        assert_eq!(mask(0), 0xa282_ead8);
        assert_eq!(unmask(0), 0x8a94_2ebe);
    }

    /// Both packages, of every length at which another way of computing begins, in one step and in two.
    #[test]
    fn packages_agree() {
        let bytes: Vec<u8> = (0..5_000u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
        for (start, end) in (0..1_100).chain([2_048, 4_095, 4_999]).map(|length: usize| (length % 19, length)) {
            let bytes = &bytes[start.min(end)..end];
            let (left, right) = bytes.split_at(bytes.len() / 3);
            let mut split = Crc32c::default();
            split.update(left);
            split.update(right);
            assert_eq!([Crc32c::of(bytes), split.value()], [crc32c::crc32c(bytes); 2], "{start}..{end}");
        }
    }

    #[test]
    fn pieces_make_the_whole() {
        let bytes: Vec<u8> = (0..10_000u32).map(|i| (i % 251) as u8).collect();
        let mut crc = Crc32c::default();
        for piece in bytes.chunks(777) {
            crc.append(Crc32c::of(piece), piece.len() as u64);
        }
        assert_eq!(crc.value(), Crc32c::of(&bytes));
    }
}

//! A compressed member of an archive, unpacked into memory. What deflate has made small a thousand times would be
//! large there, so that each piece that can be is packed again, in a way that is fast to unpack.

use std::io::{self, Read};

use snap::raw::{Decoder, Encoder, max_compress_len};

use super::Blob;

/// Bytes of a piece: what snappy takes at once.
const PIECE: usize = 1 << 16;

/// The bytes of a member.
#[derive(Default)]
pub struct Unpacked {
    size: u64,
    pieces: Vec<Piece>,
}

/// So many bytes as [`PIECE`] has; the last piece, fewer.
enum Piece {
    Plain(Box<[u8]>),
    Packed(Box<[u8]>),
}

impl Unpacked {
    /// Everything that a reader gives, up to `limit` bytes; none if that takes more memory than `room`.
    ///
    /// # Errors
    /// Those of the reader.
    pub fn read(from: &mut impl Read, limit: u64, room: u64) -> io::Result<Option<Self>> {
        let mut unpacked = Self::default();
        let mut held = 0u64;
        let mut bytes = Vec::with_capacity(PIECE);
        let mut packed = vec![0; max_compress_len(PIECE)];
        let mut encoder = Encoder::new();
        while unpacked.size < limit {
            bytes.clear();
            from.take((PIECE as u64).min(limit.saturating_sub(unpacked.size))).read_to_end(&mut bytes)?;
            if bytes.is_empty() {
                break;
            }
            unpacked.size = unpacked.size.saturating_add(bytes.len() as u64);
            let length = encoder.compress(&bytes, &mut packed).unwrap_or(bytes.len());
            let small = packed.get(..length).filter(|_| length < bytes.len() / 2);
            held = held.saturating_add(small.unwrap_or(&bytes).len() as u64);
            if held > room {
                return Ok(None);
            }
            unpacked.pieces.push(
                small.map_or_else(|| Piece::Plain(bytes.as_slice().into()), |packed| Piece::Packed(packed.into())),
            );
        }
        Ok(Some(unpacked))
    }
}

impl Blob for Unpacked {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        let end = || io::Error::from(io::ErrorKind::UnexpectedEof);
        let mut at = usize::try_from(offset).map_err(|_| end())?;
        let mut rest = into;
        while !rest.is_empty() {
            let piece = self.pieces.get(at / PIECE).ok_or_else(end)?;
            let bytes;
            let bytes = match piece {
                Piece::Plain(plain) => plain,
                Piece::Packed(packed) => {
                    bytes = Decoder::new().decompress_vec(packed).map_err(io::Error::other)?;
                    bytes.as_slice()
                }
            };
            let bytes = bytes.get(at % PIECE..).filter(|bytes| !bytes.is_empty()).ok_or_else(end)?;
            let length = bytes.len().min(rest.len());
            let (now, later) = rest.split_at_mut(length);
            now.copy_from_slice(bytes.get(..length).unwrap_or_default());
            (rest, at) = (later, at.saturating_add(length));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stretch_is_what_was_packed() {
        let noise = |at: usize| (at.wrapping_mul(0x9e37_79b9) >> 13) as u8;
        let whole: Vec<u8> = (0..3 * PIECE + 77).map(|at| if at / PIECE == 1 { 7 } else { noise(at) }).collect();
        let read = |limit, room| Unpacked::read(&mut whole.as_slice(), limit, room).unwrap();
        let unpacked = read(u64::MAX, u64::MAX).unwrap();
        assert_eq!(unpacked.size(), whole.len() as u64);
        for start in [0, 1, PIECE - 1, PIECE, PIECE + 5, 2 * PIECE, 3 * PIECE + 76] {
            for length in [0, 1, 5, PIECE, 2 * PIECE + 1] {
                let mut into = vec![0; length];
                let read = unpacked.read_at(start as u64, &mut into);
                match whole.get(start..start + length) {
                    Some(bytes) => assert!(read.is_ok() && into == bytes, "{start} {length}"),
                    None => assert_eq!(read.unwrap_err().kind(), io::ErrorKind::UnexpectedEof),
                }
            }
        }
        assert_eq!(read(100, 100).unwrap().size(), 100);
        assert!(read(u64::MAX, 100).is_none(), "there is no room");
    }

    #[test]
    fn what_repeats_takes_little() {
        assert!(Unpacked::read(&mut io::repeat(0), 8 << 20, (8 << 20) / 20).unwrap().is_some());
    }
}

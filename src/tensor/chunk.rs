//! The bytes of one chunk of an array: what the filters did is undone.

use std::fmt;

use flate2::{Decompress, FlushDecompress, Status};

use crate::model::Filter;

/// Why the elements of a chunk cannot be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChunkError {
    /// It went through a filter that cannot be undone here.
    Unsupported(Filter),
    /// It does not decompress to what it should.
    Deflate,
    /// The checksum behind it does not fit.
    Checksum {
        /// As stored.
        stored: u32,
        /// As the bytes have it.
        computed: u32,
    },
    /// It has another number of bytes than a chunk should.
    Size {
        /// What a chunk should have.
        expected: usize,
        /// What this one has.
        found: usize,
    },
}

impl fmt::Display for ChunkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported(filter) => write!(f, "the filter {filter} cannot be undone here"),
            Self::Deflate => f.write_str("does not decompress"),
            Self::Checksum { stored, computed } => write!(f, "has checksum {computed:08x}, {stored:08x} is stored"),
            Self::Size { expected, found } => write!(f, "has {found} bytes, a chunk needs {expected}"),
        }
    }
}

impl std::error::Error for ChunkError {}

/// Bytes that filters may add to a chunk on its way: a checksum, and what zlib needs where it gains nothing.
const SLACK: usize = 1024;

/// The elements of a chunk, `size` bytes, from the `stored` ones. `filters` are in the order of the writing;
/// bit n of `mask` is set if filter n was left out.
///
/// # Errors
/// If a filter is unknown, or the bytes are not what the filters make of `size` bytes.
pub fn unfilter(stored: Vec<u8>, filters: &[Filter], mask: u32, size: usize) -> Result<Vec<u8>, ChunkError> {
    let mut bytes = stored;
    for (number, filter) in filters.iter().enumerate().rev() {
        let is_left_out = u32::try_from(number).ok().and_then(|number| mask.checked_shr(number)).unwrap_or(0) & 1 == 1;
        if is_left_out {
            continue;
        }
        bytes = match filter {
            Filter::Deflate => inflate(&bytes, size.saturating_add(SLACK))?,
            Filter::Shuffle { element } => unshuffle(bytes, usize::try_from(*element).unwrap_or(usize::MAX)),
            Filter::Fletcher32 => check(bytes)?,
            other @ Filter::Other { .. } => return Err(ChunkError::Unsupported(other.clone())),
        };
    }
    if bytes.len() != size {
        return Err(ChunkError::Size { expected: size, found: bytes.len() });
    }
    Ok(bytes)
}

/// Decompresses to at most `limit` bytes, taking memory as they come.
fn inflate(bytes: &[u8], limit: usize) -> Result<Vec<u8>, ChunkError> {
    let mut state = Decompress::new(true);
    // Deflate shrinks to 1/1032 at the best, so more than this is not needed.
    let most = bytes.len().saturating_mul(1040).saturating_add(SLACK).min(limit);
    let mut out = Vec::with_capacity(most);
    match state.decompress_vec(bytes, &mut out, FlushDecompress::Finish) {
        Ok(Status::StreamEnd) => Ok(out),
        _ => Err(ChunkError::Deflate),
    }
}

/// Puts the bytes of each element together again. What is left over from whole elements stays at the end.
fn unshuffle(bytes: Vec<u8>, element: usize) -> Vec<u8> {
    let count = bytes.len().checked_div(element).unwrap_or(0);
    if element < 2 || count < 2 {
        return bytes;
    }
    let Some((planes, rest)) = bytes.split_at_checked(count.saturating_mul(element)) else { return bytes };
    let mut out = vec![0; planes.len()];
    for (place, plane) in planes.chunks_exact(count).enumerate() {
        for (to, from) in out.iter_mut().skip(place).step_by(element).zip(plane) {
            *to = *from;
        }
    }
    out.extend_from_slice(rest);
    out
}

/// Takes the checksum from behind the bytes and looks whether it fits.
fn check(mut bytes: Vec<u8>) -> Result<Vec<u8>, ChunkError> {
    let Some((body, sum)) = bytes.split_last_chunk::<4>() else {
        return Err(ChunkError::Size { expected: 4, found: bytes.len() });
    };
    let (stored, computed) = (u32::from_le_bytes(*sum), fletcher32(body));
    // HDF5 before 1.6.3 wrote the bytes of each half in the other order, and HDF5 still takes that.
    let swapped = ((stored & 0x00ff_00ff) << 8) | ((stored >> 8) & 0x00ff_00ff);
    if computed != stored && computed != swapped {
        return Err(ChunkError::Checksum { stored, computed });
    }
    bytes.truncate(body.len());
    Ok(bytes)
}

/// HDF5's way of this checksum: words of two bytes, the first one the upper, sums modulo 65535.
fn fletcher32(bytes: &[u8]) -> u32 {
    let (mut first, mut second) = (0u32, 0u32);
    for pair in bytes.chunks(2) {
        let word = match pair {
            [high, low] => u16::from_be_bytes([*high, *low]),
            [high] => u16::from_be_bytes([*high, 0]),
            _ => 0,
        };
        // One's complement sums: zero is written as all bits set once anything was added.
        first = fold(first.wrapping_add(word.into()));
        second = fold(second.wrapping_add(first));
    }
    (second << 16) | first
}

fn fold(sum: u32) -> u32 {
    (sum & 0xffff).wrapping_add(sum >> 16)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn deflated(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn shuffled_bytes_find_their_places() {
        let shuffle = [Filter::Shuffle { element: 3 }];
        // Elements 1 2 3 and 4 5 6, one byte left over.
        assert_eq!(unfilter(vec![1, 4, 2, 5, 3, 6, 9], &shuffle, 0, 7), Ok(vec![1, 2, 3, 4, 5, 6, 9]));
        assert_eq!(unfilter(vec![1, 4, 2, 5], &shuffle, 1, 4), Ok(vec![1, 4, 2, 5]), "left out by the mask");
    }

    #[test]
    fn compressed_bytes_may_not_grow_beyond_the_chunk() {
        let bytes = vec![7; 100_000];
        assert_eq!(unfilter(deflated(&bytes), &[Filter::Deflate], 0, 100_000), Ok(bytes.clone()));
        assert_eq!(unfilter(deflated(&bytes), &[Filter::Deflate], 0, 1000), Err(ChunkError::Deflate));
        let size = ChunkError::Size { expected: 100_001, found: 100_000 };
        assert_eq!(unfilter(deflated(&bytes), &[Filter::Deflate], 0, 100_001), Err(size));
        let mut cut = deflated(&bytes);
        cut.truncate(20);
        assert_eq!(unfilter(cut, &[Filter::Deflate], 0, 100_000), Err(ChunkError::Deflate));
    }

    #[test]
    fn a_wrong_checksum_is_told() {
        // Words 0x0102 and 0x0300: sums 0x0402, and 0x0102 + 0x0402.
        let mut bytes = vec![1, 2, 3, 0x02, 0x04, 0x04, 0x05];
        assert_eq!(unfilter(bytes.clone(), &[Filter::Fletcher32], 0, 3), Ok(vec![1, 2, 3]));
        bytes[0] = 2;
        let error = ChunkError::Checksum { stored: 0x0504_0402, computed: 0x0704_0502 };
        assert_eq!(unfilter(bytes, &[Filter::Fletcher32], 0, 3), Err(error));
    }

    #[test]
    fn an_unknown_filter_is_named() {
        let filters = [Filter::Other { number: 32000, name: "lzf".to_owned() }];
        let error = unfilter(vec![1], &filters, 0, 1).unwrap_err();
        assert_eq!(error.to_string(), "the filter lzf cannot be undone here");
    }
}

//! What is done to the bytes of a chunk when an array is stored in chunks.

use std::fmt;

/// One step on the way of a chunk to the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// Compressed as zlib does.
    Deflate,
    /// First bytes of all elements, then their second bytes, and so on.
    Shuffle {
        /// Bytes of an element.
        element: u32,
    },
    /// A checksum of four bytes behind.
    Fletcher32,
    /// Another one, which cannot be undone here.
    Other {
        /// Its number in the registry of HDF5.
        number: u16,
        /// The name that the file gives it; may be empty.
        name: String,
    },
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Deflate => f.write_str("deflate"),
            Self::Shuffle { .. } => f.write_str("shuffle"),
            Self::Fletcher32 => f.write_str("fletcher32"),
            Self::Other { number: 4, .. } => f.write_str("szip"),
            Self::Other { number: 5, .. } => f.write_str("nbit"),
            Self::Other { number: 6, .. } => f.write_str("scaleoffset"),
            Self::Other { number: 32000, .. } => f.write_str("lzf"),
            Self::Other { number, name } if name.is_empty() => write!(f, "filter {number}"),
            Self::Other { number, name } => write!(f, "{name} (filter {number})"),
        }
    }
}

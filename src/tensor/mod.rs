//! Payload bytes to numbers. Works on any format's checkpoint, since a payload is only extents in files.

mod boxes;
mod chunk;
mod decode;
mod delta;
mod digest;
mod gaps;
mod npy;
mod numbers;
mod opened;
mod pieces;
mod products;
mod read;
mod source;
mod spread;
mod stream;
mod tally;
mod values;
mod visit;

#[cfg(test)]
pub(crate) use chunk::unfilter;
pub use decode::text;
pub use delta::Deltas;
pub use digest::{Request, digest};
pub use npy::{npy, npy_of_strings, to_npy};
pub use read::{Elements, front, read};
pub use spread::histogram;
pub use visit::visit;

/// Bytes that are read at a time: small enough to stay in a core's cache for the second look
/// (checksum, then statistics), large enough to keep the operating system busy.
const PIECE: usize = 1 << 18;

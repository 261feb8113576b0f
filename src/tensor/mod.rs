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

/// Bytes of one tensor that one thread looks at. To put two checksums together costs as much as the checksum of
/// several hundred thousand bytes: that it is done is hardly noticed with stretches of this size.
const STRETCH: u64 = 1 << 23;

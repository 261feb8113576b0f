//! One file or folder per on-disk format: bytes in, a [`crate::model::Checkpoint`] out.
//!
//! Readers never give up and never judge: what contradicts the format becomes a fault.

mod bundle;
mod directory;
mod extents;
mod foreign;
pub mod hdf5;
mod keras;
mod resolve;
mod sstable;
mod state;

pub use bundle::open;
pub use extents::overlaps;
pub use keras::open as open_keras;
pub use resolve::resolve;

use crate::store::Blob;

/// True for what ends as an index, or a checkpoint of the older format, does.
pub fn is_table(blob: &dyn Blob) -> bool {
    let mut end = sstable::MAGIC.map(|_| 0);
    let start = blob.size().checked_sub(end.len() as u64);
    start.is_some_and(|start| blob.read_at(start, &mut end).is_ok()) && end == sstable::MAGIC
}

/// True for the names that files of a checkpoint have.
pub fn is_checkpoint_file(name: &str) -> bool {
    name == state::NAME || directory::part(name).is_some()
}

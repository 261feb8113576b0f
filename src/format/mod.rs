//! One file or folder per on-disk format: bytes in, a [`crate::model::Checkpoint`] out.
//!
//! Readers never give up and never judge: what contradicts the format becomes a fault.

mod bundle;
mod directory;
mod foreign;
pub mod hdf5;
mod resolve;
mod sstable;
mod state;

pub use bundle::open;
pub use resolve::resolve;

/// True for the names that files of a checkpoint have.
pub fn is_checkpoint_file(name: &str) -> bool {
    name == state::NAME || directory::part(name).is_some()
}

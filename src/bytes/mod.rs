//! Reading bytes that nobody vouches for.
//!
//! [`Cursor`] is the only code that reads untrusted structure. It always knows where in the file
//! it is, so whatever is wrong becomes a [`Fault`] with a place.

mod checksum;
mod cursor;
mod fault;
pub mod limits;
pub mod strings;

pub use checksum::{Crc32c, mask, unmask};
pub use cursor::Cursor;
pub use fault::{Fault, FaultKind, Foreign, Span};

//! Two checkpoints side by side: which variable is which, and what changed. Reads no files.

pub mod align;
pub mod change;

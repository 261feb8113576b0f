//! Two checkpoints side by side: which variable is which, what changed, and what that means. Reads no files.

pub mod align;
pub mod change;
pub mod story;
pub mod tally;

//! The widest vectors that the processor at hand has.

use fearless_simd::{Level, Simd, dispatch};

/// Does some work in code that is compiled once for each width of vectors. `work` and what it calls must be
/// marked `#[inline(always)]`: what is not inlined stays as it is for all processors. The result is the same on
/// each, since lanes are summed in the order of the source.
#[inline(always)]
pub(super) fn widest<R>(work: impl FnOnce() -> R) -> R {
    dispatch!(Level::new(), simd => simd.vectorize(work))
}

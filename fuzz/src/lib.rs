//! What all fuzz targets share: the bodies, which the tests share too, and a bound for the memory that they take.

#[path = "../../tests/forge/mod.rs"]
mod forge;
#[path = "../../tests/fuzzed/mod.rs"]
pub mod fuzzed;

pub mod mutation;

use std::sync::Once;

use peak_alloc::PeakAlloc;
use rayon::ThreadPoolBuilder;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

/// Bytes that even the smallest input may make us hold at one time.
const HELD: usize = 256 << 20;

/// Runs a target; the memory that it takes must be bounded.
pub fn bounded(target: fn(&[u8]), data: &[u8]) {
    static POOL: Once = Once::new();
    // On one thread, so that the same input takes the same way each time.
    POOL.call_once(|| {
        ThreadPoolBuilder::new().num_threads(1).use_current_thread().build_global().expect("there is no pool yet");
    });
    ALLOCATED.reset_peak_usage();
    let before = ALLOCATED.current_usage();
    target(data);
    let held = ALLOCATED.peak_usage().saturating_sub(before);
    assert!(held <= HELD, "{held} bytes held for an input of {}", data.len());
}

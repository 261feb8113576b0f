#![no_main]

use ckpt_fuzz::{bounded, fuzzed};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| bounded(fuzzed::bundle, data));

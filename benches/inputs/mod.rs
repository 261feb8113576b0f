//! What the benchmarks read: made in memory, the same each time.

#![allow(dead_code, reason = "each benchmark is a program of its own, and none uses all of this")]

#[path = "../../tests/forge/mod.rs"]
pub mod forge;

use std::path::Path;

use ckpt::format;
use ckpt::model::Checkpoint;
use ckpt::store::Memory;
use forge::Forge;

/// Numbers of variables of the checkpoints that are read or compared.
pub const WIDTHS: [usize; 3] = [1_000, 10_000, 100_000];

/// The name of the n-th variable: of a model of many layers, trained by Adam.
pub fn name(n: usize) -> String {
    let (layer, part) = (n / 9, n % 9);
    let variable = ["kernel", "bias", "scale"][part / 3];
    let slot = ["", "/Adam", "/Adam_1"][part % 3];
    format!("encoder/block_{}/layer_{layer}/{variable}{slot}", layer / 12)
}

/// A checkpoint of so many small variables, each under the name that it is given.
pub fn wide(variables: usize, name: impl Fn(usize) -> String) -> Memory {
    let forge = Forge::new("m").count("global_step", 7);
    let add = |forge: Forge, n: usize| forge.floats(name(n), &[1 + n as u64 % 7], &vec![n as f32; 1 + n % 7]);
    (0..variables).fold(forge, add).disk()
}

/// A checkpoint of one matrix of so many float32 numbers.
pub fn heavy(numbers: usize, seed: u64) -> Memory {
    Forge::new("m").floats("w", &[numbers as u64], &forge::numbers(numbers, seed)).disk()
}

/// Opens what was made.
pub fn open(disk: &Memory) -> Checkpoint {
    format::open(disk, Path::new("m")).expect("it was made to be read")
}

//! Numbers at the ends of what their types hold, and tensors that are shorter than they say.

mod forge;
mod support;

use ckpt::bytes::FaultKind;
use ckpt::model::{Checkpoint, Extent, Payload, Tolerance};
use ckpt::tensor;
use forge::Forge;
use forge::types::F64;
use support::open;

#[test]
fn the_steps_of_a_histogram_reach_from_end_to_end() {
    for (low, high) in [(-1.7e308, 1.7e308), (0.0, 1.0), (-1e-300, 1e-300)] {
        let numbers = [low, low, 0.0, high];
        let bytes: Vec<u8> = numbers.iter().flat_map(|number: &f64| number.to_le_bytes()).collect();
        let disk = Forge::new("run/ckpt").tensor("w", F64, &[4], &bytes).disk();
        let checkpoint = open(&disk, "run/ckpt");
        let request = tensor::Request { depth: ckpt::model::Depth::Values, sha256: false, entries: Some(vec![0]) };
        let stats = *tensor::digest(&disk, &checkpoint, &request, &|_| ()).stats(0).unwrap();
        let histogram = tensor::histogram(&disk, &checkpoint, &checkpoint.entries[0], &stats, 4).unwrap().unwrap();
        let zero = if low == 0.0 { [3, 0, 0, 1] } else { [2, 0, 1, 1] };
        assert_eq!(histogram.counts, zero, "{low} to {high}");
    }
}

/// Numbers that one side does not have are no numbers that agree.
#[test]
fn tensors_of_different_lengths_are_not_compared() {
    let numbers = |count| forge::numbers(count, 1);
    let disk = Forge::new("run/ckpt").floats("w", &[8], &numbers(8)).disk();
    let whole = open(&disk, "run/ckpt");
    let mut cut = whole.clone();
    let Payload::Extent(extent) = cut.entries[0].payload else { panic!("one extent") };
    cut.entries[0].payload = Payload::Extent(Extent { length: 16, ..extent });
    let delta = |old: &Checkpoint, new: &Checkpoint| {
        tensor::Deltas::new(&disk, old, new, Tolerance::default()).of(&old.entries[0], &new.entries[0])
    };
    assert_eq!(delta(&whole, &whole).unwrap().unwrap().changed, 0);
    for (old, new) in [(&whole, &cut), (&cut, &whole)] {
        let fault = delta(old, new).unwrap_err();
        assert_eq!(fault.kind, FaultKind::SizeMismatch { key: "w".to_owned(), stored: 16, expected: 32 });
    }
}

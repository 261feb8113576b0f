//! Numbers at the ends of what their types hold, and tensors that are shorter than they say.

mod forge;
mod support;

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

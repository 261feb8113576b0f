//! The data: checksums, statistics, differences; beside what the memory allows. Bytes of both sides count.

mod inputs;

use ckpt::model::{Depth, Tolerance};
use ckpt::tensor::{self, Deltas, Request};
use divan::Bencher;
use divan::counter::BytesCount;
use inputs::{forge, heavy, open};
use rayon::prelude::*;

/// Numbers of the tensor: 64 MB, more than caches hold.
const NUMBERS: usize = 16 << 20;

/// Bytes that a thread takes at a time.
const PIECE: usize = 1 << 18;

fn main() {
    divan::main();
}

/// The limit of the first two: a copy, as from the page cache, on all threads.
#[divan::bench]
fn copy_alone(bencher: Bencher) {
    let from = vec![1u8; NUMBERS * 4];
    bencher.counter(BytesCount::of_slice(&from)).bench(|| {
        rayon::broadcast(|thread| {
            let mut piece = vec![0u8; PIECE];
            let own = from.chunks_exact(PIECE).skip(thread.index()).step_by(thread.num_threads());
            own.for_each(|chunk| divan::black_box(&mut piece).copy_from_slice(chunk));
        });
    });
}

fn digest(bencher: Bencher, depth: Depth) {
    let disk = heavy(NUMBERS, 1);
    let checkpoint = open(&disk);
    let request = Request { depth, sha256: false, entries: None };
    let bytes = BytesCount::new(NUMBERS * 4);
    bencher.counter(bytes).bench(|| tensor::digest(&disk, &checkpoint, &request, &|_| ()));
}

#[divan::bench]
fn checksums(bencher: Bencher) {
    digest(bencher, Depth::Bytes);
}

#[divan::bench]
fn checksums_and_statistics(bencher: Bencher) {
    digest(bencher, Depth::Values);
}

/// The limit of the next: the bytes of both compared, on all threads.
#[divan::bench]
fn comparison_alone(bencher: Bencher) {
    let numbers = forge::numbers(NUMBERS, 1);
    let [a, b] = [(); 2].map(|()| numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>());
    let of_both = BytesCount::new(NUMBERS * 8);
    bencher.counter(of_both).bench(|| a.par_chunks(PIECE).zip(b.par_chunks(PIECE)).all(|(a, b)| a == b));
}

#[divan::bench]
fn differences(bencher: Bencher) {
    let [old, new] = [1, 2].map(|seed| heavy(NUMBERS, seed));
    // Two checkpoints of one disk.
    let mut disk = old;
    for (from, to) in [("m.index", "n.index"), ("m.data-00000-of-00001", "n.data-00000-of-00001")] {
        disk.put(to, ckpt::store::read(&new, from.as_ref(), u64::MAX).expect("it was made"));
    }
    let (old, new) = (open(&disk), ckpt::format::open(&disk, "n".as_ref()).expect("it was made"));
    let [a, b] = [&old, &new].map(|checkpoint| checkpoint.entries.first().expect("it was made"));
    let deltas = Deltas::new(&disk, &old, &new, Tolerance::default());
    bencher
        .counter(BytesCount::new(NUMBERS * 8))
        .bench(|| deltas.of(a, b).expect("it can be read").expect("both are numbers"));
}

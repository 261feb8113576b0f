//! The data: checksums, statistics, differences; beside what the memory allows. Bytes of both sides count.

mod inputs;

use ckpt::model::{Depth, Tolerance};
use ckpt::tensor::{self, Deltas, Request};
use divan::Bencher;
use divan::counter::BytesCount;
use inputs::{forge, heavy, open};

/// Numbers of the tensor: 64 MB, more than caches hold.
const NUMBERS: usize = 16 << 20;

fn main() {
    divan::main();
}

/// The limit of the first two: a copy, as from the page cache, on one thread.
#[divan::bench]
fn copy_alone(bencher: Bencher) {
    let from = vec![1u8; NUMBERS * 4];
    let mut piece = vec![0u8; 1 << 18];
    bencher.counter(BytesCount::of_slice(&from)).bench_local(|| {
        from.chunks_exact(piece.len()).for_each(|chunk| divan::black_box(&mut piece).copy_from_slice(chunk));
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

/// The limit of the next: the bytes of both compared, on one thread.
#[divan::bench]
fn comparison_alone(bencher: Bencher) {
    let [a, b] = [1, 1].map(|seed| forge::numbers(NUMBERS, seed));
    bencher.counter(BytesCount::new(NUMBERS * 8)).bench_local(|| divan::black_box(&a) == divan::black_box(&b));
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
    let (Some(a), Some(b)) = (old.entries.first(), new.entries.first()) else { return };
    let deltas = Deltas::new(&disk, &old, &new, Tolerance::default());
    bencher.counter(BytesCount::new(NUMBERS * 8)).bench(|| deltas.of(a, b));
}

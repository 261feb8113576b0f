//! The index of a bundle: its table alone, its entries, and the checkpoint that is made of them; beside what the
//! messages alone cost.

mod inputs;

use std::path::Path;
use std::sync::Arc;

use ckpt::format::sstable;
use ckpt::store::{self, Memory};
use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use inputs::{WIDTHS, name, open, wide};

fn main() {
    divan::main();
}

fn index(disk: &Memory) -> Vec<u8> {
    store::read(disk, Path::new("m.index"), u64::MAX).expect("the index is there")
}

/// The limit: every byte of the index once, for its checksum.
#[divan::bench(args = WIDTHS)]
fn checksum_alone(bencher: Bencher, variables: usize) {
    let index = index(&wide(variables, name));
    bencher
        .counter(BytesCount::of_slice(&index))
        .counter(ItemsCount::new(variables))
        .bench(|| crc32c::crc32c(divan::black_box(&index)));
}

/// Records of the table, with their keys.
#[divan::bench(args = WIDTHS)]
fn records(bencher: Bencher, variables: usize) {
    let (index, file) = (index(&wide(variables, name)), Arc::from("m.index"));
    bencher.counter(ItemsCount::new(variables)).bench(|| {
        let mut bytes = 0;
        let faults = sstable::read(&file, &index.as_slice(), &mut |record| bytes += record.value.len());
        assert!(faults.is_empty());
        bytes
    });
}

/// The checkpoint: entries, shards, variables with their roles.
#[divan::bench(args = WIDTHS)]
fn entries(bencher: Bencher, variables: usize) {
    let disk = wide(variables, name);
    bencher.counter(ItemsCount::new(variables)).bench(|| open(&disk));
}

//! Indexes that no TensorFlow writes, each sound by its checksums: what they say cannot be.

mod forge;
mod support;

use ckpt::bytes::FaultKind;
use ckpt::store::Memory;
use forge::bytes::{Message, masked_crc};
use support::faults;

const INDEX: &str = "run/ckpt.index";

/// A record of a tensor of float32: key, axes, shard, offset and the bytes that lie there.
fn record(key: &str, axes: &[i64], shard: i64, offset: usize, bytes: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let axis = |size: &i64| Message::default().number(1, *size).0;
    let shape = axes.iter().fold(Message::default(), |shape, size| shape.message(2, &axis(size)));
    let entry = Message::default().number(1, 1).message(2, &shape.0).number(3, shard);
    let entry = entry.number(4, offset as i64).number(5, bytes.len() as i64).fixed32(6, masked_crc(bytes));
    (key.as_bytes().to_vec(), entry.0)
}

/// A checkpoint of these records, and of as many data files as are given; `None` is one that is missing.
fn checkpoint(records: Vec<(Vec<u8>, Vec<u8>)>, shards: &[Option<&[u8]>]) -> Memory {
    let header = Message::default().number(1, shards.len() as i64).message(3, &Message::default().number(1, 1).0);
    let mut disk = Memory::default();
    disk.put(INDEX, forge::table_of([vec![(Vec::new(), header.0)], records].concat()));
    for (number, bytes) in shards.iter().enumerate() {
        if let Some(bytes) = bytes {
            disk.put(format!("run/ckpt.data-{number:05}-of-{:05}", shards.len()), bytes.to_vec());
        }
    }
    disk
}

fn kinds(disk: &Memory) -> Vec<FaultKind> {
    faults(disk, "run/ckpt").into_iter().map(|fault| fault.kind).collect()
}

/// TensorFlow opens the data file even for a tensor without elements, and raises.
#[test]
fn a_missing_shard_of_empty_tensors_is_missing() {
    let bytes = 1f32.to_le_bytes();
    let records = || vec![record("a", &[1], 0, 0, &bytes), record("e", &[0, 3], 1, 0, &[])];
    assert_eq!(kinds(&checkpoint(records(), &[Some(&bytes), None])), [FaultKind::Missing]);
    assert_eq!(kinds(&checkpoint(records(), &[Some(&bytes), Some(&[])])), []);
}

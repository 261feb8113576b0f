//! Indexes that no TensorFlow writes, each sound by its checksums: what they say cannot be.

mod forge;
mod support;

use ckpt::bytes::FaultKind;
use ckpt::store::Memory;
use forge::bytes::{Message, masked_crc};
use support::{ask, faults};

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
    let disk = checkpoint(records(), &[Some(&bytes), None]);
    assert_eq!(kinds(&disk), [FaultKind::Missing]);
    let json = ask(&disk, &["doctor", "--format", "json", "run/ckpt"]).expect(1).json();
    assert_eq!(support::strings(&json["findings"][0]["variables"]), ["e"]);
    assert_eq!(kinds(&checkpoint(records(), &[Some(&bytes), Some(&[])])), []);
}

/// TensorFlow takes the first record of a key, and raises nothing.
#[test]
fn a_repeated_key_is_not_called_out_of_order() {
    let (one, two) = (1f32.to_le_bytes(), 2f32.to_le_bytes());
    let records = vec![record("a", &[], 0, 0, &one), record("k", &[], 0, 4, &two), record("k", &[], 0, 8, &one)];
    let disk = checkpoint(records, &[Some(&[one, two, one].concat())]);
    assert_eq!(kinds(&disk), [FaultKind::KeyRepeated { key: "k".to_owned() }]);
    let said = ask(&disk, &["doctor", "run/ckpt"]).expect(0).out;
    assert!(said.contains("key k occurs more than once") && said.contains("takes the first record"), "{said}");
    assert!(!said.contains("copy the index again"), "{said}");
    let shown = ask(&disk, &["show", "run/ckpt", "k", "--values"]).expect(0).out;
    assert!(shown.contains("2.000000") && !shown.contains("1.000000"), "{shown}");
    // Two records in the wrong order are another matter.
    let records = vec![record("b", &[], 0, 0, &one), record("a", &[], 0, 4, &two)];
    let disk = checkpoint(records, &[Some(&[one, two].concat())]);
    let found = kinds(&disk);
    assert!(found.iter().all(|kind| *kind == FaultKind::KeyOrder { key: "a".to_owned() }), "{found:?}");
    assert_ne!(found, []);
}

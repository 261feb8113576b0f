//! Whatever can be forged is read back as it was; whatever cannot be read does no harm.

mod forge;
mod support;

use std::collections::BTreeMap;
use std::path::Path;

use ckpt::store::Memory;
use forge::Forge;
use forge::types::{FIXED, Type};
use proptest::prelude::*;
use sha2::{Digest as _, Sha256};
use support::{digest, hex, open};

/// A tensor to forge: type, shape, elements; sliced along its first axis or not.
#[derive(Clone, Debug)]
enum Plan {
    Fixed { dtype: usize, shape: Vec<u64>, seed: u64, sliced_at: Option<u64> },
    Strings(Vec<Vec<u8>>),
}

fn plan() -> impl Strategy<Value = Plan> {
    let shape = prop::collection::vec(0u64..5, 0..4);
    let fixed = (0..FIXED.len(), shape, any::<u64>(), prop::option::of(1u64..4))
        .prop_map(|(dtype, shape, seed, sliced_at)| Plan::Fixed { dtype, shape, seed, sliced_at });
    let strings = prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..4).prop_map(Plan::Strings);
    prop_oneof![4 => fixed, 1 => strings]
}

/// Keys as writers have them, and as they can be: any bytes that do not begin with a zero.
fn key() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        "[a-z]{1,4}(/[a-z_0-9]{1,6}){0,3}".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 1..40).prop_filter("begins like a slice's key", |key| key[0] != 0),
    ]
}

/// The bytes of elements: the low bits alone where a type has less than a byte.
fn elements(dtype: Type, shape: &[u64], seed: u64) -> Vec<u8> {
    let mut chance = support::Chance::new(seed);
    let bits = match dtype.name {
        "int2" | "uint2" => 3,
        "int4" | "uint4" | "float4_e2m1fn" => 15,
        "bool" => 1,
        _ => 255,
    };
    let count = shape.iter().product::<u64>() as usize * dtype.bytes;
    (0..count).map(|_| chance.next() as u8 & bits).collect()
}

/// What must be read: dtype, shape, SHA-256 of the elements.
type Expected = (String, Vec<u64>, String);

fn add(forge: Forge, key: &[u8], plan: &Plan) -> (Forge, Expected) {
    match plan {
        Plan::Strings(strings) => {
            let texts: Vec<&[u8]> = strings.iter().map(Vec::as_slice).collect();
            let shape = vec![texts.len() as u64];
            let hashed: Vec<u8> = strings
                .iter()
                .flat_map(|text| [&(text.len() as u64).to_le_bytes(), text.as_slice()].concat())
                .collect();
            (forge.strings(key, &shape, &texts), ("string".to_owned(), shape, sha256(&hashed)))
        }
        Plan::Fixed { dtype, shape, seed, sliced_at } => {
            let dtype = FIXED[*dtype];
            let bytes = elements(dtype, shape, *seed);
            let expected = (dtype.name.to_owned(), shape.clone(), sha256(&bytes));
            let forge = match sliced_at {
                Some(at) if shape.first().is_some_and(|axis| at < axis) => {
                    let (front, back) = bytes.split_at(bytes.len() / shape[0] as usize * *at as usize);
                    let slice = |start: u64, end: u64| {
                        let rest = shape[1..].iter().map(|_| None);
                        std::iter::once(Some((start, end - start))).chain(rest).collect()
                    };
                    let slices = vec![(slice(*at, shape[0]), back.to_vec()), (slice(0, *at), front.to_vec())];
                    forge.sliced(key, dtype, shape, slices)
                }
                _ => forge.tensor(key, dtype, shape, &bytes),
            };
            (forge, expected)
        }
    }
}

fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_forged_is_read_back(
        plans in prop::collection::btree_map(key(), (plan(), 0usize..3), 1..12),
        snappy: bool,
        big_endian: bool,
        block in 20usize..2_000,
        alignment in prop::sample::select(vec![1usize, 1, 64]),
    ) {
        let mut forge = Forge::new("ckpt").block(block).alignment(alignment);
        if snappy {
            forge = forge.snappy();
        }
        if big_endian {
            forge = forge.big_endian();
        }
        let mut expected = BTreeMap::new();
        for (key, (plan, shard)) in &plans {
            let (next, tensor) = add(forge.shard(*shard), key, plan);
            forge = next;
            expected.insert(key.clone(), tensor);
        }
        let disk = forge.disk();
        let checkpoint = open(&disk, "ckpt");
        prop_assert_eq!(&checkpoint.faults, &[]);
        let digests = digest(&disk, &checkpoint, true);
        prop_assert_eq!(&digests.faults, &[]);
        let mut found: BTreeMap<Vec<u8>, Expected> = BTreeMap::new();
        for (id, entry) in checkpoint.entries.iter().enumerate() {
            let shape = entry.shape.axes().unwrap().to_vec();
            let sha256 = digests.get(id).and_then(|digest| digest.sha256).map(|sha256| hex(&sha256)).unwrap_or_default();
            found.insert(entry.key.bytes().to_vec(), (entry.dtype.to_string(), shape, sha256));
        }
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn any_bytes_as_index_do_no_harm(index in prop::collection::vec(any::<u8>(), 0..400), tail: bool) {
        let mut index = index;
        if tail {
            index.extend([0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb]);
        }
        look_at(index)?;
    }

    /// A table that is sound, with records that are not.
    #[test]
    fn any_records_in_a_table_do_no_harm(
        records in prop::collection::btree_map(prop::collection::vec(any::<u8>(), 0..20), prop::collection::vec(any::<u8>(), 0..40), 0..8),
    ) {
        look_at(forge::table_of(records.into_iter().collect()))?;
    }

    #[test]
    fn any_bytes_as_object_graph_do_no_harm(graph in prop::collection::vec(any::<u8>(), 0..200)) {
        let disk = Forge::new("ckpt").strings("_CHECKPOINTABLE_OBJECT_GRAPH", &[], &[&graph]).disk();
        open(&disk, "ckpt");
    }

    #[test]
    fn any_text_as_state_file_does_no_harm(text in "[a-z_:\"\\\\ \n0-9.]{0,80}|.{0,80}") {
        let mut disk = Forge::new("run/ckpt-1").floats("v", &[1], &[1.]).disk();
        disk.put("run/checkpoint", text.into_bytes());
        let resolved = ckpt::format::resolve(&disk, Path::new("run"));
        prop_assert!(resolved.prefix.is_some(), "the checkpoint beside it is still there");
    }
}

fn look_at(index: Vec<u8>) -> Result<(), TestCaseError> {
    let mut disk = Memory::default();
    disk.put("ckpt.index", index);
    disk.put("ckpt.data-00000-of-00001", vec![7; 100]);
    let checkpoint = open(&disk, "ckpt");
    digest(&disk, &checkpoint, true);
    prop_assert!(!checkpoint.faults.is_empty(), "nothing said");
    Ok(())
}

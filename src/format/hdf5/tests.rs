//! Files of Keras and h5py against what h5py says of them; and the same files wounded.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use super::*;
use crate::bytes::{Fault, FaultKind, limits};
use crate::model::{DType, Endianness, Filter, Shape};
use crate::store::Blob;
use crate::tensor::unfilter;

/// A file in memory that counts how often it is read, and how much.
struct Counted {
    bytes: Vec<u8>,
    calls: AtomicU64,
    bytes_read: AtomicU64,
}

impl Counted {
    fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, calls: AtomicU64::new(0), bytes_read: AtomicU64::new(0) }
    }
}

impl Blob for Counted {
    fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> std::io::Result<()> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.bytes_read.fetch_add(into.len() as u64, Ordering::Relaxed);
        let start = offset as usize;
        into.copy_from_slice(self.bytes.get(start..start + into.len()).ok_or(std::io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}

fn opened(bytes: Vec<u8>) -> (Hdf5, u64) {
    let blob = Counted::new(bytes);
    let file = read(&blob, &"t.h5".into());
    (file, blob.calls.into_inner())
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/hdf5")
}

fn bytes(name: &str) -> Vec<u8> {
    fs::read(folder().join(name)).unwrap()
}

fn told(name: &str) -> serde_json::Map<String, Json> {
    let Json::Object(told) = serde_json::from_slice(&bytes(&format!("{name}.json"))).unwrap() else { panic!() };
    told
}

fn names() -> Vec<String> {
    let files = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = files.filter(|name| name.ends_with(".h5")).collect();
    names.sort();
    assert!(names.len() >= 8, "{names:?}");
    names
}

fn attributes(attributes: &[Attribute]) -> Json {
    let value = |value: &Value| match value {
        Value::Strings(strings) => json!(strings),
        Value::Integers(numbers) => {
            numbers.iter().map(|n| i64::try_from(*n).map_or_else(|_| json!(*n as u64), |n| json!(n))).collect()
        }
        Value::Floats(numbers) => json!(numbers),
        Value::Raw(bytes) => json!({"raw": bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()}),
        Value::Broken => json!("broken"),
    };
    Json::Object(attributes.iter().map(|a| (a.name.clone(), value(&a.value))).collect())
}

/// The bytes of an array, row by row, as they are in the file.
fn elements(bytes: &[u8], dataset: &Dataset) -> Vec<u8> {
    let element = dataset.datatype.size as usize;
    let axes: Vec<usize> = dataset.shape.axes().unwrap().iter().map(|axis| *axis as usize).collect();
    let count: usize = axes.iter().product();
    let fill = dataset.fill.clone().unwrap_or(vec![0; element]);
    let mut out = fill.repeat(count);
    match &dataset.storage {
        Storage::Contiguous { offset, length } | Storage::Compact { offset, length } => {
            out = bytes[*offset as usize..][..*length as usize].to_vec();
        }
        Storage::Chunked { shape, filters, chunks, .. } => {
            let chunk_len = shape.iter().product::<u64>() as usize;
            for chunk in chunks {
                let stored = &bytes[chunk.offset as usize..][..chunk.length as usize];
                let data = unfilter(stored, filters, chunk.mask, chunk_len * element).unwrap();
                let inner = Shape::new(shape.iter().copied());
                for position in 0..chunk_len {
                    let index: Vec<usize> = inner.index(position as u64).iter().map(|i| *i as usize).collect();
                    let place: Vec<usize> = index.iter().zip(&chunk.origin).map(|(i, o)| i + *o as usize).collect();
                    if place.iter().zip(&axes).all(|(place, axis)| place < axis) {
                        let at = place.iter().zip(&axes).fold(0, |at, (place, axis)| at * axis + place);
                        out[at * element..][..element].copy_from_slice(&data[position * element..][..element]);
                    }
                }
            }
        }
        Storage::Nothing => {}
        other => panic!("{other:?}"),
    }
    out
}

fn dataset(bytes: &[u8], dataset: &Dataset, expected: &Json, path: &str) {
    assert_eq!(attributes(&dataset.attributes), expected["attributes"], "{path}");
    let shape = expected["shape"].as_array().map_or_else(|| json!([0]), |shape| json!(shape));
    assert_eq!(json!(dataset.shape.axes()), shape, "{path}");
    let name = expected["dtype"].as_str().unwrap();
    let opaque = matches!(name, "void16" | "complex64") || name.starts_with("bytes");
    match dataset.datatype.class {
        Class::FixedString { .. } => assert_eq!(dataset.datatype.dtype, DType::STRING, "{path}"),
        _ if opaque => assert_eq!(dataset.datatype.dtype, DType::UNKNOWN, "{path}"),
        _ => assert_eq!(dataset.datatype.dtype.name(), name, "{path}"),
    }
    assert_eq!(dataset.datatype.order == Endianness::Big, expected["big"] == true, "{path}");
    let chunk_shape = match &dataset.storage {
        Storage::Chunked { shape, .. } => json!(shape.as_slice()),
        _ => Json::Null,
    };
    // Without an index, chunks that lie in order are one piece.
    let is_one_piece = path == "/chunked/early" && matches!(dataset.storage, Storage::Contiguous { .. });
    if !is_one_piece {
        assert_eq!(chunk_shape, expected["chunks"], "{path}");
    }
    if let Some(sha256) = expected["sha256"].as_str() {
        let lzf = Filter::Other { number: 32000, name: "lzf".to_owned() };
        if matches!(&dataset.storage, Storage::Chunked { filters, .. } if filters.contains(&lzf)) {
            return;
        }
        let mut elements = elements(bytes, dataset);
        if dataset.datatype.order == Endianness::Big {
            elements.chunks_mut(dataset.datatype.size as usize).for_each(<[u8]>::reverse);
        }
        let found: String = Sha256::digest(&elements).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(found, sha256, "{path}: {:?}", dataset.storage);
    }
}

#[test]
fn every_file_is_what_h5py_says() {
    for name in names() {
        let bytes = bytes(&name);
        let (file, _) = opened(bytes.clone());
        assert_eq!(file.faults, [], "{name}");
        let told = told(&name);
        let mut count = 1;
        for group in &file.groups {
            assert_eq!(attributes(&group.attributes), told[&*group.path]["attributes"], "{name} {}", group.path);
            assert!(group.children.is_sorted_by(|a, b| a.name < b.name));
            for child in &group.children {
                count += 1;
                let path = tree::join(&group.path, &child.name);
                let expected = told.get(&path).unwrap_or_else(|| panic!("{name}: {path}"));
                match &child.node {
                    Node::Group(id) => assert_eq!(expected["group"], *file.group(*id).unwrap().path, "{path}"),
                    Node::Soft { target } => assert_eq!(expected["soft"], *target, "{path}"),
                    Node::External { file, target } => assert_eq!(expected["external"], json!([file, target])),
                    Node::Datatype => assert_eq!(expected["datatype"], true, "{path}"),
                    Node::Dataset(found) => dataset(&bytes, found, &expected["dataset"], &path),
                    Node::Broken => panic!("{name}: {path}"),
                }
            }
        }
        assert_eq!(count, told.len(), "{name}: nothing is missing");
    }
}

fn found(file: &Hdf5, path: &str) -> Arc<Dataset> {
    match file.at(path) {
        Some(Node::Dataset(dataset)) => dataset,
        other => panic!("{path}: {other:?}"),
    }
}

#[test]
fn paths_lead_to_datasets() {
    let (file, _) = opened(bytes("keras3-bfloat16.weights.h5"));
    let kernel = found(&file, "layers/dense/vars/0");
    let opaque = Datatype {
        dtype: DType::UNKNOWN,
        size: 2,
        order: Endianness::Little,
        class: Class::Opaque { tag: String::new() },
    };
    assert_eq!(kernel.datatype, opaque);
    assert_eq!(kernel.attribute("dtype").unwrap().value, Value::Strings(vec!["bfloat16".to_owned()]));
    assert!(matches!(kernel.storage, Storage::Contiguous { length: 12, .. }));
    assert!(file.at("layers/nothing").is_none() && file.at("layers/dense/vars/0/more").is_none());
    assert_eq!(file.datasets().filter(|(path, _)| path == "/layers/dense/vars/0").count(), 1);
}

#[test]
fn external_data_and_filters_are_told() {
    let (file, _) = opened(bytes("kinds.h5"));
    assert_eq!(found(&file, "elsewhere").storage, Storage::External { files: vec!["other.bin".to_owned()] });
    let Storage::Chunked { shape, filters, chunks, .. } = &found(&file, "chunked/all").storage else { panic!() };
    assert_eq!(shape.as_slice(), [4, 3]);
    assert_eq!(filters, &[Filter::Shuffle { element: 4 }, Filter::Deflate, Filter::Fletcher32]);
    assert_eq!(chunks.len(), 9);
    let Storage::Chunked { chunks, .. } = &found(&file, "chunked/holes").storage else { panic!() };
    assert_eq!(chunks.iter().map(|chunk| chunk.origin.as_slice()).collect::<Vec<_>>(), [[4, 4]]);
}

/// A file of which only the ends are real: a superblock and a dataset of a gigabyte in between.
struct Huge {
    bytes: Vec<u8>,
    size: u64,
}

impl Blob for Huge {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> std::io::Result<()> {
        for (at, byte) in (offset as usize..).zip(into) {
            *byte = self.bytes.get(at).copied().unwrap_or(0);
        }
        Ok(())
    }
}

#[test]
fn data_is_not_read() {
    let mut bytes = bytes("user-block.h5");
    // The dataset gets a gigabyte behind all else, by its dataspace and its layout.
    let (file, _) = opened(bytes.clone());
    let Storage::Contiguous { offset, length } = found(&file, "data").storage else { panic!() };
    let layout = [(offset - 512).to_le_bytes(), length.to_le_bytes()].concat();
    let at = bytes.windows(16).position(|window| window == layout).unwrap();
    bytes[at + 8..at + 16].copy_from_slice(&(1u64 << 30).to_le_bytes());
    let space = [&[1, 1, 1, 0, 0, 0, 0, 0][..], &3u64.to_le_bytes(), &3u64.to_le_bytes()].concat();
    let at = bytes.windows(24).position(|window| window == space).unwrap();
    bytes[at + 8..at + 16].copy_from_slice(&(1u64 << 28).to_le_bytes());
    bytes[at + 16..at + 24].copy_from_slice(&(1u64 << 28).to_le_bytes());
    let len = bytes.len() as u64;
    let file = read(&Huge { bytes, size: len + (1 << 30) }, &"huge.h5".into());
    assert_eq!(file.faults, []);
    assert!(matches!(found(&file, "data").storage, Storage::Contiguous { length, .. } if length == 1 << 30));
    assert!(file.bytes_read < 200_000, "{} bytes read", file.bytes_read);
}

#[test]
fn reads_are_few() {
    for name in names() {
        let bytes = bytes(&name);
        let pages = bytes.len() as u64 / 4096;
        let (_, calls) = opened(bytes);
        assert!(calls <= pages.div_ceil(16) + 2, "{name}: {calls} reads of {pages} pages");
    }
}

#[test]
fn a_file_that_is_too_short_is_told_so_and_still_read() {
    let mut cut = bytes("keras3.weights.h5");
    let whole = cut.len() as u64;
    cut.truncate(cut.len() - 100);
    let (file, _) = opened(cut);
    let first = file.faults.first().unwrap();
    assert_eq!(first.kind, FaultKind::Hdf5Truncated { size: whole - 100, stored_eof: whole });
    assert_eq!(first.at.bytes, 40..48);
    assert!(file.datasets().count() > 5);
}

/// What lies behind it is no longer there, but what stands beside it is.
#[test]
fn a_broken_group_does_not_hide_its_siblings() {
    let mut wounded = bytes("legacy.h5");
    let (file, _) = opened(wounded.clone());
    let count = file.datasets().count();
    let below = |path: &str| file.datasets().filter(|(other, _)| other.starts_with(path)).count();
    // Every tree and node of names, one after the other.
    let places: Vec<usize> = (0..wounded.len() - 4)
        .filter(|at| [b"TREE", b"SNOD", b"HEAP"].iter().any(|l| wounded[*at..].starts_with(*l)))
        .collect();
    assert!(places.len() > 10);
    for at in places {
        wounded[at] ^= 1;
        let (hurt, _) = opened(wounded.clone());
        let [Fault { kind: FaultKind::Hdf5Malformed { path, .. }, .. }] = hurt.faults.as_slice() else {
            panic!("{:?}", hurt.faults)
        };
        assert_eq!(hurt.datasets().count(), count - below(path), "{path}");
        wounded[at] ^= 1;
    }
}

/// The same numbers in every run (xorshift64).
fn chance(state: &mut u64) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state as usize
}

/// Opens what may go in circles: no more is read of it than a few times its size.
fn bounded(bytes: Vec<u8>) -> Hdf5 {
    let length = bytes.len() as u64;
    let blob = Counted::new(bytes);
    let file = read(&blob, &"t.h5".into());
    let (read, most) = (blob.bytes_read.into_inner(), READS * (length + limits::HDF5_METADATA));
    assert!(read <= most, "{read} bytes read of a file of {length}");
    file
}

/// Times that a file may be read: structures are fetched in pages, of which a few bytes may be wanted.
const READS: u64 = 16;

#[test]
fn every_cut_is_reported() {
    for name in names() {
        let bytes = bytes(&name);
        for len in (0..bytes.len()).step_by(bytes.len() / 150 + 1) {
            assert_ne!(bounded(bytes[..len].to_vec()).faults, [], "{name} cut to {len} bytes");
        }
    }
}

#[test]
fn wounds_neither_panic_nor_hang() {
    let mut state = 7;
    for name in ["keras3.weights.h5", "kinds-latest.h5", "legacy.h5", "kinds.h5"] {
        let whole = bytes(name);
        for round in 0..1500 {
            let mut wounded = whole.clone();
            for _ in 0..=round % 3 {
                let at = chance(&mut state) % wounded.len();
                wounded[at] = match chance(&mut state) % 4 {
                    0 => 0xff,
                    1 => 0,
                    _ => wounded[at] ^ (1 << (chance(&mut state) % 8)),
                };
            }
            let file = bounded(wounded);
            let is_found = |group: &Group| file.at(&group.path).is_some();
            assert!(!file.faults.is_empty() || file.groups.iter().all(is_found), "{name} round {round}");
        }
    }
}

/// In newer files every structure has a checksum.
#[test]
fn damage_to_newer_structures_is_reported() {
    let whole = bytes("dense-latest.h5");
    let (sound, _) = opened(whole.clone());
    let mut state = 3;
    for _ in 0..1500 {
        let mut wounded = whole.clone();
        let at = chance(&mut state) % wounded.len();
        wounded[at] ^= 1 << (chance(&mut state) % 8);
        let file = bounded(wounded);
        if file.faults.is_empty() {
            let same = file
                .groups
                .iter()
                .zip(&sound.groups)
                .all(|(a, b)| a.children.len() == b.children.len() && a.attributes.len() == b.attributes.len());
            assert!(same, "byte {at}");
        }
    }
}

/// A tree each of whose nodes leads sixty times to the same node below: 60^20 ways, if all were gone.
#[test]
fn a_tree_of_endless_ways_is_given_up() {
    let mut bytes = bytes("wide.h5");
    let table: [u8; 16] = bytes[80..96].try_into().unwrap();
    let places: Vec<usize> = (0..bytes.len() - 16).filter(|at| bytes[*at..].starts_with(&table)).collect();
    assert!(places.len() >= 2, "in the superblock, and in the header of the root");
    for at in places {
        let root = bytes.len() as u64;
        bytes[at..at + 8].copy_from_slice(&root.to_le_bytes());
    }
    for level in (0..20).rev() {
        let below = bytes.len() as u64 + 24 + 60 * 16;
        bytes.extend([&b"TREE\0"[..], &[level, 60, 0], &[0xff; 16]].concat());
        for _ in 0..60 {
            bytes.extend([0u64.to_le_bytes(), below.to_le_bytes()].concat());
        }
    }
    let end = bytes.len() as u64 + 2000;
    bytes.resize(end as usize, 0);
    bytes[40..48].copy_from_slice(&end.to_le_bytes());
    let file = bounded(bytes);
    assert!(file.faults.len() < 100_000, "{}", file.faults.len());
    let again = |fault: &Fault| fault.kind.to_string().contains("again and again");
    assert!(file.faults.iter().any(again), "{:?}", file.faults.first());
}

/// A header that goes on in itself.
#[test]
fn a_header_without_end_is_told() {
    let mut bytes = bytes("user-block.h5");
    let at = bytes.windows(8).position(|window| window[..2] == [0x10, 0] && window[2..4] == [16, 0]).unwrap();
    let own: [u8; 8] = bytes[at + 8..at + 16].try_into().unwrap();
    let target = 512 + u64::from_le_bytes(own) as usize;
    // The piece that follows begins with a message that leads to the piece.
    bytes.copy_within(at..at + 24, target);
    let file = bounded(bytes);
    let again = |fault: &Fault| fault.kind.to_string().contains("goes on where it has been");
    assert!(file.faults.iter().any(again), "{:?}", file.faults);
}

#[test]
fn what_is_no_hdf5_file_is_told() {
    for bytes in [Vec::new(), b"PK\x03\x04".to_vec(), vec![0; 5000]] {
        let file = bounded(bytes);
        assert!(file.root().is_none());
        assert!(matches!(file.faults.as_slice(), [Fault { kind: FaultKind::Hdf5Malformed { .. }, .. }]));
    }
}

/// Newer HDF5 marks a file while it writes to it, and refuses one that was left so.
#[test]
fn a_file_left_open_is_told() {
    let mut bytes = bytes("kinds-latest.h5");
    assert_eq!((bytes[8], bytes[11]), (3, 0), "version and flags");
    bytes[11] = 1;
    let sum = lookup3::hash(&bytes[..44]);
    bytes[44..48].copy_from_slice(&sum.to_le_bytes());
    let file = bounded(bytes);
    let [fault] = file.faults.as_slice() else { panic!("{:?}", file.faults) };
    assert!(fault.kind.to_string().contains("was not closed"), "{fault:?}");
}

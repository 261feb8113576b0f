//! Indexes that no TensorFlow writes, each sound by its checksums: what they say cannot be.

mod forge;
mod support;

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use ckpt::bytes::FaultKind;
use ckpt::format;
use ckpt::model::Depth;
use ckpt::store::{Blob, Item, Memory, Store};
use ckpt::tensor::{self, Request};
use forge::Forge;
use forge::bytes::{Message, masked_crc};
use forge::graph::Graph;
use forge::types::F32;
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

fn overlaps(disk: &Memory) -> Vec<FaultKind> {
    format::overlaps(&support::open(disk, "run/ckpt")).into_iter().map(|fault| fault.kind).collect()
}

#[test]
fn entries_that_share_bytes_contradict_each_other() {
    let (one, two) = (1f32.to_le_bytes(), 2f32.to_le_bytes());
    let both = [one, two].concat();
    let records = vec![record("a", &[2], 0, 0, &both), record("b", &[], 0, 4, &two)];
    let disk = checkpoint(records, &[Some(&both)]);
    let overlap = FaultKind::ExtentsOverlap { key: "b".to_owned(), other: "a".to_owned() };
    assert_eq!(overlaps(&disk), [overlap]);
    let json = ask(&disk, &["doctor", "--format", "json", "run/ckpt"]).expect(1).json();
    assert_eq!(json["findings"][0]["code"], "F027");
    assert_eq!(json["looked"]["complete"], true, "both can be read");
    // Tensors without bytes may lie anywhere.
    let records = vec![record("a", &[2], 0, 0, &both), record("e", &[0], 0, 4, &[])];
    assert_eq!(overlaps(&checkpoint(records, &[Some(&both)])), []);
}

/// A stretch with a thousand names is not read a thousand times.
#[test]
fn shared_bytes_do_not_multiply_the_work() {
    let bytes = vec![0x3f; 4000];
    let record = |number: usize| record(&format!("name_{number:04}"), &[1000], 0, 0, &bytes);
    let disk = checkpoint((0..300).map(record).collect(), &[Some(&bytes)]);
    let opened = support::open(&disk, "run/ckpt");
    assert_eq!(format::overlaps(&opened).len(), 299);
    let digests = support::digest(&disk, &opened, true);
    assert_eq!(digests.bytes_read, 8000);
    assert_eq!(digests.entries.iter().flatten().count(), 2);
    let looked = &ask(&disk, &["doctor", "--format", "json", "run/ckpt"]).expect(1).json()["looked"];
    assert_eq!(looked["complete"], false);
}

/// Of overlapping tensors each is looked at as the file has it, whatever was done to the other.
#[test]
fn big_endian_bytes_that_two_entries_share_keep_their_checksums() {
    let bytes: Vec<u8> = [1f32, 2., 3., 4.].iter().flat_map(|number| number.to_be_bytes()).collect();
    let header = Message::default().number(1, 1).number(2, 1).message(3, &Message::default().number(1, 1).0);
    let records = vec![(Vec::new(), header.0), record("a", &[4], 0, 0, &bytes), record("b", &[2], 0, 8, &bytes[8..])];
    let mut disk = Memory::default();
    disk.put(INDEX, forge::table_of(records));
    disk.put("run/ckpt.data-00000-of-00001", bytes);
    let checkpoint = support::open(&disk, "run/ckpt");
    let request = Request { depth: Depth::Values, sha256: false, entries: None };
    let digests = tensor::digest(&disk, &checkpoint, &request, &|_| ());
    assert_eq!(digests.faults, []);
    let max = |id: usize| digests.stats(id).unwrap().max;
    assert_eq!((max(0), max(1)), (4., 4.));
}

/// The graph is read whenever a checkpoint is opened: a changed name in it is not believed in silence.
#[test]
fn a_changed_object_graph_is_told_of_by_every_command() {
    let mut graph = Graph::default();
    let model = graph.object(0, "model");
    let (_, key) = graph.variable(model, "kernel", "dense/kernel");
    let mut disk = Forge::new("run/ckpt").floats(key, &[2], &[0.5, -0.5]).graph(&graph).disk();
    let data = "run/ckpt.data-00000-of-00001";
    let mut bytes = disk.remove(data).unwrap().to_vec();
    let at = bytes.windows(12).position(|window| window == b"dense/kernel").expect("the name in the graph");
    bytes[at] = b'D';
    disk.put(data, bytes);
    let opened = support::open(&disk, "run/ckpt");
    assert!(matches!(opened.faults[0].kind, FaultKind::DataChecksum { .. }), "{:?}", opened.faults);
    for args in [vec!["doctor", "--quick"], vec!["doctor"]] {
        let args = [args, vec!["--format", "json", "run/ckpt"]].concat();
        let json = ask(&disk, &args).expect(1).json();
        let codes: Vec<&str> =
            json["findings"].as_array().unwrap().iter().map(|f| f["code"].as_str().unwrap()).collect();
        assert_eq!(codes, ["F017"]);
        assert!(json["findings"][0]["message"].as_str().unwrap().contains("their checksum is"), "{json}");
    }
    let listed = ask(&disk, &["ls", "run/ckpt"]);
    assert!(format!("{}{}", listed.out, listed.err).contains("checksum"), "{listed:?}");
    assert_ne!(ask(&disk, &["diff", "run/ckpt", "run/ckpt"]).code, 0);
}

/// The record of a tensor, or of a slice, that is made of slices.
fn partitioned(key: Vec<u8>, axes: &[i64], slices: &[Vec<(i64, i64)>]) -> (Vec<u8>, Vec<u8>) {
    let axis = |size: &i64| Message::default().number(1, *size).0;
    let shape = axes.iter().fold(Message::default(), |shape, size| shape.message(2, &axis(size)));
    let extent = |(start, length): &(i64, i64)| Message::default().number(1, *start).number(2, *length).0;
    let slice = |extents: &Vec<(i64, i64)>| extents.iter().fold(Message::default(), |m, e| m.message(1, &extent(e))).0;
    let entry = Message::default().number(1, 1).message(2, &shape.0);
    (key, slices.iter().fold(entry, |entry, extents| entry.message(7, &slice(extents))).0)
}

#[test]
fn a_slice_made_of_slices_is_no_slice() {
    let slice_key = |extent| forge::slices::key(b"emb", &[Some(extent)]);
    let slices = [vec![(0, 1)], vec![(1, 1)]];
    let bytes = 1f32.to_le_bytes();
    let (_, first) = record("", &[1], 0, 0, &bytes);
    let records =
        |second| vec![(slice_key((0, 1)), first.clone()), second, partitioned(b"emb".to_vec(), &[2], &slices)];
    let nested = partitioned(slice_key((1, 1)), &[1], &[vec![(0, 1)]]);
    let found = kinds(&checkpoint(records(nested), &[Some(&bytes)]));
    assert_eq!(found, [FaultKind::SliceMissing { key: "emb".to_owned(), slice: "1,1".to_owned(), count: 1 }]);
    let both = [bytes, bytes].concat();
    let whole = (slice_key((1, 1)), record("", &[1], 0, 4, &bytes).1);
    assert_eq!(kinds(&checkpoint(records(whole), &[Some(&both)])), []);
}

#[test]
fn slices_that_are_too_many_to_compare_are_not_called_sound() {
    // Columns of one row: each starts where all others do.
    let slices: Vec<_> = (0..3000).map(|column| vec![(0, 1), (column, 1)]).collect();
    let disk = checkpoint(vec![partitioned(b"emb".to_vec(), &[1, 3000], &slices)], &[Some(&[])]);
    let too_many = FaultKind::SlicesTooMany { key: "emb".to_owned(), slices: 3000 };
    assert!(kinds(&disk).contains(&too_many));
}

/// A disk that tells how many of its files are open at once, at the most.
struct Counting {
    disk: Memory,
    open: Arc<AtomicUsize>,
    most: AtomicUsize,
}

struct Counted(Box<dyn Blob>, Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.1.fetch_sub(1, Relaxed);
    }
}

impl Blob for Counted {
    fn size(&self) -> u64 {
        self.0.size()
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        self.0.read_at(offset, into)
    }
}

impl Store for Counting {
    fn stat(&self, path: &Path) -> io::Result<Item> {
        self.disk.stat(path)
    }

    fn list(&self, directory: &Path) -> io::Result<Arc<[Item]>> {
        self.disk.list(directory)
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn Blob>> {
        let blob = self.disk.open(path)?;
        let open = self.open.fetch_add(1, Relaxed) + 1;
        self.most.fetch_max(open, Relaxed);
        Ok(Box::new(Counted(blob, self.open.clone())))
    }
}

/// An operating system lets a program have some hundred files open.
#[test]
fn a_file_with_many_slices_is_opened_once() {
    let rows: Vec<(Vec<_>, Vec<u8>)> =
        (0..500u64).map(|row| (vec![Some((row, 1))], (row as f32).to_le_bytes().to_vec())).collect();
    let disk = Forge::new("run/ckpt").sliced("emb", F32, &[500], rows).disk();
    let disk = Counting { disk, open: Arc::default(), most: AtomicUsize::default() };
    let shown = ask(&disk, &["show", "run/ckpt", "emb[498:]", "--values"]).expect(0).out;
    assert!(shown.contains("498.000000") && shown.contains("499.000000"), "{shown}");
    let most = disk.most.load(Relaxed);
    assert!(most <= 8, "{most} files were open at once");
}

/// The first two bytes of a pickle are the beginning of many a tensor.
#[test]
fn a_cut_shard_is_cut_whatever_its_first_bytes_are() {
    let bytes = [&[0x80, 2, 0x12, 0x3e], [0x3d; 60].as_slice()].concat();
    let disk = checkpoint(vec![record("a", &[16], 0, 0, &bytes)], &[Some(&bytes[..40])]);
    assert_eq!(kinds(&disk), [FaultKind::ShardTruncated { size: 40, needed: 64 }]);
    let pickle = b"\x80\x02}q\x00X\x01\x00\x00\x00aK\x01s.";
    let disk = checkpoint(vec![record("a", &[16], 0, 0, &bytes)], &[Some(pickle)]);
    assert_eq!(kinds(&disk), [FaultKind::Foreign { what: ckpt::bytes::Foreign::Pickle }]);
}

//! Checkpoints of the older format V1 are what TensorFlow says they are, and no damage stays unsaid.

mod forge;
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use ckpt::bytes::{Fault, FaultKind};
use ckpt::format::v1;
use ckpt::model::{Checkpoint, Coding, Container, Entry, FileRole, Flavor, Payload, Piece, Writer};
use ckpt::store::{Local, Memory, Store};
use forge::v1::{Variable, file, records, sealed};
use serde_json::Value;
use sha2::{Digest, Sha256};
use support::{Chance, Fixture, fixture, hex, in_memory};

/// The message that the values of a slice lie in.
#[derive(prost::Message)]
struct TensorProto {
    #[prost(float, repeated, tag = "5")]
    float: Vec<f32>,
    #[prost(double, repeated, tag = "6")]
    double: Vec<f64>,
    #[prost(int32, repeated, tag = "7")]
    int: Vec<i32>,
    #[prost(bytes = "vec", repeated, tag = "8")]
    string: Vec<Vec<u8>>,
    #[prost(float, repeated, tag = "9")]
    complex64: Vec<f32>,
    #[prost(int64, repeated, tag = "10")]
    int64: Vec<i64>,
    #[prost(bool, repeated, tag = "11")]
    bool: Vec<bool>,
    #[prost(double, repeated, tag = "12")]
    complex128: Vec<f64>,
    #[prost(int32, repeated, tag = "13")]
    half: Vec<i32>,
}

impl TensorProto {
    /// How many values it has in the field of a type, and whether it has none in others.
    fn count(&self, dtype: &str) -> (usize, bool) {
        let counts = [
            ("float32", self.float.len()),
            ("float64", self.double.len()),
            ("int", self.int.len()),
            ("string", self.string.len()),
            ("complex64", self.complex64.len() / 2),
            ("int64", self.int64.len()),
            ("bool", self.bool.len()),
            ("complex128", self.complex128.len() / 2),
            ("float16", self.half.len()),
        ];
        let field = if counts.iter().any(|(name, _)| *name == dtype) { dtype } else { "int" };
        let count = counts.iter().find(|(name, _)| *name == field).unwrap().1;
        (count, counts.iter().map(|(_, count)| count).sum::<usize>() == count)
    }

    /// The elements of the types that are stored as they are.
    fn elements(&self, dtype: &str) -> Option<Vec<u8>> {
        match dtype {
            "float32" => Some(self.float.iter().flat_map(|number| number.to_le_bytes()).collect()),
            "float64" => Some(self.double.iter().flat_map(|number| number.to_le_bytes()).collect()),
            "int64" => Some(self.int64.iter().flat_map(|number| number.to_le_bytes()).collect()),
            "int32" => Some(self.int.iter().flat_map(|number| number.to_le_bytes()).collect()),
            "bool" => Some(self.bool.iter().map(|bit| u8::from(*bit)).collect()),
            _ => None,
        }
    }
}

/// Every sound fixture of this format.
fn fixtures() -> Vec<Fixture> {
    let all = support::fixtures("").into_iter().chain(support::fixtures("formats"));
    let found: Vec<Fixture> = all.filter(|fixture| fixture.json["kind"] == "v1").collect();
    assert!(found.len() >= 6, "only {} fixtures of V1", found.len());
    found
}

fn open(store: &dyn Store, path: impl AsRef<Path>) -> Checkpoint {
    v1::open(store, path.as_ref()).unwrap_or_else(|error| panic!("{}: {error}", path.as_ref().display()))
}

fn pieces(entry: &Entry) -> &[Piece] {
    match &entry.payload {
        Payload::Coded(coded) => {
            assert_eq!((&coded.coding, &coded.fill), (&Coding::TensorProto, &None), "{:?}", entry.key);
            &coded.pieces
        }
        other => panic!("{:?}: {other:?}", entry.key),
    }
}

fn values(store: &dyn Store, checkpoint: &Checkpoint, piece: &Piece) -> TensorProto {
    let blob = store.open(&checkpoint.files[piece.extent.file].path).unwrap();
    let mut bytes = vec![0; piece.extent.length as usize];
    blob.read_at(piece.extent.offset, &mut bytes).unwrap();
    prost::Message::decode(bytes.as_slice()).expect("a TensorProto")
}

/// Boxes, each with start and length of every axis, by file and variable.
type Boxes = BTreeMap<(String, String), BTreeSet<Vec<(u64, u64)>>>;

/// The slices that the fixture tells of, if it does.
fn written(fixture: &Fixture, checkpoint: &Checkpoint) -> Option<Boxes> {
    let mut boxes = Boxes::new();
    for (file, tensors) in fixture.json["slices"].as_object()? {
        for (name, slices) in tensors.as_object().unwrap() {
            let (_, entry) = checkpoint.find(name.as_bytes()).expect(name);
            let extent =
                |(extent, size): (&Value, &u64)| (extent[0].as_u64().unwrap(), extent[1].as_u64().unwrap_or(*size));
            let slices = slices.as_array().unwrap().iter();
            let slices = slices
                .map(|slice| slice.as_array().unwrap().iter().zip(entry.shape.axes().unwrap()).map(extent).collect());
            boxes.insert((file.clone(), name.clone()), slices.collect());
        }
    }
    Some(boxes)
}

#[test]
fn tensors_are_those_that_tensorflow_lists() {
    for fixture in fixtures() {
        let name = &fixture.name;
        let checkpoint = open(&Local, fixture.path());
        assert_eq!(checkpoint.faults, [], "{name}");
        let kind = (checkpoint.container, checkpoint.flavor, checkpoint.writer);
        assert_eq!(kind, (Container::V1, Flavor::NameBased, Writer::Saver), "{name}");
        assert_eq!(checkpoint.prefix, fixture.path(), "{name}");
        let tensors = fixture.json["tensors"].as_array().unwrap();
        assert_eq!(checkpoint.entries.len(), tensors.len(), "{name}");
        for ((variable, entry), tensor) in checkpoint.pairs().zip(tensors) {
            let what = format!("{name}: {:?}", entry.key);
            assert_eq!(entry.key.text(), tensor["key"].as_str(), "{what}");
            assert_eq!(variable.name.as_str(), entry.key.text().unwrap(), "{what}");
            assert_eq!(entry.dtype.name(), tensor["dtype"], "{what}");
            assert_eq!(serde_json::json!(entry.shape.axes().unwrap()), tensor["shape"], "{what}");
            assert!(entry.trusted, "{what}");
        }
    }
}

/// Each piece is a message with as many values as its slice has elements, and where these can be put one
/// behind the other they are the bytes that TensorFlow reads.
#[test]
fn pieces_hold_the_values_that_tensorflow_reads() {
    let mut compared = 0;
    for fixture in fixtures() {
        let checkpoint = open(&Local, fixture.path());
        for (entry, tensor) in checkpoint.entries.iter().zip(fixture.json["tensors"].as_array().unwrap()) {
            let what = format!("{}: {:?}", fixture.name, entry.key);
            let mut elements = Some(Vec::new());
            let mut count = 0;
            for piece in pieces(entry) {
                let values = values(&Local, &checkpoint, piece);
                let expected = piece.slice.elements().unwrap();
                assert_eq!(values.count(entry.dtype.name()), (expected as usize, true), "{what} {}", piece.slice);
                count += expected;
                elements = elements.zip(values.elements(entry.dtype.name())).map(|(a, b)| [a, b].concat());
            }
            assert_eq!(count, entry.elements(), "{what}");
            // Slices along the first axis follow each other.
            let rows = pieces(entry).iter().all(|piece| {
                let rest = piece.slice.extents.iter().zip(entry.shape.axes().unwrap()).skip(1);
                rest.into_iter().all(|(extent, axis)| *extent == (0, *axis))
            });
            if let Some(elements) = elements.filter(|_| rows) {
                assert_eq!(hex(&Sha256::digest(&elements)), tensor["sha256"], "{what}");
                compared += 1;
            }
        }
    }
    assert!(compared > 20, "only {compared} tensors compared");
}

#[test]
fn slices_lie_in_the_files_that_tensorflow_says() {
    let mut seen = 0;
    for fixture in fixtures() {
        let checkpoint = open(&Local, fixture.path());
        let Some(expected) = written(&fixture, &checkpoint) else { continue };
        let mut found = Boxes::new();
        for entry in &checkpoint.entries {
            for piece in pieces(entry) {
                let file = checkpoint.files[piece.extent.file].path.file_name().unwrap().to_string_lossy().into_owned();
                let boxes = found.entry((file, entry.key.to_string())).or_default();
                assert!(boxes.insert(piece.slice.extents.to_vec()), "{}: {:?} twice", fixture.name, entry.key);
                seen += 1;
            }
        }
        assert_eq!(found, expected, "{}", fixture.name);
    }
    assert!(seen > 30, "only {seen} slices");
}

/// One file of a set leads to all of them.
#[test]
fn a_set_is_opened_by_any_of_its_files() {
    for name in ["formats/v1-sharded", "formats/v1-sharded-partitioned"] {
        let fixture = fixture(name);
        let whole = open(&Local, fixture.path());
        for (number, file) in whole.files.iter().enumerate() {
            let of = whole.files.len() as u32;
            assert_eq!(file.role, FileRole::Shard { number: number as u32, of }, "{name}");
            let by_file = open(&Local, &file.path);
            assert_eq!(by_file.prefix, whole.prefix, "{name}");
            assert_eq!(by_file.entries, whole.entries, "{name}");
        }
    }
    let single = open(&Local, fixture("saver-v1").path());
    assert_eq!(single.files[0].role, FileRole::Whole);
    for path in ["m-00000-of-00002", "m-?????-of-00002", "m"] {
        assert!(v1::open(&Memory::default(), Path::new(path)).is_err(), "{path}: nothing is there");
    }
}

fn is_missing(fault: &Fault) -> bool {
    fault.kind == FaultKind::Missing
}

#[test]
fn damaged_fixtures_have_the_faults_that_were_made() {
    let faults = |name: &str| open(&Local, fixture(&format!("formats/damaged/{name}")).path()).faults;
    assert!(faults("v1-truncated").iter().any(|fault| fault.kind == FaultKind::BadMagic));
    let flipped = faults("v1-bit-flip");
    assert!(flipped.iter().any(|fault| matches!(fault.kind, FaultKind::BlockChecksum { block: "data", .. })));
    let missing = faults("v1-shard-missing");
    assert!(missing.len() == 1 && is_missing(&missing[0]), "{missing:?}");
    let slice = faults("v1-slice-missing");
    assert!(slice.iter().any(is_missing), "{slice:?}");
    let incomplete = FaultKind::SlicesIncomplete { key: "embed/rows".to_owned(), covered: 28, elements: 40 };
    assert!(slice.iter().any(|fault| fault.kind == incomplete), "{slice:?}");
}

/// Every single bit turned and every cut, of one file of each kind.
#[test]
fn every_wrong_bit_and_every_cut_is_reported() {
    for name in ["saver-v1", "formats/v1-slices", "formats/v1-sharded-partitioned"] {
        let fixture = fixture(name);
        let path = fixture.json["path"].as_str().unwrap();
        let files: Vec<_> = in_memory(&fixture).into_iter().filter(|(name, _)| name != "checkpoint").collect();
        let disk = support::disk(&files);
        assert_eq!(open(&disk, path).faults, [], "{name}: unharmed");
        let (victim, bytes) = files.iter().find(|(name, _)| !name.ends_with(".meta")).unwrap();
        let with = |bytes: Vec<u8>| {
            let mut disk = disk.clone();
            disk.put(victim, bytes);
            open(&disk, path).faults
        };
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut wounded = bytes.clone();
                wounded[at] ^= 1 << bit;
                assert_ne!(with(wounded), [], "{name}: bit {bit} of byte {at} turned, nothing said");
            }
            assert_ne!(with(bytes[..at].to_vec()), [], "{name}: cut to {at} bytes, nothing said");
        }
    }
}

/// Wounds that hide their traces: the checksums of the blocks are made anew, so only sense is left to
/// tell them. Nothing panics, and every piece lies in its file.
#[test]
fn wounds_under_right_checksums_do_not_panic() {
    let cut = Variable::cut("b", &[4, 2], &[vec![Some((0, 3)), None], vec![Some((3, 1)), None]]);
    let sound = records(&[Variable::whole("a", &[3]), cut]);
    let mut chance = Chance::new(7);
    for _ in 0..4000 {
        let mut wounded = sound.clone();
        for _ in 0..=chance.below(3) {
            let record = chance.below(wounded.len());
            let value = &mut wounded[record].1;
            let at = chance.below(value.len());
            value[at] ^= 1 << chance.below(8);
        }
        let mut disk = Memory::default();
        let bytes = sealed(&wounded, BLOCK, false);
        let size = bytes.len() as u64;
        disk.put("m", bytes);
        for entry in open(&disk, "m").entries {
            assert!(entry.extents().all(|(extent, _)| extent.end() <= size), "{entry:?}");
        }
    }
}

const BLOCK: usize = 1 << 18;

fn disk(files: &[(&str, &[Variable])]) -> Memory {
    let mut disk = Memory::default();
    for (name, variables) in files {
        disk.put(name, file(variables, BLOCK, false));
    }
    disk
}

fn kinds(store: &dyn Store, path: &str) -> Vec<FaultKind> {
    open(store, path).faults.into_iter().map(|fault| fault.kind).collect()
}

#[test]
fn a_file_of_many_blocks_is_read_whole_and_without_its_end() {
    let variables: Vec<Variable> = (0..40).map(|i| Variable::whole(&format!("layer_{i:02}/w"), &[1 << 13])).collect();
    let mut bytes = file(&variables, BLOCK, false);
    assert!(bytes.len() > 1 << 20);
    let mut disk = Memory::default();
    disk.put("m", bytes.clone());
    let whole = open(&disk, "m");
    assert_eq!(whole.faults, []);
    for entry in &whole.entries {
        assert_eq!(values(&disk, &whole, &pieces(entry)[0]).float, [1.0; 1 << 13]);
    }
    bytes.truncate(bytes.len() - 60);
    disk.put("m", bytes);
    let cut = open(&disk, "m");
    assert!(cut.faults.iter().any(|fault| fault.kind == FaultKind::Salvaged { entries: 41 }), "{:?}", cut.faults);
    assert_eq!(cut.entries, whole.entries, "all blocks are there, without their index");
}

/// However small its blocks are, a file without its end is not read again for each of them.
#[test]
fn small_blocks_are_found_without_their_index_in_reasonable_time() {
    let variables: Vec<Variable> = (0..20_000).map(|i| Variable::whole(&format!("v_{i:05}"), &[12])).collect();
    let mut bytes = file(&variables, 1, false);
    bytes.pop();
    assert!(bytes.len() > 2 << 20);
    let mut disk = Memory::default();
    disk.put("m", bytes);
    let cut = open(&disk, "m");
    assert_eq!(cut.entries.len(), 20_000);
    assert!(cut.faults.iter().any(|fault| fault.kind == FaultKind::Salvaged { entries: 20_001 }));
}

#[test]
fn slices_that_do_not_make_a_whole_are_reported() {
    let rows = |start, length| vec![Some((start, length)), None];
    let key = || "w".to_owned();
    let sound = Variable::cut("w", &[4, 2], &[rows(0, 3), rows(3, 1)]);
    assert_eq!(kinds(&disk(&[("m", std::slice::from_ref(&sound))]), "m"), []);

    let mut missing = sound.clone();
    missing.stored.pop();
    let slice = "3,1:0,2".to_owned();
    assert_eq!(kinds(&disk(&[("m", &[missing])]), "m"), [FaultKind::SliceMissing { key: key(), slice, count: 1 }]);

    let mut orphan = sound.clone();
    orphan.listed = vec![rows(0, 3), rows(3, 1)];
    orphan.stored.push(rows(1, 1));
    let found = kinds(&disk(&[("m", &[orphan])]), "m");
    assert!(matches!(found.as_slice(), [FaultKind::SliceOrphan { .. }]), "{found:?}");

    let incomplete = Variable::cut("w", &[4, 2], &[rows(0, 3)]);
    let expected = FaultKind::SlicesIncomplete { key: key(), covered: 6, elements: 8 };
    assert_eq!(kinds(&disk(&[("m", &[incomplete])]), "m"), [expected]);

    // Across files too.
    let (first, second) = (Variable::cut("w", &[4, 2], &[rows(0, 3)]), Variable::cut("w", &[4, 2], &[rows(2, 2)]));
    let found = kinds(&disk(&[("m-00000-of-00002", &[first]), ("m-00001-of-00002", &[second])]), "m-?????-of-00002");
    assert!(matches!(found.as_slice(), [FaultKind::SlicesOverlap { .. }]), "{found:?}");

    let outside = Variable::cut("w", &[4, 2], &[rows(0, 4), rows(4, 1)]);
    assert_eq!(kinds(&disk(&[("m", &[outside])]), "m"), [FaultKind::ShapeInvalid { key: key() }]);
}

#[test]
fn what_cannot_be_saved_in_this_format_is_reported() {
    for number in [0, 14, 15, 20, 21, 22, 23, 24, 29, 99, 101, -1] {
        let variable = Variable { dtype: number, ..Variable::whole("w", &[2]) };
        let checkpoint = open(&disk(&[("m", &[variable])]), "m");
        let kind = FaultKind::DTypeUnknown { key: "w".to_owned(), number: number as i32 };
        assert!(checkpoint.faults.iter().map(|fault| &fault.kind).eq([&kind]), "{:?}", checkpoint.faults);
        assert_eq!(checkpoint.entries[0].payload, Payload::Nowhere, "{number}");
    }
    for shape in [vec![1 << 40, 1 << 40], vec![u64::MAX, 1]] {
        let mut variable = Variable::whole("w", &[1, 1]);
        variable.shape = shape;
        variable.stored.clear();
        let found = kinds(&disk(&[("m", &[variable])]), "m");
        assert_eq!(found, [FaultKind::ShapeInvalid { key: "w".to_owned() }]);
    }
    let (first, second) = (Variable::whole("w", &[2]), Variable::whole("w", &[3]));
    let found = kinds(&disk(&[("m-00000-of-00002", &[first]), ("m-00001-of-00002", &[second])]), "m-00001-of-00002");
    let other = "m-00000-of-00002".to_owned();
    assert_eq!(found, [FaultKind::TablesDisagree { key: "w".to_owned(), other }]);
}

/// TensorFlow never compresses this format: values that lie in no place of the file are not read wrong.
#[test]
fn compressed_values_are_reported() {
    let mut disk = Memory::default();
    disk.put("m", file(&[Variable::whole("w", &[2])], BLOCK, true));
    let checkpoint = open(&disk, "m");
    let [Fault { kind: FaultKind::EntryMalformed { error, .. }, .. }] = checkpoint.faults.as_slice() else {
        panic!("{:?}", checkpoint.faults)
    };
    assert!(error.contains("compressed"), "{error}");
    assert_eq!(checkpoint.entries[0].payload, Payload::Nowhere);
}

/// The index of the newer format is a table too, but not one of these.
#[test]
fn an_index_is_no_checkpoint_of_this_format() {
    let index = fixture("single-root").prefix().with_extension("index");
    let checkpoint = open(&Local, &index);
    assert!(checkpoint.entries.is_empty());
    assert!(checkpoint.faults.iter().any(|fault| matches!(fault.kind, FaultKind::HeaderMalformed { .. })));
}

/// The pattern of a set is its path: of the directory, and in place of a name without the numbers.
#[test]
fn sets_are_found_by_their_directory() {
    for name in ["formats/v1-sharded", "formats/v1-sharded-partitioned"] {
        let fixture = fixture(name);
        let pattern = fixture.path();
        let resolved = ckpt::format::resolve(&Local, &fixture.folder);
        assert_eq!(resolved.prefix.as_ref(), Some(&pattern), "{name}");
        let latest = &resolved.directory.expect("listed").latest;
        assert_eq!(*latest, ckpt::model::Latest::Path(pattern.clone()), "{name}");
        let text = pattern.display().to_string();
        let stem = text.split("-?").next().unwrap();
        let answer = support::ask(&Local, &["doctor", stem]).expect(1);
        assert!(answer.out.contains(&format!("restore(session, \"{text}\")")), "{}", answer.out);
    }
}

#[test]
fn damage_is_told_in_the_words_of_this_format() {
    for name in ["v1-bit-flip", "v1-truncated"] {
        let fixture = fixture(&format!("formats/damaged/{name}"));
        let said = fixture.json["says"]["tf.train.load_checkpoint"].as_str().expect("said");
        let answer = support::ask(&Local, &["doctor", &fixture.path().display().to_string()]).expect(1);
        let words = ["Failed to find the saved tensor slices", "not an sstable"];
        let word = words.iter().find(|word| said.contains(**word)).expect("known words");
        assert!(answer.out.contains(word) && !answer.out.contains("copy the index"), "{}", answer.out);
    }
}

//! Small files that want to be large: what a look at them costs is bounded by their size.

mod forge;
mod support;

use std::io::Write;
use std::path::Path;

use ckpt::bytes::FaultKind;
use ckpt::model::Writer;
use ckpt::store::{Memory, Store};
use forge::bytes::Message;
use forge::v1::{Variable, file};
use serde_json::Value;
use support::{Metered, ask, fixture, in_memory, open, testdata};
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

/// A zip archive of these members.
fn packed(members: &[(&str, &[u8])], method: CompressionMethod) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in members {
        writer.start_file(*name, SimpleFileOptions::default().compression_method(method)).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn put(name: &str, bytes: Vec<u8>) -> Memory {
    let mut disk = Memory::default();
    disk.put(name, bytes);
    disk
}

const METADATA: &[u8] = br#"{"keras_version": "3.15.1"}"#;

fn findings(answer: &Value) -> Vec<String> {
    let told = answer["reports"].as_array().or(answer["findings"].as_array()).into_iter().flatten();
    told.map(Value::to_string).collect()
}

/// However many tensors lie in a compressed member, it is unpacked once for all of them.
#[test]
fn a_compressed_member_is_unpacked_once() {
    let weights = in_memory(&fixture("formats/k3-weights-many")).into_iter().find(|(name, _)| name.ends_with(".h5"));
    let weights = weights.unwrap().1;
    let members: [(&str, &[u8]); 3] =
        [("config.json", b"{}"), ("metadata.json", METADATA), ("model.weights.h5", &weights)];
    let archive = packed(&members, CompressionMethod::Deflated);
    let size = archive.len() as u64;
    let disk = Metered::new(put("m.keras", archive));
    let tensors = open(&disk, "m.keras").entries.len();
    assert!(tensors > 20, "{tensors}");
    disk.reset();
    support::digest(&disk, &open(&disk, "m.keras"), true);
    assert!(disk.opened() < 12, "{} times", disk.opened());
    disk.reset();
    ask(&disk, &["doctor", "m.keras"]).expect(0);
    assert!(disk.opened() < 12, "{} times", disk.opened());
    // Each time, some kilobytes for the list of members.
    assert!(disk.read() < size * 12 + (1 << 16), "{} of {size}", disk.read());
}

/// Two tensors that have terabytes by their records, and nothing on the disk.
#[test]
fn what_a_record_claims_is_not_compared_before_it_is_there() {
    let claimed = 4i64 << 40;
    let mut disk = Memory::default();
    for (name, checksum) in [("a", 1), ("b", 2)] {
        let axis = Message::default().number(1, claimed / 4).0;
        let shape = Message::default().message(2, &axis).0;
        let entry = Message::default().number(1, 1).message(2, &shape).number(5, claimed).fixed32(6, checksum).0;
        let header = Message::default().number(1, 1).message(3, &Message::default().number(1, 1).0).0;
        disk.put(format!("{name}.index"), forge::table_of(vec![(Vec::new(), header), (b"w".to_vec(), entry)]));
        disk.put(format!("{name}.data-00000-of-00001"), vec![0; 64]);
    }
    let disk = Metered::new(disk);
    let answer = ask(&disk, &["diff", "a", "b", "--values"]).expect(1).out;
    let told = format!("64 bytes on disk, the index describes {claimed}");
    assert_eq!(answer.matches(&told).count(), 2, "{answer}");
    assert!(disk.opened() < 20, "{} times", disk.opened());
}

/// What deflate makes small and nothing else does: it would have to be held as it is.
#[test]
fn a_member_takes_no_more_than_its_archive_is_worth() {
    let mut seed = 1u64;
    let mut noise = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (seed >> 33) as u8
    };
    let noise: Vec<u8> = (0..31_000).map(|_| noise()).collect();
    let weights = in_memory(&fixture("formats/k3-weights-many")).into_iter().find(|(name, _)| name.ends_with(".h5"));
    let weights = [weights.unwrap().1, noise.repeat(1_000)].concat();
    let members: [(&str, &[u8]); 3] =
        [("config.json", b"{}"), ("metadata.json", METADATA), ("model.weights.h5", &weights)];
    let archive = packed(&members, CompressionMethod::Deflated);
    assert!(archive.len() < 1_000_000, "{}", archive.len());
    let answer = ask(&put("m.keras", archive), &["doctor", "m.keras"]).expect(1).out;
    assert!(answer.contains("takes more memory than an archive of"), "{answer}");
}

/// A thousand names for one member, which is much larger than the archive.
#[test]
fn members_that_share_bytes_are_unpacked_once() {
    let large = vec![0; 1 << 20];
    let names: Vec<String> = (0..1000).map(|number| format!("assets/{number:04}")).collect();
    let mut members: Vec<(&str, &[u8])> =
        vec![("config.json", b"{}"), ("metadata.json", METADATA), ("assets/0000", &large)];
    members.extend(names.iter().skip(1).map(|name| (name.as_str(), &b""[..])));
    let mut archive = packed(&members, CompressionMethod::Deflated);
    let central: Vec<usize> = (0..archive.len()).filter(|at| archive[*at..].starts_with(b"PK\x01\x02")).collect();
    let first = archive[central[2]..][..46].to_vec();
    for at in &central[3..] {
        archive[at + 8..at + 28].copy_from_slice(&first[8..28]);
        archive[at + 42..at + 46].copy_from_slice(&first[42..46]);
    }
    let disk = put("m.keras", archive);
    let told = ask(&disk, &["doctor", "m.keras", "--format", "json"]).expect(1).out;
    assert!(told.contains("lies in the bytes of another member"), "{told}");
    let harmed = ckpt::store::harmed(disk.open(Path::new("m.keras")).unwrap().as_ref()).unwrap();
    assert_eq!(harmed.len(), 999, "one of them is read");
}

/// A configuration that compresses to nothing.
#[test]
fn a_configuration_of_nothing_but_brackets_is_refused() {
    let config = format!("[{}[]]", "[],".repeat(2 << 20)).into_bytes();
    let members: [(&str, &[u8]); 2] = [("config.json", &config), ("metadata.json", METADATA)];
    let archive = packed(&members, CompressionMethod::Deflated);
    assert!(archive.len() < 50_000);
    let answer = ask(&put("m.keras", archive), &["doctor", "m.keras"]).expect(1).out;
    assert!(answer.contains("more values than any model's"), "{answer}");
}

fn wide() -> Vec<u8> {
    b"n".repeat(3000)
}

/// Each slice lacks its record, and none of them repeats the name.
#[test]
fn slices_without_records_are_one_fault() {
    let mut variable = Variable::cut("w", &[4], &vec![vec![None]; 5000]);
    variable.name = wide();
    variable.stored.clear();
    let old = put("m", file(&[variable], 1 << 18, false));
    // The same in a bundle, where an entry lists its slices.
    let version = Message::default().number(1, 1);
    let header = Message::default().number(1, 1).message(3, &version.0).0;
    let shape = Message::default().message(2, &Message::default().number(1, 4).0).0;
    let whole = Message::default().message(1, &[]).0;
    let entry = (0..5000).fold(Message::default().number(1, 1).message(2, &shape), |entry, _| entry.message(7, &whole));
    let mut new = put("m.index", forge::table_of(vec![(Vec::new(), header), (wide(), entry.0)]));
    new.put("m.data-00000-of-00001", Vec::new());
    for disk in [old, new] {
        let faults = open(&disk, "m").faults;
        let missing = |kind: &FaultKind| matches!(kind, FaultKind::SliceMissing { count: 5000, .. });
        assert!(faults.iter().any(|fault| missing(&fault.kind)), "{faults:.500?}");
        let text: usize = faults.iter().map(|fault| fault.kind.to_string().len()).sum();
        assert!(text < 5 * 3000, "{text} bytes of faults");
        let told = ask(&disk, &["doctor", "m", "--format", "json"]).out;
        assert!(told.len() < 100_000, "{} bytes", told.len());
    }
}

/// Each slice is looked for by the name of its tensor, which is half of the file.
#[test]
fn names_are_not_looked_up_without_end() {
    let mut variable = Variable::cut("w", &[4], &vec![vec![None]; 4000]);
    variable.name = b"n".repeat(25_000);
    variable.stored.clear();
    let faults = open(&put("m", file(&[variable], 1 << 18, false)), "m").faults;
    assert!(
        faults.iter().any(|fault| matches!(fault.kind, FaultKind::SlicesTooMany { slices: 4000, .. })),
        "{faults:.300?}"
    );
}

/// Hard links are other names of one dataset: nothing overlaps, and its numbers are read once for all names.
#[test]
fn names_of_one_dataset_are_no_overlap() {
    let bytes = std::fs::read(testdata().join("hdf5/linked.weights.h5")).unwrap();
    let size = bytes.len() as u64;
    let disk = Metered::new(put("m.weights.h5", bytes));
    let answer = ask(&disk, &["doctor", "m.weights.h5", "--format", "json"]);
    let told = findings(&answer.json());
    assert!(told.iter().all(|finding| !finding.contains("F027")), "{told:?}");
    // The last one, after more names of the large dataset than would be read, is not a number.
    assert!(answer.out.contains("zense"), "{}", answer.out);
    assert!(ask(&disk, &["doctor", "m.weights.h5"]).out.contains("every byte read (40,400)"));
    disk.reset();
    ask(&disk, &["doctor", "m.weights.h5"]).expect(0);
    assert!(disk.read() < size * 3, "{} of {size}", disk.read());
}

/// Without names, optimizer and metrics nothing tells the versions of Keras apart: no word that only one has.
#[test]
fn a_version_that_nothing_tells_is_not_told() {
    let disk = put("m.weights.h5", std::fs::read(testdata().join("hdf5/unnamed.weights.h5")).unwrap());
    let checkpoint = open(&disk, Path::new("m.weights.h5"));
    assert_eq!(checkpoint.writer, Writer::Keras);
    let names: Vec<&str> = checkpoint.variables.iter().map(|variable| variable.name.as_str()).collect();
    assert!(names.iter().all(|name| !name.contains("depthwise_kernel")), "{names:?}");
    assert!(names.iter().any(|name| name.ends_with("dense/kernel")), "{names:?}");
}

/// What a damaged index does not list any more may have been written: it is not shown as zeros.
#[test]
fn lost_chunks_are_not_shown() {
    let mut bytes = std::fs::read(testdata().join("hdf5/leaves.weights.h5")).unwrap();
    let key = "layers/dense/vars/0";
    let show = |bytes: &[u8]| ask(&put("m.weights.h5", bytes.to_vec()), &["show", "m.weights.h5", key, "--values"]);
    assert!(show(&bytes).expect(0).out.contains("0.368"));
    let leaf = (0..bytes.len()).filter(|at| bytes[*at..].starts_with(b"TREE\x01\0")).nth(1).unwrap();
    bytes[leaf + 4] = 0;
    let shown = show(&bytes);
    assert!(shown.code != 0 && !shown.out.contains("0.000000"), "{}", shown.out);
    let told = ask(&put("m.weights.h5", bytes), &["doctor", "m.weights.h5"]).expect(1).out;
    assert!(told.contains("K029") && told.contains("1 tensor could not be read"), "{told}");
    assert!(!told.contains("F028"), "{told}");
}

/// The user's own block may be of any size.
#[test]
fn a_large_block_of_the_user_hides_nothing() {
    let plain = std::fs::read(testdata().join("hdf5/keras3.weights.h5")).unwrap();
    let names = |disk: &Memory| ask(disk, &["ls", "m.h5", "--format", "json"]).expect(0).json()["variables"].clone();
    let before = names(&put("m.h5", plain.clone()));
    let mut blocked = vec![b' '; 2 << 20];
    blocked.extend(plain);
    let after = names(&put("m.h5", blocked));
    assert_eq!(before.as_array().map(Vec::len), after.as_array().map(Vec::len));
    assert!(before.as_array().is_some_and(|list| list.len() > 3));
}

/// A finding about one object names it, and what is JSON is not called HDF5.
#[test]
fn findings_name_their_objects() {
    let weights = std::fs::read(testdata().join("hdf5/keras3.weights.h5")).unwrap();
    let broken: [(&str, &[u8]); 3] = [("config.json", b"{"), ("metadata.json", b"{"), ("model.weights.h5", &weights)];
    let told = ask(&put("m.keras", packed(&broken, CompressionMethod::Stored)), &["doctor", "m.keras"]).out;
    assert!(told.contains("2 texts are not the JSON that Keras writes"), "{told}");
    let arrays: [(&str, &[u8]); 3] = [("config.json", b"{}"), ("metadata.json", b"{}"), ("model.weights.npz", b"x")];
    let told = ask(&put("m.keras", packed(&arrays, CompressionMethod::Stored)), &["doctor", "m.keras"]).out;
    assert!(told.contains("model.weights.npz is not read"), "{told}");
    assert!(!told.contains("parts of HDF5"), "{told}");
}

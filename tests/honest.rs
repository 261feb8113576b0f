//! The cases in which other tools say "same" or "fine" and are wrong. Each says what is.

mod forge;
mod support;

use ckpt::Terminal;
use ckpt::store::Memory;
use forge::types::{F16, F32, F64};
use forge::{Forge, numbers};
use serde_json::Value;
use support::{Answer, ask, ask_at};

/// A disk with two checkpoints, `old` and `new`.
fn two(old: impl Fn(Forge) -> Forge, new: impl Fn(Forge) -> Forge) -> Memory {
    let mut disk = Memory::default();
    old(Forge::new("old")).put(&mut disk);
    new(Forge::new("new")).put(&mut disk);
    disk
}

fn diff(disk: &Memory, flags: &[&str]) -> Answer {
    ask(disk, &[&["diff", "old", "new"], flags].concat())
}

/// The kinds of all changes, sorted.
fn kinds(disk: &Memory, flags: &[&str]) -> Vec<String> {
    let json = diff(disk, &[flags, &["--format", "json"]].concat()).json();
    let changes = json["changes"].as_array().expect("changes");
    let mut kinds: Vec<String> = changes.iter().map(|change| change["kind"].as_str().unwrap().to_owned()).collect();
    kinds.sort();
    kinds
}

fn doctor(disk: &Memory, path: &str) -> (u8, Value) {
    let answer = ask(disk, &["doctor", "--format", "json", path]);
    (answer.code, answer.json())
}

fn half(numbers: &[f32]) -> Vec<u8> {
    numbers.iter().flat_map(|number| half::f16::from_f32(*number).to_le_bytes()).collect()
}

#[test]
fn the_same_is_the_same() {
    let disk = two(|c| c.floats("kernel", &[2, 2], &numbers(4, 1)), |c| c.floats("kernel", &[2, 2], &numbers(4, 1)));
    assert_eq!(kinds(&disk, &[]), [""; 0]);
    diff(&disk, &[]).expect(0);
    diff(&disk, &["--values"]).expect(0);
}

/// How it lies in the files is not what it is.
#[test]
fn another_way_of_storing_is_no_difference() {
    let bytes: Vec<u8> = numbers(12, 1).iter().flat_map(|number| number.to_le_bytes()).collect();
    let slices =
        vec![(vec![Some((1, 2)), None], bytes[16..].to_vec()), (vec![Some((0, 1)), None], bytes[..16].to_vec())];
    let whole = |forge: Forge| forge.tensor("kernel", F32, &[3, 4], &bytes).strings("words", &[1], &[b"x"]);
    let others = [
        ("big-endian", whole(Forge::new("new").big_endian())),
        ("sliced", Forge::new("new").sliced("kernel", F32, &[3, 4], slices).strings("words", &[1], &[b"x"])),
        ("snappy", whole(Forge::new("new").snappy().block(30))),
        ("in another shard", whole(Forge::new("new").shard(2))),
        ("elsewhere in its shard", whole(Forge::new("new").alignment(64))),
    ];
    for (what, other) in others {
        let mut disk = whole(Forge::new("old")).disk();
        other.put(&mut disk);
        assert_eq!(kinds(&disk, &[]), [""; 0], "{what}");
        diff(&disk, &[]).expect(0);
    }
}

#[test]
fn swapped_rows_are_a_change() {
    let disk = two(
        |c| c.floats("kernel", &[2, 3], &[1., 2., 3., 4., 5., 6.]),
        |c| c.floats("kernel", &[2, 3], &[4., 5., 6., 1., 2., 3.]),
    );
    assert_eq!(kinds(&disk, &[]), ["revalue"]);
    let text = diff(&disk, &["--values"]).expect(1).out;
    assert!(text.contains("6 of 6"), "{text}");
}

#[test]
fn permuted_values_are_a_change() {
    let values = numbers(4096, 1);
    let reversed: Vec<f32> = values.iter().rev().copied().collect();
    let disk = two(|c| c.floats("kernel", &[64, 64], &values), |c| c.floats("kernel", &[64, 64], &reversed));
    assert_eq!(kinds(&disk, &[]), ["revalue"]);
    diff(&disk, &["--stat"]).expect(1);
    diff(&disk, &["--name-status"]).expect(1);
    assert_eq!(diff(&disk, &["-qq"]).expect(1).out, "");
}

#[test]
fn one_bit_is_a_change() {
    let disk = two(|c| c.floats("bias", &[2], &[0., 1.]), |c| c.floats("bias", &[2], &[-0., 1.]));
    assert_eq!(kinds(&disk, &["--values"]), ["revalue"]);
    diff(&disk, &[]).expect(1);
}

#[test]
fn a_nan_is_a_change_and_no_health() {
    let disk = two(|c| c.floats("kernel", &[3], &[1., 2., 3.]), |c| c.floats("kernel", &[3], &[1., f32::NAN, 3.]));
    assert_eq!(kinds(&disk, &[]), ["revalue"]);
    diff(&disk, &["--values"]).expect(1);
    assert_eq!(doctor(&disk, "old").0, 0);
    let (code, report) = doctor(&disk, "new");
    assert_eq!(code, 1);
    assert!(report.to_string().contains("nan-inf"), "{report}");
    let stats = ask(&disk, &["ls", "--stats", "new"]).expect(0).out.to_lowercase();
    assert!(stats.contains("nan"), "{stats}");
    // Equal bytes are equal, even where NaN is not equal to itself.
    ask(&disk, &["diff", "--values", "new", "new"]).expect(0);
}

#[test]
fn added_removed_and_reshaped_are_told_and_fail() {
    let disk = two(
        |c| c.floats("gone", &[1], &[1.]).floats("head", &[2, 2], &numbers(4, 1)).floats("stays", &[1], &[1.]),
        |c| c.floats("added", &[1], &[1.]).floats("head", &[2, 3], &numbers(6, 1)).floats("stays", &[1], &[1.]),
    );
    assert_eq!(kinds(&disk, &[]), ["add", "remove", "reshape"]);
    let text = diff(&disk, &[]).expect(1).out;
    for name in ["gone", "added", "head"] {
        assert!(text.contains(name), "{name} is not named:\n{text}");
    }
}

#[test]
fn another_shape_of_the_same_values_is_a_change() {
    let disk = two(|c| c.floats("kernel", &[4, 4], &[1.; 16]), |c| c.floats("kernel", &[4, 8], &[1.; 32]));
    assert_eq!(kinds(&disk, &[]), ["reshape"]);
    diff(&disk, &[]).expect(1);
    let disk = two(|c| c.floats("kernel", &[4, 2], &[1.; 8]), |c| c.floats("kernel", &[2, 4], &[1.; 8]));
    assert_eq!(kinds(&disk, &[]), ["reshape"]);
    diff(&disk, &[]).expect(1);
}

#[test]
fn another_dtype_is_a_change() {
    let values = [1., 0.5, 0.25];
    let double: Vec<u8> = values.iter().flat_map(|value| f64::from(*value).to_le_bytes()).collect();
    for (dtype, bytes) in [(F16, half(&values)), (F64, double)] {
        let disk = two(|c| c.floats("kernel", &[3], &values), |c| c.tensor("kernel", dtype, &[3], &bytes));
        assert_eq!(kinds(&disk, &["--values"]), ["retype"], "{}", dtype.name);
        let text = diff(&disk, &[]).expect(1).out;
        assert!(text.contains(dtype.name) || text.contains("f16") || text.contains("f64"), "{text}");
    }
}

/// Not to be able to look is not to find a difference.
#[test]
fn what_is_not_there_is_an_error_of_its_own() {
    let mut disk = two(|c| c.floats("v", &[1], &[1.]), |c| c.floats("v", &[1], &[1.]));
    disk.put("notes.txt", b"not a checkpoint at all".to_vec());
    for path in ["nowhere", "notes.txt"] {
        let answer = ask(&disk, &["diff", "old", path]).expect(2);
        assert_eq!(answer.out, "");
        assert!(answer.err.contains(path) && answer.err.lines().count() <= 3, "{}", answer.err);
        ask(&disk, &["diff", path, "old"]).expect(2);
    }
}

/// What cannot be compared is not called the same.
#[test]
fn unreadable_data_is_not_the_same() {
    let mut disk = two(|c| c.floats("v", &[2], &[1., 2.]), |c| c.floats("v", &[2], &[1., 2.]));
    disk.put("new.data-00000-of-00001", vec![0, 0, 0x80, 0x3f]);
    let answer = diff(&disk, &["--values"]);
    assert_ne!(answer.code, 0, "{}", answer.out);
    assert_eq!(doctor(&disk, "new").0, 1);
}

/// Each change is told once, and the counts are those of the list.
#[test]
fn nothing_is_counted_twice() {
    let disk = two(
        |c| c.floats("a", &[1], &[1.]).floats("b", &[1], &[1.]).floats("c", &[1], &[1.]).floats("d", &[1], &[1.]),
        |c| c.floats("a", &[1], &[2.]).floats("b", &[1], &[2.]).floats("c", &[1], &[1.]).floats("e", &[1], &[1.]),
    );
    let json = diff(&disk, &["--format", "json"]).expect(1).json();
    assert_eq!(json["changes"].as_array().unwrap().len(), 4);
    assert_eq!(kinds(&disk, &[]), ["add", "remove", "revalue", "revalue"]);
    let status = diff(&disk, &["--name-status"]).out;
    assert_eq!(status.lines().count(), 4, "{status}");
    let csv = diff(&disk, &["--format", "csv"]).out;
    assert_eq!(csv.lines().count(), 5, "{csv}");
}

fn layers(forge: Forge, numbers_of: impl Iterator<Item = u64>) -> Forge {
    numbers_of.fold(forge, |forge, i| forge.floats(format!("encoder/layer_{i}/kernel"), &[2], &numbers(2, i)))
}

/// A summary may not be less precise than what it sums up: a missing layer is a gap.
#[test]
fn a_gap_in_a_row_of_layers_is_seen() {
    let disk = layers(Forge::new("old"), (0..24).filter(|i| *i != 7)).disk();
    let text = ask(&disk, &["ls", "old"]).expect(0).out;
    assert!(!text.contains("0..23"), "{text}");
    assert!(text.contains("0..6") && text.contains("8..23"), "{text}");
    let full = layers(Forge::new("old"), 0..24).disk();
    let text = ask(&full, &["ls", "old"]).expect(0).out;
    assert!(text.contains("0..23"), "a row without a gap is one line:\n{text}");
}

/// Two that differ in different ways are two.
#[test]
fn different_changes_are_not_folded_into_one() {
    let disk = two(
        |c| c.floats("head/0/w", &[10], &[1.; 10]).floats("head/1/w", &[11], &[1.; 11]),
        |c| c.floats("head/0/w", &[20], &[1.; 20]).floats("head/1/w", &[21], &[1.; 21]),
    );
    let text = diff(&disk, &[]).expect(1).out;
    for size in ["10", "20", "11", "21"] {
        assert!(text.contains(size), "{size} is not told:\n{text}");
    }
}

#[test]
fn rows_of_layers_are_folded_only_with_their_equals() {
    let forge = layers(Forge::new("old"), 0..6).floats("encoder/layer_6/kernel", &[3], &numbers(3, 6));
    let text = ask(&forge.disk(), &["ls", "old"]).expect(0).out;
    assert!(text.contains("0..5") && !text.contains("0..6"), "{text}");
}

/// In a narrow terminal names may be cut, counts may not be wrong.
#[test]
fn totals_count_everything() {
    let disk = layers(Forge::new("old"), 0..24).disk();
    let terminal = Terminal { stdout: true, width: Some(40), ..Terminal::default() };
    let text = ask_at(&disk, &["ls", "--color", "never", "--limit", "1", "old"], &terminal).expect(0).out;
    assert!(text.contains("24 tensors") || text.contains("24 variables"), "{text}");
}

//! What the fuzz targets do with their bytes: each makes files of them, lets the program answer, and looks at the
//! answers. `fuzz/` feeds these functions with inputs that were never seen, `tests/regressions.rs` with those that
//! once went wrong.

#![allow(dead_code, reason = "the fuzzer uses the targets, the tests the seeds as well")]

mod answers;
mod harmless;
pub mod pieces;
mod repair;
pub mod seeds;

use std::path::PathBuf;

use ckpt::cli::{self, Command, LoaderName};
use ckpt::store::Memory;

use crate::forge::{self, Forge};
use answers::{answer, examine, examined, of, page, settled};
use pieces::{Records, pieces};

/// A target: its name, and what it does.
pub type Target = (&'static str, fn(&[u8]));

/// All of them.
pub const TARGETS: [Target; 9] = [
    ("table", table),
    ("messages", messages),
    ("bundle", bundle),
    ("pair", pair),
    ("hdf5", hdf5),
    ("archive", archive),
    ("state", state),
    ("meta", meta),
    ("settings", settings),
];

/// The bytes are a table: the index of a bundle, or a whole checkpoint of format V1.
pub fn table(data: &[u8]) {
    let mut disk = Memory::default();
    let table = repair::table(data);
    disk.put("new.data-00000-of-00001", pattern());
    disk.put("new.index", table.clone());
    disk.put("old", table);
    examine(&disk, "new");
    examine(&disk, "old");
}

/// The pieces are the object graph, a shard, and the keys and values of the index; without a graph and a shard, they are
/// those of a checkpoint of format V1 as well.
pub fn messages(data: &[u8]) {
    let mut disk = Memory::default();
    let pieces = pieces(data);
    Records::new(&pieces).put(&mut disk, "m");
    examine(&disk, "m");
    if pieces.starts_with(&[b"", b""]) {
        disk.put("v1", Records::new(&pieces).table());
        examine(&disk, "v1");
    }
}

/// The pieces are the index and the shards.
pub fn bundle(data: &[u8]) {
    let mut disk = Memory::default();
    let pieces = pieces(data);
    let (index, shards) = pieces.split_first().expect("there is always one piece");
    disk.put("ckpt-1.index", repair::table(index));
    for (number, shard) in shards.iter().enumerate() {
        disk.put(format!("ckpt-1.data-{number:05}-of-{:05}", shards.len()), shard.to_vec());
    }
    disk.put("checkpoint", forge::state_file(&["ckpt-1"]));
    examine(&disk, "");
}

/// Two checkpoints as in [`messages`], or two files of HDF5, held against each other.
pub fn pair(data: &[u8]) {
    let mut disk = Memory::default();
    let pieces = pieces(data);
    if let ([old, new], true) = (&pieces[..], data.starts_with(b"\x89HDF")) {
        disk.put("old.h5", *old);
        disk.put("new.h5", *new);
        return compare(&disk, ["old.h5", "new.h5"], data.len());
    }
    let middle = pieces.iter().position(|piece| *piece == pieces::NEW).unwrap_or(pieces.len());
    Records::new(&pieces[..middle]).put(&mut disk, "old");
    Records::new(pieces.get(middle + 1..).unwrap_or_default()).put(&mut disk, "new");
    compare(&disk, ["old", "new"], data.len());
}

/// The difference, and what restores do; `choice` chooses flags.
fn compare(disk: &Memory, [old, new]: [&str; 2], choice: usize) {
    let loader = LOADERS.get(choice % LOADERS.len()).copied();
    let call = cli::Call { loader, by_name: choice & 8 > 0, skip_mismatch: choice & 16 > 0 };
    let (values, stat) = (choice.is_multiple_of(2), choice.is_multiple_of(7));
    let name_status = !stat && choice.is_multiple_of(5);
    // A page has pictures of the values.
    let html = choice.is_multiple_of(3).then(PathBuf::new);
    let diff = cli::Diff { old: old.into(), new: new.into(), values, stat, name_status, html, ..Default::default() };
    let diff = answer(disk, &Command::Diff(if choice & 32 > 0 { cli::Diff { call, ..diff } } else { diff }));
    diff.iter().for_each(|diff| page(diff, None));
    let report = answer(disk, &Command::Doctor(against(old, new)));
    report.iter().for_each(|report| page(report, diff.as_ref()));
    answer(disk, &Command::Doctor(cli::Doctor { call, ..against(old, new) }));
}

const LOADERS: [LoaderName; 8] = [
    LoaderName::Checkpoint,
    LoaderName::Manager,
    LoaderName::Saver,
    LoaderName::Keras2Weights,
    LoaderName::Keras2Model,
    LoaderName::Keras3Weights,
    LoaderName::Keras3Model,
    LoaderName::SavedModel,
];

fn against(old: &str, new: &str) -> cli::Doctor {
    cli::Doctor { against: Some(new.into()), ..examined(old) }
}

/// The bytes are weights or a model in HDF5.
pub fn hdf5(data: &[u8]) {
    let mut disk = Memory::default();
    disk.put("m.h5", data);
    examine(&disk, "m.h5");
}

/// The bytes are a `.keras` archive; or the pieces are members of one that was unpacked.
pub fn archive(data: &[u8]) {
    let mut disk = Memory::default();
    if data.starts_with(b"PK") {
        disk.put("m.keras", repair::archive(data));
        return examine(&disk, "m.keras");
    }
    let names = ["config.json", "metadata.json", "model.weights.h5", "model.weights.json"].map(str::to_owned);
    let shards = (0..).map(|number| format!("model_{number:05}.weights.h5"));
    for (name, piece) in names.into_iter().chain(shards).zip(pieces(data)) {
        disk.put(format!("m/{name}"), piece);
    }
    examine(&disk, "m");
    examine(&disk, "m/model.weights.json");
}

/// The pieces are a state file, and names and contents of files beside it.
pub fn state(data: &[u8]) {
    let pieces = pieces(data);
    let (state, beside) = pieces.split_first().expect("there is always one piece");
    let mut disk = trained("ckpt-1").disk();
    trained("ckpt-2").put(&mut disk);
    for file in beside.chunks_exact(2) {
        disk.put(PathBuf::from(String::from_utf8_lossy(file[0]).into_owned()), file[1]);
    }
    disk.put("checkpoint", *state);
    examine(&disk, "");
    answer(&disk, &Command::Ls(cli::Ls { all: true, ..of("") }));
    answer(&disk, &Command::Doctor(cli::Doctor { all: true, ..examined("") }));
}

/// The bytes are a graph: beside a checkpoint, by itself, as a SavedModel.
pub fn meta(data: &[u8]) {
    let mut disk = trained("m").disk();
    disk.put("m.meta", data);
    trained("saved/variables/variables").put(&mut disk);
    disk.put(if data.is_ascii() { "saved/saved_model.pbtxt" } else { "saved/saved_model.pb" }, data);
    examine(&disk, "m");
    examine(&disk, "m.meta");
    examine(&disk, "saved");
    let call = cli::Call { loader: Some(LoaderName::Saver), ..Default::default() };
    answer(&disk, &Command::Doctor(cli::Doctor { call, ..against("m", "m.meta") }));
}

/// The pieces are `ckpt.toml`, a baseline, a listing of what new code would save, and a log.
pub fn settings(data: &[u8]) {
    let mut disk = trained("m").disk();
    for (name, piece) in ["ckpt.toml", "baseline.json", "expected.json", "-"].iter().zip(pieces(data)) {
        disk.put(name, piece);
    }
    disk.put("pyproject.toml", disk_text(&pieces(data)));
    let doctor = || cli::Doctor { log: Some("-".into()), ..examined("m") };
    settled(&disk, "ckpt.toml", &Command::Doctor(doctor()));
    settled(&disk, "pyproject.toml", &Command::Doctor(doctor()));
    let diff = cli::Diff { old: "expected.json".into(), new: "m".into(), ..Default::default() };
    settled(&disk, "ckpt.toml", &Command::Diff(diff));
    let own = cli::Doctor { baseline: Some("baseline.json".into()), against: Some("expected.json".into()), ..doctor() };
    answer(&disk, &Command::Doctor(own));
}

/// The first piece as a project's file has it.
fn disk_text(pieces: &[&[u8]]) -> Vec<u8> {
    let text = String::from_utf8_lossy(pieces.first().copied().unwrap_or_default()).into_owned();
    text.replace("[doctor", "[tool.ckpt.doctor").replace("[diff", "[tool.ckpt.diff").into_bytes()
}

/// A small checkpoint with something for rules to say: a value that is no number.
fn trained(prefix: &str) -> Forge {
    let forge = Forge::new(prefix).floats("dense/kernel", &[2, 3], &forge::numbers(6, 1));
    let forge = forge.floats("dense/bias", &[3], &[f32::NAN, 0., 1.]).floats("dense/kernel/Adam", &[2, 3], &[0.; 6]);
    forge.count("global_step", 250)
}

/// Bytes for tensors to lie in.
fn pattern() -> Vec<u8> {
    (0..8192_u32).map(|at| (at % 251) as u8).collect()
}

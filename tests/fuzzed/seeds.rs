//! The first inputs of each target, made of the checkpoints in `testdata/`.

use std::fs;
use std::path::{Path, PathBuf};

use ckpt::model::Checkpoint;
use ckpt::store::{Local, Store};
use ckpt::tensor::{self, Elements};

use super::pieces::{GRAPH, MARK, NEW};
use super::{repair, trained};
use crate::forge::bytes::Message;
use crate::forge::v1::{self, Variable};

/// An input, and the name of the target that it is for.
pub type Seed = (&'static str, Vec<u8>);

/// Bytes of a file that may become an input.
const LARGEST: u64 = 1 << 16;

/// Bytes of a shard that goes with its index.
const SHARD: u64 = 1 << 13;

/// Every input that the files of a folder give.
pub fn seeds(folder: &Path) -> Vec<Seed> {
    let mut files = Vec::new();
    collect(folder, &mut files);
    files.sort();
    let mut seeds: Vec<Seed> = files.iter().flat_map(|file| of(file)).collect();
    let listings =
        [listing(&trained("m").disk(), "m")].into_iter().chain(LISTED.map(|path| listed(&folder.join(path))));
    let settings = listings.zip(SETTINGS).map(|(listing, (toml, log))| {
        joined(&[toml.as_bytes(), BASELINE.as_bytes(), listing.as_bytes(), log.as_bytes()])
    });
    seeds.extend(settings.map(|input| ("settings", input)));
    seeds.push(("messages", of_v1()));
    seeds.push(("pair", joined(&[&vast(13, 1), NEW, &vast(14, 2)])));
    seeds
}

/// A tensor that claims to be four tebibytes large, of which the shard has so many bytes: together two of them are as
/// long as makes `pair` read their values and picture them.
fn vast(shard: usize, checksum: u32) -> Vec<u8> {
    const NUMBERS: i64 = 1 << 40;
    let axis = Message::default().number(1, NUMBERS).0;
    let shape = Message::default().message(2, &axis).0;
    let entry = Message::default().number(1, 1).message(2, &shape).number(5, 4 * NUMBERS).fixed32(6, checksum).0;
    let header = Message::default().number(1, 1).message(3, &Message::default().number(1, 1).0).0;
    joined(&[b"", &vec![0; shard], b"", &header, b"w", &entry])
}

/// Keys and values of format V1: a variable that lies in one piece, and one in two.
fn of_v1() -> Vec<u8> {
    let halves = [0, 2].map(|start| vec![Some((start, 2)), None]);
    let records = v1::records(&[Variable::whole("dense/bias", &[3]), Variable::cut("dense/kernel", &[4, 2], &halves)]);
    let records = records.iter().flat_map(|(key, value)| [&key[..], value]);
    joined(&[&b""[..], b""].into_iter().chain(records).collect::<Vec<_>>())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push(path);
        }
    }
}

fn joined(pieces: &[&[u8]]) -> Vec<u8> {
    pieces.join(&MARK[..])
}

/// A file, if it is not too large.
fn read(path: &Path, limit: u64) -> Option<Vec<u8>> {
    let size = fs::metadata(path).ok()?.len();
    if size <= limit { fs::read(path).ok() } else { None }
}

/// What one file is good for.
fn of(path: &Path) -> Vec<Seed> {
    let Some(bytes) = read(path, LARGEST) else { return Vec::new() };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let extension = path.extension().unwrap_or_default().to_string_lossy();
    match (name.as_ref(), extension.as_ref()) {
        (_, "index") => indexed(path, bytes),
        (_, "h5") => [Some(("hdf5", bytes.clone())), newer(path).map(|new| ("pair", joined(&[&bytes, &new])))]
            .into_iter()
            .flatten()
            .collect(),
        (_, "keras") => {
            [Some(("archive", bytes)), unpacked(path).map(|pieces| ("archive", pieces))].into_iter().flatten().collect()
        }
        ("checkpoint", _) => vec![("state", joined(&[&bytes, b"ckpt-3.index", b"", HOLLOW, b"Module: https://m\n"]))],
        ("model.weights.json", _) => vec![("archive", sharded(path, &bytes))],
        (_, "meta" | "pb" | "pbtxt") => vec![("meta", bytes)],
        _ if bytes.starts_with(b"\x89HDF") => vec![("hdf5", bytes)],
        _ if bytes.starts_with(b"PK") => vec![("archive", bytes)],
        _ if bytes.ends_with(&repair::MAGIC) => vec![("table", bytes)],
        _ => Vec::new(),
    }
}

/// The same file after a change, if this one is of before.
fn newer(path: &Path) -> Option<Vec<u8>> {
    let (folder, name) = (path.parent()?, path.file_name()?);
    if folder.file_name()? != "old" {
        return None;
    }
    read(&folder.with_file_name("new").join(name), LARGEST)
}

fn indexed(path: &Path, index: Vec<u8>) -> Vec<Seed> {
    let prefix = path.with_extension("");
    let checkpoint = ckpt::format::open(&Local, &prefix).ok();
    let shards: Vec<Vec<u8>> =
        checkpoint.iter().flat_map(|one| &one.files).filter_map(|file| shard(&file.path)).collect();
    let mut pieces: Vec<&[u8]> = vec![&index];
    pieces.extend(shards.iter().map(Vec::as_slice));
    let records = checkpoint.map(|checkpoint| records(&checkpoint, &index, shards.first()));
    let new = newer(path).and_then(|index| {
        let path = path.parent()?.with_file_name("new").join(path.file_name()?);
        Some(records_of(&path, &index))
    });
    let mut seeds = vec![("bundle", joined(&pieces))];
    if let (Some(old), Some(new)) = (&records, new) {
        seeds.push(("pair", joined(&[old, NEW, &new])));
    }
    seeds.extend(records.map(|records| ("messages", records)));
    seeds.push(("table", index));
    seeds
}

fn shard(path: &Path) -> Option<Vec<u8>> {
    let is_shard = path.to_string_lossy().contains(".data-");
    is_shard.then(|| read(path, SHARD)).flatten()
}

fn records_of(path: &Path, index: &[u8]) -> Vec<u8> {
    let checkpoint = ckpt::format::open(&Local, &path.with_extension(""));
    checkpoint.map(|checkpoint| records(&checkpoint, index, None)).unwrap_or_default()
}

/// Graph, shard, keys and values.
fn records(checkpoint: &Checkpoint, index: &[u8], shard: Option<&Vec<u8>>) -> Vec<u8> {
    let graph = match checkpoint.find(GRAPH).map(|(_, entry)| tensor::read(&Local, checkpoint, entry)) {
        Some(Ok(Elements::Strings(strings))) => strings.into_iter().next(),
        _ => None,
    };
    let empty = Vec::new();
    let mut pieces = vec![graph.unwrap_or_default(), shard.unwrap_or(&empty).clone()];
    for (key, value) in repair::blocks(index).into_iter().flat_map(|block| repair::entries(index, block)) {
        pieces.extend([key, value.to_vec()]);
    }
    pieces.join(&MARK[..])
}

/// The texts of an archive, and its weights.
fn unpacked(path: &Path) -> Option<Vec<u8>> {
    let member = |name: &str| ckpt::store::read(&Local, &path.join(name), LARGEST);
    let pieces = [member("config.json").ok()?, member("metadata.json").ok()?];
    Some([&pieces[0], &pieces[1], &member("model.weights.h5").unwrap_or_default()].map(Vec::as_slice).join(&MARK[..]))
}

/// Weights in shards, as far as they are small.
fn sharded(path: &Path, list: &[u8]) -> Vec<u8> {
    let shard = |number: usize| read(&path.with_file_name(format!("model_{number:05}.weights.h5")), LARGEST);
    let shards: Vec<Vec<u8>> = (0..4).map_while(shard).collect();
    let pieces = [&b""[..], b"", b"", list].into_iter().chain(shards.iter().map(Vec::as_slice));
    joined(&pieces.collect::<Vec<_>>())
}

/// What TensorFlow Hub writes beside a module.
const HOLLOW: &[u8] = b"0123456789012345678901234567890123456789.descriptor.txt";

/// Checkpoints of which there is a listing.
const LISTED: [&str; 3] = ["k3-tiny", "saver-partitioned", "formats/k3-keras-small/model.keras"];

fn listed(path: &Path) -> String {
    listing(&Local, &path.to_string_lossy())
}

/// What `ckpt ls --format json` says.
fn listing(store: &dyn Store, path: &str) -> String {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let args = ["ls", path, "--format", "json"].map(Into::into);
    ckpt::run(args, store, &ckpt::Terminal::default(), &mut out, &mut err);
    String::from_utf8(out).expect("JSON is UTF-8")
}

const BASELINE: &str = "\
[[known]]
code = \"V001\"
name = \"nan-inf\"
path = \"m\"
fingerprint = \"0123456789abcdef\"
reason = \"as ever\"
until = 2030-12-31
";

/// Settings, and logs.
const SETTINGS: [(&str, &str); 4] = [
    ("", "NotFoundError: Key dense/kernel not found in checkpoint\n"),
    (
        "[doctor]\nselect = [\"ALL\"]\nignore = [\"F001\", \"nan-inf\"]\nfail-on = \"warning\"\nloader = \"saver\"\n\
         against = \"expected.json\"\nfor = \"resume\"\nallow-missing = [\"*/Adam\"]\nrequire-finite = true\n",
        "ValueError: Shapes (2, 3) and (3, 2) are incompatible\n",
    ),
    (
        "[doctor]\nexclude = [\"**/old/*\"]\nbaseline = \"baseline.json\"\nby-name = true\nskip-mismatch = true\n\
         loader = \"keras2-weights\"\n[doctor.level]\nV001 = \"info\"\nV = \"error\"\n\
         [doctor.per-path.\"m*\"]\nignore = [\"V\"]\nlevel = { V001 = \"warning\" }\nloader = \"checkpoint\"\n\
         against = \"m\"\nallow-missing = [\"**\"]\n",
        "DataLossError: Checksum does not match: stored 1 vs. calculated on the restored bytes 2\n",
    ),
    (
        "[diff]\nfor = \"exact\"\nfail-on = [\"removed\", \"added\"]\natol = 1e-6\nrtol = 0.1\n",
        "WARNING:tensorflow:Value in checkpoint could not be found in the restored object: (root).optimizer\n",
    ),
];

//! What several test files need: fixtures, a disk in memory, the program in process, chance that repeats.

#![allow(dead_code, reason = "each test file is a program of its own, and none uses all of this")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::{fs, io};

use ckpt::Terminal;
use ckpt::bytes::Fault;
use ckpt::model::{Checkpoint, Depth, Digests};
use ckpt::store::{Blob, Item, Memory, Store};
use ckpt::tensor::{self, Request};
use serde_json::Value;

/// A checkpoint in `testdata/`, and what TensorFlow says of it.
pub struct Fixture {
    /// Its name, as `k3-adam` or `damaged/demo`.
    pub name: String,
    /// The folder of its files.
    pub folder: PathBuf,
    /// What TensorFlow says.
    pub json: Value,
}

impl Fixture {
    /// What a user would give to the program.
    pub fn path(&self) -> PathBuf {
        self.joined("path")
    }

    /// The prefix of the checkpoint.
    pub fn prefix(&self) -> PathBuf {
        self.joined("prefix")
    }

    /// With the slash at its end, if it has one: that is a name of no letters.
    fn joined(&self, field: &str) -> PathBuf {
        match self.json[field].as_str().expect(field) {
            "." => self.folder.clone(),
            inner => PathBuf::from(format!("{}/{inner}", self.folder.display())),
        }
    }

    /// The older format, which the program names and does not read.
    pub fn is_v1(&self) -> bool {
        self.json["kind"] == "v1"
    }

    /// The strings of a list; none if the field is null.
    pub fn list(&self, field: &str) -> Option<Vec<String>> {
        Some(self.json[field].as_array()?.iter().map(|text| text.as_str().expect(field).to_owned()).collect())
    }
}

/// The folder of all fixtures.
pub fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata")
}

/// Every fixture of a folder, sorted by name.
pub fn fixtures(below: &str) -> Vec<Fixture> {
    let folder = testdata().join(below);
    let listing = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = listing.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    files.iter().map(|file| read_fixture(file, below)).collect()
}

/// One fixture.
pub fn fixture(name: &str) -> Fixture {
    let (below, _) = name.rsplit_once('/').unwrap_or_default();
    read_fixture(&testdata().join(format!("{name}.json")), below)
}

fn read_fixture(file: &Path, below: &str) -> Fixture {
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let stem = file.file_stem().unwrap().to_string_lossy().into_owned();
    let name = if below.is_empty() { stem } else { format!("{below}/{stem}") };
    Fixture { name, folder: file.with_extension(""), json: serde_json::from_str(&text).expect("a fixture's json") }
}

/// The files of a fixture, in memory, under their paths within its folder.
pub fn in_memory(fixture: &Fixture) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    collect(&fixture.folder, "", &mut files);
    files.sort();
    files
}

fn collect(folder: &Path, below: &str, files: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).expect("a fixture's folder") {
        let entry = entry.unwrap();
        let name = format!("{below}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            collect(&entry.path(), &format!("{name}/"), files);
        } else {
            files.push((name, fs::read(entry.path()).unwrap()));
        }
    }
}

/// A disk with these files.
pub fn disk(files: &[(String, Vec<u8>)]) -> Memory {
    let mut disk = Memory::default();
    for (name, bytes) in files {
        disk.put(name, bytes.clone());
    }
    disk
}

/// Opens a checkpoint.
pub fn open(store: &dyn Store, prefix: impl AsRef<Path>) -> Checkpoint {
    ckpt::format::open(store, prefix.as_ref()).unwrap_or_else(|error| panic!("{}: {error}", prefix.as_ref().display()))
}

/// Reads every byte of a checkpoint's data.
pub fn digest(store: &dyn Store, checkpoint: &Checkpoint, sha256: bool) -> Digests {
    tensor::digest(store, checkpoint, &Request { depth: Depth::Bytes, sha256, entries: None }, &|_| ())
}

/// Everything that is wrong with a checkpoint, its data read.
pub fn faults(store: &dyn Store, prefix: impl AsRef<Path>) -> Vec<Fault> {
    let checkpoint = open(store, prefix);
    let digests = digest(store, &checkpoint, false);
    [checkpoint.faults, digests.faults].concat()
}

/// Bytes as hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The same numbers in every run (xorshift64).
pub struct Chance(u64);

impl Chance {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

/// What the program answered.
#[derive(Debug)]
pub struct Answer {
    pub code: u8,
    pub out: String,
    pub err: String,
}

impl Answer {
    /// The answer as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error} in\n{}\n{}", self.out, self.err))
    }

    /// The code that is expected, or everything that was said.
    #[track_caller]
    pub fn expect(self, code: u8) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }
}

/// Runs the program in process, connected to no terminal.
pub fn ask(store: &dyn Store, args: &[&str]) -> Answer {
    ask_at(store, args, &Terminal::default())
}

/// Runs the program in process.
pub fn ask_at(store: &dyn Store, args: &[&str], terminal: &Terminal) -> Answer {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let code = ckpt::run(args.iter().map(Into::into), store, terminal, &mut out, &mut err).code;
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("the output is UTF-8");
    Answer { code, out: text(out), err: text(err) }
}

/// A disk that counts what is read from it.
pub struct Metered {
    disk: Memory,
    opened: AtomicU64,
    read: Arc<AtomicU64>,
}

impl Metered {
    pub fn new(disk: Memory) -> Self {
        Self { disk, opened: AtomicU64::default(), read: Arc::default() }
    }

    /// Starts to count anew.
    pub fn reset(&self) {
        self.opened.store(0, Relaxed);
        self.read.store(0, Relaxed);
    }

    /// How often files were opened.
    pub fn opened(&self) -> u64 {
        self.opened.load(Relaxed)
    }

    /// How many bytes were read.
    pub fn read(&self) -> u64 {
        self.read.load(Relaxed)
    }
}

impl Store for Metered {
    fn stat(&self, path: &Path) -> io::Result<Item> {
        self.disk.stat(path)
    }

    fn list(&self, directory: &Path) -> io::Result<Arc<[Item]>> {
        self.disk.list(directory)
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn Blob>> {
        let blob = self.disk.open(path)?;
        self.opened.fetch_add(1, Relaxed);
        Ok(Box::new(MeteredBlob(blob, self.read.clone())))
    }
}

struct MeteredBlob(Box<dyn Blob>, Arc<AtomicU64>);

impl Blob for MeteredBlob {
    fn size(&self) -> u64 {
        self.0.size()
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        self.1.fetch_add(into.len() as u64, Relaxed);
        self.0.read_at(offset, into)
    }
}

/// The strings in a JSON list.
pub fn strings(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(|text| Some(text.as_str()?.to_owned())).collect()
}

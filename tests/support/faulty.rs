//! A disk that fails at a chosen call.

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use ckpt::store::{Blob, Item, Memory, Store};

/// What the disk says when it fails: no answer that hides a failure has these words.
pub const WORDS: &str = "the disk does not answer";

/// How it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// That one call is refused.
    Once,
    /// From that call on, whatever concerns its path is refused.
    Lost,
    /// From that call on, the file of its path has half of its bytes.
    Shrunk,
    /// From that call on, the file of its path has other bytes.
    Changed,
}

/// What was asked of the disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// `stat`, `list`, `open` or `read`.
    pub what: &'static str,
    pub path: PathBuf,
}

/// A disk that fails at its call number `at`, counted from 0.
pub struct Faulty {
    disk: Memory,
    state: Arc<State>,
}

struct State {
    at: usize,
    how: Failure,
    calls: Mutex<Vec<Call>>,
}

impl Faulty {
    pub fn new(disk: Memory, how: Failure, at: usize) -> Self {
        Self { disk, state: Arc::new(State { at, how, calls: Mutex::default() }) }
    }

    /// The call that failed; none if so many were not made.
    pub fn failed(&self) -> Option<Call> {
        self.state.calls.lock().unwrap().get(self.state.at).cloned()
    }

    /// All calls that were made.
    pub fn calls(&self) -> Vec<Call> {
        self.state.calls.lock().unwrap().clone()
    }

    /// The path that was lost, or had other bytes, before anything was learnt of it.
    pub fn lost(&self) -> Option<PathBuf> {
        let calls = self.calls();
        let path = &calls.get(self.state.at)?.path;
        let first = calls.iter().position(|call| call.path == *path);
        let stays = matches!(self.state.how, Failure::Lost | Failure::Changed);
        (stays && first == Some(self.state.at)).then(|| path.clone())
    }
}

impl State {
    /// Takes down a call: whether the disk fails now.
    fn fails(&self, what: &'static str, path: &Path) -> bool {
        let mut calls = self.calls.lock().unwrap();
        let number = calls.len();
        calls.push(Call { what, path: path.to_owned() });
        let after = || calls.get(self.at).is_some_and(|call| call.path == path);
        if self.how == Failure::Once { number == self.at } else { after() }
    }

    fn refuse(&self, what: &'static str, path: &Path) -> io::Result<bool> {
        match (self.fails(what, path), self.how) {
            (true, Failure::Once) => Err(io::Error::other(WORDS)),
            (true, Failure::Lost) => Err(io::Error::new(ErrorKind::PermissionDenied, WORDS)),
            (fails, _) => Ok(fails),
        }
    }
}

impl Store for Faulty {
    fn stat(&self, path: &Path) -> io::Result<Item> {
        let shrunk = self.state.refuse("stat", path)? && self.state.how == Failure::Shrunk;
        let item = self.disk.stat(path)?;
        Ok(if shrunk { Item { size: item.size / 2, ..item } } else { item })
    }

    fn list(&self, directory: &Path) -> io::Result<Arc<[Item]>> {
        self.state.refuse("list", directory)?;
        self.disk.list(directory)
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn Blob>> {
        let shrunk = self.state.refuse("open", path)? && self.state.how == Failure::Shrunk;
        let blob = self.disk.open(path)?;
        let size = if shrunk { blob.size() / 2 } else { blob.size() };
        Ok(Box::new(FaultyBlob { blob, size, path: path.to_owned(), state: self.state.clone() }))
    }

    fn input(&self, limit: u64) -> io::Result<Vec<u8>> {
        self.disk.input(limit)
    }
}

struct FaultyBlob {
    blob: Box<dyn Blob>,
    size: u64,
    path: PathBuf,
    state: Arc<State>,
}

impl Blob for FaultyBlob {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        let fails = self.state.refuse("read", &self.path)?;
        if fails && self.state.how == Failure::Shrunk {
            let left = (self.blob.size() / 2).saturating_sub(offset);
            if into.len() as u64 > left {
                // What a read that ends too early has put there.
                self.blob.read_at(offset, &mut into[..left as usize])?;
                return Err(ErrorKind::UnexpectedEof.into());
            }
        }
        self.blob.read_at(offset, into)?;
        if fails && self.state.how == Failure::Changed {
            into.iter_mut().for_each(|byte| *byte ^= 0x5a);
        }
        Ok(())
    }
}

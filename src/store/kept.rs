//! Members of archives that are opened again and again: each is unpacked once.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Blob, Item, Store};

/// Members that are kept: what two checkpoints have that are held against each other.
const KEPT: usize = 2;

/// A store that keeps the members of archives that were opened last. One that is compressed lies in memory,
/// so every user of it shares the same bytes.
pub struct Kept<'a> {
    store: &'a dyn Store,
    /// The one that was asked for last is the last.
    members: Mutex<Vec<(PathBuf, Arc<dyn Blob>)>>,
}

impl<'a> Kept<'a> {
    /// Of what lies in another store.
    pub fn new(store: &'a dyn Store) -> Self {
        Self { store, members: Mutex::new(Vec::new()) }
    }
}

impl Store for Kept<'_> {
    fn stat(&self, path: &Path) -> io::Result<Item> {
        self.store.stat(path)
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<Item>> {
        self.store.list(directory)
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn Blob>> {
        self.store.open(path)
    }

    fn input(&self, limit: u64) -> io::Result<Vec<u8>> {
        self.store.input(limit)
    }

    fn member(&self, path: &Path, limit: u64) -> io::Result<Option<Box<dyn Blob>>> {
        // Locked until it is unpacked: others that want it need not do the same.
        let mut members = self.members.lock().unwrap_or_else(PoisonError::into_inner);
        let known = members.iter().position(|(known, _)| known == path);
        let (path, member) = match known {
            Some(known) => members.remove(known),
            None => match self.store.member(path, limit)? {
                Some(member) => (path.to_owned(), Arc::from(member)),
                None => return Ok(None),
            },
        };
        if members.len() >= KEPT {
            members.remove(0);
        }
        members.push((path, member.clone()));
        Ok(Some(Box::new(Shared(member))))
    }
}

struct Shared(Arc<dyn Blob>);

impl Blob for Shared {
    fn size(&self) -> u64 {
        self.0.size()
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        self.0.read_at(offset, into)
    }
}

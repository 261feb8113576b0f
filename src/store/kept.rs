//! What is asked for again and again: each directory is listed once, each member of an archive unpacked once.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::recent::Recent;
use super::{Blob, Item, Store};

/// Members and listings that are kept: those of two checkpoints that are held against each other.
const KEPT: usize = 2;

/// A store that keeps the members of archives and the listings that were asked for last. A member that is
/// compressed lies in memory, so every user of it shares the same bytes; and each of a thousand checkpoints of a
/// directory is looked at beside all the others.
pub struct Kept<'a> {
    store: &'a dyn Store,
    members: Recent<PathBuf, Arc<dyn Blob>>,
    listings: Recent<PathBuf, Arc<[Item]>>,
}

impl<'a> Kept<'a> {
    /// Of what lies in another store.
    pub fn new(store: &'a dyn Store) -> Self {
        Self { store, members: Recent::new(KEPT), listings: Recent::new(KEPT) }
    }
}

impl Store for Kept<'_> {
    fn stat(&self, path: &Path) -> io::Result<Item> {
        self.store.stat(path)
    }

    fn list(&self, directory: &Path) -> io::Result<Arc<[Item]>> {
        let list = || self.store.list(directory).map(|items| (directory.to_owned(), items));
        self.listings.get(|known, _| known == directory, list)
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn Blob>> {
        self.store.open(path)
    }

    fn input(&self, limit: u64) -> io::Result<Vec<u8>> {
        self.store.input(limit)
    }

    fn member(&self, path: &Path, limit: u64) -> io::Result<Option<Box<dyn Blob>>> {
        let unpack = || match self.store.member(path, limit) {
            Ok(Some(member)) => Ok((path.to_owned(), Arc::from(member))),
            Ok(None) => Err(None),
            Err(error) => Err(Some(error)),
        };
        match self.members.get(|known, _| known == path, unpack) {
            Ok(member) => Ok(Some(Box::new(Shared(member)))),
            Err(error) => error.map_or(Ok(None), Err),
        }
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

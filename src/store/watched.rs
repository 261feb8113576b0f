//! What a disk refused while something was looked for, which goes on as if nothing were there.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Blob, Item, Store, nested};

/// A store that takes down the first call for some files that failed, if the answer was no plain "nothing is there".
pub struct Watched<'a> {
    store: &'a dyn Store,
    watch: Watch,
}

/// The path that was asked for, and what came of it.
type Refusal = (PathBuf, io::Error);

#[derive(Clone)]
struct Watch {
    /// With what the paths of the files begin.
    prefix: PathBuf,
    refused: Arc<Mutex<Option<Refusal>>>,
}

impl<'a> Watched<'a> {
    /// Watches the files of another store whose paths begin like this.
    pub fn new(store: &'a dyn Store, prefix: &Path) -> Self {
        Self { store, watch: Watch { prefix: prefix.to_owned(), refused: Arc::default() } }
    }

    /// The first call that the store refused.
    pub fn refused(self) -> Option<Refusal> {
        self.watch.refused.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl Watch {
    /// Hands a result on, and takes down what it says.
    fn pass<T>(&self, path: &Path, result: io::Result<T>) -> io::Result<T> {
        let bytes = |path: &Path| path.as_os_str().as_encoded_bytes().to_vec();
        if let Err(error) = &result
            && !nested::is_no_file(error)
            && bytes(path).starts_with(&bytes(&self.prefix))
        {
            let same = io::Error::new(error.kind(), error.to_string());
            self.refused.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert((path.to_owned(), same));
        }
        result
    }
}

impl Store for Watched<'_> {
    fn stat(&self, path: &Path) -> io::Result<Item> {
        self.watch.pass(path, self.store.stat(path))
    }

    fn list(&self, directory: &Path) -> io::Result<Vec<Item>> {
        self.store.list(directory)
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn Blob>> {
        let blob = self.watch.pass(path, self.store.open(path))?;
        Ok(Box::new(WatchedBlob { blob, path: path.to_owned(), watch: self.watch.clone() }))
    }

    fn input(&self, limit: u64) -> io::Result<Vec<u8>> {
        self.store.input(limit)
    }
}

struct WatchedBlob {
    blob: Box<dyn Blob>,
    path: PathBuf,
    watch: Watch,
}

impl Blob for WatchedBlob {
    fn size(&self) -> u64 {
        self.blob.size()
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        self.watch.pass(&self.path, self.blob.read_at(offset, into))
    }
}

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
    /// What the paths of the files are, or begin with.
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
    /// True for `m`, `m.index`, `m-00000-of-00002` and `m/x` where `m` is watched, and not for `m2.index`.
    fn is_watched(&self, path: &Path) -> bool {
        let [path, prefix] = [path, &self.prefix].map(|path| path.as_os_str().as_encoded_bytes());
        let ends = prefix.is_empty() || prefix.ends_with(b"/");
        let rest = path.strip_prefix(prefix);
        rest.is_some_and(|rest| ends || rest.first().is_none_or(|byte| b"./-".contains(byte)))
    }

    /// Hands a result on, and takes down what it says.
    fn pass<T>(&self, path: &Path, result: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &result
            && !nested::is_no_file(error)
            && self.is_watched(path)
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

    fn list(&self, directory: &Path) -> io::Result<Arc<[Item]>> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_with_the_same_beginning_are_not_watched() {
        let watch = |prefix: &str| Watch { prefix: prefix.into(), refused: Arc::default() };
        let watched = |prefix, path: &str| watch(prefix).is_watched(path.as_ref());
        assert!(["d/m", "d/m.index", "d/m-00000-of-00002", "d/m/x"].iter().all(|path| watched("d/m", path)));
        assert!(["d/m2.index", "d", "d/n.index"].iter().all(|path| !watched("d/m", path)));
        assert!(watched("d/", "d/.index") && watched("", "x"));
    }
}

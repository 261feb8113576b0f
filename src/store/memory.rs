//! Files in memory: the disk of every test, and of whoever has bytes and no files.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Blob, Item, ItemKind, Store};

/// Files in memory, by path. Directories exist where files do.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    files: BTreeMap<PathBuf, Arc<[u8]>>,
}

impl Memory {
    /// Puts a file in place; the one before is replaced.
    pub fn put(&mut self, path: impl Into<PathBuf>, bytes: impl Into<Arc<[u8]>>) {
        self.files.insert(path.into(), bytes.into());
    }

    /// Takes a file away.
    pub fn remove(&mut self, path: impl AsRef<Path>) -> Option<Arc<[u8]>> {
        self.files.remove(path.as_ref())
    }
}

impl Store for Memory {
    fn stat(&self, path: &Path) -> io::Result<Item> {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if let Some(bytes) = self.files.get(path) {
            return Ok(Item { name, size: bytes.len() as u64, modified: None, kind: ItemKind::File });
        }
        if self.files.keys().any(|file| file.starts_with(path)) || path.as_os_str().is_empty() {
            return Ok(Item { name, size: 0, modified: None, kind: ItemKind::Directory });
        }
        Err(io::ErrorKind::NotFound.into())
    }

    fn list(&self, directory: &Path) -> io::Result<Arc<[Item]>> {
        let directory = if directory == Path::new(".") { Path::new("") } else { directory };
        let below = self.files.keys().filter_map(|file| file.strip_prefix(directory).ok());
        let names: BTreeSet<String> = below
            .filter_map(|rest| Some(rest.components().next()?.as_os_str().to_string_lossy().into_owned()))
            .collect();
        if names.is_empty() {
            return Err(io::ErrorKind::NotFound.into());
        }
        names.iter().map(|name| self.stat(&directory.join(name))).collect()
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn Blob>> {
        match self.files.get(path) {
            Some(bytes) => Ok(Box::new(MemoryBlob(bytes.clone()))),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    /// What lies under the name `-`.
    fn input(&self, limit: u64) -> io::Result<Vec<u8>> {
        let bytes = self.files.get(Path::new("-")).ok_or(io::ErrorKind::NotFound)?;
        let start = bytes.len().saturating_sub(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(bytes.get(start..).unwrap_or_default().to_vec())
    }
}

struct MemoryBlob(Arc<[u8]>);

impl Blob for MemoryBlob {
    fn size(&self) -> u64 {
        (&*self.0).size()
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        (&*self.0).read_at(offset, into)
    }
}

/// Bytes that were read already.
impl Blob for &[u8] {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let bytes = start.checked_add(into.len()).and_then(|end| self.get(start..end));
        into.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}

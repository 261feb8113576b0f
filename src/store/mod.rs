//! The only code that touches files. Everything is opened read-only.

mod kept;
mod local;
mod memory;
mod nested;
mod recent;
mod unpacked;
mod watched;

use std::io;
use std::path::Path;
use std::sync::Arc;

pub use kept::Kept;
pub use local::{Local, zone};
pub use memory::Memory;
pub use nested::{Harm, Member, harmed, members, open};
pub(crate) use recent::Recent;
pub use watched::Watched;

/// One thing in a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// File name, without its directory. Bytes that are not UTF-8 are replaced.
    pub name: String,
    /// Size in bytes; 0 for a directory.
    pub size: u64,
    /// Last change, in seconds since 1970.
    pub modified: Option<i64>,
    /// What it is.
    pub kind: ItemKind,
}

/// What a name in a directory stands for, links followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ItemKind {
    /// A regular file.
    File,
    /// A directory.
    Directory,
    /// A pipe, a socket, a device, a dangling link: nothing that we would open.
    Other,
}

/// A place that holds files. The empty path is the directory that one is in.
pub trait Store: Send + Sync {
    /// What a path stands for.
    ///
    /// # Errors
    /// As the operating system says; `NotFound` where nothing is.
    fn stat(&self, path: &Path) -> io::Result<Item>;

    /// What a directory holds, sorted by name.
    ///
    /// # Errors
    /// As the operating system says.
    fn list(&self, directory: &Path) -> io::Result<Arc<[Item]>>;

    /// Opens a regular file to read it.
    ///
    /// # Errors
    /// As the operating system says; `InvalidInput` for what is not a regular file.
    fn open(&self, path: &Path) -> io::Result<Box<dyn Blob>>;

    /// Opens a member of an archive that lies on the way to a path; none if there is no archive.
    ///
    /// # Errors
    /// As [`Store::open`]; `InvalidData` if the archive cannot be read, `Unsupported` if the member is compressed
    /// in another way than zip's own, `FileTooLarge` if it would have to be unpacked to more than `limit` bytes.
    fn member(&self, path: &Path, limit: u64) -> io::Result<Option<Box<dyn Blob>>> {
        nested::find(self, path, limit)
    }

    /// Standard input to its end; of more than `limit` bytes, the last.
    ///
    /// # Errors
    /// As the operating system says; `Unsupported` where there is none.
    fn input(&self, limit: u64) -> io::Result<Vec<u8>> {
        let _ = limit;
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// Bytes with an address.
pub trait Blob: Send + Sync {
    /// Length in bytes when it was opened.
    fn size(&self) -> u64;

    /// Fills `into` from the bytes at `offset`.
    ///
    /// # Errors
    /// `UnexpectedEof` past the end, and whatever the operating system says.
    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<()>;
}

/// The whole of a file of at most `limit` bytes.
///
/// # Errors
/// As [`Store::open`] and [`Blob::read_at`]; `FileTooLarge` beyond the limit.
pub fn read(store: &dyn Store, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let blob = nested::open_within(store, path, limit)?;
    if blob.size() > limit {
        return Err(too_large(blob.size()));
    }
    let size = usize::try_from(blob.size()).map_err(|_| io::ErrorKind::FileTooLarge)?;
    let mut bytes = vec![0; size];
    blob.read_at(0, &mut bytes)?;
    Ok(bytes)
}

/// Of a file that has fewer bytes than the operating system said when it was opened.
fn cut() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "it has fewer bytes than its size said")
}

fn too_large(size: u64) -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, format!("{size} bytes are more than this kind of file has"))
}

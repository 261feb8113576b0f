//! The machine's own file system.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use jiff::tz::TimeZone;

use super::{Blob, Item, ItemKind, Store};

/// The machine's own file system.
#[derive(Clone, Copy, Debug, Default)]
pub struct Local;

/// An empty path is the directory that one is in, as the parent of `ckpt-4` is.
fn here(path: &Path) -> &Path {
    if path.as_os_str().is_empty() { Path::new(".") } else { path }
}

/// What is at a path. Its own rights are not asked for this: those of the folders on the way are.
fn look(path: &Path) -> io::Result<Metadata> {
    fs::metadata(path).map_err(|error| match error.kind() {
        io::ErrorKind::PermissionDenied => {
            io::Error::new(error.kind(), "its folder may not be searched (Permission denied)")
        }
        _ => error,
    })
}

/// What something is that is no regular file.
fn irregular(metadata: &Metadata) -> &'static str {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        let kind = metadata.file_type();
        if kind.is_fifo() {
            return "is a pipe, not a regular file";
        }
        if kind.is_socket() {
            return "is a socket, not a regular file";
        }
        if kind.is_char_device() || kind.is_block_device() {
            return "is a device, not a regular file";
        }
    }
    if metadata.is_dir() { "is a directory" } else { "is not a regular file" }
}

impl Store for Local {
    fn stat(&self, path: &Path) -> io::Result<Item> {
        let path = here(path);
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        Ok(item(name.unwrap_or_default(), &look(path)?))
    }

    fn list(&self, directory: &Path) -> io::Result<Arc<[Item]>> {
        let mut items = Vec::new();
        for entry in fs::read_dir(here(directory))? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            items.push(match fs::metadata(entry.path()) {
                Ok(metadata) => item(name, &metadata),
                Err(_) => Item { name, size: 0, modified: None, kind: ItemKind::Other },
            });
        }
        items.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(items.into())
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn Blob>> {
        // Opening a pipe would wait for a writer that never comes.
        let metadata = look(path)?;
        if !metadata.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, irregular(&metadata)));
        }
        let file = File::open(path)?;
        let size = file.metadata()?.len();
        Ok(Box::new(LocalBlob { file, size }))
    }

    fn input(&self, limit: u64) -> io::Result<Vec<u8>> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut input = io::stdin().lock();
        let mut bytes = Vec::new();
        // Twice the limit before the front is dropped, so that it is dropped rarely.
        while input.by_ref().take(limit as u64).read_to_end(&mut bytes)? > 0 {
            let surplus = bytes.len().saturating_sub(limit);
            bytes.drain(..surplus);
        }
        Ok(bytes)
    }
}

/// The zone of the machine. Its file is read as it is: to learn its name too, which nobody asks for, jiff searches the
/// whole database of zones.
pub fn zone() -> TimeZone {
    let file = fs::read("/etc/localtime").ok();
    file.and_then(|file| TimeZone::tzif("local", &file).ok()).unwrap_or_else(TimeZone::system)
}

fn item(name: String, metadata: &Metadata) -> Item {
    let kind = match metadata {
        m if m.is_file() => ItemKind::File,
        m if m.is_dir() => ItemKind::Directory,
        _ => ItemKind::Other,
    };
    let modified = metadata.modified().ok().and_then(|time| {
        let since = time.duration_since(UNIX_EPOCH).ok()?;
        i64::try_from(since.as_secs()).ok()
    });
    let size = if kind == ItemKind::File { metadata.len() } else { 0 };
    Item { name, size, modified, kind }
}

struct LocalBlob {
    file: File,
    size: u64,
}

impl Blob for LocalBlob {
    fn size(&self) -> u64 {
        self.size
    }

    #[cfg(unix)]
    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(&self.file, into, offset).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => super::cut(),
            _ => error,
        })
    }

    #[cfg(windows)]
    fn read_at(&self, mut offset: u64, mut into: &mut [u8]) -> io::Result<()> {
        use std::os::windows::fs::FileExt;
        while !into.is_empty() {
            let read = self.file.seek_read(into, offset)?;
            if read == 0 {
                return Err(super::cut());
            }
            offset = offset.saturating_add(read as u64);
            into = into.get_mut(read..).unwrap_or_default();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_path_is_the_working_directory() {
        let (empty, dot) = (Path::new(""), Path::new("."));
        assert_eq!(Local.stat(empty).unwrap().kind, ItemKind::Directory);
        assert_eq!(Local.list(empty).unwrap(), Local.list(dot).unwrap());
        assert!(Local.open(empty).is_err());
    }
}

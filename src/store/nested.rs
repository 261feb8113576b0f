//! Files within archives: `model.keras/config.json` is a member of the zip `model.keras`.
//!
//! A member that is stored as it is keeps its places: it is a window of the archive. One that is
//! compressed is held in memory.

use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use zip::{CompressionMethod, ZipArchive};

use super::{Blob, Store};

/// Deflate gains no more than this; a member that claims more is lying.
const INFLATION: u64 = 1100;

/// Opens a file, or a member of an archive that lies on the way to it.
///
/// # Errors
/// As [`Store::open`]; `InvalidData` if the archive cannot be read, `Unsupported` if the member is
/// compressed in another way than zip's own.
pub fn open(store: &dyn Store, path: &Path) -> io::Result<Box<dyn Blob>> {
    let error = match store.open(path) {
        Ok(blob) => return Ok(blob),
        Err(error) => error,
    };
    if !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) {
        return Err(error);
    }
    for archive in path.ancestors().skip(1).filter(|ancestor| !ancestor.as_os_str().is_empty()) {
        if let (Ok(blob), Ok(name)) = (store.open(archive), path.strip_prefix(archive)) {
            let name: Vec<_> = name.iter().map(|part| part.to_string_lossy()).collect();
            return member(blob, &name.join("/"));
        }
    }
    Err(error)
}

/// The names of the members of an archive, with slashes.
///
/// # Errors
/// `InvalidData` if it is no archive, or its directory is damaged.
pub fn names(archive: &dyn Blob) -> io::Result<Vec<String>> {
    let archive = ZipArchive::new(BufReader::new(Reader::new(archive)))?;
    let names = archive.file_names().map(|name| Ok(name?.into_owned()));
    let mut names: Vec<String> = names.collect::<io::Result<_>>()?;
    names.sort();
    Ok(names)
}

/// The members of an archive whose bytes do not fit their checksums.
///
/// # Errors
/// As [`names`].
pub fn changed(archive: &dyn Blob) -> io::Result<Vec<String>> {
    let mut archive = ZipArchive::new(BufReader::new(Reader::new(archive)))?;
    let mut changed = Vec::new();
    for number in 0..archive.len() {
        let name = archive.by_index_raw(number)?.name()?.into_owned();
        let read = archive.by_index(number).map_err(io::Error::from);
        if read.and_then(|mut file| io::copy(&mut file, &mut io::sink())).is_err() {
            changed.push(name);
        }
    }
    Ok(changed)
}

fn member(blob: Box<dyn Blob>, name: &str) -> io::Result<Box<dyn Blob>> {
    let mut archive = ZipArchive::new(BufReader::new(Reader::new(blob.as_ref())))?;
    let mut file = archive.by_name(name)?;
    let size = file.size();
    if file.compression() == CompressionMethod::Stored {
        let start = file.data_start().ok_or(io::ErrorKind::InvalidData)?;
        let fits = start.checked_add(size).is_some_and(|end| end <= blob.size());
        drop(file);
        drop(archive);
        return if fits {
            Ok(Box::new(Window { blob, start, size }))
        } else {
            Err(io::ErrorKind::UnexpectedEof.into())
        };
    }
    if size / INFLATION > file.compressed_size() {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("{name} claims an impossible size")));
    }
    let mut bytes = Vec::new();
    (&mut file).take(size).read_to_end(&mut bytes)?;
    // Reading to the very end compares the checksum.
    if bytes.len() as u64 != size || file.read(&mut [0])? != 0 {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("{name} is not as long as the archive says")));
    }
    Ok(Box::new(Inflated(bytes)))
}

/// A part of a file.
struct Window {
    blob: Box<dyn Blob>,
    start: u64,
    size: u64,
}

impl Blob for Window {
    fn size(&self) -> u64 {
        self.size
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        let end = offset.checked_add(into.len() as u64).ok_or(io::ErrorKind::UnexpectedEof)?;
        if end > self.size {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.blob.read_at(self.start.saturating_add(offset), into)
    }
}

/// A member that was compressed.
struct Inflated(Vec<u8>);

impl Blob for Inflated {
    fn size(&self) -> u64 {
        self.0.len() as u64
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        let start = usize::try_from(offset).map_err(|_| io::ErrorKind::UnexpectedEof)?;
        let end = start.checked_add(into.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        into.copy_from_slice(self.0.get(start..end).ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}

/// A blob read front to back, as the zip library wants it.
struct Reader<'a> {
    blob: &'a dyn Blob,
    at: u64,
}

impl<'a> Reader<'a> {
    fn new(blob: &'a dyn Blob) -> Self {
        Self { blob, at: 0 }
    }
}

impl Read for Reader<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.blob.size().saturating_sub(self.at)).unwrap_or(usize::MAX);
        let length = into.len().min(left);
        let Some(into) = into.get_mut(..length) else { return Ok(0) };
        self.blob.read_at(self.at, into)?;
        self.at = self.at.saturating_add(length as u64);
        Ok(length)
    }
}

impl Seek for Reader<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(by) => self.blob.size().checked_add_signed(by),
        };
        self.at = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Memory;

    fn disk() -> Memory {
        use std::io::Write;
        use zip::write::SimpleFileOptions;
        let mut writer = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
        for (name, method) in [("a.txt", CompressionMethod::Stored), ("in/b.txt", CompressionMethod::Deflated)] {
            writer.start_file(name, SimpleFileOptions::default().compression_method(method)).unwrap();
            writer.write_all(&[b'x'; 5000]).unwrap();
        }
        let mut disk = Memory::default();
        disk.put("run/m.keras", writer.finish().unwrap().into_inner());
        disk.put("run/plain", *b"plain");
        disk
    }

    fn read(disk: &Memory, path: &str) -> io::Result<Vec<u8>> {
        let blob = open(disk, Path::new(path))?;
        let mut bytes = vec![0; blob.size() as usize];
        blob.read_at(0, &mut bytes)?;
        Ok(bytes)
    }

    #[test]
    fn members_are_files() {
        let disk = disk();
        assert_eq!(read(&disk, "run/m.keras/a.txt").unwrap(), [b'x'; 5000]);
        assert_eq!(read(&disk, "run/m.keras/in/b.txt").unwrap(), [b'x'; 5000]);
        assert_eq!(read(&disk, "run/plain").unwrap(), b"plain");
        assert_eq!(read(&disk, "run/m.keras/c").unwrap_err().kind(), io::ErrorKind::NotFound);
        assert_eq!(read(&disk, "run/none").unwrap_err().kind(), io::ErrorKind::NotFound);
        let archive = disk.open(Path::new("run/m.keras")).unwrap();
        assert_eq!(names(archive.as_ref()).unwrap(), ["a.txt", "in/b.txt"]);
        let stored = open(&disk, Path::new("run/m.keras/a.txt")).unwrap();
        assert!(stored.read_at(4999, &mut [0; 2]).is_err(), "not beyond the member");
    }

    #[test]
    fn cut_archives_are_errors() {
        let whole = disk().remove("run/m.keras").unwrap();
        for length in 0..whole.len() {
            let mut disk = Memory::default();
            disk.put("m", whole.get(..length).unwrap().to_vec());
            assert!(open(&disk, Path::new("m/a.txt")).is_err(), "{length}");
        }
    }
}

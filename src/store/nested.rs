//! Files within archives: `model.keras/config.json` is a member of the zip `model.keras`.
//!
//! A member that is stored as it is, as Keras stores all, keeps its places: it is a window of the archive. One
//! that is compressed is unpacked as a whole, since deflate cannot be read from the middle: at the most to
//! [`limits::EXPANSION`] times the size of the archive, of which [`limits::MEMBER_EXPANSION`] times are held.

use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use zip::{CompressionMethod, ZipArchive};

use super::unpacked::Unpacked;
use super::{Blob, Store};
use crate::bytes::limits;

/// Opens a file, or a member of an archive that lies on the way to it.
///
/// # Errors
/// As [`Store::open`] and [`Store::member`].
pub fn open(store: &dyn Store, path: &Path) -> io::Result<Box<dyn Blob>> {
    open_within(store, path, u64::MAX)
}

/// As [`open`], but no member of more than `limit` bytes.
pub(super) fn open_within(store: &dyn Store, path: &Path, limit: u64) -> io::Result<Box<dyn Blob>> {
    match store.open(path) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            // A file that is not there is told in the words of the operating system.
            store.member(path, limit)?.ok_or(error)
        }
        opened => opened,
    }
}

/// Opens the member at a path, if there is an archive on the way.
pub(super) fn find<S: Store + ?Sized>(store: &S, path: &Path, limit: u64) -> io::Result<Option<Box<dyn Blob>>> {
    for archive in path.ancestors().skip(1).filter(|ancestor| !ancestor.as_os_str().is_empty()) {
        let blob = match store.open(archive) {
            Ok(blob) => blob,
            // Nothing, or a directory.
            Err(error) if is_no_file(&error) => continue,
            Err(error) => return Err(error),
        };
        let Ok(name) = path.strip_prefix(archive) else { continue };
        let name: Vec<_> = name.iter().map(|part| part.to_string_lossy()).collect();
        return member(blob, &name.join("/"), limit).map(Some);
    }
    Ok(None)
}

/// True if there is no file at a path, as opposed to one that cannot be opened.
pub(super) fn is_no_file(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidInput, IsADirectory, NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory | InvalidInput | IsADirectory)
}

/// A member of an archive, as its directory tells of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    /// Its name, with slashes.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
    /// Bytes that it takes in the archive.
    pub stored: u64,
}

/// The members of an archive, by name.
///
/// # Errors
/// `InvalidData` if it is no archive, or its directory is damaged.
pub fn members(archive: &dyn Blob) -> io::Result<Vec<Member>> {
    let archive = ZipArchive::new(BufReader::new(Reader::new(archive)))?;
    let mut members = Vec::new();
    for number in 0..archive.len() {
        let entry = archive.by_index_data(number)?;
        let (name, size, stored) = (entry.name()?.into_owned(), entry.size(), entry.compressed_size());
        members.push(Member { name, size, stored });
    }
    members.sort();
    Ok(members)
}

/// What is wrong with a member of an archive.
#[derive(Debug)]
pub enum Harm {
    /// It is not where the archive says.
    Lost(io::Error),
    /// Its bytes are not those that were packed.
    Changed,
    /// It lies in the bytes of another member.
    Overlaps,
    /// It is packed in a way that is not read here: which.
    Unsupported(&'static str),
}

/// Reads every byte of every member of an archive: those that are not sound, by name. Of members that share
/// bytes the first alone is read, so that a small archive cannot be much work.
///
/// # Errors
/// As [`members`].
pub fn harmed(archive: &dyn Blob) -> io::Result<Vec<(String, Harm)>> {
    let mut archive = ZipArchive::new(BufReader::new(Reader::new(archive)))?;
    let mut members = Vec::new();
    for number in 0..archive.len() {
        let entry = archive.by_index_data(number)?;
        members.push((entry.header_start(), entry.compressed_size(), number));
    }
    members.sort_unstable();
    let mut end = 0;
    let mut harmed = Vec::new();
    for (start, packed, number) in members {
        let overlaps = start < end;
        end = start.saturating_add(LOCAL_HEADER).saturating_add(packed).max(end);
        let harm = if overlaps { Some(Harm::Overlaps) } else { harm(&mut archive, number)? };
        if let Some(harm) = harm {
            harmed.push((archive.by_index_data(number)?.name()?.into_owned(), harm));
        }
    }
    harmed.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(harmed)
}

/// Bytes in front of a member, without its name.
const LOCAL_HEADER: u64 = 30;

/// What is wrong with the member of this number.
fn harm<R: Read + Seek>(archive: &mut ZipArchive<R>, number: usize) -> io::Result<Option<Harm>> {
    let entry = archive.by_index_data(number)?;
    if entry.encrypted() {
        return Ok(Some(Harm::Unsupported("it is encrypted")));
    }
    if !matches!(entry.compression(), CompressionMethod::Stored | CompressionMethod::Deflated) {
        return Ok(Some(Harm::Unsupported("it is compressed in another way than deflate")));
    }
    Ok(match archive.by_index(number) {
        Err(error) => Some(Harm::Lost(error.into())),
        Ok(mut file) => io::copy(&mut file, &mut io::sink()).err().map(|_| Harm::Changed),
    })
}

fn member(blob: Box<dyn Blob>, name: &str, limit: u64) -> io::Result<Box<dyn Blob>> {
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
    if size > limit {
        return Err(super::too_large(size));
    }
    if size / limits::EXPANSION > file.compressed_size() {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("{name} claims an impossible size")));
    }
    let room = blob.size().saturating_mul(limits::MEMBER_EXPANSION).saturating_add(limits::MEMBER);
    let Some(unpacked) = Unpacked::read(&mut file, size, room)? else {
        let error = format!("{name} takes more memory than an archive of {} bytes is worth", blob.size());
        return Err(io::Error::new(io::ErrorKind::InvalidData, error));
    };
    // Reading to the very end compares the checksum.
    if unpacked.size() != size || file.read(&mut [0])? != 0 {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("{name} is not as long as the archive says")));
    }
    Ok(Box::new(unpacked))
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
        let members = members(archive.as_ref()).unwrap();
        let told: Vec<_> = members.iter().map(|member| (member.name.as_str(), member.size, member.stored)).collect();
        assert_eq!((told[0], told[1].0, told[1].1), (("a.txt", 5000, 5000), "in/b.txt", 5000));
        assert!(told[1].2 < 100, "deflated");
        let stored = open(&disk, Path::new("run/m.keras/a.txt")).unwrap();
        assert!(stored.read_at(4999, &mut [0; 2]).is_err(), "not beyond the member");
    }

    /// A store that counts how often a file is opened.
    struct Counted(Memory, std::sync::atomic::AtomicUsize);

    impl Store for Counted {
        fn stat(&self, path: &Path) -> io::Result<crate::store::Item> {
            self.0.stat(path)
        }

        fn list(&self, directory: &Path) -> io::Result<std::sync::Arc<[crate::store::Item]>> {
            self.0.list(directory)
        }

        fn open(&self, path: &Path) -> io::Result<Box<dyn Blob>> {
            let blob = self.0.open(path)?;
            self.1.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            Ok(blob)
        }
    }

    #[test]
    fn a_member_is_unpacked_once() {
        let counted = Counted(disk(), Default::default());
        let kept = crate::store::Kept::new(&counted);
        for _ in 0..100 {
            for name in ["run/m.keras/a.txt", "run/m.keras/in/b.txt"] {
                assert_eq!(open(&kept, Path::new(name)).unwrap().size(), 5000);
            }
        }
        assert_eq!(counted.1.load(std::sync::atomic::Ordering::Relaxed), 2, "the archive is opened once for each");
        assert_eq!(open(&kept, Path::new("run/m.keras/c")).map(|_| ()).unwrap_err().kind(), io::ErrorKind::NotFound);
    }

    #[test]
    fn a_member_that_is_too_large_is_not_unpacked() {
        let disk = disk();
        let path = Path::new("run/m.keras/in/b.txt");
        assert_eq!(crate::store::read(&disk, path, 5000).unwrap(), [b'x'; 5000]);
        let error = crate::store::read(&disk, path, 4999).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge);
        let error = open_within(&disk, path, 4999).map(|_| ()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::FileTooLarge, "before it is unpacked");
    }

    fn harms(bytes: &[u8]) -> Vec<String> {
        let kind = |harm| match harm {
            Harm::Lost(_) => "lost",
            Harm::Changed => "changed",
            Harm::Overlaps => "overlaps",
            Harm::Unsupported(_) => "unsupported",
        };
        harmed(&bytes).unwrap().into_iter().map(|(name, harm)| format!("{name} {}", kind(harm))).collect()
    }

    #[test]
    fn each_member_is_looked_at() {
        let whole = disk().remove("run/m.keras").unwrap().to_vec();
        assert_eq!(harms(&whole), Vec::<String>::new());
        let places =
            |letters: &[u8]| (0..whole.len()).filter(|at| whole[*at..].starts_with(letters)).collect::<Vec<_>>();
        let (local, central) = (places(b"PK\x03\x04"), places(b"PK\x01\x02"));
        let mut wounded = whole.clone();
        wounded[local[0]] ^= 1;
        wounded[local[1] + 50] ^= 1;
        assert_eq!(harms(&wounded), ["a.txt lost", "in/b.txt changed"]);
        // Compressed in a way that nobody has.
        let mut foreign = whole.clone();
        foreign[central[0] + 10] = 77;
        assert_eq!(harms(&foreign), ["a.txt unsupported"]);
    }

    #[test]
    fn members_that_share_bytes_are_not_unpacked() {
        let mut whole = disk().remove("run/m.keras").unwrap().to_vec();
        let central = (0..whole.len()).filter(|at| whole[*at..].starts_with(b"PK\x01\x02")).collect::<Vec<_>>();
        // The second one is said to be where the first one is, with all its bytes.
        let (first, second) = (whole[central[0]..][..46].to_vec(), central[1]);
        whole[second + 8..second + 28].copy_from_slice(&first[8..28]);
        whole[second + 42..second + 46].copy_from_slice(&first[42..46]);
        assert_eq!(harms(&whole), ["in/b.txt overlaps"]);
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

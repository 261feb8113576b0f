//! Bytes of the file by HDF5's own addresses, in pages, within a budget; and the numbers in them.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use crate::bytes::{Cursor, Fault, FaultKind, Span, limits};
use crate::store::Blob;

/// What is wrong with a structure, and where; the walk through the file knows whose it is.
#[derive(Debug)]
pub(super) struct Flaw {
    pub what: What,
    pub at: Range<u64>,
}

#[derive(Debug)]
pub(super) enum What {
    Malformed(&'static str),
    Unsupported(String),
    Unreadable(String),
}

impl Flaw {
    /// The fault of the object at `path`.
    pub fn of(self, file: &Arc<str>, path: &Arc<str>) -> Fault {
        let path = path.clone();
        let kind = match self.what {
            What::Malformed(what) => FaultKind::Hdf5Malformed { path, what },
            What::Unsupported(what) => FaultKind::Hdf5Unsupported { path, what },
            What::Unreadable(error) => FaultKind::Unreadable { error },
        };
        Fault { kind, at: Span { file: file.clone(), bytes: self.at } }
    }
}

impl From<Fault> for Flaw {
    /// The one fault of a cursor that only takes bytes: there are not enough.
    fn from(fault: Fault) -> Self {
        Self { what: What::Malformed("ends early"), at: fault.at.bytes }
    }
}

/// The smallest piece that is read from the file.
const PAGE: u64 = 4096;
/// So many pages are read at once at the start of the file, and at the most where one follows another;
/// elsewhere, data lies between what is read.
const AHEAD: u64 = 16;
/// Pages that are kept.
const PAGES: usize = 1 << 14;

/// The file, with what must be known to read anything in it.
pub(super) struct Reader<'a> {
    blob: &'a dyn Blob,
    file: &'a Arc<str>,
    /// Where address 0 lies in the file.
    pub base: u64,
    /// Bytes of an address.
    pub offset_size: u8,
    /// Bytes of a length.
    pub length_size: u8,
    pages: HashMap<u64, Box<[u8]>, foldhash::fast::RandomState>,
    /// The page behind those read last, and how many these were.
    last: (u64, u64),
    /// Bytes of structure that may still be taken: a file cannot have more of it than bytes, but
    /// a wounded one can name the same place again and again.
    budget: u64,
    /// Flaws after which the reading of a structure went on.
    pub flaws: Vec<Flaw>,
    pub bytes_read: u64,
}

/// A piece of the file.
pub(super) struct Block<'a> {
    pub bytes: Vec<u8>,
    /// Where it lies in the file.
    pub at: u64,
    pub(super) file: &'a Arc<str>,
    pub(super) offset_size: u8,
    pub(super) length_size: u8,
}

impl<'a> Reader<'a> {
    pub fn new(blob: &'a dyn Blob, file: &'a Arc<str>) -> Self {
        let budget = blob.size().saturating_mul(limits::HDF5_REREAD).saturating_add(limits::HDF5_METADATA);
        Self {
            blob,
            file,
            base: 0,
            offset_size: 8,
            length_size: 8,
            pages: HashMap::default(),
            last: (0, AHEAD),
            budget,
            flaws: Vec::new(),
            bytes_read: 0,
        }
    }

    pub fn size(&self) -> u64 {
        self.blob.size()
    }

    /// True if nothing more may be read.
    pub fn is_spent(&self) -> bool {
        self.budget == 0
    }

    /// True if so much may still be taken.
    pub fn affords(&self, bytes: u64) -> bool {
        self.budget >= bytes
    }

    /// Takes from the budget for `bytes` bytes at `at`.
    pub fn charge(&mut self, bytes: u64, at: u64) -> Result<(), Flaw> {
        match self.budget.checked_sub(bytes) {
            Some(rest) => self.budget = rest,
            None => {
                self.budget = 0;
                let what = What::Malformed("its structures refer to the same bytes again and again");
                return Err(Flaw { what, at: at..at });
            }
        }
        Ok(())
    }

    /// Goes on after a flaw.
    pub fn note(&mut self, what: &'static str, at: Range<u64>) {
        self.flaws.push(Flaw { what: What::Malformed(what), at });
    }

    /// The place in the file of an address.
    pub fn place(&self, address: u64) -> u64 {
        self.base.saturating_add(address)
    }

    /// The `len` bytes at an address.
    pub fn block(&mut self, address: u64, len: u64) -> Result<Block<'a>, Flaw> {
        let at = self.place(address);
        let end = at.checked_add(len).filter(|&end| end <= self.size());
        let (Some(end), Ok(capacity)) = (end, usize::try_from(len)) else {
            let what = What::Malformed("refers to bytes beyond the end of the file");
            return Err(Flaw { what, at: at..at.saturating_add(len) });
        };
        self.charge(len, at)?;
        let mut bytes = Vec::with_capacity(capacity);
        let mut next = at;
        while next < end {
            let number = next / PAGE;
            let page = self.page(number)?;
            let start = usize::try_from(next % PAGE).unwrap_or(usize::MAX);
            let wanted = usize::try_from(end.saturating_sub(next)).unwrap_or(usize::MAX);
            let part = page.get(start..page.len().min(start.saturating_add(wanted))).unwrap_or_default();
            if part.is_empty() {
                return Err(Flaw { what: What::Malformed("ends early"), at: next..end });
            }
            bytes.extend_from_slice(part);
            next = next.saturating_add(part.len() as u64);
        }
        Ok(self.piece(bytes, at))
    }

    /// Bytes that were read before, to read numbers from.
    pub fn piece(&self, bytes: Vec<u8>, at: u64) -> Block<'a> {
        Block { bytes, at, file: self.file, offset_size: self.offset_size, length_size: self.length_size }
    }

    fn page(&mut self, number: u64) -> Result<&[u8], Flaw> {
        if !self.pages.contains_key(&number) {
            let (next, count) = self.last;
            let count = if number == next { count.saturating_mul(2).min(AHEAD) } else { 1 };
            self.load(number, count)?;
            self.last = (number.saturating_add(count), count);
        }
        Ok(self.pages.get(&number).map(AsRef::as_ref).unwrap_or_default())
    }

    fn load(&mut self, number: u64, count: u64) -> Result<(), Flaw> {
        let start = number.saturating_mul(PAGE);
        let len = self.size().saturating_sub(start).min(count.saturating_mul(PAGE));
        let mut bytes = vec![0; usize::try_from(len).unwrap_or_default()];
        if let Err(error) = self.blob.read_at(start, &mut bytes) {
            let at = start..start.saturating_add(len);
            return Err(Flaw { what: What::Unreadable(error.to_string()), at });
        }
        self.bytes_read = self.bytes_read.saturating_add(len);
        if self.pages.len() >= PAGES {
            self.pages.clear();
        }
        self.pages.extend((number..).zip(bytes.chunks(PAGE as usize).map(Box::from)));
        Ok(())
    }
}

impl Block<'_> {
    /// A reader of its numbers, at its start.
    pub fn fields(&self) -> Fields<'_> {
        let cursor = Cursor::new(self.file, &self.bytes, self.at);
        Fields { cursor, offset_size: self.offset_size, length_size: self.length_size }
    }

    /// A reader of the numbers in a part of it; none beyond the end.
    pub fn part(&self, start: usize, len: usize) -> Option<Fields<'_>> {
        let bytes = self.bytes.get(start..)?.get(..len)?;
        let cursor = Cursor::new(self.file, bytes, self.at.saturating_add(start as u64));
        Some(Fields { cursor, offset_size: self.offset_size, length_size: self.length_size })
    }

    /// Its bytes in the file.
    pub fn span(&self) -> Range<u64> {
        self.at..self.at.saturating_add(self.bytes.len() as u64)
    }

    /// This block is malformed.
    pub fn flaw(&self, what: &'static str) -> Flaw {
        Flaw { what: What::Malformed(what), at: self.span() }
    }

    /// This block is in order for HDF5, but not for us.
    pub fn unsupported(&self, what: impl Into<String>) -> Flaw {
        Flaw { what: What::Unsupported(what.into()), at: self.span() }
    }

    /// True if the last four bytes are the checksum of those before.
    pub fn is_sealed(&self) -> bool {
        let split = self.bytes.split_last_chunk::<4>();
        split.is_some_and(|(body, sum)| super::lookup3::hash(body) == u32::from_le_bytes(*sum))
    }
}

/// Numbers one after the other, the least significant byte first.
pub(super) struct Fields<'b> {
    cursor: Cursor<'b>,
    offset_size: u8,
    length_size: u8,
}

impl<'b> Fields<'b> {
    pub fn take(&mut self, len: usize) -> Result<&'b [u8], Flaw> {
        Ok(self.cursor.take(len)?)
    }

    pub fn skip(&mut self, len: usize) -> Result<(), Flaw> {
        self.take(len).map(|_| ())
    }

    /// Skips to a multiple of eight bytes from the start.
    pub fn align(&mut self) -> Result<(), Flaw> {
        let over = self.cursor.position() % 8;
        if over == 0 { Ok(()) } else { self.skip(8usize.saturating_sub(over)) }
    }

    /// A number of so many bytes, at most eight.
    pub fn uint(&mut self, bytes: usize) -> Result<u64, Flaw> {
        let taken = self.take(bytes)?;
        Ok(taken.iter().rev().fold(0u64, |value, &byte| (value << 8) | u64::from(byte)))
    }

    pub fn u8(&mut self) -> Result<u8, Flaw> {
        Ok(self.cursor.u8()?)
    }

    pub fn u16(&mut self) -> Result<u16, Flaw> {
        Ok(u16::from_le_bytes(self.chunk()?))
    }

    pub fn u32(&mut self) -> Result<u32, Flaw> {
        Ok(u32::from_le_bytes(self.chunk()?))
    }

    fn chunk<const N: usize>(&mut self) -> Result<[u8; N], Flaw> {
        let mut out = [0; N];
        out.copy_from_slice(self.take(N)?);
        Ok(out)
    }

    pub fn length(&mut self) -> Result<u64, Flaw> {
        self.uint(self.length_size.into())
    }

    /// A length; none if all bits are set, which stands for no end.
    pub fn limit(&mut self) -> Result<Option<u64>, Flaw> {
        self.optional(self.length_size)
    }

    /// An address; none if all bits are set, which stands for nowhere.
    pub fn address(&mut self) -> Result<Option<u64>, Flaw> {
        self.optional(self.offset_size)
    }

    fn optional(&mut self, bytes: u8) -> Result<Option<u64>, Flaw> {
        let value = self.uint(bytes.into())?;
        let all = u64::MAX.checked_shr(64u32.saturating_sub(u32::from(bytes).saturating_mul(8))).unwrap_or(0);
        Ok((value != all).then_some(value))
    }

    /// Text up to a zero byte, which is taken too, or to the end.
    pub fn text(&mut self) -> Result<String, Flaw> {
        let rest = self.cursor.rest();
        let len = rest.iter().position(|&byte| byte == 0).unwrap_or(rest.len());
        let text = String::from_utf8_lossy(self.take(len)?).into_owned();
        if len < rest.len() {
            self.skip(1)?;
        }
        Ok(text)
    }

    /// The four letters that such a structure begins with.
    pub fn signature(&mut self, letters: &[u8; 4], what: &'static str) -> Result<(), Flaw> {
        let start = self.offset();
        if self.take(4)? == letters { Ok(()) } else { Err(self.flaw(what, start)) }
    }

    /// The one version that there is.
    pub fn version(&mut self, known: u8, what: &str) -> Result<(), Flaw> {
        let start = self.offset();
        match self.u8()? {
            version if version == known => Ok(()),
            version => Err(self.unsupported(format!("version {version} of {what}"), start)),
        }
    }

    /// Where the next byte lies in the file.
    pub fn offset(&self) -> u64 {
        self.cursor.offset()
    }

    pub fn remaining(&self) -> usize {
        self.cursor.remaining()
    }

    pub fn rest(&self) -> &'b [u8] {
        self.cursor.rest()
    }

    /// What was read since `start` is malformed.
    pub fn flaw(&self, what: &'static str, start: u64) -> Flaw {
        Flaw { what: What::Malformed(what), at: start..self.offset() }
    }

    /// What was read since `start` is in order for HDF5, but not for us.
    pub fn unsupported(&self, what: String, start: u64) -> Flaw {
        Flaw { what: What::Unsupported(what), at: start..self.offset() }
    }
}

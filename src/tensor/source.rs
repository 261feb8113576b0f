//! Bytes that come one after the other, from a file or from whatever undoes what was done to those.

use super::chunk::ChunkError;
use super::opened::Opened;
use crate::bytes::Fault;
use crate::model::Extent;

/// Bytes to skip at a time, where there is no way but to read them.
const SKIPPED: usize = 1 << 13;

/// Why no more bytes come.
#[derive(Debug)]
pub(super) enum Broken {
    /// They cannot be read.
    Unreadable(Box<Fault>),
    /// They are not what they should be.
    Wrong(ChunkError),
}

impl From<Fault> for Broken {
    fn from(fault: Fault) -> Self {
        Self::Unreadable(Box::new(fault))
    }
}

impl From<ChunkError> for Broken {
    fn from(error: ChunkError) -> Self {
        Self::Wrong(error)
    }
}

/// Bytes that come one after the other. Whether they are what was written is known at their end.
pub(super) trait Source {
    /// Reads some of the next bytes; none at the end.
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Broken>;

    /// Passes over bytes, as far as there are so many; returns how many.
    fn skip(&mut self, count: u64) -> Result<u64, Broken> {
        let mut scratch = [0; SKIPPED];
        let mut left = count;
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(usize::MAX).min(SKIPPED);
            match self.read(scratch.get_mut(..most).unwrap_or_default())? {
                0 => break,
                read => left -= read as u64,
            }
        }
        Ok(count - left)
    }

    /// Reads until the buffer is full, or to the end; returns how many.
    fn fill(&mut self, into: &mut [u8]) -> Result<usize, Broken> {
        let mut filled = 0;
        while let Some(rest) = into.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.read(rest)? {
                0 => break,
                read => filled += read,
            }
        }
        Ok(filled)
    }
}

/// Bytes of a file, as they are.
pub(super) struct Stored<'a> {
    opened: &'a Opened<'a>,
    rest: Extent,
}

impl<'a> Stored<'a> {
    pub fn new(opened: &'a Opened<'a>, extent: Extent) -> Self {
        Self { opened, rest: extent }
    }

    fn pass(&mut self, count: u64) {
        self.rest = Extent { offset: self.rest.offset + count, length: self.rest.length - count, ..self.rest };
    }
}

impl Source for Stored<'_> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Broken> {
        let length = self.rest.length.min(into.len() as u64);
        self.opened.fill(Extent { length, ..self.rest }, into)?;
        self.pass(length);
        Ok(length as usize)
    }

    fn skip(&mut self, count: u64) -> Result<u64, Broken> {
        let count = count.min(self.rest.length);
        self.pass(count);
        Ok(count)
    }
}

/// Bytes in memory.
pub(super) struct Held {
    bytes: Vec<u8>,
    at: usize,
}

impl Held {
    pub fn new(bytes: Vec<u8>) -> Self {
        Self { bytes, at: 0 }
    }
}

impl Source for Held {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Broken> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let count = rest.len().min(into.len());
        if let Some((into, from)) = into.get_mut(..count).zip(rest.get(..count)) {
            into.copy_from_slice(from);
        }
        self.at += count;
        Ok(count)
    }

    fn skip(&mut self, count: u64) -> Result<u64, Broken> {
        let rest = self.bytes.len() - self.at;
        let count = usize::try_from(count).unwrap_or(usize::MAX).min(rest);
        self.at += count;
        Ok(count as u64)
    }
}

/// So many bytes, neither more nor fewer.
pub(super) struct Exactly<'a> {
    inner: Box<dyn Source + 'a>,
    expected: u64,
    left: u64,
}

impl<'a> Exactly<'a> {
    pub fn new(inner: Box<dyn Source + 'a>, expected: u64) -> Self {
        Self { inner, expected, left: expected }
    }

    fn came(&mut self, count: u64) -> Result<(), Broken> {
        self.left -= count;
        match count {
            0 => Err(ChunkError::Short { expected: self.expected, found: self.expected - self.left }.into()),
            _ => Ok(()),
        }
    }
}

impl Source for Exactly<'_> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Broken> {
        if self.left == 0 {
            return match self.inner.read(&mut [0])? {
                0 => Ok(0),
                _ => Err(ChunkError::Long { expected: self.expected }.into()),
            };
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(into.len());
        let read = self.inner.read(into.get_mut(..most).unwrap_or_default())?;
        self.came(read as u64)?;
        Ok(read)
    }

    fn skip(&mut self, count: u64) -> Result<u64, Broken> {
        let wanted = count.min(self.left);
        if wanted > 0 {
            let skipped = self.inner.skip(wanted)?;
            self.came(skipped)?;
            if skipped < wanted {
                self.came(0)?;
            }
        }
        Ok(wanted)
    }
}

/// Bytes that are read some ahead, for those who take few at a time.
pub(super) struct Ahead<'a> {
    inner: Box<dyn Source + 'a>,
    ahead: Vec<u8>,
    at: usize,
    end: usize,
}

/// Bytes that are read ahead.
const AHEAD: usize = 1 << 14;

impl<'a> Ahead<'a> {
    pub fn new(inner: Box<dyn Source + 'a>) -> Self {
        Self { inner, ahead: Vec::new(), at: 0, end: 0 }
    }

    /// Fills the buffer.
    ///
    /// # Errors
    /// If there are not so many bytes.
    pub fn exactly(&mut self, into: &mut [u8]) -> Result<(), Broken> {
        let mut done = 0;
        while let Some(rest) = into.get_mut(done..).filter(|rest| !rest.is_empty()) {
            let held = self.ahead.get(self.at..self.end).unwrap_or_default();
            let count = held.len().min(rest.len());
            if let Some((to, from)) = rest.get_mut(..count).zip(held.get(..count)).filter(|_| count > 0) {
                to.copy_from_slice(from);
                self.at += count;
                done += count;
                continue;
            }
            let expected = rest.len();
            let read = if expected >= AHEAD {
                let read = self.inner.fill(rest)?;
                done += read;
                read
            } else {
                self.ahead.resize(AHEAD, 0);
                (self.at, self.end) = (0, self.inner.read(&mut self.ahead)?);
                self.end
            };
            if read == 0 {
                return Err(ChunkError::Short { expected: expected as u64, found: 0 }.into());
            }
        }
        Ok(())
    }

    /// Passes over the bytes up to a place, and takes down that it did.
    ///
    /// # Errors
    /// If they cannot be read.
    pub fn skip_to(&mut self, at: &mut u64, place: u64) -> Result<(), Broken> {
        let count = place.saturating_sub(*at);
        let held = count.min((self.end - self.at) as u64);
        self.at += held as usize;
        if count > held {
            self.inner.skip(count - held)?;
        }
        *at += count;
        Ok(())
    }

    /// Reads to the end, where it shows whether the bytes are what was written.
    ///
    /// # Errors
    /// If they are not.
    pub fn end(&mut self) -> Result<(), Broken> {
        self.inner.skip(u64::MAX)?;
        self.inner.read(&mut [0]).map(|_| ())
    }
}

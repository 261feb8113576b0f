//! A checksum of four bytes behind others.

use super::{ChunkError, INPUT};
use crate::tensor::source::{Broken, Source};

/// Bytes of the checksum.
const SUM: usize = 4;

/// The bytes before the checksum, which is compared at their end.
pub(super) struct Checked<'a> {
    inner: Box<dyn Source + 'a>,
    /// What was read ahead: the last of it may be the checksum.
    ahead: Vec<u8>,
    at: usize,
    sum: Fletcher32,
    is_done: bool,
}

impl<'a> Checked<'a> {
    pub fn new(inner: Box<dyn Source + 'a>) -> Self {
        Self { inner, ahead: Vec::new(), at: 0, sum: Fletcher32::default(), is_done: false }
    }

    /// Reads on; at the end, compares.
    fn advance(&mut self) -> Result<(), Broken> {
        self.ahead.drain(..self.at);
        self.at = 0;
        let kept = self.ahead.len();
        self.ahead.resize(INPUT, 0);
        let read = self.inner.read(self.ahead.get_mut(kept..).unwrap_or_default())?;
        self.ahead.truncate(kept + read);
        if read > 0 {
            return Ok(());
        }
        self.is_done = true;
        let Ok(sum) = <[u8; SUM]>::try_from(self.ahead.as_slice()) else {
            return Err(ChunkError::Short { expected: SUM as u64, found: kept as u64 }.into());
        };
        let (stored, computed) = (u32::from_le_bytes(sum), self.sum.value());
        // HDF5 before 1.6.3 wrote the bytes of each half in the other order, and HDF5 still takes that.
        let swapped = ((stored & 0x00ff_00ff) << 8) | ((stored >> 8) & 0x00ff_00ff);
        if computed != stored && computed != swapped {
            return Err(ChunkError::Checksum { stored, computed }.into());
        }
        Ok(())
    }
}

impl Source for Checked<'_> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Broken> {
        while !self.is_done {
            let body = self.ahead.len().saturating_sub(SUM);
            let count = body.saturating_sub(self.at).min(into.len());
            if count > 0 {
                let (from, to) = (self.ahead.get(self.at..self.at + count), into.get_mut(..count));
                if let Some((from, to)) = from.zip(to) {
                    to.copy_from_slice(from);
                    self.sum.update(from);
                }
                self.at += count;
                return Ok(count);
            }
            self.advance()?;
        }
        Ok(0)
    }
}

/// HDF5's way of this checksum: words of two bytes, the first one the upper, sums modulo 65535.
#[derive(Default)]
struct Fletcher32 {
    first: u32,
    second: u32,
    /// The upper byte of a word whose lower one is still to come.
    upper: Option<u8>,
}

impl Fletcher32 {
    fn update(&mut self, bytes: &[u8]) {
        let rest = match (self.upper.take(), bytes.split_first()) {
            (Some(upper), Some((lower, rest))) => {
                self.add([upper, *lower]);
                rest
            }
            (upper, _) => {
                self.upper = upper;
                bytes
            }
        };
        let (words, odd) = rest.as_chunks::<2>();
        words.iter().for_each(|word| self.add(*word));
        self.upper = odd.first().copied().or(self.upper);
    }

    fn add(&mut self, word: [u8; 2]) {
        // One's complement sums: zero is written as all bits set once anything was added.
        self.first = fold(self.first.wrapping_add(u16::from_be_bytes(word).into()));
        self.second = fold(self.second.wrapping_add(self.first));
    }

    fn value(&mut self) -> u32 {
        if let Some(upper) = self.upper.take() {
            self.add([upper, 0]);
        }
        (self.second << 16) | self.first
    }
}

fn fold(sum: u32) -> u32 {
    (sum & 0xffff).wrapping_add(sum >> 16)
}

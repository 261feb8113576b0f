//! A single block of a table: its entries, its restart array, its seal.

use std::ops::Range;
use std::sync::Arc;

use crate::bytes::{Crc32c, Cursor, Fault, FaultKind, limits, unmask};

/// A writer sets a restart point at every sixteenth entry of a data block.
const RESTART_INTERVAL: usize = 16;

/// A walk over the prefix-compressed entries of a block.
pub(super) struct Walk<'a> {
    pub cursor: Cursor<'a>,
    base: u64,
    /// The key of the entry that was read last.
    pub key: Vec<u8>,
}

impl<'a> Walk<'a> {
    pub fn new(file: &'a Arc<str>, entries: &'a [u8], base: u64) -> Self {
        Self { cursor: Cursor::new(file, entries, base), base, key: Vec::new() }
    }

    /// The next entry: how much of its key it shares with the one before, and its value. The key is
    /// in `self.key` then.
    pub fn step(&mut self) -> Result<(usize, &'a [u8]), Fault> {
        let start = self.cursor.offset();
        let [shared, unshared, length] = self.lengths()?;
        if shared > self.key.len() {
            let what = "an entry shares more of the key before than there is";
            let kind = FaultKind::BlockMalformed { block: "data", what };
            return Err(self.cursor.fault(kind, start, self.cursor.offset().saturating_sub(start)));
        }
        let rest = self.cursor.take(unshared)?;
        let value = self.cursor.take(length)?;
        self.key.truncate(shared);
        self.key.extend_from_slice(rest);
        Ok((shared, value))
    }

    /// How many bytes of its key the entry shares, how many it has of its own, how many its value has.
    fn lengths(&mut self) -> Result<[usize; 3], Fault> {
        // Nearly always one byte each.
        if let Some(short) = self.cursor.rest().first_chunk::<3>()
            && short.iter().all(|byte| *byte < 0x80)
        {
            self.cursor.take(3)?;
            return Ok(short.map(usize::from));
        }
        let mut number = || Ok(self.cursor.varint32()? as usize);
        Ok([number()?, number()?, number()?])
    }

    /// From a position in the block to here, as a place in the file.
    pub fn place(&self, start: usize) -> Range<u64> {
        self.base.saturating_add(start as u64)..self.cursor.offset()
    }
}

/// Splits a block into its entries and its restart array.
pub(super) fn restarts(content: &[u8]) -> Option<(&[u8], &[u8])> {
    let (rest, count) = content.split_last_chunk::<4>()?;
    let count = usize::try_from(u32::from_le_bytes(*count)).ok()?;
    let at = rest.len().checked_sub(count.checked_mul(4)?)?;
    rest.split_at_checked(at)
}

/// The size of a block (without trailer) whose `count` entries end at `end`, if a fitting restart
/// array follows there.
pub(super) fn block_size(bytes: &[u8], end: usize, count: usize) -> Option<usize> {
    let restarts = count.div_ceil(RESTART_INTERVAL);
    let array = bytes.get(end..end.checked_add(restarts.checked_mul(4)?.checked_add(4)?)?)?;
    let (array, stored) = array.split_last_chunk::<4>()?;
    let fits = u32::from_le_bytes(*stored) as usize == restarts && array.starts_with(&[0; 4]);
    fits.then(|| end.checked_add(array.len())?.checked_add(4))?
}

/// True if a block with its trailer has its checksum.
pub(super) fn sealed(whole: &[u8]) -> bool {
    let parts = whole.split_last_chunk::<4>();
    parts.is_some_and(|(sealed, stored)| Crc32c::of(sealed) == unmask(u32::from_le_bytes(*stored)))
}

/// Decompresses a raw snappy block, unless it claims a size that it cannot have.
pub(super) fn decompress(bytes: &[u8]) -> Option<Vec<u8>> {
    let size = snap::raw::decompress_len(bytes).ok()?;
    if size > limits::BLOCK || size > bytes.len().saturating_mul(limits::SNAPPY_RATIO) {
        return None;
    }
    snap::raw::Decoder::new().decompress_vec(bytes).ok()
}

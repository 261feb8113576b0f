//! Tables that lost their end, and with it the index that leads to their blocks.

use std::ops::Range;
use std::sync::Arc;

use super::block::{Walk, block_size, sealed};
use super::{Record, TRAILER, Table};
use crate::bytes::{FaultKind, limits};

/// Bytes that are read at first where a block begins whose size is not known.
const WINDOW: u64 = 1 << 20;

/// The piece of the file that is in memory.
struct Window {
    bytes: Vec<u8>,
    /// Where it begins in the file.
    start: u64,
    /// Where the next block begins, in it or at its end.
    next: u64,
}

impl Window {
    /// What is in memory from the next block on.
    fn rest(&self) -> &[u8] {
        let at = usize::try_from(self.next.saturating_sub(self.start)).unwrap_or(usize::MAX);
        self.bytes.get(at..).unwrap_or_default()
    }

    /// What to read if the next block does not end in here: from its beginning, and twice as much if that
    /// has been done already. None at the end of the file, or when it is too much for one block.
    fn further(&self, size: u64) -> Option<Range<u64>> {
        let held = self.bytes.len() as u64;
        let length = if self.next > self.start || held == 0 { WINDOW } else { held.saturating_mul(2) };
        let is_last = self.start.saturating_add(held) >= size;
        (!is_last && length <= limits::BLOCK as u64).then(|| self.next..self.next.saturating_add(length).min(size))
    }
}

/// The entries that were found where a block begins.
#[derive(Default)]
struct Found<'a> {
    /// Key, value and place of each.
    records: Vec<(Vec<u8>, &'a [u8], Range<u64>)>,
    /// Size of the block with its trailer; none if its end was not found.
    size: Option<usize>,
    trusted: bool,
}

impl Table<'_> {
    /// Reads data blocks one after the other from the start of the file.
    pub(super) fn salvage(&mut self, visit: &mut dyn FnMut(Record)) {
        let mut window = Window { bytes: Vec::new(), start: 0, next: 0 };
        let mut count = 0u64;
        while window.next < self.size() {
            let found = found(self.file, window.rest(), window.next, self.last_key.as_deref(), self.keys);
            if found.size.is_none()
                && let Some(range) = window.further(self.size())
            {
                let start = range.start;
                let Some(bytes) = self.bytes(range) else { break };
                window = Window { bytes, start, next: start };
                continue;
            }
            if found.records.is_empty() {
                break;
            }
            count = count.saturating_add(found.records.len() as u64);
            for (key, value, at) in found.records {
                self.keys = self.keys.saturating_sub(key.len() as u64);
                let value_at = Some(at.end.saturating_sub(value.len() as u64));
                visit(Record { key: key.as_slice().into(), value, at, value_at, trusted: found.trusted });
                self.last_key = Some(key);
            }
            match found.size {
                Some(size) => window.next = window.next.saturating_add(size as u64),
                None => break,
            }
        }
        if count > 0 {
            self.fault(FaultKind::Salvaged { entries: count }, 0..self.size());
        }
    }
}

/// Reads entries whose keys increase, as long as there is room for the keys.
fn found<'a>(file: &'a Arc<str>, bytes: &'a [u8], at: u64, last_key: Option<&[u8]>, mut room: u64) -> Found<'a> {
    let mut walk = Walk::new(file, bytes, at);
    let mut found = Found::default();
    let mut end = 0;
    while let Ok((_, value)) = walk.step() {
        let last = found.records.last().map_or(last_key, |(key, _, _)| Some(key.as_slice()));
        let in_order = last.is_none_or(|last| walk.key.as_slice() > last);
        let Some(left) = room.checked_sub(walk.key.len() as u64).filter(|_| in_order) else { break };
        room = left;
        found.records.push((walk.key.clone(), value, walk.place(end)));
        end = walk.cursor.position();
    }
    let size = block_size(bytes, end, found.records.len());
    let whole = size.and_then(|size| bytes.get(..size.checked_add(TRAILER)?));
    found.size = whole.map(<[u8]>::len);
    found.trusted = whole.is_some_and(sealed);
    found
}

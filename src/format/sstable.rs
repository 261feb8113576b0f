//! TensorFlow's table: sorted keys and values in blocks. The container of `.index` files.
//!
//! ```text
//! [data block][trailer]… [metaindex block][trailer] [index block][trailer] [footer: 48 bytes]
//! ```
//! A trailer is the compression type (0 none, 1 snappy) and the masked CRC-32C of block and type.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use super::foreign;
use crate::bytes::{Crc32c, Cursor, Fault, FaultKind, Span, limits, unmask};
use crate::model::{Key, Keys};

/// The last eight bytes of every table.
pub(super) const MAGIC: [u8; 8] = [0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb];
const FOOTER: usize = 48;
const TRAILER: usize = 5;
/// A writer sets a restart point at every sixteenth entry of a data block.
const RESTART_INTERVAL: usize = 16;

/// One key and its value.
#[derive(Debug)]
pub(super) struct Record<'a> {
    pub key: Key,
    pub value: &'a [u8],
    /// Where in the file; for a compressed block, the whole block.
    pub at: Range<u64>,
    /// False if the block's checksum does not fit, or the record was reached without the index.
    pub trusted: bool,
}

/// Reads a whole table, calling `visit` with each record in stored order. Damage is reported and read
/// past as far as sense can be made of it: most tables have one data block, so refusing to read a block
/// for one wrong bit would hide everything.
pub(super) fn read(file: &Arc<str>, bytes: &[u8], visit: &mut dyn FnMut(Record)) -> Vec<Fault> {
    let mut table = Table {
        file,
        bytes,
        faults: Vec::new(),
        blocks: Vec::new(),
        last_key: None,
        keys: (bytes.len() as u64).saturating_mul(limits::KEY_EXPANSION).saturating_add(limits::KEYS),
    };
    table.read(visit);
    table.faults
}

/// Is called with key, value and place of an entry.
type Each<'a, 'b> = dyn FnMut(&[u8], &'b [u8], Range<u64>) + 'a;

struct Table<'a> {
    file: &'a Arc<str>,
    bytes: &'a [u8],
    faults: Vec<Fault>,
    /// Ranges of the blocks that were found, with their trailers: together they must be the file.
    blocks: Vec<Range<u64>>,
    last_key: Option<Vec<u8>>,
    /// Bytes of keys that may still be expanded.
    keys: u64,
}

/// Where a block lies, without its trailer.
#[derive(Clone, Copy, Debug)]
struct Handle {
    offset: u64,
    size: u64,
}

struct Block<'a> {
    name: &'static str,
    content: Cow<'a, [u8]>,
    /// Where it lies in the file.
    at: Range<u64>,
    trusted: bool,
}

impl<'a> Table<'a> {
    fn fault(&mut self, kind: FaultKind, bytes: Range<u64>) {
        self.faults.push(Fault { kind, at: Span { file: self.file.clone(), bytes } });
    }

    fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read(&mut self, visit: &mut dyn FnMut(Record)) {
        let size = self.size();
        if self.bytes.is_empty() {
            return self.fault(FaultKind::Empty, 0..0);
        }
        let head = self.bytes.get(..self.bytes.len().min(512)).unwrap_or_default();
        if !self.bytes.ends_with(&MAGIC)
            && let Some(what) = foreign::sniff(head)
        {
            return self.fault(FaultKind::Foreign { what }, 0..size);
        }
        let Some(footer) = self.bytes.len().checked_sub(FOOTER).and_then(|at| self.bytes.get(at..)) else {
            self.fault(FaultKind::TooShort { size }, 0..size);
            return self.salvage(visit);
        };
        if !self.bytes.ends_with(&MAGIC) {
            self.fault(FaultKind::BadMagic, size.saturating_sub(8)..size);
            return self.salvage(visit);
        }
        let entries = self.handles(footer).and_then(|(metaindex, index)| {
            if let Some(block) = self.block("metaindex", metaindex) {
                // Written empty, and read by nobody: but it must hold together.
                self.entries(&block, &mut |_, _, _| ());
            }
            let block = self.block("index", index)?;
            self.data_handles(&block)
        });
        match entries {
            Some(entries) => {
                self.data(entries, visit);
                self.gaps();
                if self.last_key.is_none() {
                    self.salvage(visit);
                }
            }
            None => self.salvage(visit),
        }
    }

    /// The handles of the metaindex and the index block. No checksum covers the footer, so its numbers
    /// must be the shortest and its padding zero.
    fn handles(&mut self, footer: &'a [u8]) -> Option<(Handle, Handle)> {
        let start = self.size().saturating_sub(FOOTER as u64);
        let padded = footer.get(..FOOTER.saturating_sub(MAGIC.len()))?;
        let mut cursor = Cursor::new(self.file, padded, start);
        let mut handle =
            || -> Result<Handle, Fault> { Ok(Handle { offset: cursor.varint64()?, size: cursor.varint64()? }) };
        let handles = handle().and_then(|metaindex| Ok((metaindex, handle()?)));
        match handles {
            Ok(handles) => {
                if cursor.rest().iter().any(|&byte| byte != 0) {
                    let at = cursor.offset();
                    self.fault(FaultKind::FooterNotCanonical, at..self.size().saturating_sub(8));
                }
                Some(handles)
            }
            Err(fault) => {
                self.faults.push(fault);
                None
            }
        }
    }

    /// The content of a block, its checksum compared, decompressed. None if it cannot be had at all.
    fn block(&mut self, name: &'static str, handle: Handle) -> Option<Block<'a>> {
        let Handle { offset, size } = handle;
        let end = offset.checked_add(size).and_then(|end| end.checked_add(TRAILER as u64));
        let range = end.and_then(|end| Some(usize::try_from(offset).ok()?..usize::try_from(end).ok()?));
        let last = self.size().saturating_sub(FOOTER as u64);
        let Some(whole) = range.filter(|_| end <= Some(last)).and_then(|range| self.bytes.get(range)) else {
            let block = FaultKind::BlockOutOfRange { block: name, offset, size };
            self.fault(block, last..self.size());
            return None;
        };
        let at = offset..offset.saturating_add(whole.len() as u64);
        self.blocks.push(at.clone());
        let (sealed, stored) = whole.split_at_checked(whole.len().saturating_sub(4))?;
        let (content, kind) = sealed.split_at_checked(sealed.len().saturating_sub(1))?;
        let stored = unmask(u32::from_le_bytes(stored.try_into().ok()?));
        let computed = Crc32c::of(sealed);
        let trusted = stored == computed;
        if !trusted {
            self.fault(FaultKind::BlockChecksum { block: name, stored, computed }, at.clone());
        }
        let content = match kind {
            [0] => Cow::Borrowed(content),
            [1] => match decompress(content) {
                Some(content) => Cow::Owned(content),
                None => {
                    self.fault(FaultKind::BlockCompressed { block: name }, at);
                    return None;
                }
            },
            kind => {
                // A wrong bit in the type itself: the bytes are most likely plain.
                let kind = kind.first().copied().unwrap_or_default();
                self.fault(FaultKind::BlockType { block: name, kind }, at.clone());
                Cow::Borrowed(content)
            }
        };
        Some(Block { name, content, at, trusted })
    }

    /// Calls `each` with key, value and place of every entry of a block.
    fn entries<'b>(&mut self, block: &'b Block, each: &mut Each<'_, 'b>)
    where
        'a: 'b,
    {
        let malformed = |what| FaultKind::BlockMalformed { block: block.name, what };
        let content = block.content.as_ref();
        let (entries, restarts) = match restarts(content) {
            Some(parts) => parts,
            None => {
                self.fault(malformed("its restart array does not fit"), block.at.clone());
                // Read what there is: the walk below stops at the first nonsense.
                (content, [].as_slice())
            }
        };
        let base = block.at.start;
        let compressed = matches!(block.content, Cow::Owned(_));
        let mut walk = Walk::new(self.file, entries, base);
        let mut restarts = restarts.as_chunks::<4>().0.iter().map(|chunk| u32::from_le_bytes(*chunk)).peekable();
        loop {
            let start = walk.cursor.position();
            if walk.cursor.is_empty() {
                break;
            }
            match walk.step() {
                Ok(_) if walk.key.len() as u64 > self.keys => {
                    return self.fault(malformed("its keys take more room than a table has"), block.at.clone());
                }
                Ok((shared, value)) => {
                    self.keys = self.keys.saturating_sub(walk.key.len() as u64);
                    if restarts.peek().is_some_and(|&restart| restart as usize == start) {
                        restarts.next();
                        if shared != 0 {
                            self.fault(malformed("a restart point shares a key"), block.at.clone());
                        }
                    }
                    let at = if compressed { block.at.clone() } else { walk.place(start) };
                    each(&walk.key, value, at);
                }
                Err(mut fault) => {
                    if compressed {
                        fault.at.bytes = block.at.clone();
                    }
                    self.faults.push(fault);
                    return;
                }
            }
        }
        // An empty block has one restart point, at 0.
        if restarts.any(|restart| restart != 0) {
            self.fault(malformed("a restart point lies between entries"), block.at.clone());
        }
    }

    /// The data blocks that the index block names, each with the key that separates it from the next.
    fn data_handles(&mut self, index: &Block) -> Option<Vec<(Vec<u8>, Handle)>> {
        let mut handles = Vec::new();
        let mut faults = Vec::new();
        let file = self.file;
        self.entries(index, &mut |key, value, at| {
            let mut cursor = Cursor::new(file, value, at.end.saturating_sub(value.len() as u64));
            let handle = cursor.varint64().and_then(|offset| Ok(Handle { offset, size: cursor.varint64()? }));
            match handle {
                Ok(handle) => handles.push((key.to_vec(), handle)),
                Err(fault) => faults.push(fault),
            }
        });
        self.faults.append(&mut faults);
        // Without any handle, and with a file that has room for data, the index is of no use.
        (!handles.is_empty()).then_some(handles)
    }

    fn data(&mut self, handles: Vec<(Vec<u8>, Handle)>, visit: &mut dyn FnMut(Record)) {
        let mut end = 0;
        for (separator, handle) in handles {
            // Blocks follow each other; one that is named twice would be read twice, and so on.
            if handle.offset < end {
                let kind = FaultKind::BlockOutOfRange { block: "data", offset: handle.offset, size: handle.size };
                self.fault(kind, handle.offset..end);
                continue;
            }
            end = handle.offset.saturating_add(handle.size);
            if let Some(block) = self.block("data", handle) {
                self.records(&block, visit);
                if self.last_key.as_ref().is_some_and(|last| *last > separator) {
                    let key = Key::from(separator.as_slice()).to_string();
                    self.fault(FaultKind::KeyOrder { key }, block.at.clone());
                }
            }
        }
    }

    fn records(&mut self, block: &Block, visit: &mut dyn FnMut(Record)) {
        // The keys of a block lie in one piece of memory, behind the last one of the block before.
        let last = self.last_key.take();
        let mut before = last.as_ref().map(|key| 0..key.len());
        let mut keys = last.unwrap_or_default();
        let mut found = Vec::new();
        let mut disorder = Vec::new();
        self.entries(block, &mut |key, value, at| {
            let in_order = before.clone().is_none_or(|before| keys.get(before) < Some(key));
            let start = keys.len();
            keys.extend_from_slice(key);
            if in_order {
                before = Some(start..keys.len());
            } else {
                disorder.push((Key::from(key).to_string(), at.clone()));
            }
            found.push((start..keys.len(), value, at));
        });
        self.last_key = before.and_then(|before| Some(keys.get(before)?.to_vec()));
        let keys = Keys::from(keys);
        for (key, value, at) in found {
            visit(Record { key: keys.get(key), value, at, trusted: block.trusted });
        }
        for (key, at) in disorder {
            self.fault(FaultKind::KeyOrder { key }, at);
        }
    }

    /// The blocks must follow each other without a gap from the first byte to the footer.
    fn gaps(&mut self) {
        let mut blocks = std::mem::take(&mut self.blocks);
        blocks.sort_by_key(|block| block.start);
        let mut covered = 0;
        for block in blocks {
            if block.start > covered {
                self.fault(FaultKind::TableGap, covered..block.start);
            }
            covered = covered.max(block.end);
        }
        let end = self.size().saturating_sub(FOOTER as u64);
        if covered < end {
            self.fault(FaultKind::TableGap, covered..end);
        }
    }

    /// Reads data blocks one after the other from the start of the file, without the index that leads
    /// to them: for tables that lost their end.
    fn salvage(&mut self, visit: &mut dyn FnMut(Record)) {
        let mut at = 0usize;
        let mut found = 0u64;
        while let Some(rest) = self.bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let mut walk = Walk::new(self.file, rest, at as u64);
            let mut records = Vec::new();
            let mut end = 0;
            while let Ok((_, value)) = walk.step() {
                let in_order = self.last_key.as_ref().is_none_or(|last| walk.key > *last);
                let room = self.keys.checked_sub(walk.key.len() as u64).filter(|_| in_order);
                let Some(room) = room else { break };
                self.keys = room;
                self.last_key = Some(walk.key.clone());
                records.push((walk.key.clone(), value, walk.place(end)));
                end = walk.cursor.position();
            }
            if records.is_empty() {
                break;
            }
            let size = block_size(rest, end, records.len());
            let whole = size.and_then(|size| rest.get(..size.checked_add(TRAILER)?));
            let trusted = whole.is_some_and(sealed);
            found = found.saturating_add(records.len() as u64);
            for (key, value, at) in records {
                visit(Record { key: key.as_slice().into(), value, at, trusted });
            }
            match whole {
                Some(whole) => at = at.saturating_add(whole.len()),
                None => break,
            }
        }
        if found > 0 {
            self.fault(FaultKind::Salvaged { entries: found }, 0..self.size());
        }
    }
}

/// A walk over the prefix-compressed entries of a block.
struct Walk<'a> {
    cursor: Cursor<'a>,
    base: u64,
    key: Vec<u8>,
}

impl<'a> Walk<'a> {
    fn new(file: &'a Arc<str>, entries: &'a [u8], base: u64) -> Self {
        Self { cursor: Cursor::new(file, entries, base), base, key: Vec::new() }
    }

    /// The next entry: how much of its key it shares with the one before, and its value. The key is
    /// in `self.key` then.
    fn step(&mut self) -> Result<(usize, &'a [u8]), Fault> {
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
    fn place(&self, start: usize) -> Range<u64> {
        self.base.saturating_add(start as u64)..self.cursor.offset()
    }
}

/// Splits a block into its entries and its restart array.
fn restarts(content: &[u8]) -> Option<(&[u8], &[u8])> {
    let (rest, count) = content.split_last_chunk::<4>()?;
    let count = usize::try_from(u32::from_le_bytes(*count)).ok()?;
    let at = rest.len().checked_sub(count.checked_mul(4)?)?;
    rest.split_at_checked(at)
}

/// The size of a block (without trailer) whose `count` entries end at `end`, if a fitting restart
/// array follows there.
fn block_size(bytes: &[u8], end: usize, count: usize) -> Option<usize> {
    let restarts = count.div_ceil(RESTART_INTERVAL);
    let array = bytes.get(end..end.checked_add(restarts.checked_mul(4)?.checked_add(4)?)?)?;
    let (array, stored) = array.split_last_chunk::<4>()?;
    let fits = u32::from_le_bytes(*stored) as usize == restarts && array.starts_with(&[0; 4]);
    fits.then(|| end.checked_add(array.len())?.checked_add(4))?
}

/// True if a block with its trailer has its checksum.
fn sealed(whole: &[u8]) -> bool {
    let parts = whole.split_last_chunk::<4>();
    parts.is_some_and(|(sealed, stored)| Crc32c::of(sealed) == unmask(u32::from_le_bytes(*stored)))
}

/// Decompresses a raw snappy block, unless it claims a size that it cannot have.
fn decompress(bytes: &[u8]) -> Option<Vec<u8>> {
    let size = snap::raw::decompress_len(bytes).ok()?;
    if size > limits::BLOCK || size > bytes.len().saturating_mul(limits::SNAPPY_RATIO) {
        return None;
    }
    snap::raw::Decoder::new().decompress_vec(bytes).ok()
}

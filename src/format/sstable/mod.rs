//! TensorFlow's table: sorted keys and values in blocks. The container of `.index` files, and of whole
//! checkpoints in format V1. It is read block by block: what is in memory at one time is one block.
//!
//! ```text
//! [data block][trailer]… [metaindex block][trailer] [index block][trailer] [footer: 48 bytes]
//! ```
//! A trailer is the compression type (0 none, 1 snappy) and the masked CRC-32C of block and type.

mod block;
mod salvage;

use std::ops::Range;
use std::sync::Arc;

use self::block::{Walk, decompress, restarts};
use super::files;
use super::foreign;
use crate::bytes::{Crc32c, Cursor, Fault, FaultKind, Span, limits, unmask};
use crate::model::{Key, Keys};
use crate::store::Blob;

/// The last eight bytes of every table.
pub(super) const MAGIC: [u8; 8] = [0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb];
const FOOTER: usize = 48;
const TRAILER: usize = 5;

/// One key and its value.
#[derive(Debug)]
pub struct Record<'a> {
    /// Its key.
    pub key: Key,
    /// Its value.
    pub value: &'a [u8],
    /// Where in the file; for a compressed block, the whole block.
    pub at: Range<u64>,
    /// Where in the file the value begins; none if the block is compressed.
    pub value_at: Option<u64>,
    /// False if the block's checksum does not fit, or the record was reached without the index.
    pub trusted: bool,
}

/// Reads a whole table, calling `visit` with each record in stored order. Damage is reported and read
/// past as far as sense can be made of it: most tables have one data block, so refusing to read a block
/// for one wrong bit would hide everything.
pub fn read(file: &Arc<str>, blob: &dyn Blob, visit: &mut dyn FnMut(Record)) -> Vec<Fault> {
    let mut table = Table {
        file,
        blob,
        faults: Vec::new(),
        blocks: Vec::new(),
        last_key: None,
        content: Vec::new(),
        arena: Vec::new(),
        found: Vec::new(),
        keys: blob.size().saturating_mul(limits::KEY_EXPANSION).saturating_add(limits::KEYS),
    };
    table.read(visit);
    table.faults
}

/// Is called with the key of an entry, where its value lies in the block, and its place in the file.
type Each<'a> = dyn FnMut(&[u8], Range<usize>, Range<u64>) + 'a;

struct Table<'a> {
    file: &'a Arc<str>,
    blob: &'a dyn Blob,
    faults: Vec<Fault>,
    /// Ranges of the blocks that were found, with their trailers: together they must be the file.
    blocks: Vec<Range<u64>>,
    last_key: Option<Vec<u8>>,
    /// What the block before took, for the next one: memory that is asked for again and again comes as
    /// fresh pages each time, and those cost more than what is done with them.
    content: Vec<u8>,
    arena: Vec<u8>,
    found: Vec<Found>,
    /// Bytes of keys that may still be expanded.
    keys: u64,
}

/// Where a block lies, without its trailer.
#[derive(Clone, Copy, Debug)]
struct Handle {
    offset: u64,
    size: u64,
}

/// An entry of a data block: where its key lies among those of the block, where its value lies in the
/// block, and its place in the file.
type Found = (Range<usize>, Range<usize>, Range<u64>);

struct Block {
    name: &'static str,
    content: Vec<u8>,
    /// Where it lies in the file.
    at: Range<u64>,
    trusted: bool,
    /// True if the content is not what lies there.
    compressed: bool,
}

impl<'a> Table<'a> {
    fn fault(&mut self, kind: FaultKind, bytes: Range<u64>) {
        self.faults.push(Fault { kind, at: Span { file: self.file.clone(), bytes } });
    }

    fn size(&self) -> u64 {
        self.blob.size()
    }

    /// Bytes of the file; a failure to read them is a fault.
    fn bytes(&mut self, at: Range<u64>) -> Option<Vec<u8>> {
        let length = at.end.checked_sub(at.start)?;
        // What the buffer still holds is written over, so it need not be cleared.
        let mut bytes = std::mem::take(&mut self.content);
        bytes.resize(usize::try_from(length).ok()?, 0);
        match self.blob.read_at(at.start, &mut bytes) {
            Ok(()) => Some(bytes),
            Err(error) => {
                self.fault(FaultKind::Unreadable { error: files::words(&error) }, at);
                None
            }
        }
    }

    fn read(&mut self, visit: &mut dyn FnMut(Record)) {
        let size = self.size();
        if size == 0 {
            return self.fault(FaultKind::Empty, 0..0);
        }
        let Some(footer) = self.bytes(size.saturating_sub(FOOTER as u64)..size) else { return };
        if !footer.ends_with(&MAGIC)
            && let Ok(Some(what)) = foreign::sniff_whole(self.blob)
        {
            return self.fault(FaultKind::Foreign { what }, 0..size);
        }
        if footer.len() < FOOTER {
            self.fault(FaultKind::TooShort { size }, 0..size);
            return self.salvage(visit);
        }
        if !footer.ends_with(&MAGIC) {
            self.fault(FaultKind::BadMagic, size.saturating_sub(8)..size);
            return self.salvage(visit);
        }
        let entries = self.handles(&footer).and_then(|(metaindex, index)| {
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
    fn handles(&mut self, footer: &[u8]) -> Option<(Handle, Handle)> {
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
    fn block(&mut self, name: &'static str, handle: Handle) -> Option<Block> {
        let Handle { offset, size } = handle;
        let last = self.size().saturating_sub(FOOTER as u64);
        let end = offset.checked_add(size).and_then(|end| end.checked_add(TRAILER as u64));
        let Some(end) = end.filter(|end| *end <= last) else {
            self.fault(FaultKind::BlockOutOfRange { block: name, offset, size }, last..self.size());
            return None;
        };
        let at = offset..end;
        self.blocks.push(at.clone());
        if size > limits::STORED_BLOCK {
            let what = "it is larger than TensorFlow writes any";
            self.fault(FaultKind::BlockMalformed { block: name, what }, at);
            return None;
        }
        let mut content = self.bytes(at.clone())?;
        let (sealed, stored) = content.split_last_chunk::<4>()?;
        let (stored, computed) = (unmask(u32::from_le_bytes(*stored)), Crc32c::of(sealed));
        let kind = *sealed.last()?;
        let trusted = stored == computed;
        if !trusted {
            self.fault(FaultKind::BlockChecksum { block: name, stored, computed }, at.clone());
        }
        content.truncate(content.len().saturating_sub(TRAILER));
        match kind {
            0 => {}
            1 => match decompress(&content) {
                Some(decompressed) => content = decompressed,
                None => {
                    self.fault(FaultKind::BlockCompressed { block: name }, at);
                    return None;
                }
            },
            // A wrong bit in the type itself: the bytes are most likely plain.
            kind => self.fault(FaultKind::BlockType { block: name, kind }, at.clone()),
        }
        Some(Block { name, content, at, trusted, compressed: kind == 1 })
    }

    /// Calls `each` with every entry of a block.
    fn entries(&mut self, block: &Block, each: &mut Each) {
        let malformed = |what| FaultKind::BlockMalformed { block: block.name, what };
        let content = block.content.as_slice();
        let (entries, restarts) = match restarts(content) {
            Some(parts) => parts,
            None => {
                self.fault(malformed("its restart array does not fit"), block.at.clone());
                // Read what there is: the walk below stops at the first nonsense.
                (content, [].as_slice())
            }
        };
        let base = block.at.start;
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
                    let at = if block.compressed { block.at.clone() } else { walk.place(start) };
                    let end = walk.cursor.position();
                    each(&walk.key, end.saturating_sub(value.len())..end, at);
                }
                Err(mut fault) => {
                    if block.compressed {
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
            let value = index.content.get(value).unwrap_or_default();
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
                self.content = block.content;
            }
        }
    }

    fn records(&mut self, block: &Block, visit: &mut dyn FnMut(Record)) {
        // The keys of a block lie in one piece of memory, behind the last one of the block before.
        let (mut arena, mut found) = (std::mem::take(&mut self.arena), std::mem::take(&mut self.found));
        arena.clear();
        arena.extend_from_slice(self.last_key.as_deref().unwrap_or_default());
        let mut before = self.last_key.take().map(|key| 0..key.len());
        let mut disorder = Vec::new();
        self.entries(block, &mut |key, value, at| {
            let in_order = before.clone().is_none_or(|before| arena.get(before) < Some(key));
            let start = arena.len();
            arena.extend_from_slice(key);
            if in_order {
                before = Some(start..arena.len());
            } else {
                disorder.push((Key::from(key).to_string(), at.clone()));
            }
            found.push((start..arena.len(), value, at));
        });
        self.last_key = before.and_then(|before| Some(arena.get(before)?.to_vec()));
        let keys = Keys::from(arena.as_slice());
        for (key, value, at) in found.drain(..) {
            let value_at = (!block.compressed).then(|| at.end.saturating_sub(value.len() as u64));
            let value = block.content.get(value).unwrap_or_default();
            visit(Record { key: keys.get(key), value, at, value_at, trusted: block.trusted });
        }
        (self.arena, self.found) = (arena, found);
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
}

//! Fractal heaps: blocks that double in size, behind a table of tables, for links and attributes.

use std::collections::{HashMap, HashSet};

use super::btree2::{self, width};
use super::reader::{Block, Flaw, Reader, What};

/// A heap.
pub(super) struct Fractal {
    address: u64,
    /// Number of blocks in a row of the table.
    columns: u64,
    /// Size of a block in the first two rows; it doubles with each row after these.
    first: u64,
    /// Rows of blocks that hold objects; the rows below hold tables.
    direct_rows: u64,
    /// Bytes of an offset in the heap, and of a length.
    offset_width: usize,
    length_width: usize,
    /// The tree that tells where the objects lie that are too large for a block.
    huge: Option<u64>,
    /// These objects, by number: address and length; once the tree has been read.
    huge_objects: Option<HashMap<u64, (u64, u64)>>,
    root: Option<u64>,
    root_rows: u64,
    /// With a checksum in each block.
    checked: bool,
    /// Blocks whose first bytes have been looked at.
    visited: HashSet<u64>,
}

impl Fractal {
    pub fn read(reader: &mut Reader<'_>, address: u64) -> Result<Self, Flaw> {
        let (offsets, lengths) = (u64::from(reader.offset_size), u64::from(reader.length_size));
        let len = lengths.saturating_mul(12).saturating_add(offsets.saturating_mul(3)).saturating_add(26);
        let header = reader.block(address, len)?;
        let mut fields = header.fields();
        fields.signature(b"FRHP", "there is no fractal heap here")?;
        fields.version(0, "the fractal heap")?;
        fields.skip(2)?;
        let filters = fields.u16()?;
        if filters != 0 {
            return Err(header.unsupported("a fractal heap with filters"));
        }
        let flags = fields.u8()?;
        let largest: u64 = fields.u32()?.into();
        fields.length()?;
        let huge = fields.address()?;
        fields.length()?;
        fields.address()?;
        for _ in 0..8 {
            fields.length()?;
        }
        let (columns, first, largest_block) = (fields.u16()?, fields.length()?, fields.length()?);
        let bits = fields.u16()?;
        fields.skip(2)?;
        let (root, root_rows) = (fields.address()?, fields.u16()?);
        if !header.is_sealed() {
            reader.note("the checksum of a fractal heap does not fit", header.span());
        }
        let powers = first.is_power_of_two() && largest_block.is_power_of_two() && columns.is_power_of_two();
        if !powers || bits > 64 || largest_block < first {
            return Err(header.flaw("a fractal heap has an impossible form"));
        }
        let rows = u64::from(largest_block.ilog2().saturating_sub(first.ilog2())).saturating_add(2);
        Ok(Self {
            address,
            columns: columns.into(),
            first,
            direct_rows: rows,
            offset_width: usize::from(bits).div_ceil(8),
            length_width: (largest_block.ilog2() as usize).div_ceil(8).min(width(largest)),
            huge,
            huge_objects: None,
            root,
            root_rows: root_rows.into(),
            checked: flags & 2 != 0,
            visited: HashSet::new(),
        })
    }

    /// The object with an identifier.
    pub fn object<'a>(&mut self, reader: &mut Reader<'a>, id: &[u8]) -> Result<Block<'a>, Flaw> {
        let at = reader.place(self.address);
        let block = reader.piece(id.to_vec(), at);
        let mut fields = block.fields();
        let first = fields.u8()?;
        match (first >> 6, (first >> 4) & 3) {
            (0, 0) => {
                let (offset, len) = (fields.uint(self.offset_width)?, fields.uint(self.length_width)?);
                self.managed(reader, offset, len)
            }
            (0, 2) => {
                let len = usize::from(first & 0x0f).saturating_add(1);
                let bytes = fields.take(len)?.to_vec();
                Ok(reader.piece(bytes, at))
            }
            (0, 1) => self.huge(reader, &block),
            _ => Err(block.flaw("an identifier in a fractal heap is of no known kind")),
        }
    }

    /// An object of its own, outside of the blocks. The identifiers of links and attributes are too short for
    /// its address, so they have a number, and a tree tells the address.
    fn huge<'a>(&mut self, reader: &mut Reader<'a>, id: &Block<'a>) -> Result<Block<'a>, Flaw> {
        if self.huge_objects.is_none() {
            let tree = self.huge.ok_or_else(|| id.flaw("a fractal heap has no large objects"))?;
            self.huge_objects = Some(huge_objects(reader, tree)?);
        }
        let mut fields = id.fields();
        fields.skip(1)?;
        let number = fields.uint(fields.remaining().min(reader.length_size.into()))?;
        let object = self.huge_objects.as_ref().and_then(|objects| objects.get(&number)).copied();
        let (address, len) = object.ok_or_else(|| id.flaw("a large object is not in its fractal heap"))?;
        reader.block(address, len)
    }

    /// The object at an offset of the heap, which counts the blocks as if they lay one after the other.
    fn managed<'a>(&mut self, reader: &mut Reader<'a>, offset: u64, len: u64) -> Result<Block<'a>, Flaw> {
        let at = reader.place(self.address);
        let wrong = |what| Flaw { what: What::Malformed(what), at: at..at };
        let (mut address, mut rows) = (self.root.ok_or_else(|| wrong("a fractal heap has no blocks"))?, self.root_rows);
        let (mut rest, mut size) = (offset, self.first);
        while rows > 0 {
            let (row, column, start) = self.cell(rest);
            if row >= rows {
                return Err(wrong("an object lies beyond the end of its fractal heap"));
            }
            self.look(reader, address, b"FHIB", self.table_size(rows, reader.offset_size))?;
            let entry = row.saturating_mul(self.columns).saturating_add(column);
            let prefix = self.prefix(reader.offset_size);
            let entry = entry.saturating_mul(reader.offset_size.into()).saturating_add(prefix);
            let pointer = reader.block(address.saturating_add(entry), reader.offset_size.into())?;
            address = pointer.fields().address()?.ok_or_else(|| pointer.flaw("a fractal heap leads nowhere"))?;
            rest = rest.saturating_sub(start);
            size = self.size(row);
            let widest = self.first.saturating_mul(self.columns);
            rows = if row < self.direct_rows {
                0
            } else {
                let log = size.checked_ilog2().unwrap_or(0).saturating_sub(widest.checked_ilog2().unwrap_or(0));
                u64::from(log).saturating_add(1)
            };
        }
        let head = self.prefix(reader.offset_size).saturating_add(if self.checked { 4 } else { 0 });
        if rest < head || rest.checked_add(len).is_none_or(|end| end > size) {
            return Err(wrong("an object lies outside of the blocks of its fractal heap"));
        }
        self.look(reader, address, b"FHDB", None)?;
        reader.block(address.saturating_add(rest), len)
    }

    /// Bytes before the contents of a block: letters, version, address of the heap, offset in it.
    fn prefix(&self, offset_size: u8) -> u64 {
        5u64.saturating_add(offset_size.into()).saturating_add(self.offset_width as u64)
    }

    /// Bytes of a table, with its checksum.
    fn table_size(&self, rows: u64, offset_size: u8) -> Option<u64> {
        let entries = rows.saturating_mul(self.columns).saturating_mul(offset_size.into());
        Some(self.prefix(offset_size).saturating_add(entries).saturating_add(4))
    }

    /// Row and column of the block with an offset, and where in the heap it starts.
    fn cell(&self, offset: u64) -> (u64, u64, u64) {
        let width = self.first.saturating_mul(self.columns).max(1);
        let row = (offset / width).checked_ilog2().map_or(0, |log| u64::from(log).saturating_add(1));
        let start = if row == 0 { 0 } else { self.size(row).saturating_mul(self.columns) };
        let size = self.size(row).max(1);
        let column = offset.saturating_sub(start) / size;
        (row, column, start.saturating_add(column.saturating_mul(size)))
    }

    /// Size of the blocks in a row.
    fn size(&self, row: u64) -> u64 {
        let doublings = u32::try_from(row.saturating_sub(1)).unwrap_or(u32::MAX);
        self.first.saturating_mul(1u64.checked_shl(doublings).unwrap_or(u64::MAX))
    }

    /// Looks once whether a block is what it should be; with `size`, also at its checksum.
    fn look(
        &mut self,
        reader: &mut Reader<'_>,
        address: u64,
        letters: &[u8; 4],
        size: Option<u64>,
    ) -> Result<(), Flaw> {
        if !self.visited.insert(address) {
            return Ok(());
        }
        let block = reader.block(address, size.unwrap_or_else(|| self.prefix(reader.offset_size)))?;
        let mut fields = block.fields();
        fields.signature(letters, "a block of a fractal heap is not where it should be")?;
        fields.version(0, "the block of a fractal heap")?;
        if fields.address()? != Some(self.address) {
            return Err(block.flaw("a block of a fractal heap belongs to another one"));
        }
        if size.is_some() && !block.is_sealed() {
            reader.note("the checksum of a fractal heap's table does not fit", block.span());
        }
        Ok(())
    }
}

/// Address and length of the large objects of a heap, by number.
fn huge_objects(reader: &mut Reader<'_>, tree: u64) -> Result<HashMap<u64, (u64, u64)>, Flaw> {
    let size = usize::from(reader.offset_size).saturating_add(usize::from(reader.length_size).saturating_mul(2));
    let tree = btree2::read(reader, tree, &btree2::Expected { kind: 1, size: size..=size })?;
    let mut objects = HashMap::new();
    for mut fields in tree.records() {
        let start = fields.offset();
        let address = fields.address()?.ok_or_else(|| fields.flaw("a large object lies nowhere", start))?;
        let len = fields.length()?;
        objects.insert(fields.length()?, (address, len));
    }
    Ok(objects)
}

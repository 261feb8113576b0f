//! Fixed and extensible arrays: the chunks of a dataset by their position, in pages and blocks.

use super::reader::{Block, Fields, Flaw, Reader};

/// Where the chunk at a position of the array lies.
pub(super) struct Place {
    pub position: u64,
    pub offset: u64,
    pub length: u64,
    pub mask: u32,
}

/// What both kinds of arrays have in common.
struct Elements {
    /// Bytes of an element in the array.
    size: u64,
    /// Bytes of a chunk without filters; with filters, each element tells.
    chunk: Option<u64>,
    /// Elements of a page; a block with more is made of pages.
    page: u64,
    /// Width of the number that tells where a block stands in an extensible array.
    offset_width: u64,
    places: Vec<Place>,
}

/// The kinds of blocks that hold elements. A bit for each page of a block tells whether it was ever written.
#[derive(Clone, Copy)]
enum BlockKind<'m> {
    /// The bits stand in the block itself.
    Fixed,
    /// The bits of all its data blocks stand in the super block, one behind the other: these, and the place of
    /// the first one for this block. The smallest data blocks have no super block, and no pages.
    Extensible(&'m [u8], u64),
}

/// Reads a fixed array.
pub(super) fn fixed(reader: &mut Reader<'_>, address: u64, chunk: u64, filtered: bool) -> Result<Vec<Place>, Flaw> {
    let (offsets, lengths) = (u64::from(reader.offset_size), u64::from(reader.length_size));
    let header = reader.block(address, 12u64.saturating_add(offsets).saturating_add(lengths))?;
    let mut fields = header.fields();
    fields.signature(b"FAHD", "there is no fixed array of chunks here")?;
    let size = opening(&mut fields, &header, filtered)?;
    let (page, count, block) = (fields.u8()?, fields.length()?, fields.address()?);
    seal(reader, &header);
    let page = 1u64.checked_shl(page.into()).unwrap_or(u64::MAX);
    let chunk = (!filtered).then_some(chunk);
    let mut elements = Elements { size, chunk, page, offset_width: 0, places: Vec::new() };
    if let Some(block) = block {
        elements.block(reader, block, BlockKind::Fixed, 0, count)?;
    }
    Ok(elements.places)
}

/// Version, whether filtered, and bytes of an element: what both headers begin with.
fn opening(fields: &mut Fields<'_>, header: &Block<'_>, filtered: bool) -> Result<u64, Flaw> {
    fields.version(0, "the array of chunks")?;
    if fields.u8()? != u8::from(filtered) {
        return Err(header.flaw("the array of chunks contradicts the filters"));
    }
    let size = fields.u8()?;
    if size == 0 {
        return Err(header.flaw("the array of chunks has elements of no size"));
    }
    Ok(size.into())
}

fn seal(reader: &mut Reader<'_>, block: &Block<'_>) {
    if !block.is_sealed() {
        reader.note("the checksum of an array of chunks does not fit", block.span());
    }
}

impl Elements {
    /// Reads `count` elements, the first of which is for position `start`.
    fn take(&mut self, reader: &Reader<'_>, fields: &mut Fields<'_>, start: u64, count: u64) -> Result<(), Flaw> {
        for position in (start..).take(usize::try_from(count).unwrap_or(usize::MAX)) {
            let address = fields.address()?;
            let (length, mask) = match self.chunk {
                Some(length) => (length, 0),
                None => {
                    let width = self.size.saturating_sub(u64::from(reader.offset_size)).saturating_sub(4).min(8);
                    (fields.uint(usize::try_from(width).unwrap_or(8))?, fields.u32()?)
                }
            };
            if let Some(address) = address {
                self.places.push(Place { position, offset: reader.place(address), length, mask });
            }
        }
        Ok(())
    }

    /// Reads a block of elements.
    fn block(
        &mut self,
        reader: &mut Reader<'_>,
        address: u64,
        kind: BlockKind<'_>,
        start: u64,
        count: u64,
    ) -> Result<(), Flaw> {
        let bare = 6u64.saturating_add(reader.offset_size.into()).saturating_add(self.offset_width);
        let is_paged = count > self.page;
        let pages = if is_paged { count.div_ceil(self.page) } else { 0 };
        let (letters, marks) = match kind {
            BlockKind::Fixed => (b"FADB", pages.div_ceil(8)),
            BlockKind::Extensible(..) => (b"EADB", 0),
        };
        let inline = if is_paged { marks } else { count.saturating_mul(self.size) };
        let len = bare.saturating_add(inline).saturating_add(4);
        let block = reader.block(address, len)?;
        let mut fields = block.fields();
        fields.signature(letters, "a block of an array of chunks is not where it should be")?;
        fields.skip(usize::try_from(bare.saturating_sub(4)).unwrap_or(usize::MAX))?;
        seal(reader, &block);
        if !is_paged {
            return self.take(reader, &mut fields, start, count);
        }
        let (marks, before) = match kind {
            BlockKind::Fixed => (fields.take(usize::try_from(marks).unwrap_or(usize::MAX))?, 0),
            BlockKind::Extensible(marks, before) => (marks, before),
        };
        let stride = self.page.saturating_mul(self.size).saturating_add(4);
        for page in 0..pages {
            let bit = before.saturating_add(page);
            let mark = marks.get(usize::try_from(bit / 8).unwrap_or(usize::MAX));
            let is_written = mark.is_some_and(|mark| mark & (0x80 >> (bit % 8)) != 0);
            if !is_written {
                continue;
            }
            let first = page.saturating_mul(self.page);
            let here = count.saturating_sub(first).min(self.page);
            let at = address.saturating_add(len).saturating_add(page.saturating_mul(stride));
            let piece = reader.block(at, here.saturating_mul(self.size).saturating_add(4))?;
            seal(reader, &piece);
            self.take(reader, &mut piece.fields(), start.saturating_add(first), here)?;
        }
        Ok(())
    }
}

/// The form of an extensible array.
struct Extensible {
    /// Elements in the index block itself.
    inline: u64,
    /// Elements of the smallest data block.
    smallest: u64,
    /// Super blocks whose data blocks the index block names itself.
    direct: u32,
    /// Super blocks that there can be.
    supers: u32,
    /// Elements that were ever set, and so the end of what is read.
    used: u64,
}

/// Reads an extensible array.
pub(super) fn extensible(
    reader: &mut Reader<'_>,
    address: u64,
    chunk: u64,
    filtered: bool,
) -> Result<Vec<Place>, Flaw> {
    let (offsets, lengths) = (u64::from(reader.offset_size), u64::from(reader.length_size));
    let len = 16u64.saturating_add(lengths.saturating_mul(6)).saturating_add(offsets);
    let header = reader.block(address, len)?;
    let mut fields = header.fields();
    fields.signature(b"EAHD", "there is no extensible array of chunks here")?;
    let size = opening(&mut fields, &header, filtered)?;
    let (bits, inline, smallest) = (fields.u8()?, fields.u8()?, fields.u8()?);
    let (pointers, page) = (fields.u8()?, fields.u8()?);
    for _ in 0..4 {
        fields.length()?;
    }
    let used = fields.length()?;
    fields.length()?;
    let index = fields.address()?;
    seal(reader, &header);
    if !smallest.is_power_of_two() || !pointers.is_power_of_two() || bits > 64 {
        return Err(header.flaw("the array of chunks has an impossible form"));
    }
    let form = Extensible {
        inline: inline.into(),
        smallest: smallest.into(),
        direct: pointers.ilog2().saturating_mul(2),
        supers: u32::from(bits).saturating_sub(smallest.ilog2()).saturating_add(1),
        used,
    };
    let mut elements = Elements {
        size,
        chunk: (!filtered).then_some(chunk),
        page: 1u64.checked_shl(page.into()).unwrap_or(u64::MAX),
        offset_width: u64::from(bits).div_ceil(8),
        places: Vec::new(),
    };
    if let Some(index) = index {
        form.read(reader, &mut elements, index)?;
    }
    Ok(elements.places)
}

impl Extensible {
    /// Number of data blocks of a super block, and of elements in each of these.
    fn form(&self, number: u32) -> (u64, u64) {
        let blocks = 1u64.checked_shl(number / 2).unwrap_or(u64::MAX);
        let doublings = 1u64.checked_shl(number.div_ceil(2)).unwrap_or(u64::MAX);
        (blocks, doublings.saturating_mul(self.smallest))
    }

    fn read(&self, reader: &mut Reader<'_>, elements: &mut Elements, address: u64) -> Result<(), Flaw> {
        let width = u64::from(reader.offset_size);
        let direct = (0..self.direct).map(|number| self.form(number).0).fold(0, u64::saturating_add);
        let supers = u64::from(self.supers.saturating_sub(self.direct));
        let pointers = direct.saturating_add(supers).saturating_mul(width);
        let inline = self.inline.saturating_mul(elements.size);
        let len = 10u64.saturating_add(width).saturating_add(inline).saturating_add(pointers);
        let index = reader.block(address, len)?;
        let mut fields = index.fields();
        fields.signature(b"EAIB", "the index of an array of chunks is not where it should be")?;
        fields.skip(2usize.saturating_add(reader.offset_size.into()))?;
        seal(reader, &index);
        elements.take(reader, &mut fields, 0, self.inline)?;
        let mut start = self.inline;
        for number in 0..self.supers {
            let (blocks, count) = self.form(number);
            if start >= self.used {
                break;
            }
            if number < self.direct {
                start = self.data_blocks(reader, elements, &mut fields, start, (blocks, count), &[])?;
            } else if let Some(address) = fields.address()? {
                start = self.super_block(reader, elements, address, start, (blocks, count))?;
            } else {
                start = start.saturating_add(blocks.saturating_mul(count));
            }
        }
        Ok(())
    }

    /// Reads the data blocks whose addresses come next; gives the position behind them. `marks` are those of
    /// their pages.
    fn data_blocks(
        &self,
        reader: &mut Reader<'_>,
        elements: &mut Elements,
        fields: &mut Fields<'_>,
        start: u64,
        (blocks, count): (u64, u64),
        marks: &[u8],
    ) -> Result<u64, Flaw> {
        let mut position = start;
        let pages = count.checked_div(elements.page).unwrap_or(0);
        for number in 0..blocks {
            let address = fields.address()?;
            if let Some(address) = address.filter(|_| position < self.used) {
                let kind = BlockKind::Extensible(marks, number.saturating_mul(pages));
                elements.block(reader, address, kind, position, count)?;
            }
            position = position.saturating_add(count);
        }
        Ok(position)
    }

    /// Reads a super block, which names data blocks.
    fn super_block(
        &self,
        reader: &mut Reader<'_>,
        elements: &mut Elements,
        address: u64,
        start: u64,
        (blocks, count): (u64, u64),
    ) -> Result<u64, Flaw> {
        let prefix = 6u64.saturating_add(reader.offset_size.into()).saturating_add(elements.offset_width);
        // A bit for each page of each data block.
        let pages = if count > elements.page { (count / elements.page).div_ceil(8) } else { 0 };
        let marks = pages.saturating_mul(blocks);
        let pointers = blocks.saturating_mul(reader.offset_size.into());
        let len = prefix.saturating_add(marks).saturating_add(pointers).saturating_add(4);
        let block = reader.block(address, len)?;
        let mut fields = block.fields();
        fields.signature(b"EASB", "a super block of an array of chunks is not where it should be")?;
        fields.skip(usize::try_from(prefix.saturating_sub(4)).unwrap_or(usize::MAX))?;
        let marks = fields.take(usize::try_from(marks).unwrap_or(usize::MAX))?;
        seal(reader, &block);
        self.data_blocks(reader, elements, &mut fields, start, (blocks, count), marks)
    }
}

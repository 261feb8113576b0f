//! Object headers: the messages that describe a group or a dataset.

use std::collections::{HashSet, VecDeque};

use super::reader::{Block, Fields, Flaw, Reader};

/// Kinds of messages.
pub(super) mod kind {
    pub const DATASPACE: u16 = 0x01;
    pub const LINK_INFO: u16 = 0x02;
    pub const DATATYPE: u16 = 0x03;
    pub const FILL: u16 = 0x05;
    pub const LINK: u16 = 0x06;
    pub const EXTERNAL_FILES: u16 = 0x07;
    pub const LAYOUT: u16 = 0x08;
    pub const GROUP_INFO: u16 = 0x0a;
    pub const FILTERS: u16 = 0x0b;
    pub const ATTRIBUTE: u16 = 0x0c;
    pub const CONTINUATION: u16 = 0x10;
    pub const SYMBOL_TABLE: u16 = 0x11;
    pub const ATTRIBUTE_INFO: u16 = 0x15;
    /// The last one that there is.
    pub const REFERENCE_COUNT: u16 = 0x16;
}

/// Flag of a message whose body lies elsewhere.
pub(super) const SHARED: u8 = 0x02;
/// The other flags of messages.
const NOT_SHARED: u8 = 0x04;
const MUST_BE_KNOWN_TO_WRITE: u8 = 0x08;
const MARK_UNKNOWN: u8 = 0x10;
const WAS_UNKNOWN: u8 = 0x20;
const SHAREABLE: u8 = 0x40;
/// Flag of a message that a reader must know.
const MUST_BE_KNOWN: u8 = 0x80;

/// One message.
pub(super) struct Message<'a> {
    pub kind: u16,
    pub flags: u8,
    pub body: Block<'a>,
}

/// All messages of an object.
pub(super) struct Header<'a> {
    pub messages: Vec<Message<'a>>,
    /// Where it lies in the file.
    pub at: u64,
}

impl<'a> Header<'a> {
    /// True if there is a message of a kind.
    pub fn has(&self, kind: u16) -> bool {
        self.all(kind).next().is_some()
    }

    /// The messages of a kind.
    pub fn all(&self, kind: u16) -> impl Iterator<Item = &Message<'a>> {
        self.messages.iter().filter(move |message| message.kind == kind)
    }

    /// The body of the message of a kind, from where it lies if it is shared.
    pub fn body(&self, reader: &mut Reader<'a>, kind: u16) -> Result<Option<Block<'a>>, Flaw> {
        let Some(message) = self.all(kind).next() else { return Ok(None) };
        if message.flags & SHARED != 0 {
            return shared(reader, &message.body, kind).map(Some);
        }
        Ok(Some(reader.piece(message.body.bytes.clone(), message.body.at)))
    }
}

/// The message that another one only refers to.
pub(super) fn shared<'a>(reader: &mut Reader<'a>, body: &Block<'a>, kind: u16) -> Result<Block<'a>, Flaw> {
    let mut fields = body.fields();
    let (version, place) = (fields.u8()?, fields.u8()?);
    match (version, place) {
        (1, _) => fields.skip(6)?,
        (2, _) | (3, 2) => {}
        _ => return Err(body.unsupported("messages that several objects share")),
    }
    let address = fields.address()?.ok_or_else(|| body.flaw("a shared message lies nowhere"))?;
    let header = read(reader, address)?;
    let found = header.messages.into_iter().find(|message| message.kind == kind && message.flags & SHARED == 0);
    found.map(|message| message.body).ok_or_else(|| body.flaw("a shared message is not where it should be"))
}

/// Reads the header at an address, with all its continuations.
pub(super) fn read<'a>(reader: &mut Reader<'a>, address: u64) -> Result<Header<'a>, Flaw> {
    let start = reader.block(address, 16.min(reader.size().saturating_sub(reader.place(address)).max(4)))?;
    let mut header = Header { messages: Vec::new(), at: start.at };
    let mut list =
        if start.bytes.starts_with(b"OHDR") { second(reader, address)? } else { first(reader, address, &start)? };
    let mut visited = HashSet::from([address]);
    let mut seen = 0usize;
    while let Some(chunk) = list.waiting.pop_front() {
        if let Err(flaw) = messages(reader, &chunk, &mut list, &mut header.messages, &mut seen, &mut visited) {
            reader.flaws.push(flaw);
        }
    }
    if seen < list.promised {
        reader.note("its header has fewer messages than it says", start.span());
    }
    Ok(header)
}

/// Pieces of a header that hold messages, and how these look.
struct List<'a> {
    waiting: VecDeque<Block<'a>>,
    is_second: bool,
    /// With the order of creation in each message.
    ordered: bool,
    /// Number of messages that there should be, if the header tells.
    promised: usize,
}

/// The header as it was at first: plain messages, eight bytes aligned.
fn first<'a>(reader: &mut Reader<'a>, address: u64, start: &Block<'a>) -> Result<List<'a>, Flaw> {
    let mut fields = start.fields();
    if fields.u8()? != 1 {
        return Err(start.flaw("there is no object header here"));
    }
    fields.skip(1)?;
    let promised: usize = fields.u16()?.into();
    fields.skip(4)?;
    let size = fields.u32()?.into();
    if promised == 0 && size > 0 {
        reader.note("its header says that it has no messages", start.span());
    }
    let chunk = reader.block(address.saturating_add(16), size)?;
    Ok(List { waiting: VecDeque::from([chunk]), is_second: false, ordered: false, promised })
}

/// The header of newer files: packed, with a checksum.
fn second<'a>(reader: &mut Reader<'a>, address: u64) -> Result<List<'a>, Flaw> {
    let room = reader.size().saturating_sub(reader.place(address));
    let start = reader.block(address, room.min(34))?;
    let mut fields = start.fields();
    fields.skip(4)?;
    fields.version(2, "the object header")?;
    let flags = fields.u8()?;
    fields.skip(if flags & 0x20 != 0 { 16 } else { 0 })?;
    fields.skip(if flags & 0x10 != 0 { 4 } else { 0 })?;
    let size = fields.uint(1 << (flags & 3))?;
    let prefix = fields.offset().saturating_sub(start.at);
    let whole = reader.block(address, prefix.saturating_add(size).saturating_add(4))?;
    if !whole.is_sealed() {
        reader.note("the checksum of its header does not fit", whole.span());
    }
    let chunk = inner(reader, &whole, prefix);
    Ok(List { waiting: VecDeque::from([chunk]), is_second: true, ordered: flags & 0x04 != 0, promised: 0 })
}

/// What lies between the first `prefix` bytes of a block and its checksum.
fn inner<'a>(reader: &Reader<'a>, whole: &Block<'a>, prefix: u64) -> Block<'a> {
    let start = usize::try_from(prefix).unwrap_or(usize::MAX);
    let end = whole.bytes.len().saturating_sub(4);
    let bytes = whole.bytes.get(start..end).unwrap_or_default().to_vec();
    reader.piece(bytes, whole.at.saturating_add(prefix))
}

/// Reads the messages of one piece; puts the pieces that follow into the list.
fn messages<'a>(
    reader: &mut Reader<'a>,
    chunk: &Block<'a>,
    list: &mut List<'a>,
    into: &mut Vec<Message<'a>>,
    seen: &mut usize,
    visited: &mut HashSet<u64>,
) -> Result<(), Flaw> {
    let prefix = if !list.is_second {
        8
    } else if list.ordered {
        6
    } else {
        4
    };
    let mut fields = chunk.fields();
    while fields.remaining() >= prefix {
        let start = fields.offset();
        let (kind, size, flags) = prefix_of(&mut fields, list)?;
        *seen = seen.saturating_add(1);
        if !list.is_second && size % 8 != 0 {
            reader.flaws.push(fields.flaw("a message of its header has an impossible size", start));
        }
        let at = fields.offset();
        let body = reader.piece(fields.take(size.into())?.to_vec(), at);
        if !are_possible(kind, flags) {
            reader.flaws.push(fields.flaw("a message of its header has impossible flags", start));
        }
        match kind {
            0 => {}
            kind::CONTINUATION => match follow(reader, &body, list.is_second, visited) {
                Ok(next) => list.waiting.push_back(next),
                Err(flaw) => reader.flaws.push(flaw),
            },
            kind if kind > kind::REFERENCE_COUNT && flags & MUST_BE_KNOWN != 0 => {
                reader.flaws.push(fields.unsupported(format!("message {kind} in its header"), start));
            }
            _ => into.push(Message { kind, flags, body }),
        }
    }
    if !list.is_second && fields.remaining() > 0 {
        return Err(chunk.flaw("its header has bytes between the messages"));
    }
    Ok(())
}

/// False for flags that HDF5 refuses: contradictions, and sharing of what cannot be shared.
fn are_possible(kind: u16, flags: u8) -> bool {
    let has = |bits: u8| flags & bits == bits;
    let sharable = [kind::DATASPACE, kind::DATATYPE, kind::FILL, kind::FILTERS, kind::ATTRIBUTE];
    let is_shared = flags & (SHARED | SHAREABLE) != 0 && kind <= kind::REFERENCE_COUNT;
    let was_unknown = has(WAS_UNKNOWN) && (has(MUST_BE_KNOWN_TO_WRITE) || !has(MARK_UNKNOWN));
    !has(SHARED | NOT_SHARED) && !was_unknown && (!is_shared || sharable.contains(&kind))
}

/// Kind, size and flags of a message.
fn prefix_of(fields: &mut Fields<'_>, list: &List<'_>) -> Result<(u16, u16, u8), Flaw> {
    if list.is_second {
        let (kind, size, flags) = (fields.u8()?, fields.u16()?, fields.u8()?);
        fields.skip(if list.ordered { 2 } else { 0 })?;
        Ok((kind.into(), size, flags))
    } else {
        let (kind, size, flags) = (fields.u16()?, fields.u16()?, fields.u8()?);
        fields.skip(3)?;
        Ok((kind, size, flags))
    }
}

/// The piece of the header that a continuation names.
fn follow<'a>(
    reader: &mut Reader<'a>,
    body: &Block<'a>,
    is_second: bool,
    visited: &mut HashSet<u64>,
) -> Result<Block<'a>, Flaw> {
    let mut fields = body.fields();
    let address = fields.address()?.ok_or_else(|| body.flaw("its header goes on nowhere"))?;
    let length = fields.length()?;
    if !visited.insert(address) {
        return Err(body.flaw("its header goes on where it has been"));
    }
    let block = reader.block(address, length)?;
    if !is_second {
        return Ok(block);
    }
    block.fields().signature(b"OCHK", "its header goes on where there is none")?;
    if !block.is_sealed() {
        reader.note("the checksum of its header does not fit", block.span());
    }
    Ok(inner(reader, &block, 4))
}

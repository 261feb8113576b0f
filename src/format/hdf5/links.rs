//! The names in a group, in whichever of three ways they are stored.

use super::dense;
use super::header::{Header, kind};
use super::heaps::LocalHeap;
use super::reader::{Block, Fields, Flaw, Reader};

/// A name in a group.
pub(super) struct Link {
    pub name: String,
    pub target: Target,
}

/// Where a name leads.
pub(super) enum Target {
    /// To the object whose header is at this address.
    Hard(u64),
    Soft(String),
    External {
        file: String,
        path: String,
    },
}

/// Every name in a group, sorted; what cannot be read leaves a flaw behind.
pub(super) fn all<'a>(reader: &mut Reader<'a>, header: &Header<'a>) -> Vec<Link> {
    let mut links = Vec::new();
    for message in header.all(kind::SYMBOL_TABLE) {
        if let Err(flaw) = table(reader, &message.body, &mut links) {
            reader.flaws.push(flaw);
        }
    }
    for message in header.all(kind::LINK) {
        keep(reader, link(&message.body), &mut links);
    }
    for message in header.all(kind::LINK_INFO) {
        match dense::links(reader, &message.body) {
            Ok(bodies) => bodies.iter().for_each(|body| keep(reader, link(body), &mut links)),
            Err(flaw) => reader.flaws.push(flaw),
        }
    }
    if links.iter().any(|link| link.name.is_empty() || link.name == "." || link.name.contains('/')) {
        reader.note("one of its names is none that a path could have", header.at..header.at);
    }
    links.sort_by(|a, b| a.name.cmp(&b.name));
    let count = links.len();
    links.dedup_by(|a, b| a.name == b.name);
    if links.len() < count {
        reader.note("a name occurs more than once", header.at..header.at);
    }
    links
}

fn keep(reader: &mut Reader<'_>, read: Result<Link, Flaw>, links: &mut Vec<Link>) {
    match read {
        Ok(link) => links.push(link),
        Err(flaw) => reader.flaws.push(flaw),
    }
}

/// Reads a link message.
fn link(body: &Block<'_>) -> Result<Link, Flaw> {
    let mut fields = body.fields();
    fields.version(1, "a link")?;
    let flags = fields.u8()?;
    let kind = if flags & 0x08 != 0 { fields.u8()? } else { 0 };
    fields.skip(if flags & 0x04 != 0 { 8 } else { 0 })?;
    fields.skip(if flags & 0x10 != 0 { 1 } else { 0 })?;
    let len = fields.uint(1 << (flags & 3))?;
    let name = fields.take(usize::try_from(len).unwrap_or(usize::MAX))?;
    let name = String::from_utf8_lossy(name).into_owned();
    let target = match kind {
        0 => Target::Hard(fields.address()?.ok_or_else(|| body.flaw("a link leads nowhere"))?),
        1 => {
            let len = fields.u16()?;
            Target::Soft(String::from_utf8_lossy(fields.take(len.into())?).into_owned())
        }
        64 => {
            fields.skip(3)?;
            Target::External { file: fields.text()?, path: fields.text()? }
        }
        other => return Err(body.unsupported(format!("a link of kind {other}, to {name}"))),
    };
    Ok(Link { name, target })
}

/// Reads the oldest kind of group: a B-tree of the first version over nodes of symbols.
fn table<'a>(reader: &mut Reader<'a>, body: &Block<'a>, links: &mut Vec<Link>) -> Result<(), Flaw> {
    let mut fields = body.fields();
    let (tree, heap) = (fields.address()?, fields.address()?);
    let (Some(tree), Some(heap)) = (tree, heap) else { return Err(body.flaw("the names of the group lie nowhere")) };
    let heap = LocalHeap::read(reader, heap)?;
    let first = links.len();
    let mut waiting = vec![Waiting { address: tree, above: None, keys: None }];
    while let Some(node) = waiting.pop().filter(|_| !reader.is_spent()) {
        let read = match node.above {
            Some(0) => symbols(reader, &heap, &node, links),
            _ => branch(reader, &node, &mut waiting),
        };
        if let Err(flaw) = read {
            reader.flaws.push(flaw);
        }
    }
    // HDF5 searches for names, so it does not find one that is out of order. Where bytes were replaced, the
    // order is no longer that of the file.
    let names = links.get(first..).unwrap_or_default();
    let is_plain = |link: &Link| !link.name.contains(char::REPLACEMENT_CHARACTER);
    if names.iter().all(is_plain) && !names.is_sorted_by(|a, b| a.name < b.name) {
        reader.note("its names are out of order", body.span());
    }
    Ok(())
}

/// A node to be read.
struct Waiting {
    address: u64,
    /// The level of the one that led here: each step goes down one level, so there are no circles.
    above: Option<u8>,
    /// The names behind which those of this node begin, and with which they end at the latest: their places
    /// in the heap.
    keys: Option<(u64, u64)>,
}

/// Reads a node of the tree.
fn branch(reader: &mut Reader<'_>, node: &Waiting, waiting: &mut Vec<Waiting>) -> Result<(), Flaw> {
    let (address, above) = (node.address, node.above);
    let (offsets, lengths) = (u64::from(reader.offset_size), u64::from(reader.length_size));
    let prefix = 8u64.saturating_add(offsets.saturating_mul(2));
    let start = reader.block(address, prefix)?;
    let mut fields = start.fields();
    fields.signature(b"TREE", "a node of the group's B-tree is not where it should be")?;
    let (kind, level, count) = (fields.u8()?, fields.u8()?, fields.u16()?);
    if kind != 0 || above.is_some_and(|above| above.checked_sub(1) != Some(level)) {
        return Err(start.flaw("a node of the group's B-tree belongs elsewhere"));
    }
    let len = u64::from(count).saturating_mul(offsets.saturating_add(lengths)).saturating_add(lengths);
    let entries = reader.block(address.saturating_add(prefix), len)?;
    let mut fields = entries.fields();
    let mut children = Vec::new();
    let mut key = fields.length()?;
    for _ in 0..count {
        let address = fields.address()?.ok_or_else(|| entries.flaw("the group's B-tree leads nowhere"))?;
        let next = fields.length()?;
        children.push(Waiting { address, above: Some(level), keys: Some((key, next)) });
        key = next;
    }
    waiting.extend(children.into_iter().rev());
    Ok(())
}

/// Reads a node of symbols.
fn symbols(reader: &mut Reader<'_>, heap: &LocalHeap<'_>, node: &Waiting, links: &mut Vec<Link>) -> Result<(), Flaw> {
    let (first, address) = (links.len(), node.address);
    let start = reader.block(address, 8)?;
    let mut fields = start.fields();
    fields.signature(b"SNOD", "a node of the group's names is not where it should be")?;
    fields.version(1, "the node of names")?;
    fields.skip(1)?;
    let count = fields.u16()?;
    let size = u64::from(reader.offset_size).saturating_mul(2).saturating_add(24);
    let entries = reader.block(address.saturating_add(8), size.saturating_mul(count.into()))?;
    let mut fields = entries.fields();
    for _ in 0..count {
        let link = symbol(reader, &mut fields, heap);
        keep(reader, link, links);
        if reader.is_spent() {
            return Ok(());
        }
    }
    if let Some((before, last)) = node.keys {
        let (before, last) = (heap.name(reader, before)?, heap.name(reader, last)?);
        let read = links.get(first..).unwrap_or_default();
        let is_plain = |name: &String| !name.contains(char::REPLACEMENT_CHARACTER);
        let names = || read.iter().map(|link| &link.name).chain([&before, &last]);
        if names().all(is_plain) && read.iter().any(|link| link.name <= before || link.name > last) {
            reader.note("its names are not where HDF5 searches for them", entries.span());
        }
    }
    Ok(())
}

/// Reads a symbol; all its fields are taken in any case.
fn symbol(reader: &mut Reader<'_>, fields: &mut Fields<'_>, heap: &LocalHeap<'_>) -> Result<Link, Flaw> {
    let start = fields.offset();
    let (name, header, cache) = (fields.address()?, fields.address()?, fields.u32()?);
    fields.skip(4)?;
    let soft = fields.u32()?;
    fields.skip(12)?;
    let name = heap.name(reader, name.ok_or_else(|| fields.flaw("a symbol has no name", start))?)?;
    let target = match (cache, header) {
        (3.., _) => return Err(fields.flaw("a symbol is of a kind that does not exist", start)),
        (2, _) => Target::Soft(heap.name(reader, soft.into())?),
        (_, Some(header)) => Target::Hard(header),
        (_, None) => return Err(fields.flaw("a symbol leads nowhere", start)),
    };
    Ok(Link { name, target })
}

//! B-trees of the second version: records of equal size. All are read; the order does not matter here.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use super::reader::{Block, Fields, Flaw, Reader};
use crate::bytes::limits;

/// What a tree should be, where something leads to it.
pub(super) struct Expected {
    /// What the records are.
    pub kind: u8,
    /// Bytes of a record.
    pub size: RangeInclusive<usize>,
}

/// The records of a tree.
pub(super) struct Tree<'a> {
    /// Each node that was read, and how many records it begins with.
    nodes: Vec<(Block<'a>, u64)>,
    record_size: usize,
}

impl Tree<'_> {
    /// Each record.
    pub fn records(&self) -> impl Iterator<Item = Fields<'_>> {
        let size = self.record_size;
        let starts = move |count: u64| (HEAD..).step_by(size).take(usize::try_from(count).unwrap_or(usize::MAX));
        let nodes = self.nodes.iter();
        nodes.flat_map(move |(node, count)| starts(*count).filter_map(move |start| node.part(start, size)))
    }
}

/// Bytes before the records of a node: letters, version, kind.
const HEAD: usize = 6;

/// What all nodes of a tree have in common.
struct Form {
    kind: u8,
    node_size: u64,
    record_size: usize,
    /// For each level above the leaves, the widths of the two counts behind an address.
    counts: Vec<(usize, usize)>,
}

/// A node to be read.
struct Waiting {
    address: u64,
    records: u64,
    level: u16,
}

/// Reads the tree whose header is at an address.
pub(super) fn read<'a>(reader: &mut Reader<'a>, address: u64, expected: &Expected) -> Result<Tree<'a>, Flaw> {
    let (offsets, lengths) = (u64::from(reader.offset_size), u64::from(reader.length_size));
    let header = reader.block(address, 22u64.saturating_add(offsets).saturating_add(lengths))?;
    let mut fields = header.fields();
    fields.signature(b"BTHD", "there is no B-tree here")?;
    fields.version(0, "the B-tree")?;
    let (kind, node_size, record_size, depth) = (fields.u8()?, fields.u32()?, fields.u16()?, fields.u16()?);
    fields.skip(2)?;
    let (root, records, total) = (fields.address()?, fields.u16()?, fields.length()?);
    if !header.is_sealed() {
        reader.note("the checksum of a B-tree does not fit", header.span());
    }
    if kind != expected.kind || !expected.size.contains(&record_size.into()) {
        return Err(header.flaw("a B-tree is one of something else"));
    }
    if record_size == 0 || depth > limits::HDF5_TREE_DEPTH {
        return Err(header.flaw("a B-tree has an impossible form"));
    }
    let form = form(kind, node_size.into(), record_size.into(), depth, offsets);
    let mut tree = Tree { nodes: Vec::new(), record_size: record_size.into() };
    let mut visited: HashSet<u64> = HashSet::new();
    let first = root.map(|address| Waiting { address, records: records.into(), level: depth });
    let mut waiting: Vec<Waiting> = first.into_iter().collect();
    while let Some(node) = waiting.pop().filter(|_| !reader.is_spent()) {
        if !visited.insert(node.address) {
            reader.note("two ways in a B-tree lead to one node", header.span());
            continue;
        }
        match form.node(reader, &node, &mut waiting) {
            Ok(block) => tree.nodes.push((block, node.records)),
            Err(flaw) => reader.flaws.push(flaw),
        }
    }
    if tree.nodes.iter().map(|(_, count)| count).fold(0, |sum: u64, count| sum.saturating_add(*count)) < total {
        reader.note("a B-tree has fewer records than it says", header.span());
    }
    Ok(tree)
}

/// Bytes that hold a number up to `most`.
pub(super) fn width(most: u64) -> usize {
    most.checked_ilog2().map_or(1, |log| (log as usize / 8).saturating_add(1))
}

/// The widths of the counts follow from how many records a node of each level can have.
fn form(kind: u8, node_size: u64, record_size: usize, depth: u16, offsets: u64) -> Form {
    let record = record_size as u64;
    let room = node_size.saturating_sub(10);
    let leaf = room / record;
    let own = width(leaf);
    let (mut total, mut total_width) = (leaf, 0usize);
    let mut counts = Vec::new();
    for _ in 0..depth {
        counts.push((own, total_width));
        let pointer = offsets.saturating_add(own as u64).saturating_add(total_width as u64);
        let here = room.saturating_sub(pointer) / record.saturating_add(pointer);
        total = here.saturating_add(1).saturating_mul(total).saturating_add(here);
        total_width = width(total);
    }
    Form { kind, node_size, record_size, counts }
}

impl Form {
    fn node<'a>(&self, reader: &mut Reader<'a>, node: &Waiting, waiting: &mut Vec<Waiting>) -> Result<Block<'a>, Flaw> {
        let widths = node.level.checked_sub(1).and_then(|level| self.counts.get(usize::from(level)));
        let pointer = widths.map_or(0, |(own, total)| {
            u64::from(reader.offset_size).saturating_add(*own as u64).saturating_add(*total as u64)
        });
        let pointers = widths.map_or(0, |_| pointer.saturating_mul(node.records.saturating_add(1)));
        let used = node.records.saturating_mul(self.record_size as u64).saturating_add(pointers).saturating_add(10);
        let block = reader.block(node.address, used)?;
        let mut fields = block.fields();
        let letters = if widths.is_some() { b"BTIN" } else { b"BTLF" };
        fields.signature(letters, "a node of a B-tree is not where it should be")?;
        fields.version(0, "the node of a B-tree")?;
        if fields.u8()? != self.kind || used > self.node_size {
            return Err(block.flaw("a node of a B-tree belongs to another one"));
        }
        // The checksum stands behind what is used.
        if !block.is_sealed() {
            reader.note("the checksum of a B-tree's node does not fit", block.span());
        }
        let Some((own, total)) = widths else { return Ok(block) };
        let records = node.records.saturating_mul(self.record_size as u64);
        fields.skip(usize::try_from(records).unwrap_or(usize::MAX))?;
        for _ in 0..=node.records {
            let address = fields.address()?.ok_or_else(|| block.flaw("a B-tree leads nowhere"))?;
            let records = fields.uint(*own)?;
            fields.skip(*total)?;
            waiting.push(Waiting { address, records, level: node.level.saturating_sub(1) });
        }
        Ok(block)
    }
}

//! The way through a file: from the superblock to every object, each read once.

use std::collections::HashMap;
use std::sync::Arc;

use super::attributes;
use super::dataset;
use super::header::{self, Header, kind};
use super::heaps::GlobalHeaps;
use super::links::{self, Target};
use super::reader::Reader;
use super::superblock;
use super::tree::{Child, Group, GroupId, Hdf5, Node, join};
use crate::bytes::{Fault, Span, limits};
use crate::store::Blob;

/// Reads the structure of the HDF5 file `blob`, which a person would call `file`.
pub fn read(blob: &dyn Blob, file: &Arc<str>) -> Hdf5 {
    let names = blob.size().saturating_mul(limits::HDF5_PATH_EXPANSION).saturating_add(limits::HDF5_PATHS);
    let mut walk = Walk {
        file,
        reader: Reader::new(blob, file),
        heaps: GlobalHeaps::default(),
        known: HashMap::new(),
        waiting: Vec::new(),
        names,
        groups: Vec::new(),
        faults: Vec::new(),
    };
    walk.root();
    while let Some((id, header)) = walk.waiting.pop() {
        if walk.reader.is_spent() || walk.names == 0 {
            break;
        }
        walk.group(id, &header);
    }
    walk.end();
    Hdf5 { groups: walk.groups, faults: walk.faults, bytes_read: walk.reader.bytes_read }
}

struct Walk<'a> {
    file: &'a Arc<str>,
    reader: Reader<'a>,
    heaps: GlobalHeaps,
    /// Objects by the addresses of their headers.
    known: HashMap<u64, Node>,
    /// Groups whose contents are to be read; the next one is the last.
    waiting: Vec<(GroupId, Header<'a>)>,
    /// Bytes of paths that may still be made: in a chain of groups each one repeats those above it.
    names: u64,
    groups: Vec<Group>,
    faults: Vec<Fault>,
}

impl<'a> Walk<'a> {
    fn root(&mut self) {
        let path: Arc<str> = "/".into();
        let superblock = match superblock::read(&mut self.reader) {
            Ok(superblock) => superblock,
            Err(flaw) => {
                self.reader.flaws.push(flaw);
                return self.hear(&path);
            }
        };
        if let Some(kind) = superblock.truncated(self.reader.size()) {
            let at = superblock.end_at..superblock.end_at.saturating_add(self.reader.offset_size.into());
            self.faults.push(Fault { kind, at: Span { file: self.file.clone(), bytes: at } });
        }
        if !matches!(self.object(superblock.root, &path), Node::Group(_)) {
            self.reader.note("the root is not a group", 0..0);
        }
        self.hear(&path);
    }

    /// Says that objects were left out, if any were.
    fn end(&mut self) {
        if self.names == 0 || self.reader.is_spent() {
            self.reader.note("it names more than a file of this size can hold; the rest was left out", 0..0);
            self.hear(&Arc::from("/"));
        }
    }

    /// Makes faults of what was noted while the object at `path` was read.
    fn hear(&mut self, path: &Arc<str>) {
        let flaws = std::mem::take(&mut self.reader.flaws);
        self.faults.extend(flaws.into_iter().map(|flaw| flaw.of(self.file, path)));
    }

    /// Reads the names in a group, and the objects behind them.
    fn group(&mut self, id: GroupId, header: &Header<'a>) {
        let Some(path) = self.groups.get(id.0).map(|group| group.path.clone()) else { return };
        let attributes = attributes::all(&mut self.reader, &mut self.heaps, header);
        let links = links::all(&mut self.reader, header);
        self.hear(&path);
        let before = self.waiting.len();
        let mut children = Vec::new();
        for link in links {
            if self.reader.is_spent() || self.names == 0 {
                break;
            }
            // Whoever reads the tree writes out the path of each name.
            self.names = self.names.saturating_sub((path.len() as u64).saturating_add(link.name.len() as u64));
            let node = match link.target {
                Target::Hard(address) => match self.known.get(&address) {
                    Some(known) => known.clone(),
                    None => self.child(address, &path, &link.name),
                },
                Target::Soft(target) => Node::Soft { target },
                Target::External { file, path } => Node::External { file, target: path },
            };
            children.push(Child { name: link.name, node });
        }
        // The last one is read first, and that must be the first in the order of the names.
        if let Some(new) = self.waiting.get_mut(before..) {
            new.reverse();
        }
        if let Some(group) = self.groups.get_mut(id.0) {
            (group.attributes, group.children) = (attributes, children);
        }
    }

    /// Reads an object for the first time.
    fn child(&mut self, address: u64, parent: &str, name: &str) -> Node {
        let path = Arc::from(join(parent, name));
        let node = self.object(address, &path);
        self.hear(&path);
        node
    }

    fn object(&mut self, address: u64, path: &Arc<str>) -> Node {
        let node = match header::read(&mut self.reader, address) {
            Ok(header) => self.described(header, path),
            Err(flaw) => {
                self.reader.flaws.push(flaw);
                Node::Broken
            }
        };
        self.known.insert(address, node.clone());
        node
    }

    /// What the messages of a header make of an object.
    fn described(&mut self, header: Header<'a>, path: &Arc<str>) -> Node {
        let is_group = [kind::SYMBOL_TABLE, kind::LINK_INFO, kind::LINK, kind::GROUP_INFO];
        if is_group.into_iter().any(|kind| header.has(kind)) {
            let id = GroupId(self.groups.len());
            self.groups.push(Group { path: path.clone(), attributes: Vec::new(), children: Vec::new() });
            self.waiting.push((id, header));
            return Node::Group(id);
        }
        if header.has(kind::LAYOUT) || header.has(kind::DATASPACE) {
            return Node::Dataset(Arc::new(dataset::read(&mut self.reader, &mut self.heaps, &header)));
        }
        if header.has(kind::DATATYPE) {
            return Node::Datatype;
        }
        self.reader.note("it is neither a group nor a dataset", header.at..header.at);
        Node::Broken
    }
}

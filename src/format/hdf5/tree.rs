//! What an HDF5 file holds, as plain values: groups, datasets with the places of their bytes, attributes.

use std::sync::Arc;

use smallvec::SmallVec;

use crate::bytes::{Fault, limits};
use crate::model::{DType, Endianness, Filter, Shape};

/// The structure of one HDF5 file.
#[derive(Clone, Debug)]
pub struct Hdf5 {
    /// Every group once: the root first, each behind the one in which it was met.
    pub groups: Vec<Group>,
    /// What contradicts the format or is not supported, in the order of the reading.
    pub faults: Vec<Fault>,
    /// Bytes that were read to learn all this.
    pub bytes_read: u64,
}

/// The place of a group in [`Hdf5::groups`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GroupId(pub(super) usize);

/// A group.
#[derive(Clone, Debug)]
pub struct Group {
    /// Its path: `/` for the root, `/layers/dense` below. Of several, the one that was met first.
    pub path: Arc<str>,
    /// In the order of the file.
    pub attributes: Vec<Attribute>,
    /// Sorted by name, byte by byte, as HDF5 lists them.
    pub children: Vec<Child>,
}

/// A name in a group.
#[derive(Clone, Debug)]
pub struct Child {
    /// What it is called; bytes that are not UTF-8 are replaced.
    pub name: String,
    /// What it stands for.
    pub node: Node,
}

/// What a name stands for.
#[derive(Clone, Debug)]
pub enum Node {
    /// A group; several names may lead to one.
    Group(GroupId),
    /// A dataset; several names may share one.
    Dataset(Arc<Dataset>),
    /// A path that HDF5 would follow in the same file. It is not followed here.
    Soft {
        /// The path.
        target: String,
    },
    /// A path in another file. It is not followed here.
    External {
        /// The other file, as the link spells it.
        file: String,
        /// The path in it.
        target: String,
    },
    /// A datatype with a name of its own.
    Datatype,
    /// It could not be read; a fault says why.
    Broken,
}

/// An array.
#[derive(Clone, Debug)]
pub struct Dataset {
    /// The type of its elements.
    pub datatype: Datatype,
    /// Its shape; unknown if it could not be read, one empty axis for HDF5's null dataspace.
    pub shape: Shape,
    /// Where its bytes are.
    pub storage: Storage,
    /// One element as stored, for what was never written; zeros if there is none.
    pub fill: Option<Vec<u8>>,
    /// In the order of the file.
    pub attributes: Vec<Attribute>,
}

/// The type of elements.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Datatype {
    /// The nearest type of TensorFlow; unknown where there is none.
    pub dtype: DType,
    /// Bytes of one element in the file; 16 or so for a variable-length string, whose bytes lie elsewhere.
    pub size: u32,
    /// The order of the bytes of a number.
    pub order: Endianness,
    /// What HDF5 calls it.
    pub class: Class,
}

/// The classes of HDF5's types.
#[expect(missing_docs, reason = "HDF5's own names")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Class {
    Integer,
    Float,
    /// A string of a fixed number of bytes; `spaces` if it is padded with these, not with zeros.
    FixedString {
        spaces: bool,
    },
    VariableString,
    /// Bytes without a meaning, with a tag; Keras stores bfloat16 so and names it in an attribute.
    Opaque {
        tag: String,
    },
    Enumeration,
    Compound,
    Reference,
    Sequence,
    Array,
    Complex,
    Time,
    BitField,
    /// It could not be read.
    Unknown,
}

/// Where the bytes of a dataset lie. Offsets count from the start of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Storage {
    /// In one piece.
    Contiguous {
        /// Where.
        offset: u64,
        /// How many bytes.
        length: u64,
    },
    /// In one piece, within the header of the dataset.
    Compact {
        /// Where.
        offset: u64,
        /// How many bytes.
        length: u64,
    },
    /// In chunks of equal shape; those not listed hold only the fill value.
    Chunked {
        /// The shape of a chunk.
        shape: SmallVec<[u64; 4]>,
        /// What was done to each chunk when it was written, in this order.
        filters: Vec<Filter>,
        /// The chunks that were written.
        chunks: Vec<Chunk>,
        /// False if the index that lists them is damaged: then there may be others.
        is_whole: bool,
    },
    /// Nowhere: never written, or no elements.
    Nothing,
    /// In other files, as the dataset spells their names. They are not followed here.
    External {
        /// The names.
        files: Vec<String>,
    },
    /// It could not be read or is not supported; a fault says why.
    Unknown,
}

/// A chunk of a dataset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// The index of its first element.
    pub origin: SmallVec<[u64; 4]>,
    /// Where its bytes lie in the file.
    pub offset: u64,
    /// How many bytes are stored.
    pub length: u64,
    /// Bit n is set if filter n was left out.
    pub mask: u32,
}

/// A named value of a group or a dataset.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    /// Its name.
    pub name: String,
    /// Its shape: no axes for a scalar.
    pub shape: Shape,
    /// Its value.
    pub value: Value,
}

/// The elements of an attribute, row by row.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Strings of either kind, without their padding.
    Strings(Vec<String>),
    /// Whole numbers and booleans.
    Integers(Vec<i128>),
    /// Floating-point numbers; the empty list of h5py is one of these.
    Floats(Vec<f64>),
    /// Bytes of any other type, as stored.
    Raw(Vec<u8>),
    /// It could not be read; a fault says why.
    Broken,
}

impl Hdf5 {
    /// The group at the top; none if not even that could be read.
    pub fn root(&self) -> Option<&Group> {
        self.groups.first()
    }

    /// The group with this place.
    pub fn group(&self, id: GroupId) -> Option<&Group> {
        self.groups.get(id.0)
    }

    /// What a path stands for, from the root: `layers/dense/vars`. Links to paths are not followed.
    pub fn at(&self, path: &str) -> Option<Node> {
        match path.trim_matches('/') {
            "" => Some(Node::Group(GroupId(0))),
            path => self.find(path).cloned(),
        }
    }

    fn find(&self, path: &str) -> Option<&Node> {
        let mut names = path.split('/').filter(|name| !name.is_empty());
        let mut node = self.root()?.child(names.next()?)?;
        for name in names {
            let &Node::Group(id) = node else { return None };
            node = self.group(id)?.child(name)?;
        }
        Some(node)
    }

    /// What a link in a group leads to, where that lies in this file, and its path. Links may lead to links.
    pub fn behind(&self, group: &str, target: &str) -> Option<(String, &Node)> {
        let mut path = if target.starts_with('/') { target.to_owned() } else { join(group, target) };
        for _ in 0..limits::HDF5_LINKS {
            let Node::Soft { target } = self.find(&path)? else { return Some((path.clone(), self.find(&path)?)) };
            let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
            path = if target.starts_with('/') { target.clone() } else { join(parent, target) };
        }
        None
    }

    /// Every dataset with its path, once for each name in a group.
    pub fn datasets(&self) -> impl Iterator<Item = (String, &Arc<Dataset>)> {
        self.groups.iter().flat_map(|group| {
            group.children.iter().filter_map(|child| match &child.node {
                Node::Dataset(dataset) => Some((join(&group.path, &child.name), dataset)),
                _ => None,
            })
        })
    }
}

impl Group {
    /// What a name in this group stands for.
    pub fn child(&self, name: &str) -> Option<&Node> {
        let found = self.children.binary_search_by(|child| child.name.as_str().cmp(name)).ok()?;
        self.children.get(found).map(|child| &child.node)
    }

    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }
}

impl Dataset {
    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }
}

/// The path of a name in the group at `path`.
pub(super) fn join(path: &str, name: &str) -> String {
    format!("{}/{name}", path.trim_end_matches('/'))
}

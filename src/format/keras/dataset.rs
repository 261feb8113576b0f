//! Datasets of HDF5 as entries of a checkpoint.

use std::collections::HashSet;

use smallvec::SmallVec;

use crate::bytes::{Fault, FaultKind, Span};
use crate::format::hdf5::{Class, Dataset, Hdf5, Node, Storage, Value};
use crate::model::{Coded, Coding, DType, Endianness, Entry, Extent, File, Payload, Piece, Place, Shape, Slice};

/// What a name stands for that is not a group.
#[derive(Clone, Copy, Debug)]
pub(super) enum Leaf<'a> {
    /// An array.
    Dataset(&'a Dataset),
    /// A link out of the file or to nothing, or an object that cannot be read. A fault says which.
    Elsewhere,
}

/// Every name in a file that may stand for a weight, by its path without the slash in front, as h5py
/// writes it.
pub(super) fn leaves(hdf5: &Hdf5) -> Vec<(String, Leaf<'_>)> {
    let mut leaves = Vec::new();
    for group in &hdf5.groups {
        for child in &group.children {
            let leaf = match &child.node {
                Node::Dataset(dataset) => Leaf::Dataset(dataset),
                Node::Soft { target } => match hdf5.behind(&group.path, target).map(|(_, node)| node) {
                    Some(Node::Dataset(dataset)) => Leaf::Dataset(dataset),
                    Some(Node::Group(_) | Node::Datatype) => continue,
                    _ => Leaf::Elsewhere,
                },
                Node::External { .. } | Node::Broken => Leaf::Elsewhere,
                Node::Group(_) | Node::Datatype => continue,
            };
            leaves.push((below(&group.path, &child.name), leaf));
        }
    }
    leaves
}

/// The path of a name in a group, without the slash in front.
pub(super) fn below(group: &str, name: &str) -> String {
    let group = group.trim_matches('/');
    if group.is_empty() { name.to_owned() } else { format!("{group}/{name}") }
}

/// The entry of a leaf, which lies in the file with this position.
pub(super) fn entry(path: &str, leaf: Leaf<'_>, file: usize) -> Entry {
    let (dtype, shape, payload, endianness) = match leaf {
        Leaf::Dataset(dataset) => {
            (dtype(dataset), dataset.shape.clone(), payload(dataset, file), dataset.datatype.order)
        }
        Leaf::Elsewhere => (DType::UNKNOWN, Shape::unknown(), Payload::Nowhere, Endianness::Little),
    };
    Entry {
        key: path.into(),
        dtype,
        shape,
        payload,
        checksum: None,
        endianness,
        trusted: true,
        declared_at: Place::NONE,
    }
}

/// The type of the elements. HDF5 has no bfloat16: Keras stores two bytes without a meaning and names the
/// type in an attribute, which it forgets in the older layout.
pub(super) fn dtype(dataset: &Dataset) -> DType {
    if !matches!(dataset.datatype.class, Class::Opaque { .. }) {
        return dataset.datatype.dtype;
    }
    let named = match dataset.attribute("dtype").map(|attribute| &attribute.value) {
        Some(Value::Strings(names)) => names.first().and_then(|name| DType::from_name(name)),
        Some(_) => None,
        None => DType::from_name("bfloat16"),
    };
    let size = Some(u64::from(dataset.datatype.size));
    named.filter(|dtype| dtype.bytes() == size).unwrap_or(DType::UNKNOWN)
}

fn payload(dataset: &Dataset, file: usize) -> Payload {
    // Texts lie in heaps, or are padded: not as tensors of texts do.
    if dataset.datatype.dtype == DType::STRING {
        return Payload::Nowhere;
    }
    match &dataset.storage {
        &(Storage::Contiguous { offset, length } | Storage::Compact { offset, length }) => {
            Payload::Extent(Extent { file, offset, length })
        }
        Storage::Chunked { shape, filters, chunks, is_whole } => {
            let pieces = chunks.iter().map(|chunk| Piece {
                slice: Slice { extents: chunk.origin.iter().copied().zip(shape.iter().copied()).collect() },
                extent: Extent { file, offset: chunk.offset, length: chunk.length },
                mask: chunk.mask,
            });
            let (coding, pieces) = (Coding::Filters(filters.clone()), pieces.collect());
            // What a damaged index does not list may have been written.
            Payload::Coded(Box::new(Coded { coding, pieces, fill: is_whole.then(|| fill(dataset)) }))
        }
        Storage::Nothing => {
            let coding = Coding::Filters(Vec::new());
            Payload::Coded(Box::new(Coded { coding, pieces: Vec::new(), fill: Some(fill(dataset)) }))
        }
        Storage::External { .. } | Storage::Unknown => Payload::Nowhere,
    }
}

/// One element for what was never written, little-endian.
fn fill(dataset: &Dataset) -> Box<[u8]> {
    let size = usize::try_from(dataset.datatype.size).unwrap_or(0);
    let stored = dataset.fill.as_ref().filter(|fill| fill.len() == size);
    let Some(stored) = stored else {
        // A wounded file may claim elements of 4 GiB; only those of known types are decoded.
        let size = dtype(dataset).bytes().and_then(|size| usize::try_from(size).ok());
        return vec![0; size.unwrap_or(0)].into();
    };
    let mut fill: SmallVec<[u8; 16]> = stored.as_slice().into();
    if dataset.datatype.order == Endianness::Big {
        fill.reverse();
    }
    fill.as_slice().into()
}

/// The paths that links in a file lead to: what lies there is listed under the names of the links.
pub(super) fn linked(hdf5: &Hdf5) -> HashSet<String> {
    let children = hdf5.groups.iter().flat_map(|group| group.children.iter().map(move |child| (group, child)));
    let targets = children.filter_map(|(group, child)| match &child.node {
        Node::Soft { target } => hdf5.behind(&group.path, target),
        _ => None,
    });
    targets.map(|(path, _)| path.trim_matches('/').to_owned()).collect()
}

/// What of a file lies elsewhere. Links out of it are not followed, but said; those within it are both.
pub(super) fn links(hdf5: &Hdf5, file: &File) -> Vec<Fault> {
    let mut kinds = Vec::new();
    for group in &hdf5.groups {
        for child in &group.children {
            let path = || below(&group.path, &child.name);
            match &child.node {
                Node::Soft { target } => kinds.push(FaultKind::LinkInFile { path: path(), target: target.clone() }),
                Node::External { file, .. } => {
                    kinds.push(FaultKind::LinkLeavesFile { path: path(), file: file.clone() });
                }
                Node::Dataset(dataset) => {
                    if let Storage::External { files } = &dataset.storage {
                        let file = files.first().cloned().unwrap_or_default();
                        kinds.push(FaultKind::LinkLeavesFile { path: path(), file });
                    }
                    if dataset.datatype.dtype == DType::STRING {
                        let (path, what) = (path().into(), "texts in HDF5".to_owned());
                        kinds.push(FaultKind::Hdf5Unsupported { path, what });
                    }
                }
                Node::Group(_) | Node::Datatype | Node::Broken => {}
            }
        }
    }
    kinds.into_iter().map(|kind| Fault { kind, at: Span::whole(&file.label) }).collect()
}

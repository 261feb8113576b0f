//! What a path leads to, by what lies there and never by its name alone.

use std::io;
use std::path::Path;

use super::{foreign, hdf5};
use crate::bytes::Foreign;
use crate::store::{self, Blob, ItemKind, Store};

/// What reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The reader of V1 checkpoints.
    V1,
    /// The reader of graphs.
    MetaGraph,
    /// The reader of Keras' own files.
    Keras,
    /// None: it is something else.
    Foreign(Foreign),
}

/// Bytes of JSON that are looked at.
const HEAD: u64 = 1 << 16;

/// What a file is. None if nothing can be told.
///
/// # Errors
/// If it cannot be read.
pub(super) fn file(store: &dyn Store, path: &Path) -> io::Result<Option<Kind>> {
    let blob = store::open(store, path)?;
    let blob = blob.as_ref();
    // A graph has no mark of its own: there the name has to tell, unless the content speaks for itself.
    let is = |end: &str| path.extension().is_some_and(|extension| extension == end);
    let is_meta = is("meta");
    if blob.size() == 0 && !is_meta {
        return Ok(Some(Kind::Foreign(Foreign::Empty)));
    }
    if super::is_table(blob) {
        return Ok(Some(if is_v1(blob)? { Kind::V1 } else { Kind::Foreign(Foreign::Index) }));
    }
    if blob.size() == 0 {
        return Ok(Some(Kind::MetaGraph));
    }
    // One that lost its end.
    if lists_tensors(blob)? {
        return Ok(Some(Kind::V1));
    }
    if hdf5::is_hdf5(blob)? {
        return Ok(Some(Kind::Keras));
    }
    Ok(match foreign::sniff_whole(blob)? {
        Some(Foreign::KerasArchive) => Some(Kind::Keras),
        // Nothing in it can be told any more: then the name has to.
        Some(Foreign::BrokenZip) if is("keras") => Some(Kind::Keras),
        Some(Foreign::Json) if head_has(blob, b"\"weight_map\"")? => Some(Kind::Keras),
        Some(Foreign::Json) if head_has(blob, b"\"ckpt/")? => Some(Kind::Foreign(Foreign::Answer)),
        None | Some(Foreign::Text | Foreign::Zeros | Foreign::SavedModel | Foreign::Onnx) if is_meta => {
            Some(Kind::MetaGraph)
        }
        what => what.map(Kind::Foreign),
    })
}

/// What a directory is, if it is one that is loaded as a whole. A SavedModel is told elsewhere.
pub(super) fn directory(store: &dyn Store, path: &Path) -> Option<Kind> {
    let has = |name: &str| store.stat(&path.join(name)).is_ok_and(|item| item.kind == ItemKind::File);
    let archive = has("config.json") && (has("metadata.json") || has("model.weights.h5") || has("model.weights.npz"));
    archive.then_some(Kind::Keras)
}

/// True for a table whose first record is that of V1, a message with a field 1 of its own; in an index
/// it is the header, which begins with the number of shards.
fn is_v1(blob: &dyn Blob) -> io::Result<bool> {
    let mut head = [0; 16];
    let length = head.len().min(usize::try_from(blob.size()).unwrap_or(usize::MAX));
    blob.read_at(0, head.get_mut(..length).unwrap_or_default())?;
    // No byte shared, none of its own: the empty key. Then the length of the value, and the value.
    let [0, 0, rest @ ..] = head else { return Ok(false) };
    Ok(behind_length(&rest).first() == Some(&0x0a))
}

/// True for a file whose first record, under the empty key, lists tensors by name as that of V1 does.
fn lists_tensors(blob: &dyn Blob) -> io::Result<bool> {
    let mut head = vec![0; usize::try_from(blob.size().min(64)).unwrap_or(0)];
    blob.read_at(0, &mut head)?;
    let [0, 0, rest @ ..] = head.as_slice() else { return Ok(false) };
    // The length of the value; then the list, its first tensor, its name, each a field 1 with its length.
    let mut rest = behind_length(rest);
    for _ in 0..3 {
        let Some((0x0a, behind)) = rest.split_first() else { return Ok(false) };
        rest = behind_length(behind);
    }
    Ok(rest.first().is_some_and(u8::is_ascii_graphic))
}

/// What comes behind a variable-length number.
fn behind_length(bytes: &[u8]) -> &[u8] {
    let more = bytes.iter().take_while(|byte| **byte >= 0x80).count();
    bytes.get(more.saturating_add(1)..).unwrap_or_default()
}

/// True if something stands in the beginning of a file.
fn head_has(blob: &dyn Blob, what: &[u8]) -> io::Result<bool> {
    let mut head = vec![0; usize::try_from(blob.size().min(HEAD)).unwrap_or(0)];
    blob.read_at(0, &mut head)?;
    Ok(memchr::memmem::find(&head, what).is_some())
}

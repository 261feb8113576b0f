//! TensorBundle, TensorFlow's checkpoint format V2: a table of tensors in `PREFIX.index`, their bytes
//! in `PREFIX.data-SSSSS-of-NNNNN`.

mod graph;
mod index;
mod scan;
mod shards;
mod slices;
mod text_mode;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::directory::label;
use super::files::{self, file};
use crate::bytes::{Fault, FaultKind, Span};
use crate::error::Error;
use crate::model::{Checkpoint, Container, Entry, FileRole, Flavor, describe};
use crate::store::{self, Store};

/// Opens the checkpoint of a prefix: its index, the sizes of its shards, its object graph. Whatever is
/// wrong with these becomes a fault.
///
/// # Errors
/// If there is neither an index nor a data file of this prefix: then there is no checkpoint.
pub fn open(store: &dyn Store, prefix: &Path) -> Result<Checkpoint, Error> {
    let beside = shards::beside(store, prefix);
    let path = with_suffix(prefix, ".index");
    let item = files::look(store, &path);
    if item.is_none() && beside.is_empty() {
        return Err(Error::new(format!("no checkpoint at {}", label(prefix))));
    }
    let mut files = vec![file(path, FileRole::Index, item)];
    let mut index = index::Index::default();
    if let Some(file) = files.first() {
        match store::open(store, &file.path) {
            Ok(blob) => {
                index.read(&file.label, blob.as_ref());
                // A sound index is read block by block, and never as a whole.
                if !index.faults.is_empty()
                    && let Ok(bytes) = store::read(store, &file.path, u64::MAX)
                    && let Some(added) = text_mode::of_index(&file.label, &bytes)
                {
                    index.faults.push(Fault { kind: FaultKind::TextMode { added }, at: Span::whole(&file.label) });
                }
            }
            Err(error) => index.faults.push(files::unreadable(&file.label, &error)),
        }
        slices::assemble(&mut index, &file.label, file.size.unwrap_or(0));
    }
    let index_is_whole = index.faults.is_empty();

    let mut entries = index.entries;
    let mut faults = index.faults;
    if faults.iter().any(|fault| matches!(fault.kind, FaultKind::KeyOrder { .. })) {
        entries.sort_by(|a, b| a.key.cmp(&b.key));
        once(&mut entries, &mut faults);
    }
    let (needed, misplaced) = shards::place(store, prefix, index.shards, &beside, &mut entries, &mut files);
    faults.extend(misplaced);
    faults.extend(shards::measure(store, &files, needed, index_is_whole));
    let flavor = if index.by_object { Flavor::ObjectBased } else { Flavor::NameBased };
    let graph = graph::read(store, &files, &entries, index.endianness, flavor, &mut faults);
    let (variables, writer) = describe(&entries, flavor, graph.as_ref());
    Ok(Checkpoint {
        flavor,
        writer,
        endianness: index.endianness,
        declared_shards: index.shards,
        files,
        entries,
        variables,
        graph,
        faults,
        ..Checkpoint::empty(prefix, label(prefix), Container::Bundle)
    })
}

/// Of entries with one key, leaves the first, which is what TensorFlow's search finds. That the key is
/// repeated is then the fault, not that it is out of order.
fn once(sorted: &mut Vec<Entry>, faults: &mut [Fault]) {
    let mut repeated: HashSet<String> = HashSet::new();
    sorted.dedup_by(|later, first| {
        let same = later.key == first.key;
        if same {
            repeated.insert(later.key.to_string());
        }
        same
    });
    for fault in faults {
        match &mut fault.kind {
            FaultKind::KeyOrder { key } if repeated.contains(key) => {
                fault.kind = FaultKind::KeyRepeated { key: std::mem::take(key) };
            }
            _ => {}
        }
    }
}

/// The prefix with a suffix put behind its last character.
fn with_suffix(prefix: &Path, suffix: &str) -> PathBuf {
    let mut path = prefix.as_os_str().to_owned();
    path.push(suffix);
    PathBuf::from(path)
}

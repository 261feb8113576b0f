//! One file or folder per on-disk format: bytes in, a [`crate::model::Checkpoint`] out.
//!
//! Readers never give up and never judge: what contradicts the format becomes a fault.

mod bundle;
mod directory;
mod extents;
mod files;
mod foreign;
#[doc(hidden)]
pub mod hdf5;
mod hub;
mod keras;
mod listing;
mod meta_graph;
mod ordered_code;
mod recognise;
mod resolve;
mod saved_model;
mod slices;
#[doc(hidden)]
pub mod sstable;
mod state;
#[doc(hidden)]
pub mod v1;
mod version;

pub use extents::overlaps;
pub use listing::open as open_listing;
pub use meta_graph::beside as graph_beside;
pub use resolve::{Ground, resolve};
pub use saved_model::read as read_saved_model;

use std::io;
use std::path::Path;

use self::recognise::Kind;
use crate::bytes::{Fault, FaultKind, Span};
use crate::error::Error;
use crate::model::{Checkpoint, Container};
use crate::store::{self, Blob, Harm, Store};

/// Opens what a path leads to: the prefix of a checkpoint, or a file or folder that holds one.
///
/// # Errors
/// If nothing is there that any format claims.
pub fn open(store: &dyn Store, path: &Path) -> Result<Checkpoint, Error> {
    if let Some(directory) = saved_model::directory(store, path) {
        return saved_model::open(store, directory, path);
    }
    if resolve::is_prefix(store, path) {
        return bundle::open(store, path);
    }
    let kind = recognise::file(store, path).ok().flatten().or_else(|| recognise::directory(store, path));
    match kind {
        Some(Kind::V1) => v1::open(store, path),
        Some(Kind::MetaGraph) => meta_graph::open(store, path),
        Some(Kind::Keras) => keras::open(store, path),
        Some(Kind::Foreign(_)) => bundle::open(store, path),
        None if v1::is_set(path) => v1::open(store, path),
        None => bundle::open(store, path),
    }
}

/// Members of an archive that are not what was packed; every byte of it is read for this.
pub fn harmed_members(store: &dyn Store, checkpoint: &Checkpoint) -> Vec<Fault> {
    let archive = store.open(&checkpoint.prefix).ok().filter(|_| checkpoint.container == Container::KerasArchive);
    let kinds = match archive.map(|archive| store::harmed(archive.as_ref())) {
        None => Vec::new(),
        Some(Ok(harmed)) => harmed.into_iter().map(|(name, harm)| member(name, &harm)).collect(),
        // Said when it was opened, if its directory cannot be read.
        Some(Err(_))
            if checkpoint.faults.iter().any(|fault| matches!(fault.kind, FaultKind::ArchiveMalformed { .. })) =>
        {
            Vec::new()
        }
        Some(Err(error)) => vec![FaultKind::ArchiveMalformed { error: files::words(&error) }],
    };
    let at = Span::whole(&checkpoint.label.as_str().into());
    kinds.into_iter().map(|kind| Fault { kind, at: at.clone() }).collect()
}

/// What is wrong with a member of an archive.
fn member(name: String, harm: &Harm) -> FaultKind {
    match harm {
        Harm::Changed => FaultKind::MemberChecksum { name },
        Harm::Overlaps => FaultKind::MemberOverlaps { name },
        Harm::Lost(error) => FaultKind::MemberLost { name, error: files::words(error) },
        Harm::Unsupported(how) => FaultKind::MemberUnread { name, why: (*how).to_owned() },
    }
}

/// What is wrong with the graph that lies beside a checkpoint as `PREFIX.meta`, if one does.
pub fn graph_of_another(store: &dyn Store, checkpoint: &Checkpoint) -> Vec<Fault> {
    if checkpoint.container != Container::Bundle || checkpoint.saved_model.is_some() || checkpoint.entries.is_empty() {
        return Vec::new();
    }
    let mut path = checkpoint.prefix.clone().into_os_string();
    path.push(".meta");
    let path = Path::new(&path);
    if let Err(error) = store.stat(path) {
        let refused = (!files::is_absent(&error)).then(|| files::unreadable(&directory::label(path).into(), &error));
        return refused.into_iter().collect();
    }
    let Ok(graph) = meta_graph::open(store, path) else { return Vec::new() };
    let mut faults = graph.faults;
    for fault in &mut faults {
        if let FaultKind::Foreign { what } = &fault.kind {
            fault.kind = FaultKind::GraphFileMalformed { error: format!("it is {what}") };
        }
    }
    // A damaged index may have had them.
    let wanted = graph.entries.iter().filter(|_| checkpoint.faults.is_empty());
    let wanted = wanted.filter(|entry| checkpoint.find(entry.key.bytes()).is_none());
    let missing: Vec<String> = wanted.map(|entry| entry.key.to_string()).collect();
    if let (Some(file), false) = (graph.files.first(), missing.is_empty()) {
        faults.push(Fault { kind: FaultKind::GraphOfAnother { missing }, at: Span::whole(&file.label) });
    }
    faults
}

/// What the disk says of a path that it does not give.
pub fn refused(path: &Path, error: &io::Error) -> Fault {
    files::unreadable(&directory::label(path).into(), error)
}

/// True for what ends as an index, or a checkpoint of the older format, does.
pub fn is_table(blob: &dyn Blob) -> bool {
    let mut end = sstable::MAGIC.map(|_| 0);
    let start = blob.size().checked_sub(end.len() as u64);
    start.is_some_and(|start| blob.read_at(start, &mut end).is_ok()) && end == sstable::MAGIC
}

/// True for the names that files of a checkpoint have.
pub fn is_checkpoint_file(name: &str) -> bool {
    name == state::NAME || directory::part(name).is_some()
}

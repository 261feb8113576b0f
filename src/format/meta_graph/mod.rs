//! `.meta` files: a graph of TensorFlow 1 that says which variables it expects of a checkpoint, and has no
//! values.

mod graph;
mod saver;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

pub(super) use graph::{Graph, decode, dtype, shape};
pub(super) use saver::wanted;

use super::directory::label;
use super::foreign::sniff;
use crate::bytes::{Fault, FaultKind, Foreign, Span, limits};
use crate::error::Error;
use crate::model::{
    Checkpoint, Container, Endianness, Entry, File, FileRole, Flavor, GraphFile, Key, Payload, Place, Versions,
    describe,
};
use crate::proto;
use crate::store::{self, Store};

/// Opens a `.meta` file as what a checkpoint should have: the variables that the graph's Saver restores.
/// Whatever is wrong with it becomes a fault.
///
/// # Errors
/// If there is no such file.
pub fn open(store: &dyn Store, path: &Path) -> Result<Checkpoint, Error> {
    let item = store.stat(path).map_err(|error| Error::new(format!("no graph at {}: {error}", label(path))))?;
    let file = File {
        path: path.to_owned(),
        label: path.display().to_string().into(),
        role: FileRole::Whole,
        size: Some(item.size),
        stored: None,
        modified: item.modified,
    };
    let mut faults = Vec::new();
    let (entries, strange, versions) = bytes(store, path, &file.label, &mut faults)
        .and_then(|bytes| match of_either_form(&bytes) {
            Ok(read) => Some(read),
            Err(error) => {
                faults.push(malformed(&file.label, &bytes, error));
                None
            }
        })
        .unwrap_or_default();
    let kinds = strange.into_iter().map(|key| FaultKind::ShapeInvalid { key });
    faults.extend(kinds.map(|kind| Fault { kind, at: Span::whole(&file.label) }));
    let flavor = Flavor::NameBased;
    let (variables, writer) = describe(&entries, flavor, None);
    Ok(Checkpoint {
        flavor,
        writer,
        versions,
        files: vec![file],
        entries,
        variables,
        faults,
        ..Checkpoint::empty(path, label(path), Container::MetaGraph)
    })
}

/// The graph of the program that saved the checkpoint of a prefix, if it lies beside it.
pub fn beside(store: &dyn Store, prefix: &Path) -> GraphFile {
    let mut path = prefix.as_os_str().to_owned();
    path.push(".meta");
    let path = Path::new(&path);
    if store.stat(path).is_err() {
        return GraphFile::Missing;
    }
    let bytes = store::read(store, path, limits::GRAPH_FILE).unwrap_or_default();
    match Graph::parse(&bytes).and_then(|graph| wanted(&graph)) {
        Ok(wants) => GraphFile::Read(wants.variables),
        Err(_) if std::str::from_utf8(&bytes).is_ok() => GraphFile::Malformed,
        Err(_) => GraphFile::Garbled,
    }
}

/// The bytes of a file that is one message.
pub(super) fn bytes(store: &dyn Store, path: &Path, label: &Arc<str>, faults: &mut Vec<Fault>) -> Option<Vec<u8>> {
    match store::read(store, path, limits::GRAPH_FILE) {
        Ok(bytes) => Some(bytes),
        Err(error) => {
            faults.push(Fault { kind: FaultKind::Unreadable { error: error.to_string() }, at: Span::whole(label) });
            None
        }
    }
}

/// What to say of a file that is not the message it should be.
pub(super) fn malformed(label: &Arc<str>, bytes: &[u8], error: String) -> Fault {
    // A graph may be text, so that alone is not foreign: the error says more.
    let kind = match sniff(bytes).filter(|what| *what != Foreign::Text) {
        Some(what) => FaultKind::Foreign { what },
        None => FaultKind::GraphFileMalformed { error },
    };
    Fault { kind, at: Span::whole(label) }
}

/// Like TensorFlow, takes for text what is not a message in binary form.
fn of_either_form(bytes: &[u8]) -> Result<Told, String> {
    read(bytes).or_else(|error| {
        let text = std::str::from_utf8(bytes).ok().filter(|text| !text.contains('\0')).ok_or(error)?;
        read(&proto::text::binary("ckpt.meta_graph.MetaGraphDef", text)?)
    })
}

/// What a graph tells: the variables that it wants, keys of those with an impossible slice, and who wrote it.
type Told = (Vec<Entry>, BTreeSet<String>, Versions);

fn read(bytes: &[u8]) -> Result<Told, String> {
    if bytes.is_empty() {
        return Err("it is empty".to_owned());
    }
    let graph = Graph::parse(bytes)?;
    let versions = graph.versions();
    let wants = wanted(&graph)?;
    let entries = wants.variables.into_iter().map(|variable| Entry {
        key: Key::from(variable.name.as_str()),
        dtype: variable.dtype,
        shape: variable.shape,
        payload: Payload::Nowhere,
        checksum: None,
        endianness: Endianness::Little,
        trusted: true,
        declared_at: Place::NONE,
    });
    Ok((entries.collect(), wants.strange, versions))
}

//! Keras' own files: weights and whole models in HDF5, archives of these, and sharded weights.

mod archive;
mod config;
pub(super) mod configured;
mod dataset;
mod fit;
mod json;
mod layers;
mod needs;
mod own;
mod paths;
mod quantized;
mod shards;
mod slots;
mod words;

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::Path;
use std::sync::Arc;

use super::directory::label;
use super::files;
use super::hdf5::{self, Hdf5};
use crate::bytes::{Fault, FaultKind, Span};
use crate::error::Error;
use crate::model::{
    Checkpoint, Configured, Container, Entry, File, FileRole, Flavor, KerasFile, Layer, Owned, Owner, Relations, Role,
    Variable, Versions, Writer,
};
use crate::store::{self, Blob, ItemKind, Store};

/// Opens a file of Keras, by what it holds and not by its name: HDF5, a `.keras` archive or its folder, the
/// list of sharded weights. Whatever is wrong with it becomes a fault.
///
/// # Errors
/// If it cannot be read at all.
pub fn open(store: &dyn Store, path: &Path) -> Result<Checkpoint, Error> {
    let unreadable = |error: io::Error| Error::new(format!("cannot read {}: {error}", label(path)));
    if store.stat(path).is_ok_and(|item| item.kind == ItemKind::Directory) {
        return Ok(archive::folder(store, path).finish(path));
    }
    let blob = store::open(store, path).map_err(unreadable)?;
    let mut head = [0; 4];
    let length = head.len().min(usize::try_from(blob.size()).unwrap_or(usize::MAX));
    blob.read_at(0, head.get_mut(..length).unwrap_or_default()).map_err(unreadable)?;
    let draft = if head.starts_with(b"PK") {
        archive::packed(store, path)
    } else if head.trim_ascii_start().starts_with(b"{") {
        shards::read(store, path)
    } else {
        single(store, path, blob.as_ref())
    };
    Ok(draft.finish(path))
}

/// One HDF5 file of either layout.
fn single(store: &dyn Store, path: &Path, blob: &dyn Blob) -> Draft {
    let file = file(store, path, FileRole::Whole, Some(blob.size()));
    let hdf5 = hdf5::read(blob, &file.label);
    let mut faults = faults(&hdf5, &file);
    let mut draft = if layers::is_layout(&hdf5) {
        layers::read(&hdf5, &file)
    } else if paths::is_layout(&hdf5) || label(path).ends_with(".weights.h5") {
        let at = Span::whole(&file.label);
        faults.extend(paths::unlisted(&hdf5, &at));
        paths::read(&[paths::Source { file: 0, hdf5: &hdf5 }], None, &at)
    } else {
        layers::read(&hdf5, &file)
    };
    draft.faults.splice(0..0, faults);
    draft.files = vec![file];
    draft
}

/// What is wrong with the structure of an HDF5 file, and what of it lies elsewhere.
fn faults(hdf5: &Hdf5, file: &File) -> Vec<Fault> {
    hdf5.faults.iter().cloned().chain(dataset::links(hdf5, file)).collect()
}

/// A file that was opened, or none if it has no size.
fn file(store: &dyn Store, path: &Path, role: FileRole, size: Option<u64>) -> File {
    let file = files::file(path.to_owned(), role, store.stat(path).ok());
    File { label: label(path).into(), size, ..file }
}

/// A checkpoint as far as one layout tells it.
struct Draft {
    container: Container,
    writer: Writer,
    versions: Versions,
    files: Vec<File>,
    found: Vec<Found>,
    layers: Vec<Layer>,
    owners: Vec<Owns>,
    config: Option<serde_json::Value>,
    training: Option<serde_json::Value>,
    configured: Option<Configured>,
    faults: Vec<Fault>,
}

/// Who owns which weights, by their paths.
struct Owns {
    part: Owned,
    path: String,
    name: Option<String>,
    weights: Vec<String>,
}

/// An entry with its name and its role.
struct Found {
    entry: Entry,
    name: String,
    role: Role,
    /// For a slot: the key of the entry whose state it is, and which.
    slot: Option<(String, String)>,
}

impl Draft {
    /// Nothing yet.
    fn new(container: Container, writer: Writer) -> Self {
        let (files, found, layers, faults) = Default::default();
        let (owners, config, training) = Default::default();
        let versions = Versions::default();
        Self { container, writer, versions, files, found, layers, owners, config, training, configured: None, faults }
    }

    /// Takes over what the configuration says, and holds the weights against it.
    fn configure(&mut self, config: &serde_json::Value, training: Option<&serde_json::Value>, place: &Arc<str>) {
        self.layers = config::layers(config);
        self.configured = Some(configured::read(config, training));
        let misfits = fit::misfits(config, &self.found);
        self.faults.extend(misfits.into_iter().map(|kind| Fault { kind, at: Span::whole(place) }));
    }

    /// Puts everything in the order of the keys and ties slots to their variables.
    fn finish(mut self, path: &Path) -> Checkpoint {
        self.found.sort_by(|a, b| a.entry.key.cmp(&b.entry.key));
        self.once();
        tell_apart(&mut self.found);
        let keys = self.found.iter().enumerate().map(|(id, found)| (found.entry.key.to_string(), id));
        let ids: HashMap<String, usize> = keys.collect();
        let owners = self.owners.into_iter().map(|owns| Owner {
            weights: owns.weights.iter().map(|key| ids.get(key).copied()).collect(),
            part: owns.part,
            path: owns.path,
            name: owns.name,
        });
        let (config, training, configured) = (self.config, self.training, self.configured);
        let keras = KerasFile { owners: owners.collect(), config, training, configured };
        let mut entries = Vec::with_capacity(self.found.len());
        let mut variables = Vec::with_capacity(self.found.len());
        for (id, found) in self.found.into_iter().enumerate() {
            let variable = Variable::new(found.name.into(), id, found.role);
            variables.push(match found.slot {
                None => variable,
                Some((owner, name)) => {
                    let (slot_of, slot_name) = (ids.get(&owner).copied(), Some(name.into()));
                    variable.with(Relations { slot_of, slot_name, ..Relations::default() })
                }
            });
            entries.push(found.entry);
        }
        Checkpoint {
            flavor: Flavor::LayerBased,
            writer: self.writer,
            versions: self.versions,
            files: self.files,
            entries,
            variables,
            layers: self.layers,
            keras: Some(Box::new(keras)),
            faults: self.faults,
            ..Checkpoint::empty(path, label(path), self.container)
        }
    }

    /// Of datasets with one path, which two shards may have, leaves the first.
    fn once(&mut self) {
        let (faults, files) = (&mut self.faults, &self.files);
        self.found.dedup_by(|later, first| {
            let same = later.entry.key == first.entry.key;
            if let (true, Some(file)) = (same, files.first()) {
                let kind = FaultKind::KeyRepeated { key: first.entry.key.to_string() };
                faults.push(Fault { kind, at: Span::whole(&file.label) });
            }
            same
        });
    }
}

/// A name that two variables share names none of them: both get their paths.
fn tell_apart(found: &mut [Found]) {
    let mut seen = HashSet::new();
    let shared = found.iter().filter(|found| !seen.insert(found.name.as_str()));
    let shared: HashSet<String> = shared.map(|found| found.name.clone()).collect();
    for found in found.iter_mut().filter(|found| shared.contains(&found.name)) {
        found.name = found.entry.key.to_string();
    }
}

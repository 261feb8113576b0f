//! What a SavedModel says beside the checkpoint of its variables: `saved_model.pb`, and which files lie
//! around it.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::Path;
use std::sync::Arc;

use super::bundle;
use super::directory::label;
use super::files;
use super::meta_graph::{Graph, bytes, decode, dtype, malformed, shape, wanted};
use crate::bytes::{Fault, FaultKind, Span, limits};
use crate::error::Error;
use crate::model::{
    Argument, Checkpoint, Container, DType, MetaGraph, NO_GRAPHS, Needed, SavedModel, Shape, Signature, Versions,
};
use crate::proto;
use crate::proto::fields::fields;
use crate::proto::meta_graph::{SavedObject, SignatureDef, TensorInfo};
use crate::store::{Item, ItemKind, Store};

/// What TensorFlow runs when it loads the model: no function of the model's.
const INIT: &str = "__saved_model_init_op";

/// The directory of the SavedModel whose variables have this prefix, if it is one's.
pub(super) fn directory<'a>(store: &dyn Store, prefix: &'a Path) -> Option<&'a Path> {
    let folder = prefix.parent()?;
    if prefix.file_name()? != "variables" || folder.file_name()? != "variables" {
        return None;
    }
    let directory = folder.parent()?;
    GRAPHS.iter().any(|name| files::may_be(store, &directory.join(name))).then_some(directory)
}

/// Opens a SavedModel: its variables, if there are any, and what its graph says.
///
/// # Errors
/// As the reader of the variables.
pub(super) fn open(store: &dyn Store, directory: &Path, prefix: &Path) -> Result<Checkpoint, Error> {
    let mut checkpoint = match super::resolve::is_prefix(store, prefix) {
        true => bundle::open(store, prefix)?,
        false => Checkpoint::empty(prefix, label(prefix), Container::Bundle),
    };
    if let Some((model, versions)) = read(store, directory, &mut checkpoint.faults) {
        checkpoint.saved_model = Some(Box::new(model));
        checkpoint.versions = versions;
        let names = [&GRAPHS[..], &BESIDE].concat();
        checkpoint.files.extend(files::parts(store, directory, &names, &FOLDERS));
    }
    Ok(checkpoint)
}

/// The names of the graph, in the order in which TensorFlow looks for them.
const GRAPHS: [&str; 3] = ["saved_model.cpb", "saved_model.pb", "saved_model.pbtxt"];

/// What else it may have beside its variables.
pub(super) const BESIDE: [&str; 3] = ["fingerprint.pb", "keras_metadata.pb", "tfhub_module.pb"];
/// See [`BESIDE`].
pub(super) const FOLDERS: [&str; 3] = ["assets", "assets.extra", "debug"];

/// Reads what a directory has as a SavedModel, and the versions that it names; none if it is not one.
/// Whatever is wrong with it becomes a fault.
pub fn read(store: &dyn Store, directory: &Path, faults: &mut Vec<Fault>) -> Option<(SavedModel, Versions)> {
    let name = graph(store, directory, faults)?;
    let path = directory.join(name);
    let label: Arc<str> = path.display().to_string().into();
    let mut found = Found::default();
    if name == "saved_model.cpb" {
        let error = "a SavedModel that was split into chunks is not read here".to_owned();
        faults.push(Fault { kind: FaultKind::Unreadable { error }, at: Span::whole(&label) });
    } else if let Some(bytes) = bytes(store, &path, &label, faults) {
        let read = if name == "saved_model.pb" { found.read(&bytes) } else { found.read_text(&bytes) };
        if let Err(error) = read {
            faults.push(malformed(&label, &bytes, error));
        }
    }
    let folder = directory.join("assets");
    let assets = store.list(&folder).unwrap_or_else(|error| {
        if !files::is_absent(&error) {
            faults.push(files::unreadable(&self::label(&folder).into(), &error));
        }
        Arc::default()
    });
    let has = |name: &str| store.stat(&directory.join(name)).is_ok_and(|item| is_file(&item));
    let model = SavedModel {
        assets: assets.iter().filter(|item| item.kind == ItemKind::File).map(|item| item.name.clone()).collect(),
        wanted_assets: found.assets.into_iter().collect(),
        fingerprint: has("fingerprint.pb"),
        keras_metadata: has("keras_metadata.pb"),
        types: found.types.into_iter().collect(),
        graphs: found.graphs,
        needs: found.needs,
    };
    Some((model, found.versions))
}

/// The name of the graph that TensorFlow would take. One that cannot be looked for becomes a fault.
fn graph(store: &dyn Store, directory: &Path, faults: &mut Vec<Fault>) -> Option<&'static str> {
    GRAPHS.into_iter().find(|name| {
        let path = directory.join(name);
        let item = store.stat(&path);
        if let Err(error) = item.as_ref()
            && !files::is_absent(error)
        {
            faults.push(files::unreadable(&label(&path).into(), error));
        }
        item.is_ok_and(|item| is_file(&item))
    })
}

/// True for whatever can be opened.
fn is_file(item: &Item) -> bool {
    item.kind != ItemKind::Directory
}

/// What has been read; as far as it could be, where the file is damaged.
#[derive(Default)]
struct Found {
    graphs: Vec<MetaGraph>,
    types: BTreeMap<String, usize>,
    needs: Vec<Needed>,
    /// Names of the files in `assets` that the graphs read.
    assets: BTreeSet<String>,
    /// The variables of the graphs before this one.
    known: HashSet<(String, DType, Shape)>,
    versions: Versions,
}

impl Found {
    fn read_text(&mut self, bytes: &[u8]) -> Result<(), String> {
        let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
        self.read(&proto::text::binary("ckpt.meta_graph.SavedModel", text)?)
    }

    fn read(&mut self, bytes: &[u8]) -> Result<(), String> {
        for field in fields(bytes) {
            if let (2, graph) = field? {
                if self.graphs.len() >= limits::GRAPHS {
                    return Err(format!("it has more than {} graphs", limits::GRAPHS));
                }
                self.add(Graph::parse(graph)?)?;
            }
        }
        if self.graphs.is_empty() { Err(NO_GRAPHS.to_owned()) } else { Ok(()) }
    }

    fn add(&mut self, mut graph: Graph) -> Result<(), String> {
        if self.graphs.is_empty() {
            self.versions = graph.versions();
        }
        self.assets.extend(std::mem::take(&mut graph.assets));
        let signatures = std::mem::take(&mut graph.signatures).into_iter().filter(|(name, _)| name != INIT);
        self.graphs.push(MetaGraph { tags: graph.info.tags.clone(), signatures: signatures.map(signature).collect() });
        // Without objects it is a graph of TensorFlow 1, whose variables are found by name.
        let needs = if graph.objects.is_empty() { wanted(&graph)?.variables } else { self.objects(graph.objects)? };
        // Graphs of one SavedModel share its variables; variables of one may have one name.
        let id = |need: &Needed| (need.name.clone(), need.dtype, need.shape.clone());
        let new: Vec<Needed> = needs.into_iter().filter(|need| !self.known.contains(&id(need))).collect();
        self.known.extend(new.iter().map(id));
        self.needs.extend(new);
        Ok(())
    }

    /// Counts the objects, and gives the variables among them.
    fn objects(&mut self, objects: &[u8]) -> Result<Vec<Needed>, String> {
        let mut needs = Vec::new();
        for object in fields(objects) {
            let (1, object) = object? else { continue };
            let object: SavedObject = decode(object)?;
            if let Some(user) = object.user_object {
                let count = self.types.entry(user.identifier).or_default();
                *count = count.saturating_add(1);
            }
            if let Some(variable) = object.variable {
                needs.push(Needed {
                    dtype: dtype(variable.dtype),
                    shape: shape(variable.shape.as_ref()),
                    name: variable.name,
                    is_reference: false,
                });
            }
        }
        Ok(needs)
    }
}

fn signature((name, value): (String, SignatureDef)) -> Signature {
    let arguments = |named: BTreeMap<String, TensorInfo>| named.into_iter().map(argument).collect();
    Signature { name, inputs: arguments(value.inputs), outputs: arguments(value.outputs) }
}

fn argument((name, info): (String, TensorInfo)) -> Argument {
    let shape = info.tensor_shape.filter(|shape| !shape.unknown_rank && shape.dim.len() <= limits::RANK);
    let axes = shape.map(|shape| shape.dim.iter().map(|dim| dim.size.max(-1)).collect());
    Argument { name, dtype: dtype(info.dtype), shape: axes }
}

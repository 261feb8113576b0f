//! What a file says of the model: versions, layers, and of a SavedModel its signatures.

use serde::Serialize;

use crate::model::{Argument, Layer, MetaGraph, Needed, SavedModel, Signature, Versions};

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct VersionsRow<'a> {
    tensorflow: Option<&'a str>,
    keras: Option<&'a str>,
    backend: Option<&'a str>,
}

impl<'a> VersionsRow<'a> {
    pub fn new(versions: &'a Versions) -> Self {
        Self {
            tensorflow: versions.tensorflow.as_deref(),
            keras: versions.keras.as_deref(),
            backend: versions.backend.as_deref(),
        }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct LayerRow<'a> {
    name: &'a str,
    class: Option<&'a str>,
    registered: Option<&'a str>,
    bytecode: bool,
}

impl<'a> LayerRow<'a> {
    pub fn new(layer: &'a Layer) -> Self {
        Self {
            name: &layer.name,
            class: layer.class.as_deref(),
            registered: layer.registered.as_deref(),
            bytecode: layer.has_bytecode,
        }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct SavedModelRow<'a> {
    graphs: Vec<GraphRow<'a>>,
    assets: &'a [String],
    fingerprint: bool,
    keras_metadata: bool,
    types: Vec<TypeRow<'a>>,
    needs: Vec<NeededRow<'a>>,
}

impl<'a> SavedModelRow<'a> {
    pub fn new(saved: &'a SavedModel) -> Self {
        Self {
            graphs: saved.graphs.iter().map(GraphRow::new).collect(),
            assets: &saved.assets,
            fingerprint: saved.fingerprint,
            keras_metadata: saved.keras_metadata,
            types: saved.types.iter().map(|(name, count)| TypeRow { name, count: *count }).collect(),
            needs: saved.needs.iter().map(NeededRow::new).collect(),
        }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct TypeRow<'a> {
    name: &'a str,
    count: usize,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct GraphRow<'a> {
    tags: &'a [String],
    signatures: Vec<SignatureRow<'a>>,
}

impl<'a> GraphRow<'a> {
    fn new(graph: &'a MetaGraph) -> Self {
        Self { tags: &graph.tags, signatures: graph.signatures.iter().map(SignatureRow::new).collect() }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct SignatureRow<'a> {
    name: &'a str,
    inputs: Vec<ArgumentRow<'a>>,
    outputs: Vec<ArgumentRow<'a>>,
}

impl<'a> SignatureRow<'a> {
    fn new(signature: &'a Signature) -> Self {
        let rows = |arguments: &'a [Argument]| arguments.iter().map(ArgumentRow::new).collect();
        Self { name: &signature.name, inputs: rows(&signature.inputs), outputs: rows(&signature.outputs) }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ArgumentRow<'a> {
    name: &'a str,
    dtype: &'static str,
    /// -1 for an axis of any size; null for any rank.
    shape: Option<&'a [i64]>,
}

impl<'a> ArgumentRow<'a> {
    fn new(argument: &'a Argument) -> Self {
        Self { name: &argument.name, dtype: argument.dtype.name(), shape: argument.shape.as_deref() }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct NeededRow<'a> {
    name: &'a str,
    dtype: &'static str,
    shape: Option<&'a [u64]>,
}

impl<'a> NeededRow<'a> {
    fn new(needed: &'a Needed) -> Self {
        Self { name: &needed.name, dtype: needed.dtype.name(), shape: needed.shape.axes() }
    }
}

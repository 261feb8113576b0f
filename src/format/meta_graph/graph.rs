//! A graph, of which only those nodes are decoded that are asked for.

use std::cell::Cell;
use std::collections::BTreeMap;

use foldhash::{HashMap, HashMapExt};
use prost::Message;

use crate::bytes::limits;
use crate::model::{DType, Shape, Versions};
use crate::proto::bundle::TensorShape;
use crate::proto::fields::{field, fields};
use crate::proto::meta_graph::attr_value::Value;
use crate::proto::meta_graph::{
    AssetFileDef, AttrEntry, MetaInfoDef, SaverDef, SignatureDef, SignatureEntry, VariableDef,
};

/// A `MetaGraphDef`.
pub(in crate::format) struct Graph<'a> {
    pub(in crate::format) info: MetaInfoDef,
    pub(super) saver: SaverDef,
    pub(in crate::format) signatures: BTreeMap<String, SignatureDef>,
    /// Files that it reads when it is loaded, which only SavedModels have.
    pub(in crate::format) assets: Vec<String>,
    /// The message of the object graph, which only SavedModels have.
    pub(in crate::format) objects: &'a [u8],
    nodes: HashMap<&'a [u8], &'a [u8]>,
    /// Messages of the collection of global variables.
    variables: Vec<&'a [u8]>,
    /// Bytes of nodes that may still be decoded.
    budget: Cell<usize>,
}

impl<'a> Graph<'a> {
    /// Reads the message, but of the nodes only their names.
    ///
    /// # Errors
    /// If it is malformed.
    pub(in crate::format) fn parse(bytes: &'a [u8]) -> Result<Self, String> {
        let budget = bytes.len().saturating_mul(limits::GRAPH_REREAD).saturating_add(limits::GRAPH_NODES);
        let mut graph = Self {
            info: MetaInfoDef::default(),
            saver: SaverDef::default(),
            signatures: BTreeMap::new(),
            assets: Vec::new(),
            objects: &[],
            nodes: HashMap::new(),
            variables: Vec::new(),
            budget: Cell::new(budget),
        };
        for field in fields(bytes) {
            match field? {
                (1, info) => graph.info = decode(info)?,
                (2, body) => graph.index(body)?,
                (3, saver) => graph.saver = decode(saver)?,
                (4, collection) => graph.collection(collection)?,
                (5, entry) => {
                    let entry: SignatureEntry = decode(entry)?;
                    graph.signatures.insert(entry.key, entry.value.unwrap_or_default());
                }
                (6, asset) => {
                    let asset: AssetFileDef = decode(asset)?;
                    graph.assets.push(asset.filename);
                }
                (7, objects) => graph.objects = objects,
                _ => {}
            }
        }
        Ok(graph)
    }

    fn index(&mut self, body: &'a [u8]) -> Result<(), String> {
        for node in fields(body) {
            if let (1, node) = node? {
                self.nodes.insert(field(node, 1)?.unwrap_or_default(), node);
            }
        }
        Ok(())
    }

    /// Keeps the collection that a Saver takes its variables from if it is told none.
    fn collection(&mut self, entry: &'a [u8]) -> Result<(), String> {
        if field(entry, 1)? != Some(b"variables") {
            return Ok(());
        }
        let list = field(entry, 2)?.map(|value| field(value, 2)).transpose()?.flatten();
        for variable in fields(list.unwrap_or_default()) {
            if let (1, variable) = variable? {
                self.variables.push(variable);
            }
        }
        Ok(())
    }

    /// The versions of what wrote it.
    pub(in crate::format) fn versions(&self) -> Versions {
        let version = Some(self.info.tensorflow_version.clone()).filter(|version| !version.is_empty());
        Versions { tensorflow: version, ..Versions::default() }
    }

    /// The node of a name.
    ///
    /// # Errors
    /// If it is malformed, or far too much has been asked for already.
    pub(super) fn node(&self, name: &str) -> Result<Option<Node<'a>>, String> {
        let Some(&bytes) = self.nodes.get(name.as_bytes()) else { return Ok(None) };
        let left = self.budget.get().checked_sub(bytes.len());
        self.budget.set(left.ok_or("its nodes refer to each other too often")?);
        Node::parse(bytes).map(Some)
    }

    /// The collection of global variables.
    pub(super) fn variables(&self) -> impl Iterator<Item = Result<VariableDef, String>> {
        self.variables.iter().map(|variable| decode(variable))
    }
}

/// A node of a graph.
pub(super) struct Node<'a> {
    bytes: &'a [u8],
    pub(super) name: &'a str,
    pub(super) op: &'a str,
    /// As written: `node`, `node:1` for another output than the first, `^node` for what has to run before.
    pub(super) inputs: Vec<&'a str>,
}

impl<'a> Node<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Self, String> {
        let mut node = Self { bytes, name: "", op: "", inputs: Vec::new() };
        for field in fields(bytes) {
            let (number, value) = field?;
            if number > 3 {
                continue;
            }
            let text = std::str::from_utf8(value).map_err(|_| "a name in the graph is not UTF-8")?;
            match number {
                1 => node.name = text,
                2 => node.op = text,
                _ => node.inputs.push(text),
            }
        }
        Ok(node)
    }

    /// The value of an attribute.
    ///
    /// # Errors
    /// If the node or the attribute is malformed.
    pub(super) fn attribute(&self, name: &str) -> Result<Option<Value>, String> {
        for entry in fields(self.bytes) {
            if let (5, entry) = entry?
                && field(entry, 1)? == Some(name.as_bytes())
            {
                let entry: AttrEntry = decode(entry)?;
                return Ok(entry.value.and_then(|value| value.value));
            }
        }
        Ok(None)
    }
}

/// Decodes a message.
///
/// # Errors
/// If it is malformed.
pub(in crate::format) fn decode<M: Message + Default>(bytes: &[u8]) -> Result<M, String> {
    M::decode(bytes).map_err(|error| error.to_string())
}

/// The type with a number; unknown if there is none.
pub(in crate::format) fn dtype(number: i32) -> DType {
    DType::from_number(number).unwrap_or(DType::UNKNOWN)
}

/// The shape in a message; unknown if an axis is.
pub(in crate::format) fn shape(message: Option<&TensorShape>) -> Shape {
    let known = message.filter(|shape| !shape.unknown_rank).and_then(|shape| {
        let axes = shape.dim.iter().map(|dim| u64::try_from(dim.size).ok());
        axes.collect()
    });
    known.map_or_else(Shape::unknown, axes)
}

/// A shape of these axes; unknown if a tensor cannot have as many.
pub(super) fn axes(axes: Vec<u64>) -> Shape {
    if axes.len() > limits::RANK { Shape::unknown() } else { Shape::new(axes) }
}

//! Who holds what: the object graph, and what owns the weights of a Keras file. With these a listing can stand
//! for the checkpoint.

use serde::Serialize;

use super::value::KeyText;
use crate::model::{Checkpoint, KerasFile, Node, ObjectGraph, Owner};

/// Each object on a line; the numbers are positions in this list.
pub(super) fn rows(graph: &ObjectGraph) -> Vec<NodeRow<'_>> {
    graph.nodes.iter().map(NodeRow::new).collect()
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct NodeRow<'a> {
    /// Local name and object.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    children: &'a [(String, usize)],
    /// Name, full name, key.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    attributes: Vec<[&'a str; 3]>,
    /// The variable's object, the slot's name, the slot's object.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    slots: Vec<(usize, &'a str, usize)>,
    /// Its name, and the object's.
    #[serde(skip_serializing_if = "Option::is_none")]
    registered_saver: Option<&'a (String, String)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    has_values: Option<bool>,
}

impl<'a> NodeRow<'a> {
    fn new(node: &'a Node) -> Self {
        let attribute = |attribute: &'a crate::model::Attribute| {
            [attribute.name.as_str(), attribute.full_name.as_str(), attribute.key.as_str()]
        };
        Self {
            children: &node.children,
            attributes: node.attributes.iter().map(attribute).collect(),
            slots: node.slots.iter().map(|slot| (slot.original, slot.name.as_str(), slot.variable)).collect(),
            registered_saver: node.registered_saver.as_ref(),
            has_values: node.has_values,
        }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct KerasRow<'a> {
    owners: Vec<OwnerRow<'a>>,
    config: Option<&'a serde_json::Value>,
    training: Option<&'a serde_json::Value>,
}

impl<'a> KerasRow<'a> {
    pub fn new(checkpoint: &'a Checkpoint, file: &'a KerasFile) -> Self {
        Self {
            owners: file.owners.iter().map(|owner| OwnerRow::new(checkpoint, owner)).collect(),
            config: file.config.as_ref(),
            training: file.training.as_ref(),
        }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct OwnerRow<'a> {
    part: &'static str,
    path: &'a str,
    name: Option<&'a str>,
    /// Keys; null for a weight that is listed and not there.
    weights: Vec<Option<KeyText<'a>>>,
}

impl<'a> OwnerRow<'a> {
    fn new(checkpoint: &'a Checkpoint, owner: &'a Owner) -> Self {
        let key = |id: &Option<usize>| Some(KeyText(&checkpoint.entry(checkpoint.variables.get((*id)?)?)?.key));
        Self {
            part: owner.part.word(),
            path: &owner.path,
            name: owner.name.as_deref(),
            weights: owner.weights.iter().map(key).collect(),
        }
    }
}

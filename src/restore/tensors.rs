//! The tensors of each object, and under which keys of the checkpoint they are looked for.

use foldhash::{HashMap, HashMapExt};

use super::object_graph::Visit;
use crate::model::{Checkpoint, GRAPH_KEY, NodeId, ObjectGraph, SUFFIXES, VariableId};

/// A stored tensor that a variable of the target asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    /// The key under which it is looked for in the checkpoint.
    pub key: String,
    /// Which variable.
    pub new: VariableId,
}

/// What marks the end of the path in a key.
const ATTRIBUTES: &str = ".ATTRIBUTES/";

/// The tensors of each object of a checkpoint: its variables, with what their keys have behind the path.
pub(super) struct Tensors<'a> {
    by_node: HashMap<NodeId, Vec<(VariableId, &'a str)>>,
    /// Those that no object is told to own, with their keys: what registered savers wrote is among them.
    loose: Vec<(VariableId, &'a str)>,
}

impl<'a> Tensors<'a> {
    /// Of the checkpoint that has this graph.
    pub fn of(checkpoint: &'a Checkpoint, graph: &'a ObjectGraph) -> Self {
        let mut owners: HashMap<&str, NodeId> = HashMap::new();
        for (node, object) in graph.nodes.iter().enumerate() {
            owners.extend(object.attributes.iter().map(|attribute| (attribute.key.as_str(), node)));
        }
        let mut by_node: HashMap<NodeId, Vec<(VariableId, &str)>> = HashMap::new();
        let mut loose = Vec::new();
        for (id, (_, entry)) in checkpoint.pairs().enumerate() {
            let Some(key) = entry.key.text() else { continue };
            let several = || SUFFIXES.iter().find_map(|end| owners.get(key.strip_suffix(end)?));
            if let Some(node) = owners.get(key).or_else(several) {
                let local = key.split_once(ATTRIBUTES).map_or(key, |(_, local)| local);
                by_node.entry(*node).or_default().push((id, local));
            } else if key != GRAPH_KEY {
                loose.push((id, key));
            }
        }
        Self { by_node, loose }
    }

    /// What registered savers read: keys of their own, as far as the checkpoint has them.
    pub fn loose(&self, old: &Checkpoint) -> impl Iterator<Item = Wanted> {
        let there = self.loose.iter().filter(|(_, key)| old.find(key.as_bytes()).is_some());
        there.map(|(new, key)| Wanted { key: (*key).to_owned(), new: *new })
    }

    /// The variables of an object.
    pub fn of_node(&self, node: NodeId) -> impl Iterator<Item = VariableId> {
        self.by_node.get(&node).into_iter().flatten().map(|(id, _)| *id)
    }

    /// What the object of a visit asks for: its own tensors, under the path of the stored node.
    pub fn wanted(&self, visit: Visit, old: &ObjectGraph) -> Vec<Wanted> {
        let Some(first) = old.nodes.get(visit.old).and_then(|node| node.attributes.first()) else { return Vec::new() };
        let path = first.key.find(ATTRIBUTES).and_then(|at| first.key.get(..at.saturating_add(ATTRIBUTES.len())));
        let path = path.unwrap_or_default();
        let own = self.by_node.get(&visit.new).into_iter().flatten();
        own.map(|&(new, local)| Wanted { key: format!("{path}{local}"), new }).collect()
    }
}

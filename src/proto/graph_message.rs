//! The object graph, from its message.

use prost::Message;

use super::object_graph::TrackableObjectGraph;
use crate::bytes::FaultKind;
use crate::model::{Attribute, Node, NodeId, ObjectGraph, Slot};

/// The graph in `bytes`, and what is wrong with it. References to nodes that do not exist are
/// reported and left out.
///
/// # Errors
/// [`FaultKind::GraphMalformed`] if nothing can be made of the bytes.
pub(crate) fn graph(bytes: &[u8]) -> Result<(ObjectGraph, Vec<FaultKind>), FaultKind> {
    let message =
        TrackableObjectGraph::decode(bytes).map_err(|error| FaultKind::GraphMalformed { error: error.to_string() })?;
    if message.nodes.is_empty() {
        return Err(FaultKind::GraphMalformed { error: "it has no nodes".to_owned() });
    }
    let count = message.nodes.len();
    let mut faults = Vec::new();
    let mut known = |id: i32| -> Option<NodeId> {
        let node = usize::try_from(id).ok().filter(|id| *id < count);
        if node.is_none() {
            faults.push(FaultKind::GraphNodeMissing { node: id });
        }
        node
    };
    let nodes = message
        .nodes
        .into_iter()
        .map(|object| Node {
            children: object
                .children
                .into_iter()
                .filter_map(|child| Some((child.local_name, known(child.node_id)?)))
                .collect(),
            attributes: object
                .attributes
                .into_iter()
                .map(|tensor| Attribute { name: tensor.name, full_name: tensor.full_name, key: tensor.checkpoint_key })
                .collect(),
            slots: object
                .slot_variables
                .into_iter()
                .filter_map(|slot| {
                    Some(Slot {
                        original: known(slot.original_variable_node_id)?,
                        name: slot.slot_name,
                        variable: known(slot.slot_variable_node_id)?,
                    })
                })
                .collect(),
            registered_saver: object.registered_saver.map(|saver| (saver.name, saver.object_name)),
            has_values: object.has_checkpoint_values.map(|value| value.value),
        })
        .collect();
    Ok((ObjectGraph { nodes }, faults))
}

//! What each variable is for: model, optimizer or bookkeeping, and which slot belongs to which weight.
//!
//! In object-based checkpoints the graph decides, never the key: Keras 3 stores the model's weights
//! under `optimizer/_trainable_variables/N`, because that path is shorter.

use std::collections::{HashMap, HashSet};

use super::GRAPH_KEY;
use super::checkpoint::Writer;
use super::dtype::{DType, Kind};
use super::entry::{Entry, EntryId};
use super::graph::{Node, NodeId, ObjectGraph};
use super::naming::{Owner, leaf, position};
use super::variable::Role;
use crate::bytes::limits;

/// The role of one entry.
#[derive(Clone, Debug)]
pub(super) struct ObjectRole {
    pub role: Role,
    /// For slots; entries and variables are in the same order.
    pub slot_of: Option<EntryId>,
    pub slot_name: Option<Box<str>>,
}

impl ObjectRole {
    fn plain(role: Role) -> Self {
        Self { role, slot_of: None, slot_name: None }
    }

    fn slot(name: &str, of: Option<EntryId>) -> Self {
        Self { role: Role::Slot, slot_of: of, slot_name: Some(name.into()) }
    }
}

// ---------------------------------------------------------------- name-based

/// True for what the optimizers of `tf.compat.v1.train`, BERT's and Keras' in graph mode put behind the
/// name of a variable for its slots.
fn is_slot_suffix(word: &str) -> bool {
    matches!(
        word,
        "Adam"
            | "Adam_1"
            | "AdamW"
            | "AdamW_1"
            | "adam_m"
            | "adam_v"
            | "Momentum"
            | "RMSProp"
            | "RMSProp_1"
            | "RMSProp_2"
            | "Adagrad"
            | "Adadelta"
            | "Adadelta_1"
            | "Ftrl"
            | "Ftrl_1"
            | "lamb_m"
            | "lamb_v"
            | "LARSOptimizer"
            | "ExponentialMovingAverage"
            | "ema"
            | "m"
            | "v"
            | "momentum"
            | "rms"
            | "accumulator"
    )
}

/// Names that stand alone for something an optimizer keeps once.
const OPTIMIZER_NAMES: [&str; 9] =
    ["beta1_power", "beta2_power", "iter", "iterations", "learning_rate", "decay", "beta_1", "beta_2", "loss_scale"];

const COUNTERS: [&str; 5] = ["global_step", "save_counter", "epoch", "current_loss_scale", "good_steps"];

/// True for the last part of the name of what batch normalisation and its like keep.
pub(crate) fn is_statistic(leaf: &str) -> bool {
    matches!(
        leaf,
        "moving_mean"
            | "moving_variance"
            | "running_mean"
            | "running_var"
            | "moving_mean_sync"
            | "renorm_mean"
            | "renorm_stddev"
            | "population_mean"
            | "population_variance"
    )
}

/// What Keras keeps beside a kernel that it has quantised: scales, zero points, the group of each row, what
/// float8 has seen. None of it is trained.
const OF_QUANTIZED: [&str; 13] = [
    "kernel_scale",
    "kernel_zero",
    "g_idx",
    "awq_scales",
    "embeddings_scale",
    "embeddings_zero",
    "reverse_embeddings_scale",
    "reverse_embeddings_zero",
    "inputs_scale",
    "inputs_amax_history",
    "kernel_amax_history",
    "outputs_grad_scale",
    "outputs_grad_amax_history",
];

/// True for the last part of the name of what is kept beside a quantised kernel, where the layer has one: a
/// `sibling` is another variable of the layer, by the last part of its name.
pub(crate) fn is_of_quantized(leaf: &str, sibling: impl Fn(&str) -> Option<DType>) -> bool {
    let is_whole = |dtype: DType| matches!(dtype.kind(), Kind::Int { .. } | Kind::UInt { .. });
    let has_whole =
        || ["kernel", "quantized_kernel", "embeddings"].iter().any(|kernel| sibling(kernel).is_some_and(is_whole));
    OF_QUANTIZED.contains(&leaf) && (has_whole() || sibling("kernel_amax_history").is_some())
}

/// The role of one of the entries, by its name and the others'.
pub(super) fn by_name(entries: &[Entry], entry: &Entry) -> ObjectRole {
    let key = entry.key.bytes();
    if key == GRAPH_KEY.as_bytes() || !entry.dtype.is_numeric() {
        return ObjectRole::plain(Role::Bookkeeping);
    }
    let Some(key) = entry.key.text() else { return ObjectRole::plain(Role::Weight) };
    if let Some(path) = key.strip_suffix("/.ATTRIBUTES/VARIABLE_VALUE") {
        return lost_object_role(entries, path);
    }
    let leaf = leaf(key);
    if entry.shape.rank() == Some(0) {
        let plain = leaf.trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches('_');
        if COUNTERS.contains(&leaf) {
            return ObjectRole::plain(Role::Counter);
        }
        if OPTIMIZER_NAMES.contains(&leaf) || OPTIMIZER_NAMES.contains(&plain) {
            return ObjectRole::plain(Role::Optimizer);
        }
    }
    // A second optimizer over the same variables counts on: Adam_2, Adam_3.
    let counted = || leaf.trim_end_matches(|c: char| c.is_ascii_digit()).strip_suffix('_');
    let of = if is_slot_suffix(leaf) {
        suffix_slot(entries, key, leaf).or_else(|| infix_slot(entries, key, leaf))
    } else {
        counted().filter(|word| is_slot_suffix(word)).and_then(|_| suffix_slot(entries, key, leaf))
    };
    if of.is_some() {
        return ObjectRole::slot(leaf, of);
    }
    if is_statistic(leaf) {
        return ObjectRole::plain(Role::Statistic);
    }
    ObjectRole::plain(Role::Weight)
}

/// `dense/kernel/Adam_1` is a slot of `dense/kernel`, if that is there.
fn suffix_slot(entries: &[Entry], key: &str, leaf: &str) -> Option<EntryId> {
    let base = key.strip_suffix(leaf)?.strip_suffix('/')?;
    position(entries, base.as_bytes())
}

/// `training/Adam/dense/kernel/m` is a slot of `dense/kernel`: Keras in graph mode.
fn infix_slot(entries: &[Entry], key: &str, leaf: &str) -> Option<EntryId> {
    let mut base = key.strip_suffix(leaf)?.strip_suffix('/')?;
    for _ in 0..limits::NAME_PARTS {
        let (_, rest) = base.split_once('/')?;
        if let Some(of) = position(entries, rest.as_bytes()) {
            return Some(of);
        }
        base = rest;
    }
    None
}

/// An object-based checkpoint whose graph is lost: the path in the key is all that is left.
fn lost_object_role(entries: &[Entry], path: &str) -> ObjectRole {
    if let Some((of, slot)) = path.split_once("/.OPTIMIZER_SLOT/") {
        let name = leaf(slot);
        let of = position(entries, format!("{of}/.ATTRIBUTES/VARIABLE_VALUE").as_bytes());
        return ObjectRole::slot(name, of);
    }
    let mut parts = path.split('/');
    let leaf = parts.next_back().unwrap_or(path);
    let role = if parts.clone().any(|part| part == "_trainable_variables") {
        Role::Weight
    } else if leaf == "save_counter" {
        Role::Counter
    } else if parts.clone().any(|part| METRIC_NAMES.contains(&part)) || is_seed(path) {
        Role::Bookkeeping
    } else if parts.next_back() == Some("_variables") {
        Role::Slot
    } else if path.split('/').any(|part| part == "optimizer") {
        Role::Optimizer
    } else if is_statistic(leaf) {
        Role::Statistic
    } else {
        Role::Weight
    };
    ObjectRole::plain(role)
}

// -------------------------------------------------------------- object-based

/// References that lead to what a Keras model keeps for its metrics.
const METRIC_NAMES: [&str; 6] =
    ["metrics", "_metrics", "_compile_metrics", "compiled_metrics", "_loss_tracker", "loss_tracker"];

/// Children of an optimizer that are not lists of slots.
const NOT_SLOTS: [&str; 4] = ["_variables", "_trainable_variables", "_index_dict", "variables"];

pub(crate) fn is_seed(path: &str) -> bool {
    path.ends_with("seed_generator_state") || path.split('/').any(|part| part.ends_with("seed_generator"))
}

/// True for an optimizer of any generation, by what it holds.
fn is_optimizer(node: &Node) -> bool {
    let has = |name| node.child(name).is_some();
    !node.slots.is_empty()
        || has("_variables") && (has("_iterations") || has("iterations") || has("_learning_rate"))
        || has("iter") && (has("learning_rate") || has("decay"))
        || has("inner_optimizer") && has("dynamic_scale")
}

/// Who wrote a checkpoint with this graph.
pub(super) fn writer(graph: &ObjectGraph) -> Writer {
    let any =
        |test: &dyn Fn(&str) -> bool| graph.nodes.iter().flat_map(|node| &node.children).any(|(name, _)| test(name));
    if any(&|name| matches!(name, "_operations" | "_functional" | "_trainable_variables")) {
        Writer::Keras3
    } else if any(&|name| name.starts_with("layer-") || name.starts_with("layer_with_weights-") || name == "keras_api")
        || graph.nodes.iter().any(is_optimizer)
    {
        Writer::Keras2
    } else {
        Writer::Trackable
    }
}

pub(super) fn by_object(entries: &[Entry], graph: &ObjectGraph, owners: &[Option<Owner>]) -> Vec<ObjectRole> {
    let optimizers: Vec<bool> = graph.nodes.iter().map(is_optimizer).collect();
    let is_optimizer = |id: NodeId| optimizers.get(id).copied().unwrap_or(false);
    let in_model = graph.reachable(|_, name, child| !is_optimizer(child) && !METRIC_NAMES.contains(&name));
    let outside_optimizer = graph.reachable(|_, _, child| !is_optimizer(child));
    let parents = graph.parents();
    let by_node: HashMap<NodeId, EntryId> =
        owners.iter().enumerate().filter_map(|(entry, owner)| Some((owner.as_ref()?.node, entry))).collect();
    let trained = trained_nodes(graph, &optimizers);
    let slots = Slots::new(graph, &optimizers, &trained, &by_node);
    let by_full_name = weights_by_full_name(owners, &in_model, &trained);

    let role = |id: EntryId, entry: &Entry| -> ObjectRole {
        let Some(owner) = owners.get(id).and_then(Option::as_ref) else {
            return ObjectRole::plain(Role::Bookkeeping);
        };
        let node = owner.node;
        if !entry.dtype.is_numeric() || owner.several {
            return ObjectRole::plain(Role::Bookkeeping);
        }
        if let Some((name, of)) = slots.of(node) {
            let of = of.or_else(|| slot_by_full_name(owner.full_name, entry, entries, &by_full_name));
            return ObjectRole::slot(name, of);
        }
        let names: Vec<&str> = parents.get(node).into_iter().flatten().map(|&(_, name)| name).collect();
        if in_model.get(node) == Some(&true) && (node != 0 || !is_optimizer(0)) {
            let at_root =
                parents.get(node).into_iter().flatten().any(|&(parent, name)| parent == 0 && name == "save_counter");
            let holders = parents.get(node).into_iter().flatten().filter_map(|&(holder, _)| graph.nodes.get(holder));
            let dtype = |holder: &Node, name: &str| {
                let child = holder.child(name).or_else(|| holder.child(&format!("_{name}")))?;
                Some(entries.get(*by_node.get(&child)?)?.dtype)
            };
            let is_of_quantized = |name: &str| {
                OF_QUANTIZED.contains(&name)
                    && holders.clone().any(|holder| is_of_quantized(name, |sibling| dtype(holder, sibling)))
            };
            if names.iter().any(|name| is_of_quantized(name)) {
                return ObjectRole::plain(Role::Statistic);
            }
            return ObjectRole::plain(model_role(entry, owner, &names, at_root, graph, &parents));
        }
        if trained.contains_key(&node) {
            return ObjectRole::plain(Role::Weight);
        }
        if outside_optimizer.get(node) == Some(&true) {
            return ObjectRole::plain(Role::Bookkeeping);
        }
        if entry.shape.rank() == Some(0) || names.iter().any(|name| is_seed(name)) {
            return ObjectRole::plain(Role::Optimizer);
        }
        // Only in the optimizer's list of everything: a slot, but the graph does not say which.
        let of = slot_by_full_name(owner.full_name, entry, entries, &by_full_name);
        ObjectRole { role: Role::Slot, slot_of: of, slot_name: None }
    };
    entries.iter().enumerate().map(|(id, entry)| role(id, entry)).collect()
}

fn model_role(
    entry: &Entry,
    owner: &Owner,
    names: &[&str],
    save_counter: bool,
    graph: &ObjectGraph,
    parents: &[Vec<(NodeId, &str)>],
) -> Role {
    let integer = matches!(entry.dtype.kind(), Kind::Int { .. } | Kind::UInt { .. });
    if save_counter {
        return Role::Counter;
    }
    if names.iter().any(|name| is_seed(name)) {
        return Role::Bookkeeping;
    }
    let leaf = leaf(owner.full_name);
    if names.iter().chain([&leaf]).any(|name| is_statistic(name)) || is_normalization(owner.node, graph, parents) {
        return Role::Statistic;
    }
    if integer && entry.shape.rank() == Some(0) {
        return Role::Counter;
    }
    Role::Weight
}

/// Keras' `Normalization` layer: holds exactly a mean, a variance and a count.
fn is_normalization(node: NodeId, graph: &ObjectGraph, parents: &[Vec<(NodeId, &str)>]) -> bool {
    let holders = parents.get(node).into_iter().flatten();
    holders.filter(|(_, name)| matches!(*name, "adapt_mean" | "adapt_variance" | "mean" | "variance" | "count")).any(
        |&(holder, _)| {
            let holder = graph.nodes.get(holder);
            let has = |name| holder.is_some_and(|holder| holder.child(name).is_some());
            has("adapt_mean") && has("adapt_variance") || has("mean") && has("variance") && has("count")
        },
    )
}

/// The variables that an optimizer of Keras 3 lists as those it trains: each with its position.
fn trained_nodes(graph: &ObjectGraph, optimizers: &[bool]) -> HashMap<NodeId, usize> {
    let mut trained = HashMap::new();
    for (node, _) in graph.nodes.iter().zip(optimizers).filter(|(_, is)| **is) {
        let list = node.child("_trainable_variables").and_then(|id| graph.nodes.get(id));
        for (name, child) in list.into_iter().flat_map(|list| &list.children) {
            if let Ok(position) = name.parse() {
                trained.entry(*child).or_insert(position);
            }
        }
    }
    trained
}

/// Slot variables as the graph tells them.
struct Slots {
    by_node: HashMap<NodeId, (String, Option<EntryId>)>,
}

impl Slots {
    fn new(
        graph: &ObjectGraph,
        optimizers: &[bool],
        trained: &HashMap<NodeId, usize>,
        by_node: &HashMap<NodeId, EntryId>,
    ) -> Self {
        let mut slots = HashMap::new();
        // A list that several optimizers hold is gone through once.
        let mut lists = HashSet::new();
        for (node, _) in graph.nodes.iter().zip(optimizers).filter(|(_, is)| **is) {
            for slot in &node.slots {
                slots.insert(slot.variable, (slot.name.clone(), by_node.get(&slot.original).copied()));
            }
            let weights: HashMap<&str, NodeId> = node
                .child("_trainable_variables")
                .and_then(|id| graph.nodes.get(id))
                .map(|list| list.children.iter().map(|(name, id)| (name.as_str(), *id)).collect())
                .unwrap_or_default();
            for (attribute, list) in &node.children {
                if NOT_SLOTS.contains(&attribute.as_str()) || !lists.insert(*list) {
                    continue;
                }
                let Some(list) = graph.nodes.get(*list).filter(|list| list.is_list()) else { continue };
                for (position, slot) in &list.children {
                    let of = weights.get(position.as_str()).and_then(|weight| by_node.get(weight)).copied();
                    if !trained.contains_key(slot) && by_node.contains_key(slot) {
                        slots.entry(*slot).or_insert((slot_name(attribute), of));
                    }
                }
            }
        }
        Self { by_node: slots }
    }

    fn of(&self, node: NodeId) -> Option<(&str, Option<EntryId>)> {
        self.by_node.get(&node).map(|(name, of)| (name.as_str(), *of))
    }
}

/// The name of a slot from the attribute that lists all slots of this kind: `_velocities` → `velocity`.
fn slot_name(attribute: &str) -> String {
    let word = attribute.trim_start_matches('_');
    if let Some(stem) = word.strip_suffix("ies") {
        return format!("{stem}y");
    }
    word.strip_suffix('s').unwrap_or(word).to_owned()
}

fn weights_by_full_name<'a>(
    owners: &[Option<Owner<'a>>],
    in_model: &[bool],
    trained: &HashMap<NodeId, usize>,
) -> HashMap<&'a str, Option<EntryId>> {
    let mut weights: HashMap<&str, Option<EntryId>> = HashMap::new();
    for (id, owner) in owners.iter().enumerate() {
        let Some(owner) = owner else { continue };
        let of_model = in_model.get(owner.node) == Some(&true) || trained.contains_key(&owner.node);
        if of_model && !owner.full_name.is_empty() {
            weights.entry(owner.full_name).and_modify(|known| *known = None).or_insert(Some(id));
        }
    }
    weights
}

/// Keras 2 names a slot after its variable: `Adam/m/dense/kernel`, or `Adam/dense/kernel/m`.
fn slot_by_full_name(
    full_name: &str,
    slot: &Entry,
    entries: &[Entry],
    weights: &HashMap<&str, Option<EntryId>>,
) -> Option<EntryId> {
    let fits = |id: EntryId| entries.get(id).is_some_and(|entry| entry.shape == slot.shape);
    let mut rest = full_name;
    for _ in 0..limits::NAME_PARTS {
        let (_, shorter) = rest.split_once('/')?;
        let without_end = shorter.rsplit_once('/').map(|(stem, _)| stem);
        for name in [Some(shorter), without_end].into_iter().flatten() {
            if let Some(&Some(id)) = weights.get(name)
                && fits(id)
            {
                return Some(id);
            }
        }
        rest = shorter;
    }
    None
}

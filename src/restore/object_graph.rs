//! Two object graphs walked side by side, as `tf.train.Checkpoint` does when it restores.
//!
//! Only the names of references matter. The walk is breadth first over the stored graph, in stored order;
//! the first object to be reached under a stored node keeps it, and of two stored nodes that reach one
//! object the first gives it its value.

use std::collections::VecDeque;

use foldhash::{HashMap, HashMapExt};

use super::Asserts;
use crate::model::{Node, NodeId, ObjectGraph};

/// What becomes of a stored node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// No object of the program is found for it.
    Nowhere,
    /// It is taken for this object.
    Object(NodeId),
    /// A slot variable that the program's optimizer does not have: it is made for the stored value.
    Made,
}

/// A stored node whose values are read into an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Visit {
    pub old: NodeId,
    pub new: NodeId,
}

/// What a walk comes to.
#[derive(Debug)]
pub(super) struct Walk {
    /// By stored node.
    pub places: Vec<Place>,
    /// By object of the program: the first stored node that is taken for it.
    pub sources: Vec<Option<NodeId>>,
    /// What is read, all at once and after the walk.
    pub visits: Vec<Visit>,
    /// True if a slot met an optimizer of Keras 2 that has none: it raises.
    pub refused: bool,
}

/// What an optimizer does with a stored slot variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SlotWay {
    /// Takes it, or makes a variable for it: the optimizers of TensorFlow 1 and the legacy ones of Keras 2.
    Takes,
    /// Raises: the later optimizers of Keras 2.
    Refuses,
    /// Knows nothing of slots: the optimizers of Keras 3, and every other object.
    Ignores,
}

/// How an object takes slots, by what it holds: files do not tell its class.
fn slot_way(object: &Node) -> SlotWay {
    let has = |name| object.child(name).is_some();
    if !object.slots.is_empty() || has("iter") && (has("learning_rate") || has("decay")) || has("beta1_power") {
        SlotWay::Takes
    } else if has("_iterations") && !has("_trainable_variables") && !has("_trainable_variables_indices") {
        SlotWay::Refuses
    } else {
        SlotWay::Ignores
    }
}

/// A slot that waits for its variable, or for its optimizer.
#[derive(Clone, Copy)]
struct Waiting<'a> {
    optimizer: NodeId,
    /// The stored node of the slot variable.
    node: NodeId,
    name: &'a str,
}

struct Walker<'a> {
    old: &'a ObjectGraph,
    new: &'a ObjectGraph,
    walk: Walk,
    queue: VecDeque<Visit>,
    /// By stored variable: its slots.
    by_variable: HashMap<NodeId, Vec<Waiting<'a>>>,
    /// By stored optimizer that is not reached yet: its slots, with the object of the variable.
    by_optimizer: HashMap<NodeId, Vec<(NodeId, Waiting<'a>)>>,
    /// References of objects that were met. Lists of many thousand layers are gone through once.
    children: HashMap<NodeId, HashMap<&'a str, NodeId>>,
    /// Slots of optimizers that were met, by variable and name.
    held: HashMap<NodeId, HashMap<(NodeId, &'a str), NodeId>>,
}

impl Walk {
    /// Walks from the two roots.
    pub fn new(old: &ObjectGraph, new: &ObjectGraph) -> Self {
        let mut by_variable: HashMap<NodeId, Vec<Waiting>> = HashMap::new();
        for (optimizer, node) in old.nodes.iter().enumerate() {
            for slot in &node.slots {
                let waiting = Waiting { optimizer, node: slot.variable, name: &slot.name };
                by_variable.entry(slot.original).or_default().push(waiting);
            }
        }
        let walk = Self {
            places: vec![Place::Nowhere; old.nodes.len()],
            sources: vec![None; new.nodes.len()],
            visits: Vec::new(),
            refused: false,
        };
        let mut walker = Walker {
            old,
            new,
            walk,
            queue: VecDeque::new(),
            by_variable,
            by_optimizer: HashMap::new(),
            children: HashMap::new(),
            held: HashMap::new(),
        };
        if let Some(visit) = walker.bind(0, 0) {
            walker.walk.visits.extend(visit.fresh());
            walker.queue.push_back(visit.visit);
        }
        while let Some(visit) = walker.queue.pop_front() {
            walker.children(visit);
            walker.slots(visit);
            if walker.walk.refused {
                break;
            }
        }
        walker.walk
    }

    /// What the asserts of the status object do.
    pub fn asserts(&self, old: &ObjectGraph, new: &ObjectGraph) -> Asserts {
        let valued = |node: &Node| !node.attributes.is_empty();
        let bare = |(node, source): (&Node, &Option<NodeId>)| {
            source.is_none() && (valued(node) || node.registered_saver.is_some())
        };
        let existing = new.nodes.iter().zip(&self.sources).any(bare);
        let lost = |(node, place): (&Node, &Place)| valued(node) && *place == Place::Nowhere;
        // Values that an object without values was given: it has no use for them.
        let idle = |visit: &Visit| {
            let object = |graph: &ObjectGraph, id: NodeId| graph.nodes.get(id).is_some_and(valued);
            object(old, visit.old) && !object(new, visit.new)
        };
        let consumed = old.nodes.iter().zip(&self.places).any(lost) || self.visits.iter().any(idle);
        let bound = self.places.iter().filter(|place| **place != Place::Nowhere).count();
        Asserts { consumed: existing || consumed, existing_objects_matched: existing, nontrivial_match: bound <= 1 }
    }
}

/// A node that was bound just now.
struct Bind {
    visit: Visit,
    /// True if the object was not reached before, and takes the values.
    first: bool,
}

impl Bind {
    fn fresh(&self) -> Option<Visit> {
        self.first.then_some(self.visit)
    }
}

impl<'a> Walker<'a> {
    /// Takes a stored node for an object, if both exist and it is not taken for another.
    fn bind(&mut self, old: NodeId, new: NodeId) -> Option<Bind> {
        let place = self.walk.places.get_mut(old).filter(|place| **place == Place::Nowhere)?;
        let source = self.walk.sources.get_mut(new)?;
        *place = Place::Object(new);
        let first = source.is_none();
        source.get_or_insert(old);
        Some(Bind { visit: Visit { old, new }, first })
    }

    fn children(&mut self, visit: Visit) {
        let (old, new) = (self.old, self.new);
        let (Some(node), Some(object)) = (old.nodes.get(visit.old), new.nodes.get(visit.new)) else { return };
        // Of several references of one name, the first counts.
        let by_name = || object.children.iter().rev().map(|(name, child)| (name.as_str(), *child)).collect();
        let held: HashMap<&str, NodeId> = self.children.remove(&visit.new).unwrap_or_else(by_name);
        for (name, child) in &node.children {
            if let Some(&object) = held.get(name.as_str())
                && let Some(bind) = self.bind(*child, object)
            {
                self.walk.visits.extend(bind.fresh());
                self.queue.push_back(bind.visit);
            }
        }
        self.children.insert(visit.new, held);
    }

    /// Slots wait until both their variable and their optimizer are reached.
    fn slots(&mut self, visit: Visit) {
        for (variable, waiting) in self.by_optimizer.remove(&visit.old).unwrap_or_default() {
            self.slot(visit.new, variable, waiting);
        }
        for waiting in self.by_variable.remove(&visit.old).unwrap_or_default() {
            match self.walk.places.get(waiting.optimizer) {
                Some(Place::Object(optimizer)) => self.slot(*optimizer, visit.new, waiting),
                _ => self.by_optimizer.entry(waiting.optimizer).or_default().push((visit.new, waiting)),
            }
        }
    }

    fn slot(&mut self, optimizer: NodeId, variable: NodeId, slot: Waiting<'a>) {
        let Some(object) = self.new.nodes.get(optimizer) else { return };
        match slot_way(object) {
            SlotWay::Ignores => return,
            SlotWay::Refuses => {
                self.walk.refused = true;
                return;
            }
            SlotWay::Takes => {}
        }
        let by_owner =
            || object.slots.iter().rev().map(|slot| ((slot.original, slot.name.as_str()), slot.variable)).collect();
        let held = self.held.entry(optimizer).or_insert_with(by_owner).get(&(variable, slot.name)).copied();
        match held {
            Some(held) => {
                if let Some(bind) = self.bind(slot.node, held) {
                    self.walk.visits.extend(bind.fresh());
                    self.queue.push_back(bind.visit);
                }
            }
            None => {
                if let Some(place) = self.walk.places.get_mut(slot.node).filter(|place| **place == Place::Nowhere) {
                    *place = Place::Made;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Attribute, Slot};

    /// References; a node has a value if its number is among `values`.
    fn graph(edges: &[(NodeId, &str, NodeId)], values: &[NodeId]) -> ObjectGraph {
        let ends = edges.iter().flat_map(|edge| [edge.0, edge.2]).chain(values.iter().copied());
        let mut graph = ObjectGraph { nodes: vec![Node::default(); ends.max().unwrap_or(0) + 1] };
        for &(from, name, to) in edges {
            graph.nodes[from].children.push((name.to_owned(), to));
        }
        for &id in values {
            let key = format!("{id}/.ATTRIBUTES/VARIABLE_VALUE");
            graph.nodes[id].attributes.push(Attribute { name: "VARIABLE_VALUE".into(), full_name: String::new(), key });
        }
        graph
    }

    fn slot(graph: &mut ObjectGraph, optimizer: NodeId, original: NodeId, name: &str, variable: NodeId) {
        graph.nodes[optimizer].slots.push(Slot { original, name: name.to_owned(), variable });
    }

    fn read(walk: &Walk) -> Vec<(NodeId, NodeId)> {
        walk.visits.iter().map(|visit| (visit.old, visit.new)).collect()
    }

    #[test]
    fn only_names_of_references_count() {
        let old = graph(&[(0, "a", 1), (0, "b", 2)], &[1, 2]);
        let new = graph(&[(0, "b", 1), (0, "c", 2)], &[1, 2]);
        let walk = Walk::new(&old, &new);
        assert_eq!(walk.places, [Place::Object(0), Place::Nowhere, Place::Object(1)]);
        let asserts = walk.asserts(&old, &new);
        assert_eq!(asserts, Asserts { consumed: true, existing_objects_matched: true, nontrivial_match: false });
        let same = Walk::new(&old, &old).asserts(&old, &old);
        assert_eq!(same, Asserts::default());
    }

    #[test]
    fn another_root_matches_nothing() {
        let (old, new) = (graph(&[(0, "model", 1)], &[1]), graph(&[(0, "net", 1)], &[1]));
        assert!(Walk::new(&old, &new).asserts(&old, &new).nontrivial_match);
    }

    #[test]
    fn a_stored_node_goes_to_the_first_object_that_is_reached() {
        // The shorter path is walked first, whatever the order of nodes.
        let old = graph(&[(0, "deep", 1), (1, "v", 2), (0, "v", 2)], &[2]);
        let new = graph(&[(0, "deep", 1), (1, "v", 2), (0, "v", 3)], &[2, 3]);
        let walk = Walk::new(&old, &new);
        assert_eq!(walk.places[2], Place::Object(3));
        assert_eq!(walk.sources[2], None);
        assert!(walk.asserts(&old, &new).existing_objects_matched);
    }

    #[test]
    fn of_two_values_for_one_object_the_second_is_dropped_and_no_assert_tells() {
        let old = graph(&[(0, "a", 1), (0, "b", 2)], &[1, 2]);
        let new = graph(&[(0, "a", 1), (0, "b", 1)], &[1]);
        let walk = Walk::new(&old, &new);
        assert_eq!(read(&walk), [(0, 0), (1, 1)]);
        assert_eq!(walk.asserts(&old, &new), Asserts::default());
    }

    #[test]
    fn a_node_without_a_value_passes_for_a_value() {
        let (bare, valued) = (graph(&[(0, "a", 1)], &[]), graph(&[(0, "a", 1)], &[1]));
        assert_eq!(Walk::new(&bare, &valued).asserts(&bare, &valued), Asserts::default());
        // The other way round the value is of no use, which the strictest assert alone tells.
        let asserts = Walk::new(&valued, &bare).asserts(&valued, &bare);
        assert_eq!(asserts, Asserts { consumed: true, ..Asserts::default() });
    }

    /// A variable (1), an optimizer (2) with an iteration (3), and the variable's slot (4).
    fn legacy(optimizer_first: bool) -> ObjectGraph {
        let mut edges = vec![(0, "w", 1), (0, "opt", 2), (2, "iter", 3), (2, "decay", 3)];
        if optimizer_first {
            edges.swap(0, 1);
        }
        let mut graph = graph(&edges, &[1, 3, 4]);
        slot(&mut graph, 2, 1, "m", 4);
        graph
    }

    #[test]
    fn slots_are_found_by_variable_and_name() {
        for optimizer_first in [true, false] {
            let old = legacy(optimizer_first);
            let walk = Walk::new(&old, &old);
            assert_eq!(walk.places[4], Place::Object(4));
            assert_eq!(walk.asserts(&old, &old), Asserts::default());
        }
    }

    #[test]
    fn a_legacy_optimizer_makes_slots_that_it_lacks() {
        let (old, mut new) = (legacy(true), legacy(true));
        new.nodes[2].slots.clear();
        new.nodes.pop();
        let walk = Walk::new(&old, &new);
        assert_eq!((walk.places[4], walk.refused), (Place::Made, false));
        assert_eq!(walk.asserts(&old, &new), Asserts::default());
    }

    #[test]
    fn later_optimizers_refuse_slots_or_ignore_them() {
        let old = legacy(false);
        let keras2 = graph(&[(0, "w", 1), (0, "opt", 2), (2, "_iterations", 3)], &[1, 3]);
        assert!(Walk::new(&old, &keras2).refused);
        let keras3 = [(0, "w", 1), (0, "opt", 2), (2, "_iterations", 3), (2, "_trainable_variables", 4)];
        let keras3 = graph(&keras3, &[1, 3]);
        let walk = Walk::new(&old, &keras3);
        assert_eq!((walk.places[4], walk.refused), (Place::Nowhere, false));
        let without_variable = graph(&[(0, "opt", 1), (1, "_iterations", 2)], &[2]);
        assert!(!Walk::new(&old, &without_variable).refused, "no variable, no slot");
    }

    #[test]
    fn a_node_that_is_not_there_is_passed_over() {
        let mut old = graph(&[(0, "a", 1)], &[1]);
        old.nodes[0].children.push(("b".to_owned(), 99));
        slot(&mut old, 0, 77, "m", 88);
        let walk = Walk::new(&old, &graph(&[(0, "a", 1), (0, "b", 2)], &[1, 2]));
        assert_eq!(read(&walk), [(0, 0), (1, 1)]);
        assert_eq!(Walk::new(&ObjectGraph::default(), &old).visits, []);
    }

    /// A list of a hundred thousand objects, each of which leads back to the root: if each walked the list again,
    /// the test would not end while anybody waits.
    #[test]
    fn a_long_list_is_walked_once() {
        let count = 100_000;
        let mut nodes = vec![Node::default(); count + 1];
        nodes[0].children = (1..=count).map(|id| (format!("{id}"), id)).collect();
        for node in nodes.iter_mut().skip(1) {
            node.children.push(("root".to_owned(), 0));
        }
        let graph = ObjectGraph { nodes };
        let walk = Walk::new(&graph, &graph);
        assert!(walk.sources.iter().enumerate().all(|(id, from)| *from == Some(id)));
    }
}

//! `tf.train.Checkpoint(...).restore(path)`, and `read(path)`, which it is made of.

use std::collections::VecDeque;

use super::assign::{assign, compatible, incompatible};
use super::object_graph::{Tensors, Walk};
use super::reader::{self, Data, Opened, type_name};
use super::{Asserts, Bound, Course, Exception, Scene, is_save_counter, saver};
use crate::model::{Attribute, Checkpoint, Flavor, GRAPH_KEY, Node, NodeId, ObjectGraph, VariableId};

/// `restore`: the directory of a SavedModel stands for its variables, and what is not found is said to be
/// not found at this path.
pub(super) fn course(scene: &Scene) -> Course {
    let resolved = scene.resolved;
    let saved_model =
        resolved.is_saved_model && !resolved.given.ends_with(".pb") && !resolved.given.ends_with(".pbtxt");
    let prefix = resolved.prefix.as_ref().filter(|_| saved_model).map(|prefix| prefix.display().to_string());
    let opened = match &prefix {
        Some(prefix) => reader::prefix(scene, prefix),
        None => reader::open(scene),
    };
    restore(scene, opened, prefix.as_deref().unwrap_or(&resolved.given))
}

/// `restore` of what a path opened as. The program counts its saves from then on, if it did not before.
pub(super) fn restore(scene: &Scene, opened: Opened, path: &str) -> Course {
    wrapped(from(scene, opened, Counter::Made), path)
}

/// `read` of what a path opened as, which is content without a count of saves.
pub(super) fn read(scene: &Scene, opened: Opened) -> Course {
    from(scene, opened, Counter::AsSaved)
}

/// Whether the program has a count of saves.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Counter {
    /// If the target has one.
    AsSaved,
    /// In any case: one is made for the restore.
    Made,
}

/// What `restore` makes of an exception of `read`.
fn wrapped(mut course: Course, path: &str) -> Course {
    if let Some(exception) = course.exception.as_mut().filter(|exception| exception.class == "NotFoundError") {
        exception.message = format!(
            "Error when restoring from checkpoint or SavedModel at {path}: {}\nPlease double-check that the path is \
             correct. You may be missing the checkpoint suffix (e.g. the '-1' in 'path/to/ckpt-1').",
            exception.message
        );
    }
    course
}

/// `restore(None)`: nothing, but for the asserts.
pub(super) fn nothing() -> Course {
    let asserts = Asserts { consumed: true, existing_objects_matched: true, nontrivial_match: true };
    Course { asserts: Some(asserts), ..Course::default() }
}

fn from(scene: &Scene, opened: Opened, counter: Counter) -> Course {
    let old = match opened {
        Opened::Trouble(trouble) => return raising(trouble.in_reader()),
        Opened::Nothing => return by_name(scene, None),
        Opened::Checkpoint(old) => old,
    };
    let Some((graph, _)) = old.find(GRAPH_KEY.as_bytes()) else { return by_name(scene, Some(old)) };
    if let Some(trouble) = Data::of(scene, old).trouble(graph) {
        return raising(trouble.in_reader());
    }
    match &old.graph {
        None => raising(Exception::new("DecodeError", "Error parsing message")),
        Some(graph) if graph.nodes.is_empty() => raising(Exception::new("IndexError", "list index out of range")),
        Some(graph) => by_object(scene, old, graph, counter),
    }
}

fn raising(exception: Exception) -> Course {
    Course { exception: Some(exception), ..Course::default() }
}

/// From object to object.
fn by_object(scene: &Scene, old: &Checkpoint, old_graph: &ObjectGraph, counter: Counter) -> Course {
    // Without a target the program is the one that saved.
    let new = scene.target.unwrap_or(old);
    let Some(new_graph) = &new.graph else { return into_names(old, new) };
    let counted = (counter == Counter::Made).then(|| with_counter(new_graph)).flatten();
    let new_graph = counted.as_ref().unwrap_or(new_graph);
    let walk = Walk::new(old_graph, new_graph);
    let tensors = Tensors::of(new, new_graph);
    if walk.refused {
        return raising(legacy(new));
    }
    let wanted = walk.visits.iter().flat_map(|visit| tensors.wanted(*visit, old_graph)).collect();
    let mut course = Course::default();
    match assign(scene, old, new, wanted, &mut course.bound) {
        Ok(()) => course.asserts = Some(walk.asserts(old_graph, new_graph)),
        Err(exception) => course.exception = Some(exception),
    }
    course
}

/// The graph with a count of saves at its root, if it has none.
fn with_counter(graph: &ObjectGraph) -> Option<ObjectGraph> {
    let root = graph.nodes.first().filter(|root| root.child(COUNTER).is_none())?;
    let attribute = Attribute { name: "VARIABLE_VALUE".to_owned(), full_name: COUNTER.to_owned(), key: String::new() };
    let mut root = root.clone();
    root.children.push((COUNTER.to_owned(), graph.nodes.len()));
    let counter = Node { attributes: vec![attribute], ..Node::default() };
    let rest = graph.nodes.iter().skip(1).cloned();
    Some(ObjectGraph { nodes: std::iter::once(root).chain(rest).chain([counter]).collect() })
}

const COUNTER: &str = "save_counter";

/// What a later optimizer of Keras 2 says to the state of a legacy one.
fn legacy(new: &Checkpoint) -> Exception {
    let class = new.optimizer().filter(|class| class != "optimizer");
    let example = class.map(|class| format!(", e.g.: `tf.keras.optimizers.legacy.{class}`")).unwrap_or_default();
    let text = format!(
        "You are trying to restore a checkpoint from a legacy TF-Keras optimizer into a v2.11+ Optimizer, which can \
         cause errors. Please update the optimizer referenced in your code to be an instance of \
         `tf.keras.optimizers.legacy.Optimizer`{example}."
    );
    Exception::new("ValueError", text)
}

/// A target that saves by name has no objects to tell: what has one name is taken for one variable.
fn into_names(old: &Checkpoint, new: &Checkpoint) -> Course {
    Course { bound: saver::by_full_name(old, new), ..Course::default() }
}

/// A checkpoint without objects: each variable is looked for by its own name, one after the other.
fn by_name(scene: &Scene, old: Option<&Checkpoint>) -> Course {
    let mut course = Course { warnings: vec![BY_NAME.to_owned()], ..Course::default() };
    let Some(new) = scene.target.filter(|target| target.flavor != Flavor::NameBased) else {
        return same_program(scene, old);
    };
    let data = old.map(|old| (old, Data::of(scene, old)));
    let mut left_out = false;
    for id in objects(new) {
        let Some((variable, declared)) = new.variables.get(id).and_then(|it| Some((it, new.entry(it)?))) else {
            continue;
        };
        let Some(name) = variable.full_name() else { continue };
        let found = data.as_ref().and_then(|(old, data)| Some((data, old.find(name.as_bytes())?)));
        let Some((data, (entry, stored))) = found else {
            left_out |= !is_save_counter(new, id);
            continue;
        };
        let raised = if let Some(trouble) = data.trouble(entry) {
            Some(trouble.in_op())
        } else if stored.dtype != declared.dtype {
            let (want, have) = (type_name(declared.dtype), type_name(stored.dtype));
            let text = format!("Trying to assign variable with wrong dtype. Expected {want} got {have}");
            Some(Exception::new("InvalidArgumentError", text))
        } else if !compatible(&stored.shape, &declared.shape) {
            Some(incompatible(&stored.shape, &declared.shape, name))
        } else {
            None
        };
        if raised.is_some() {
            return Course { exception: raised, ..course };
        }
        course.bound.push(Bound { old: entry, new: id });
    }
    // A slot belongs to no object that is asked for its name.
    left_out |= new.graph.iter().flat_map(|graph| &graph.nodes).any(|node| !node.slots.is_empty());
    let asserts = Asserts { consumed: left_out, existing_objects_matched: left_out, nontrivial_match: left_out };
    Course { asserts: Some(asserts), ..course }
}

const BY_NAME: &str = "Restoring a name-based tf.train.Saver checkpoint using the object-based restore API. This mode \
                       uses global names to match variables, and so is somewhat fragile.";

/// A checkpoint by name, read by a program that names its variables alike.
fn same_program(scene: &Scene, old: Option<&Checkpoint>) -> Course {
    let Some(old) = old else { return Course::default() };
    let (new, data) = (scene.target.unwrap_or(old), Data::of(scene, old));
    let mut course = Course::default();
    for (id, entry) in old.entries.iter().enumerate() {
        let Some((held, _)) = new.find(entry.key.bytes()) else { continue };
        if let Some(trouble) = data.trouble(id) {
            return Course { exception: Some(trouble.in_op()), ..course };
        }
        course.bound.push(Bound { old: id, new: held });
    }
    course
}

/// The variables of a checkpoint in the order in which the objects are met, the slots left out: these are
/// reached through their optimizer alone.
pub(super) fn objects(checkpoint: &Checkpoint) -> Vec<VariableId> {
    let Some(graph) = &checkpoint.graph else { return (0..checkpoint.variables.len()).collect() };
    let tensors = Tensors::of(checkpoint, graph);
    let mut seen = vec![false; graph.nodes.len()];
    let mut queue: VecDeque<NodeId> = VecDeque::new();
    let mut meet = |id: NodeId, queue: &mut VecDeque<NodeId>| {
        if let Some(seen @ false) = seen.get_mut(id) {
            *seen = true;
            queue.push_back(id);
        }
    };
    meet(0, &mut queue);
    let mut order = Vec::new();
    while let Some(id) = queue.pop_front() {
        order.extend(tensors.of_node(id));
        for (_, child) in graph.nodes.get(id).into_iter().flat_map(|node| &node.children) {
            meet(*child, &mut queue);
        }
    }
    order
}

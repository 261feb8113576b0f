//! `tf.train.Checkpoint(...).restore(path)` of a checkpoint without objects: by the names of variables.

use std::collections::VecDeque;

use super::assign::{compatible, incompatible};
use super::reader::{self, Data, type_name};
use super::tensors::Tensors;
use super::{Asserts, Bound, Course, Exception, Scene, is_save_counter};
use crate::model::{Checkpoint, Flavor, NodeId, VariableId};

/// Each variable is looked for by its own name, one after the other.
pub(super) fn course(scene: &Scene, old: Option<&Checkpoint>) -> Course {
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
        let found = data.as_ref().and_then(|(old, data)| Some((data, reader::find(old, name)?)));
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

#[cfg(test)]
mod tests {
    use super::super::{checkpoint, sample::Stage};
    use super::*;
    use crate::model::sample::{named, object};

    fn restored(course: &Course, new: &Checkpoint) -> Vec<String> {
        course.bound.iter().map(|bound| new.variables[bound.new].name.to_string()).collect()
    }

    fn into(old: &Checkpoint, new: &Checkpoint) -> Course {
        checkpoint::course(&Stage::at("ckpts/ckpt-4").scene(Some(old), Some(new)))
    }

    #[test]
    fn names_into_objects() {
        let new = object(&[("m/x", "w", &[2]), ("m/y", "v", &[3])]);
        let some = into(&named(&[("w", &[2]), ("z", &[1])]), &new);
        assert_eq!(restored(&some, &new), ["w"]);
        assert!(some.asserts.unwrap().nontrivial_match, "one assert is all three");
        let all = into(&named(&[("w", &[2]), ("v", &[3])]), &new);
        assert_eq!(all.asserts, Some(Asserts::default()));
        let reshaped = into(&named(&[("w", &[2]), ("v", &[4])]), &new);
        let raised = reshaped.exception.unwrap();
        assert_eq!((raised.class, reshaped.bound.len()), ("ValueError", 1));
        assert!(raised.message.ends_with("and name v."), "no output number");
    }
}

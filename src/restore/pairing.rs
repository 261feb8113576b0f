//! Which stored value is meant for which variable of the new code, whatever then stops the restore.

use super::object_graph::Walk;
use super::tensors::Tensors;
use super::{Bound, by_name, saver};
use crate::model::{Checkpoint, Entry, Flavor, VariableId};

/// What restoring goes by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Both are name-based: `Saver`, by key.
    Names,
    /// Both are object-based: `tf.train.Checkpoint`, by the way through the object graph.
    Objects,
    /// A name-based checkpoint into objects: by the name of each variable.
    NamesIntoObjects,
    /// An object-based checkpoint into a `Saver`: by the name of each variable.
    ObjectsIntoNames,
}

/// The way that `Saver` or `tf.train.Checkpoint` goes, and what is bound on it, in the order of the new
/// variables. None if an object graph that it takes is lost, or either is a file of Keras' own, which have
/// loaders of their own.
pub fn pairs(old: &Checkpoint, new: &Checkpoint) -> Option<(Way, Vec<Bound>)> {
    let (way, mut bound) = match (old.flavor, new.flavor) {
        (Flavor::NameBased, Flavor::NameBased) => (Way::Names, by_key(old, new)),
        (Flavor::ObjectBased, Flavor::ObjectBased) => (Way::Objects, by_object(old, new)?),
        (Flavor::NameBased, Flavor::ObjectBased) => {
            new.graph.as_ref()?;
            (Way::NamesIntoObjects, by_full_name(old, new))
        }
        (Flavor::ObjectBased, Flavor::NameBased) => {
            old.graph.as_ref()?;
            (Way::ObjectsIntoNames, saver::by_full_name(old, new))
        }
        (Flavor::LayerBased, _) | (_, Flavor::LayerBased) => return None,
    };
    bound.sort_by_key(|bound| bound.new);
    Some((way, bound))
}

fn by_key(old: &Checkpoint, new: &Checkpoint) -> Vec<Bound> {
    // Both are in the order of keys: they are gone through side by side.
    let mut stored = old.entries.iter().enumerate().peekable();
    let found = |(id, entry): (VariableId, &Entry)| {
        while stored.next_if(|(_, held)| held.key.bytes() < entry.key.bytes()).is_some() {}
        let (held, _) = stored.peek().filter(|(_, held)| held.key == entry.key)?;
        Some(Bound { old: *held, new: id })
    };
    new.entries.iter().enumerate().filter_map(found).collect()
}

fn by_object(old: &Checkpoint, new: &Checkpoint) -> Option<Vec<Bound>> {
    let (old_graph, new_graph) = (old.graph.as_ref()?, new.graph.as_ref()?);
    let walk = Walk::new(old_graph, new_graph);
    let tensors = Tensors::of(new, new_graph);
    let wanted = walk.visits.iter().flat_map(|visit| tensors.wanted(*visit, old_graph));
    Some(wanted.filter_map(|one| Some(Bound { old: old.find(one.key.as_bytes())?.0, new: one.new })).collect())
}

fn by_full_name(old: &Checkpoint, new: &Checkpoint) -> Vec<Bound> {
    let found = |id: VariableId| {
        let (held, _) = old.find(new.variables.get(id)?.full_name()?.as_bytes())?;
        Some(Bound { old: held, new: id })
    };
    by_name::objects(new).into_iter().filter_map(found).collect()
}

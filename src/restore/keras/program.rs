//! The layers of the program, as what it saved tells of them.

use std::collections::{HashMap, HashSet, VecDeque};

use super::has_paths;
use crate::bytes::limits;
use crate::model::{Checkpoint, Owned, Owner, Payload, Role, VariableId, leaf};

/// A layer of the model with all weights below it, in the order in which Keras lists them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Layer {
    pub name: String,
    pub weights: Vec<VariableId>,
    /// False if the order is a guess: what was saved by object does not tell the order of objects in a layer.
    pub is_ordered: bool,
}

/// A model as `model.layers` shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Program {
    pub layers: Vec<Layer>,
    /// The weights of the model itself.
    pub own: Vec<VariableId>,
    /// False if the order of the layers is a guess, as that of the attributes of a subclassed model is.
    pub is_ordered: bool,
}

impl Program {
    /// The program that saved a file of Keras.
    pub fn of(saved: &Checkpoint) -> Self {
        let owners = saved.keras.iter().flat_map(|keras| &keras.owners);
        let present = |owner: &Owner| owner.weights.iter().flatten().copied().collect();
        let own = owners.clone().filter(|owner| owner.part == Owned::Model).flat_map(present_of).collect();
        let is_ordered = !has_paths(saved) || owners.clone().all(is_in_list);
        let layers = if has_paths(saved) {
            layers_by_path(saved)
        } else {
            let layers = owners.filter(|owner| owner.part == Owned::Layer);
            let layer = |owner: &Owner| Layer {
                name: owner.name.clone().unwrap_or_default(),
                weights: present(owner),
                is_ordered: true,
            };
            layers.map(layer).collect()
        };
        Self { layers, own, is_ordered }
    }

    /// Those that Keras counts.
    pub fn with_weights(&self) -> impl Iterator<Item = &Layer> {
        self.layers.iter().filter(|layer| !layer.weights.is_empty())
    }
}

fn present_of(owner: &Owner) -> impl Iterator<Item = VariableId> {
    owner.weights.iter().flatten().copied()
}

/// The layers of a file that lists objects: in the order in which they were written, which is the model's.
fn layers_by_path(saved: &Checkpoint) -> Vec<Layer> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    let paths: HashSet<&str> =
        saved.keras.iter().flat_map(|keras| &keras.owners).map(|owner| owner.path.as_str()).collect();
    let mut layers: Vec<(u64, Vec<&Owner>)> = Vec::new();
    for owner in saved.keras.iter().flat_map(|keras| &keras.owners).filter(|owner| owner.part == Owned::Layer) {
        let layer = top(&owner.path, &paths);
        if layer.starts_with("metrics") {
            continue;
        }
        let at = *places.entry(layer).or_insert(layers.len());
        if at == layers.len() {
            layers.push((u64::MAX, Vec::new()));
        }
        let Some((first, owners)) = layers.get_mut(at) else { continue };
        *first = (*first).min(offset(saved, owner));
        owners.push(owner);
    }
    layers.sort_by_key(|(first, _)| *first);
    let is_listed = layers.iter().flat_map(|(_, owners)| owners).all(|owner| is_in_list(owner));
    let layer = |(_, mut owners): (u64, Vec<&Owner>)| {
        let name = owners.iter().min_by_key(|owner| owner.path.len());
        let name = name.map(|owner| owner.name.clone().unwrap_or_else(|| leaf(&owner.path).to_owned()));
        owners.sort_by_key(|owner| (place(&owner.path), offset(saved, owner)));
        let mut weights: Vec<VariableId> = owners.iter().flat_map(|owner| present_of(owner)).collect();
        // Trained ones first, of all objects below the layer.
        let trained = |id: &VariableId| saved.variables.get(*id).is_some_and(|variable| variable.role == Role::Weight);
        weights.sort_by_key(|id| !trained(id));
        let is_ordered = owners.iter().filter(|owner| !owner.weights.is_empty()).count() < 2;
        Layer { name: name.unwrap_or_default(), weights, is_ordered }
    };
    let mut layers: Vec<Layer> = layers.into_iter().map(layer).collect();
    if !is_listed {
        by_number(&mut layers);
    }
    layers
}

/// Attributes were written in the order of the alphabet: names that Keras made up tell in which order the layers of
/// a class were made.
fn by_number(layers: &mut [Layer]) {
    let stems: Vec<String> = layers.iter().map(|layer| made_up(&layer.name).0.to_owned()).collect();
    let mut sorted: Vec<Layer> = layers.to_vec();
    sorted.sort_by_key(|layer| made_up(&layer.name).1);
    let mut of_stem: HashMap<String, VecDeque<Layer>> = HashMap::new();
    for layer in sorted {
        of_stem.entry(made_up(&layer.name).0.to_owned()).or_default().push_back(layer);
    }
    for (place, stem) in layers.iter_mut().zip(stems) {
        if let Some(layer) = of_stem.get_mut(&stem).and_then(VecDeque::pop_front) {
            *place = layer;
        }
    }
}

/// The layer that an object belongs to: `layers/dense` of `layers/dense/cell`; elsewhere the first on the way to it
/// that is an object itself, as a list of objects is not.
pub(super) fn top<'a>(path: &'a str, objects: &HashSet<&str>) -> &'a str {
    let mut ends = path.match_indices('/').take(limits::NAME_PARTS).map(|(at, _)| at).chain([path.len()]);
    let heads = || ends.clone().filter_map(|end| path.get(..end));
    let found = heads().find(|head| objects.contains(head));
    if heads().next().is_some_and(|head| LISTS.contains(&head)) {
        return ends.nth(1).and_then(|end| path.get(..end)).unwrap_or(path);
    }
    found.unwrap_or(path)
}

/// What Keras calls the list of a model's layers.
pub(super) const LISTS: [&str; 2] = ["layers", "_layer_checkpoint_dependencies"];

/// True for what is in a list of layers, and for what is no layer.
pub(super) fn is_in_list(owner: &Owner) -> bool {
    owner.part != Owned::Layer
        || owner.path.starts_with("metrics")
        || LISTS.iter().any(|list| owner.path.split('/').next() == Some(list))
}

/// The class and the number of a name like `dense_1`, which Keras makes up where the program gives none.
pub(super) fn made_up(name: &str) -> (&str, u64) {
    let numbered = name.rsplit_once('_').and_then(|(stem, number)| Some((stem, number.parse().ok()?)));
    numbered.unwrap_or((name, 0))
}

/// The order in which layers of Keras make those inside them, where that is not the order of the alphabet.
const MADE: [&str; 6] = ["forward_layer", "backward_layer", "query_dense", "key_dense", "value_dense", "output_dense"];

fn place(path: &str) -> usize {
    let parts = path.split('/').map(|part| part.trim_start_matches('_'));
    parts.filter_map(|part| MADE.iter().position(|made| *made == part)).next_back().unwrap_or(MADE.len())
}

/// Where the first weight of an owner lies: later ones were written later.
pub(super) fn offset(saved: &Checkpoint, owner: &Owner) -> u64 {
    let entries = present_of(owner).filter_map(|id| saved.entries.get(id));
    let offset = |payload: &Payload| match payload {
        Payload::Extent(extent) => Some(extent.offset),
        Payload::Coded(coded) => coded.pieces.iter().map(|piece| piece.extent.offset).min(),
        Payload::Slices(_) | Payload::Nowhere => None,
    };
    entries.filter_map(|entry| offset(&entry.payload)).min().unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::sample::{by_layer, by_path};
    use super::*;

    #[test]
    fn the_layer_of_an_object() {
        let objects = HashSet::from(["encoder", "encoder/ff", "blocks/dense_1", "layers/dense"]);
        let pairs = [
            ("blocks/dense_1/cell", "blocks/dense_1"),
            ("layers/dense", "layers/dense"),
            ("layers/lstm/cell", "layers/lstm"),
            ("layers/functional/layers/dense_1", "layers/functional"),
            ("encoder", "encoder"),
            ("encoder/ff", "encoder"),
            ("layers", "layers"),
        ];
        for (path, layer) in pairs {
            assert_eq!(top(path, &objects), layer);
        }
    }

    #[test]
    fn layers_in_the_order_of_the_list_or_of_writing() {
        let names = |saved: &Checkpoint| -> Vec<String> {
            Program::of(saved).with_weights().map(|layer| layer.name.clone()).collect()
        };
        assert_eq!(names(&by_layer(&[("b", "b", &[&[1]]), ("c", "c", &[]), ("a", "a", &[&[1]])])), ["b", "a"]);
        assert_eq!(
            names(&by_path(&[("layers/z", "first", &[&[1]]), ("layers/a", "second", &[&[1]])])),
            ["first", "second"]
        );
    }

    #[test]
    fn weights_in_the_order_of_making() {
        let saved = by_path(&[
            ("layers/bidirectional/backward_layer/cell", "b", &[&[2]]),
            ("layers/bidirectional/forward_layer/cell", "f", &[&[3]]),
        ]);
        let program = Program::of(&saved);
        let keys: Vec<String> = program.layers[0].weights.iter().map(|id| saved.entries[*id].key.to_string()).collect();
        assert_eq!(keys[0], "layers/bidirectional/forward_layer/cell/vars/0");
        assert!(!program.layers[0].is_ordered);
    }
}

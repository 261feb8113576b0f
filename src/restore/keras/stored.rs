//! A file in which objects are addressed by their paths, as Keras asks it.

use std::collections::{HashMap, HashSet};

use super::program::{LISTS, is_in_list, made_up};
use super::{Generation, has_paths};
use crate::model::{Checkpoint, Owner, VariableId};

/// The groups of a file.
pub(super) struct Stored<'a> {
    /// Each by its path.
    pub owners: HashMap<&'a str, &'a Owner>,
    /// The layers of the list by name; none where several have it.
    listed: HashMap<&'a str, Option<&'a str>>,
    /// The classes of those.
    classes: HashSet<&'a str>,
    /// True if Keras looks for layers where Keras 2.14 put them, too.
    has_old_list: bool,
}

impl<'a> Stored<'a> {
    /// Those of a file in this layout; of another one none.
    pub fn of(checkpoint: &'a Checkpoint, generation: Generation) -> Self {
        // In the other layout a group is a layer's, and has no `vars`.
        let owners = checkpoint.keras.iter().filter(|_| has_paths(checkpoint)).flat_map(|keras| &keras.owners);
        let owners: HashMap<&str, &Owner> = owners.map(|owner| (owner.path.as_str(), owner)).collect();
        let [list, old_list] = LISTS;
        let has_old_list = owners.keys().any(|path| path.split('/').next() == Some(old_list));
        let (mut listed, mut classes) = (HashMap::new(), HashSet::new());
        for (path, owner) in &owners {
            let Some(group) = path.strip_prefix(list).and_then(|rest| rest.strip_prefix('/')) else { continue };
            if group.contains('/') {
                continue;
            }
            classes.insert(made_up(group).0);
            if let Some(name) = &owner.name {
                listed.entry(name.as_str()).and_modify(|known| *known = None).or_insert(Some(*path));
            }
        }
        Self { owners, listed, classes, has_old_list: has_old_list && generation == Generation::Three }
    }

    /// True if there are weights of the model itself, or at least room for them.
    pub fn has_root(&self) -> bool {
        self.owners.contains_key("")
    }

    /// Where the list of layers has these, which are of one class and in order. If the file keeps layers in that list
    /// alone, and some have other shapes there, the order is another one: then each has the first that fits.
    pub fn in_list<'b>(
        &self,
        class: &str,
        layers: &[&'b Owner],
        fits: impl Fn(&Owner, &[Option<VariableId>]) -> bool,
    ) -> Vec<(&'b str, String)> {
        let [list, _] = LISTS;
        let path = |position: usize| match position {
            0 => format!("{list}/{class}"),
            _ => format!("{list}/{class}_{position}"),
        };
        let paths: Vec<String> = (0..layers.len()).map(path).collect();
        let in_order = layers.iter().zip(&paths).map(|(owner, path)| (owner.path.as_str(), path.clone())).collect();
        let has_attributes = self.owners.values().any(|owner| !is_in_list(owner));
        if has_attributes || layers.iter().zip(&paths).all(|(owner, path)| fits(owner, self.at(path))) {
            return in_order;
        }
        let mut left = paths;
        let by_shape = layers.iter().map(|owner| {
            let at = left.iter().position(|path| fits(owner, self.at(path)))?;
            Some((owner.path.as_str(), left.remove(at)))
        });
        by_shape.collect::<Option<Vec<_>>>().unwrap_or(in_order)
    }

    /// Where the list of layers has the one of this name, if its name was given to it: it has none of that class.
    pub fn named_in_list(&self, name: &str) -> Option<&'a str> {
        let found = *self.listed.get(name)?;
        found.filter(|_| !self.classes.contains(made_up(name).0))
    }

    /// What lies at a path: no weights if nothing does.
    pub fn at(&self, path: &str) -> &'a [Option<VariableId>] {
        let [list, old_list] = LISTS;
        let elsewhere = || self.owners.get(path.replace(list, old_list).as_str()).filter(|_| self.has_old_list);
        let owner = self.owners.get(path).or_else(elsewhere);
        owner.map(|owner| owner.weights.as_slice()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{by_layer, by_path};
    use super::*;

    #[test]
    fn what_lies_at_a_path() {
        let new = by_path(&[("layers/dense", "a", &[&[2]]), ("layers/drop", "b", &[])]);
        let file = Stored::of(&new, Generation::Three);
        assert_eq!(
            [file.at("layers/dense").len(), file.at("layers/drop").len(), file.at("layers/none").len()],
            [1, 0, 0]
        );
        assert!(file.has_root());
        let old = by_path(&[("_layer_checkpoint_dependencies/dense", "a", &[&[2]])]);
        assert_eq!(Stored::of(&old, Generation::Three).at("layers/dense").len(), 1);
        assert_eq!(Stored::of(&old, Generation::Two).at("layers/dense").len(), 0);
        assert!(!Stored::of(&by_layer(&[("dense", "dense", &[&[2]])]), Generation::Three).has_root());
    }

    #[test]
    fn names_that_were_given_tell_the_place() {
        let given = by_path(&[("layers/dense", "first", &[&[2]]), ("layers/dense_1", "dense_7", &[&[2]])]);
        let file = Stored::of(&given, Generation::Three);
        assert_eq!(file.named_in_list("first"), Some("layers/dense"));
        assert_eq!(file.named_in_list("dense_7"), None, "made up, and counted otherwise");
        assert_eq!(file.named_in_list("second"), None);
    }

    #[test]
    fn the_places_of_a_class_in_the_list() {
        let saved = by_path(&[("layers/dense", "", &[&[2]]), ("layers/dense_1", "", &[&[3]])]);
        let file = Stored::of(&saved, Generation::Three);
        let owner = |path: &str, shape: u64| {
            let weights = vec![saved.entries.iter().position(|entry| entry.shape.axes() == Some(&[shape]))];
            Owner { path: path.to_owned(), weights, ..Owner::default() }
        };
        let (a, b) = (owner("a", 3), owner("b", 2));
        let fits = |owner: &Owner, stored: &[Option<VariableId>]| owner.weights == stored;
        // The first has the shape of the second place.
        let found = file.in_list("dense", &[&a, &b], fits);
        assert_eq!(found, [("a", "layers/dense_1".to_owned()), ("b", "layers/dense".to_owned())]);
        let found = file.in_list("dense", &[&b, &a], fits);
        assert_eq!(found[0].1, "layers/dense");
    }
}

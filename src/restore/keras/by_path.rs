//! Files in which Keras addresses objects by their paths: `.weights.h5`, its shards, and those in `.keras`.
//!
//! The program asks for its own paths; what else the file has is never noticed.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::program::{LISTS, is_in_list, made_up, offset, top};
use super::stored::Stored;
use super::{Generation, by_likeness, file, has_paths, raising};
use crate::bytes::FaultKind;
use crate::model::{Checkpoint, Owned, Owner, Variable, VariableId, leaf};
use crate::restore::reader::tuple;
use crate::restore::{Bound, Course, Exception, Scene};

/// Loads a file into the program that saved the target.
pub(super) fn load(generation: Generation, scene: &Scene, old: &Checkpoint) -> Course {
    // Without a target the program is the one that saved.
    let new = scene.target.unwrap_or(old);
    if !has_paths(new) {
        return by_likeness(scene);
    }
    if let Err(exception) = file::groups(old) {
        return raising(exception);
    }
    let (file, refused) = (Stored::of(old, generation), refused(old, generation));
    let mut walk = Walk { scene, old, new, file, refused, course: Course::default() };
    match generation {
        Generation::Two => walk.until_one_fails(),
        Generation::Three => walk.all(),
    }
    walk.course
}

struct Walk<'a> {
    scene: &'a Scene<'a>,
    old: &'a Checkpoint,
    new: &'a Checkpoint,
    file: Stored<'a>,
    /// By key: why a weight is not read.
    refused: HashMap<&'a str, Exception>,
    course: Course,
}

/// Where else than at its path an object may be found: asked only if some were not found there.
struct Elsewhere<'a> {
    /// By its path, where the list of layers has a layer.
    listed: HashMap<&'a str, String>,
    /// Those paths.
    layers: HashSet<&'a str>,
    /// By weight of the program, the object of the file that has the same one.
    owners: HashMap<VariableId, &'a Owner>,
}

/// What is broken, or a link, which Keras 3 does not follow.
fn refused(old: &Checkpoint, generation: Generation) -> HashMap<&str, Exception> {
    let not_allowed = |link: &str| {
        let exception = Exception::new("ValueError", format!("Not allowed: H5 file with {link}"));
        Some(exception).filter(|_| generation == Generation::Three)
    };
    // Of several faults of one weight the first counts.
    let faults = old.faults.iter().rev().filter_map(|fault| match &fault.kind {
        FaultKind::Hdf5Malformed { path, what } => {
            let text = format!("'Unable to synchronously open object ({what})'");
            Some((path.trim_matches('/'), Exception::new("KeyError", text)))
        }
        FaultKind::LinkInFile { path, .. } => Some((path.as_str(), not_allowed("SoftLink")?)),
        FaultKind::LinkLeavesFile { path, .. } => Some((path.as_str(), not_allowed("ExternalLink")?)),
        _ => None,
    });
    faults.collect()
}

impl<'a> Walk<'a> {
    fn owners(&self) -> Vec<&'a Owner> {
        self.new.keras.iter().flat_map(|keras| &keras.owners).collect()
    }

    /// Keras 2 ends with the first object that fails. It goes as it went when it saved.
    fn until_one_fails(&mut self) {
        let mut owners = self.owners();
        owners.sort_by_key(|owner| (owner.part != Owned::Model, offset(self.new, owner)));
        for owner in owners {
            let failed = if owner.path.is_empty() && !self.file.has_root() {
                let text = "\"Unable to synchronously open object (object 'vars' doesn't exist)\"";
                Err(Exception::new("KeyError", text))
            } else {
                self.fill(owner, self.file.at(&owner.path))
            };
            let Err(exception) = failed else { continue };
            if !self.scene.options.skip_mismatch {
                self.course.exception = Some(exception);
                return;
            }
            let text = format!(
                "Could not load weights in object {}. Skipping object. Exception encountered: {}",
                name(owner),
                exception.message
            );
            self.course.warnings.push(text);
        }
    }

    /// Keras 3 goes on, and says at the end what failed. What it reaches by two paths may fail at one of them.
    fn all(&mut self) {
        let mut failed = Vec::new();
        for owner in self.owners() {
            if let Err(exception) = self.fill(owner, self.file.at(&owner.path)) {
                failed.push((owner, exception));
            }
        }
        if failed.is_empty() {
            return;
        }
        let elsewhere = self.elsewhere();
        failed.retain(|(owner, _)| self.by_another_path(owner, &elsewhere).is_err());
        let Some((first, exception)) = failed.first() else { return };
        let names: Vec<&str> = failed.iter().map(|(owner, _)| name(owner)).collect();
        let text = format!(
            "A total of {} objects could not be loaded. Example error message for object {}:\n\n{}\n\nList of objects \
             that could not be loaded:\n[{}]",
            failed.len(),
            name(first),
            exception.message,
            names.join(", ")
        );
        if self.scene.options.skip_mismatch {
            self.course.warnings.push(text);
        } else {
            self.course.exception = Some(Exception::new("ValueError", text));
        }
    }

    /// A subclassed model has its layers as attributes, and in the list of all its layers besides: where there, the
    /// names that Keras made up tell by classes and numbers, and those that the program gave by being the same.
    fn listed_again(&self) -> HashMap<&'a str, String> {
        let owners = self.owners();
        let mut classes: BTreeMap<&str, Vec<(u64, &Owner)>> = BTreeMap::new();
        if owners.iter().all(|owner| is_in_list(owner)) {
            return HashMap::new();
        }
        let paths: HashSet<&str> = owners.iter().map(|owner| owner.path.as_str()).collect();
        let mut listed = HashMap::new();
        for owner in owners {
            let is_layer = owner.part == Owned::Layer && owner.path == top(&owner.path, &paths);
            let Some(name) = owner.name.as_deref().filter(|_| is_layer) else { continue };
            if let Some(path) = self.file.named_in_list(name) {
                listed.insert(owner.path.as_str(), path.to_owned());
            } else {
                let (stem, number) = made_up(name);
                classes.entry(stem).or_default().push((number, owner));
            }
        }
        for (class, mut layers) in classes {
            layers.sort_by_key(|(number, _)| *number);
            let layers: Vec<&Owner> = layers.into_iter().map(|(_, owner)| owner).collect();
            listed.extend(self.file.in_list(class, &layers, |owner, stored| self.fits(owner, stored)));
        }
        listed
    }

    fn elsewhere(&self) -> Elsewhere<'a> {
        let listed = self.listed_again();
        let layers = listed.keys().copied().collect();
        let weights =
            self.file.owners.values().flat_map(|owner| owner.weights.iter().flatten().map(|id| (*id, *owner)));
        let of_weight: HashMap<VariableId, &Owner> = weights.collect();
        let pairs = self.scene.alignment.iter().flat_map(|alignment| &alignment.pairs);
        let owners = pairs.filter_map(|pair| Some((pair.new, *of_weight.get(&pair.old)?))).collect();
        Elsewhere { listed, layers, owners }
    }

    /// Tries once more what was not found at its first path.
    fn by_another_path(&mut self, owner: &'a Owner, elsewhere: &Elsewhere) -> Result<(), Exception> {
        let layer = top(&owner.path, &elsewhere.layers);
        let in_list = elsewhere.listed.get(layer).map(|path| owner.path.replacen(layer, path, 1));
        // What has an accessor is kept in an attribute that begins with an underscore.
        let (above, last) = owner.path.rsplit_once('/').unwrap_or(("", &owner.path));
        let private = Some(format!("{above}/_{last}"));
        let paths = [in_list, private, attribute(owner, elsewhere)];
        let path = paths.into_iter().flatten().find(|path| !self.file.at(path).is_empty());
        match path {
            Some(path) => self.fill(owner, self.file.at(&path)),
            None => Err(Exception::new("ValueError", "")),
        }
    }

    /// True if these are as many weights of the same shapes.
    fn fits(&self, owner: &Owner, stored: &[Option<VariableId>]) -> bool {
        let shape = |checkpoint: &Checkpoint, id: &Option<VariableId>| {
            id.and_then(|id| checkpoint.entries.get(id)).map(|entry| entry.shape.clone())
        };
        let wanted: Vec<_> = owner.weights.iter().map(|id| shape(self.new, id)).collect();
        wanted == stored.iter().map(|id| shape(self.old, id)).collect::<Vec<_>>()
    }

    /// Gives an object its weights. Those before the one that does not fit are assigned.
    fn fill(&mut self, owner: &Owner, stored: &[Option<VariableId>]) -> Result<(), Exception> {
        if owner.weights.len() != stored.len() {
            if owner.part == Owned::Optimizer {
                self.skip_optimizer(owner, stored);
                return Ok(());
            }
            let text = format!(
                "Layer '{}' expected {} variables, but received {} variables during loading. Expected: {:?}",
                name(owner),
                owner.weights.len(),
                stored.len(),
                self.words(owner)
            );
            return Err(Exception::new("ValueError", text));
        }
        let (old, new) = (self.old, self.new);
        // An optimizer may have many thousand; of two that have one number the first counts.
        let by_number: HashMap<Option<&[u8]>, VariableId> =
            stored.iter().flatten().rev().map(|id| (last(old, *id), *id)).collect();
        for id in owner.weights.iter().flatten() {
            let number = last(new, *id);
            let Some(value) = by_number.get(&number) else {
                let number = String::from_utf8_lossy(number.unwrap_or_default());
                return Err(Exception::new("KeyError", format!("{number:?}")));
            };
            self.assign(*value, *id)?;
        }
        Ok(())
    }

    fn assign(&mut self, old: VariableId, new: VariableId) -> Result<(), Exception> {
        let shape = |checkpoint: &'a Checkpoint, id: VariableId| checkpoint.entries.get(id).map(|entry| &entry.shape);
        let (Some(stored), Some(wanted)) = (shape(self.old, old), shape(self.new, new)) else { return Ok(()) };
        if let Some(exception) = self.refused(old) {
            return Err(exception.clone());
        }
        if stored.axes().is_some() && stored != wanted {
            let variable = self.new.variables.get(new).map(|variable| variable.name.to_string()).unwrap_or_default();
            let text = format!(
                "The shape of the target variable and the shape of the target value in `variable.assign(value)` must \
                 match. variable.shape={}, Received: value.shape={}. Target variable: {variable}",
                tuple(wanted),
                tuple(stored)
            );
            return Err(Exception::new("ValueError", text));
        }
        self.course.bound.push(Bound { old, new });
        Ok(())
    }

    /// Why a weight is not read.
    fn refused(&self, old: VariableId) -> Option<&Exception> {
        // Nearly every file is whole, and has many thousand keys.
        let entry = self.old.entries.get(old).filter(|_| !self.refused.is_empty())?;
        self.refused.get(entry.key.to_string().as_str())
    }

    fn skip_optimizer(&mut self, owner: &Owner, stored: &[Option<VariableId>]) {
        let text = format!(
            "Skipping variable loading for optimizer '{}', because it has {} variables whereas the saved optimizer has \
             {} variables. ",
            name(owner),
            owner.weights.len(),
            stored.len()
        );
        self.course.warnings.push(text);
    }

    /// What its weights are called: `kernel`.
    fn words(&self, owner: &Owner) -> Vec<String> {
        let ids = owner.weights.iter().flatten();
        let variables = ids.filter_map(|id| self.new.variables.get(*id));
        variables.map(|variable: &Variable| leaf(&variable.name).to_owned()).collect()
    }
}

/// What the program has in the list of its layers alone comes behind that list in the alphabet: the attribute of
/// the file that has the same weights, if it is such a one.
fn attribute(owner: &Owner, elsewhere: &Elsewhere) -> Option<String> {
    let [list, _] = LISTS;
    let first = owner.weights.iter().flatten().next().filter(|_| is_in_list(owner))?;
    let found = elsewhere.owners.get(first)?;
    let is_behind = !is_in_list(found) && (found.path.as_str() > list || found.path.starts_with('_'));
    is_behind.then(|| found.path.clone())
}

/// The name of an object, or what its path ends in.
fn name(owner: &Owner) -> &str {
    owner.name.as_deref().unwrap_or_else(|| leaf(&owner.path))
}

/// What a weight is called in its group: nearly always a number.
fn last(checkpoint: &Checkpoint, id: VariableId) -> Option<&[u8]> {
    checkpoint.entries.get(id)?.key.bytes().rsplit(|byte| *byte == b'/').next()
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Group, bound, by_layer, by_path, run};
    use super::*;
    use crate::restore::Options;

    const NONE: Options = Options { by_name: false, skip_mismatch: false };
    const SKIPPING: Options = Options { by_name: false, skip_mismatch: true };

    fn load_as(generation: Generation, old: &[Group], new: &[Group], options: Options) -> (Course, Vec<String>) {
        let (old, new) = (by_path(old), by_path(new));
        let course = run("m.weights.h5", &old, Some(&new), options, |scene| load(generation, scene, &old));
        let bound = bound(&course, &old, &new);
        (course, bound)
    }

    const FIRST: Group = ("layers/dense", "a", &[&[4, 4], &[4]]);
    const SECOND: Group = ("layers/dense_1", "b", &[&[4, 4], &[4]]);
    const LAST: Group = ("layers/dense_1", "b", &[&[4, 2], &[2]]);

    #[test]
    fn names_do_not_count_and_more_is_not_noticed() {
        let (course, bound) = load_as(Generation::Three, &[FIRST, LAST], &[("layers/dense", "z", FIRST.2)], NONE);
        assert_eq!(course.exception, None);
        assert_eq!(bound, ["layers/dense/vars/0 -> layers/dense/vars/0", "layers/dense/vars/1 -> layers/dense/vars/1"]);
    }

    #[test]
    fn a_layer_inserted_takes_the_next_one_s_weights() {
        let moved: Group = ("layers/dense_2", "b", LAST.2);
        let (course, bound) = load_as(Generation::Three, &[FIRST, LAST], &[FIRST, SECOND, moved], NONE);
        let exception = course.exception.unwrap();
        assert_eq!(exception.class, "ValueError");
        assert!(exception.message.starts_with("A total of 2 objects could not be loaded."));
        assert_eq!(bound.len(), 2);
        // Keras 2 stops at the first.
        let (course, _) = load_as(Generation::Two, &[FIRST, LAST], &[FIRST, SECOND, moved], NONE);
        assert!(course.exception.unwrap().message.contains("(4, 4)"));
    }

    #[test]
    fn mismatches_that_are_skipped_are_told() {
        let (course, bound) = load_as(Generation::Three, &[FIRST, LAST], &[FIRST, SECOND], SKIPPING);
        assert!(course.exception.is_none() && course.warnings.len() == 1);
        assert_eq!(bound.len(), 2);
        let (course, bound) = load_as(Generation::Two, &[FIRST, LAST], &[FIRST, SECOND], SKIPPING);
        assert!(course.exception.is_none() && course.warnings.len() == 1);
        assert_eq!(bound.len(), 2);
    }

    #[test]
    fn an_optimizer_of_another_count_is_left_fresh() {
        let adam: Group = ("optimizer", "adam", &[&[], &[], &[4, 4]]);
        let sgd: Group = ("optimizer", "sgd", &[&[], &[]]);
        let (course, bound) = load_as(Generation::Three, &[FIRST, adam], &[FIRST, sgd], NONE);
        assert_eq!(course.exception, None);
        assert!(course.warnings[0].contains("it has 2 variables whereas the saved optimizer has 3 variables"));
        assert_eq!(bound.len(), 2);
    }

    /// An optimizer of a hundred thousand slots: a loop over all pairs of them would not end while anybody waits.
    #[test]
    fn many_weights_are_not_compared_in_pairs() {
        let scalars: Vec<&[u64]> = vec![&[]; 100_000];
        let optimizer: Group = ("optimizer", "adam", &scalars);
        let saved = by_path(&[optimizer]);
        let course = run("m.weights.h5", &saved, None, NONE, |scene| load(Generation::Three, scene, &saved));
        assert_eq!((course.exception, course.bound.len()), (None, 100_000));
        assert!(course.bound.iter().all(|bound| bound.old == bound.new));
    }

    #[test]
    fn a_layer_without_weights_refuses_stored_ones() {
        let bare: Group = ("layers/scale", "s", &[]);
        let (course, _) = load_as(Generation::Three, &[("layers/scale", "s", &[&[3]])], &[bare], NONE);
        assert!(course.exception.unwrap().message.contains("expected 0 variables, but received 1 variables"));
        let (course, _) = load_as(Generation::Three, &[], &[bare], NONE);
        assert_eq!(course.exception, None);
    }

    #[test]
    fn keras_3_finds_the_list_of_keras_2_14() {
        let old: Group = ("_layer_checkpoint_dependencies/dense", "", FIRST.2);
        assert_eq!(load_as(Generation::Three, &[old], &[FIRST], NONE).0.exception, None);
        assert!(load_as(Generation::Two, &[old], &[FIRST], NONE).0.exception.is_some());
    }

    #[test]
    fn attributes_are_found_in_the_list_of_layers_too() {
        let attributes: [Group; 2] = [("first", "dense", FIRST.2), ("head", "dense_1", LAST.2)];
        let (course, bound) = load_as(Generation::Three, &[FIRST, LAST], &attributes, NONE);
        assert_eq!(course.exception, None);
        assert_eq!(bound[2], "layers/dense_1/vars/0 -> head/vars/0");
        assert!(load_as(Generation::Three, &attributes, &[FIRST, LAST], NONE).0.exception.is_some());
    }

    #[test]
    fn a_file_of_layers_has_no_objects() {
        let (old, new) =
            (by_layer(&[("dense", "dense", &[&[4, 4]])]), by_path(&[("layers/dense", "dense", &[&[4, 4]])]));
        let class = |generation| {
            let course = run("m.weights.h5", &old, Some(&new), NONE, |scene| load(generation, scene, &old));
            course.exception.unwrap().class
        };
        assert_eq!(class(Generation::Two), "KeyError");
        assert_eq!(class(Generation::Three), "ValueError");
    }
}

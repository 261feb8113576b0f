//! Which variable of one checkpoint is which of the other, and why we say so.

use std::collections::HashMap;

use crate::model::{Checkpoint, Flavor, Role, Shape, Variable, VariableId, natural};

/// Why we say that two variables are the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The same name (`full_name`, or the key of a name-based checkpoint), used once on each side.
    SameName,
    /// Reached by the same path through the object graph.
    SameObjectPath,
    /// Stored under the same key, where one of the two object graphs is lost and nothing better is known.
    SameKey,
    /// The names end alike (`hidden/kernel`), and no other of this shape does; of two kinds of files.
    SameEnding,
    /// The same slot, counted, of variables that are the same one.
    SameSlot,
}

impl Proof {
    /// The word for it in outputs.
    pub fn word(self) -> &'static str {
        match self {
            Self::SameName => "same-name",
            Self::SameObjectPath => "same-object-path",
            Self::SameKey => "same-key",
            Self::SameEnding => "same-ending",
            Self::SameSlot => "same-slot",
        }
    }
}

/// A variable of the old checkpoint and the one of the new that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// In the old checkpoint.
    pub old: VariableId,
    /// In the new one.
    pub new: VariableId,
    /// Why.
    pub proof: Proof,
}

/// Every variable of both checkpoints, exactly once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Alignment {
    /// In both; in the old one's order.
    pub pairs: Vec<Pair>,
    /// Only in the old checkpoint.
    pub gone: Vec<VariableId>,
    /// Only in the new one.
    pub added: Vec<VariableId>,
}

/// Aligns by name, then by object path. In object-based checkpoints a key proves nothing by itself
/// (`optimizer/_trainable_variables/0` of two programs can be two variables), so keys are only asked
/// where the graph of one side is lost. Two kinds of files name a variable each in its way: of what is
/// left then, names that end alike are one.
pub fn align(old: &Checkpoint, new: &Checkpoint) -> Alignment {
    let mut of_old: Found = vec![None; old.variables.len()];
    let mut taken = vec![false; new.variables.len()];

    let named: HashMap<&str, VariableId> =
        new.variables.iter().enumerate().map(|(id, variable)| (variable.name.as_str(), id)).collect();
    for (id, variable) in old.variables.iter().enumerate() {
        if let Some(&other) = named.get(variable.name.as_str()) {
            pair(&mut of_old, &mut taken, id, other, Proof::SameName);
        }
    }
    if old.flavor == Flavor::ObjectBased && new.flavor == Flavor::ObjectBased {
        let paths = path_owners(&new.variables);
        for (id, variable) in old.variables.iter().enumerate() {
            let same = variable.paths().iter().filter(|path| telling(path)).find_map(|path| paths.get(path.as_str()));
            if let Some(&other) = same {
                pair(&mut of_old, &mut taken, id, other, Proof::SameObjectPath);
            }
        }
    }

    if old.flavor == new.flavor && old.graph.is_some() != new.graph.is_some() {
        for (id, variable) in old.variables.iter().enumerate() {
            let same = old.entry(variable).and_then(|entry| new.find(entry.key.bytes()));
            if let Some((other, _)) = same {
                pair(&mut of_old, &mut taken, id, other, Proof::SameKey);
            }
        }
    }

    if old.container != new.container || old.flavor != new.flavor {
        for parts in ENDINGS {
            let (ours, theirs) = (
                endings(old, parts, |id| of_old.get(id) == Some(&None)),
                endings(new, parts, |id| !taken.get(id).copied().unwrap_or(true)),
            );
            let pairs: Vec<(VariableId, VariableId)> =
                ours.into_iter().filter_map(|(ending, id)| Some((id?, (*theirs.get(&ending)?)?))).collect();
            for (a, b) in pairs {
                pair(&mut of_old, &mut taken, a, b, Proof::SameEnding);
            }
        }
        for (a, b) in slots(old, new, &of_old) {
            pair(&mut of_old, &mut taken, a, b, Proof::SameSlot);
        }
    }

    let mut alignment = Alignment::default();
    for (id, other) in of_old.iter().enumerate() {
        match other {
            Some((other, proof)) => alignment.pairs.push(Pair { old: id, new: *other, proof: *proof }),
            None => alignment.gone.push(id),
        }
    }
    alignment.added = taken.iter().enumerate().filter(|(_, taken)| !**taken).map(|(id, _)| id).collect();
    alignment
}

/// The variable of the new checkpoint that each of the old one is, and why.
type Found = Vec<Option<(VariableId, Proof)>>;

fn pair(of_old: &mut Found, taken: &mut [bool], a: VariableId, b: VariableId, proof: Proof) {
    if let (Some(slot @ None), Some(mark @ false)) = (of_old.get_mut(a), taken.get_mut(b)) {
        (*slot, *mark) = (Some((b, proof)), true);
    }
}

/// How many parts of a name must be alike where two kinds of files name one variable: the most first.
const ENDINGS: [usize; 4] = [4, 3, 2, 1];

/// Ends of names with the shapes, each with the variable that has it; none if several do.
type Endings<'a> = HashMap<(&'a str, &'a Shape), Option<VariableId>>;

fn endings(checkpoint: &Checkpoint, parts: usize, open: impl Fn(VariableId) -> bool) -> Endings<'_> {
    let mut endings = Endings::new();
    for (id, (variable, entry)) in checkpoint.pairs().enumerate() {
        // `kernel` alone says nothing of a layer; `iteration` alone says enough of an optimizer.
        let named = match variable.role {
            Role::Slot | Role::Bookkeeping => false,
            Role::Weight | Role::Statistic => parts > 1 || !variable.name.contains('/'),
            Role::Optimizer | Role::Counter => true,
        };
        if let Some(ending) = ending(&variable.name, parts).filter(|_| named && open(id)) {
            endings.entry((ending, &entry.shape)).and_modify(|known| *known = None).or_insert(Some(id));
        }
    }
    endings
}

/// The last parts of a name, if it has so many.
fn ending(name: &str, parts: usize) -> Option<&str> {
    let slash = name.rmatch_indices('/').nth(parts.checked_sub(1)?);
    match slash {
        Some((at, _)) => name.get(at.saturating_add(1)..),
        None => (name.matches('/').count().saturating_add(1) == parts).then_some(name),
    }
}

/// Slots of variables that were found to be one, if both sides keep as many for it, of one shape.
fn slots(old: &Checkpoint, new: &Checkpoint, of_old: &Found) -> Vec<(VariableId, VariableId)> {
    let (ours, theirs) = (by_owner(old), by_owner(new));
    let mut pairs = Vec::new();
    for (owner, found) in of_old.iter().enumerate() {
        let Some((other, _)) = found else { continue };
        let (Some(ours), Some(theirs)) = (ours.get(&owner), theirs.get(other)) else { continue };
        let shape =
            |checkpoint: &Checkpoint, id: &VariableId| checkpoint.entries.get(*id).map(|entry| entry.shape.clone());
        let alike = ours.iter().zip(theirs).all(|(a, b)| shape(old, a) == shape(new, b));
        if ours.len() == theirs.len() && alike {
            pairs.extend(ours.iter().copied().zip(theirs.iter().copied()));
        }
    }
    pairs
}

/// The slots of each variable, in the order of the optimizer that keeps them.
fn by_owner(checkpoint: &Checkpoint) -> HashMap<VariableId, Vec<VariableId>> {
    let mut slots: HashMap<VariableId, Vec<VariableId>> = HashMap::new();
    for (id, variable) in checkpoint.variables.iter().enumerate() {
        if let Some(owner) = variable.slot_of() {
            slots.entry(owner).or_default().push(id);
        }
    }
    // Keys of one optimizer count its slots: `_variables/9` comes before `_variables/10`.
    let key = |id: &VariableId| checkpoint.entries.get(*id).map(|entry| entry.key.to_string()).unwrap_or_default();
    for of_one in slots.values_mut() {
        of_one.sort_by(|a, b| natural(&key(a), &key(b)));
    }
    slots
}

fn path_owners(variables: &[Variable]) -> HashMap<&str, VariableId> {
    let each = variables.iter().enumerate();
    each.flat_map(|(id, variable)| variable.paths().iter().map(move |path| (path.as_str(), id)))
        .filter(|(path, _)| telling(path))
        .collect()
}

/// A path through a list that counts variables says where one stands, not which one it is.
fn telling(path: &str) -> bool {
    !path.split('/').any(|part| matches!(part, "_trainable_variables" | "_variables" | "_all_variables"))
}

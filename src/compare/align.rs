//! Which variable of one checkpoint is which of the other, and why we say so.

use std::collections::HashMap;

use crate::model::{Checkpoint, Flavor, Variable, VariableId};

/// Why we say that two variables are the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The same name (`full_name`, or the key of a name-based checkpoint), used once on each side.
    SameName,
    /// Reached by the same path through the object graph.
    SameObjectPath,
    /// Stored under the same key, where one of the two object graphs is lost and nothing better is known.
    SameKey,
}

impl Proof {
    /// The word for it in outputs.
    pub fn word(self) -> &'static str {
        match self {
            Self::SameName => "same-name",
            Self::SameObjectPath => "same-object-path",
            Self::SameKey => "same-key",
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
/// where the graph of one side is lost.
pub fn align(old: &Checkpoint, new: &Checkpoint) -> Alignment {
    let mut of_old: Vec<Option<(VariableId, Proof)>> = vec![None; old.variables.len()];
    let mut taken = vec![false; new.variables.len()];
    let mut pair = |of_old: &mut Vec<Option<(VariableId, Proof)>>, a: VariableId, b: VariableId, proof| {
        if let (Some(slot @ None), Some(mark @ false)) = (of_old.get_mut(a), taken.get_mut(b)) {
            (*slot, *mark) = (Some((b, proof)), true);
        }
    };

    let named: HashMap<&str, VariableId> =
        new.variables.iter().enumerate().map(|(id, variable)| (variable.name.as_str(), id)).collect();
    for (id, variable) in old.variables.iter().enumerate() {
        if let Some(&other) = named.get(variable.name.as_str()) {
            pair(&mut of_old, id, other, Proof::SameName);
        }
    }
    if old.flavor == Flavor::ObjectBased && new.flavor == Flavor::ObjectBased {
        let paths = path_owners(&new.variables);
        for (id, variable) in old.variables.iter().enumerate() {
            let same = variable.paths().iter().filter(|path| telling(path)).find_map(|path| paths.get(path.as_str()));
            if let Some(&other) = same {
                pair(&mut of_old, id, other, Proof::SameObjectPath);
            }
        }
    }

    if old.flavor == new.flavor && old.graph.is_some() != new.graph.is_some() {
        for (id, variable) in old.variables.iter().enumerate() {
            let same = old.entry(variable).and_then(|entry| new.find(entry.key.bytes()));
            if let Some((other, _)) = same {
                pair(&mut of_old, id, other, Proof::SameKey);
            }
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

//! Two kinds of files name a variable each in its way: names that end alike are one.

use std::collections::HashMap;

use super::Proof;
use super::matching::{Matching, Side};
use crate::model::{Checkpoint, Role, Shape, VariableId};

/// Pairs by the ends of names, of two kinds of files.
pub(super) fn settle(matching: &mut Matching) {
    let (old, new) = (matching.old, matching.new);
    if old.container == new.container && old.flavor == new.flavor {
        return;
    }
    let named: HashMap<&str, VariableId> =
        new.variables.iter().enumerate().map(|(id, variable)| (variable.name.as_str(), id)).collect();
    for (id, variable) in old.variables.iter().enumerate() {
        if let Some(&other) = named.get(variable.name.as_str()) {
            matching.pair(id, other, Proof::SameName);
        }
    }
    for parts in ENDINGS {
        let ours = endings(old, parts, |id| matching.open(Side::Old, id));
        let theirs = endings(new, parts, |id| matching.open(Side::New, id));
        let pairs: Vec<(VariableId, VariableId)> =
            ours.into_iter().filter_map(|(ending, id)| Some((id?, (*theirs.get(&ending)?)?))).collect();
        for (a, b) in pairs {
            matching.pair(a, b, Proof::SameEnding);
        }
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

//! What accompanies the model: slots follow their variables, and what an optimizer or a program keeps once
//! is known by its name.

use foldhash::{HashMap, HashMapExt};

use super::Proof;
use super::matching::{Matching, Side, of_model};
use crate::model::{Checkpoint, Role, Variable, VariableId, leaf, natural, tells_place};

/// Pairs everything that is not the model's.
pub(super) fn settle(matching: &mut Matching) {
    slots(matching);
    by_holder(matching);
    by_name(matching);
    by_path(matching);
    by_leaf(matching);
}

/// Slots of variables that are one: those of the same name; of two kinds of files, if both sides keep as
/// many for it, of one shape.
fn slots(matching: &mut Matching) {
    let (old, new) = (matching.old, matching.new);
    let (ours, theirs) = (by_owner(old), by_owner(new));
    let counted = old.container != new.container || old.flavor != new.flavor || old.writer != new.writer;
    let owners: Vec<(VariableId, VariableId)> = matching.pairs().map(|(a, b, _)| (a, b)).collect();
    for (a, b) in owners {
        let (Some(ours), Some(theirs)) = (ours.get(&a), theirs.get(&b)) else { continue };
        let name = |checkpoint: &Checkpoint, id: VariableId| {
            checkpoint.variables.get(id).and_then(|slot| slot.slot_name().map(canonical).map(str::to_owned))
        };
        for &x in ours {
            let called = name(old, x);
            let same = |list: &[VariableId], checkpoint: &Checkpoint| -> Vec<VariableId> {
                list.iter().copied().filter(|id| called.is_some() && name(checkpoint, *id) == called).collect()
            };
            if let ([_], [y]) = (same(ours, old).as_slice(), same(theirs, new).as_slice()) {
                matching.pair(x, *y, Proof::SameSlot);
            }
        }
        let alike = ours.iter().zip(theirs).all(|(x, y)| matching.same_form(*x, *y));
        if counted && ours.len() == theirs.len() && alike {
            for (x, y) in ours.iter().zip(theirs) {
                matching.pair(*x, *y, Proof::SameSlot);
            }
        }
    }
}

/// What a slot is, where several programs have words of their own for it.
pub(super) fn canonical(slot: &str) -> &str {
    match slot {
        "ema" => "ExponentialMovingAverage",
        "adam_m" | "lamb_m" => "m",
        "adam_v" | "lamb_v" => "v",
        slot => slot,
    }
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
    for of_one in slots.values_mut().filter(|slots| slots.len() > 1) {
        of_one.sort_by(|a, b| natural(&key(a), &key(b)));
    }
    slots
}

/// True for what may be paired by name alone: a slot of a variable that is known follows that one.
fn free(matching: &Matching, side: Side, id: VariableId) -> bool {
    matching.open(side, id)
        && matching.variable(side, id).is_some_and(|variable| {
            !of_model(variable) && (variable.role != Role::Slot || variable.slot_of().is_none())
        })
}

fn by_name(matching: &mut Matching) {
    let (old, new) = (matching.old, matching.new);
    let named: HashMap<&str, VariableId> = new
        .variables
        .iter()
        .enumerate()
        .filter(|(id, _)| free(matching, Side::New, *id))
        .map(|(id, variable)| (variable.name.as_str(), id))
        .collect();
    for (id, variable) in old.variables.iter().enumerate() {
        if let Some(&other) = named.get(variable.name.as_str()).filter(|_| free(matching, Side::Old, id)) {
            matching.pair(id, other, Proof::SameName);
        }
    }
}

fn by_path(matching: &mut Matching) {
    let (old, new) = (matching.old, matching.new);
    let mut owners: HashMap<&str, VariableId> = HashMap::new();
    for (id, variable) in new.variables.iter().enumerate().filter(|(id, _)| free(matching, Side::New, *id)) {
        owners.extend(variable.paths().iter().filter(|path| tells_place(path)).map(|path| (path.as_str(), id)));
    }
    for (id, variable) in old.variables.iter().enumerate() {
        if free(matching, Side::Old, id)
            && let Some(&other) = variable.paths().iter().find_map(|path| owners.get(path.as_str()))
        {
            matching.pair(id, other, Proof::SameObjectPath);
        }
    }
}

/// What else an optimizer keeps, of optimizers that are known by their slots: where two of them train two models,
/// a learning rate has no other sign of whose it is.
fn by_holder(matching: &mut Matching) {
    let (old, new) = (matching.old, matching.new);
    let mut holders: HashMap<&str, Option<&str>> = HashMap::new();
    let slots = matching.pairs().filter_map(|(a, b, _)| {
        let (was, is) = (old.variables.get(a)?, new.variables.get(b)?);
        (was.role == Role::Slot && is.role == Role::Slot).then(|| Some((holder(was)?, holder(is)?)))?
    });
    for (was, is) in slots {
        let other = |known: &mut Option<&str>| *known = known.filter(|known| *known == is);
        holders.entry(was).and_modify(other).or_insert(Some(is));
    }
    if holders.len() < 2 {
        return;
    }
    let mut named: HashMap<(&str, &str), VariableId> = HashMap::new();
    for (id, variable) in new.variables.iter().enumerate().filter(|(id, _)| free(matching, Side::New, *id)) {
        named.extend(variable.paths().iter().filter_map(|path| Some((path.rsplit_once('/')?, id))));
    }
    for (id, variable) in old.variables.iter().enumerate() {
        let other = || {
            let (of, word) = variable.paths().iter().find_map(|path| path.rsplit_once('/'))?;
            named.get(&(holders.get(of).copied().flatten()?, word)).copied()
        };
        if free(matching, Side::Old, id)
            && let Some(other) = other()
        {
            matching.pair(id, other, Proof::SameEnding);
        }
    }
}

/// The path to the optimizer whose list a slot is in.
fn holder(slot: &Variable) -> Option<&str> {
    slot.paths().iter().find_map(|path| path.split_once("/_variables/")).map(|(holder, _)| holder)
}

/// The learning rate of one optimizer is that of the other, whatever holds it.
fn by_leaf(matching: &mut Matching) {
    type Leaves<'a> = HashMap<(Role, &'a str), Option<VariableId>>;
    let leaves = |matching: &Matching, side: Side| {
        let mut leaves = Leaves::new();
        for (id, variable) in matching.checkpoint(side).variables.iter().enumerate() {
            if matches!(variable.role, Role::Optimizer | Role::Counter) && free(matching, side, id) {
                let word = leaf(variable.name.as_str()).trim_start_matches('_');
                leaves.entry((variable.role, word)).and_modify(|known| *known = None).or_insert(Some(id));
            }
        }
        leaves
            .into_iter()
            .filter_map(|(leaf, id)| Some((leaf, id?)))
            .map(|(leaf, id)| ((leaf.0, leaf.1.to_owned()), id))
            .collect::<HashMap<_, _>>()
    };
    let theirs = leaves(matching, Side::New);
    for (leaf, a) in leaves(matching, Side::Old) {
        if let Some(&b) = theirs.get(&leaf).filter(|b| matching.same_form(a, **b)) {
            matching.pair(a, b, Proof::SameEnding);
        }
    }
}

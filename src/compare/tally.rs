//! How many variables what happened to: numbers that add up, each variable counted once.

use foldhash::{HashSet, HashSetExt};

use super::align::Alignment;
use super::change::{Change, ChangeKind, Changes};
use crate::model::{Checkpoint, Flavor, GRAPH_KEY, Group, Role, Variable, VariableId};

/// Every variable of either side once, by what happened to it; the object graph is none, for it changes with
/// every line of code.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Pairs of one shape and type that have another name now.
    pub renamed: usize,
    /// Those that only have another key.
    pub rekeyed: usize,
    /// Pairs of another shape, whatever their names.
    pub reshaped: usize,
    /// Pairs of another type alone.
    pub retyped: usize,
    /// Pairs of one shape and type that are where they were.
    pub in_place: usize,
    /// Variables of both sides of which any could be any: as many as there are on the side with fewer.
    pub undecided: usize,
    /// Only in the new checkpoint.
    pub added: Lone,
    /// Only in the old one.
    pub gone: Lone,
    /// On one side, and the other could not be read.
    pub unread: usize,
    /// Of the pairs of one shape and type, those of other values.
    pub differing: usize,
    /// Of those, the ones whose values could not be compared.
    pub uncompared: usize,
}

/// Variables of one side alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lone {
    /// The model's, as told apart from others.
    pub model: Vec<VariableId>,
    /// The model's of which it is not known which ones they are.
    pub any: usize,
    /// Slots of the optimizer.
    pub slots: usize,
    /// Counters, learning rates and the like.
    pub others: usize,
}

impl Lone {
    /// All of them.
    pub fn count(&self) -> usize {
        [self.model.len(), self.any, self.slots, self.others].into_iter().fold(0, usize::saturating_add)
    }
}

impl Tally {
    /// Counts the changes between two checkpoints.
    pub fn of(old: &Checkpoint, new: &Checkpoint, alignment: &Alignment, changes: &Changes) -> Self {
        let mut tally = Self { in_place: changes.same.saturating_add(changes.within), ..Self::default() };
        let doubt = tally.doubt(alignment);
        for change in &changes.list {
            match (variable(old, change.old), variable(new, change.new)) {
                (Some(was), Some(is)) if is.name.as_bytes() != GRAPH_KEY.as_bytes() => {
                    let rekeyed = old.entry(was).map(|entry| &entry.key) != new.entry(is).map(|entry| &entry.key);
                    // What accompanies objects has names that follow from theirs.
                    let own = is.role.group() == Group::Model || new.flavor == Flavor::NameBased;
                    tally.pair(change, own && was.name != is.name, rekeyed);
                }
                (None, Some(one)) => lone(change, one, &doubt[1], &mut tally.added, &mut tally.unread),
                (Some(one), None) => lone(change, one, &doubt[0], &mut tally.gone, &mut tally.unread),
                _ => {}
            }
        }
        tally
    }

    /// Counts what is in doubt, and gives the variables of either side that are.
    fn doubt(&mut self, alignment: &Alignment) -> [HashSet<VariableId>; 2] {
        let mut seen = [HashSet::new(), HashSet::new()];
        for doubt in &alignment.ambiguous {
            let [old, new] = &mut seen;
            // A variable may be in several doubts.
            let fresh =
                |seen: &mut HashSet<VariableId>, ids: &[VariableId]| ids.iter().filter(|id| seen.insert(**id)).count();
            let (was, is) = (fresh(old, &doubt.old), fresh(new, &doubt.new));
            self.undecided = self.undecided.saturating_add(was.min(is));
            self.gone.any = self.gone.any.saturating_add(was.saturating_sub(is));
            self.added.any = self.added.any.saturating_add(is.saturating_sub(was));
        }
        seen
    }

    fn pair(&mut self, change: &Change, renamed: bool, rekeyed: bool) {
        let place = match change.kind {
            ChangeKind::Reshaped => &mut self.reshaped,
            ChangeKind::Retyped => &mut self.retyped,
            _ if change.renamed && renamed => &mut self.renamed,
            _ if change.renamed && rekeyed => &mut self.rekeyed,
            _ => &mut self.in_place,
        };
        *place = place.saturating_add(1);
        match change.kind {
            ChangeKind::Revalued => self.differing = self.differing.saturating_add(1),
            ChangeKind::Unknown => self.uncompared = self.uncompared.saturating_add(1),
            _ => {}
        }
    }

    /// Pairs of one shape and type, whose values can be held against each other.
    pub fn comparable(&self) -> usize {
        [self.renamed, self.rekeyed, self.in_place].into_iter().fold(0, usize::saturating_add)
    }

    /// All variables.
    pub fn total(&self) -> usize {
        let all =
            [self.comparable(), self.reshaped, self.retyped, self.undecided, self.added.count(), self.gone.count()];
        all.into_iter().fold(self.unread, usize::saturating_add)
    }
}

fn variable(checkpoint: &Checkpoint, id: Option<VariableId>) -> Option<&Variable> {
    checkpoint.variables.get(id?)
}

fn lone(change: &Change, one: &Variable, doubted: &HashSet<VariableId>, lone: &mut Lone, unread: &mut usize) {
    let id = change.old.or(change.new).unwrap_or_default();
    let count = match (change.kind, one.role, one.role.group()) {
        _ if one.name.as_bytes() == GRAPH_KEY.as_bytes() => return,
        (ChangeKind::Unknown, ..) => unread,
        (_, Role::Slot, _) => &mut lone.slots,
        (_, _, Group::Model) => {
            if !doubted.contains(&id) {
                lone.model.push(id);
            }
            return;
        }
        _ => &mut lone.others,
    };
    *count = count.saturating_add(1);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::align::{Ambiguity, align};
    use crate::compare::change::changes;
    use crate::model::sample::named;

    fn tally(old: &Checkpoint, new: &Checkpoint) -> Tally {
        let alignment = align(old, new);
        Tally::of(old, new, &alignment, &changes(old, new, &alignment))
    }

    #[test]
    fn each_variable_is_counted_once() {
        let old =
            named(&[("a/bias", &[4]), ("a/kernel", &[4, 4]), ("a/kernel/Adam", &[4, 4]), ("head/kernel", &[4, 2])]);
        let new =
            named(&[("m/a/bias", &[4]), ("m/a/kernel", &[4, 4]), ("m/head/kernel", &[4, 3]), ("m/x/kernel", &[9])]);
        let told = tally(&old, &new);
        assert_eq!((told.renamed, told.reshaped, told.in_place), (2, 1, 0));
        assert_eq!((told.added.model.len(), told.gone.slots, told.total()), (1, 1, 5));
    }

    #[test]
    fn of_equal_variables_only_the_surplus_is_new() {
        let side = |count: usize| {
            let names: Vec<String> = (0..count).map(|i| format!("dense_{i}/kernel")).collect();
            named(&names.iter().map(|name| (name.as_str(), [4, 4].as_slice())).collect::<Vec<_>>())
        };
        let (old, new) = (side(2), side(3));
        let doubt = Ambiguity { old: vec![0, 1], new: vec![0, 1, 2] };
        let alignment =
            Alignment { gone: vec![0, 1], added: vec![0, 1, 2], ambiguous: vec![doubt], ..Alignment::default() };
        let told = Tally::of(&old, &new, &alignment, &changes(&old, &new, &alignment));
        assert_eq!((told.undecided, told.added.any, told.gone.count(), told.total()), (2, 1, 0, 3));
    }
}

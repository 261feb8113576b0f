//! How much there is, all in all.

use super::checkpoint::Checkpoint;
use super::entry::Entry;
use super::variable::{Group, Variable};

/// Number, elements and bytes of some variables.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Total {
    /// Number of variables.
    pub variables: u64,
    /// Their elements; of strings and their like none.
    pub params: u64,
    /// Their bytes in the data files.
    pub bytes: u64,
}

impl Total {
    fn add(&mut self, entry: &Entry) {
        self.variables = self.variables.saturating_add(1);
        self.params = self.params.saturating_add(entry.params());
        self.bytes = self.bytes.saturating_add(entry.stored_bytes());
    }
}

/// The totals of each group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// What computes.
    pub model: Total,
    /// What trains it.
    pub optimizer: Total,
    /// What accompanies it.
    pub bookkeeping: Total,
}

impl Totals {
    /// Of some variables, gone through once.
    pub fn new<'a>(pairs: impl Iterator<Item = (&'a Variable, &'a Entry)>) -> Self {
        let mut totals = Self::default();
        for (variable, entry) in pairs {
            match variable.role.group() {
                Group::Model => totals.model.add(entry),
                Group::Optimizer => totals.optimizer.add(entry),
                Group::Bookkeeping => totals.bookkeeping.add(entry),
            }
        }
        totals
    }

    /// Of one group.
    pub fn of(&self, group: Group) -> Total {
        match group {
            Group::Model => self.model,
            Group::Optimizer => self.optimizer,
            Group::Bookkeeping => self.bookkeeping,
        }
    }

    /// Of all groups.
    pub fn all(&self) -> Total {
        let mut all = Total::default();
        for total in Group::ALL.map(|group| self.of(group)) {
            all.variables = all.variables.saturating_add(total.variables);
            all.params = all.params.saturating_add(total.params);
            all.bytes = all.bytes.saturating_add(total.bytes);
        }
        all
    }
}

impl Checkpoint {
    /// Of everything in it.
    pub fn totals(&self) -> Totals {
        Totals::new(self.pairs())
    }
}

//! What is settled so far, and what is still open.

use foldhash::{HashMap, HashMapExt};

use super::{Alignment, Ambiguity, Pair, Proof, Rewrite, RewriteKind};
use crate::model::{Checkpoint, DType, Entry, Role, Shape, Variable, VariableId};

/// One of the two checkpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Old,
    New,
}

/// The two checkpoints, and which variable is which so far.
pub(super) struct Matching<'a> {
    pub old: &'a Checkpoint,
    pub new: &'a Checkpoint,
    of_old: Vec<Option<(VariableId, Proof)>>,
    of_new: Vec<Option<VariableId>>,
    /// Every pair, in the order in which they were settled.
    settled: Vec<(VariableId, VariableId, Proof)>,
    pub ambiguous: Vec<Ambiguity>,
    rules: Vec<Rewrite>,
    rule_of: HashMap<(String, String, RewriteKind), usize>,
}

impl<'a> Matching<'a> {
    pub fn new(old: &'a Checkpoint, new: &'a Checkpoint) -> Self {
        Self {
            old,
            new,
            of_old: vec![None; old.variables.len()],
            of_new: vec![None; new.variables.len()],
            settled: Vec::new(),
            ambiguous: Vec::new(),
            rules: Vec::new(),
            rule_of: HashMap::new(),
        }
    }

    pub fn checkpoint(&self, side: Side) -> &'a Checkpoint {
        match side {
            Side::Old => self.old,
            Side::New => self.new,
        }
    }

    pub fn variable(&self, side: Side, id: VariableId) -> Option<&'a Variable> {
        self.checkpoint(side).variables.get(id)
    }

    pub fn entry(&self, side: Side, id: VariableId) -> Option<&'a Entry> {
        let checkpoint = self.checkpoint(side);
        checkpoint.entry(checkpoint.variables.get(id)?)
    }

    /// Shape and type of a variable.
    pub fn form(&self, side: Side, id: VariableId) -> Option<(&'a Shape, DType)> {
        self.entry(side, id).map(|entry| (&entry.shape, entry.dtype))
    }

    /// True if both have one shape and type.
    pub fn same_form(&self, a: VariableId, b: VariableId) -> bool {
        let (a, b) = (self.form(Side::Old, a), self.form(Side::New, b));
        a.is_some() && a == b
    }

    /// True if nothing is said of it yet.
    pub fn open(&self, side: Side, id: VariableId) -> bool {
        match side {
            Side::Old => self.of_old.get(id) == Some(&None),
            Side::New => self.of_new.get(id) == Some(&None),
        }
    }

    /// Every pair so far, in the order in which they were settled.
    pub fn pairs(&self) -> impl Iterator<Item = (VariableId, VariableId, Proof)> {
        self.settled.iter().copied()
    }

    /// True if both sides have variables of the model of which nothing is said.
    pub fn undecided(&self) -> bool {
        let open = |side: Side| {
            let variables = self.checkpoint(side).variables.iter().enumerate();
            variables.into_iter().any(|(id, variable)| of_model(variable) && self.open(side, id))
        };
        open(Side::Old) && open(Side::New)
    }

    /// Settles a pair, unless something surer was said of either. True if it is settled so.
    pub fn pair(&mut self, a: VariableId, b: VariableId, proof: Proof) -> bool {
        match (self.of_old.get_mut(a), self.of_new.get_mut(b)) {
            (Some(old @ None), Some(new @ None)) => {
                (*old, *new) = (Some((b, proof)), Some(a));
                self.settled.push((a, b, proof));
                true
            }
            _ => false,
        }
    }

    /// The rule of these words.
    pub fn rule(&mut self, from: String, to: String, kind: RewriteKind) -> Proof {
        let next = self.rules.len();
        let id = *self.rule_of.entry((from.clone(), to.clone(), kind)).or_insert(next);
        if id == next {
            self.rules.push(Rewrite { from, to, kind, count: 0 });
        }
        Proof::Rewrite(id)
    }

    pub fn conclude(mut self) -> Alignment {
        for (_, proof) in self.of_old.iter().flatten() {
            if let Proof::Rewrite(rule) = proof
                && let Some(rule) = self.rules.get_mut(*rule)
            {
                rule.count = rule.count.saturating_add(1);
            }
        }
        // What was tried in vain is no rule.
        let mut kept = Vec::new();
        let mut place = vec![0; self.rules.len()];
        for (rule, place) in self.rules.drain(..).zip(&mut place).filter(|(rule, _)| rule.count > 0) {
            *place = kept.len();
            kept.push(rule);
        }
        for (_, proof) in self.of_old.iter_mut().flatten() {
            if let Proof::Rewrite(rule) = proof {
                *rule = place.get(*rule).copied().unwrap_or(0);
            }
        }
        let mut alignment = Alignment { rules: kept, ..Alignment::default() };
        for (id, other) in self.of_old.iter().enumerate() {
            match other {
                Some((other, proof)) => alignment.pairs.push(Pair { old: id, new: *other, proof: *proof }),
                None => alignment.gone.push(id),
            }
        }
        alignment.added =
            self.of_new.iter().enumerate().filter(|(_, found)| found.is_none()).map(|(id, _)| id).collect();
        for mut doubt in self.ambiguous {
            doubt.old.retain(|id| self.of_old.get(*id) == Some(&None));
            doubt.new.retain(|id| self.of_new.get(*id) == Some(&None));
            if !doubt.old.is_empty() && !doubt.new.is_empty() && !alignment.ambiguous.contains(&doubt) {
                alignment.ambiguous.push(doubt);
            }
        }
        alignment
    }
}

/// True for what makes the model: slots and counters follow it.
pub(super) fn of_model(variable: &Variable) -> bool {
    matches!(variable.role, Role::Weight | Role::Statistic)
}

//! What becomes of every variable when the checkpoint is restored into the new code, by name and role.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use super::facts::Facts;
use super::outlook::{leading, names, no_latest};
use super::words::{map_command, python};
use crate::bytes::FaultKind;
use crate::compare::align::Alignment;
use crate::model::{Checkpoint, GRAPH_KEY, Role, Variable, VariableId};
use crate::restore::Loader;
pub(super) use crate::restore::Way;

/// Every variable of the old and of the new checkpoint, the object graph aside.
pub(super) struct Binding<'a> {
    pub way: Way,
    pub old: &'a Checkpoint,
    pub new: &'a Checkpoint,
    /// Which variable is which, whatever a restore makes of it.
    pub alignment: &'a Alignment,
    /// Old and new.
    pub pairs: Vec<(VariableId, VariableId)>,
    /// New variables that get no value.
    pub missing: Vec<VariableId>,
    /// Old values that go nowhere.
    pub unused: Vec<VariableId>,
    /// The exception that the path raises as it was given: a directory, or one file of the checkpoint.
    refused: Option<&'static str>,
}

impl<'a> Binding<'a> {
    /// The binding, if there is something to bind to; none if the index or an object graph that it
    /// takes is lost, which other findings tell, if no checkpoint would be found, and if either is a file of
    /// Keras' own.
    pub fn of(facts: &'a Facts) -> Option<Self> {
        let (old, comparison) = (facts.checkpoint.as_ref()?, facts.comparison.as_ref()?);
        let (new, alignment) = (&comparison.target, &comparison.alignment);
        if !index_is_told(old) || no_latest(facts).is_some() {
            return None;
        }
        let (way, bound) = comparison.bound.as_ref()?;
        let mut used = vec![false; old.variables.len()];
        let refused = refused(facts);
        let (pairs, missing, unused) = (Vec::new(), Vec::new(), Vec::new());
        let mut binding = Self { way: *way, old, new, alignment, pairs, missing, unused, refused };
        let is_graph = |checkpoint: &Checkpoint, id: VariableId| {
            checkpoint.pair(id).is_some_and(|(_, entry)| entry.key.bytes() == GRAPH_KEY.as_bytes())
        };
        let mut filled = vec![false; new.variables.len()];
        for bound in bound.iter().filter(|bound| !is_graph(new, bound.new)) {
            for (marks, at) in [(&mut used, bound.old), (&mut filled, bound.new)] {
                if let Some(mark) = marks.get_mut(at) {
                    *mark = true;
                }
            }
            binding.pairs.push((bound.old, bound.new));
        }
        binding.missing =
            (0..filled.len()).filter(|id| filled.get(*id) == Some(&false) && !is_graph(new, *id)).collect();
        binding.unused = (0..used.len()).filter(|id| used.get(*id) == Some(&false) && !is_graph(old, *id)).collect();
        Some(binding)
    }

    /// Names of those new variables that get no value and have one of these roles.
    pub fn missing(&self, roles: &[Role]) -> Vec<String> {
        names(Some(self.new), &self.missing, roles)
    }

    /// Names of those old variables that go nowhere and have one of these roles.
    pub fn unused(&self, roles: &[Role]) -> Vec<String> {
        names(Some(self.old), &self.unused, roles)
    }

    /// Pairs of model variables in which the stored value is another variable's: one of the two is known to
    /// be another, or nothing is known of either and not even the shapes agree.
    pub fn misplaced(&self) -> Vec<(&'a Variable, &'a Variable)> {
        if self.way != Way::Objects {
            return Vec::new();
        }
        let is: HashMap<VariableId, VariableId> =
            self.alignment.pairs.iter().map(|pair| (pair.old, pair.new)).collect();
        let was: HashMap<VariableId, VariableId> =
            self.alignment.pairs.iter().map(|pair| (pair.new, pair.old)).collect();
        let pairs = self.pairs.iter().filter_map(|&(old, new)| {
            let (stored, wanted) = (self.old.variables.get(old)?, self.new.variables.get(new)?);
            let misplaced = match (is.get(&old), was.get(&new)) {
                (None, None) => self.reshaped(stored, wanted),
                (to, from) => to.is_some_and(|to| *to != new) || from.is_some_and(|from| *from != old),
            };
            (misplaced && MODEL.contains(&wanted.role)).then_some((stored, wanted))
        });
        pairs.collect()
    }

    /// What a variable of the checkpoint is in the new code, if that is known.
    pub fn became(&self, old: &Variable) -> Option<&'a Variable> {
        // An entry and its variable have one number.
        let pair = self.alignment.pairs.iter().find(|pair| pair.old == old.entry)?;
        self.new.variables.get(pair.new)
    }

    /// True if the two shapes are known and differ.
    pub fn reshaped(&self, old: &Variable, new: &Variable) -> bool {
        let (Some(stored), Some(wanted)) = (self.old.entry(old), self.new.entry(new)) else { return false };
        stored.shape != wanted.shape && stored.shape.rank().is_some() && wanted.shape.rank().is_some()
    }

    /// The exception with which the restore stops, if the path as it was given is refused, or a value meets a variable
    /// of another shape or type.
    pub fn raises(&self) -> Option<String> {
        if let Some(class) = self.refused {
            return Some(format!("{class} for the path"));
        }
        let pairs = || {
            let pair = |&(old, new): &(VariableId, VariableId)| {
                Some((self.old.variables.get(old)?, self.new.variables.get(new)?))
            };
            self.pairs.iter().filter_map(pair)
        };
        let retyped = |(old, new): (&Variable, &Variable)| {
            let (stored, wanted) = (self.old.entry(old), self.new.entry(new));
            stored.zip(wanted).is_some_and(|(stored, wanted)| stored.dtype != wanted.dtype)
        };
        if pairs().any(retyped) {
            Some("InvalidArgumentError for another type".to_owned())
        } else if pairs().any(|(old, new)| self.reshaped(old, new)) {
            Some("ValueError for another shape".to_owned())
        } else {
            None
        }
    }

    /// What a restore does that raises nothing for it.
    pub fn silently(&self, what: &str) -> String {
        match self.raises() {
            Some(first) => format!("the {first} comes first; without it, {what}"),
            None => format!("no exception: {what}"),
        }
    }

    /// True if values of the model are stored, and known to be those of variables that they do not reach.
    pub fn carries(&self) -> bool {
        let bound: HashSet<(VariableId, VariableId)> = self.pairs.iter().copied().collect();
        let of_model = |id: VariableId| self.new.variables.get(id).is_some_and(|found| MODEL.contains(&found.role));
        self.alignment.pairs.iter().any(|pair| of_model(pair.new) && !bound.contains(&(pair.old, pair.new)))
    }

    /// The command that writes a script which restores what is stored, wherever it belongs now.
    pub fn map_command(&self) -> String {
        map_command(&self.old.label, &self.new.label)
    }

    /// How many of the new code's variables of these roles get a value.
    pub fn restored(&self, roles: &[Role]) -> usize {
        let has = |id: &VariableId| self.new.variables.get(*id).is_some_and(|variable| roles.contains(&variable.role));
        self.pairs.iter().filter(|(_, new)| has(new)).count()
    }
}

/// The exception that the path raises as it was given, and the prefix would not.
fn refused(facts: &Facts) -> Option<&'static str> {
    let by_prefix = facts.resolved.prefix.as_deref() == Some(Path::new(&facts.subject));
    // The others look for the newest of a directory themselves.
    let prediction = leading(facts).filter(|prediction| prediction.loader == Loader::Checkpoint && !by_prefix)?;
    let class = prediction.course.exception.as_ref()?.class;
    // What a value meets has others.
    matches!(class, "DataLossError" | "NotFoundError").then_some(class)
}

/// False if so much of the index is lost or damaged that nothing can be said about what is stored.
fn index_is_told(checkpoint: &Checkpoint) -> bool {
    let index = checkpoint.index_file().map(|file| &file.label);
    // Of a repeated key, the record that counts is known.
    let idle = |kind: &FaultKind| {
        matches!(kind, FaultKind::FooterNotCanonical | FaultKind::TableGap | FaultKind::KeyRepeated { .. })
    };
    !checkpoint.faults.iter().any(|fault| index == Some(&fault.at.file) && !idle(&fault.kind))
}

/// The class of the optimizer whose state is stored, if it can be named.
pub(super) fn optimizer_class(checkpoint: &Checkpoint) -> Option<String> {
    checkpoint.optimizer().filter(|class| class != "optimizer")
}

/// Code that restores the model alone: a compiled model holds its optimizer, which would be restored too.
pub(super) fn without_optimizer(prefix: &str) -> String {
    format!(
        "model = build()  # not yet compiled\ntf.train.Checkpoint(model=model).restore({}).expect_partial()\nmodel.compile(...)",
        python(prefix)
    )
}

/// The roles that make the model.
pub(super) const MODEL: [Role; 2] = [Role::Weight, Role::Statistic];
/// The roles that make the optimizer.
pub(super) const OPTIMIZER: [Role; 2] = [Role::Slot, Role::Optimizer];

/// True if something of these roles is stored.
pub(super) fn has(checkpoint: &Checkpoint, roles: &[Role]) -> bool {
    checkpoint.variables.iter().any(|variable| roles.contains(&variable.role))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample::{against, named, object};

    fn names(facts: &Facts) -> (Vec<(String, String)>, Vec<String>, Vec<String>) {
        let binding = Binding::of(facts).unwrap();
        let name = |checkpoint: &Checkpoint, id: VariableId| checkpoint.variables[id].name.to_string();
        let pairs = binding.pairs.iter().map(|&(a, b)| (name(binding.old, a), name(binding.new, b)));
        let pairs = pairs.collect();
        (pairs, binding.missing(&Role::ALL), binding.unused(&Role::ALL))
    }

    #[test]
    fn objects_bind_by_path_and_not_by_name() {
        let old = object(&[("model/a", "first", &[2]), ("model/b", "second", &[2])]);
        let new = object(&[("model/a", "second", &[2]), ("model/c", "first", &[2])]);
        let (pairs, missing, unused) = names(&against(old, new));
        assert_eq!(pairs, [("first".to_owned(), "second".to_owned())]);
        assert_eq!((missing, unused), (vec!["first".to_owned()], vec!["second".to_owned()]));
    }

    #[test]
    fn another_root_binds_nothing() {
        let old = object(&[("model/w", "w", &[2])]);
        let (pairs, missing, _) = names(&against(old, object(&[("net/w", "w", &[2])])));
        assert!(pairs.is_empty());
        assert_eq!(missing, ["w"]);
    }

    #[test]
    fn a_value_that_belongs_to_another_variable_is_misplaced() {
        let misplaced = |old: &[(&str, &str, &[u64])], new: &[(&str, &str, &[u64])]| {
            let facts = against(object(old), object(new));
            let binding = Binding::of(&facts).unwrap();
            binding.misplaced().iter().map(|(old, new)| format!("{} > {}", old.name, new.name)).collect::<Vec<_>>()
        };
        let two: [(&str, &str, &[u64]); 2] = [("m/0", "a/k", &[2]), ("m/1", "b/k", &[2])];
        assert_eq!(misplaced(&two, &[("m/0", "b/k", &[2]), ("m/1", "a/k", &[2])]), ["a/k > b/k", "b/k > a/k"]);
        assert_eq!(misplaced(&two, &[("m/0", "a/k", &[2]), ("m/1", "c/k", &[2])]), [""; 0], "renamed");
        let drift: [(&str, &str, &[u64]); 2] = [("m/0", "dense/k", &[2]), ("m/1", "dense_1/k", &[2])];
        let counted_on = misplaced(&drift, &[("m/0", "dense_1/k", &[2]), ("m/1", "dense_2/k", &[2])]);
        assert_eq!(counted_on, [""; 0], "counted on");
    }

    #[test]
    fn numbers_of_models_and_layers_prove_no_shift() {
        let misplaced = |old: &[(&str, &str, &[u64])], new: &[(&str, &str, &[u64])]| {
            let facts = against(object(old), object(new));
            let binding = Binding::of(&facts).unwrap();
            binding.misplaced().iter().map(|(old, new)| format!("{} > {}", old.name, new.name)).collect::<Vec<_>>()
        };
        let old: [(&str, &str, &[u64]); 2] = [("m/0", "sequential/a/k", &[2]), ("m/1", "sequential/b/k", &[3])];
        let same = misplaced(&old, &[("m/0", "sequential_1/a/k", &[2]), ("m/1", "sequential_1/b/k", &[4])]);
        assert_eq!(same, [""; 0], "only the model has another number");
        let inserted: [(&str, &str, &[u64]); 3] =
            [("m/0", "sequential_1/a/k", &[2]), ("m/1", "sequential_1/x/k", &[2]), ("m/2", "sequential_1/b/k", &[3])];
        assert_eq!(misplaced(&old, &inserted), ["sequential/b/k > sequential_1/x/k"]);
        let old: [(&str, &str, &[u64]); 2] = [("m/0", "dense/k", &[2]), ("m/1", "dense_1/k", &[2])];
        let more: [(&str, &str, &[u64]); 3] =
            [("m/0", "dense_1/k", &[2]), ("m/1", "dense_2/k", &[2]), ("m/2", "dense_3/k", &[2])];
        assert_eq!(misplaced(&old, &more), [""; 0], "the count has gone on");
    }

    #[test]
    fn names_bind_across_the_two_kinds() {
        let (pairs, missing, _) =
            names(&against(named(&[("w", &[2])]), object(&[("model/x", "w", &[2]), ("y", "y", &[1])])));
        assert_eq!(pairs.len(), 1);
        assert!(missing.contains(&"y".to_owned()));
        let (pairs, missing, _) =
            names(&against(object(&[("model/x", "w", &[2])]), named(&[("w", &[2]), ("z", &[2])])));
        assert_eq!((pairs.len(), missing), (1, vec!["z".to_owned()]));
    }
}

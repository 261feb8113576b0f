//! Variables that have another shape in the new code, and what the axes tell about why.

use std::collections::{HashMap, HashSet};

use super::binding::{Binding, Way};
use super::words::many;
use crate::compare::story::Size;
use crate::model::{EntryId, Role, Shape, Variable, VariableId, scope};

/// A variable of another shape.
#[derive(Clone, Debug)]
pub(super) struct Reshape {
    /// Its name in the new code.
    pub name: String,
    /// What TensorFlow calls it.
    pub owner: String,
    /// The name of the stored value, if it may be another variable's.
    pub stored: Option<String>,
    /// Its key in the checkpoint.
    pub key: String,
    pub role: Role,
    /// In the checkpoint.
    pub from: Shape,
    /// In the new code.
    pub to: Shape,
    /// Which size of its layer it is; nothing that can be named if it may be another variable's.
    pub size: Size,
}

impl Reshape {
    /// The layer that it belongs to.
    pub fn layer(&self) -> &str {
        scope(&self.name)
    }

    /// `hidden/kernel [4, 5] -> [4, 8]`
    pub fn line(&self) -> String {
        match &self.stored {
            Some(stored) => format!("{stored} {} -> {} {}", self.from, self.name, self.to),
            None => format!("{} {} -> {}", self.name, self.from, self.to),
        }
    }
}

/// The variables that would get a value of another shape, in the order of their keys; slots of such
/// variables are left out, because they follow, and so are values that go to the wrong variable.
pub(super) fn reshapes(binding: &Binding) -> Vec<Reshape> {
    let misplaced: HashSet<EntryId> = binding.misplaced().iter().map(|(_, new)| new.entry).collect();
    let known: HashSet<(VariableId, VariableId)> =
        binding.alignment.pairs.iter().map(|pair| (pair.old, pair.new)).collect();
    let shapes = |bound: (VariableId, VariableId)| {
        let (old, new) = (binding.old.variables.get(bound.0)?, binding.new.variables.get(bound.1)?);
        let (stored, wanted) = (binding.old.entry(old)?, binding.new.entry(new)?);
        if misplaced.contains(&new.entry) || !binding.reshaped(old, new) {
            return None;
        }
        // What stands at one path need not be one variable.
        let uncertain = binding.way == Way::Objects && !known.contains(&bound);
        let size = if uncertain { Size::Other } else { Size::of(&new.name, &stored.shape, &wanted.shape) };
        Some(Reshape {
            name: new.name.to_string(),
            owner: owner(new),
            stored: uncertain.then(|| old.name.to_string()),
            key: stored.key.to_string(),
            role: new.role,
            from: stored.shape.clone(),
            to: wanted.shape.clone(),
            size,
        })
    };
    let all = binding.pairs.iter().filter_map(|&bound| shapes(bound));
    let mut found: Vec<Reshape> = all.filter(|reshape| reshape.role != Role::Slot).collect();
    found.sort_by(|a, b| a.key.cmp(&b.key));
    found
}

/// What TensorFlow calls a variable in its messages, without the number of the output.
pub(super) fn owner(variable: &Variable) -> String {
    variable.full_name().filter(|name| !name.is_empty()).unwrap_or(&variable.name).to_owned()
}

/// Why the shapes differ: of each layer what tells most, and not what follows from it in the next layers.
pub(super) fn causes(reshapes: &[Reshape]) -> Vec<&Reshape> {
    let any_made = reshapes.iter().any(|reshape| reshape.size.is_made());
    let mut of_layer: HashMap<&str, usize> = HashMap::new();
    let mut causes: Vec<&Reshape> = Vec::new();
    for reshape in reshapes.iter().filter(|reshape| reshape.size.is_made() || !any_made) {
        let at = *of_layer.entry(reshape.layer()).or_insert(causes.len());
        match causes.get_mut(at) {
            Some(cause) if reshape.size < cause.size => *cause = reshape,
            Some(_) => {}
            None => causes.push(reshape),
        }
    }
    let mut told: HashSet<Size> = HashSet::new();
    causes.retain(|cause| told.insert(cause.size));
    causes
}

/// The first cause in words, and how many variables it changes.
pub(super) fn lead(reshapes: &[Reshape]) -> Option<String> {
    let cause = *causes(reshapes).first()?;
    let why = match &cause.stored {
        Some(stored) => format!("{} would get the value of {stored}, which has another shape", cause.name),
        None => cause.size.sentence(&[cause.layer().to_owned()], " in the new code", "in the checkpoint"),
    };
    Some(match reshapes.len() {
        1 => format!("{why}: {}", cause.line()),
        n => format!("{why}: {} have another shape", many(n, "variable")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_in_the_next_layer_is_no_cause() {
        let reshape = |name: &str, from: &[u64], to: &[u64]| Reshape {
            name: name.to_owned(),
            owner: name.to_owned(),
            stored: None,
            key: name.to_owned(),
            role: Role::Weight,
            from: Shape::new(from.iter().copied()),
            to: Shape::new(to.iter().copied()),
            size: Size::of(name, &Shape::new(from.iter().copied()), &Shape::new(to.iter().copied())),
        };
        let all = [
            reshape("a/bias", &[5], &[8]),
            reshape("a/kernel", &[4, 5], &[4, 8]),
            reshape("b/kernel", &[5, 3], &[8, 3]),
        ];
        assert_eq!(causes(&all).len(), 1);
        assert!(lead(&all).unwrap().starts_with("a has 8 units or classes in the new code, 5 in the checkpoint"));
    }
}

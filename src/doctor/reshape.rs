//! Variables that have another shape in the new code, and what the axes tell about why.

use std::collections::HashSet;

use super::binding::{Binding, MODEL, Naming, Way, stem};
use super::words::many;
use crate::model::{EntryId, Role, Shape, Variable, VariableId};

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
    pub why: Why,
}

/// What the axis that changed stands for, as far as rank and name tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Why {
    Units { from: u64, to: u64 },
    Vocabulary { from: u64, to: u64 },
    KernelSize,
    Input { from: u64, to: u64 },
    Transposed,
    Unclear,
}

impl Why {
    /// The term for what the person did.
    pub fn cause(self) -> Option<&'static str> {
        match self {
            Self::Units { .. } => Some("changed-units"),
            Self::Vocabulary { .. } => Some("changed-vocabulary"),
            Self::KernelSize => Some("changed-kernel-size"),
            Self::Input { .. } => Some("changed-input-size"),
            Self::Transposed => Some("transposed-kernel"),
            Self::Unclear => None,
        }
    }
}

impl Reshape {
    /// The layer that it belongs to.
    pub fn layer(&self) -> &str {
        self.name.rsplit_once('/').map_or(self.name.as_str(), |(layer, _)| layer)
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
    let (was, is) = (Naming::of(binding.old), Naming::of(binding.new));
    let whole = binding.missing(&MODEL).is_empty() && binding.unused(&MODEL).is_empty();
    let shapes = |old: VariableId, new: VariableId| {
        let (old, new) = (binding.old.variables.get(old)?, binding.new.variables.get(new)?);
        let (stored, wanted) = (binding.old.entry(old)?, binding.new.entry(new)?);
        if misplaced.contains(&new.entry) || !binding.reshaped(old, new) {
            return None;
        }
        // Where layers came or went, a name that was counted on may be that of another layer.
        let uncertain = binding.way == Way::Objects
            && (stem(&old.name) != stem(&new.name) || !whole && was.name(old) != is.name(new));
        let why = if uncertain { Why::Unclear } else { why(&new.name, &stored.shape, &wanted.shape) };
        Some(Reshape {
            name: new.name.to_string(),
            owner: owner(new),
            stored: uncertain.then(|| old.name.to_string()),
            key: stored.key.to_string(),
            role: new.role,
            from: stored.shape.clone(),
            to: wanted.shape.clone(),
            why,
        })
    };
    let all = binding.pairs.iter().filter_map(|&(old, new)| shapes(old, new));
    let mut found: Vec<Reshape> = all.filter(|reshape| reshape.role != Role::Slot).collect();
    found.sort_by(|a, b| a.key.cmp(&b.key));
    found
}

/// What TensorFlow calls a variable in its messages, without the number of the output.
pub(super) fn owner(variable: &Variable) -> String {
    variable.full_name().filter(|name| !name.is_empty()).unwrap_or(&variable.name).to_owned()
}

fn why(name: &str, from: &Shape, to: &Shape) -> Why {
    let (Some(from), Some(to)) = (from.axes(), to.axes()) else { return Why::Unclear };
    if from.len() != to.len() || from.is_empty() {
        return Why::Unclear;
    }
    if from.len() == 2 && from.iter().eq(to.iter().rev()) {
        return Why::Transposed;
    }
    let leaf = name.rsplit('/').next().unwrap_or(name).to_ascii_lowercase();
    let changed: Vec<usize> = from.iter().zip(to).enumerate().filter(|(_, (a, b))| a != b).map(|(i, _)| i).collect();
    let pair = |axis: usize| (from.get(axis).copied().unwrap_or(0), to.get(axis).copied().unwrap_or(0));
    let last = from.len().saturating_sub(1);
    let (a, b) = pair(last);
    let units = Why::Units { from: a, to: b };
    let convolution = from.len() >= 4 || (from.len() == 3 && name.to_ascii_lowercase().contains("conv"));
    match changed.as_slice() {
        [0] if from.len() == 2 && leaf.contains("embedding") => {
            let (from, to) = pair(0);
            Why::Vocabulary { from, to }
        }
        [axis] if convolution && axis.saturating_add(1) == last => {
            let (from, to) = pair(*axis);
            Why::Input { from, to }
        }
        [axis, ..] if convolution && axis.saturating_add(1) < last => Why::KernelSize,
        [0] if from.len() == 2 => {
            let (from, to) = pair(0);
            Why::Input { from, to }
        }
        changed if changed.contains(&last) => units,
        _ => Why::Unclear,
    }
}

/// Why the shapes differ: the causes themselves, not what follows from them in the next layers.
pub(super) fn causes(reshapes: &[Reshape]) -> Vec<&Reshape> {
    let made = |why: &Why| matches!(why, Why::Units { .. } | Why::Vocabulary { .. } | Why::KernelSize);
    let outer = reshapes.iter().any(|reshape| made(&reshape.why));
    let mut causes: Vec<&Reshape> = Vec::new();
    for reshape in reshapes.iter().filter(|reshape| !outer || made(&reshape.why)) {
        let known = causes.iter().any(|cause| cause.layer() == reshape.layer() || cause.why == reshape.why);
        if !known {
            causes.push(reshape);
        }
    }
    causes
}

/// The first cause in words, and how many variables it changes.
pub(super) fn lead(reshapes: &[Reshape]) -> Option<String> {
    let cause = *causes(reshapes).first()?;
    let layer = cause.layer();
    let why = match cause.why {
        Why::Units { from, to } => {
            format!("{layer} has {to} units (or classes) in the new code, {from} in the checkpoint")
        }
        Why::Vocabulary { from, to } => {
            format!("the vocabulary of {layer} has {to} rows in the new code, {from} in the checkpoint")
        }
        Why::KernelSize => format!("{layer} has another kernel size"),
        Why::Input { from, to } => format!("{layer} takes {to} features in the new code, {from} in the checkpoint"),
        Why::Transposed => format!("{} is transposed in the new code", cause.name),
        Why::Unclear => match &cause.stored {
            Some(stored) => format!("{} would get the value of {stored}, which has another shape", cause.name),
            None => format!("{} has another shape in the new code", cause.name),
        },
    };
    Some(match reshapes.len() {
        1 => format!("{why}: {}", cause.line()),
        n => format!("{why}: {} have another shape", many(n, "variable")),
    })
}

/// As Python writes the shape of a tensor: `(4, 5)`, `(5,)`, `()`.
pub(super) fn tuple(shape: &Shape) -> String {
    let axes: Vec<String> = shape.axes().unwrap_or_default().iter().map(u64::to_string).collect();
    match axes.as_slice() {
        [one] => format!("({one},)"),
        axes => format!("({})", axes.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(name: &str, from: &[u64], to: &[u64]) -> Why {
        why(name, &Shape::new(from.iter().copied()), &Shape::new(to.iter().copied()))
    }

    #[test]
    fn what_an_axis_stands_for() {
        assert_eq!(told("embed/embeddings", &[20, 4], &[26, 4]), Why::Vocabulary { from: 20, to: 26 });
        assert_eq!(told("head/kernel", &[64, 10], &[64, 5]), Why::Units { from: 10, to: 5 });
        assert_eq!(told("dense/kernel", &[4, 8], &[6, 8]), Why::Input { from: 4, to: 6 });
        assert_eq!(told("dense/kernel", &[4, 8], &[8, 4]), Why::Transposed);
        assert_eq!(told("conv2d/kernel", &[3, 3, 1, 8], &[5, 5, 1, 8]), Why::KernelSize);
        assert_eq!(told("conv2d/kernel", &[3, 3, 1, 8], &[3, 3, 3, 8]), Why::Input { from: 1, to: 3 });
        assert_eq!(told("dense/bias", &[5], &[8]), Why::Units { from: 5, to: 8 });
        assert_eq!(told("x", &[], &[1]), Why::Unclear);
    }

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
            why: told(name, from, to),
        };
        let all = [
            reshape("a/bias", &[5], &[8]),
            reshape("a/kernel", &[4, 5], &[4, 8]),
            reshape("b/kernel", &[5, 3], &[8, 3]),
        ];
        assert_eq!(causes(&all).len(), 1);
        assert!(lead(&all).unwrap().starts_with("a has 8 units (or classes) in the new code, 5 in the checkpoint"));
    }

    #[test]
    fn python_tuples() {
        assert_eq!(tuple(&Shape::new([4, 5])), "(4, 5)");
        assert_eq!(tuple(&Shape::new([5])), "(5,)");
        assert_eq!(tuple(&Shape::new([])), "()");
    }
}

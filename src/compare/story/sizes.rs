//! Variables of another shape, and which size of the layer it is that changed.

use std::collections::{BTreeMap, BTreeSet};

use super::layers::Layers;
use super::{Event, EventKind};
use crate::compare::align::Alignment;
use crate::model::{Checkpoint, Group, Shape, VariableId, leaf};

/// What an axis that changed stands for, as far as rank and name tell: from, to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Size {
    /// Rows of an embedding.
    Vocabulary(u64, u64),
    /// The window of a convolution.
    Kernel,
    /// Units, filters, heads or classes: what the layer gives.
    Units(u64, u64),
    /// What the layer takes.
    Input(u64, u64),
    /// A matrix is stored the other way round.
    Transposed,
    /// The same variable in another layout, with other axes: an option of the layer.
    Layout,
    /// Nothing that can be named.
    Other,
}

impl Size {
    /// The term for what the person did.
    pub fn cause(self) -> &'static str {
        match self {
            Self::Vocabulary(..) => "changed-vocabulary",
            Self::Kernel => "changed-kernel-size",
            Self::Units(..) | Self::Other => "changed-units",
            Self::Input(..) => "changed-input-size",
            Self::Transposed => "transposed-kernel",
            Self::Layout => "changed-layer-options",
        }
    }

    /// True for what a person changes in a layer itself; other sizes mostly follow from the layer before.
    fn is_made(self) -> bool {
        matches!(self, Self::Vocabulary(..) | Self::Kernel | Self::Units(..))
    }

    /// Which size of a variable it is that differs between two shapes.
    pub fn of(name: &str, from: &Shape, to: &Shape) -> Self {
        let (Some(from), Some(to)) = (from.axes(), to.axes()) else { return Self::Other };
        if from.len() != to.len() || from.is_empty() {
            return Self::Layout;
        }
        let lower = name.to_ascii_lowercase();
        let leaf = leaf(&lower);
        if from.len() == 2 && from.iter().eq(to.iter().rev()) && !leaf.contains("embedding") {
            return Self::Transposed;
        }
        let pair = |axis: usize| (from.get(axis).copied().unwrap_or(0), to.get(axis).copied().unwrap_or(0));
        let changed: Vec<usize> = (0..from.len()).filter(|axis| pair(*axis).0 != pair(*axis).1).collect();
        let last = from.len().saturating_sub(1);
        let named = |words: &[&str]| words.iter().any(|word| lower.contains(word));
        let attention = from.len() == 3 && named(&["query", "key", "value", "attention", "heads"]);
        let window = if from.len() >= 4 || from.len() == 3 && !attention { from.len().saturating_sub(2) } else { 0 };
        let (a, b) = pair(last);
        // The matrices of attention have an axis of heads and one of their width; which is first depends
        // on whether the matrix leads in or out.
        if attention {
            let inner = changed.iter().find(|axis| **axis == 1).or(changed.first());
            let (from, to) = pair(inner.copied().unwrap_or(last));
            return Self::Units(from, to);
        }
        match changed.as_slice() {
            [0] if from.len() == 2 && leaf.contains("embedding") => Self::Vocabulary(pair(0).0, pair(0).1),
            [axis, ..] if *axis < window => Self::Kernel,
            [axis] if window > 0 && *axis == window => {
                // A depthwise window has a filter for each channel that comes in.
                Self::Input(pair(*axis).0, pair(*axis).1)
            }
            [0] if from.len() == 2 => Self::Input(pair(0).0, pair(0).1),
            changed if changed.contains(&last) => Self::Units(a, b),
            _ => Self::Other,
        }
    }
}

/// Variables of the old checkpoint with those of the new that they are.
type Pairs = Vec<(VariableId, VariableId)>;

/// Layers of another size: the changes that were made, not those that follow from them in the next layers;
/// the variables of an event are all that have another shape because of it.
pub(super) fn resized(old: &Checkpoint, new: &Checkpoint, alignment: &Alignment, layers: &Layers) -> Vec<Event> {
    let mut by_layer: BTreeMap<usize, (BTreeSet<Size>, Pairs)> = BTreeMap::new();
    let (_, side) = layers.sides();
    for pair in &alignment.pairs {
        let (Some(a), Some(b)) = (old.variables.get(pair.old), new.variables.get(pair.new)) else { continue };
        let (Some(was), Some(is)) = (old.entry(a), new.entry(b)) else { continue };
        let known = was.shape.rank().is_some() && is.shape.rank().is_some();
        if b.role.group() != Group::Model || was.shape == is.shape || !known {
            continue;
        }
        let Some(layer) = side.layer_of(pair.new) else { continue };
        let (sizes, pairs) = by_layer.entry(layer).or_default();
        sizes.insert(Size::of(&b.name, &was.shape, &is.shape));
        pairs.push((pair.old, pair.new));
    }
    let any_made = by_layer.values().any(|(sizes, _)| sizes.iter().any(|size| size.is_made()));
    // By what is made; what only follows belongs to no event of its own.
    let mut by_size: BTreeMap<Size, (Vec<String>, Pairs)> = BTreeMap::new();
    let mut following = Vec::new();
    for (layer, (sizes, pairs)) in by_layer {
        // The sizes are in the order of what tells most.
        let Some(size) = sizes.first().copied().filter(|size| size.is_made() || !any_made) else {
            following.extend(pairs);
            continue;
        };
        let (names, variables) = by_size.entry(size).or_default();
        names.extend(side.layers.get(layer).map(|layer| layer.name.to_owned()));
        variables.extend(pairs);
    }
    let mut events: Vec<Event> = by_size
        .into_iter()
        .map(|(size, (layers, pairs))| {
            let (old, new) = pairs.into_iter().unzip();
            Event { kind: EventKind::Resized { layers, size }, old, new }
        })
        .collect();
    if let Some(first) = events.first_mut() {
        first.old.extend(following.iter().map(|(old, _)| *old));
        first.new.extend(following.iter().map(|(_, new)| *new));
    }
    events
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(name: &str, from: &[u64], to: &[u64]) -> Size {
        Size::of(name, &Shape::new(from.iter().copied()), &Shape::new(to.iter().copied()))
    }

    #[test]
    fn what_an_axis_stands_for() {
        assert_eq!(told("embed/embeddings", &[20, 4], &[26, 4]), Size::Vocabulary(20, 26));
        assert_eq!(told("head/kernel", &[64, 10], &[64, 5]), Size::Units(10, 5));
        assert_eq!(told("dense/kernel", &[4, 8], &[6, 8]), Size::Input(4, 6));
        assert_eq!(told("dense/kernel", &[4, 8], &[8, 4]), Size::Transposed);
        assert_eq!(told("conv2d/kernel", &[3, 3, 1, 8], &[5, 5, 1, 8]), Size::Kernel);
        assert_eq!(told("conv1d/kernel", &[3, 1, 8], &[5, 1, 8]), Size::Kernel);
        assert_eq!(told("conv2d/kernel", &[3, 3, 1, 8], &[3, 3, 3, 8]), Size::Input(1, 3));
        assert_eq!(told("dense/bias", &[5], &[8]), Size::Units(5, 8));
        assert_eq!(told("block/att/key/kernel", &[4, 1, 2], &[4, 1, 3]), Size::Units(2, 3));
        assert_eq!(told("gru/bias", &[12], &[2, 12]), Size::Layout);
    }
}

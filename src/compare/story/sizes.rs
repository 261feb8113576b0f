//! Variables of another shape, and which size of the layer it is that changed.

use std::collections::{BTreeMap, BTreeSet};

use super::layers::Layers;
use super::sentence::list;
use super::{Event, EventKind};
use crate::compare::align::Alignment;
use crate::model::{Checkpoint, Group, Shape, VariableId, is_statistic, leaf};

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
    /// The term for what the person did, where an axis tells.
    pub fn cause(self) -> Option<&'static str> {
        match self {
            Self::Vocabulary(..) => Some("changed-vocabulary"),
            Self::Kernel => Some("changed-kernel-size"),
            Self::Units(..) => Some("changed-units"),
            Self::Input(..) => Some("changed-input-size"),
            Self::Transposed => Some("transposed-kernel"),
            Self::Layout => Some("changed-layer-options"),
            Self::Other => None,
        }
    }

    /// True for what a person changes in a layer itself; other sizes mostly follow from the layer before.
    pub fn is_made(self) -> bool {
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
        let units = |axis: usize| Self::Units(pair(axis).0, pair(axis).1);
        let input = |axis: usize| Self::Input(pair(axis).0, pair(axis).1);
        let changed: Vec<usize> = (0..from.len()).filter(|axis| pair(*axis).0 != pair(*axis).1).collect();
        let last = from.len().saturating_sub(1);
        if let Some(attention) = Attention::of(&lower, from.len()) {
            return match changed.as_slice() {
                [0] if attention == Attention::Into => input(0),
                // An axis of heads and one of their width, or the width of what comes out.
                changed => {
                    changed.iter().find(|axis| **axis > 0).or(changed.first()).map_or(Self::Other, |a| units(*a))
                }
            };
        }
        // Windows have their sizes first; then what comes in, then what goes out, or the other way round.
        let outer = last.saturating_sub(usize::from(last > 0));
        let upsampling = lower.split('/').any(|part| part.contains("transpose"));
        let (into, out) = if upsampling { (last, outer) } else { (outer, last) };
        match (changed.as_slice(), from.len()) {
            // As wide as what they normalize.
            (_, 1) if matches!(leaf, "gamma" | "beta") || is_statistic(leaf) => input(0),
            (_, 1) => units(0),
            ([0], 2) if is_table(&lower) => Self::Vocabulary(pair(0).0, pair(0).1),
            // The kernel of gates has several columns for each unit; this one has a row.
            (_, 2) if leaf == "recurrent_kernel" => units(0),
            ([0], 2) => input(0),
            (_, 2) => units(last),
            // Three axes of anything but a convolution can be anything.
            (_, 3) if !leaf.contains("kernel") && !matches!(leaf, "w" | "weights" | "0") => Self::Other,
            ([axis, ..], _) if *axis < outer => Self::Kernel,
            // A depthwise window has a filter for each channel that comes in.
            ([axis], _) if *axis == into => input(into),
            _ => units(out),
        }
    }

    /// What became of it, short: `10 -> 12 units or classes`.
    pub fn step(self) -> Option<String> {
        match self {
            Self::Units(from, to) => Some(format!("{from} -> {to} units or classes")),
            Self::Vocabulary(from, to) => Some(format!("{from} -> {to} rows")),
            Self::Input(from, to) => Some(format!("{from} -> {to} inputs")),
            Self::Kernel => Some("another kernel size".to_owned()),
            Self::Transposed => Some("transposed".to_owned()),
            Self::Layout | Self::Other => None,
        }
    }

    /// What is said of layers: `head has 12 units or classes, 10 before`; `now` and `before` are said behind the
    /// sizes that are and were.
    pub fn sentence(self, layers: &[String], now: &str, before: &str) -> String {
        let have = if layers.len() == 1 { "has" } else { "have" };
        let layers = list(layers);
        let sizes = |from, to, what| format!("{layers} {have} {to} {what}{now}, {from} {before}");
        match self {
            Self::Units(from, to) => sizes(from, to, "units or classes"),
            Self::Vocabulary(from, to) => format!("the vocabulary of {layers} has {to} rows{now}, {from} {before}"),
            Self::Input(from, to) => sizes(from, to, "inputs"),
            Self::Kernel => format!("{layers} {have} another kernel size{now}"),
            Self::Transposed if have == "has" => format!("{layers} is transposed{now}"),
            Self::Transposed => format!("{layers} are transposed{now}"),
            Self::Layout => format!("{layers} {have} another layout of variables{now}"),
            Self::Other => format!("{layers} {have} another shape{now}"),
        }
    }
}

/// True for a matrix that has a row for each word, as far as names tell.
fn is_table(name: &str) -> bool {
    let last = leaf(name);
    let is_kernel = matches!(last, "kernel" | "bias" | "w" | "b");
    last.contains("embedding") || last == "table" || !is_kernel && name.split('/').any(|part| part.contains("emb"))
}

/// The matrices of attention have an axis of heads and one of their width.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Attention {
    /// Queries, keys and values: what comes in is the first axis of a kernel.
    Into,
    /// What comes out is the last axis; or a bias, which has nothing but heads and widths.
    OutOf,
}

impl Attention {
    /// By the parts of a name in lower case, and the rank.
    fn of(name: &str, rank: usize) -> Option<Self> {
        let is_bias = leaf(name) == "bias";
        if rank != if is_bias { 2 } else { 3 } {
            return None;
        }
        let role = |part: &str| match part.trim_matches('_').trim_end_matches("_dense") {
            "query" | "key" | "value" if is_bias => Some(Self::OutOf),
            "query" | "key" | "value" => Some(Self::Into),
            "attention_output" => Some(Self::OutOf),
            "output" if part.ends_with("_dense") => Some(Self::OutOf),
            _ => None,
        };
        name.split('/').find_map(role)
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
        assert_eq!(told("gru/bias", &[12], &[2, 12]), Size::Layout);
        assert_eq!(told("x", &[], &[1]), Size::Layout);
        assert_eq!(told("experts/gate", &[4, 8, 8], &[6, 8, 8]), Size::Other);
    }

    #[test]
    fn heads_and_their_widths() {
        let told = |name, from: [u64; 3], to: [u64; 3]| told(name, &from, &to);
        assert_eq!(told("block/att/key/kernel", [4, 1, 2], [4, 1, 3]), Size::Units(2, 3));
        assert_eq!(told("att/query/kernel", [4, 1, 2], [4, 2, 2]), Size::Units(1, 2));
        assert_eq!(told("att/query/kernel", [4, 1, 2], [6, 1, 2]), Size::Input(4, 6));
        assert_eq!(told("att/_query_dense/_kernel", [4, 1, 2], [6, 1, 2]), Size::Input(4, 6));
        assert_eq!(told("att/attention_output/kernel", [1, 2, 4], [1, 2, 6]), Size::Units(4, 6));
        assert_eq!(super::tests::told("att/query/bias", &[1, 2], &[2, 2]), Size::Units(1, 2));
        // A convolution may have any name.
        assert_eq!(told("keypoints/kernel", [3, 4, 8], [5, 4, 8]), Size::Kernel);
        assert_eq!(told("value_head/kernel", [3, 4, 8], [3, 6, 8]), Size::Input(4, 6));
    }

    #[test]
    fn sizes_that_other_sizes_decide() {
        assert_eq!(told("lstm/recurrent_kernel", &[5, 20], &[6, 24]), Size::Units(5, 6));
        assert_eq!(told("norm/gamma", &[4], &[8]), Size::Input(4, 8));
        assert_eq!(told("norm/moving_mean", &[4], &[8]), Size::Input(4, 8));
        assert_eq!(told("conv2d_transpose/kernel", &[3, 3, 4, 8], &[3, 3, 6, 8]), Size::Units(4, 6));
        assert_eq!(told("conv2d_transpose/kernel", &[3, 3, 4, 8], &[3, 3, 4, 16]), Size::Input(8, 16));
    }
}

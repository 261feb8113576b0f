//! Where layers stand: the numbers in their paths and keys tell the order of those of one list.

use std::collections::BTreeMap;

use foldhash::HashMap;

use super::layers::{Layer, Layers, Side};
use super::{Event, EventKind};
use crate::compare::align::counted;
use crate::model::Flavor;

/// The list that a layer stands in, and its number there: `model/_operations/3`, `layer_with_weights-3`,
/// `layers/dense_3`, of which the first has no number.
fn position(place: &str) -> Option<(String, u64)> {
    let parts: Vec<&str> = place.split('/').collect();
    let list = |at: usize, stem: &str| parts.iter().take(at).copied().chain([stem]).collect::<Vec<_>>().join("/");
    if let Some((at, (stem, number))) = parts.iter().enumerate().find_map(|(at, part)| Some((at, numbered(part)?))) {
        return Some((list(at, stem), number));
    }
    let at = parts.iter().position(|part| *part == "layers")?.saturating_add(1);
    Some((list(at, parts.get(at)?), 0))
}

/// What stands before the number that a part of a path ends in, and the number.
fn numbered(part: &str) -> Option<(&str, u64)> {
    let (stem, number) = counted(part);
    Some((stem.trim_end_matches('-'), number?))
}

/// Where a layer stands: by the model's own list of layers, or by the numbers in its path.
pub(super) fn place_of(side: &Side, layer: &Layer) -> Option<(String, u64)> {
    let listed = &side.checkpoint.layers;
    let named = listed.iter().position(|known| layer.name.split('/').next() == Some(known.name.as_str()));
    match side.checkpoint.flavor {
        Flavor::NameBased => None,
        Flavor::LayerBased if named.is_some() => named.map(|at| (String::new(), at as u64)),
        Flavor::LayerBased | Flavor::ObjectBased => side.place(layer).as_deref().and_then(position),
    }
}

/// Each layer with its number, by the list that it stands in.
fn lists(side: &Side) -> BTreeMap<String, Vec<(u64, usize)>> {
    let mut lists: BTreeMap<String, Vec<(u64, usize)>> = BTreeMap::new();
    for (at, layer) in side.layers.iter().enumerate() {
        if let Some((list, number)) = place_of(side, layer) {
            lists.entry(list).or_default().push((number, at));
        }
    }
    for list in lists.values_mut() {
        list.sort_unstable();
    }
    lists
}

/// The layer before each layer of a list.
pub(super) fn before(side: &Side) -> HashMap<usize, usize> {
    let lists = lists(side);
    let pairs = lists.values().flat_map(|list| list.windows(2));
    pairs.filter_map(|pair| Some((pair.last()?.1, pair.first()?.1))).collect()
}

/// Layers that stand in another order than before, as few as explain it.
pub(super) fn reordered(layers: &Layers) -> Vec<Event> {
    let (old, new) = layers.sides();
    let is: HashMap<usize, usize> = layers.pairs.iter().copied().collect();
    let places: HashMap<usize, (String, u64)> = lists(new)
        .into_iter()
        .flat_map(|(list, layers)| layers.into_iter().map(move |(number, at)| (at, (list.clone(), number))))
        .collect();
    let mut events = Vec::new();
    for list in lists(old).into_values() {
        // By the list that they stand in now: where it was, and where it is.
        let mut now: BTreeMap<&str, Vec<(u64, usize)>> = BTreeMap::new();
        for (_, at) in &list {
            if let Some((other, (list, number))) = is.get(at).and_then(|other| Some((*other, places.get(other)?))) {
                now.entry(list).or_default().push((*number, other));
            }
        }
        for layers in now.into_values() {
            let moved = out_of_order(&layers.iter().map(|(number, _)| *number).collect::<Vec<u64>>());
            if moved.is_empty() {
                continue;
            }
            let mut moved: Vec<&(u64, usize)> = moved.iter().filter_map(|at| layers.get(*at)).collect();
            moved.sort_unstable();
            let moved = moved.into_iter().filter_map(|(_, at)| new.layers.get(*at));
            let (variables, names): (Vec<_>, Vec<String>) =
                moved.map(|layer| (layer.variables.clone(), layer.name.to_owned())).unzip();
            let kind = EventKind::Reordered { layers: names };
            events.push(Event { kind, old: Vec::new(), new: variables.concat() });
        }
    }
    events
}

/// Positions of numbers that do not stand in ascending order: those with a greater one before or a lesser
/// one behind them.
fn out_of_order(numbers: &[u64]) -> Vec<usize> {
    let mut greatest = 0;
    let before: Vec<bool> = numbers
        .iter()
        .map(|number| {
            let out = *number < greatest;
            greatest = greatest.max(*number);
            out
        })
        .collect();
    let mut least = u64::MAX;
    let mut out: Vec<usize> = Vec::new();
    for (at, number) in numbers.iter().enumerate().rev() {
        if *number > least || before.get(at) == Some(&true) {
            out.push(at);
        }
        least = least.min(*number);
    }
    out.reverse();
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_lists() {
        let at = |place: &str| position(place).map(|(list, number)| format!("{list} {number}"));
        assert_eq!(at("model/_operations/3").unwrap(), "model/_operations/ 3");
        assert_eq!(at("model/layer_with_weights-12/cell").unwrap(), "model/layer_with_weights 12");
        assert_eq!(at("layers/dense_2/vars").unwrap(), "layers/dense 2");
        assert_eq!(at("layers/dense/vars").unwrap(), "layers/dense 0");
        assert_eq!(at("model/encoder"), None);
    }

    #[test]
    fn only_what_moved_is_told() {
        assert_eq!(out_of_order(&[0, 1, 2, 5]), [0; 0]);
        assert_eq!(out_of_order(&[0, 2, 1, 3]), [1, 2]);
        assert_eq!(out_of_order(&[1, 2, 0]), [0, 1, 2]);
    }
}

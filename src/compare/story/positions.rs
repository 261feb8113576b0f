//! Layers that stand at another number of the same list though none that has variables came or went before
//! them: entries without variables did, a Dropout or an Activation.

use std::collections::{BTreeMap, BTreeSet};

use super::layers::{Layer, Layers, Side};
use super::{Event, EventKind};
use crate::compare::align::counted;
use crate::model::{Flavor, scope, tells_place};

/// Paths to a layer that are looked at.
const PATHS: usize = 4;

/// A layer that is in a list on both sides.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Stayed {
    from: u64,
    to: u64,
    /// Its position on the new side.
    layer: usize,
    /// True if no path leads to it on both sides.
    lost: bool,
}

/// One list of layers on both sides.
#[derive(Default)]
struct List {
    /// Numbers at which layers stand.
    old: BTreeSet<u64>,
    new: BTreeSet<u64>,
    stayed: Vec<Stayed>,
}

/// Lists in which entries without variables moved the others.
pub(super) fn shifted(layers: &Layers) -> Vec<Event> {
    let (old, new) = layers.sides();
    if [old, new].into_iter().any(|side| side.checkpoint.flavor != Flavor::ObjectBased) {
        return Vec::new();
    }
    let pairs = layers.pairs.iter().filter_map(|&(was, layer)| {
        let (ours, theirs) = (paths(old, old.layers.get(was)?), paths(new, new.layers.get(layer)?));
        let lost = !ours.iter().any(|path| theirs.contains(path));
        Some(Pair { ours, theirs, layer, lost })
    });
    let pairs: Vec<Pair> = pairs.collect();
    if pairs.iter().all(|pair| !pair.lost) {
        return Vec::new();
    }
    let lists = lists(old, new, &pairs);
    lists.into_iter().filter_map(|(path, list)| event(new, path, list)).collect()
}

/// A layer that is on both sides, and the paths to it.
struct Pair<'a> {
    ours: Vec<&'a str>,
    theirs: Vec<&'a str>,
    /// Its position on the new side.
    layer: usize,
    /// True if no path leads to it on both sides.
    lost: bool,
}

/// Every list of layers, by its path.
fn lists<'a>(old: &Side<'a>, new: &Side<'a>, pairs: &[Pair<'a>]) -> BTreeMap<&'a str, List> {
    let mut lists: BTreeMap<&str, List> = BTreeMap::new();
    for (side, is_new) in [(old, false), (new, true)] {
        for (path, number) in side.layers.iter().flat_map(|layer| paths(side, layer)).flat_map(numbers) {
            let list = lists.entry(path).or_default();
            let own = if is_new { &mut list.new } else { &mut list.old };
            own.insert(number);
        }
    }
    for Pair { ours, theirs, layer, lost } in pairs {
        for (was, is) in ours.iter().flat_map(|was| theirs.iter().map(move |is| (*was, *is))) {
            if !stems(was).eq(stems(is)) {
                continue;
            }
            let same_list = numbers(was).into_iter().zip(numbers(is)).filter(|((a, _), (b, _))| a == b);
            for ((list, from), (_, to)) in same_list {
                lists.entry(list).or_default().stayed.push(Stayed { from, to, layer: *layer, lost: *lost });
            }
        }
    }
    lists
}

fn event(side: &Side, path: &str, mut list: List) -> Option<Event> {
    list.stayed.sort_unstable();
    list.stayed.dedup();
    // Layers in another order are told as such.
    if !list.stayed.is_sorted_by_key(|stayed| stayed.to) {
        return None;
    }
    // Layers that came or went have moved the others themselves, and brought their activations with them.
    let (ours, theirs): (BTreeSet<u64>, BTreeSet<u64>) = list.stayed.iter().map(|one| (one.from, one.to)).unzip();
    if list.old != ours || list.new != theirs {
        return None;
    }
    let moved: Vec<&Stayed> = list.stayed.iter().filter(|one| one.lost && one.from != one.to).collect();
    let first = moved.first()?;
    let layer = |one: &Stayed| side.layers.get(one.layer);
    let kind = EventKind::Shifted {
        list: path.trim_end_matches(['/', '-']).to_owned(),
        layer: layer(first)?.name.to_owned(),
        from: first.from,
        to: first.to,
    };
    let new = moved.iter().filter_map(|one| layer(one)).flat_map(|layer| &layer.variables).copied().collect();
    Some(Event { kind, old: Vec::new(), new })
}

/// The paths to a layer, as far as they tell where it stands.
fn paths<'a>(side: &Side<'a>, layer: &Layer) -> Vec<&'a str> {
    let first = layer.variables.first().and_then(|id| side.checkpoint.variables.get(*id));
    let paths = first.into_iter().flat_map(|variable| variable.paths());
    paths.filter(|path| tells_place(path)).map(|path| scope(path)).take(PATHS).collect()
}

fn stems(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').map(|part| counted(part).0)
}

/// The lists on a path, each by the path that leads to it, with the number that stands in it: of
/// `model/_operations/3` that is 3 of `model/_operations/`. Attributes that are called by numbers are no lists.
fn numbers(path: &str) -> Vec<(&str, u64)> {
    let mut start = 0usize;
    let parts = path.split('/').filter_map(|part| {
        let (stem, number) = counted(part);
        let list = path.get(..start.saturating_add(stem.len()));
        start = start.saturating_add(part.len()).saturating_add(1);
        number.filter(|_| stem.is_empty() || stem.ends_with('-')).and_then(|number| Some((list?, number)))
    });
    parts.collect()
}

#[cfg(test)]
mod tests {
    use crate::compare::align::align;
    use crate::compare::story::tell;
    use crate::model::Checkpoint;
    use crate::model::sample::object;

    fn told(new: &[(&str, &str)]) -> Vec<String> {
        let of = |layers: &[(&str, &str)]| -> Checkpoint {
            let paths: Vec<(String, String)> =
                layers.iter().map(|(path, name)| (format!("{path}/k"), format!("{name}/k"))).collect();
            object(&paths.iter().map(|(path, name)| (path.as_str(), name.as_str(), [2].as_slice())).collect::<Vec<_>>())
        };
        let (old, new) = (of(&[("m/s/0", "a"), ("m/s/1", "b"), ("m/s/2", "c")]), of(new));
        tell(&old, &new, &align(&old, &new)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn an_entry_without_variables_moves_the_others() {
        let expected = "positions in m/s have shifted by entries without variables (a Dropout, say): b is number 2 \
                        now, 1 before (2 variables)";
        assert_eq!(told(&[("m/s/0", "a"), ("m/s/2", "b"), ("m/s/3", "c")]), [expected]);
        assert_eq!(told(&[("m/s/0", "a"), ("m/s/1", "b"), ("m/s/2", "c")]), [""; 0]);
    }

    #[test]
    fn what_explains_the_shift_is_told_alone() {
        let inserted = told(&[("m/s/0", "a"), ("m/s/1", "x"), ("m/s/2", "b"), ("m/s/3", "c")]);
        assert_eq!(inserted, ["new: x/k after a (1 variable)"]);
        let turned = told(&[("m/s/0", "b"), ("m/s/1", "a"), ("m/s/2", "c")]);
        assert_eq!(turned, ["in another order: b and a"]);
        let both = told(&[("m/s/0", "a"), ("m/s/1", "x"), ("m/s/3", "b"), ("m/s/4", "c")]);
        assert_eq!(both, ["new: x/k after a (1 variable)"]);
    }
}

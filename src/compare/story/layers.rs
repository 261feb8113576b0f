//! The layers of both checkpoints, and which is which: variables of one scope are a layer.

use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};

use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};

use super::class::Class;
use super::optimizer::{self, AVERAGE};
use super::{Event, EventKind, order, twins};
use crate::bytes::limits;
use crate::compare::align::Alignment;
use crate::model::{Checkpoint, Flavor, Group, Variable, VariableId, leaf, natural, scope, tells_place, uncounted};

/// The layers of two checkpoints.
pub(super) struct Layers<'a> {
    old: Side<'a>,
    new: Side<'a>,
    alignment: &'a Alignment,
    /// Each layer of the old checkpoint with the one of the new that most of its variables went to.
    pub pairs: Vec<(usize, usize)>,
    /// Weights of either side of which the moving averages are the weights of the other.
    averaged: [HashSet<VariableId>; 2],
}

/// The layers of one checkpoint.
pub(super) struct Side<'a> {
    pub checkpoint: &'a Checkpoint,
    /// In the order in which the model applies them, as far as it is known; else by name.
    pub layers: Vec<Layer<'a>>,
    /// The layer of each variable of the model.
    of: Vec<Option<usize>>,
}

/// Variables of one scope.
pub(super) struct Layer<'a> {
    pub name: &'a str,
    pub variables: Vec<VariableId>,
}

impl<'a> Side<'a> {
    fn of(checkpoint: &'a Checkpoint) -> Self {
        let mut layers: Vec<Layer> = Vec::new();
        let mut known: HashMap<&str, usize> = HashMap::new();
        let mut of = vec![None; checkpoint.variables.len()];
        for (id, variable) in checkpoint.variables.iter().enumerate() {
            if variable.role.group() != Group::Model {
                continue;
            }
            // The average of a weight that is loaded in its place is that weight.
            let average = variable.name.strip_suffix(AVERAGE).and_then(|name| name.strip_suffix('/'));
            let name = scope(average.unwrap_or(&variable.name));
            let at = *known.entry(name).or_insert_with(|| {
                layers.push(Layer { name, variables: Vec::new() });
                layers.len().saturating_sub(1)
            });
            if let Some(layer) = layers.get_mut(at) {
                layer.variables.push(id);
            }
            if let Some(of) = of.get_mut(id) {
                *of = Some(at);
            }
        }
        Self { checkpoint, layers, of }
    }

    /// The layer of a variable of the model.
    pub fn layer_of(&self, id: VariableId) -> Option<usize> {
        self.of.get(id).copied().flatten()
    }

    /// True if what is stored of a layer are moving averages of its weights.
    fn averages(&self, layer: &Layer) -> bool {
        let mut variables = layer.variables.iter().filter_map(|id| self.checkpoint.variables.get(*id));
        variables.any(|variable| leaf(&variable.name) == AVERAGE)
    }

    /// What a layer is, as its variables tell.
    fn class(&self, layer: &Layer) -> Option<Class> {
        let variables = layer.variables.iter().filter_map(|id| {
            let variable = self.checkpoint.variables.get(*id)?;
            Some((leaf(&variable.name), self.checkpoint.entry(variable)?.shape.axes()?))
        });
        Class::of(&variables.collect::<Vec<_>>())
    }

    /// The last parts of the names of its variables, as Keras 2 and Keras 3 both write them.
    fn leaves(&self, layer: &Layer) -> HashSet<&str> {
        let variables = layer.variables.iter().filter_map(|id| self.checkpoint.variables.get(*id));
        variables.map(|variable| leaf(&variable.name).trim_start_matches('_')).collect()
    }

    /// The name of the only variable of a scope.
    fn bare(&self, layer: &Layer) -> Option<&'a str> {
        let [id] = layer.variables.as_slice() else { return None };
        self.checkpoint.variables.get(*id).map(|variable| variable.name.as_str())
    }

    /// The path through the object graph that leads to a layer, or the scope of its first key.
    pub(super) fn place(&self, layer: &Layer) -> Option<String> {
        let variable = self.checkpoint.variables.get(*layer.variables.first()?)?;
        let key = || self.checkpoint.entry(variable).and_then(|entry| entry.key.text()).map(str::to_owned);
        let path = variable.paths().iter().find(|path| tells_place(path)).cloned().or_else(key)?;
        Some(scope(&path).to_owned())
    }
}

impl<'a> Layers<'a> {
    pub(super) fn of(old: &'a Checkpoint, new: &'a Checkpoint, alignment: &'a Alignment) -> Self {
        let (old, new) = (Side::of(old), Side::of(new));
        let pairs = pairs(&old, &new, alignment);
        let owner = |checkpoint: &Checkpoint, id: VariableId| checkpoint.variables.get(id).and_then(Variable::slot_of);
        let stand_ins = optimizer::stand_ins(old.checkpoint, new.checkpoint, alignment);
        let averaged = [
            stand_ins.iter().filter_map(|pair| owner(old.checkpoint, pair.old)).collect(),
            stand_ins.iter().filter_map(|pair| owner(new.checkpoint, pair.new)).collect(),
        ];
        Self { old, new, alignment, pairs, averaged }
    }

    /// Variables of the old checkpoint alone, and of the new one, but for those that averages stand for.
    fn gone(&self) -> impl Iterator<Item = VariableId> {
        self.alignment.gone.iter().copied().filter(|id| !self.averaged[0].contains(id))
    }

    fn added(&self) -> impl Iterator<Item = VariableId> {
        self.alignment.added.iter().copied().filter(|id| !self.averaged[1].contains(id))
    }

    pub(super) fn sides(&self) -> (&Side<'a>, &Side<'a>) {
        (&self.old, &self.new)
    }

    /// Layers that came, went or are of another class, and variables that came or went in one that stayed.
    pub(super) fn events(&self) -> Vec<Event> {
        let pairs = &self.pairs;
        let stayed_old: HashSet<usize> = pairs.iter().map(|(old, _)| *old).collect();
        let stayed_new: HashSet<usize> = pairs.iter().map(|(_, new)| *new).collect();
        let lone = |side: &Side, stayed: &HashSet<usize>, ids: &mut dyn Iterator<Item = VariableId>| -> Vec<usize> {
            let mut lone: Vec<usize> = ids.filter_map(|id| side.layer_of(id)).collect();
            lone.sort_unstable();
            lone.dedup();
            lone.retain(|layer| !stayed.contains(layer));
            lone
        };
        let mut gone = lone(&self.old, &stayed_old, &mut self.gone());
        let mut came = lone(&self.new, &stayed_new, &mut self.added());
        // A scope that is on both sides, though none of its variables is one: what they are has changed.
        let both: HashSet<&str> = {
            let names = |side: &Side<'a>, ids: &[usize]| -> HashSet<&'a str> {
                ids.iter().filter_map(|at| side.layers.get(*at)).map(|layer| layer.name).collect()
            };
            names(&self.old, &gone).intersection(&names(&self.new, &came)).copied().collect()
        };
        let averages = |side: &Side, at: usize| side.layers.get(at).is_some_and(|layer| side.averages(layer));
        let averaged: HashSet<&str> = came
            .iter()
            .filter(|at| averages(&self.new, **at))
            .filter_map(|at| self.new.layers.get(*at))
            .chain(gone.iter().filter(|at| averages(&self.old, **at)).filter_map(|at| self.old.layers.get(*at)))
            .map(|layer| layer.name)
            .filter(|name| both.contains(name))
            .collect();
        gone.retain(|at| self.old.layers.get(*at).is_none_or(|layer| !averaged.contains(layer.name)));
        came.retain(|at| self.new.layers.get(*at).is_none_or(|layer| !averaged.contains(layer.name)));

        let mut events = self.undecided(&mut gone, &mut came);
        events.extend(self.replaced(&mut gone, &mut came));
        events.extend(filled(&self.new, &self.old, &pairs.iter().map(|(a, b)| (*b, *a)).collect(), &mut came, true));
        events.extend(filled(&self.old, &self.new, &pairs.iter().copied().collect(), &mut gone, false));
        let before = LazyCell::new(|| order::before(&self.new));
        let twins_now = LazyCell::new(|| twins::all(&self.new, &stayed_new));
        let twins_before = LazyCell::new(|| twins::all(&self.old, &stayed_old));
        for block in blocks(&self.new, &came) {
            // Of layers that stand apart it is not told where.
            let follow = |pair: &[usize]| matches!(pair, [a, b] if before.get(b) == Some(a));
            let after = block.layers.first().filter(|_| block.layers.windows(2).all(follow));
            let after = after.and_then(|at| before.get(at)).and_then(|at| self.new.layers.get(*at));
            let after = after.map(|layer| layer.name.to_owned());
            let first = block.layers.first().filter(|_| block.names.len() == 1);
            let beside = first.and_then(|at| twins::of(&self.new, *at, &twins_now));
            let kind = EventKind::Inserted { layers: block.names, class: block.class, after, beside };
            events.push(Event { kind, old: Vec::new(), new: block.variables });
        }
        for block in blocks(&self.old, &gone) {
            let first = block.layers.first().filter(|_| block.names.len() == 1);
            let beside = first.and_then(|at| twins::of(&self.old, *at, &twins_before));
            let kind = EventKind::Removed { layers: block.names, class: block.class, beside };
            events.push(Event { kind, old: block.variables, new: Vec::new() });
        }
        let retyped = self.retyped();
        let same = |all: HashSet<usize>, of: fn(&(usize, usize)) -> usize| -> HashSet<usize> {
            let other: HashSet<usize> = retyped.iter().map(of).collect();
            all.difference(&other).copied().collect()
        };
        events.extend(self.toggled(&same(stayed_old, |pair| pair.0), &same(stayed_new, |pair| pair.1)));
        events.extend(retyped.iter().filter_map(|pair| self.exchanged(*pair)));
        events
    }

    /// Layers that stayed by some of their variables, and are of another class by all of them.
    fn retyped(&self) -> Vec<(usize, usize)> {
        let is_other = |pair: &&(usize, usize)| {
            let (Some(was), Some(is)) = (self.old.layers.get(pair.0), self.new.layers.get(pair.1)) else {
                return false;
            };
            match (self.old.class(was), self.new.class(is)) {
                (Some(was), Some(is)) => was != is,
                (None, None) => false,
                // A class of the program's own has words of its own for what it has. Names of TensorFlow 1 are the
                // program's in any layer.
                _ => {
                    let (ours, theirs) = (self.old.leaves(was), self.new.leaves(is));
                    let by_object = |side: &Side| side.checkpoint.flavor == Flavor::ObjectBased;
                    let of_one_writer = self.old.checkpoint.writer == self.new.checkpoint.writer;
                    let averaged = self.old.averages(was) || self.new.averages(is);
                    by_object(&self.old)
                        && by_object(&self.new)
                        && of_one_writer
                        && !averaged
                        && ours.is_disjoint(&theirs)
                }
            }
        };
        self.pairs.iter().filter(is_other).copied().collect()
    }

    fn exchanged(&self, (was, is): (usize, usize)) -> Option<Event> {
        let (was, is) = (self.old.layers.get(was)?, self.new.layers.get(is)?);
        let (from, to) = (self.old.class(was), self.new.class(is));
        let kind = EventKind::Replaced { layer: is.name.to_owned(), from, to };
        Some(Event { kind, old: was.variables.clone(), new: is.variables.clone() })
    }

    /// Equal layers of which more or fewer are stored than before, or of which any could be any: they are
    /// taken from those that went and came.
    fn undecided(&self, gone: &mut Vec<usize>, came: &mut Vec<usize>) -> Vec<Event> {
        let of = |side: &Side, ids: &[VariableId], lone: &[usize]| -> BTreeSet<usize> {
            let layers = ids.iter().filter_map(|id| side.layer_of(*id));
            layers.filter(|at| lone.binary_search(at).is_ok()).collect()
        };
        let mut by_layers: BTreeMap<[BTreeSet<usize>; 2], [Vec<VariableId>; 2]> = BTreeMap::new();
        for doubt in &self.alignment.ambiguous {
            let layers = [of(&self.old, &doubt.old, gone), of(&self.new, &doubt.new, came)];
            if layers.iter().all(|side| !side.is_empty()) {
                let [old, new] = by_layers.entry(layers).or_default();
                old.extend(&doubt.old);
                new.extend(&doubt.new);
            }
        }
        let mut events = Vec::new();
        for ([was, is], [old, new]) in by_layers {
            gone.retain(|at| !was.contains(at));
            came.retain(|at| !is.contains(at));
            let names = |side: &Side, ids: &BTreeSet<usize>| -> Vec<String> {
                let mut names: Vec<&str> =
                    ids.iter().filter_map(|at| side.layers.get(*at)).map(|layer| layer.name).collect();
                names.sort_by(|a, b| natural(a, b));
                names.into_iter().map(str::to_owned).collect()
            };
            let kind = EventKind::Undecided { old: names(&self.old, &was), new: names(&self.new, &is) };
            events.push(Event { kind, old, new });
        }
        events
    }

    /// A layer that went where another came: under the same name, or at the same place.
    fn replaced(&self, gone: &mut Vec<usize>, came: &mut Vec<usize>) -> Vec<Event> {
        let places = |side: &Side, layers: &[usize]| -> HashMap<String, usize> {
            let named = layers.iter().filter_map(|at| Some((side.layers.get(*at)?.name.to_owned(), *at)));
            let placed = layers.iter().filter_map(|at| Some((side.place(side.layers.get(*at)?)?, *at)));
            placed.chain(named).collect()
        };
        let theirs = places(&self.new, came);
        let mut left: HashSet<usize> = came.iter().copied().collect();
        let mut events = Vec::new();
        gone.retain(|at| {
            let Some(layer) = self.old.layers.get(*at) else { return true };
            let same = theirs.get(layer.name).or_else(|| theirs.get(&self.old.place(layer)?)).copied();
            let Some(other) = same.filter(|other| left.contains(other)) else { return true };
            let Some(new) = self.new.layers.get(other) else { return true };
            left.remove(&other);
            let (from, to) = (self.old.class(layer), self.new.class(new));
            let kind = EventKind::Replaced { layer: new.name.to_owned(), from, to };
            events.push(Event { kind, old: layer.variables.clone(), new: new.variables.clone() });
            false
        });
        came.retain(|at| left.contains(at));
        events
    }

    /// Variables that came or went in layers that stayed, by the last part of their names.
    fn toggled(&self, stayed_old: &HashSet<usize>, stayed_new: &HashSet<usize>) -> Vec<Event> {
        let mut by_leaf: BTreeMap<(String, bool, bool), (Vec<String>, Event)> = BTreeMap::new();
        let sides: [(_, _, &mut dyn Iterator<Item = VariableId>, _); 2] =
            [(&self.old, stayed_old, &mut self.gone(), false), (&self.new, stayed_new, &mut self.added(), true)];
        for (side, stayed, ids, on) in sides {
            for id in ids {
                let Some(layer) = side.layer_of(id).filter(|layer| stayed.contains(layer)) else { continue };
                let (Some(layer), Some(variable)) = (side.layers.get(layer), side.checkpoint.variables.get(id)) else {
                    continue;
                };
                let leaf = leaf(&variable.name).to_owned();
                let is_own = side.class(layer).is_none();
                let (layers, event) = by_leaf.entry((leaf.clone(), on, is_own)).or_insert_with(|| {
                    let kind = EventKind::Toggled { layers: Vec::new(), leaf, on, is_own };
                    (Vec::new(), Event { kind, old: Vec::new(), new: Vec::new() })
                });
                layers.push(layer.name.to_owned());
                if on { &mut event.new } else { &mut event.old }.push(id);
            }
        }
        let finish = |((leaf, on, is_own), (mut layers, event)): (_, (Vec<String>, Event))| {
            layers.dedup();
            Event { kind: EventKind::Toggled { layers, leaf, on, is_own }, ..event }
        };
        by_leaf.into_iter().map(finish).collect()
    }
}

/// Each layer of one side with the one of the other that most of its variables went to.
fn pairs(old: &Side, new: &Side, alignment: &Alignment) -> Vec<(usize, usize)> {
    let mut votes: HashMap<(usize, usize), usize> = HashMap::new();
    for pair in &alignment.pairs {
        if let (Some(a), Some(b)) = (old.layer_of(pair.old), new.layer_of(pair.new)) {
            let count = votes.entry((a, b)).or_default();
            *count = count.saturating_add(1);
        }
    }
    let mut best: Vec<((usize, usize), usize)> = votes.into_iter().collect();
    best.sort_unstable_by_key(|(pair, count)| (std::cmp::Reverse(*count), *pair));
    let (mut left, mut right) = (HashSet::new(), HashSet::new());
    let free = |(a, b): &(usize, usize)| left.insert(*a) & right.insert(*b);
    let mut pairs: Vec<(usize, usize)> = best.into_iter().map(|(pair, _)| pair).filter(free).collect();
    pairs.sort_unstable();
    pairs
}

/// Of layers that only one side has variables of, those that the other side has too, without variables: the
/// object is there at the same place, and the layers behind it have not moved.
fn filled(side: &Side, other: &Side, is: &HashMap<usize, usize>, lone: &mut Vec<usize>, on: bool) -> Vec<Event> {
    let Some(graph) = other.checkpoint.graph.as_ref() else { return Vec::new() };
    if lone.is_empty() {
        return Vec::new();
    }
    let there = |path: &str| {
        let mut node = Some(0);
        for part in path.split('/') {
            node = node.and_then(|node: usize| graph.nodes.get(node)?.child(part));
        }
        node.is_some()
    };
    let unmoved = is.iter().filter(|(own, theirs)| {
        let place = |side: &Side, at: usize| side.layers.get(at).and_then(|layer| order::place_of(side, layer));
        place(side, **own).is_some_and(|place_here| Some(place_here) == place(other, **theirs))
    });
    let behind: BTreeMap<String, u64> = unmoved
        .filter_map(|(own, _)| order::place_of(side, side.layers.get(*own)?))
        .fold(BTreeMap::new(), |mut last, (list, number)| {
            let most = last.entry(list).or_insert(number);
            *most = number.max(*most);
            last
        });
    let mut events = Vec::new();
    lone.retain(|at| {
        let Some(layer) = side.layers.get(*at) else { return true };
        let Some((list, number)) = order::place_of(side, layer) else { return true };
        let paths = side.checkpoint.variables.get(layer.variables.first().copied().unwrap_or(usize::MAX));
        let same = paths.is_some_and(|variable| variable.paths().iter().any(|path| there(scope(path))));
        if !same || behind.get(&list).is_none_or(|last| *last < number) {
            return true;
        }
        let kind = EventKind::Filled { layer: layer.name.to_owned(), on };
        let (old, new) = if on { (Vec::new(), layer.variables.clone()) } else { (layer.variables.clone(), Vec::new()) };
        events.push(Event { kind, old, new });
        false
    });
    events
}

/// Layers that came or went together.
struct Block {
    names: Vec<String>,
    class: Option<Class>,
    /// Positions of all layers in it.
    layers: Vec<usize>,
    variables: Vec<VariableId>,
}

/// Layers that are on one side only, as the outermost scopes in which there is nothing else; those whose names
/// differ by numbers alone as one.
fn blocks(side: &Side, lone: &[usize]) -> Vec<Block> {
    let alone: HashSet<usize> = lone.iter().copied().collect();
    let mut kept: HashSet<&str> = HashSet::new();
    for (_, layer) in side.layers.iter().enumerate().filter(|(at, _)| !alone.contains(at)) {
        kept.extend(scopes(layer.name));
    }
    let mut by_scope: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for at in lone {
        let Some(layer) = side.layers.get(*at) else { continue };
        let outermost = scopes(layer.name).find(|scope| !kept.contains(scope)).unwrap_or(layer.name);
        by_scope.entry(outermost).or_default().push(*at);
    }
    let mut by_template: BTreeMap<(String, Option<Class>), Block> = BTreeMap::new();
    let mut scopes: Vec<(&str, Vec<usize>)> = by_scope.into_iter().collect();
    scopes.sort_by(|(a, _), (b, _)| natural(a, b));
    for (name, positions) in scopes {
        let layers: Vec<&Layer> = positions.iter().filter_map(|at| side.layers.get(*at)).collect();
        let class = match layers.as_slice() {
            [layer] => side.class(layer),
            _ => None,
        };
        // A variable alone is no layer, unless Keras named it.
        let name = match layers.as_slice() {
            [layer] if class.is_none() => side.bare(layer).unwrap_or(name),
            _ => name,
        };
        let plain = |part: &str| part.chars().filter(|c| !c.is_ascii_digit()).collect::<String>();
        let template = name.split('/').map(|part| plain(uncounted(part))).collect::<Vec<_>>().join("/");
        let block = by_template.entry((template, class)).or_insert_with(|| Block {
            names: Vec::new(),
            class,
            layers: Vec::new(),
            variables: Vec::new(),
        });
        block.names.push(name.to_owned());
        block.layers.extend(positions);
        block.variables.extend(layers.iter().flat_map(|layer| &layer.variables));
    }
    by_template.into_values().collect()
}

/// A scope and those around it, the outermost first. No model is nested deeper than the parts that are looked at.
fn scopes(name: &str) -> impl Iterator<Item = &str> {
    let inner = name.match_indices('/').take(limits::NAME_PARTS).filter_map(|(slash, _)| name.get(..slash));
    inner.chain([name])
}

/// What it tells of the person's doing that a variable came or went in a layer that stayed: variables of
/// these names are options of Keras' own layers, others are of somebody's code.
pub(super) fn toggle_cause(leaf: &str, is_own: bool) -> &'static str {
    match leaf {
        "bias" | "biases" | "b" => "bias-toggled",
        _ if is_own => "custom-layer-changed",
        "gamma" | "beta" | "moving_mean" | "moving_variance" | "recurrent_bias" | "scale" | "offset" => {
            "changed-layer-options"
        }
        _ => "custom-layer-changed",
    }
}

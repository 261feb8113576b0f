//! What an optimizer keeps, tied to the weights that it is for: by names, or by order where shapes prove it.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::Found;
use super::dataset::{self, Leaf};
use super::layers::Claim;
use super::paths::Var;
use crate::bytes::limits;
use crate::model::{Extent, Kind, Payload, Role, Writer};

/// The listed variables of an optimizer in the older layout. Keras 2.11 called them `Adam/m/dense/kernel`, before
/// it was `Adam/dense/kernel/m`; Keras 3 calls them `adam/dense_kernel_momentum`.
pub(super) fn by_name(listed: &[Claim], weights: &[Claim], leaves: &HashMap<String, Leaf<'_>>) -> Vec<Found> {
    let mut names: HashMap<&str, Option<&str>> = HashMap::new();
    let mut joined: HashMap<String, Option<&str>> = HashMap::new();
    for weight in weights {
        // A name that two weights have is none.
        let path = weight.path.as_str();
        names.entry(&weight.name).and_modify(|known| *known = None).or_insert(Some(path));
        joined.entry(weight.name.replace('/', "_")).and_modify(|known| *known = None).or_insert(Some(path));
    }
    let mut found: Vec<Found> = Vec::new();
    let mut seen = HashSet::new();
    for claim in listed {
        let Some(leaf) = leaves.get(&claim.path).filter(|_| seen.insert(&claim.path)) else { continue };
        let slot = owner_in_path(&claim.name, &names).or_else(|| owner_in_word(&claim.name, &joined));
        let role = if slot.is_some() { Role::Slot } else { Role::Optimizer };
        found.push(Found { entry: dataset::entry(&claim.path, *leaf, 0), name: claim.name.clone(), role, slot });
    }
    found
}

/// `Adam/m/dense/kernel` and `Adam/dense/kernel/m`: the path of the weight, and which slot.
fn owner_in_path(name: &str, names: &HashMap<&str, Option<&str>>) -> Option<(String, String)> {
    let starts = name.match_indices('/').map(|(at, _)| at).take(limits::NAME_PARTS);
    for at in starts {
        let (before, rest) = (name.get(..at)?, name.get(at.saturating_add(1)..)?);
        if let Some(Some(path)) = names.get(rest)
            && let Some((_, slot)) = before.rsplit_once('/')
        {
            return Some(((*path).to_owned(), slot.to_owned()));
        }
        if let Some((owner, slot)) = rest.rsplit_once('/')
            && let Some(Some(path)) = names.get(owner)
        {
            return Some(((*path).to_owned(), slot.to_owned()));
        }
    }
    None
}

/// `adam/dense_kernel_momentum`; the longest name that fits, since one may be the beginning of another.
fn owner_in_word(name: &str, joined: &HashMap<String, Option<&str>>) -> Option<(String, String)> {
    let (_, word) = name.split_once('/')?;
    let ends = word.rmatch_indices('_').map(|(at, _)| at).take(limits::NAME_PARTS);
    for at in ends {
        if let Some(Some(path)) = joined.get(word.get(..at)?) {
            return Some(((*path).to_owned(), word.get(at.saturating_add(1)..)?.to_owned()));
        }
    }
    None
}

/// A weight that may be trained, in a file by object path.
pub(super) struct Weight<'a> {
    /// The path of its object.
    pub object: &'a str,
    /// Its name.
    pub name: String,
    /// The path of its dataset.
    pub path: &'a str,
    /// What lies there.
    pub leaf: Leaf<'a>,
    /// The position of the file.
    pub file: usize,
}

/// What is known of a variable of an optimizer.
#[derive(Clone, Debug)]
pub(super) struct Described {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub role: Role,
    /// The key of the weight whose state it is, and which.
    pub slot: Option<(String, String)>,
}

impl Described {
    /// A variable that is for no weight in particular.
    pub(super) fn new(name: String, role: Role) -> Self {
        Self { name, role, slot: None }
    }
}

/// The numbered variables of an optimizer: how often it stepped, in Keras 3 the learning rate, then slots.
pub(super) fn by_number(
    vars: &[Var<'_>],
    trained: &[Weight<'_>],
    class: Option<&str>,
    writer: Writer,
) -> Vec<Option<Described>> {
    let prefix = class.map_or_else(|| "optimizer".to_owned(), str::to_ascii_lowercase);
    let first = vars.iter().take_while(|var| var.numbered().axes == Some(&[])).count();
    let (once, rest) = vars.split_at_checked(first).unwrap_or((vars, &[]));
    let mut described: Vec<Option<Described>> = Vec::new();
    for (number, var) in once.iter().enumerate() {
        let dtype = var.numbered().dtype;
        let word = match number {
            0 if matches!(dtype.kind(), Kind::Int { .. }) => Some("iteration"),
            1 if first == 2 && dtype.is_float() && writer == Writer::Keras3 => Some("learning_rate"),
            _ => None,
        };
        let name = format!("{prefix}/{}", word.unwrap_or(&var.number));
        described.push(Some(Described::new(name, Role::Optimizer)));
    }
    let pairs = in_order(trained).and_then(|trained| pair(rest, &trained, class));
    for (at, var) in rest.iter().enumerate() {
        let unknown = || Described::new(format!("{prefix}/{}", var.number), Role::Slot);
        let Some((weight, kind)) = pairs.as_ref().and_then(|pairs| pairs.get(at)) else {
            described.push(Some(unknown()));
            continue;
        };
        let slot_name = class.and_then(|class| slot_names(class, writer)).and_then(|names| names.get(*kind));
        let slot_name = slot_name.map_or_else(|| format!("slot {}", kind.saturating_add(1)), |name| (*name).to_owned());
        let name = format!("{prefix}/{}/{}", weight.name, slot_name.replace(' ', "_"));
        described.push(Some(Described { name, role: Role::Slot, slot: Some((weight.path.to_owned(), slot_name)) }));
    }
    described
}

/// The weights in the order in which the model lists them, where the file tells that: it was written layer by
/// layer, and so lie the bytes. Within a layer with layers inside the order of writing is another one.
fn in_order<'a, 'b>(trained: &'b [Weight<'a>]) -> Option<Vec<&'b Weight<'a>>> {
    let mut units: BTreeMap<&str, (&str, (usize, u64))> = BTreeMap::new();
    let mut placed = Vec::new();
    for weight in trained {
        let unit = unit(weight.object)?;
        let place = (weight.file, offset(weight)?);
        let (object, first) = units.entry(unit).or_insert((weight.object, place));
        if *object != weight.object {
            return None;
        }
        *first = place.min(*first);
        placed.push((unit, weight));
    }
    // The sort is stable: within a layer the numbers give the order.
    placed.sort_by_key(|(unit, _)| units.get(unit).map(|(_, first)| *first));
    Some(placed.into_iter().map(|(_, weight)| weight).collect())
}

/// The layer that an object belongs to: `layers/model/layers/lstm` of `layers/model/layers/lstm/cell`. None for
/// what lies outside of the lists of layers.
fn unit(object: &str) -> Option<&str> {
    let mut end = 0usize;
    let mut parts = object.split('/');
    while let (Some("layers" | "_layer_checkpoint_dependencies"), Some(layer)) = {
        let mut ahead = parts.clone();
        (ahead.next(), ahead.next())
    } {
        let list = parts.next()?;
        parts.next()?;
        end = end.saturating_add(list.len()).saturating_add(layer.len()).saturating_add(2);
    }
    object.get(..end.checked_sub(1)?)
}

fn offset(weight: &Weight<'_>) -> Option<u64> {
    match dataset::entry(weight.path, weight.leaf, weight.file).payload {
        Payload::Extent(Extent { offset, .. }) => Some(offset),
        Payload::Coded(coded) => coded.pieces.iter().map(|piece| piece.extent.offset).min(),
        Payload::Slices(_) | Payload::Nowhere => None,
    }
}

/// The weight of each slot, and which of its slots it is, if the shapes allow one way alone.
fn pair<'a, 'b>(
    slots: &[Var<'_>],
    trained: &[&'b Weight<'a>],
    class: Option<&str>,
) -> Option<Vec<(&'b Weight<'a>, usize)>> {
    let kinds = slots.len().checked_div(trained.len())?;
    if !(1..=2).contains(&kinds) || slots.len() != kinds.checked_mul(trained.len())? {
        return None;
    }
    let by_weight: Vec<_> = trained.iter().flat_map(|weight| (0..kinds).map(|kind| (*weight, kind))).collect();
    let by_kind: Vec<_> = (0..kinds).flat_map(|kind| trained.iter().map(move |weight| (*weight, kind))).collect();
    let fits = |pairs: &[(&Weight<'_>, usize)]| {
        let shape = |leaf: Leaf<'_>| match leaf {
            Leaf::Dataset(dataset) => Some(dataset.shape.clone()),
            Leaf::Elsewhere => None,
        };
        slots.iter().zip(pairs).all(|(slot, (weight, _))| {
            let shape_of_slot = shape(slot.leaf);
            shape_of_slot.is_some() && shape_of_slot == shape(weight.leaf)
        })
    };
    // RMSprop is the one with two kinds that makes first all of one, then all of the other.
    match (fits(&by_weight), fits(&by_kind)) {
        (true, false) => Some(by_weight),
        (false, true) => Some(by_kind),
        (true, true) if kinds == 1 && class.is_none() && may_be_pairs(slots) => None,
        (true, true) if kinds == 1 || trained.len() == 1 => Some(by_weight),
        (true, true) => match class? {
            "RMSprop" => Some(by_kind),
            class => slot_names(class, Writer::Keras3).map(|_| by_weight),
        },
        (false, false) => None,
    }
}

/// True if these could as well be two slots each of half of the weights, the others being frozen.
fn may_be_pairs(slots: &[Var<'_>]) -> bool {
    let (pairs, rest) = slots.as_chunks::<2>();
    rest.is_empty() && pairs.iter().all(|[a, b]| a.numbered().axes == b.numbered().axes)
}

/// What the optimizers of Keras call their slots, in their order.
fn slot_names(class: &str, writer: Writer) -> Option<&'static [&'static str]> {
    let keras3 = writer == Writer::Keras3;
    Some(match class {
        "Adam" | "AdamW" | "Nadam" if keras3 => &["momentum", "velocity"],
        "Adam" | "AdamW" | "Nadam" => &["m", "v"],
        "SGD" | "Lion" if keras3 => &["momentum"],
        "SGD" | "Lion" => &["m"],
        "RMSprop" => &["velocity", "momentum"],
        "Adagrad" => &["accumulator"],
        "Adadelta" => &["accumulated_grad", "accumulated_delta_var"],
        _ => return None,
    })
}

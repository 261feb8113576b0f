//! The older layout in HDF5: a group for each layer, attributes that list layers and weights.
//!
//! Whole models have it below `model_weights`, with the optimizer and the configuration beside it.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::config;
use super::dataset::{self, Leaf, below};
use super::slots;
use super::{Draft, Found, Owns};
use crate::bytes::{Fault, FaultKind, Span, limits};
use crate::format::hdf5::{Attribute, Group, Hdf5, Node, Value};
use crate::model::{
    Container, File, Layer, Owned, Role, Versions, Writer, is_of_quantized, is_seed, is_statistic, leaf,
};

const MODEL: &str = "model_weights";
const OPTIMIZER: &str = "optimizer_weights";
const TOP_LEVEL: &str = "top_level_model_weights";

/// True for a file in this layout.
pub(super) fn is_layout(hdf5: &Hdf5) -> bool {
    let Some(root) = hdf5.root() else { return false };
    is_model(hdf5) || names(root, "layer_names").is_some()
}

/// True for a whole model.
fn is_model(hdf5: &Hdf5) -> bool {
    let root = hdf5.root();
    let listed = root.is_some_and(|root| names(root, "layer_names").is_some());
    let configured = root.is_some_and(|root| root.attribute("model_config").is_some());
    configured || (!listed && matches!(hdf5.at(MODEL), Some(Node::Group(_))))
}

/// A weight that a list names.
pub(super) struct Claim {
    /// The layer that lists it; none for those of the model itself and of the optimizer.
    layer: Option<String>,
    /// The name without the `:0` of Keras 2.
    pub name: String,
    /// The path of the dataset.
    pub path: String,
}

/// Reads a file in this layout; of another one everything is listed by its path.
pub(super) fn read(hdf5: &Hdf5, file: &File) -> Draft {
    let is_model = is_model(hdf5);
    let container = if is_model { Container::KerasModelH5 } else { Container::KerasLayersH5 };
    let base = if is_model { MODEL } else { "" };
    let mut lists = Lists {
        hdf5,
        complain: hdf5.faults.is_empty(),
        read: HashSet::new(),
        left: limits::KERAS_PATHS,
        kinds: Vec::new(),
    };
    let listed = lists.all(base);
    let versions = versions(hdf5, base);
    let leaves: HashMap<String, Leaf<'_>> = dataset::leaves(hdf5).into_iter().collect();
    let writer = match &versions.keras {
        Some(version) => writer(Some(version)),
        None => writer_by_names(leaves.keys().map(|path| path.strip_prefix(MODEL).unwrap_or(path))),
    };
    let mut draft = Draft::new(container, writer);
    draft.versions = versions;
    let config = config::of_model(hdf5, "model_config", &mut lists.kinds);
    draft.training = config::of_model(hdf5, "training_config", &mut lists.kinds);
    let layers = listed.layers.iter().flatten();
    draft.layers = layers.map(|name| Layer { name: name.clone(), ..Layer::default() }).collect();
    draft.found = named(&listed.weights, &leaves);
    draft.found.extend(slots::by_name(&listed.optimizer, &listed.weights, &leaves));
    draft.found.extend(lists.unclaimed(&listed, &leaves, base));
    draft.owners = listed.owners;
    if listed.layers.is_none() && lists.complain {
        lists.kinds.push(FaultKind::LayersUnlisted);
    }
    let faults = lists.kinds.into_iter().map(|kind| Fault { kind, at: Span::whole(&file.label) });
    draft.faults = faults.collect();
    if let Some(config) = config {
        let training = draft.training.take();
        draft.configure(&config, training.as_ref(), &file.label);
        draft.training = training;
        draft.config = Some(config);
    }
    draft
}

/// What the lists of a file name.
struct Listed {
    /// The layers; none without a list of them.
    layers: Option<Vec<String>>,
    /// The weights of the layers and of the model itself.
    weights: Vec<Claim>,
    optimizer: Vec<Claim>,
    /// Whose each list is.
    owners: Vec<Owns>,
}

fn owns(part: Owned, path: String, name: Option<String>, claims: &[Claim]) -> Owns {
    Owns { part, path, name, weights: claims.iter().map(|claim| claim.path.clone()).collect() }
}

/// Reads lists of names, and notes what they name that is not there.
struct Lists<'a> {
    hdf5: &'a Hdf5,
    /// False if the structure is damaged: then what cannot be found may well have been there.
    complain: bool,
    /// Groups whose lists were read: many names may lead to one.
    read: HashSet<&'a str>,
    /// Bytes of paths that may still be made: each repeats the name of its layer.
    left: u64,
    kinds: Vec<FaultKind>,
}

impl<'a> Lists<'a> {
    fn group(&self, path: &str) -> Option<&'a Group> {
        match self.hdf5.at(path)? {
            Node::Group(id) => self.hdf5.group(id),
            _ => None,
        }
    }

    /// All lists of a model that lies below `base`.
    fn all(&mut self, base: &str) -> Listed {
        let layers = self.group(base).and_then(|group| names(group, "layer_names"));
        let (mut weights, mut owners) = (Vec::new(), Vec::new());
        for layer in layers.iter().flatten() {
            let claims = self.weights(&below(base, layer), Some(layer));
            owners.push(owns(Owned::Layer, below(base, layer), Some(layer.clone()), &claims));
            weights.extend(claims);
        }
        let claims = self.weights(&below(base, TOP_LEVEL), None);
        if self.group(&below(base, TOP_LEVEL)).is_some() {
            owners.push(owns(Owned::Model, below(base, TOP_LEVEL), None, &claims));
        }
        weights.extend(claims);
        let optimizer = self.weights(OPTIMIZER, None);
        if self.group(OPTIMIZER).is_some() {
            owners.push(owns(Owned::Optimizer, OPTIMIZER.to_owned(), None, &optimizer));
        }
        Listed { layers, weights, optimizer, owners }
    }

    /// The datasets that no list names, in the order of their paths.
    fn unclaimed(&mut self, listed: &Listed, leaves: &HashMap<String, Leaf<'_>>, base: &str) -> Vec<Found> {
        let claims = listed.weights.iter().chain(&listed.optimizer);
        let claimed: HashSet<&str> = claims.map(|claim| claim.path.as_str()).collect();
        let linked = dataset::linked(self.hdf5);
        let mut rest: Vec<(&String, &Leaf<'_>)> = leaves
            .iter()
            .filter(|(path, leaf)| !claimed.contains(path.as_str()) && matches!(leaf, Leaf::Dataset(_)))
            .filter(|(path, _)| !linked.contains(path.as_str()))
            .collect();
        rest.sort_by_key(|(path, _)| *path);
        if listed.layers.is_some() && self.complain {
            self.kinds.extend(rest.iter().map(|(path, _)| FaultKind::WeightUnlisted { path: (*path).clone() }));
        }
        let found = rest.into_iter().map(|(path, leaf)| {
            let name = path.strip_prefix(base).unwrap_or(path).trim_start_matches('/');
            let of_optimizer = path.split('/').next() == Some(OPTIMIZER);
            let role = if of_optimizer { Role::Optimizer } else { role(name) };
            Found { entry: dataset::entry(path, *leaf, 0), name: plain(name), role, slot: None }
        });
        found.collect()
    }

    /// The weights that the group at `path` lists.
    fn weights(&mut self, path: &str, layer: Option<&str>) -> Vec<Claim> {
        let Some(group) = self.group(path) else {
            if let Some(layer) = layer.filter(|_| self.complain) {
                self.kinds.push(FaultKind::LayerMissing { layer: layer.to_owned() });
            }
            return Vec::new();
        };
        let mut claims = Vec::new();
        if !self.read.insert(&group.path) {
            return claims;
        }
        for name in names(group, "weight_names").unwrap_or_default() {
            let full = below(path, &name);
            self.left = self.left.saturating_sub(full.len() as u64);
            if self.left == 0 {
                break;
            }
            if self.complain && self.hdf5.at(&full).is_none() {
                let layer = layer.unwrap_or(path).to_owned();
                self.kinds.push(FaultKind::WeightMissing { layer, name: name.clone() });
            }
            claims.push(Claim { layer: layer.map(str::to_owned), name: plain(&name), path: full });
        }
        claims
    }
}

/// A list of names; Keras cuts a long one into several attributes, and an empty one has the type of numbers.
fn names(group: &Group, list: &str) -> Option<Vec<String>> {
    let strings = |attribute: &Attribute| match &attribute.value {
        Value::Strings(names) => names.clone(),
        _ => Vec::new(),
    };
    if let Some(attribute) = group.attribute(list) {
        return Some(strings(attribute));
    }
    let numbered = group.attributes.iter().filter_map(|attribute| {
        let number: u64 = attribute.name.strip_prefix(list)?.parse().ok()?;
        Some((number, attribute))
    });
    let parts: BTreeMap<u64, &Attribute> = numbered.collect();
    let parts = parts.into_iter().zip(0u64..).take_while(|((number, _), wanted)| number == wanted);
    let parts: Vec<Vec<String>> = parts.map(|((_, attribute), _)| strings(attribute)).collect();
    (!parts.is_empty()).then(|| parts.concat())
}

/// A name without the `:0` of Keras 2.
fn plain(name: &str) -> String {
    name.strip_suffix(":0").unwrap_or(name).to_owned()
}

/// The listed weights that are there. A name that does not begin with its layer's and that another layer
/// has too gets the layer's in front.
fn named(weights: &[Claim], leaves: &HashMap<String, Leaf<'_>>) -> Vec<Found> {
    let mut uses: HashMap<&str, usize> = HashMap::new();
    for claim in weights {
        let count = uses.entry(&claim.name).or_default();
        *count = count.saturating_add(1);
    }
    let all: HashSet<&str> = uses.keys().copied().collect();
    let mut seen = HashSet::new();
    let mut found = Vec::new();
    for claim in weights {
        let Some(leaf) = leaves.get(&claim.path).filter(|_| seen.insert(&claim.path)) else { continue };
        let is_shared = uses.get(claim.name.as_str()).is_some_and(|&uses| uses > 1);
        let name = match &claim.layer {
            Some(layer) if is_shared && !claim.name.starts_with(layer) => format!("{layer}/{}", claim.name),
            _ => claim.name.clone(),
        };
        let sibling = |word: &str| {
            let path = below(claim.path.rsplit_once('/')?.0, word);
            match leaves.get(&path)? {
                Leaf::Dataset(dataset) => Some(dataset::dtype(dataset)),
                Leaf::Elsewhere => None,
            }
        };
        let last = crate::model::leaf(&claim.name);
        let is_state = is_normalization(&claim.name, &all) || is_of_quantized(last, sibling);
        let role = if is_state { Role::Statistic } else { role(&name) };
        found.push(Found { entry: dataset::entry(&claim.path, *leaf, 0), name, role, slot: None });
    }
    found
}

/// What Keras' `Normalization` has learned of its input; a lone `mean` may be anything.
fn is_normalization(name: &str, all: &HashSet<&str>) -> bool {
    const WORDS: [&str; 3] = ["mean", "variance", "count"];
    let Some((owner, word)) = name.rsplit_once('/') else { return false };
    WORDS.contains(&word) && WORDS.iter().all(|word| all.contains(format!("{owner}/{word}").as_str()))
}

/// What a weight is for, by its name. Keras 1 joined the words with underscores.
fn role(name: &str) -> Role {
    let leaf = leaf(name);
    if is_seed(name) {
        Role::Bookkeeping
    } else if is_statistic(leaf) || leaf.ends_with("_running_mean") || leaf.ends_with("_running_std") {
        Role::Statistic
    } else {
        Role::Weight
    }
}

fn versions(hdf5: &Hdf5, base: &str) -> Versions {
    let attribute = |name: &str| {
        let groups = ["", base].into_iter().filter_map(|path| match hdf5.at(path)? {
            Node::Group(id) => hdf5.group(id)?.attribute(name),
            _ => None,
        });
        groups.filter_map(|attribute| config::text(&attribute.value)).next().map(str::to_owned)
    };
    Versions { tensorflow: None, keras: attribute("keras_version"), backend: attribute("backend") }
}

/// Who wrote a file that names this version of Keras.
pub(super) fn writer(version: Option<&str>) -> Writer {
    let major = version.and_then(|version| version.split('.').next()?.parse::<u32>().ok());
    match major {
        Some(3..) => Writer::Keras3,
        Some(2) => Writer::Keras2,
        Some(0 | 1) | None => Writer::Keras1,
    }
}

/// Without a version, the names tell: `dense_1/dense_1_W`, `dense/dense/kernel:0`, `dense/model/dense/kernel`.
fn writer_by_names<'a>(mut paths: impl Iterator<Item = &'a str>) -> Writer {
    let is_nested = |path: &&str| path.trim_start_matches('/').matches('/').count() > 1;
    match paths.find(is_nested) {
        Some(path) if path.ends_with(":0") => Writer::Keras2,
        Some(_) => Writer::Keras3,
        None => Writer::Keras1,
    }
}

//! The newer layout in HDF5: a group for each object of a model, by its path, with numbered weights in `vars`.
//!
//! Weights have no names there. Those of layers are stored since Keras 3.8, or told by the configuration in the
//! archive; words such as `kernel` follow from the class of a layer where they can.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::config::{self, Place};
use super::dataset::{self, Leaf};
use super::slots::{self, Weight};
use super::words::{self, Numbered};
use super::{Draft, Found, Owns};
use crate::bytes::{Fault, FaultKind, Span, limits};
use crate::format::hdf5::Hdf5;
use crate::model::{Container, DType, Entry, Kind, Owned, Role, Writer, is_of_quantized, is_seed, is_statistic, leaf};

/// Where Keras puts the layers of a model, and where it did before Keras 2.15.
const LAYERS: &str = "layers";
const OLD_LAYERS: &str = "_layer_checkpoint_dependencies";
const VARS: &str = "vars";

/// True for a file in this layout.
pub(super) fn is_layout(hdf5: &Hdf5) -> bool {
    hdf5.groups.iter().any(|group| object_of(group.path.trim_start_matches('/')).is_some())
}

/// A file, and its position in the checkpoint.
#[derive(Clone, Copy)]
pub(super) struct Source<'a> {
    /// Position in [`crate::model::Checkpoint::files`].
    pub file: usize,
    /// Its structure.
    pub hdf5: &'a Hdf5,
}

/// What the archive says of the model.
pub(super) struct Known<'a> {
    /// Its configuration, if it can be read.
    pub config: Option<&'a serde_json::Value>,
    /// The version of Keras, if it is stored.
    pub version: Option<&'a str>,
}

/// Reads the weights of one file, or of several that hold a part of them each. What is missing is told `at` a
/// place.
pub(super) fn read(sources: &[Source<'_>], known: Option<&Known<'_>>, at: &Span) -> Draft {
    let sheet = Sheet::read(sources, known);
    let writer = sheet.writer(known);
    let mut draft = Draft::new(Container::KerasWeightsH5, writer);
    // Of a structure that is damaged, what cannot be found may well have been there; so in a file that is missing.
    if let [source] = sources
        && source.hdf5.faults.is_empty()
    {
        draft.faults = sheet.missing().into_iter().map(|kind| Fault { kind, at: at.clone() }).collect();
    }
    let optimizer = known.and_then(|known| known.config).and_then(optimizer_class);
    let mut trained: Vec<Weight<'_>> = Vec::new();
    for (object, vars) in sheet.objects.iter().filter(|(object, _)| !is_optimizer(object)) {
        let owner = sheet.name(object);
        for (var, word) in vars.iter().zip(sheet.words(object, vars, writer)) {
            let (name, role) = sheet.describe(object, &owner, var, word);
            if role == Role::Weight {
                trained.push(Weight { object, name: name.clone(), path: &var.path, leaf: var.leaf, file: var.file });
            }
            draft.found.push(Found { entry: var.entry(), name, role, slot: None });
        }
    }
    for (object, vars) in sheet.objects.iter().filter(|(object, _)| is_optimizer(object)) {
        let described = match object.as_str() {
            "optimizer" => slots::by_number(vars, &trained, optimizer, writer),
            _ => vec![None; vars.len()],
        };
        for (var, described) in vars.iter().zip(described) {
            let unknown = || slots::Described::new(format!("{object}/{}", var.number), Role::Optimizer);
            let slots::Described { name, role, slot } = described.unwrap_or_else(unknown);
            draft.found.push(Found { entry: var.entry(), name, role, slot });
        }
    }
    draft.owners = sheet.owners();
    for (source, path, leaf) in &sheet.others {
        let (name, role) = (path.clone(), Role::Weight);
        draft.found.push(Found { entry: dataset::entry(path, *leaf, source.file), name, role, slot: None });
    }
    draft
}

/// What of these files belongs to no object.
pub(super) fn unlisted(hdf5: &Hdf5, at: &Span) -> Vec<Fault> {
    let linked = dataset::linked(hdf5);
    let leaves = dataset::leaves(hdf5).into_iter().filter(|(path, leaf)| {
        let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
        matches!(leaf, Leaf::Dataset(_)) && object_of(parent).is_none() && !linked.contains(path.as_str())
    });
    let kinds = leaves.map(|(path, _)| FaultKind::WeightUnlisted { path });
    kinds.map(|kind| Fault { kind, at: at.clone() }).collect()
}

/// The object of a group of weights: empty for the model itself.
fn object_of(group: &str) -> Option<&str> {
    if group == VARS { Some("") } else { group.strip_suffix(VARS)?.strip_suffix('/') }
}

fn is_optimizer(object: &str) -> bool {
    object == "optimizer" || object.starts_with("optimizer/")
}

/// True for the word of what is not trained. A word is given only to what it fits.
fn is_state(word: &str) -> bool {
    is_statistic(word) || is_of_quantized(word, |_| DType::from_name("int8"))
}

fn is_metric(object: &str) -> bool {
    object == "metrics" || object.starts_with("metrics/")
}

/// The class of the optimizer with which the model was compiled.
fn optimizer_class(config: &serde_json::Value) -> Option<&str> {
    config::class(config.get("compile_config")?.get("optimizer")?)
}

/// A weight of an object.
pub(super) struct Var<'a> {
    /// What it is called in `vars`: nearly always a number.
    pub number: String,
    /// The path of the dataset.
    pub path: String,
    /// What lies there.
    pub leaf: Leaf<'a>,
    /// The position of the file.
    pub file: usize,
}

impl Var<'_> {
    fn entry(&self) -> Entry {
        dataset::entry(&self.path, self.leaf, self.file)
    }

    /// Its number and what is known of its elements.
    pub(super) fn numbered(&self) -> Numbered<'_> {
        match self.leaf {
            Leaf::Dataset(dataset) => Numbered { dtype: dataset::dtype(dataset), axes: dataset.shape.axes() },
            Leaf::Elsewhere => Numbered { dtype: DType::UNKNOWN, axes: None },
        }
    }
}

/// All files together.
struct Sheet<'a> {
    /// The weights of each object in their order, by its path.
    objects: BTreeMap<String, Vec<Var<'a>>>,
    /// Datasets that belong to no object.
    others: Vec<(Source<'a>, String, Leaf<'a>)>,
    /// Every group, without the slash in front.
    groups: HashSet<&'a str>,
    /// The names of objects that are stored or told by the configuration.
    names: HashMap<String, String>,
    /// Layers as the configuration tells them, by the paths of their groups.
    places: HashMap<String, Place>,
    /// True if the file itself stores names, as it does since Keras 3.8.
    has_names: bool,
    /// True if there is but one file: then a group that is not there was not written.
    is_whole: bool,
}

impl<'a> Sheet<'a> {
    fn read(sources: &[Source<'a>], known: Option<&Known<'_>>) -> Self {
        let mut sheet = Self {
            objects: BTreeMap::new(),
            others: Vec::new(),
            groups: HashSet::new(),
            names: HashMap::new(),
            places: HashMap::new(),
            has_names: false,
            is_whole: sources.len() == 1,
        };
        for source in sources {
            for group in &source.hdf5.groups {
                let path = group.path.trim_start_matches('/');
                sheet.groups.insert(path);
                let name = group.attribute("name").and_then(|attribute| config::text(&attribute.value));
                let name = name.filter(|name| name.len() <= limits::KERAS_NAME);
                if let (Some(object), Some(name)) = (object_of(path), name) {
                    sheet.names.insert(object.to_owned(), name.to_owned());
                }
            }
            let linked = dataset::linked(source.hdf5);
            for (path, leaf) in dataset::leaves(source.hdf5) {
                let (parent, number) = path.rsplit_once('/').unwrap_or(("", &path));
                match object_of(parent) {
                    Some(object) => {
                        let (object, number) = (object.to_owned(), number.to_owned());
                        sheet.objects.entry(object).or_default().push(Var { number, path, leaf, file: source.file });
                    }
                    None if linked.contains(&path) => {}
                    None => sheet.others.push((*source, path, leaf)),
                }
            }
        }
        sheet.has_names = !sheet.names.is_empty();
        for vars in sheet.objects.values_mut() {
            vars.sort_by_cached_key(|var| (var.number.parse::<u64>().unwrap_or(u64::MAX), var.number.clone()));
        }
        if let Some((config, version)) = known.and_then(|known| Some((known.config?, known.version))) {
            sheet.learn(config, version.unwrap_or_default());
        }
        sheet
    }

    /// Every object that has a group of weights, an empty one too.
    fn owners(&self) -> Vec<Owns> {
        let groups = self.groups.iter().filter_map(|group| object_of(group));
        let objects: BTreeSet<&str> = groups.chain(self.objects.keys().map(String::as_str)).collect();
        let owns = |object: &str| Owns {
            part: match object {
                "" => Owned::Model,
                _ if is_optimizer(object) => Owned::Optimizer,
                _ => Owned::Layer,
            },
            path: object.to_owned(),
            name: self.names.get(object).cloned(),
            weights: self.objects.get(object).into_iter().flatten().map(|var| var.path.clone()).collect(),
        };
        objects.into_iter().map(owns).collect()
    }

    /// Takes names and classes of layers from the configuration.
    fn learn(&mut self, config: &serde_json::Value, version: &str) {
        let container = if self.groups.contains(OLD_LAYERS) { OLD_LAYERS } else { LAYERS };
        let counts_twice = version.starts_with("2.12.") || version.starts_with("2.13.");
        self.places = config::places(config, container, if counts_twice { 2 } else { 1 });
        if !self.has_names {
            let named = self.places.iter().filter_map(|(path, place)| Some((path.clone(), place.name.clone()?)));
            self.names.extend(named);
        }
    }

    /// The layers that have fewer weights than they should: by the numbers of those that are there, and by the
    /// configuration.
    fn missing(&self) -> Vec<FaultKind> {
        let mut missing: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        for (object, vars) in &self.objects {
            let numbers: Option<Vec<u64>> = vars.iter().map(|var| var.number.parse().ok()).collect();
            let last = numbers.and_then(|numbers| numbers.last().copied());
            let (stored, needed) = (vars.len() as u64, last.map_or(0, |last| last.saturating_add(1)));
            if stored < needed {
                missing.insert(object, (stored, needed));
            }
        }
        let stored = |path: &str, below: &str| {
            let vars =
                if below.is_empty() { self.objects.get(path) } else { self.objects.get(&dataset::below(path, below)) };
            vars.map_or(0, |vars| vars.len() as u64)
        };
        let placed = self.places.iter().filter_map(|(path, place)| Some((path, place, place.needs?)));
        let placed: Vec<_> =
            placed.map(|(path, place, (below, needed))| (path, place, stored(path, below), needed)).collect();
        // A layer that two models share is saved where Keras meets it first.
        let mut most: HashMap<(&str, Option<&str>), u64> = HashMap::new();
        for (_, place, stored, _) in &placed {
            let most = most.entry((&place.class, place.name.as_deref())).or_default();
            *most = (*stored).max(*most);
        }
        for (path, place, stored, needed) in placed {
            if most.get(&(place.class.as_str(), place.name.as_deref())).is_none_or(|most| *most < needed) {
                missing.insert(path, (stored, needed));
            }
        }
        let told = |object: &str| match self.places.get(object).and_then(|place| place.name.clone()) {
            Some(name) => name,
            None => Some(self.name(object)).filter(|name| !name.is_empty()).unwrap_or_else(|| object.to_owned()),
        };
        let kinds = missing.into_iter().map(|(object, (stored, needed))| FaultKind::WeightsMissing {
            layer: told(object),
            stored,
            needed,
        });
        kinds.collect()
    }

    /// Who wrote it, as far as the layout tells.
    fn writer(&self, known: Option<&Known<'_>>) -> Writer {
        if let Some(version) = known.and_then(|known| known.version) {
            return super::layers::writer(Some(version));
        }
        // Only Keras 2 puts an underscore before the parts of attention.
        let is_part = |group: &&str| matches!(leaf(group), "_query_dense" | "_key_dense" | "_value_dense");
        let is_old = self.groups.contains(OLD_LAYERS) || self.groups.contains("metrics");
        if self.has_names {
            return Writer::Keras3;
        }
        if is_old || self.groups.iter().any(is_part) {
            return Writer::Keras2;
        }
        if self.groups.iter().any(|group| matches!(leaf(group), "query_dense" | "key_dense" | "value_dense")) {
            return Writer::Keras3;
        }
        // Keras 3 keeps the learning rate behind the number of steps. A model without an optimizer, saved before
        // names were, tells nothing.
        let optimizer = self.objects.get("optimizer").filter(|vars| !vars.is_empty());
        let rate = optimizer.map(|vars| vars.get(1).map(Var::numbered));
        match rate {
            None => Writer::Keras,
            Some(Some(rate)) if rate.axes == Some(&[]) && rate.dtype.is_float() => Writer::Keras3,
            Some(_) => Writer::Keras2,
        }
    }

    /// The word of each weight of an object, as far as its class can be told.
    fn words(&self, object: &str, vars: &[Var<'_>], writer: Writer) -> Vec<Option<&'static str>> {
        let in_order = vars.iter().zip(0u64..).all(|(var, number)| var.number == number.to_string());
        let Some(class) = self.class(object).filter(|_| in_order) else { return vec![None; vars.len()] };
        let numbered: Vec<Numbered<'_>> = vars.iter().map(Var::numbered).collect();
        words::words(class, &numbered, writer)
    }

    /// The class of an object. In a list of objects each is called by its class; an attribute may have any name.
    fn class(&self, object: &str) -> Option<&str> {
        if let Some(place) = self.places.get(object) {
            return Some(&place.class);
        }
        let (parent, group) = object.rsplit_once('/')?;
        match group.trim_start_matches('_') {
            "query_dense" | "key_dense" | "value_dense" | "output_dense" => return Some("EinsumDense"),
            // What is called so has the weights of one, or their shapes tell that it has not.
            "cell" => return Some("LSTMCell"),
            _ => {}
        }
        let class = words::class_of_group(group)?;
        (self.is_list(parent) && (class != "Mean" || is_metric(object))).then_some(class)
    }

    /// True for the group of a list. Every object has a group of weights, even if that is empty; a list has none.
    fn is_list(&self, group: &str) -> bool {
        match group.rsplit('/').next() {
            Some(LAYERS | OLD_LAYERS) => true,
            Some("metrics") if group == "metrics" => true,
            _ => {
                self.is_whole
                    && self.groups.contains(group)
                    && !self.groups.contains(format!("{group}/{VARS}").as_str())
            }
        }
    }

    /// The name of a weight, and what it is for.
    fn describe(&self, object: &str, owner: &str, var: &Var<'_>, word: Option<&'static str>) -> (String, Role) {
        let last = word.unwrap_or(&var.number);
        let name = if owner.is_empty() { var.path.clone() } else { format!("{owner}/{last}") };
        let is_normalization = self.class(object) == Some("Normalization") && word.is_some();
        let is_integer = matches!(var.numbered().dtype.kind(), Kind::UInt { .. });
        let role = if is_metric(object) || is_seed(object) || (is_integer && leaf(object).contains("seed")) {
            Role::Bookkeeping
        } else if is_normalization || word.is_some_and(is_state) {
            Role::Statistic
        } else {
            Role::Weight
        };
        (name, role)
    }

    /// The name of an object: those of the objects on the way to it, where they are known, else its path
    /// without the words for lists of layers.
    fn name(&self, object: &str) -> String {
        if object.is_empty() {
            return self.names.get("").cloned().unwrap_or_default();
        }
        // No model is nested that deep, and each part of a path is looked up.
        if object.split('/').nth(limits::NAME_PARTS).is_some() {
            return object.to_owned();
        }
        let mut name = String::new();
        let ends = object.match_indices('/').map(|(end, _)| end).chain([object.len()]);
        for path in ends.filter_map(|end| object.get(..end)) {
            let part = match self.names.get(path) {
                Some(name) => name,
                None if matches!(leaf(path), LAYERS | OLD_LAYERS) || (self.has_names && self.is_list(path)) => continue,
                None => leaf(path),
            };
            if !name.is_empty() {
                name.push('/');
            }
            name.push_str(part);
        }
        name
    }
}

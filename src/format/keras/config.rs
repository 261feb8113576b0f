//! The configuration of a model: JSON that names its layers and their classes.
//!
//! The parser refuses JSON that is nested deeper than 128 levels, so walks through it end.

use std::collections::HashMap;

use serde_json::Value as Json;

use super::{configured, json, needs};
use crate::bytes::{FaultKind, limits};
use crate::format::hdf5::{Hdf5, Value};
use crate::model::Layer;

/// The one text of an attribute.
pub(super) fn text(value: &Value) -> Option<&str> {
    match value {
        Value::Strings(texts) => texts.first().map(String::as_str),
        _ => None,
    }
}

/// The configuration that a whole model in HDF5 has under this name.
pub(super) fn of_model(hdf5: &Hdf5, name: &str, faults: &mut Vec<FaultKind>) -> Option<Json> {
    let attribute = hdf5.root()?.attribute(name)?;
    json::parse(name, text(&attribute.value)?.as_bytes(), faults)
}

/// The layers below a model, each before those within it.
pub(super) fn layers(model: &Json) -> Vec<Layer> {
    let mut layers = Vec::new();
    gather(model, &mut layers);
    layers
}

fn gather(owner: &Json, layers: &mut Vec<Layer>) {
    for layer in children(owner).into_iter().chain(wrapped(owner)) {
        layers.push(described(layer));
        gather(layer, layers);
    }
}

/// The layers of a model. Sequential models of Keras before 2.2.3 are a bare list of them.
pub(super) fn children(model: &Json) -> Vec<&Json> {
    let config = model.get("config");
    let list = config.and_then(|config| config.get("layers").or(Some(config))).and_then(Json::as_array);
    list.map(|list| list.iter().filter(|layer| layer.get("class_name").is_some()).collect()).unwrap_or_default()
}

/// The layers that another one takes as its arguments.
fn wrapped(layer: &Json) -> Vec<&Json> {
    let config = layer.get("config");
    let argument = |name: &str| config.and_then(|config| config.get(name));
    let single = ["layer", "backward_layer", "cell"].into_iter().filter_map(argument);
    let cells = argument("cells").and_then(Json::as_array).into_iter().flatten();
    single.chain(cells).filter(|layer| layer.get("class_name").is_some()).collect()
}

fn described(layer: &Json) -> Layer {
    let plain = self::class(layer);
    Layer {
        name: name(layer).unwrap_or_default().to_owned(),
        class: plain.map(str::to_owned),
        registered: configured::registered(layer).map(str::to_owned),
        has_bytecode: has_bytecode(layer),
    }
}

pub(super) fn name(layer: &Json) -> Option<&str> {
    let in_config = layer.get("config").and_then(|config| config.get("name"));
    in_config.or_else(|| layer.get("name")).and_then(Json::as_str)
}

/// The class without the package under which it is registered.
pub(super) fn class(object: &Json) -> Option<&str> {
    let class = object.get("class_name")?.as_str()?;
    Some(class.rsplit('>').next().unwrap_or(class))
}

/// True if a function of this layer is stored as bytecode: Keras 2 has a list of code, defaults and closure,
/// Keras 3 an object. Layers within are asked on their own.
fn has_bytecode(layer: &Json) -> bool {
    let Some(config) = layer.get("config").and_then(Json::as_object) else { return false };
    let is_code = |value: &Json| {
        let names_it = value.get("class_name").and_then(Json::as_str) == Some("__lambda__");
        names_it || value.as_array().and_then(|list| list.first()).is_some_and(Json::is_string)
    };
    config.iter().any(|(name, value)| match name.as_str() {
        "function" | "mask" | "output_shape" => is_code(value),
        _ => value.get("class_name").and_then(Json::as_str) == Some("__lambda__"),
    })
}

/// A layer as its place in a file of weights tells it.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    /// Its class.
    pub class: String,
    /// Its name; none where the configuration does not tell the real one.
    pub name: Option<String>,
    /// Where below its path its own weights lie, and how many it has at the least, where that can be told.
    pub needs: Option<(&'static str, u64)>,
}

/// The layers of a model by the paths of their groups: the second `Dense` of `layers` is `layers/dense_1`.
/// Keras 2.12 and 2.13 counted each of them twice, so there `step` is 2.
pub(super) fn places(model: &Json, container: &str, step: u64) -> HashMap<String, Place> {
    let mut walk = Walk { container, step, left: limits::KERAS_PATHS, places: HashMap::new() };
    walk.put(model, "");
    walk.places
}

struct Walk<'a> {
    container: &'a str,
    step: u64,
    /// Bytes of paths that may still be made: each repeats those above it.
    left: u64,
    places: HashMap<String, Place>,
}

impl Walk<'_> {
    fn put(&mut self, owner: &Json, path: &str) {
        let (container, step) = (self.container, self.step);
        let mut counts: HashMap<String, u64> = HashMap::new();
        let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}/{name}") };
        for layer in children(owner) {
            let Some(class) = class(layer).filter(|class| class.len() <= limits::KERAS_NAME) else { continue };
            let group = snake(if class == "Model" { "Functional" } else { class });
            let count = counts.entry(group.clone()).or_default();
            let group = if *count == 0 { group } else { format!("{group}_{count}") };
            *count = count.saturating_add(step);
            let path = below(&format!("{container}/{group}"));
            self.insert(layer, path, class, name(layer));
        }
        // The layer in a `TimeDistributed` keeps its name; `Bidirectional` makes two of its, and names them anew.
        let inner = owner.get("config").and_then(|config| config.get("layer"));
        if let Some((layer, class)) = inner.and_then(|layer| Some((layer, class(layer)?))) {
            let names: &[&str] = if self::class(owner) == Some("Bidirectional") {
                &["forward_layer", "backward_layer"]
            } else {
                &["layer"]
            };
            for group in names {
                let path = below(group);
                self.insert(layer, path, class, name(layer).filter(|_| *group == "layer"));
            }
        }
    }

    fn insert(&mut self, layer: &Json, path: String, class: &str, name: Option<&str>) {
        self.left = self.left.saturating_sub(path.len() as u64);
        if self.left == 0 {
            return;
        }
        self.put(layer, &path);
        let name = name.filter(|name| name.len() <= limits::KERAS_NAME);
        let needs = needs::of(layer);
        self.places.insert(path, Place { class: class.to_owned(), name: name.map(str::to_owned), needs });
    }
}

/// A class as Keras writes it in paths: `batch_normalization`, `conv2d_transpose`, `p_re_lu`.
pub(super) fn snake(class: &str) -> String {
    let letters: Vec<char> = class.chars().filter(|c| c.is_alphanumeric() || *c == '_').collect();
    let mut snake = String::new();
    for (at, &letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| letters.get(at));
        let after = letters.get(at.saturating_add(1));
        let begins_word = letter.is_ascii_uppercase()
            && before.is_some_and(|before| {
                before.is_ascii_lowercase() || (*before != '_' && after.is_some_and(char::is_ascii_lowercase))
            });
        if begins_word {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_as_paths() {
        let pairs = [
            ("Dense", "dense"),
            ("BatchNormalization", "batch_normalization"),
            ("Conv2DTranspose", "conv2d_transpose"),
            ("LSTM", "lstm"),
            ("GRUCell", "gru_cell"),
            ("PReLU", "p_re_lu"),
            ("MyDense", "my_dense"),
        ];
        for (class, path) in pairs {
            assert_eq!(snake(class), path);
        }
    }

    fn json(text: &str) -> Json {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn where_classes_come_from() {
        let own =
            r#"{"class_name": "Dense", "module": "keras.layers", "registered_name": null, "config": {"name": "a"}}"#;
        let foreign =
            r#"{"class_name": "Scale", "module": "my.code", "registered_name": "my>Scale", "config": {"name": "b"}}"#;
        let keras2 = r#"{"class_name": "my>Scale", "config": {"name": "c"}}"#;
        let code = r#"{"class_name": "Lambda", "config": {"name": "d", "function": ["4wEAAA", null, null]}}"#;
        let named =
            r#"{"class_name": "Lambda", "config": {"name": "e", "function": "relu", "function_type": "function"}}"#;
        let model = format!(r#"{{"config": {{"layers": [{own}, {foreign}, {keras2}, {code}, {named}]}}}}"#);
        let layer = |name: &str, class: &str, registered: Option<&str>, has_bytecode| Layer {
            name: name.to_owned(),
            class: Some(class.to_owned()),
            registered: registered.map(str::to_owned),
            has_bytecode,
        };
        let wanted = [
            layer("a", "Dense", None, false),
            layer("b", "Scale", Some("my>Scale"), false),
            layer("c", "Scale", Some("my>Scale"), false),
            layer("d", "Lambda", None, true),
            layer("e", "Lambda", None, false),
        ];
        assert_eq!(layers(&json(&model)), wanted);
    }

    #[test]
    fn groups_of_layers() {
        let dense = r#"{"class_name": "Dense", "config": {"name": "a"}}"#;
        let inner = format!(r#"{{"class_name": "Sequential", "config": {{"name": "b", "layers": [{dense}]}}}}"#);
        let both = format!(r#"{{"class_name": "Bidirectional", "config": {{"name": "c", "layer": {dense}}}}}"#);
        let model = json(&format!(r#"{{"config": [{dense}, {inner}, {dense}, {both}]}}"#));
        let paths = |step| {
            let mut paths: Vec<String> = places(&model, "layers", step).into_keys().collect();
            paths.sort();
            paths
        };
        let wanted = [
            "layers/bidirectional",
            "layers/bidirectional/backward_layer",
            "layers/bidirectional/forward_layer",
            "layers/dense",
            "layers/dense_1",
            "layers/sequential",
            "layers/sequential/layers/dense",
        ];
        assert_eq!(paths(1), wanted);
        assert!(paths(2).contains(&"layers/dense_2".to_owned()));
        assert_eq!(places(&model, "layers", 1)["layers/bidirectional/forward_layer"].name, None);
    }
}

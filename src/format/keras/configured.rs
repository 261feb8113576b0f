//! What a configuration asks for: classes and functions of the user's own, and how the model was compiled.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use super::own;
use crate::bytes::limits;
use crate::model::{Compiled, Configured, Custom, Purpose};

/// Reads the configuration of a model, and how it was compiled where that is stored apart from it.
pub(in crate::format) fn read(model: &Json, training: Option<&Json>) -> Configured {
    let mut found = Found { custom: BTreeSet::new(), replicas: 0 };
    let compile = model.get("compile_config").or(training).filter(|compile| compile.is_object());
    found.object(model, Purpose::Model);
    let compiled = compile.map(|compile| found.compiled(compile));
    let replicas = (found.replicas > 1).then_some(found.replicas);
    let module = model.get("module").and_then(Json::as_str).map(str::to_owned);
    Configured { module, custom: found.custom.into_iter().collect(), compiled, replicas }
}

/// Modules of Keras, and of what it stands on.
const MODULES: [&str; 3] = ["keras", "tf_keras", "tensorflow"];

/// True for what has a class that is not a layer's, and no module.
fn is_plain(object: &Json) -> bool {
    object.get("module").is_none_or(Json::is_null) && object.get("registered_name").is_none_or(Json::is_null)
}

/// The registered name under which Keras looks for the class of a layer; none for a class of its own.
pub(super) fn registered(layer: &Json) -> Option<&str> {
    let field = |name: &str| layer.get(name).and_then(Json::as_str);
    let class = field("class_name")?;
    match field("module") {
        Some(module) if MODULES.contains(&module.split('.').next().unwrap_or(module)) => None,
        Some(module) if !module.is_empty() => Some(field("registered_name").unwrap_or(class)),
        _ => match field("registered_name") {
            Some(name) => Some(name),
            None => (class.contains('>') || !own::is_layer(class)).then_some(class),
        },
    }
}

struct Found {
    custom: BTreeSet<Custom>,
    replicas: u64,
}

impl Found {
    fn add(&mut self, purpose: Purpose, name: &str, key: &str, object: Option<&Json>) {
        let fits = name.len() <= limits::KERAS_NAME && key.len() <= limits::KERAS_NAME;
        if !fits || name.is_empty() {
            return;
        }
        let module = object.and_then(|object| object.get("module")).and_then(Json::as_str);
        let module = module.filter(|module| *module != "builtins" && module.len() <= limits::KERAS_NAME);
        let (name, key, module) = (name.to_owned(), key.to_owned(), module.map(str::to_owned));
        self.custom.insert(Custom { purpose, name, key, module });
    }

    /// Everything in a value that is built by `load_model`.
    fn value(&mut self, value: &Json, purpose: Purpose) {
        match value {
            Json::Array(list) => list.iter().for_each(|item| self.value(item, purpose)),
            Json::Object(map) if map.contains_key("class_name") => self.object(value, purpose),
            Json::Object(map) => map.values().for_each(|item| self.value(item, purpose)),
            _ => {}
        }
    }

    /// An object that names its class, and what its configuration holds.
    fn object(&mut self, object: &Json, purpose: Purpose) {
        let field = |name: &str| object.get(name).and_then(Json::as_str);
        let class = field("class_name").unwrap_or_default();
        let plain = class.rsplit('>').next().unwrap_or(class);
        if class == "function" {
            let name = field("config").unwrap_or_default();
            let key = field("registered_name").filter(|name| *name != "function").unwrap_or(name);
            if !own::is_function(name) {
                self.add(purpose, name, key, Some(object));
            }
            return;
        }
        let config = object.get("config");
        let is_layer = config
            .is_some_and(|config| config.get("name").is_some_and(Json::is_string) || config.get("layers").is_some());
        // Without a module only a layer's class can be told from Keras' own; initializers and such are Keras' own
        // nearly always. Keras 2 registers its optimizers as a user would.
        let told = purpose == Purpose::Model && is_layer || !is_plain(object) || class.contains('>');
        let is_optimizer = class.starts_with("Custom>") && is_own_optimizer(plain);
        if let Some(key) = registered(object).filter(|_| told && !class.starts_with("__") && !is_optimizer) {
            let known = purpose == Purpose::Training && own::is_measure(plain) && is_plain(object);
            if !known {
                self.add(purpose, plain, key, Some(object));
            }
        }
        if class == "Lambda" && is_replica(config) {
            self.replicas = self.replicas.saturating_add(1);
        }
        for (name, value) in config.and_then(Json::as_object).into_iter().flatten() {
            match value {
                // Types are Keras' own, and have names.
                _ if name == "dtype" => {}
                Json::String(function)
                    if is_function(name) && !own::is_function(function) && purpose == Purpose::Model =>
                {
                    self.add(purpose, function, function, None);
                }
                value => self.value(value, purpose),
            }
        }
        if let Some(Json::Array(list)) = config {
            list.iter().for_each(|item| self.value(item, purpose));
        }
    }

    fn compiled(&mut self, compile: &Json) -> Compiled {
        let optimizer = compile.get("optimizer").or_else(|| compile.get("optimizer_config"));
        let optimizer = optimizer.filter(|optimizer| !optimizer.is_null());
        if let Some(optimizer) = optimizer {
            self.value(optimizer, Purpose::Training);
        }
        let mut losses = Vec::new();
        for name in ["loss", "metrics", "weighted_metrics"] {
            let Some(value) = compile.get(name) else { continue };
            self.value(value, Purpose::Training);
            let mut names = Vec::new();
            functions(value, &mut names);
            for function in names.iter().filter(|function| !own::is_measure(function)) {
                self.add(Purpose::Training, function, function, None);
            }
            if name == "loss" {
                losses = names.into_iter().map(str::to_owned).collect();
            }
        }
        let class = optimizer.and_then(|optimizer| optimizer.as_str().or_else(|| super::config::class(optimizer)));
        Compiled { optimizer: class.map(str::to_owned), losses }
    }
}

/// Names of functions among losses and metrics: as they are, in lists, by output, or wrapped by Keras 2.
fn functions<'a>(value: &'a Json, names: &mut Vec<&'a str>) {
    match value {
        Json::String(name) if name.len() <= limits::KERAS_NAME => names.push(name),
        Json::Array(list) => list.iter().for_each(|item| functions(item, names)),
        Json::Object(map) if map.contains_key("class_name") => {
            names.extend(map.get("config").and_then(|config| config.get("fn")).and_then(Json::as_str));
        }
        Json::Object(map) => map.values().for_each(|item| functions(item, names)),
        _ => {}
    }
}

/// Arguments of layers that name a function. A softmax has one of another kind by this name.
fn is_function(argument: &str) -> bool {
    matches!(argument, "activation" | "recurrent_activation")
}

fn is_own_optimizer(class: &str) -> bool {
    let own = "Adadelta Adafactor Adagrad Adam AdamW Adamax Ftrl Lamb Lion LossScaleOptimizer LossScaleOptimizerV3 \
               Muon Nadam RMSprop SGD";
    own.split_ascii_whitespace().any(|known| known == class)
}

/// True for the layer in which `multi_gpu_model` cuts a part out of each batch.
fn is_replica(config: Option<&Json>) -> bool {
    let arguments = config.and_then(|config| config.get("arguments"));
    arguments.is_some_and(|arguments| arguments.get("i").is_some() && arguments.get("parts").is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(model: &str, training: Option<&str>) -> Configured {
        let json = |text: &str| serde_json::from_str::<Json>(text).unwrap();
        read(&json(model), training.map(json).as_ref())
    }

    fn names(found: &Configured, purpose: Purpose) -> Vec<(&str, &str)> {
        let custom = found.custom.iter().filter(|custom| custom.purpose == purpose);
        custom.map(|custom| (custom.name.as_str(), custom.key.as_str())).collect()
    }

    #[test]
    fn what_is_not_of_keras() {
        let model = r#"{"module": "keras", "class_name": "Sequential", "registered_name": null, "config": {"layers": [
            {"module": "keras.layers", "class_name": "Dense", "config": {"name": "d",
             "activation": {"module": "builtins", "class_name": "function", "config": "my_act", "registered_name": "function"},
             "kernel_initializer": {"module": "keras.initializers", "class_name": "Zeros", "config": {}}}},
            {"module": null, "class_name": "MyL", "registered_name": "MyL", "config": {"name": "my"}},
            {"module": "code", "class_name": "Scale", "registered_name": "Example>Scale", "config": {"name": "s"}}]},
            "compile_config": {"optimizer": {"module": "keras.optimizers", "class_name": "Adam", "config": {}},
             "loss": {"out": "mse"}, "metrics": ["accuracy", {"module": "builtins", "class_name": "function",
             "config": "my_metric", "registered_name": "function"}]}}"#;
        let found = told(model, None);
        assert_eq!(names(&found, Purpose::Model), [("MyL", "MyL"), ("Scale", "Example>Scale"), ("my_act", "my_act")]);
        assert_eq!(names(&found, Purpose::Training), [("my_metric", "my_metric")]);
        let compiled = found.compiled.unwrap();
        assert_eq!((compiled.optimizer.as_deref(), compiled.losses), (Some("Adam"), vec!["mse".to_owned()]));
    }

    #[test]
    fn without_modules_names_have_to_tell() {
        let model = r#"{"class_name": "Sequential", "config": {"name": "m", "layers": [
            {"class_name": "Dense", "config": {"name": "d", "activation": "my_act",
             "kernel_initializer": {"class_name": "GlorotUniform", "config": {"seed": null}}}},
            {"class_name": "Softmax", "config": {"name": "s"}},
            {"class_name": "Mine", "config": {"name": "x", "activation": "relu"}}]}}"#;
        let training = r#"{"loss": "my_loss", "metrics": [[{"class_name": "MeanMetricWrapper", "config":
            {"name": "mae", "fn": "mean_absolute_error"}}]], "optimizer_config": {"class_name": "Custom>Adam", "config": {"name": "Adam"}}}"#;
        let found = told(model, Some(training));
        assert_eq!(names(&found, Purpose::Model), [("Mine", "Mine"), ("my_act", "my_act")]);
        assert_eq!(names(&found, Purpose::Training), [("my_loss", "my_loss")]);
        assert_eq!(found.compiled.unwrap().optimizer.as_deref(), Some("Adam"));
        assert_eq!(told(r#"{"class_name": "Sequential", "config": []}"#, None), Configured::default());
    }

    #[test]
    fn copies_on_several_devices() {
        let lambda = |i: u32| {
            format!(
                r#"{{"class_name": "Lambda", "config": {{"name": "l{i}", "arguments": {{"i": {i}, "parts": 2}}}}}}"#
            )
        };
        let model = |layers: &str| format!(r#"{{"class_name": "Model", "config": {{"layers": [{layers}]}}}}"#);
        assert_eq!(told(&model(&format!("{}, {}", lambda(0), lambda(1))), None).replicas, Some(2));
        assert_eq!(told(&model(&lambda(0)), None).replicas, None);
    }
}

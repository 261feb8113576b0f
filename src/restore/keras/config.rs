//! Why Keras does not make a model of a configuration: what the other generation wrote, code, unknown classes.

use serde_json::Value as Json;

use super::Generation;
use crate::restore::Exception;

/// The files that hold a configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// `.keras`.
    Archive,
    /// `.h5`.
    Hdf5,
}

/// The first part of a configuration that is refused, in the order in which models are made.
pub(super) fn refusal(generation: Generation, format: Format, config: &Json) -> Option<Exception> {
    let refuse = |object: &Json| match generation {
        Generation::Two => refused_by_keras2(format, object),
        Generation::Three => refused_by_keras3(format, object),
    };
    refuse(config).or_else(|| {
        let within = objects(config).into_iter().find_map(|object| refusal(generation, format, object));
        let unresolved = || loose_end(config).filter(|_| (generation, format) == (Generation::Three, Format::Hdf5));
        within.or_else(unresolved)
    })
}

/// The layers of a model, and those that a layer takes as arguments.
pub(super) fn objects(owner: &Json) -> Vec<&Json> {
    let config = owner.get("config");
    let list = config.and_then(|config| config.get("layers").or(Some(config))).and_then(Json::as_array);
    let argument = |name: &str| config.and_then(|config| config.get(name));
    let wrapped = ["layer", "backward_layer", "cell"].into_iter().filter_map(argument);
    let cells = argument("cells").and_then(Json::as_array);
    let all = list.into_iter().flatten().chain(wrapped).chain(cells.into_iter().flatten());
    all.filter(|object| object.get("class_name").is_some()).collect()
}

pub(super) fn text<'a>(object: &'a Json, field: &str) -> &'a str {
    object.get(field).and_then(Json::as_str).unwrap_or_default()
}

fn refused_by_keras2(format: Format, object: &Json) -> Option<Exception> {
    let (class, module) = (text(object, "class_name"), text(object, "module"));
    let argument = |name: &str| object.get("config").and_then(|config| config.get(name));
    if module.starts_with("keras.src.models") {
        let text = format!(
            "Could not deserialize class '{class}' because its parent module tf_{module} cannot be imported. Full object \
             config: {object}"
        );
        return Some(Exception::new("TypeError", text));
    }
    if argument("batch_shape").is_some() {
        return Some(unknown_argument(object, "Unrecognized keyword arguments: ['batch_shape']"));
    }
    if format == Format::Archive && is_code(argument("function")) {
        return Some(code("a Lambda layer with a Python `lambda` inside it"));
    }
    unknown_class(Generation::Two, format, object)
}

/// Arguments of layers that Keras 2 writes and Keras 3 does not take.
fn refused_by_keras3(format: Format, object: &Json) -> Option<Exception> {
    let (class, module) = (text(object, "class_name"), text(object, "module"));
    let argument = |name: &str| object.get("config").and_then(|config| config.get(name));
    let unrecognized =
        |argument: &str| format!("Unrecognized keyword arguments passed to {class}: {{'{argument}': ...}}");
    if module.starts_with("tf_keras.") {
        return Some(Exception::new("TypeError", format!("Could not locate class '{class}'.")));
    }
    if module.starts_with("keras.src.engine") {
        let text =
            format!("Could not deserialize class '{class}' because its parent module {module} cannot be imported.");
        return Some(Exception::new("TypeError", text));
    }
    if class == "Lambda" && is_code(argument("function")) {
        return Some(code("a `Lambda` layer whose `function` is a Python lambda"));
    }
    if class == "Lambda" && format == Format::Archive && argument("function_type").is_some() {
        return Some(Exception::new("ValueError", unrecognized("function_type")));
    }
    if argument("time_major").is_some() {
        return Some(Exception::new("ValueError", unrecognized("time_major")));
    }
    let is_of = |stem: &str, end: &str| class.starts_with(stem) && class.ends_with(end);
    let lost_groups = is_of("Separable", "D") || is_of("Depthwise", "D") || is_of("Conv", "Transpose");
    if lost_groups && argument("groups").is_some() {
        return Some(unknown_argument(object, &unrecognized("groups")));
    }
    if class == "MultiHeadAttention" && argument("query_shape").is_some() {
        return Some(unknown_argument(object, &unrecognized("query_shape")));
    }
    if format == Format::Archive {
        if class != "InputLayer" && argument("batch_input_shape").is_some() {
            return Some(unknown_argument(object, &unrecognized("batch_input_shape")));
        }
        if class == "BatchNormalization" && argument("axis").is_some_and(Json::is_array) {
            let text = "int() argument must be a string, a bytes-like object or a real number, not 'list'";
            return Some(unknown_argument(object, text));
        }
    } else if ["TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer", "ClassMethod"].contains(&class) {
        return Some(unknown_layer(class));
    }
    // A layer that another one wraps is looked for by its module, which TensorFlow 2.12 and before did not write.
    let wrapped = ["layer", "cell"].into_iter().filter_map(argument).find(|inner| inner.get("class_name").is_some());
    if let Some(inner) = wrapped.filter(|inner| format == Format::Hdf5 && inner.get("module").is_none()) {
        return Some(unlocated(inner));
    }
    unknown_class(Generation::Three, format, object)
}

/// A class of the user's that was not registered when it was saved: the loading program can hardly know it. One
/// that was is taken to be registered again.
fn unknown_class(generation: Generation, format: Format, object: &Json) -> Option<Exception> {
    let (class, module) = (text(object, "class_name"), text(object, "module"));
    let is_own = matches!(module.split('.').next(), Some("" | "builtins" | "keras" | "tf_keras" | "tensorflow"));
    // In HDF5 Keras 2 looks for a class by this name alone.
    let by_class = (generation, format) == (Generation::Two, Format::Hdf5);
    let registered = if by_class { class } else { text(object, "registered_name") };
    if is_own || registered.contains('>') {
        return None;
    }
    Some(match format {
        Format::Hdf5 => unknown_layer(class),
        Format::Archive => unlocated(object),
    })
}

fn unlocated(object: &Json) -> Exception {
    let text = format!(
        "Could not locate class '{}'. Make sure custom classes are decorated with \
         `@keras.saving.register_keras_serializable()`. Full object config: {object}",
        text(object, "class_name")
    );
    Exception::new("TypeError", text)
}

fn unknown_layer(class: &str) -> Exception {
    let text = format!(
        "Unknown layer: '{class}'. Please ensure you are using a `keras.utils.custom_object_scope` and that this object \
         is included in the scope."
    );
    Exception::new("ValueError", text)
}

fn unknown_argument(object: &Json, why: &str) -> Exception {
    let text = format!(
        "Error when deserializing class '{}' using config={}.\n\nException encountered: {why}",
        text(object, "class_name"),
        object.get("config").unwrap_or(&Json::Null)
    );
    Exception::new("TypeError", text)
}

fn code(what: &str) -> Exception {
    let text = format!(
        "Requested the deserialization of {what}. This carries a potential risk of arbitrary code execution and thus it \
         is disallowed by default. If you trust the source of the artifact, you can override this error by passing \
         `safe_mode=False` to the loading function."
    );
    Exception::new("ValueError", text)
}

/// True for a function that is stored as bytecode.
fn is_code(function: Option<&Json>) -> bool {
    let Some(function) = function else { return false };
    let of_keras2 = function.as_array().and_then(|parts| parts.first()).is_some_and(Json::is_string);
    of_keras2 || text(function, "class_name") == "__lambda__"
}

/// A model within a model of Keras 2 counts a call more than its configuration has: Keras 3 waits for it forever.
fn loose_end(model: &Json) -> Option<Exception> {
    let layers = model.get("config")?.get("layers")?.as_array()?;
    let calls = |name: &str| {
        let layer = layers.iter().find(|layer| text(layer, "name") == name)?;
        Some(layer.get("inbound_nodes")?.as_array()?.len().max(1))
    };
    let references = |layer: &'_ Json| -> Vec<(String, usize)> {
        let nodes = layer.get("inbound_nodes").and_then(Json::as_array).into_iter().flatten();
        let inputs = nodes.filter_map(Json::as_array).flatten().filter_map(Json::as_array);
        let reference = |input: &Vec<Json>| {
            let number = usize::try_from(input.get(1)?.as_u64()?).ok()?;
            Some((input.first()?.as_str()?.to_owned(), number))
        };
        inputs.filter_map(reference).collect()
    };
    let loose =
        layers.iter().flat_map(references).find(|(name, number)| calls(name).is_some_and(|calls| *number >= calls));
    let (name, _) = loose?;
    let text = format!(
        "Invalid Functional model configuration. The graph of the Functional model either has loops or disconnected \
         nodes. The following nodes failed to be resolved: those behind {name}"
    );
    Some(Exception::new("ValueError", text))
}

/// Short names of losses, which Keras 3 writes into HDF5, looks up among the metrics when it reads them back, and
/// finds functions.
pub(crate) const SHORT_LOSSES: [&str; 12] =
    ["mse", "MSE", "mae", "MAE", "mape", "MAPE", "msle", "MSLE", "kld", "KLD", "bce", "BCE"];

/// Other names under which Keras 3 has a loss.
const LOSSES: [&str; 44] = [
    "BinaryCrossentropy",
    "BinaryFocalCrossentropy",
    "CTC",
    "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy",
    "CategoricalHinge",
    "Circle",
    "CosineSimilarity",
    "Dice",
    "Hinge",
    "Huber",
    "KLDivergence",
    "LogCosh",
    "Loss",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Poisson",
    "SparseCategoricalCrossentropy",
    "SquaredHinge",
    "Tversky",
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_hinge",
    "circle",
    "cosine_similarity",
    "ctc",
    "dice",
    "hinge",
    "huber",
    "kl_divergence",
    "log_cosh",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "poisson",
    "sparse_categorical_crossentropy",
    "squared_hinge",
    "tversky",
    "LossFunctionWrapper",
];

/// What Keras 3 says of the only loss of a model in HDF5 if it has none of that name, as `logcosh` or a function of the
/// user's own: it tries whether the name is a metric, and then takes it for a table. In a list, or by outputs, it
/// leaves it until somebody trains.
pub(crate) const UNKNOWN_LOSS: &str = "string indices must be integers, not 'str'";

fn is_unknown(loss: &str) -> bool {
    // What is registered under a package's name may be there.
    !loss.contains('>') && !LOSSES.contains(&loss)
}

/// Why Keras 3 does not compile a model as it was.
pub(super) fn compile_refusal(format: Format, training: &Json) -> Option<Exception> {
    let optimizer = training.get("optimizer").and_then(|optimizer| optimizer.get("config"));
    if format == Format::Archive && optimizer.is_some_and(|config| config.get("is_legacy_optimizer").is_some()) {
        let text = "Argument(s) not recognized: {'jit_compile': False, 'is_legacy_optimizer': False}";
        return Some(Exception::new("ValueError", text));
    }
    let wrapper = training.get("optimizer_config").map(|optimizer| text(optimizer, "class_name"));
    if wrapper == Some("LossScaleOptimizerV3") {
        return Some(Exception::new("KeyError", "'name'"));
    }
    let loss = training.get("loss")?;
    let short = strings(loss).into_iter().find(|name| SHORT_LOSSES.contains(name));
    if let Some(short) = short.filter(|_| format == Format::Hdf5) {
        let text = format!("Could not deserialize 'keras.metrics.{short}' because it is not a KerasSaveable subclass");
        return Some(Exception::new("ValueError", text));
    }
    if format == Format::Hdf5 && loss.as_str().is_some_and(is_unknown) {
        return Some(Exception::new("TypeError", UNKNOWN_LOSS));
    }
    let automatic =
        loss.get("config").and_then(|config| config.get("reduction")).and_then(Json::as_str) == Some("auto");
    automatic.then(|| {
        let text = format!(
            "<class 'keras.src.losses.losses.{}'> could not be deserialized properly. Please ensure that components that \
             are Python object instances (layers, models, etc.) returned by `get_config()` are explicitly deserialized \
             in the model's `from_config()` method.",
            text(loss, "class_name")
        );
        Exception::new("TypeError", text)
    })
}

/// The names of the losses of one output or of several.
fn strings(loss: &Json) -> Vec<&str> {
    match loss {
        Json::String(name) => vec![name],
        Json::Array(all) => all.iter().flat_map(strings).collect(),
        Json::Object(all) if !all.contains_key("class_name") => all.values().flat_map(strings).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class(generation: Generation, format: Format, config: &str) -> Option<&'static str> {
        let config = serde_json::from_str(config).unwrap();
        refusal(generation, format, &config).map(|exception| exception.class)
    }

    fn sequential(layer: &str) -> String {
        format!(r#"{{"class_name": "Sequential", "config": {{"name": "m", "layers": [{layer}]}}}}"#)
    }

    #[test]
    fn inputs_of_keras_3() {
        let model = sequential(r#"{"class_name": "InputLayer", "config": {"batch_shape": [null, 4]}}"#);
        assert_eq!(class(Generation::Two, Format::Hdf5, &model), Some("TypeError"));
        assert_eq!(class(Generation::Three, Format::Hdf5, &model), None);
        let model = sequential(r#"{"class_name": "InputLayer", "config": {"batch_input_shape": [null, 4]}}"#);
        assert_eq!(class(Generation::Two, Format::Archive, &model), None);
        assert_eq!(class(Generation::Three, Format::Archive, &model), None);
    }

    #[test]
    fn arguments_of_keras_2() {
        let lstm = sequential(r#"{"class_name": "LSTM", "config": {"name": "l", "time_major": false}}"#);
        assert_eq!(class(Generation::Three, Format::Hdf5, &lstm), Some("ValueError"));
        assert_eq!(class(Generation::Two, Format::Hdf5, &lstm), None);
        let norm = sequential(r#"{"class_name": "BatchNormalization", "config": {"axis": [1]}}"#);
        assert_eq!(class(Generation::Three, Format::Archive, &norm), Some("TypeError"));
        assert_eq!(class(Generation::Three, Format::Hdf5, &norm), None);
        let inner = r#"{"class_name": "GRU", "config": {"time_major": false}}"#;
        let both = sequential(&format!(r#"{{"class_name": "Bidirectional", "config": {{"layer": {inner}}}}}"#));
        assert_eq!(class(Generation::Three, Format::Archive, &both), Some("ValueError"));
    }

    #[test]
    fn functional_models_in_archives() {
        let of = |module: &str| {
            format!(r#"{{"class_name": "Functional", "module": "{module}", "config": {{"layers": []}}}}"#)
        };
        assert_eq!(class(Generation::Three, Format::Archive, &of("tf_keras.src.engine.functional")), Some("TypeError"));
        assert_eq!(class(Generation::Two, Format::Archive, &of("keras.src.models.functional")), Some("TypeError"));
        assert_eq!(class(Generation::Three, Format::Archive, &of("keras.src.models.functional")), None);
        assert_eq!(class(Generation::Two, Format::Archive, &of("tf_keras.src.engine.functional")), None);
    }

    #[test]
    fn code_and_unknown_classes() {
        let code = sequential(r#"{"class_name": "Lambda", "config": {"function": ["4wEAAA", null, null]}}"#);
        assert_eq!(class(Generation::Three, Format::Hdf5, &code), Some("ValueError"));
        assert_eq!(class(Generation::Two, Format::Hdf5, &code), None);
        let unknown = |registered: &str| {
            let layer = format!(
                r#"{{"class_name": "Mine", "module": "my", "registered_name": "{registered}", "config": {{}}}}"#
            );
            sequential(&layer)
        };
        assert_eq!(class(Generation::Three, Format::Archive, &unknown("Mine")), Some("TypeError"));
        assert_eq!(class(Generation::Three, Format::Archive, &unknown("Lab>Mine")), None);
    }

    #[test]
    fn a_call_that_the_configuration_lacks() {
        let model = |number: u64| {
            format!(
                r#"{{"class_name": "Functional", "config": {{"layers": [
                {{"class_name": "Sequential", "name": "body", "config": {{}}, "inbound_nodes": [[["input", 0, 0, {{}}]]]}},
                {{"class_name": "Dense", "name": "top", "config": {{}}, "inbound_nodes": [[["body", {number}, 0, {{}}]]]}}
                ]}}}}"#
            )
        };
        assert_eq!(class(Generation::Three, Format::Hdf5, &model(1)), Some("ValueError"));
        assert_eq!(class(Generation::Three, Format::Hdf5, &model(0)), None);
        assert_eq!(class(Generation::Two, Format::Hdf5, &model(1)), None);
    }

    #[test]
    fn losses_and_optimizers() {
        let class = |format, training: &str| {
            compile_refusal(format, &serde_json::from_str(training).unwrap()).map(|exception| exception.class)
        };
        assert_eq!(class(Format::Hdf5, r#"{"loss": "mse"}"#), Some("ValueError"));
        assert_eq!(class(Format::Hdf5, r#"{"loss": ["huber", "mae"]}"#), Some("ValueError"));
        assert_eq!(class(Format::Hdf5, r#"{"loss": "categorical_crossentropy"}"#), None);
        assert_eq!(class(Format::Archive, r#"{"loss": "mse"}"#), None);
        for unknown in ["logcosh", "cos", "rmse", "KL_divergence", "huber_loss", "accuracy", "my_loss"] {
            assert_eq!(class(Format::Hdf5, &format!(r#"{{"loss": "{unknown}"}}"#)), Some("TypeError"), "{unknown}");
            assert_eq!(class(Format::Hdf5, &format!(r#"{{"loss": ["{unknown}"]}}"#)), None, "{unknown}");
            assert_eq!(class(Format::Hdf5, &format!(r#"{{"loss": {{"out": "{unknown}"}}}}"#)), None, "{unknown}");
            assert_eq!(class(Format::Archive, &format!(r#"{{"loss": "{unknown}"}}"#)), None, "{unknown}");
        }
        assert_eq!(class(Format::Hdf5, r#"{"loss": "Lab>my_loss"}"#), None);
        let of_keras2 = r#"{"loss": "mse", "optimizer": {"config": {"is_legacy_optimizer": false}}}"#;
        assert_eq!(class(Format::Archive, of_keras2), Some("ValueError"));
        assert_eq!(class(Format::Archive, r#"{"loss": "mse", "optimizer": "adam"}"#), None);
        let object = r#"{"loss": {"class_name": "MeanSquaredError", "config": {"reduction": "auto"}}}"#;
        assert_eq!(class(Format::Archive, object), Some("TypeError"));
    }
}

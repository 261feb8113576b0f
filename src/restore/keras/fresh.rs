//! What starts afresh in a model that is loaded whole, as no file has it or its reader makes nothing of it.

use std::collections::HashSet;

use serde_json::Value as Json;

use super::Generation;
use super::config::{Format, objects, text};
use crate::model::{Checkpoint, Owned, VariableId};
use crate::restore::{Course, Scene};

/// Takes from a course what the loaded model does not get, and names what it has besides.
pub(super) fn start(
    course: &mut Course,
    generation: Generation,
    format: Format,
    scene: &Scene,
    checkpoint: &Checkpoint,
) {
    let keras = checkpoint.keras.as_deref();
    let config = keras.and_then(|keras| keras.config.as_ref());
    let apart = keras.and_then(|keras| keras.training.as_ref()).and_then(|training| training.get("optimizer_config"));
    let within = || config?.get("compile_config")?.get("optimizer");
    let optimizer = apart.or_else(within);
    match (generation, format, optimizer) {
        (_, Format::Archive, _) => stored_twice(course, checkpoint),
        (Generation::Three, Format::Hdf5, Some(optimizer)) => optimizer_of_keras3(course, checkpoint, optimizer),
        (Generation::Two, Format::Hdf5, Some(optimizer)) if scales_loss(optimizer) => {
            optimizer_that_scales(course, checkpoint);
        }
        _ => {}
    }
    // A target says by itself what it has.
    if scene.target.is_some() {
        course.left.clear();
        return;
    }
    course.left.extend(optimizer.map(|optimizer| of_its_own(generation, optimizer)).unwrap_or_default());
    course.left.extend(match generation {
        Generation::Two => config.map(counters).unwrap_or_default(),
        Generation::Three => config.map(seeds).unwrap_or_default(),
    });
}

/// What optimizers of Keras 2 have and no file does.
fn of_its_own(generation: Generation, optimizer: &Json) -> Vec<String> {
    if generation == Generation::Three {
        return Vec::new();
    }
    let mut names = Vec::new();
    // A legacy optimizer writes the decay that it began with into its configuration, not the one that it has.
    names.extend(is_legacy(optimizer).then_some("opt.decay"));
    // What a schedule comes to at this step.
    names.extend(has_schedule(optimizer).then_some("opt.current_learning_rate"));
    let scales: &[&str] = if scales_loss(optimizer) { &["opt.current_loss_scale", "opt.good_steps"] } else { &[] };
    names.extend(scales);
    names.into_iter().map(str::to_owned).collect()
}

fn is_legacy(optimizer: &Json) -> bool {
    let has = |field: &str| optimizer.get("config").is_some_and(|config| config.get(field).is_some());
    has("decay") && !has("is_legacy_optimizer")
}

fn has_schedule(optimizer: &Json) -> bool {
    optimizer.get("config").and_then(|config| config.get("learning_rate")).is_some_and(Json::is_object)
}

/// True for the wrapper of Keras 2 that scales the loss.
fn scales_loss(optimizer: &Json) -> bool {
    text(optimizer, "class_name") == "LossScaleOptimizerV3"
}

/// A wrapper of an optimizer has the variables of that once more, behind its own: the second time counts.
fn stored_twice(course: &mut Course, checkpoint: &Checkpoint) {
    let owners = || checkpoint.keras.iter().flat_map(|keras| &keras.owners).filter(|it| it.part == Owned::Optimizer);
    let Some(inner) = owners().find(|owner| owner.path.ends_with("/inner_optimizer")) else { return };
    let Some(outer) = owners().find(|owner| inner.path.strip_suffix("/inner_optimizer") == Some(&owner.path)) else {
        return;
    };
    let twice = outer.weights.iter().flatten().rev().take(inner.weights.len());
    let twice: HashSet<VariableId> = twice.copied().collect();
    course.bound.retain(|bound| !twice.contains(&bound.old));
}

/// The weights of the optimizer, in the order of the file.
fn of_optimizer(checkpoint: &Checkpoint) -> Vec<VariableId> {
    let mut owners = checkpoint.keras.iter().flat_map(|keras| &keras.owners);
    let optimizer = owners.find(|owner| owner.part == Owned::Optimizer);
    optimizer.into_iter().flat_map(|owner| owner.weights.iter().flatten().copied()).collect()
}

/// Keras 3 makes the optimizer before it has the weights to optimise: of what it finds in HDF5, the number of steps
/// and the learning rate alone have a place. What Keras 2 saved has none for the learning rate.
fn optimizer_of_keras3(course: &mut Course, checkpoint: &Checkpoint, optimizer: &Json) {
    let weights = of_optimizer(checkpoint);
    let class = text(optimizer, "class_name");
    let is_scalar = |id: &VariableId| checkpoint.entries.get(*id).is_some_and(|entry| entry.shape.rank() == Some(0));
    // The wrapper that scales the loss has a scale and a count of its own, and shows the rate of the other.
    let wraps = class == "LossScaleOptimizer";
    let kept = |at: usize| if wraps { at != 4 } else { at < 2 };
    let scalars = weights.iter().take(if wraps { 6 } else { 2 }).take_while(|id| is_scalar(id)).count();
    let lost = weights.iter().enumerate().filter(|(at, _)| *at >= scalars || !kept(*at)).map(|(_, id)| *id);
    let lost: HashSet<VariableId> = lost.collect();
    course.bound.retain(|bound| !lost.contains(&bound.old));
    if wraps {
        course.left.push("opt.iteration#2".to_owned());
        return;
    }
    if class.ends_with("Nadam") {
        course.left.push("opt.variable".to_owned());
    }
    if scalars == 1 && !lost.is_empty() {
        course.warnings.push(FRESH.to_owned());
        // A schedule of Keras 3 has no rate, and a legacy optimizer writes its own into the configuration.
        if optimizer.get("config").is_some_and(|config| config.get("is_legacy_optimizer").is_some()) {
            course.left.push("opt.learning_rate".to_owned());
        }
    }
}

/// The wrapper of Keras 2 that scales the loss shows the variables of the optimizer in it, and takes none.
fn optimizer_that_scales(course: &mut Course, checkpoint: &Checkpoint) {
    let weights = of_optimizer(checkpoint);
    let lost: HashSet<VariableId> = weights.iter().copied().collect();
    course.bound.retain(|bound| !lost.contains(&bound.old));
    course.warnings.push(FRESH.to_owned());
    let key = |id: VariableId| Some(checkpoint.entries.get(id)?.key.to_string());
    let name = |key: String| {
        let path = key.strip_prefix("optimizer_weights/").unwrap_or(&key).trim_end_matches(":0").replace('/', ".");
        format!("opt.{path}")
    };
    course.left.extend(weights.into_iter().filter_map(key).map(name));
}

const FRESH: &str = "Error in loading the saved optimizer state. As a result, your model is starting with a freshly \
                     initialized optimizer.";

/// The steps that a model of Keras 2 counts, for each model within the model: of training, of tests, of predictions.
fn counters(model: &Json) -> Vec<String> {
    let models = objects(model).into_iter();
    let models = models.filter(|object| ["Sequential", "Functional", "Model"].contains(&text(object, "class_name")));
    let name = |object: &Json| object.get("config").map(|config| text(config, "name").to_owned()).unwrap_or_default();
    let numbered = |name: String| ["Variable", "Variable#2", "Variable#3"].map(|counter| format!("{name}.{counter}"));
    models.map(name).flat_map(numbered).collect()
}

/// The states of random numbers that the layers of a model of Keras 3 have, by the names of these.
fn seeds(model: &Json) -> Vec<String> {
    let mut names = Vec::new();
    for layer in objects(model) {
        let config = layer.get("config");
        let name = config.and_then(|config| config.get("name")).and_then(Json::as_str).unwrap_or_default();
        match count_seeds(layer) {
            1 => names.push(format!("{name}.seed_generator_state")),
            // Of several, the later ones are numbered.
            count => names.extend((1..=count).map(|number| {
                let suffix = if number == 1 { String::new() } else { format!("#{number}") };
                format!("{name}.seed_generator/seed_generator_state{suffix}")
            })),
        }
    }
    names
}

fn count_seeds(layer: &Json) -> usize {
    let class = text(layer, "class_name");
    let argument = |name: &str| layer.get("config").and_then(|config| config.get(name));
    let is_positive = |name: &str| argument(name).and_then(Json::as_f64).is_some_and(|value| value > 0.0);
    let own = match class {
        "LSTM" | "GRU" | "SimpleRNN" | "LSTMCell" | "GRUCell" | "SimpleRNNCell" => true,
        _ if class.starts_with("ConvLSTM") || class.starts_with("Random") => true,
        _ if class.ends_with("Dropout") || class.ends_with("Dropout1D") || class.ends_with("Dropout2D") => {
            is_positive("rate")
        }
        "SpatialDropout3D" => is_positive("rate"),
        "GaussianNoise" => is_positive("stddev"),
        "Attention" | "AdditiveAttention" | "MultiHeadAttention" | "GroupQueryAttention" => is_positive("dropout"),
        _ => false,
    };
    let within: usize = objects(layer).into_iter().map(count_seeds).sum();
    // It makes the layer for the way back itself where none is given.
    let ways = if class == "Bidirectional" && argument("backward_layer").is_none_or(Json::is_null) { 2 } else { 1 };
    within.saturating_mul(ways).saturating_add(usize::from(own))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sequential(layer: &str) -> String {
        format!(r#"{{"class_name": "Sequential", "config": {{"name": "m", "layers": [{layer}]}}}}"#)
    }

    #[test]
    fn states_of_random_numbers() {
        let lstm = r#"{"class_name": "LSTM", "config": {"name": "l"}}"#;
        let none = r#"{"class_name": "Dropout", "config": {"name": "z", "rate": 0.0}}"#;
        let some = r#"{"class_name": "Dropout", "config": {"name": "d", "rate": 0.5}}"#;
        let both = format!(r#"{{"class_name": "Bidirectional", "config": {{"name": "b", "layer": {lstm}}}}}"#);
        let model = sequential(&[lstm, none, some, &both].join(","));
        let wanted = [
            "l.seed_generator_state",
            "d.seed_generator_state",
            "b.seed_generator/seed_generator_state",
            "b.seed_generator/seed_generator_state#2",
        ];
        assert_eq!(seeds(&serde_json::from_str(&model).unwrap()), wanted);
    }

    #[test]
    fn a_model_in_a_model_counts_its_steps() {
        let dense = r#"{"class_name": "Dense", "config": {"name": "d"}}"#;
        let model = sequential(&format!("{}, {dense}", sequential(dense)));
        let model: Json = serde_json::from_str(&model).unwrap();
        assert_eq!(counters(&model), ["m.Variable", "m.Variable#2", "m.Variable#3"]);
    }

    #[test]
    fn what_an_optimizer_of_keras_2_has_of_its_own() {
        let own = |generation, optimizer: &str| of_its_own(generation, &serde_json::from_str(optimizer).unwrap());
        let legacy = r#"{"class_name": "Adam", "config": {"decay": 0.0, "learning_rate": 0.1}}"#;
        assert_eq!(own(Generation::Two, legacy), ["opt.decay"]);
        assert_eq!(own(Generation::Three, legacy), [""; 0]);
        let scheduled = r#"{"config": {"is_legacy_optimizer": false, "learning_rate": {"class_name": "CosineDecay"}}}"#;
        assert_eq!(own(Generation::Two, scheduled), ["opt.current_learning_rate"]);
        let scaled = own(Generation::Two, r#"{"class_name": "LossScaleOptimizerV3", "config": {}}"#);
        assert_eq!(scaled, ["opt.current_loss_scale", "opt.good_steps"]);
    }
}

//! `keras.models.load_model(path)`: the file brings its own program.

use std::collections::{BTreeSet, HashMap};

use super::config::{self, Format};
use super::file::{self, Lies};
use super::{Answer, Generation, by_layer, fresh, raising};
use crate::model::{Checkpoint, Container, Owned, Purpose, VariableId};
use crate::restore::{Bound, Course, Exception, Scene, saved_model};

pub(in crate::restore) fn model(generation: Generation, scene: &Scene) -> Course {
    let course = match generation {
        Generation::Two => of_keras2(scene),
        Generation::Three => of_keras3(scene),
    };
    course.unwrap_or_else(raising)
}

fn of_keras2(scene: &Scene) -> Answer {
    let path = scene.resolved.given.as_str();
    match file::lies(scene) {
        Lies::Zip(checkpoint) if path.ends_with(".keras") => archive(Generation::Two, scene, checkpoint),
        Lies::Nothing => Err(Exception::new("OSError", format!("No file or directory found at {path}"))),
        Lies::Directory => Ok(saved_model(scene)),
        lies => hdf5(Generation::Two, scene, lies),
    }
}

fn of_keras3(scene: &Scene) -> Answer {
    let path = scene.resolved.given.as_str();
    let lies = file::lies(scene);
    let is_folder = scene.checkpoint.is_some_and(|checkpoint| checkpoint.container == Container::KerasArchive);
    match (lies, scene.checkpoint) {
        (Lies::Zip(checkpoint), _) if path.ends_with(".keras") => archive(Generation::Three, scene, checkpoint),
        (Lies::Directory, Some(_)) if is_folder && path.ends_with(".keras") => {
            Err(Exception::new("IsADirectoryError", format!("[Errno 21] Is a directory: '{path}'")))
        }
        (Lies::Directory, Some(checkpoint)) if is_folder => archive(Generation::Three, scene, checkpoint),
        _ if path.ends_with(".h5") || path.ends_with(".hdf5") => hdf5(Generation::Three, scene, lies),
        _ if path.ends_with(".keras") => {
            let text =
                format!("File not found: filepath={path}. Please ensure the file is an accessible `.keras` zip file.");
            Err(Exception::new("ValueError", text))
        }
        _ => {
            let text = format!(
                "File format not supported: filepath={path}. Keras 3 only supports V3 `.keras` files, legacy H5 format \
                 files (`.h5` extension). Note that the legacy SavedModel format is not supported by `load_model()` in \
                 Keras 3. In order to reload a TensorFlow SavedModel as an inference-only layer in Keras 3, use \
                 `keras.layers.TFSMLayer({path}, call_endpoint='serving_default')` (note that your `call_endpoint` \
                 might have a different name)."
            );
            Err(Exception::new("ValueError", text))
        }
    }
}

/// A `.keras` archive, or its folder.
fn archive(generation: Generation, scene: &Scene, checkpoint: &Checkpoint) -> Answer {
    if let Lies::Zip(_) = file::lies(scene) {
        file::zip(scene, Lies::Zip(checkpoint))?;
    }
    let config = file::config(checkpoint)?;
    let refused = config::refusal(generation, Format::Archive, config);
    let training = config.get("compile_config").filter(|training| training.is_object());
    let not_compiled =
        || config::compile_refusal(Format::Archive, training.filter(|_| generation == Generation::Three)?);
    if let Some(exception) = refused.or_else(not_compiled) {
        return Err(exception);
    }
    file::weights_of_model(checkpoint)?;
    file::groups(checkpoint)?;
    let mut course = whole(scene, checkpoint, training.is_some());
    course.rests_on.extend(own_code(checkpoint, training.is_some()));
    fresh::start(&mut course, generation, Format::Archive, scene, checkpoint);
    Ok(course)
}

/// A model in HDF5.
fn hdf5(generation: Generation, scene: &Scene, lies: Lies) -> Answer {
    let checkpoint = file::hdf5(scene, lies)?;
    let keras = checkpoint.keras.as_deref();
    if checkpoint.container != Container::KerasModelH5 || keras.is_none_or(|keras| keras.config.is_none()) {
        let text = format!("No model config found in the file at {}.", scene.resolved.given);
        return Err(Exception::new("ValueError", text));
    }
    let config = file::json(checkpoint, "model_config")?;
    if let Some(exception) = config::refusal(generation, Format::Hdf5, config) {
        return Err(exception);
    }
    let training = keras.and_then(|keras| keras.training.as_ref());
    let not_compiled = || config::compile_refusal(Format::Hdf5, training.filter(|_| generation == Generation::Three)?);
    if let Some(exception) = not_compiled() {
        return Err(exception);
    }
    if let Some(exception) = by_layer::absent(checkpoint) {
        return Err(exception);
    }
    file::groups(checkpoint)?;
    let mut course = whole(scene, checkpoint, training.is_some());
    course.rests_on.extend(own_code(checkpoint, training.is_some()));
    if training.is_none() {
        course.warnings.push(NOT_COMPILED.to_owned());
    }
    fresh::start(&mut course, generation, Format::Hdf5, scene, checkpoint);
    Ok(course)
}

const NOT_COMPILED: &str = "No training configuration found in the save file, so the model was *not* compiled. Compile it \
                            manually.";

/// The user's own classes and functions that the load needs: a file has their names and not their code.
fn own_code(checkpoint: &Checkpoint, is_compiled: bool) -> Option<String> {
    let custom = checkpoint.configured().into_iter().flat_map(|configured| &configured.custom);
    let asked = custom.filter(|custom| is_compiled || custom.purpose == Purpose::Model);
    let names: BTreeSet<&str> = asked.map(|custom| custom.key.as_str()).collect();
    let list = names.into_iter().collect::<Vec<&str>>().join(", ");
    (!list.is_empty()).then(|| format!("the program registers these as its own, or passes them: {list}"))
}

/// Every weight that the model of the configuration has: all, but for those of metrics, which are made when the
/// model is trained, and of an optimizer that it is not compiled with.
fn whole(scene: &Scene, checkpoint: &Checkpoint, is_compiled: bool) -> Course {
    let owners = checkpoint.keras.iter().flat_map(|keras| &keras.owners);
    let asked = owners.filter(|owner| match owner.part {
        Owned::Optimizer => is_compiled,
        Owned::Layer | Owned::Model => owner.path != "metrics" && !owner.path.starts_with("metrics/"),
    });
    let ids = asked.flat_map(|owner| owner.weights.iter().flatten().copied());
    let same = same(scene, checkpoint);
    Course { bound: ids.map(|id| Bound { old: id, new: same(id) }).collect(), ..Course::default() }
}

/// The variable of the target that is the same one; the model has it, even if the target has not.
fn same<'a>(scene: &'a Scene<'_>, checkpoint: &'a Checkpoint) -> impl Fn(VariableId) -> VariableId + 'a {
    let pairs = scene.alignment.iter().flat_map(|alignment| &alignment.pairs);
    let aligned: HashMap<VariableId, VariableId> = pairs.map(|pair| (pair.old, pair.new)).collect();
    move |id| {
        let Some(target) = scene.target else { return id };
        let by_key = || target.find(checkpoint.entries.get(id)?.key.bytes()).map(|(new, _)| new);
        aligned.get(&id).copied().or_else(by_key).unwrap_or(usize::MAX)
    }
}

/// The directory of a SavedModel. An optimizer starts afresh, and so do metrics.
fn saved_model(scene: &Scene) -> Course {
    let mut course = saved_model::course(scene);
    let Some(checkpoint) = scene.checkpoint.filter(|_| course.exception.is_none()) else { return course };
    if checkpoint.saved_model.as_ref().is_some_and(|saved| !saved.keras_metadata) {
        let root = checkpoint.graph.as_ref().and_then(|graph| graph.nodes.first());
        if root.is_some_and(|root| root.child("keras_api").is_some()) {
            let text = format!(
                "Unable to create a TF-Keras model from SavedModel at {}. This SavedModel was exported with \
                 `tf.saved_model.save`, and lacks the TF-Keras metadata file.",
                scene.resolved.given
            );
            return raising(Exception::new("ValueError", text));
        }
        return course;
    }
    let key = |id: VariableId| checkpoint.entries.get(id).map(|entry| entry.key.to_string()).unwrap_or_default();
    // The learning rate comes with the configuration.
    let of_optimizer = |key: &str| key.starts_with("optimizer/") || key.contains("/.OPTIMIZER_SLOT/");
    let is_lost =
        |key: &str| key.starts_with("keras_api/metrics/") || (of_optimizer(key) && !key.contains("/_learning_rate/"));
    course.bound.retain(|bound| !is_lost(&key(bound.old)));
    let has = |part: &[u8]| checkpoint.entries.iter().any(|entry| entry.key.bytes().starts_with(part));
    let own = [
        (&b"optimizer/_iterations"[..], "opt.iteration"),
        (b"optimizer/_current_learning_rate", "opt.current_learning_rate"),
        (b"optimizer/loss_scale/current_loss_scale", "opt.current_loss_scale"),
        (b"optimizer/loss_scale/good_steps", "opt.good_steps"),
    ];
    course.left.extend(own.into_iter().filter(|(part, _)| has(part)).map(|(_, name)| name.to_owned()));
    course
}

#[cfg(test)]
mod tests {
    use super::super::sample::{by_layer, by_path, run};
    use super::*;
    use crate::model::{Configured, Custom, KerasFile};
    use crate::restore::Options;

    const CONFIG: &str = r#"{"class_name": "Sequential", "config": {"name": "m", "layers": []}}"#;

    fn whole_model(training: Option<&str>) -> Checkpoint {
        let mut checkpoint = by_layer(&[("dense", "dense", &[&[4, 2], &[2]])]);
        let json = |text: &str| serde_json::from_str(text).unwrap();
        let owners = checkpoint.keras.take().unwrap().owners;
        checkpoint.keras = Some(Box::new(KerasFile {
            owners,
            config: Some(json(CONFIG)),
            training: training.map(json),
            configured: None,
        }));
        Checkpoint { container: Container::KerasModelH5, ..checkpoint }
    }

    fn course(generation: Generation, given: &str, old: &Checkpoint) -> Course {
        run(given, old, None, Options::default(), |scene| model(generation, scene))
    }

    fn class(generation: Generation, given: &str, old: &Checkpoint) -> Option<&'static str> {
        course(generation, given, old).exception.map(|exception| exception.class)
    }

    #[test]
    fn a_whole_model_and_weights_alone() {
        let whole = whole_model(None);
        for generation in [Generation::Two, Generation::Three] {
            let course = course(generation, "m.h5", &whole);
            assert!(course.exception.is_none() && course.bound.len() == 2 && course.warnings.len() == 1);
            let weights = by_layer(&[("dense", "dense", &[&[4, 2], &[2]])]);
            assert_eq!(class(generation, "m.h5", &weights), Some("ValueError"));
            assert_eq!(class(generation, "m.weights.h5", &by_path(&[])), Some("ValueError"));
        }
    }

    #[test]
    fn keras_3_goes_by_the_name() {
        let whole = whole_model(None);
        assert_eq!(class(Generation::Three, "model", &whole), Some("ValueError"));
        assert_eq!(class(Generation::Three, "m.keras", &whole), Some("ValueError"));
        assert_eq!(class(Generation::Two, "model", &whole), None);
        assert_eq!(class(Generation::Two, "m.keras", &whole), None);
    }

    #[test]
    fn code_that_no_file_has_is_taken_for_granted() {
        let mut whole = whole_model(Some(r#"{"loss": "huber"}"#));
        let custom = |purpose, key: &str| Custom { purpose, name: String::new(), key: key.to_owned(), module: None };
        let custom = vec![custom(Purpose::Model, "Lab>Scale"), custom(Purpose::Training, "Lab>loss")];
        whole.keras.as_mut().unwrap().configured = Some(Configured { custom, ..Configured::default() });
        let said = |whole: &Checkpoint| course(Generation::Three, "m.h5", whole).rests_on.join("\n");
        assert!(said(&whole).ends_with(": Lab>Scale, Lab>loss"), "{}", said(&whole));
        whole.keras.as_mut().unwrap().training = None;
        assert!(said(&whole).ends_with(": Lab>Scale"), "what is not compiled needs no loss");
        assert_eq!(said(&whole_model(None)), "");
    }

    #[test]
    fn a_loss_that_keras_3_does_not_find() {
        let compiled = whole_model(Some(r#"{"loss": "mse"}"#));
        assert_eq!(class(Generation::Three, "m.h5", &compiled), Some("ValueError"));
        assert_eq!(class(Generation::Two, "m.h5", &compiled), None);
    }
}

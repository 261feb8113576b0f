//! What Keras does with a path: which of its readers takes it, by its name and by what lies there.
//!
//! Keras 2 is `tf_keras`, and TensorFlow's own Keras up to 2.15; Keras 3 is what took its place.

mod by_layer;
mod by_path;
mod config;
mod file;
mod fresh;
mod model;
mod program;
#[cfg(test)]
mod sample;
mod stored;

use super::checkpoint;
use super::reader::{self, Opened};
use super::{Asserts, Bound, Course, Exception, Scene};
use crate::model::Checkpoint;

pub(crate) use config::{SHORT_LOSSES, UNKNOWN_LOSS};
pub(super) use model::model;

/// Which Keras.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Generation {
    Two,
    Three,
}

/// `model.load_weights(path)`.
pub(super) fn weights(generation: Generation, scene: &Scene) -> Course {
    let course = match generation {
        Generation::Two => weights_of_keras2(scene),
        Generation::Three => weights_of_keras3(scene),
    };
    course.unwrap_or_else(raising)
}

/// A course that ends before anything is assigned.
fn raising(exception: Exception) -> Course {
    Course { exception: Some(exception), ..Course::default() }
}

type Answer = Result<Course, Exception>;

fn weights_of_keras2(scene: &Scene) -> Answer {
    let path = scene.resolved.given.trim_end_matches('/');
    let lies = file::lies(scene);
    if path.ends_with(".keras") && lies.is_zip() {
        return Ok(by_path::load(Generation::Two, scene, file::weights_in_zip(scene, lies)?));
    }
    if path.ends_with(".weights.h5") {
        return Ok(by_path::load(Generation::Two, scene, file::hdf5(scene, lies)?));
    }
    if scene.options.skip_mismatch && !scene.options.by_name {
        let text = "When calling model.load_weights, skip_mismatch can only be set to True when by_name is True.";
        return Err(Exception::new("ValueError", text));
    }
    let is_named = [".h5", ".hdf5", ".keras"].iter().any(|end| path.ends_with(end));
    if let Some(course) = Some(scene).filter(|_| !is_named).and_then(tensorflow_format) {
        return Ok(course);
    }
    Ok(by_layer::load(Generation::Two, scene, file::hdf5(scene, lies)?))
}

/// Keras 2 reads what `tf.train.Checkpoint(model)` saved; none if TensorFlow says that this is none.
fn tensorflow_format(scene: &Scene) -> Option<Course> {
    let mut opened = reader::open(scene);
    let given_directory = scene.resolved.is_directory && !scene.resolved.given.contains(".pb");
    if scene.resolved.is_saved_model && given_directory {
        let prefix = format!("{}/variables/variables", scene.resolved.given.trim_end_matches('/'));
        opened = reader::prefix(scene, &prefix);
    }
    if let Opened::Trouble(trouble) = opened {
        let exception = trouble.in_reader();
        return (exception.class != "DataLossError").then(|| raising(exception));
    }
    let mut course = checkpoint::read(scene, opened);
    if course.exception.is_some() {
        return Some(course);
    }
    let Asserts { nontrivial_match, .. } = course.asserts.unwrap_or_default();
    course.exception = if scene.options.by_name {
        let text = "Weights may only be loaded based on topology into Models when loading TensorFlow-formatted weights \
                    (got by_name=True to load_weights).";
        Some(Exception::new("NotImplementedError", text))
    } else if nontrivial_match {
        let text = "Nothing except the root object matched a checkpointed value. Typically this means that the \
                    checkpoint does not match the Python program.";
        Some(Exception::new("AssertionError", text))
    } else {
        None
    };
    Some(course)
}

fn weights_of_keras3(scene: &Scene) -> Answer {
    let path = scene.resolved.given.as_str();
    let lies = file::lies(scene);
    let is_archive = path.ends_with(".keras");
    if is_archive || path.ends_with(".weights.h5") || path.ends_with(".weights.json") {
        if scene.options.by_name {
            let text = format!("`by_name` only supports loading legacy '.h5' or '.hdf5' files. Received: {path}");
            return Err(Exception::new("ValueError", text));
        }
        let old = if is_archive {
            file::zip(scene, lies)?;
            file::weights_in_zip(scene, lies)?
        } else if path.ends_with(".json") {
            file::shards(scene, lies)?
        } else {
            file::hdf5(scene, lies)?
        };
        return Ok(by_path::load(Generation::Three, scene, old));
    }
    if path.ends_with(".h5") || path.ends_with(".hdf5") {
        return Ok(by_layer::load(Generation::Three, scene, file::hdf5(scene, lies)?));
    }
    let text = format!(
        "File format not supported: filepath={path}. Keras 3 only supports V3 `.keras` files, `.weights.h5` files, \
         legacy H5 format files (`.h5` extension), or Orbax checkpoints."
    );
    Err(Exception::new("ValueError", text))
}

/// A program that was saved in another layout tells neither layers nor paths: what is known to be one variable on both sides is
/// taken to be found.
fn by_likeness(scene: &Scene) -> Course {
    let pairs = scene.alignment.iter().flat_map(|alignment| &alignment.pairs);
    Course { bound: pairs.map(|pair| Bound { old: pair.old, new: pair.new }).collect(), ..Course::default() }
}

/// True for the layout in which Keras addresses objects by their paths.
fn has_paths(checkpoint: &Checkpoint) -> bool {
    use crate::model::Container::{KerasArchive, KerasWeightsH5, KerasWeightsShards};
    matches!(checkpoint.container, KerasWeightsH5 | KerasWeightsShards | KerasArchive)
}

#[cfg(test)]
mod tests {
    use super::sample::{Group, by_layer, by_path, run};
    use super::*;
    use crate::restore::Options;

    const LAYERS: [Group; 1] = [("dense", "dense", &[&[4, 2], &[2]])];
    const OBJECTS: [Group; 1] = [("layers/dense", "dense", &[&[4, 2], &[2]])];

    fn class(generation: Generation, given: &str, old: &Checkpoint, options: Options) -> Option<&'static str> {
        let course = run(given, old, Some(old), options, |scene| weights(generation, scene));
        course.exception.map(|exception| exception.class)
    }

    #[test]
    fn the_name_says_which_reader_and_the_file_must_be_of_its_kind() {
        let (layers, objects) = (by_layer(&LAYERS), by_path(&OBJECTS));
        let none = Options::default();
        assert_eq!(class(Generation::Three, "m.h5", &layers, none), None);
        assert_eq!(class(Generation::Three, "m.weights.h5", &objects, none), None);
        assert_eq!(class(Generation::Three, "m.keras", &layers, none), Some("BadZipFile"));
        assert_eq!(class(Generation::Three, "m", &layers, none), Some("ValueError"));
        assert_eq!(class(Generation::Two, "m.keras", &layers, none), None);
        assert_eq!(class(Generation::Two, "m", &layers, none), None);
        assert_eq!(class(Generation::Two, "m.weights.h5", &objects, none), None);
    }

    #[test]
    fn options_that_a_reader_does_not_take() {
        let (layers, objects) = (by_layer(&LAYERS), by_path(&OBJECTS));
        let by_name = Options { by_name: true, skip_mismatch: false };
        let skipping = Options { by_name: false, skip_mismatch: true };
        assert_eq!(class(Generation::Three, "m.weights.h5", &objects, by_name), Some("ValueError"));
        assert_eq!(class(Generation::Two, "m.weights.h5", &objects, by_name), None);
        assert_eq!(class(Generation::Two, "m.h5", &layers, skipping), Some("ValueError"));
        assert_eq!(class(Generation::Three, "m.h5", &layers, skipping), None);
    }
}

//! Which call loads what is there, and with which Keras.

use super::words::{is_python_name, python};
use crate::model::{Checkpoint, Container, Flavor, ObjectGraph, Resolved, Writer};

/// What it is and who wrote it: `TensorFlow checkpoint, object-based, written by Keras 3`.
pub fn identity(checkpoint: &Checkpoint, resolved: &Resolved) -> String {
    let kind = if resolved.is_saved_model { "SavedModel" } else { checkpoint.container.words() };
    // Without a record nothing tells who wrote it.
    if checkpoint.entries.is_empty() && !checkpoint.faults.is_empty() {
        return format!("{kind}, unreadable");
    }
    let versions = &checkpoint.versions;
    let mut writer = match &versions.keras {
        Some(version) => format!("Keras {version}"),
        None => checkpoint.writer.words().to_owned(),
    };
    if let Some(backend) = &versions.backend {
        writer.push_str(&format!(" on {backend}"));
    }
    if let Some(version) = &versions.tensorflow {
        writer.push_str(&format!(", TensorFlow {version}"));
    }
    format!("{kind}, {}, written by {writer}", checkpoint.flavor.word())
}

/// A line of Python that loads it; names that only the user knows are words like `model`.
pub fn call(checkpoint: &Checkpoint, resolved: &Resolved) -> String {
    let path = python(&checkpoint.label);
    // tf_keras is Keras 2 beside Keras 3; TensorFlow before 2.16 has it as tf.keras.
    let keras = if matches!(checkpoint.writer, Writer::Keras3 | Writer::Keras) { "keras" } else { "tf_keras" };
    if resolved.is_saved_model {
        let directory = python(&resolved.given);
        let revived = checkpoint.saved_model.as_ref().is_some_and(|saved| saved.keras_metadata);
        return match revived {
            true => format!("tf_keras.models.load_model({directory})"),
            false => format!("tf.saved_model.load({directory})"),
        };
    }
    match checkpoint.container {
        Container::Bundle => match (checkpoint.flavor, &checkpoint.graph) {
            (Flavor::ObjectBased, Some(graph)) => of_objects(graph, checkpoint.writer, &path),
            (Flavor::ObjectBased, None) => format!("tf.train.Checkpoint(...).restore({path})"),
            _ => format!("tf.compat.v1.train.Saver().restore(session, {path})"),
        },
        Container::V1 => format!("tf.compat.v1.train.Saver().restore(session, {path})"),
        Container::MetaGraph => format!("tf.compat.v1.train.import_meta_graph({path})"),
        Container::KerasModelH5 => format!("{keras}.models.load_model({path})"),
        Container::KerasArchive => format!("{keras}.models.load_model({path})"),
        Container::KerasLayersH5 | Container::KerasWeightsH5 | Container::KerasWeightsShards => {
            format!("model.load_weights({path})")
        }
    }
}

/// Names at the root of what Keras models hold, which tell that the root is a model.
const OF_MODEL: [&str; 5] = ["_functional", "_operations", "_layers", "layer-0", "layer_with_weights-0"];

fn of_objects(graph: &ObjectGraph, writer: Writer, path: &str) -> String {
    let Some(root) = graph.nodes.first() else { return format!("tf.train.Checkpoint(...).restore({path})") };
    if OF_MODEL.iter().any(|name| root.child(name).is_some()) {
        return match writer {
            Writer::Keras2 => format!("model.load_weights({path})"),
            _ => format!("tf.train.Checkpoint(model).restore({path})"),
        };
    }
    let names = root.children.iter().map(|(name, _)| name.as_str()).filter(|name| *name != "save_counter");
    let keyword = |name: &str| match is_python_name(name) {
        true => format!("{name}={name}"),
        false => format!("**{{{}: ...}}", python(name)),
    };
    let keywords: Vec<String> = names.map(keyword).collect();
    match keywords.len() {
        0..=MOST => format!("tf.train.Checkpoint({}).restore({path})", keywords.join(", ")),
        _ => format!("tf.train.Checkpoint(root=...).restore({path})"),
    }
}

/// Keywords that are written out.
const MOST: usize = 6;

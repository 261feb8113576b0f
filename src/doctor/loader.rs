//! Which call loads what is there, and with which Keras.

mod files;

pub(super) use files::right_name;

use super::words::{file_name, is_python_name, python, within};
use crate::model::{Checkpoint, Container, Flavor, ObjectGraph, Resolved, SavedModel, Writer};
use crate::restore::Options;

/// A call that loads it, and what is to be known of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Advice {
    /// A line of Python; names that only the user knows are words like `model`. None if no call loads it.
    pub call: Option<String>,
    /// What the call needs, or why there is none.
    pub note: Option<String>,
}

impl Advice {
    /// None for a path whose bytes no text has: nobody can paste it.
    fn call(call: String) -> Self {
        Self { call: Some(call).filter(|call| !call.contains(char::REPLACEMENT_CHARACTER)), note: None }
    }

    fn none(why: impl Into<String>) -> Self {
        Self { call: None, note: Some(why.into()) }
    }

    /// The same with the options of the call that was asked about.
    pub(super) fn with(self, options: Options) -> Self {
        let given: String = options.words().map(|words| format!(", {words}")).collect();
        let call = self.call.map(|call| match call.strip_suffix(')') {
            Some(open) if call.starts_with("model.load_weights(") => format!("{open}{given})"),
            _ => call,
        });
        Self { call, ..self }
    }

    fn note(self, note: impl Into<String>) -> Self {
        Self { note: Some(note.into()), ..self }
    }
}

/// What it is and who wrote it: `TensorFlow checkpoint, object-based, written by Keras 3`.
pub fn identity(checkpoint: &Checkpoint, resolved: &Resolved) -> String {
    let kind = if resolved.is_saved_model { "SavedModel" } else { checkpoint.container.words() };
    let versions = &checkpoint.versions;
    let version = |name: &str, version: &Option<String>| version.as_ref().map(|version| format!("{name} {version}"));
    // Without a record only a version tells who wrote it.
    if checkpoint.entries.is_empty() && checkpoint.container == Container::Bundle {
        let by = version("TensorFlow", &versions.tensorflow).map(|by| format!(", written by {by}")).unwrap_or_default();
        return match (resolved.is_saved_model, checkpoint.faults.is_empty()) {
            (true, _) => format!("{kind} without variables{by}"),
            (false, true) => format!("{kind} without tensors"),
            (false, false) if let Some(what) = checkpoint.instead_of_index() => {
                format!("no {kind}: its index is {what}")
            }
            (false, false) => format!("{kind}, unreadable"),
        };
    }
    if checkpoint.entries.is_empty() && !checkpoint.faults.is_empty() {
        return format!("{kind}, unreadable");
    }
    let mut writer = version("Keras", &versions.keras).unwrap_or_else(|| checkpoint.writer.words().to_owned());
    if let Some(backend) = &versions.backend {
        writer.push_str(&format!(" on {backend}"));
    }
    if let Some(version) = version("TensorFlow", &versions.tensorflow) {
        writer.push_str(&format!(", {version}"));
    }
    // What lies in Keras' own files is told by their kind.
    match checkpoint.flavor {
        Flavor::LayerBased => format!("{kind}, written by {writer}"),
        flavor => format!("{kind}, {}, written by {writer}", flavor.word()),
    }
}

/// What loads it.
pub fn advice(checkpoint: &Checkpoint, resolved: &Resolved) -> Advice {
    let path = python(&checkpoint.label);
    if resolved.is_saved_model {
        return saved(checkpoint.saved_model.as_deref(), &resolved.given);
    }
    if resolved.stripped.as_deref() == Some(".meta") && resolved.exists {
        return Advice::call(format!("tf.compat.v1.train.import_meta_graph({})", python(&resolved.given)))
            .note(format!("the Saver that it returns restores {path}"));
    }
    match checkpoint.container {
        Container::Bundle => match (checkpoint.flavor, &checkpoint.graph) {
            (Flavor::ObjectBased, Some(graph)) => Advice::call(of_objects(graph, checkpoint.writer, &path)),
            (Flavor::ObjectBased, None) => Advice::call(format!("tf.train.Checkpoint(...).restore({path})")),
            _ => Advice::call(format!("tf.compat.v1.train.Saver().restore(session, {path})")),
        },
        Container::V1 => Advice::call(format!("tf.compat.v1.train.Saver().restore(session, {path})")),
        Container::MetaGraph => Advice::call(format!("tf.compat.v1.train.import_meta_graph({path})")),
        _ => files::loader(checkpoint, resolved),
    }
}

/// Of several graphs one must be named, by its tags.
fn saved(saved: Option<&SavedModel>, given: &str) -> Advice {
    let directory = match given.rsplit_once(['/', '\\']) {
        Some((directory, name)) if name.starts_with("saved_model.pb") => directory,
        None if given.starts_with("saved_model.pb") => ".",
        _ => given,
    };
    let directory = python(directory);
    let Some(saved) = saved else { return Advice::call(format!("tf.saved_model.load({directory})")) };
    if saved.keras_metadata {
        return Advice::call(format!("tf_keras.models.load_model({directory})"));
    }
    let serves = saved.graphs.iter().find(|graph| graph.tags.iter().any(|tag| tag == "serve"));
    let Some(graph) = serves.or(saved.graphs.first()).filter(|_| saved.graphs.len() > 1) else {
        return Advice::call(format!("tf.saved_model.load({directory})"));
    };
    let tags: Vec<String> = graph.tags.iter().map(|tag| python(tag)).collect();
    Advice::call(format!("tf.saved_model.load({directory}, tags=[{}])", tags.join(", ")))
        .note(format!("one of its {} graphs has to be chosen, by its tags", saved.graphs.len()))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_options_asked_about_are_in_the_call() {
        let with = |call: &str, options: Options| Advice::call(call.to_owned()).with(options).call;
        let by_name = Options { by_name: true, ..Options::default() };
        let load = "model.load_weights(\"w.h5\")";
        assert_eq!(with(load, by_name).as_deref(), Some("model.load_weights(\"w.h5\", by_name=True)"));
        assert_eq!(with(load, Options::default()).as_deref(), Some(load));
        assert_eq!(with("tf.saved_model.load(\"a\")", by_name).as_deref(), Some("tf.saved_model.load(\"a\")"));
    }
}

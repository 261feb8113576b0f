//! What each loader of TensorFlow and Keras would do with a checkpoint, by its files alone.
//!
//! One file per loader. Each answers with the course of the restore: which value reaches which variable,
//! and the exception that ends it. What follows from that for every loader alike, the outcome, what is left
//! out and which variable silently takes the value of another, is concluded here.

mod assign;
mod by_name;
mod checkpoint;
mod goals;
mod keras;
mod manager;
mod object_graph;
mod pairing;
mod reader;
#[cfg(test)]
mod sample;
mod saved_model;
mod saver;
mod tensors;

pub(crate) use keras::{SHORT_LOSSES, UNKNOWN_LOSS};
pub(crate) use reader::{tuple, type_name};

pub use goals::{Goal, Goals, Reached, Verdict, judge};
pub use pairing::{Way, pairs};

use foldhash::HashMap;
use keras::Generation;

use crate::compare::align::Alignment;
use crate::model::{Checkpoint, Container, Digests, Flavor, GRAPH_KEY, GraphFile, Resolved, VariableId, Writer};

/// A call that loads a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Loader {
    /// `tf.train.Checkpoint(...).restore(path)`.
    Checkpoint,
    /// `tf.train.latest_checkpoint(directory)` and `CheckpointManager.restore_or_initialize()`.
    Manager,
    /// `tf.compat.v1.train.Saver().restore(session, path)`.
    Saver,
    /// `model.load_weights(path)` of Keras 2 (`tf_keras`).
    Keras2Weights,
    /// `keras.models.load_model(path)` of Keras 2 (`tf_keras`).
    Keras2Model,
    /// `model.load_weights(path)` of Keras 3.
    Keras3Weights,
    /// `keras.models.load_model(path)` of Keras 3.
    Keras3Model,
    /// `tf.saved_model.load(path)`.
    SavedModel,
}

impl Loader {
    /// Every loader, in the order of help texts.
    pub const ALL: [Self; 8] = [
        Self::Checkpoint,
        Self::Manager,
        Self::Saver,
        Self::Keras2Weights,
        Self::Keras2Model,
        Self::Keras3Weights,
        Self::Keras3Model,
        Self::SavedModel,
    ];

    /// The word for it on the command line and in outputs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Checkpoint => "checkpoint",
            Self::Manager => "manager",
            Self::Saver => "saver",
            Self::Keras2Weights => "keras2-weights",
            Self::Keras2Model => "keras2-model",
            Self::Keras3Weights => "keras3-weights",
            Self::Keras3Model => "keras3-model",
            Self::SavedModel => "saved-model",
        }
    }

    /// True for `load_weights`, which has options.
    pub fn takes_options(self) -> bool {
        matches!(self, Self::Keras2Weights | Self::Keras3Weights)
    }
}

/// The options of `load_weights`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// `by_name=True`.
    pub by_name: bool,
    /// `skip_mismatch=True`.
    pub skip_mismatch: bool,
}

impl Options {
    /// Those that are given, as they stand in a call.
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        let given = [(self.by_name, "by_name=True"), (self.skip_mismatch, "skip_mismatch=True")];
        given.into_iter().filter(|(given, _)| *given).map(|(_, words)| words)
    }
}

/// What a loader meets.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// The path as given, and what it leads to.
    pub resolved: &'a Resolved,
    /// What lies there, by its content, whatever its name says; none if nothing that can be opened.
    pub checkpoint: Option<&'a Checkpoint>,
    /// What reading its data showed, as far as it was read.
    pub digests: &'a Digests,
    /// What the new program saved: its variables are those that are restored into. Without it the
    /// program is taken to be the one that saved the checkpoint.
    pub target: Option<&'a Checkpoint>,
    /// The graph beside the target, or where there is none beside the checkpoint, if it was looked for: only
    /// a Saver's program is told by it.
    pub graph: Option<&'a GraphFile>,
    /// Which variable of the checkpoint is which of the target.
    pub alignment: Option<&'a Alignment>,
    /// How it is called.
    pub options: Options,
}

/// What a loader does, told by its own file.
#[derive(Clone, Debug, Default)]
pub struct Course {
    /// Values that reach a variable, in the order of assignment; those before the exception, if there is one.
    pub bound: Vec<Bound>,
    /// What ends the restore.
    pub exception: Option<Exception>,
    /// What the asserts of the status object would do, where the call returns one.
    pub asserts: Option<Asserts>,
    /// Variables of the program that keep their initial value, by name, where no target has them: `layer.weight`,
    /// `opt.` before those of the optimizer, `#2` behind the second one of a name.
    pub left: Vec<String>,
    /// What is logged, a line each.
    pub warnings: Vec<String>,
    /// What is taken for granted, as no file tells it: were it otherwise, so would be the outcome.
    pub rests_on: Vec<String>,
}

/// A stored value and the variable that takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bound {
    /// In the checkpoint.
    pub old: VariableId,
    /// In the target.
    pub new: VariableId,
}

/// An exception of TensorFlow, Keras or Python.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    /// The name of its class.
    pub class: &'static str,
    /// Its text, as far as files tell it.
    pub message: String,
}

impl Exception {
    /// An exception of this class.
    pub fn new(class: &'static str, message: impl Into<String>) -> Self {
        Self { class, message: message.into() }
    }
}

/// What `status.assert_…()` would do; true if it raises.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asserts {
    /// `assert_consumed`.
    pub consumed: bool,
    /// `assert_existing_objects_matched`.
    pub existing_objects_matched: bool,
    /// `assert_nontrivial_match`.
    pub nontrivial_match: bool,
}

/// What becomes of the program's variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Every variable has a stored value.
    Ok,
    /// Some have, silently.
    Partial,
    /// None has, silently.
    Noop,
    /// An exception.
    Error,
}

impl Outcome {
    /// The word for it in outputs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Partial => "partial",
            Self::Noop => "noop",
            Self::Error => "error",
        }
    }
}

/// What a loader would do with a checkpoint.
#[derive(Clone, Debug)]
pub struct Prediction {
    /// Which loader.
    pub loader: Loader,
    /// What becomes of the program's variables.
    pub outcome: Outcome,
    /// What happens on the way.
    pub course: Course,
    /// Variables of the target that keep their initial value.
    pub not_restored: Vec<VariableId>,
    /// Stored values that go nowhere.
    pub unused: Vec<VariableId>,
    /// Variables of the target that silently take the value of another one.
    pub wrong_values: Vec<Bound>,
}

/// The loaders that are made for what lies there, the best first.
pub fn fitting(scene: &Scene) -> Vec<Loader> {
    let Some(checkpoint) = scene.checkpoint else { return Vec::new() };
    let into = scene.target.map(|target| target.flavor);
    // What loads it is taken to be of the generation that saved the target, or else the checkpoint itself.
    let keras2 = match scene.target.unwrap_or(checkpoint) {
        Checkpoint { writer: Writer::Keras1 | Writer::Keras2, .. } => true,
        Checkpoint { versions, .. } => versions.keras.as_ref().is_some_and(|version| version.starts_with(['1', '2'])),
    };
    let (weights, model) = match keras2 {
        true => (Loader::Keras2Weights, Loader::Keras2Model),
        false => (Loader::Keras3Weights, Loader::Keras3Model),
    };
    match checkpoint.container {
        Container::Bundle if scene.resolved.is_saved_model && into.is_none() => vec![Loader::SavedModel],
        Container::Bundle | Container::V1 => match (into.unwrap_or(checkpoint.flavor), scene.graph) {
            // Without a graph there is no program that could be told.
            (Flavor::NameBased, Some(GraphFile::Missing) | None) if into.is_none() => Vec::new(),
            (Flavor::NameBased, _) => vec![Loader::Saver],
            (Flavor::ObjectBased, _) if scene.resolved.is_directory && !scene.resolved.is_saved_model => {
                vec![Loader::Manager]
            }
            (Flavor::ObjectBased, _) if holds_model(checkpoint) => vec![Loader::Keras2Weights, Loader::Checkpoint],
            (Flavor::ObjectBased, _) => vec![Loader::Checkpoint],
            (Flavor::LayerBased, _) => vec![weights],
        },
        Container::MetaGraph => Vec::new(),
        Container::KerasModelH5 | Container::KerasArchive if into.is_none() => vec![model],
        _ => vec![weights],
    }
}

/// True if the root is a Keras model: `save_weights` of Keras 2 saves it so, and saves are not counted.
fn holds_model(checkpoint: &Checkpoint) -> bool {
    let root = checkpoint.graph.as_ref().and_then(|graph| graph.nodes.first());
    root.is_some_and(|root| root.child("layer-0").is_some() && root.child("save_counter").is_none())
}

/// Predicts what a loader does with what it meets.
pub fn predict(loader: Loader, scene: &Scene) -> Prediction {
    let course = match loader {
        Loader::Checkpoint => checkpoint::course(scene),
        Loader::Manager => manager::course(scene),
        Loader::Saver => saver::course(scene),
        Loader::Keras2Weights => keras::weights(Generation::Two, scene),
        Loader::Keras2Model => keras::model(Generation::Two, scene),
        Loader::Keras3Weights => keras::weights(Generation::Three, scene),
        Loader::Keras3Model => keras::model(Generation::Three, scene),
        Loader::SavedModel => saved_model::course(scene),
    };
    conclude(loader, scene, course)
}

/// What follows from the course of any restore.
fn conclude(loader: Loader, scene: &Scene, course: Course) -> Prediction {
    let old = scene.checkpoint.map_or(0, |checkpoint| checkpoint.variables.len());
    let new = scene.target.map_or(0, |target| target.variables.len());
    let (mut used, mut filled) = (vec![false; old], vec![false; new]);
    for bound in &course.bound {
        mark(&mut used, bound.old);
        mark(&mut filled, bound.new);
    }
    let open = |marks: &[bool], checkpoint: Option<&Checkpoint>| -> Vec<VariableId> {
        let told = |id: &VariableId| checkpoint.is_some_and(|checkpoint| !is_graph(checkpoint, *id));
        marks.iter().enumerate().filter(|(_, marked)| !**marked).map(|(id, _)| id).filter(told).collect()
    };
    let (unused, not_restored) = (open(&used, scene.checkpoint), open(&filled, scene.target));
    let outcome = if course.exception.is_some() {
        Outcome::Error
    } else {
        // How often one saved is no part of what a program restores.
        let counts = |id: &VariableId| !scene.target.is_some_and(|target| is_save_counter(target, *id));
        let left = not_restored.iter().filter(|id| counts(id)).count();
        let restored = course.bound.iter().map(|bound| bound.new).filter(counts).count();
        match (restored, left) {
            _ if scene.target.is_none() && course.left.is_empty() => Outcome::Ok,
            _ if scene.target.is_none() => Outcome::Partial,
            (0, _) => Outcome::Noop,
            (_, 0) => Outcome::Ok,
            _ => Outcome::Partial,
        }
    };
    let wrong_values = misplaced(scene, &course.bound);
    Prediction { loader, outcome, course, not_restored, unused, wrong_values }
}

fn mark(marks: &mut [bool], at: VariableId) {
    if let Some(mark) = marks.get_mut(at) {
        *mark = true;
    }
}

/// Bindings in which the stored value is another variable's: one of the two is known to be another, or the two
/// are slots of different sorts.
fn misplaced(scene: &Scene, bound: &[Bound]) -> Vec<Bound> {
    let Some(alignment) = scene.alignment else { return Vec::new() };
    let is: HashMap<VariableId, VariableId> = alignment.pairs.iter().map(|pair| (pair.old, pair.new)).collect();
    let was: HashMap<VariableId, VariableId> = alignment.pairs.iter().map(|pair| (pair.new, pair.old)).collect();
    // Files of two kinds have words of their own for slots.
    let container = |checkpoint: Option<&Checkpoint>| checkpoint.map(|checkpoint| checkpoint.container);
    let is_of_one_kind = container(scene.checkpoint) == container(scene.target);
    let other = |bound: &&Bound| {
        let slots = slot(scene.checkpoint, bound.old).zip(slot(scene.target, bound.new)).filter(|_| is_of_one_kind);
        is.get(&bound.old).is_some_and(|new| *new != bound.new)
            || was.get(&bound.new).is_some_and(|old| *old != bound.old)
            || slots.is_some_and(|(stored, kept)| stored != kept)
    };
    bound.iter().filter(other).copied().collect()
}

/// What sort of slot a variable is; the same optimizer calls its averages by a letter or by a word.
fn slot(checkpoint: Option<&Checkpoint>, id: VariableId) -> Option<&str> {
    Some(match checkpoint?.variables.get(id)?.slot_name()? {
        "momentum" => "m",
        "velocity" => "v",
        slot => slot,
    })
}

/// True for the object graph, which is stored like a tensor and is none.
fn is_graph(checkpoint: &Checkpoint, id: VariableId) -> bool {
    key(checkpoint, id).is_some_and(|key| key == GRAPH_KEY.as_bytes())
}

/// True for the number of saves that `tf.train.Checkpoint` keeps at its root.
fn is_save_counter(checkpoint: &Checkpoint, id: VariableId) -> bool {
    key(checkpoint, id).is_some_and(|key| key == b"save_counter/.ATTRIBUTES/VARIABLE_VALUE")
}

fn key(checkpoint: &Checkpoint, id: VariableId) -> Option<&[u8]> {
    Some(checkpoint.entry(checkpoint.variables.get(id)?)?.key.bytes())
}

#[cfg(test)]
mod tests {
    use super::sample::Stage;
    use super::*;
    use crate::model::Latest;
    use crate::model::sample::{named, object};

    const COUNTED: (&str, &str, &[u64]) = ("save_counter", "save_counter", &[]);

    #[test]
    fn outcomes() {
        let stage = Stage::at("ckpts/ckpt-4");
        let outcome = |old: &Checkpoint, new: &Checkpoint| {
            predict(Loader::Checkpoint, &stage.scene(Some(old), Some(new))).outcome
        };
        let two = object(&[("a", "a", &[2]), ("b", "b", &[2]), COUNTED]);
        assert_eq!(outcome(&two, &object(&[("a", "a", &[2])])), Outcome::Ok);
        assert_eq!(outcome(&two, &object(&[("a", "a", &[2]), ("c", "c", &[2])])), Outcome::Partial);
        assert_eq!(outcome(&two, &object(&[("c", "c", &[2]), COUNTED])), Outcome::Noop, "the counter is no variable");
        assert_eq!(outcome(&two, &object(&[COUNTED])), Outcome::Noop);
        assert_eq!(outcome(&two, &object(&[("a", "a", &[3])])), Outcome::Error);
    }

    #[test]
    fn what_is_left_out_is_listed_without_the_graph() {
        let (old, new) = (object(&[("a", "a", &[2])]), object(&[("b", "b", &[2])]));
        let stage = Stage::at("ckpts/ckpt-4");
        let prediction = predict(Loader::Checkpoint, &stage.scene(Some(&old), Some(&new)));
        let key = |checkpoint: &Checkpoint, id: VariableId| checkpoint.entries[id].key.to_string();
        let unused: Vec<String> = prediction.unused.iter().map(|id| key(&old, *id)).collect();
        let missing: Vec<String> = prediction.not_restored.iter().map(|id| key(&new, *id)).collect();
        assert_eq!((unused, missing), (vec![key(&old, 1)], vec![key(&new, 1)]));
        let nothing = predict(Loader::Manager, &stage.scene(None, Some(&new)));
        assert_eq!((nothing.outcome, nothing.not_restored.len()), (Outcome::Noop, 1));
    }

    #[test]
    fn loaders_that_fit() {
        let at = Stage::at("ckpts/ckpt-4");
        let (by_object, by_name) = (object(&[("a", "a", &[2]), COUNTED]), named(&[("a", &[2])]));
        let fit = |stage: &Stage, old, new| fitting(&stage.scene(Some(old), new));
        assert_eq!(fit(&at, &by_object, None), [Loader::Checkpoint]);
        assert_eq!(fit(&at, &by_object, Some(&by_name)), [Loader::Saver]);
        assert_eq!(fit(&at, &by_name, Some(&by_object)), [Loader::Checkpoint]);
        assert_eq!(fit(&at, &by_name, Some(&by_name)), [Loader::Saver]);
        assert_eq!(fit(&at, &by_name, None), [], "no program is known");
        let graph = Stage { graph: Some(GraphFile::Read(Vec::new())), ..Stage::at("ckpts/ckpt-4") };
        assert_eq!(fit(&graph, &by_name, None), [Loader::Saver]);
        let directory = Stage::directory(Latest::Path("ckpts/ckpt-4".into()));
        assert_eq!(fit(&directory, &by_object, None), [Loader::Manager]);
        let model = object(&[("layer-0/kernel", "kernel", &[2])]);
        assert_eq!(fit(&at, &model, None), [Loader::Keras2Weights, Loader::Checkpoint]);
        assert!(fitting(&at.scene(None, Some(&by_object))).is_empty());
    }
}

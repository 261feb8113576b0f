//! What a SavedModel, or a graph, says beside the values of its variables.

use super::dtype::DType;
use super::shape::Shape;

/// What a SavedModel has beside its variables.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SavedModel {
    /// Its graphs.
    pub graphs: Vec<MetaGraph>,
    /// Names of the files in `assets`.
    pub assets: Vec<String>,
    /// Names of the files that its graphs ask for, of which some may not be there.
    pub wanted_assets: Vec<String>,
    /// True if there is a `fingerprint.pb`.
    pub fingerprint: bool,
    /// True if Keras' own metadata are there (`keras_metadata.pb`).
    pub keras_metadata: bool,
    /// How many objects of each revived type it has (`_tf_keras_layer`, `trackable_list_wrapper`).
    pub types: Vec<(String, usize)>,
    /// The variables that its graphs need.
    pub needs: Vec<Needed>,
}

impl SavedModel {
    /// What `tf.saved_model.load` says of one that has not just one graph, if it is not told which.
    pub fn without_tags(&self) -> String {
        let list = |words: Vec<String>| format!("[{}]", words.join(", "));
        let tags = |graph: &MetaGraph| list(graph.tags.iter().map(|tag| format!("'{tag}'")).collect());
        format!(
            "Importing a SavedModel with `tf.saved_model.load` requires a `tags=` argument if there is more than one \
             MetaGraph. Got `tags=None`, but there are {} MetaGraphs in the SavedModel with tag sets: {}. Pass a `tags=` \
             argument to load this SavedModel.",
            self.graphs.len(),
            list(self.graphs.iter().map(tags).collect())
        )
    }
}

/// One graph of a SavedModel.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MetaGraph {
    /// Its tags (`serve`).
    pub tags: Vec<String>,
    /// What can be called in it.
    pub signatures: Vec<Signature>,
}

/// A function of a SavedModel.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Signature {
    /// Its name (`serving_default`).
    pub name: String,
    /// What it takes: name, type, shape (-1 for an axis of any size, none for any rank).
    pub inputs: Vec<Argument>,
    /// What it gives.
    pub outputs: Vec<Argument>,
}

/// A tensor that a signature takes or gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    /// Its name.
    pub name: String,
    /// Its type.
    pub dtype: DType,
    /// Its shape: -1 for an axis of any size; none for any rank.
    pub shape: Option<Vec<i64>>,
}

/// A variable that a graph needs.
#[derive(Clone, Debug, PartialEq)]
pub struct Needed {
    /// Its name in the graph.
    pub name: String,
    /// Its type.
    pub dtype: DType,
    /// Its shape.
    pub shape: Shape,
    /// True for a variable as TensorFlow 1 makes them, which keeps its shape; a resource variable does not.
    pub is_reference: bool,
}

/// What is wrong with a SavedModel that has none.
pub const NO_GRAPHS: &str = "it has no graphs";

/// The `.meta` file beside a checkpoint: the graph of the program that saved it.
#[derive(Clone, Debug, PartialEq)]
pub enum GraphFile {
    /// There is none.
    Missing,
    /// It cannot be read, nor is it text.
    Garbled,
    /// It is text, but none that describes a graph.
    Malformed,
    /// What the graph's Saver restores.
    Read(Vec<Needed>),
}

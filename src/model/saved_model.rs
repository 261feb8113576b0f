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
}

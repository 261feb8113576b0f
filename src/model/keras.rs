//! What Keras' own files hold beside tensors, as far as its loaders look at it.

use super::configured::Configured;
use super::variable::VariableId;

/// What is said of JSON that should be an object and is another value.
pub const NO_OBJECT: &str = "it is not an object";

/// Who owns which weights, and what the file says of the model.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KerasFile {
    /// Those that own weights or could: layers in the order of the model where the layout lists layers, objects
    /// by their paths where it lists these.
    pub owners: Vec<Owner>,
    /// The configuration of the model, if it can be read.
    pub config: Option<serde_json::Value>,
    /// How the model was compiled, where that lies apart from its configuration.
    pub training: Option<serde_json::Value>,
    /// What both ask of the program that loads the model.
    pub configured: Option<Configured>,
}

/// A layer, or another object with weights.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Owner {
    /// What it is in its model.
    pub part: Owned,
    /// The path of its group, without `vars`; empty for the model itself.
    pub path: String,
    /// Its name, if the file has it.
    pub name: Option<String>,
    /// Its weights in the order in which Keras counts them; none for one that is listed and not there.
    pub weights: Vec<Option<VariableId>>,
}

/// What weights belong to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Owned {
    /// A layer.
    #[default]
    Layer,
    /// The model itself.
    Model,
    /// Its optimizer.
    Optimizer,
}

impl Owned {
    /// The word for it in outputs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Layer => "layer",
            Self::Model => "model",
            Self::Optimizer => "optimizer",
        }
    }
}

//! What the configuration of a Keras model tells beside its layers.

/// What `load_model` builds the model of.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Configured {
    /// Classes and functions that are not Keras' own, each once.
    pub custom: Vec<Custom>,
    /// How it was compiled; none if it was not.
    pub compiled: Option<Compiled>,
    /// Number of copies that `multi_gpu_model` made of the model inside.
    pub replicas: Option<u64>,
}

/// A class or a function that `load_model` has to be given.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Custom {
    /// What it is for.
    pub purpose: Purpose,
    /// Its name in Python.
    pub name: String,
    /// The key under which Keras asks `custom_objects` for it.
    pub key: String,
    /// The module that it was defined in, if that is stored.
    pub module: Option<String>,
}

/// What of a model a class or function is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Purpose {
    /// To build it.
    Model,
    /// To train it: a loss, a metric, an optimizer. `compile=False` does without.
    Training,
}

/// How a model was compiled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compiled {
    /// The class of its optimizer, if the configuration names one.
    pub optimizer: Option<String>,
    /// Names of its losses, as far as they are names of functions.
    pub losses: Vec<String>,
}

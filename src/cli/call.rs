//! The call by which a restore is asked about: the same flags for `doctor` and `diff`.

use clap::{Args, ValueEnum};
use serde::Deserialize;

/// A call that loads a checkpoint, and its options.
#[derive(Args, Clone, Copy, Debug, Default)]
pub struct Call {
    /// The call that loads it [default: what fits the files]
    #[arg(long, value_name = "LOADER", help_heading = "Restore")]
    pub loader: Option<LoaderName>,
    /// As load_weights(by_name=True)
    #[arg(long, help_heading = "Restore")]
    pub by_name: bool,
    /// As load_weights(skip_mismatch=True)
    #[arg(long, help_heading = "Restore")]
    pub skip_mismatch: bool,
}

/// The words for loaders.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, ValueEnum)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum LoaderName {
    /// `tf.train.Checkpoint(...).restore(path)`
    Checkpoint,
    /// `tf.train.latest_checkpoint(directory)`, `CheckpointManager`
    Manager,
    /// `tf.compat.v1.train.Saver().restore(session, path)`
    Saver,
    /// `model.load_weights(path)` of Keras 2
    Keras2Weights,
    /// `keras.models.load_model(path)` of Keras 2
    Keras2Model,
    /// `model.load_weights(path)` of Keras 3
    Keras3Weights,
    /// `keras.models.load_model(path)` of Keras 3
    Keras3Model,
    /// `tf.saved_model.load(path)`
    SavedModel,
}

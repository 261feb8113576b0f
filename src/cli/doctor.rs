//! The flags of `ckpt doctor`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Deserialize;

use super::GoalName;

/// `ckpt doctor`
#[derive(Args, Debug)]
pub struct Doctor {
    /// Checkpoints, as for `ls`
    #[arg(default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// Every checkpoint of the directory
    #[arg(long)]
    pub all: bool,
    /// A checkpoint that the new code saved: what is missing, unexpected, reshaped?
    #[arg(long, value_name = "NEW")]
    pub against: Option<PathBuf>,
    /// What a run printed (`-`: standard input): which of its errors are true of these files?
    #[arg(long, value_name = "FILE")]
    pub log: Option<PathBuf>,
    /// The call that will load it [default: those that fit the files]
    #[arg(long, value_name = "LOADER")]
    pub loader: Option<LoaderName>,
    /// As load_weights(by_name=True)
    #[arg(long)]
    pub by_name: bool,
    /// As load_weights(skip_mismatch=True)
    #[arg(long)]
    pub skip_mismatch: bool,
    /// Look at indexes and file sizes alone, not at the data
    #[arg(long)]
    pub quick: bool,
    /// Only these rules: codes, names, beginnings of codes
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    pub select: Vec<String>,
    /// All but these rules
    #[arg(long, value_name = "RULES", value_delimiter = ',')]
    pub ignore: Vec<String>,
    /// What makes the exit status 1 [default: error]
    #[arg(long, value_name = "SEVERITY")]
    pub fail_on: Option<FailOn>,
    /// With --against: exit with 1 if a restore would not do for this, and with 0 if it would
    #[arg(long = "for", value_name = "GOAL")]
    pub goal: Option<GoalName>,
    /// Exit with 0 whatever is found
    #[arg(long)]
    pub exit_zero: bool,
    /// Findings that are known: they are counted apart, and do not fail
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Take all that is found now for known, and write it to the baseline
    #[arg(long)]
    pub write_baseline: bool,
    /// How often each rule spoke, in the place of what it said
    #[arg(long)]
    pub statistics: bool,
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

/// Severities, as a threshold.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, ValueEnum)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum FailOn {
    /// Only errors
    Error,
    /// Warnings too
    Warning,
    /// Anything
    Info,
    /// Nothing
    Never,
}

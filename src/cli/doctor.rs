//! The flags of `ckpt doctor`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Deserialize;

use super::GoalName;

/// `ckpt doctor`
#[derive(Args, Debug, Default)]
pub struct Doctor {
    /// Checkpoints, as for ls
    #[arg(default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// Every checkpoint of the directory
    #[arg(long)]
    pub all: bool,
    /// What the new code saved: what would a restore into it do?
    #[arg(long, value_name = "NEW", help_heading = "Restore")]
    pub against: Option<PathBuf>,
    /// What a run printed (-: standard input): is it true of these files?
    #[arg(long, value_name = "FILE")]
    pub log: Option<PathBuf>,
    /// The call that loads it [default: what fits the files]
    #[arg(long, value_name = "LOADER", help_heading = "Restore")]
    pub loader: Option<LoaderName>,
    /// As load_weights(by_name=True)
    #[arg(long, help_heading = "Restore")]
    pub by_name: bool,
    /// As load_weights(skip_mismatch=True)
    #[arg(long, help_heading = "Restore")]
    pub skip_mismatch: bool,
    /// Look at indexes and file sizes alone, not at the data
    #[arg(long)]
    pub quick: bool,
    /// Only these: codes, names, beginnings of codes
    #[arg(long, value_name = "RULES", value_delimiter = ',', help_heading = "Findings")]
    pub select: Vec<String>,
    /// All but these
    #[arg(long, value_name = "RULES", value_delimiter = ',', help_heading = "Findings")]
    pub ignore: Vec<String>,
    /// What makes the exit status 1 [default: error]
    #[arg(long, value_name = "LEVEL", help_heading = "Findings")]
    pub fail_on: Option<FailOn>,
    /// Exit with 1 only if a restore would not do for this
    #[arg(long = "for", value_name = "GOAL", conflicts_with = "fail_on", help_heading = "Restore")]
    pub goal: Option<GoalName>,
    /// Write a page to look at: the findings, the layers, how values moved
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Exit with 0 whatever is found
    #[arg(long, help_heading = "Findings")]
    pub exit_zero: bool,
    /// Known findings: they are counted apart, and do not fail
    #[arg(long, value_name = "FILE", help_heading = "Findings")]
    pub baseline: Option<PathBuf>,
    /// Take what is found now for known, and write it to the baseline
    #[arg(long, help_heading = "Findings")]
    pub write_baseline: bool,
    /// How often each rule spoke, in the place of what it said
    #[arg(long, help_heading = "Findings")]
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

//! What a restore can be wanted for.

use clap::ValueEnum;
use serde::Deserialize;

/// The words for what is wanted of a restore.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, ValueEnum)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum GoalName {
    /// The same variables, shapes, types and values
    Exact,
    /// Go on training: model, optimizer and counters, each to itself
    Resume,
    /// Train further: whatever stayed in the model comes back; new heads are allowed
    Finetune,
    /// Use the model: every variable of it is filled, each from itself
    Infer,
}

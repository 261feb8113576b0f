//! What a restore can be wanted for.

use clap::ValueEnum;

/// The words for what is wanted of a restore.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
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

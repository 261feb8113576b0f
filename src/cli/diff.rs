//! The flags of `ckpt diff`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Deserialize;

use super::{GoalName, Select};

/// `ckpt diff`
#[derive(Args, Debug, Default)]
pub struct Diff {
    /// A checkpoint, as for ls; or what ls --format json said of one
    pub old: PathBuf,
    /// Another
    pub new: PathBuf,
    /// Read what differs, and say how much
    #[arg(long)]
    pub values: bool,
    /// How far apart numbers may be, as in numpy.allclose(OLD, NEW)
    #[arg(long, value_name = "NUMBER", value_parser = tolerance)]
    pub atol: Option<f64>,
    /// The same, as a part of the new number
    #[arg(long, value_name = "NUMBER", value_parser = tolerance)]
    pub rtol: Option<f64>,
    /// Counts alone
    #[arg(long)]
    pub stat: bool,
    /// A letter and a name on each line, as git diff --name-status
    #[arg(long, conflicts_with = "stat")]
    pub name_status: bool,
    /// Write old names and their new ones: as .json, or as a script (.py, or - to print it)
    #[arg(long, value_name = "FILE")]
    pub map: Option<PathBuf>,
    /// Write a page to look at: what happened, the layers, how the values moved
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// What makes the exit status 1 [default: any difference]
    #[arg(long, value_name = "KINDS", value_delimiter = ',')]
    pub fail_on: Vec<DifferenceName>,
    /// Exit with 1 only if a restore would not do for this
    #[arg(long = "for", value_name = "GOAL", conflicts_with = "fail_on")]
    pub goal: Option<GoalName>,
    /// Which variables.
    #[command(flatten)]
    pub select: Select,
}

/// A tolerance is a number that is not negative.
fn tolerance(text: &str) -> Result<f64, String> {
    let number: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if number >= 0.0 { Ok(number) } else { Err("not a number from 0 on".to_owned()) }
}

/// The words for what may differ.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, ValueEnum)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum DifferenceName {
    /// Only in the old checkpoint
    Removed,
    /// Only in the new one
    Added,
    /// The same under another name or key
    Renamed,
    /// Of another shape
    Reshaped,
    /// Of another element type
    Retyped,
    /// Of other values, or not comparable
    Changed,
}

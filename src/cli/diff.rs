//! The flags of `ckpt diff`.

use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, ValueEnum};
use serde::Deserialize;

use super::{Call, GoalName, Select};

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
    #[arg(long, value_name = "NUMBER")]
    pub atol: Option<Margin>,
    /// The same, as a part of the new number
    #[arg(long, value_name = "NUMBER")]
    pub rtol: Option<Margin>,
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
    #[arg(long = "for", value_name = "GOAL", conflicts_with = "fail_on", help_heading = "Restore")]
    pub goal: Option<GoalName>,
    /// The call that loads OLD.
    #[command(flatten)]
    pub call: Call,
    /// Which variables.
    #[command(flatten)]
    pub select: Select,
}

/// How far apart two numbers may be: a number that is not negative.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "f64")]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(with = "f64", extend("minimum" = 0)))]
pub struct Margin(f64);

impl Margin {
    /// As a number.
    pub fn number(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Margin {
    type Error = &'static str;

    fn try_from(number: f64) -> Result<Self, Self::Error> {
        if number >= 0.0 { Ok(Self(number)) } else { Err("not a number from 0 on") }
    }
}

impl FromStr for Margin {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map_err(|_| "not a number").and_then(|number: f64| number.try_into())
    }
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

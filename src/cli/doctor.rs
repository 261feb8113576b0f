//! The flags of `ckpt doctor`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Deserialize;

use super::{Call, GoalName};

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
    /// The call that loads it.
    #[command(flatten)]
    pub call: Call,
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
    /// Exit with 0 whatever is found; 2 stays 2
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

//! Settings of a project: `ckpt.toml`, `.ckpt.toml`, or `[tool.ckpt]` in `pyproject.toml`. What a file may say stands
//! here, with the words of the command line; what follows from it, in `command`.

mod baseline;
mod file;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

pub use baseline::{Baseline, Entry};
pub use file::{File, find};

use crate::cli::{DifferenceName, FailOn, GoalName, LoaderName, Margin};

/// Everything that a file may say.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Config {
    /// What `ckpt doctor` is to find, and what is expected of a checkpoint.
    pub doctor: Doctor,
    /// What `ckpt diff` goes by.
    pub diff: Diff,
}

/// `[doctor]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Doctor {
    /// Only these rules: codes, names, beginnings of codes, ALL.
    pub select: Option<Vec<String>>,
    /// All but these rules.
    pub ignore: Option<Vec<String>>,
    /// What makes the exit status 1.
    pub fail_on: Option<FailOn>,
    /// How bad what a rule says is. The nearest word counts: a code before the beginning of codes.
    pub level: BTreeMap<String, Level>,
    /// Paths that are left out, as globs from the folder of this file.
    pub exclude: Vec<String>,
    /// The call that loads the checkpoints.
    pub loader: Option<LoaderName>,
    /// As load_weights(by_name=True).
    pub by_name: bool,
    /// As load_weights(skip_mismatch=True).
    pub skip_mismatch: bool,
    /// What the new code would save: a checkpoint, or `ckpt ls --format json` of one. From the folder of this file.
    pub against: Option<PathBuf>,
    /// What a restore into that has to be good for.
    #[serde(rename = "for")]
    pub goal: Option<GoalName>,
    /// Variables that may be missing in a restore, as globs over names.
    pub allow_missing: Vec<String>,
    /// Whether NaN and infinities are errors wherever they are.
    pub require_finite: bool,
    /// Known findings. From the folder of this file.
    pub baseline: Option<PathBuf>,
    /// What holds for some paths only, as globs from the folder of this file; the longest one is the nearest.
    pub per_path: BTreeMap<String, PerPath>,
}

/// `[doctor.per-path."GLOB"]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PerPath {
    /// Rules that are not asked here.
    pub ignore: Vec<String>,
    /// How bad what a rule says is here.
    pub level: BTreeMap<String, Level>,
    /// The call that loads these.
    pub loader: Option<LoaderName>,
    /// What the new code would save.
    pub against: Option<PathBuf>,
    /// Variables that may be missing here, beside those that may be everywhere.
    pub allow_missing: Vec<String>,
}

/// The words for how bad something is.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Level {
    /// A restore fails or is wrong.
    Error,
    /// A surprise is likely.
    Warning,
    /// Worth knowing.
    Info,
}

/// `[diff]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Diff {
    /// Exit with 1 if a restore would not do for this.
    #[serde(rename = "for")]
    pub goal: Option<GoalName>,
    /// What makes the exit status 1.
    pub fail_on: Vec<DifferenceName>,
    /// Numbers that are this far apart are the same.
    pub atol: Option<Margin>,
    /// The same, as a part of the new number.
    pub rtol: Option<Margin>,
}

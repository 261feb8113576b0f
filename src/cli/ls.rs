//! The flags of `ckpt ls`.

use std::path::PathBuf;

use clap::Args;

use super::{Layout, Select};

/// `ckpt ls`
#[derive(Args, Debug, Default)]
pub struct Ls {
    /// A directory, a prefix (dir/ckpt-4), any file of a checkpoint, a SavedModel
    #[arg(default_value = ".")]
    pub path: PathBuf,
    /// Every checkpoint of the directory, no variables
    #[arg(long)]
    pub all: bool,
    /// Minimum, maximum, mean, deviation, zeros, NaN, infinities
    #[arg(long)]
    pub stats: bool,
    /// SHA-256 of each variable's elements
    #[arg(long)]
    pub digests: bool,
    /// Which variables.
    #[command(flatten)]
    pub select: Select,
    /// How they are laid out.
    #[command(flatten)]
    pub layout: Layout,
}

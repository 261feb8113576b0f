//! Flags by which a listing or a comparison is narrowed, and a listing is laid out.

use clap::{Args, ValueEnum};

/// Which variables, and by which names; the same for `ls` and `diff`.
#[derive(Args, Debug, Default)]
#[command(next_help_heading = "Selection")]
pub struct Select {
    /// Only names that match, or with !GLOB do not; may be repeated
    #[arg(short, long, value_name = "GLOB")]
    pub name: Vec<String>,
    /// Only names in which this is found
    #[arg(short = 'e', long, value_name = "REGEX")]
    pub regex: Option<String>,
    /// Only these roles [default: all, slots summed up]
    #[arg(long, value_name = "ROLE", value_delimiter = ',')]
    pub role: Vec<RoleName>,
    /// Only these element types, as float32 or f32
    #[arg(long, value_name = "DTYPE", value_delimiter = ',')]
    pub dtype: Vec<String>,
    /// Only variables of this size or more: 4096, 64KiB, 1MiB
    #[arg(long, value_name = "SIZE")]
    pub min_size: Option<String>,
    /// Which name to show
    #[arg(long, value_name = "KIND", default_value = "full")]
    pub names: NamesName,
}

/// In which order variables are listed, and how they are laid out.
#[derive(Args, Debug, Default)]
#[command(next_help_heading = "Layout")]
pub struct Layout {
    /// In which order
    #[arg(long, value_name = "ORDER", default_value = "name")]
    pub sort: SortName,
    /// Turn the order round
    #[arg(short, long)]
    pub reverse: bool,
    /// Only the first N
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// Sum up what lies deeper than N scopes
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub depth: Option<u16>,
    /// Draw scopes as a tree, in the order of names
    #[arg(long, conflicts_with_all = ["sort", "depth"])]
    pub tree: bool,
    /// A line for each variable, also of repeated layers
    #[arg(long)]
    pub no_collapse: bool,
}

/// The words for roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RoleName {
    /// What computes: weights and statistics
    Model,
    /// Optimizer state of single weights
    Slot,
    /// All optimizer state
    Optimizer,
    /// Counters, metrics, the object graph
    Bookkeeping,
    /// Everything, slots listed
    All,
}

/// The words for orders.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum SortName {
    /// By name, layer_2 before layer_10
    #[default]
    Name,
    /// Largest first
    Size,
    /// Most elements first
    Params,
    /// By place in the files
    Stored,
}

/// The words for kinds of names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum NamesName {
    /// The owner's name
    #[default]
    Full,
    /// The key as stored
    Key,
    /// The path through the object graph
    Path,
}

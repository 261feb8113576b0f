//! Every subcommand and flag, with its help; nothing else.

use std::path::{Path, PathBuf};

use clap::builder::styling::{AnsiColor, Styles};
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

/// Inspector and doctor for TensorFlow checkpoints: what is in it, what changed, will it load.
#[derive(Debug, Parser)]
#[command(name = "ckpt", version, styles = STYLES, max_term_width = 100, disable_help_subcommand = true)]
#[command(after_help = "Exit status: 0 nothing found, 1 findings or differences, 2 could not look.")]
pub struct Cli {
    /// Flags that every command has.
    #[command(flatten)]
    pub output: Output,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// How the answer is written.
#[derive(Args, Debug)]
#[command(next_help_heading = "Output")]
pub struct Output {
    /// Kind of output [default: text]
    #[arg(long, global = true, value_name = "FORMAT", env = "CKPT_FORMAT")]
    pub format: Option<FormatName>,
    /// Write the answer to a file
    #[arg(short, long, global = true, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// When to colour
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: When,
    /// Columns to fill [default: the terminal's; in a pipe nothing is cut]
    #[arg(long, global = true, value_name = "COLUMNS", value_parser = clap::value_parser!(u16).range(20..))]
    pub width: Option<u16>,
    /// The verdict alone; twice: the exit status alone
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub quiet: u8,
    /// List what is summed up by default
    #[arg(short, long, global = true)]
    pub verbose: bool,
    /// Sizes in bytes
    #[arg(long, global = true)]
    pub bytes: bool,
    /// No progress bar
    #[arg(long, global = true)]
    pub no_progress: bool,
    /// Threads that read data [default: one for each core]
    #[arg(short, long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,
}

/// The words for kinds of output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FormatName {
    /// For people
    Text,
    /// One line for each finding
    Concise,
    /// For programs; the schema is named in it
    Json,
    /// For programs, a variable, change or finding on each line
    JsonLines,
    /// For spreadsheets
    Csv,
    /// For pull requests
    Markdown,
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// What is here: a directory's checkpoints, or the variables of one
    Ls(Ls),
    /// Everything known of one variable
    Show(Show),
    /// What changed between two checkpoints
    Diff(Diff),
    /// What is wrong with a checkpoint, and what to do about it
    Doctor(Doctor),
    /// The page of a rule, or the rules that know an error
    Explain(Explain),
    /// The table of all rules
    Rules,
}

impl Command {
    /// The paths that it looks at.
    pub fn inputs(&self) -> Vec<&Path> {
        match self {
            Self::Ls(args) => vec![&args.path],
            Self::Show(args) => vec![&args.path],
            Self::Diff(args) => vec![&args.old, &args.new],
            Self::Doctor(args) => {
                args.paths.iter().chain(&args.against).chain(&args.log).map(PathBuf::as_path).collect()
            }
            Self::Explain(_) | Self::Rules => Vec::new(),
        }
    }
}

/// `ckpt ls`
#[derive(Args, Debug, Default)]
pub struct Ls {
    /// A checkpoint directory, a prefix (`dir/ckpt-4`), any file of a checkpoint, or a SavedModel
    #[arg(default_value = ".")]
    pub path: PathBuf,
    /// Every checkpoint of the directory, no variables
    #[arg(long)]
    pub all: bool,
    /// Minimum, maximum, mean, deviation, zeros, NaN and infinities of each variable
    #[arg(long)]
    pub stats: bool,
    /// SHA-256 of each variable's elements
    #[arg(long)]
    pub digests: bool,
    /// Which variables.
    #[command(flatten)]
    pub select: Select,
}

/// Which variables, and how they are laid out; the same for every listing command.
#[derive(Args, Debug, Default)]
#[command(next_help_heading = "Selection")]
pub struct Select {
    /// Only names that match; with a `!` in front, only those that do not. May be repeated
    #[arg(short, long, value_name = "GLOB")]
    pub name: Vec<String>,
    /// Only names in which this regular expression is found
    #[arg(short = 'e', long, value_name = "REGEX")]
    pub regex: Option<String>,
    /// Only variables of these roles [default: all, slots summed up]
    #[arg(long, value_name = "ROLE", value_delimiter = ',')]
    pub role: Vec<RoleName>,
    /// Only these element types, as float32 or f32
    #[arg(long, value_name = "DTYPE", value_delimiter = ',')]
    pub dtype: Vec<String>,
    /// Only variables of at least this size, as 4096, 64KiB, 1MiB
    #[arg(long, value_name = "SIZE")]
    pub min_size: Option<String>,
    /// Order
    #[arg(long, value_name = "ORDER", default_value = "name")]
    pub sort: SortName,
    /// Turn the order round
    #[arg(short, long)]
    pub reverse: bool,
    /// Only the first N
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// Which name to show
    #[arg(long, value_name = "KIND", default_value = "full")]
    pub names: NamesName,
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

/// `ckpt show`
#[derive(Args, Debug)]
pub struct Show {
    /// A checkpoint, as for `ls`
    pub path: PathBuf,
    /// A name, key or object path, perhaps with a slice: `dense/kernel[0, :5]`
    #[arg(required = true)]
    pub variables: Vec<String>,
    /// Print all values
    #[arg(long)]
    pub values: bool,
    /// Write the values to a NumPy file
    #[arg(long, value_name = "FILE")]
    pub npy: Option<PathBuf>,
    /// Digits behind the point
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = clap::value_parser!(u8).range(0..=17))]
    pub precision: u8,
    /// How many values to print without --values
    #[arg(long, value_name = "N", default_value_t = 24)]
    pub edge_items: usize,
}

/// `ckpt diff`
#[derive(Args, Debug, Default)]
pub struct Diff {
    /// A checkpoint, as for `ls`
    pub old: PathBuf,
    /// Another
    pub new: PathBuf,
    /// Read what differs, and say how much
    #[arg(long)]
    pub values: bool,
    /// Take numbers for the same that are this far apart, as numpy.allclose(OLD, NEW); reads what differs
    #[arg(long, value_name = "NUMBER", value_parser = tolerance)]
    pub atol: Option<f64>,
    /// The same, as a part of the new number
    #[arg(long, value_name = "NUMBER", value_parser = tolerance)]
    pub rtol: Option<f64>,
    /// Counts alone
    #[arg(long)]
    pub stat: bool,
    /// A letter and a name on each line, as `git diff --name-status`
    #[arg(long, conflicts_with = "stat")]
    pub name_status: bool,
    /// Write which old name is which new one: JSON to a .json file, a script to a .py file or to -
    #[arg(long, value_name = "FILE")]
    pub map: Option<PathBuf>,
    /// Write a page to look at: what happened, the layers, and how the values moved; reads what differs
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// What makes the exit status 1 [default: any difference]
    #[arg(long, value_name = "KINDS", value_delimiter = ',')]
    pub fail_on: Vec<DifferenceName>,
    /// Exit with 1 if a restore would not do for this, and with 0 if it would, whatever differs
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
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
    /// What makes the exit status 1
    #[arg(long, value_name = "SEVERITY", default_value = "error")]
    pub fail_on: FailOn,
    /// With --against: exit with 1 if a restore would not do for this, and with 0 if it would
    #[arg(long = "for", value_name = "GOAL", requires = "against")]
    pub goal: Option<GoalName>,
    /// Write a page to look at: the findings, the layers, and with --against how the values moved
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Exit with 0 whatever is found
    #[arg(long)]
    pub exit_zero: bool,
}

/// The words for loaders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Only errors
    Error,
    /// Warnings too
    Warning,
    /// Anything
    Info,
}

/// `ckpt explain`
#[derive(Args, Debug)]
pub struct Explain {
    /// A code or a name (F015, data-truncated), or the text of an error (`-`: from standard input)
    #[arg(required_unless_present = "all")]
    pub rules: Vec<String>,
    /// The whole book
    #[arg(long, conflicts_with = "rules")]
    pub all: bool,
}

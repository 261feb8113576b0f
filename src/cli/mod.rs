//! Every subcommand and flag, with its help; nothing else.

mod diff;
mod doctor;
mod explain;
mod goal;
mod ls;
mod output;
mod schema;
mod select;
mod settings;
mod show;

use std::path::{Path, PathBuf};

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Parser, Subcommand};

pub use diff::{Diff, DifferenceName};
pub use doctor::{Doctor, FailOn, LoaderName};
pub use explain::Explain;
pub use goal::GoalName;
pub use ls::Ls;
pub use output::{FormatName, Output, When};
pub use schema::Schema;
pub use select::{NamesName, RoleName, Select, SortName};
pub use settings::Settings;
pub use show::Show;

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
    /// Where settings come from.
    #[command(flatten)]
    pub settings: Settings,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
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
    /// The JSON Schema of an output, or of the settings
    Schema(Schema),
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
            Self::Explain(_) | Self::Rules | Self::Schema(_) => Vec::new(),
        }
    }
}

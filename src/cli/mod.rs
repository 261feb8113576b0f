//! Every subcommand and flag, with its help; nothing else.

mod call;
mod completions;
mod diff;
mod doctor;
mod explain;
mod goal;
mod help;
mod ls;
mod output;
mod schema;
mod select;
mod settings;
mod show;

use std::path::{Path, PathBuf};

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Parser, Subcommand};

pub use call::{Call, LoaderName};
pub use completions::{Completions, Man};
pub use diff::{Diff, DifferenceName, Margin};
pub use doctor::{Doctor, FailOn};
pub use explain::Explain;
pub use goal::GoalName;
pub use help::{parser, program};
pub use ls::Ls;
pub use output::{FormatName, Output, When};
pub use schema::Schema;
pub use select::{Layout, NamesName, RoleName, Select, SortName};
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
#[command(disable_help_flag = true, after_help = help::PROGRAM)]
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
    #[command(after_help = help::LS)]
    Ls(Ls),
    /// Everything known of one variable
    #[command(after_help = help::SHOW)]
    Show(Show),
    /// What changed between two checkpoints
    #[command(after_help = help::DIFF)]
    Diff(Diff),
    /// What is wrong with a checkpoint, and what to do about it
    #[command(after_help = help::DOCTOR)]
    Doctor(Doctor),
    /// The page of a rule, or the rules that know an error
    #[command(after_help = help::EXPLAIN)]
    Explain(Explain),
    /// The table of all rules
    #[command(after_help = help::RULES)]
    Rules,
    /// The JSON Schema of an output, or of the settings
    #[command(after_help = help::SCHEMA)]
    Schema(Schema),
    /// A script with which a shell completes commands, flags and names of variables
    #[command(after_help = help::COMPLETIONS)]
    Completions(Completions),
    /// The manual page of a command
    #[command(after_help = help::MAN)]
    Man(Man),
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
            Self::Completions(args) => args.variables.iter().map(PathBuf::as_path).collect(),
            Self::Explain(_) | Self::Rules | Self::Schema(_) | Self::Man(_) => Vec::new(),
        }
    }
}

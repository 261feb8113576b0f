//! How the answer is written: flags that every command has.

use std::path::PathBuf;

use clap::{ArgAction, Args, ValueEnum};

/// How the answer is written.
#[derive(Args, Debug)]
#[command(next_help_heading = "Output")]
pub struct Output {
    /// Kind of output [default: text]
    #[arg(long, global = true, value_name = "FORMAT", env = "CKPT_FORMAT", hide_env_values = true)]
    pub format: Option<FormatName>,
    /// Write the answer to a file; diff and doctor then also print it as text
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
    /// For pull requests, and the summary of a GitHub job
    Markdown,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// JUnit XML, for lists of tests
    Junit,
    /// Annotations of GitHub Actions
    Github,
    /// GitLab's code quality report
    Gitlab,
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

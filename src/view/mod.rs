//! Values to text. Knows nothing of files; the only code that writes what a user reads.

mod concerned;
mod csv;
mod escape;
mod github;
mod gitlab;
mod html;
mod json;
mod junit;
mod label;
mod map;
mod markdown;
mod outcome;
mod plain;
#[cfg(test)]
mod sample;
mod sarif;
mod text;
mod units;
mod verdict;

use std::io::{self, Write};
use std::path::Path;

pub use escape::clean;
pub use html::page;
pub use json::{SCHEMAS, Schema};
pub use map::{MapKind, map};
pub use outcome::{
    Baseline, Diff, Differences, DirectoryRow, Fails, Listing, Names, Outcome, Reports, Show, ShownValues, Sort,
    Spread, Tensor, Values,
};
pub(crate) use text::error;
use units::plural;
pub use units::{count, size};

/// The kinds of output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For people.
    Text,
    /// One line for each finding.
    Concise,
    /// For programs.
    Json,
    /// For programs that read line by line: one variable or change or finding on each.
    JsonLines,
    /// For spreadsheets.
    Csv,
    /// For pull requests.
    Markdown,
    /// For code scanning.
    Sarif,
    /// For lists of tests.
    Junit,
    /// Annotations of GitHub Actions.
    Github,
    /// GitLab's code quality.
    Gitlab,
}

/// How an output should look.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Its kind.
    pub format: Format,
    /// Whether text may be coloured.
    pub color: bool,
    /// Whether text may have characters beyond ASCII (boxes, bars).
    pub unicode: bool,
    /// Columns of the terminal; none where nothing need fit (a pipe): then nothing is cut.
    pub width: Option<usize>,
    /// Sizes in bytes instead of KiB and MiB.
    pub exact: bool,
    /// 0: all; 1: the verdict alone; 2: nothing.
    pub quiet: u8,
    /// Whether lists that are cut by default are shown in full.
    pub verbose: bool,
    /// The folder from which paths lead, if the terminal follows links; none otherwise.
    pub links: Option<&'static Path>,
    /// Digits behind the point of printed numbers.
    pub precision: usize,
}

/// Writes an outcome in the chosen style.
///
/// # Errors
/// Whatever the output says; a format that this kind of outcome does not have is refused earlier,
/// by the command line.
pub fn write(outcome: &Outcome, values: &dyn Values, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    if style.quiet >= 2 {
        return Ok(());
    }
    match (style.format, outcome) {
        (Format::Text, _) => text::write(outcome, values, style, out),
        (Format::Concise, _) => text::concise(outcome, values, style, out),
        (Format::Json, _) => json::write(outcome, values, out),
        (Format::JsonLines, _) => json::lines(outcome, out),
        (Format::Csv, _) => csv::write(outcome, out),
        (Format::Markdown, _) => markdown::write(outcome, style, out),
        (Format::Sarif, Outcome::Reports(reports)) => sarif::write(reports, style, out),
        (Format::Junit, Outcome::Reports(reports)) => junit::write(reports, style, out),
        (Format::Github, Outcome::Reports(reports)) => github::write(reports, style, out),
        (Format::Gitlab, Outcome::Reports(reports)) => gitlab::write(reports, style, out),
        (Format::Sarif | Format::Junit | Format::Github | Format::Gitlab, _) => {
            Err(io::Error::new(io::ErrorKind::Unsupported, "this answer has no findings"))
        }
    }
}

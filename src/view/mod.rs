//! Values to text. Knows nothing of files; the only code that writes what a user reads.

mod csv;
mod escape;
pub(crate) mod html;
mod json;
mod label;
mod map;
mod markdown;
mod outcome;
#[cfg(test)]
mod sample;
mod text;
mod units;
mod verdict;

use std::io::{self, Write};

pub use escape::clean;
pub use map::{MapKind, map};
pub use outcome::{
    Diff, Differences, DirectoryRow, Fails, Listing, Names, Outcome, Show, ShownValues, Sort, Spread, Tensor,
};
pub(crate) use text::error;
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
    /// Digits behind the point of printed numbers.
    pub precision: usize,
}

/// Writes an outcome in the chosen style.
///
/// # Errors
/// Whatever the output says; a format that this kind of outcome does not have is refused earlier,
/// by the command line.
pub fn write(outcome: &Outcome, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    if style.quiet >= 2 {
        return Ok(());
    }
    match style.format {
        Format::Text => text::write(outcome, style, out),
        Format::Concise => text::concise(outcome, style, out),
        Format::Json => json::write(outcome, out),
        Format::JsonLines => json::lines(outcome, out),
        Format::Csv => csv::write(outcome, out),
        Format::Markdown => markdown::write(outcome, style, out),
    }
}

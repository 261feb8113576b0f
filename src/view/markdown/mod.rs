//! Tables and sections for pull requests and reports.

mod diff;
mod doctor;
mod escape;
mod listing;

use std::io::{self, Write};

use super::{Outcome, Style};

/// Writes a listing, a comparison or reports.
///
/// # Errors
/// Whatever the output says; the other answers have no such form.
pub(super) fn write(outcome: &Outcome, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    match outcome {
        Outcome::Listing(listing) => listing::write(listing, style, out),
        Outcome::Diff(diff) => diff::write(diff, style, out),
        Outcome::Reports(reports, _) => doctor::write(reports, style, out),
        _ => Err(io::Error::new(io::ErrorKind::Unsupported, "this answer has no Markdown form")),
    }
}

/// One row of a table, of cells that are already Markdown.
fn row<S: AsRef<str>>(cells: &[S], out: &mut dyn Write) -> io::Result<()> {
    cells.iter().try_for_each(|cell| write!(out, "| {} ", cell.as_ref()))?;
    writeln!(out, "|")
}

/// A table's header; titles that begin with `>` head columns of numbers.
fn header(titles: &[&str], out: &mut dyn Write) -> io::Result<()> {
    let plain: Vec<&str> = titles.iter().map(|title| title.trim_start_matches('>')).collect();
    row(&plain, out)?;
    let rules: Vec<&str> = titles.iter().map(|title| if title.starts_with('>') { "---:" } else { "---" }).collect();
    row(&rules, out)
}

/// A number with the digits that the style asks for.
fn number(value: f64, style: &Style) -> String {
    let digits = style.precision;
    match value {
        value if !value.is_finite() => value.to_string(),
        0.0 => "0".to_owned(),
        value if (1e-3..1e6).contains(&value.abs()) => format!("{value:.digits$}"),
        value => format!("{value:.digits$e}"),
    }
}

/// `1 tensor`, `2 tensors`.
fn plural(number: u64, word: &str) -> String {
    format!("{} {word}{}", super::count(number), if number == 1 { "" } else { "s" })
}

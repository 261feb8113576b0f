//! The checkpoints of a directory as a table.

use std::io::{self, Write};

use comfy_table::{CellAlignment, Table, presets};
use jiff::tz::TimeZone;

use super::paint::Paint;
use super::wrap::{cut, hang};
use crate::model::Latest;
use crate::view::{DirectoryRow, Listing, Style, clean, count, size};

/// Writes the table, if a directory was given.
pub(super) fn write(listing: &Listing, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    if listing.history.is_empty() {
        return Ok(());
    }
    let paint = Paint::new(style);
    if listing.older > 0 {
        writeln!(out, "    {}", paint.dim(&format!("... {} older; --all lists them", count(listing.older as u64))))?;
    }
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(["", "checkpoint", "step", "saved", "model params", "optimizer", "on disk", ""]);
    for row in &listing.history {
        table.add_row(cells(row, &listing.zone, style));
    }
    for column in [2, 4, 6] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let text = table.to_string();
    let mut lines = text.lines();
    let room = style.width.unwrap_or(usize::MAX);
    if let Some(header) = lines.next() {
        writeln!(out, "{}", paint.dim(&cut(header.trim_end(), room, style.unicode)))?;
    }
    for (line, row) in lines.zip(&listing.history) {
        let line = cut(line.trim_end(), room, style.unicode);
        writeln!(out, "{}", if row.latest { paint.bold(&line) } else { line })?;
        if let Some(problem) = &row.problem {
            let line = format!("      ! {}", clean(problem));
            writeln!(out, "{}", paint.red(&cut(&line, room, style.unicode)))?;
        }
    }
    writeln!(out)
}

fn cells(row: &DirectoryRow, zone: &TimeZone, style: &Style) -> [String; 8] {
    let mark = if row.latest { "  >" } else { "" };
    let name = if row.name.is_empty() { "(no name)" } else { row.name.as_str() };
    let optimizer = match &row.optimizer {
        Some((class, 0)) => clean(class).into_owned(),
        Some((class, 1)) => format!("{} 1 slot", clean(class)),
        Some((class, kinds)) => format!("{} {kinds} slots", clean(class)),
        None => "-".to_owned(),
    };
    [
        mark.to_owned(),
        clean(name).into_owned(),
        row.step.map_or_else(|| "-".to_owned(), count_signed),
        row.saved.map_or_else(|| "-".to_owned(), |saved| time(saved, zone)),
        row.params.map_or_else(|| "-".to_owned(), count),
        optimizer,
        size(row.size, style.exact),
        standing(row).to_owned(),
    ]
}

/// What is unusual about it, in a word.
fn standing(row: &DirectoryRow) -> &'static str {
    match (row.complete, row.kept) {
        (false, _) => "incomplete",
        (true, Some(false)) => "orphaned",
        _ => "",
    }
}

fn count_signed(number: i64) -> String {
    let sign = if number < 0 { "-" } else { "" };
    format!("{sign}{}", count(number.unsigned_abs()))
}

/// A time to the minute.
fn time(seconds: i64, zone: &TimeZone) -> String {
    let Ok(timestamp) = jiff::Timestamp::from_second(seconds) else { return "-".to_owned() };
    timestamp.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
}

/// The last line of `ls --all`.
pub(super) fn verdict(listing: &Listing, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let number = listing.history.len();
    let s = if number == 1 { "" } else { "s" };
    let bytes = listing.history.iter().fold(0u64, |sum, row| sum.saturating_add(row.size));
    let broken = listing.history.iter().filter(|row| row.problem.is_some()).count();
    let broken = if broken > 0 { format!(", {broken} damaged") } else { String::new() };
    let latest = match listing.directory().map(|directory| &directory.latest) {
        Some(Latest::Path(path)) => path.file_name().map(|name| format!("; the latest is {}", name.to_string_lossy())),
        _ => None,
    };
    let latest = clean(&latest.unwrap_or_default()).into_owned();
    let line = format!("{number} checkpoint{s}{broken}, {}{latest}", size(bytes, style.exact));
    hang("", "  ", &line, style.width).iter().try_for_each(|line| writeln!(out, "{line}"))
}

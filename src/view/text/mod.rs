//! Text for people: one file for each kind of answer. Names are cleaned here, once; lines are measured
//! and wrapped before they are coloured.

mod collapse;
mod damage;
mod delta;
mod diff;
mod fit;
mod history;
mod link;
mod log;
mod ls;
mod page;
mod paint;
mod report;
mod rows;
mod saved_model;
mod schema;
mod show;
mod statistics;
mod story;
mod summary;
mod values;
mod wrap;

use std::io::{self, Write};

pub(super) use self::report::verdict;
use super::{Outcome, Style, Values, clean};
use paint::Paint;

/// Lines of a list that are shown unless all are asked for.
const CAP: usize = 5;

/// Writes an outcome for people.
pub(super) fn write(outcome: &Outcome, values: &dyn Values, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    match outcome {
        Outcome::Listing(listing) => ls::write(listing, style, out),
        Outcome::Show(show) => show::write(show, values, style, out),
        Outcome::Diff(diff) => diff::write(diff, style, out),
        Outcome::Reports(reports) if reports.statistics => statistics::write(reports, style, out),
        Outcome::Reports(reports) => report::write(reports, style, out),
        Outcome::Pages(pages) => page::pages(pages, style, out),
        Outcome::Matched(errors) => log::matched(errors, style, out),
        Outcome::Rules(rules) => page::rules(rules, style, out),
        Outcome::Schemas(schemas) => schema::write(schemas, style, out),
        Outcome::Script(text) => out.write_all(text.as_bytes()),
    }
}

/// Writes one line for each finding; what has none to list, as [`write`] does.
pub(super) fn concise(outcome: &Outcome, values: &dyn Values, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    match outcome {
        Outcome::Reports(reports) if style.quiet == 0 && !reports.statistics => {
            report::concise(&reports.list, style, out)
        }
        _ => write(outcome, values, style, out),
    }
}

/// Writes why the program could not do what it was asked for, and what to do about it.
pub(crate) fn error(message: &str, hint: Option<&str>, color: bool, out: &mut dyn Write) -> io::Result<()> {
    let paint = Paint::plain(color);
    for (i, line) in message.lines().enumerate() {
        let first = if i == 0 { paint.bold(&paint.red("error:")) } else { " ".to_owned() };
        writeln!(out, "{}", format!("{first} {}", clean(line)).trim_end())?;
    }
    for line in hint.unwrap_or_default().lines() {
        writeln!(out, "  {}", clean(line))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_a_line_and_its_hint_another() {
        let mut out = Vec::new();
        error("no \x1b[2Jfile\n  here", Some("try this\nor that"), false, &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "error: no \\x1b[2Jfile\n    here\n  try this\n  or that\n");
        let mut out = Vec::new();
        error("no file", None, true, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.starts_with('\x1b') && text.ends_with(" no file\n"), "{text:?}");
    }
}

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
        Outcome::Reports(reports) => doctor::write(reports, style, out),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{Format, sample};

    const STYLE: Style = Style {
        format: Format::Markdown,
        color: false,
        unicode: true,
        width: None,
        exact: false,
        quiet: 0,
        verbose: false,
        links: None,
        precision: 4,
    };

    fn text(outcome: &Outcome, style: &Style) -> String {
        let mut out = Vec::new();
        write(outcome, style, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    /// Cells of each table row, as a Markdown reader divides them.
    fn rows(text: &str) -> Vec<usize> {
        let bars = |line: &str| line.replace("\\|", "").matches('|').count() - 1;
        text.lines().filter(|line| line.starts_with('|')).map(bars).collect()
    }

    #[test]
    fn a_listing_keeps_its_cells() {
        let text = text(&Outcome::Listing(Box::new(sample::listing())), &STYLE);
        assert_eq!(rows(&text), [11; 6], "{text}");
        assert!(text.contains("| ``a\\x1b[2J\\nb\\|c`d\"e,f\\u{202e}g`` | float32 | [10, 64] | 640 | 2.5 KiB | NaN |"));
        assert!(text.contains("\n1 slot (``m`|\\n``): 640 values, 2.5 KiB\n"), "{text}");
        assert!(text.contains("| `層/核` = 10 |"));
        assert!(text.contains(&sample::long()));
        assert!(text.ends_with("\n**5 tensors**, 650 model parameters (1,290 values stored)\n"), "{text}");
        assert!(!text.chars().any(|c| c != '\n' && crate::view::escape::disturbs(c)));
    }

    #[test]
    fn listed_slots_and_a_limit() {
        let mut listing = sample::listing();
        (listing.list_slots, listing.limit, listing.digests) = (true, Some(1), None);
        let text = text(&Outcome::Listing(Box::new(listing)), &STYLE);
        assert_eq!(rows(&text), [5; 3]);
        assert!(text.contains("\n... and 4 more variables\n"), "{text}");
    }

    #[test]
    fn a_comparison_sums_up_and_lists() {
        let outcome = Outcome::Diff(Box::new(sample::diff()));
        let text = text(&outcome, &STYLE);
        let first = "`dir/ckpt-4` (step 8) → `dir/ckpt-4`\n\n\
                     **5 variables: 1 new (k\\\\xff\\\\n), 1 gone (層), 3 in place; 1 of 3 differ in value**\n\n\
                     Restore by checkpoint: exact no, resume NO (2 reshaped), finetune yes (new: a";
        assert!(text.starts_with(first), "{text}");
        assert!(text.contains("\n\n<details>\n<summary>3 changes</summary>\n\n|"), "{text}");
        assert!(text.ends_with("|\n\n</details>\n"), "{text}");
        assert_eq!(rows(&text), [7; 5], "{text}");
        assert!(text.contains("| - | 0.5000 | 64 of 640 |"), "{text}");
        assert!(!text.chars().any(|c| c != '\n' && crate::view::escape::disturbs(c)));
        let mut diff = sample::diff();
        diff.stat = true;
        assert_eq!(self::text(&Outcome::Diff(Box::new(diff)), &STYLE).lines().count(), 5);
    }

    #[test]
    fn a_report_has_a_section_for_each_finding() {
        let bad = sample::report("a`b", vec![sample::finding("9 of 10_000 bytes", "dir")]);
        let outcome = Outcome::Reports(Box::new(sample::reports(vec![bad, sample::report("good", Vec::new())])));
        let text = text(&outcome, &STYLE);
        assert!(text.starts_with("## ``a`b``\n\n**1 finding** (1 error). 5 tensors, 100 B; 46 rules\n"), "{text}");
        assert!(text.contains("\n### error F015: data-truncated\n\n9 of 10\\_000 bytes\n"), "{text}");
        assert!(text.contains("\nIn `dir/ckpt-4.data`, 9,311 bytes from offset 9,310\n"), "{text}");
        assert!(text.contains("\n````python\na = 1\n```\nb = 2\n````\n"), "{text}");
        assert!(text.ends_with("## `good`\n\n**Sound.** 5 tensors, 100 B; 46 rules\n"), "{text}");
        let verdicts = self::text(&outcome, &Style { quiet: 1, ..STYLE });
        assert!(!verdicts.contains("###") && verdicts.contains("**1 finding**"));
    }
}

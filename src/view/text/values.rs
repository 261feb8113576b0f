//! Values of a tensor as numpy prints them, and how they are spread.

use std::io::{self, Write};

use super::fit::fit;
use super::wrap::{pad_left, width};
use crate::model::Histogram;
use crate::view::units::number;
use crate::view::{ShownValues, Style, clean, count};

/// What stands before each line.
const MARGIN: &str = "    ";

/// Strings are cut to this where not all values were asked for: one can be a whole serialized graph.
const STRING_MAX: usize = 200;

/// The values in nested brackets, within `limit` columns; with a last line that says how many were left out, if any
/// were. They are written as they come: a row may be longer than memory.
pub(super) struct Nested<'a> {
    values: &'a ShownValues,
    is_text: bool,
    /// Columns of a line, of a string, and of each number.
    limit: usize,
    longest: usize,
    widest: usize,
    style: &'a Style,
    /// Elements in one step of each axis's parent: the whole tensor first, a row last.
    blocks: Vec<u64>,
    /// Elements that were written, and columns of the line that was begun.
    at: u64,
    columns: usize,
    out: &'a mut dyn Write,
}

impl<'a> Nested<'a> {
    pub fn new(
        values: &'a ShownValues,
        is_text: bool,
        limit: Option<usize>,
        style: &'a Style,
        out: &'a mut dyn Write,
    ) -> Self {
        let longest = if values.all { usize::MAX } else { limit.unwrap_or(STRING_MAX).min(STRING_MAX) };
        let brackets = values.shape.len().saturating_mul(2).saturating_add(4);
        Self {
            is_text,
            limit: limit.unwrap_or(usize::MAX),
            longest: longest.saturating_sub(brackets),
            widest: if is_text { 0 } else { values.widest },
            blocks: blocks(&values.shape),
            at: 0,
            columns: 0,
            values,
            style,
            out,
        }
    }

    /// Writes the next value.
    ///
    /// # Errors
    /// Whatever the output says.
    pub fn add(&mut self, text: &str) -> io::Result<()> {
        let token = pad_left(&token(text, self.is_text, self.longest, self.style), self.widest);
        let rank = self.blocks.len();
        if rank == 0 {
            self.at = self.at.saturating_add(1);
            return writeln!(self.out, "{MARGIN}{token}");
        }
        let begun = self.edges();
        self.at = self.at.saturating_add(1);
        let is_last = self.at == self.values.shown;
        let ended = self.edges();
        let close = match ended {
            0 if is_last => format!(" ...{}", "]".repeat(rank)),
            ended => "]".repeat(ended),
        };
        if begun > 0 {
            write!(self.out, "{MARGIN}{}{}", " ".repeat(rank.saturating_sub(begun)), "[".repeat(begun))?;
            self.columns = rank;
        } else {
            let needed = self.columns.saturating_add(1).saturating_add(width(&token)).saturating_add(close.len());
            if needed > self.limit {
                write!(self.out, "\n{MARGIN}{}", " ".repeat(rank))?;
                self.columns = rank;
            } else {
                self.out.write_all(b" ")?;
                self.columns = self.columns.saturating_add(1);
            }
        }
        self.columns = self.columns.saturating_add(width(&token));
        write!(self.out, "{token}{close}")?;
        if close.is_empty() {
            return Ok(());
        }
        writeln!(self.out)?;
        if ended > 1 && ended < rank {
            writeln!(self.out)?;
        }
        Ok(())
    }

    /// Writes what stands behind the last one.
    ///
    /// # Errors
    /// Whatever the output says.
    pub fn end(self) -> io::Result<()> {
        let (shown, total, rank) = (self.values.shown, self.values.total, self.blocks.len());
        if total == 0 {
            writeln!(self.out, "{MARGIN}[]")?;
        }
        if shown >= total {
            return Ok(());
        }
        let ended = self.edges();
        if shown == 0 {
            writeln!(self.out, "{MARGIN}{}...{}", "[".repeat(rank), "]".repeat(rank))?;
        } else if ended > 0 {
            let left = rank.saturating_sub(ended);
            writeln!(self.out, "{MARGIN}{}...{}", " ".repeat(left), "]".repeat(left))?;
        }
        let flag = if self.values.all { "" } else { ", --values prints all" };
        writeln!(self.out, "{MARGIN}{} of {} shown{flag}", count(shown), count(total))
    }

    /// How many axes begin, or end, in front of the next element.
    fn edges(&self) -> usize {
        self.blocks.iter().filter(|block| self.at.is_multiple_of(**block)).count()
    }
}

fn token(text: &str, is_text: bool, longest: usize, style: &Style) -> String {
    let text = clean(text);
    if is_text { format!("\"{}\"", fit(&text, longest.saturating_sub(2), style.unicode)) } else { text.into_owned() }
}

fn blocks(shape: &[u64]) -> Vec<u64> {
    let mut product = 1u64;
    let mut blocks: Vec<u64> = shape
        .iter()
        .rev()
        .map(|axis| {
            product = product.saturating_mul(*axis);
            product
        })
        .collect();
    blocks.reverse();
    blocks
}

/// Bars between the ends of the histogram, in at most `limit` columns.
pub(super) fn bars(histogram: &Histogram, limit: Option<usize>, unicode: bool) -> String {
    let (low, high) = (number(histogram.low), number(histogram.high));
    let ends = width(&low).saturating_add(width(&high)).saturating_add(2);
    let room = limit.unwrap_or(usize::MAX).saturating_sub(ends).max(1);
    // Where there are more steps than columns, neighbours share one.
    let together = histogram.counts.len().div_ceil(room).max(1);
    let counts: Vec<u64> = histogram
        .counts
        .chunks(together)
        .map(|some| some.iter().fold(0, |sum: u64, n| sum.saturating_add(*n)))
        .collect();
    let most = counts.iter().copied().max().unwrap_or(0).max(1);
    let levels: &[char] = if unicode {
        &['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█']
    } else {
        &['.', ':', '-', '=', '+', '*', '#']
    };
    let bar = |count: &u64| {
        // Rounded up: what is there at all is seen.
        let level = u128::from(*count).saturating_mul(levels.len() as u128).div_ceil(u128::from(most));
        let level = usize::try_from(level).unwrap_or(0).checked_sub(1);
        level.and_then(|level| levels.get(level)).copied().unwrap_or(' ')
    };
    format!("{low} {} {high}", counts.iter().map(bar).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::sample;

    fn written(shape: &[u64], texts: &[&str], is_text: bool, all: bool, limit: Option<usize>) -> String {
        let widest = texts.iter().map(|text| text.len()).max().unwrap_or(0);
        let (shown, total) = (texts.len() as u64, shape.iter().product());
        let values = ShownValues { shape: shape.to_vec(), shown, total, all, widest, precision: 6 };
        let mut out = Vec::new();
        let mut nested = Nested::new(&values, is_text, limit, &sample::STYLE, &mut out);
        texts.iter().for_each(|text| nested.add(text).unwrap());
        nested.end().unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<&str> = text.lines().map(|line| line.strip_prefix("    ").unwrap_or(line)).collect();
        lines.join("\n")
    }

    fn print(shape: &[u64], shown: u64, limit: Option<usize>) -> String {
        let texts: Vec<String> = (0..shown).map(|number| number.to_string()).collect();
        written(shape, &texts.iter().map(String::as_str).collect::<Vec<_>>(), false, false, limit)
    }

    #[test]
    fn brackets_are_those_of_numpy() {
        assert_eq!(print(&[], 1, None), "0");
        assert_eq!(print(&[3], 3, None), "[0 1 2]");
        assert_eq!(print(&[2, 6], 12, None), "[[ 0  1  2  3  4  5]\n [ 6  7  8  9 10 11]]");
        assert_eq!(print(&[2, 2, 1], 4, None), "[[[0]\n  [1]]\n\n [[2]\n  [3]]]");
        assert_eq!(print(&[3, 0], 0, None), "[]");
    }

    #[test]
    fn what_is_left_out_is_counted() {
        assert_eq!(print(&[2, 3], 2, None), "[[0 1 ...]]\n2 of 6 shown, --values prints all");
        assert_eq!(print(&[2, 3], 3, None), "[[0 1 2]\n ...]\n3 of 6 shown, --values prints all");
        assert_eq!(print(&[2000], 1, None), "[0 ...]\n1 of 2,000 shown, --values prints all");
    }

    #[test]
    fn rows_are_broken_where_they_must_be() {
        assert_eq!(print(&[12], 12, Some(12)), "[ 0  1  2  3\n  4  5  6  7\n  8  9 10\n 11]");
        for limit in [20, 40, 60] {
            assert!(print(&[2, 3, 40], 150, Some(limit)).lines().take(20).all(|line| width(line) <= limit));
        }
    }

    #[test]
    fn strings_are_quoted_cleaned_and_cut() {
        assert_eq!(written(&[1], &["a\u{1b}[2J"], true, false, None), "[\"a\\x1b[2J\"]");
        let long = "x".repeat(10_000);
        let cut = written(&[1], &[&long], true, false, Some(40));
        assert!(cut.lines().all(|line| width(line) <= 40), "{cut}");
        assert_eq!(written(&[1], &[&long], true, true, Some(40)), format!("[\"{long}\"]"));
    }

    #[test]
    fn bars_show_all_that_is_there() {
        let histogram = Histogram { low: -1.0, high: 1.0, counts: vec![0, 1, 500, 1000] };
        assert_eq!(bars(&histogram, None, true), "-1  ▁▄█ 1");
        assert_eq!(bars(&histogram, None, false), "-1  .=# 1");
        assert_eq!(bars(&histogram, Some(7), true), "-1 ▁█ 1");
    }
}

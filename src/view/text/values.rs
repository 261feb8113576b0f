//! Values of a tensor as numpy prints them, and how they are spread.

use super::fit::fit;
use super::wrap::{pad_left, width};
use crate::model::Histogram;
use crate::view::units::number;
use crate::view::{ShownValues, Style, clean, count};

/// Strings are cut to this where not all values were asked for: one can be a whole serialized graph.
const STRING_MAX: usize = 200;

/// The values in nested brackets, within `limit` columns; with a last line that says how many were
/// left out, if any were.
pub(super) fn nested(values: &ShownValues, is_text: bool, limit: Option<usize>, style: &Style) -> Vec<String> {
    let longest = if values.all { usize::MAX } else { limit.unwrap_or(STRING_MAX).min(STRING_MAX) };
    let depth = values.shape.len();
    let texts: Vec<String> = values
        .texts
        .iter()
        .map(|text| token(text, is_text, longest.saturating_sub(depth.saturating_mul(2).saturating_add(4)), style))
        .collect();
    let widest = if is_text { 0 } else { texts.iter().map(|text| width(text)).max().unwrap_or(0) };
    let texts: Vec<String> = texts.iter().map(|text| pad_left(text, widest)).collect();
    let shown = texts.len() as u64;
    let cut = shown < values.total;
    let mut lines = Vec::new();
    if values.shape.is_empty() || values.total == 0 {
        lines.push(if values.total == 0 { "[]".to_owned() } else { texts.concat() });
    } else {
        brackets(&texts, &values.shape, cut, limit, &mut lines);
    }
    if cut {
        let flag = if values.all { "" } else { ", --values prints all" };
        lines.push(format!("{} of {} shown{flag}", count(shown), count(values.total)));
    }
    lines
}

fn token(text: &str, is_text: bool, longest: usize, style: &Style) -> String {
    let text = clean(text);
    if is_text { format!("\"{}\"", fit(&text, longest.saturating_sub(2), style.unicode)) } else { text.into_owned() }
}

/// A line, or some where it does not fit, for each row of the last axis.
fn brackets(texts: &[String], shape: &[u64], cut: bool, limit: Option<usize>, lines: &mut Vec<String>) {
    let rank = shape.len();
    let row = shape.last().and_then(|last| usize::try_from(*last).ok()).unwrap_or(usize::MAX).max(1);
    let blocks = blocks(shape);
    // How many axes begin, or end, in front of an element.
    let edges = |at: usize| blocks.iter().filter(|block| at.is_multiple_of(**block)).count();
    let mut at = 0usize;
    for chunk in texts.chunks(row) {
        let opened = edges(at);
        at = at.saturating_add(chunk.len());
        let whole = chunk.len() == row;
        let closed = if whole { edges(at) } else { rank };
        let dots = if whole { "" } else { " ..." };
        let open = format!("{}{}", " ".repeat(rank.saturating_sub(opened)), "[".repeat(opened));
        let close = format!("{dots}{}", "]".repeat(closed));
        fill(&open, chunk, &close, rank, limit, lines);
        if closed > 1 && closed < rank {
            lines.push(String::new());
        }
        if whole && cut && at == texts.len() {
            lines.push(format!(
                "{}...{}",
                " ".repeat(rank.saturating_sub(closed)),
                "]".repeat(rank.saturating_sub(closed))
            ));
        }
    }
    if texts.is_empty() && cut {
        lines.push(format!("{}...{}", "[".repeat(rank), "]".repeat(rank)));
    }
}

/// Elements in one step of each axis's parent: the whole tensor first, a row last.
fn blocks(shape: &[u64]) -> Vec<usize> {
    let mut product = 1usize;
    let mut blocks: Vec<usize> = shape
        .iter()
        .rev()
        .map(|axis| {
            product = product.saturating_mul(usize::try_from(*axis).unwrap_or(usize::MAX));
            product
        })
        .collect();
    blocks.reverse();
    blocks
}

fn fill(open: &str, texts: &[String], close: &str, indent: usize, limit: Option<usize>, lines: &mut Vec<String>) {
    let limit = limit.unwrap_or(usize::MAX);
    let mut line = open.to_owned();
    let mut first = true;
    for (i, text) in texts.iter().enumerate() {
        let after = if i.saturating_add(1) == texts.len() { width(close) } else { 0 };
        let needed = width(&line).saturating_add(1).saturating_add(width(text)).saturating_add(after);
        if !first && needed > limit {
            lines.push(std::mem::replace(&mut line, " ".repeat(indent)));
        } else if !first {
            line.push(' ');
        }
        line.push_str(text);
        first = false;
    }
    line.push_str(close);
    lines.push(line);
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

    fn values(shape: &[u64], shown: u64) -> ShownValues {
        let total = shape.iter().product();
        ShownValues { shape: shape.to_vec(), texts: (0..shown).map(|i| i.to_string()).collect(), total, all: false }
    }

    fn print(shape: &[u64], shown: u64, limit: Option<usize>) -> String {
        nested(&values(shape, shown), false, limit, &sample::STYLE).join("\n")
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
        let mut values = values(&[1], 1);
        values.texts = vec!["a\u{1b}[2J".into()];
        assert_eq!(nested(&values, true, None, &sample::STYLE), ["[\"a\\x1b[2J\"]"]);
        values.texts = vec!["x".repeat(10_000)];
        assert!(nested(&values, true, Some(40), &sample::STYLE).iter().all(|line| width(line) <= 40));
        values.all = true;
        assert_eq!(nested(&values, true, Some(40), &sample::STYLE), [format!("[\"{}\"]", "x".repeat(10_000))]);
    }

    #[test]
    fn bars_show_all_that_is_there() {
        let histogram = Histogram { low: -1.0, high: 1.0, counts: vec![0, 1, 500, 1000] };
        assert_eq!(bars(&histogram, None, true), "-1  ▁▄█ 1");
        assert_eq!(bars(&histogram, None, false), "-1  .=# 1");
        assert_eq!(bars(&histogram, Some(7), true), "-1 ▁█ 1");
    }
}

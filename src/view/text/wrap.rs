//! Text in lines and columns: how wide it is on a terminal, and how it is padded and wrapped.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Columns that a text takes on a terminal.
pub(super) fn width(text: &str) -> usize {
    // Most names are of characters that all take one.
    let is_plain = text.bytes().all(|byte| (b' '..0x7f).contains(&byte));
    if is_plain { text.len() } else { text.width() }
}

/// The text with blanks behind it, `columns` wide if it was not wider.
pub(super) fn pad(text: &str, columns: usize) -> String {
    let missing = columns.saturating_sub(width(text));
    format!("{text}{}", " ".repeat(missing))
}

/// The text with blanks before it, `columns` wide if it was not wider.
pub(super) fn pad_left(text: &str, columns: usize) -> String {
    let missing = columns.saturating_sub(width(text));
    format!("{}{text}", " ".repeat(missing))
}

/// The text in lines of at most `limit` columns, broken at blanks; words that are wider are cut.
/// One line where there is no limit. Blanks in front of the text and between words stay.
pub(super) fn wrap(text: &str, limit: Option<usize>) -> Vec<String> {
    let Some(limit) = limit.map(|limit| limit.max(1)) else { return vec![text.to_owned()] };
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        let together = width(&line).saturating_add(1).saturating_add(width(word));
        if !line.is_empty() && together > limit {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
        } else if !line.is_empty() {
            line.push(' ');
        }
        let mut rest = word;
        while width(&line).saturating_add(width(rest)) > limit {
            let first = head(rest, limit);
            // A character wider than the limit still has to be shown.
            let first = if first.is_empty() {
                rest.chars().next().map_or("", |c| rest.split_at(c.len_utf8()).0)
            } else {
                first
            };
            lines.push(first.to_owned());
            rest = rest.strip_prefix(first).unwrap_or_default();
        }
        line.push_str(rest);
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

/// As [`wrap`], with `first` before the first line and `next` before the others, which count too. A `first` that
/// leaves little room has a line to itself.
pub(super) fn hang(first: &str, next: &str, text: &str, limit: Option<usize>) -> Vec<String> {
    let (before, behind) = (width(first), width(next));
    let columns = limit.filter(|limit| before > behind && before.saturating_add(width(text)) > *limit);
    let (beside, below) = match columns {
        Some(columns) => broken(text, columns.saturating_sub(before), columns / 3),
        None => (None, text),
    };
    let lines = wrap(
        below,
        limit.map(|limit| limit.saturating_sub(if columns.is_some() { behind } else { before.max(behind) })),
    );
    let all = beside.map(str::to_owned).into_iter().chain(lines);
    let prefixed = all.enumerate();
    prefixed.map(|(i, line)| format!("{}{line}", if i == 0 { first } else { next }).trim_end().to_owned()).collect()
}

/// The words that stand in a room, if that is not less than the `least`, and those behind them.
fn broken(text: &str, room: usize, least: usize) -> (Option<&str>, &str) {
    let blanks = text.match_indices(' ').filter_map(|(at, _)| text.split_at_checked(at));
    let fitting = blanks.take_while(|(words, _)| room >= least && width(words) <= room).last();
    fitting.map_or((Some(""), text), |(words, rest)| (Some(words), rest.trim_start()))
}

/// The text in at most `limit` columns, cut at the end: for sentences.
pub(super) fn cut(text: &str, limit: usize, unicode: bool) -> String {
    if width(text) <= limit {
        return text.to_owned();
    }
    let mark = if unicode { "…" } else { "..." };
    format!("{}{}", head(text, limit.saturating_sub(width(mark))).trim_end(), head(mark, limit))
}

/// The longest beginning of at most `limit` columns.
fn head(text: &str, limit: usize) -> &str {
    let mut columns = 0usize;
    for (at, character) in text.char_indices() {
        columns = columns.saturating_add(character.width().unwrap_or(0));
        if columns > limit {
            return text.get(..at).unwrap_or(text);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_at_blanks() {
        assert_eq!(wrap("one two three", Some(8)), ["one two", "three"]);
        assert_eq!(wrap("one two three", None), ["one two three"]);
        assert_eq!(wrap("a abcdefghij b", Some(4)), ["a", "abcd", "efgh", "ij b"]);
        assert_eq!(wrap("", Some(4)), [""]);
        assert_eq!(wrap("層層", Some(1)), ["層", "層"]);
        assert_eq!(hang("help: ", "      ", "one two", Some(10)), ["help: one", "      two"]);
        assert_eq!(hang("a rule: ", "  ", "one two three four", Some(16)), ["a rule: one two", "  three four"]);
        assert_eq!(hang("a long rule: ", "  ", "one two three", Some(16)), ["a long rule:", "  one two three"]);
        assert_eq!(hang("a long rule: ", "  ", "one", Some(16)), ["a long rule: one"]);
    }

    #[test]
    fn sentences_are_cut_at_the_end() {
        assert_eq!(cut("a data file", 11, true), "a data file");
        assert_eq!(cut("a data file", 8, true), "a data…");
        assert_eq!(cut("a data file", 8, false), "a dat...");
        assert_eq!(cut("a data file", 2, false), "..");
    }

    #[test]
    fn columns_are_those_of_the_terminal() {
        assert_eq!(pad("層", 4), "層  ");
        assert_eq!(pad_left("12", 4), "  12");
        assert_eq!(pad("long", 2), "long");
    }
}

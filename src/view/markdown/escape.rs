//! Text out of files, so that Markdown takes it as text.

use crate::view::clean;

/// Text in a code span.
pub(super) fn code(text: &str) -> String {
    let text = clean(text);
    let ticks = "`".repeat(longest_run(&text).saturating_add(1));
    // A space on each side is taken off again; without it a backtick at the end joins the fence,
    // and a text that is all spaces or nothing at all makes no span.
    let edge = |c: char| c == '`' || c == ' ';
    let space = if text.is_empty() || text.starts_with(edge) || text.ends_with(edge) { " " } else { "" };
    format!("{ticks}{space}{text}{space}{ticks}")
}

/// A code span in a table, where a bar ends the cell even inside code.
pub(super) fn cell(text: &str) -> String {
    code(text).replace('|', "\\|")
}

/// Running text, with what Markdown would take for markup escaped.
pub(super) fn prose(text: &str) -> String {
    let text = clean(text);
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '~' | '&' | '$') {
            out.push('\\');
        }
        out.push(character);
    }
    out
}

/// Text of several lines, in a fence longer than any in it.
pub(super) fn fenced(language: &str, text: &str) -> String {
    let fence = "`".repeat(longest_run(text).saturating_add(1).max(3));
    let lines: Vec<_> = text.lines().map(clean).collect();
    format!("{fence}{language}\n{}\n{fence}\n", lines.join("\n"))
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_breaks_out() {
        assert_eq!(code("dense/kernel"), "`dense/kernel`");
        assert_eq!(code("a`b``c"), "```a`b``c```");
        assert_eq!(code("`a"), "`` `a ``");
        assert_eq!(code(""), "`  `");
        assert_eq!(code("a\nb\x1b[0m"), "`a\\nb\\x1b[0m`");
        assert_eq!(cell("a|b"), "`a\\|b`");
        assert_eq!(prose("<b> *a*_b_ | [x](y)\n# z"), "\\<b\\> \\*a\\*\\_b\\_ \\| \\[x\\](y)\\\\n\\# z");
        assert_eq!(fenced("python", "x = 1\n```\ny\x1b[2J"), "````python\nx = 1\n```\ny\\x1b[2J\n````\n");
    }
}

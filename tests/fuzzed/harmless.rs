//! What must hold of an answer whatever a name holds: a terminal obeys nothing of it, a browser runs nothing.

use serde::de::IgnoredAny;

/// No name of a file may disturb a terminal. Some lists have tabs between their columns.
pub fn plain(text: &str) {
    let disturbs =
        |c: char| c.is_control() && c != '\t' || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let disturbing = text.lines().find(|line| line.contains(disturbs));
    assert!(disturbing.is_none(), "a terminal would obey {disturbing:?}");
}

pub fn json(text: &str) {
    if let Err(error) = serde_json::from_str::<IgnoredAny>(text) {
        assert!(text.is_empty(), "{error} in {text}");
    }
}

/// A text without its colours and links, beside which it may have nothing that a terminal obeys.
pub fn uncoloured(text: &str) -> String {
    let mut pieces = text.split('\u{1b}');
    let mut plain = pieces.next().unwrap_or_default().to_owned();
    let mut opened = false;
    for piece in pieces {
        let is_number = |c: char| c.is_ascii_digit() || c == ';';
        let rest = match (piece.strip_prefix("]8;;"), piece.strip_prefix('['), piece.strip_prefix('\\')) {
            (Some(address), ..) => {
                opened = !opened;
                let is_whole = opened == address.starts_with("file:///") && opened != address.is_empty();
                (is_whole && address.bytes().all(|byte| byte.is_ascii_graphic())).then_some("")
            }
            (_, Some(color), _) => color.trim_start_matches(is_number).strip_prefix('m'),
            (.., end) => end,
        };
        plain.push_str(rest.unwrap_or_else(|| panic!("a terminal would obey {piece:?}")));
    }
    assert!(!opened, "a link without an end");
    plain
}

/// The elements of a page, those without an end apart.
const ELEMENTS: [&str; 31] = [
    "article",
    "blockquote",
    "body",
    "code",
    "details",
    "div",
    "figcaption",
    "figure",
    "footer",
    "g",
    "h1",
    "h2",
    "h3",
    "head",
    "header",
    "html",
    "li",
    "line",
    "main",
    "p",
    "pre",
    "rect",
    "section",
    "small",
    "span",
    "strong",
    "style",
    "summary",
    "svg",
    "title",
    "ul",
];
const LONE: [&str; 3] = ["!DOCTYPE", "br", "meta"];

/// Their attributes: none loads or runs anything.
const ATTRIBUTES: [&str; 22] = [
    "aria-label",
    "charset",
    "class",
    "content",
    "height",
    "html",
    "http-equiv",
    "lang",
    "name",
    "open",
    "preserveAspectRatio",
    "role",
    "style",
    "title",
    "viewBox",
    "width",
    "x",
    "x1",
    "x2",
    "y",
    "y1",
    "y2",
];

/// A page has no element and no attribute but its own, one within the other as they should be.
pub fn inert(page: &str) {
    plain(page);
    let mut within = Vec::new();
    for tag in page.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').unwrap_or_else(|| panic!("a tag without an end: {tag}"));
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(within.pop(), Some(name), "in {page}");
            continue;
        }
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        if !LONE.contains(&name) {
            assert!(ELEMENTS.contains(&name), "<{tag}>");
            within.push(name);
        }
        // Every other piece lies between quotes.
        let names = attributes.split('"').step_by(2).flat_map(str::split_whitespace);
        for name in names.map(|name| name.trim_end_matches('=')) {
            assert!(ATTRIBUTES.contains(&name), "<{tag}>");
        }
    }
    assert!(within.is_empty(), "{within:?} without an end");
}

#[cfg(test)]
mod tests {
    use std::panic::{UnwindSafe, catch_unwind};

    use super::*;

    fn refused(look: impl FnOnce() + UnwindSafe) -> bool {
        catch_unwind(look).is_err()
    }

    #[test]
    fn a_page_that_runs_something_is_seen() {
        inert(
            "<!DOCTYPE html><html lang=\"en\"><details open><p class=\"a b\">&lt;script&gt;<br></p></details></html>",
        );
        let pages = [
            "<p><script>alert(1)</script></p>",
            "<p class=\"\" onclick=\"alert(1)\"></p>",
            "<p></div></p>",
            "<p><p></p>",
            "<p>\u{1b}[2J</p>",
            "<p",
        ];
        pages.iter().for_each(|page| assert!(refused(|| inert(page)), "{page}"));
    }

    #[test]
    fn a_text_that_a_terminal_obeys_is_seen() {
        let link = "\u{1b}]8;;file:///a%20b\u{1b}\\\u{1b}[1ma\u{1b}[0m b\u{1b}]8;;\u{1b}\\ c";
        assert_eq!(uncoloured(link), "a b c");
        let texts = [
            "\u{1b}[2J",
            "\u{1b}]0;title\u{7}",
            "\u{1b}]8;;file:///a\u{1b}\\a",
            "\u{1b}]8;;https://a\u{1b}\\a\u{1b}]8;;\u{1b}\\",
            "\u{1b}]8;;file:///a b\u{1b}\\a\u{1b}]8;;\u{1b}\\",
        ];
        texts.iter().for_each(|text| assert!(refused(|| drop(uncoloured(text))), "{text:?}"));
        assert!(refused(|| plain("a\u{9b}2J")) && refused(|| plain("a\u{202e}b")));
        assert!(refused(|| json("{")));
    }
}

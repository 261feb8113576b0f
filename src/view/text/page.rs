//! The book of rules: pages of `explain`, and the table of contents.

use std::io::{self, Write};

use super::paint::Paint;
use super::wrap::{cut, hang, pad, pad_left, width};
use crate::doctor::{Rule, rules};
use crate::view::{Style, plural};

/// Longer lines are tiring to read, however wide the terminal.
const WIDEST: usize = 100;
/// Columns of the names of sections, where there is room to put them beside the text.
const MARGIN: usize = 19;
/// Columns of the severities, with those of the needs: as wide as their titles.
const SEVERITY: usize = 8;
const NEEDS: usize = 6;
/// Sentences with less room beside the columns go below them.
const SENTENCE_MIN: usize = 40;
const WHAT_NEEDS: &str = "needs: index, files (sizes), bytes (checksums), values (numbers)";

/// Writes the pages of rules.
pub(super) fn pages(pages: &[&'static Rule], style: &Style, out: &mut dyn Write) -> io::Result<()> {
    for (i, rule) in pages.iter().enumerate() {
        if i > 0 && style.quiet == 0 {
            writeln!(out)?;
        }
        title(rule, style, out)?;
        if style.quiet == 0 {
            body(rule, style, out)?;
        }
    }
    Ok(())
}

fn title(rule: &Rule, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let paint = Paint::new(style);
    let name = format!("{} {}", rule.code, rule.name);
    let since = format!("{}, since {}", rule.severity.word(), rule.since);
    let room = columns(style).saturating_sub(width(&name));
    if room < width(&since).saturating_add(2) {
        writeln!(out, "{}", paint.bold(&name))?;
        return writeln!(out, "  {since}");
    }
    writeln!(out, "{}{}", paint.bold(&name), pad_left(&since, room))
}

fn columns(style: &Style) -> usize {
    style.width.unwrap_or(WIDEST).min(WIDEST)
}

fn body(rule: &Rule, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let manual = &rule.manual;
    let named = |code: &&'static str| {
        let found = rules::ALL.iter().find(|rule| rule.code == *code);
        found.map_or_else(|| (*code).to_owned(), |rule| format!("{} {}", rule.code, rule.name))
    };
    let see = manual.see.iter().map(named).collect::<Vec<_>>().join(", ");
    let sections = [
        ("What it means", paragraphs(manual.means)),
        ("What you would see", manual.you_see.iter().map(|line| Piece::Text((*line).to_owned())).collect()),
        ("How ckpt knows", paragraphs(manual.knows)),
        ("Fix", paragraphs(manual.fix)),
        ("Do not", paragraphs(manual.not)),
        ("When to ignore", paragraphs(manual.ignore)),
        ("See also", paragraphs(&see)),
    ];
    for (name, pieces) in sections {
        if !pieces.is_empty() {
            writeln!(out)?;
            section(name, &pieces, style, out)?;
        }
    }
    Ok(())
}

/// A part of a manual's text.
#[derive(Debug, PartialEq)]
enum Piece {
    /// Prose, to be wrapped.
    Text(String),
    /// A line of code, without the four blanks.
    Code(String),
    /// Between paragraphs.
    Gap,
}

/// Prose in one piece for each paragraph, code line by line.
fn paragraphs(text: &str) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for line in text.trim_end().lines().skip_while(|line| line.trim().is_empty()) {
        match (line.strip_prefix("    "), pieces.last_mut()) {
            _ if line.trim().is_empty() => pieces.push(Piece::Gap),
            (Some(code), _) => pieces.push(Piece::Code(code.trim_end().to_owned())),
            (None, Some(Piece::Text(text))) => {
                text.push(' ');
                text.push_str(line.trim());
            }
            (None, _) => pieces.push(Piece::Text(line.trim().to_owned())),
        }
    }
    pieces
}

fn section(name: &str, pieces: &[Piece], style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let paint = Paint::new(style);
    let beside = columns(style) >= 3 * MARGIN;
    let margin = if beside { " ".repeat(MARGIN) } else { "  ".to_owned() };
    let mut lines = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Text(text) => lines.extend(hang(&margin, &margin, text, Some(columns(style)))),
            Piece::Code(code) => lines.push(format!("{margin}    {code}")),
            Piece::Gap => lines.push(String::new()),
        }
    }
    if !beside {
        writeln!(out, "{}", paint.cyan(name))?;
    }
    for (i, line) in lines.iter().enumerate() {
        match line.strip_prefix(&margin).filter(|_| beside && i == 0) {
            Some(text) => writeln!(out, "{}{text}", paint.cyan(&pad(name, MARGIN)))?,
            None => writeln!(out, "{line}")?,
        }
    }
    Ok(())
}

/// Writes a line for each rule, by families.
pub(super) fn rules(rules: &[&'static Rule], style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let paint = Paint::new(style);
    let names = rules.iter().map(|rule| width(rule.name)).max().unwrap_or(0);
    if style.quiet == 0 {
        let titles = format!("  {}  {}", pad("code", 4), pad("name", names));
        let titles = if columns_fit(names, style) { format!("{titles}  severity  needs") } else { titles };
        writeln!(out, "{}", paint.dim(titles.trim_end()))?;
    }
    let mut before = None;
    for rule in rules.iter().filter(|_| style.quiet == 0) {
        let family = rule.family();
        if before != Some(family) {
            writeln!(out, "{}", paint.bold(family.title()))?;
            before = Some(family);
        }
        row(rule, names, style).iter().try_for_each(|line| writeln!(out, "{line}"))?;
    }
    let needs = if style.quiet == 0 { format!("{WHAT_NEEDS}; ") } else { String::new() };
    let last = format!("{}; {needs}ckpt explain CODE says more", plural(rules.len() as u64, "rule"));
    hang("", "  ", &last, style.width).iter().try_for_each(|line| writeln!(out, "{line}"))
}

/// Whether severity and needs fit beside the names.
fn columns_fit(names: usize, style: &Style) -> bool {
    let used = names.saturating_add(8).saturating_add(SEVERITY).saturating_add(NEEDS).saturating_add(4);
    style.width.is_none_or(|columns| used <= columns)
}

/// A rule's line, and those of its sentence if that does not fit beside it.
fn row(rule: &Rule, names: usize, style: &Style) -> Vec<String> {
    let paint = Paint::new(style);
    let room = style.width.unwrap_or(usize::MAX);
    let name = cut(rule.name, room.saturating_sub(8), style.unicode);
    let mut line = format!("  {}  {}", paint.bold(rule.code), pad(&name, names));
    let mut used = names.saturating_add(8);
    if columns_fit(names, style) {
        let severity = paint.severity(rule.severity, &pad(rule.severity.word(), SEVERITY));
        line.push_str(&format!("  {severity}  {}", pad(rule.needs.word(), NEEDS)));
        used = used.saturating_add(SEVERITY).saturating_add(NEEDS).saturating_add(4);
    }
    let means = first_sentence(rule.manual.means);
    let beside = room.saturating_sub(used).saturating_sub(2) >= SENTENCE_MIN;
    let margin = " ".repeat(if beside { used.saturating_add(2) } else { 8 });
    let sentence = hang(&margin, &margin, &means, style.width);
    let mut lines = sentence.into_iter().filter(|line| !line.is_empty());
    if beside {
        let first = lines.next().unwrap_or_default();
        line.push_str(&format!("  {}", first.trim_start()));
    }
    std::iter::once(line.trim_end().to_owned()).chain(lines).collect()
}

/// Up to the first full stop that ends a sentence.
pub(super) fn first_sentence(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.find(". ") {
        Some(end) => text.get(..=end).unwrap_or(&text).to_owned(),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::{Check, Manual, Severity};
    use crate::model::Depth;
    use crate::view::sample;

    static RULE: Rule = Rule {
        code: "Z999",
        name: "data-truncated",
        severity: Severity::Error,
        needs: Depth::Files,
        since: "0.1.0",
        check: Check::Faults,
        manual: Manual {
            means: "A data file is shorter than the index says. What lies\nbehind its end is lost.",
            you_see: &["\"Read less bytes than requested\"", "nothing, until the tensor is read"],
            knows: "",
            fix: "Copy the file again:\n\n    rsync --checksum somewhere/very/far/away/ckpt-4.data-00000-of-00001 somewhere/near/\n\nThen look again.",
            not: "",
            ignore: "Never.",
            see: &["Z998"],
        },
    };

    fn style(width: Option<usize>) -> Style {
        Style { width, ..sample::STYLE }
    }

    fn page(style: &Style) -> String {
        let mut out = Vec::new();
        pages(&[&RULE], style, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_page_has_what_the_manual_has() {
        let text = page(&style(Some(80)));
        let title = text.lines().next().unwrap();
        assert!(title.starts_with("Z999 data-truncated   ") && title.ends_with("   error, since 0.1.0"), "{title}");
        assert!(text.contains("\nWhat it means      A data file is shorter"), "{text}");
        assert!(text.contains("\nFix                Copy the file again:\n\n                       rsync "), "{text}");
        assert!(text.contains("\nSee also           Z998\n"), "{text}");
        assert!(!text.contains("Do not") && !text.contains("How ckpt knows"), "{text}");
        assert_eq!(page(&Style { quiet: 1, ..style(None) }).lines().count(), 1);
    }

    #[test]
    fn pages_fit_but_for_code() {
        for columns in [40, 60, 80, 200] {
            for line in page(&style(Some(columns))).lines().filter(|line| !line.contains("rsync")) {
                assert!(width(line) <= columns.min(WIDEST), "{line}");
            }
        }
    }

    #[test]
    fn the_register_fits() {
        for columns in [40, 60, 80] {
            let mut out = Vec::new();
            rules(&[&RULE], &style(Some(columns)), &mut out).unwrap();
            let text = String::from_utf8(out).unwrap();
            assert!(text.lines().all(|line| width(line) <= columns), "{text}");
            assert!(text.contains("Z999  data-truncated") && text.contains("\n1 rule; needs: index,"), "{text}");
            let words: Vec<&str> = text.split_whitespace().collect();
            assert!(words.join(" ").contains("A data file is shorter than the index says."), "nothing is cut: {text}");
        }
        let line = row(&RULE, 14, &style(None));
        assert_eq!(line, ["  Z999  data-truncated  error     files   A data file is shorter than the index says."]);
        let mut out = Vec::new();
        rules(&[&RULE], &Style { quiet: 1, ..style(None) }, &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "1 rule; ckpt explain CODE says more\n");
    }
}

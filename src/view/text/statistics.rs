//! How often each rule spoke.

use std::io::{self, Write};

use super::paint::Paint;
use super::report;
use super::wrap::{hang, pad, pad_left};
use crate::view::{Reports, Style, count};

/// A line for each rule, and the verdicts.
pub(super) fn write(reports: &Reports, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let rules = reports.by_rule();
    if style.quiet == 0 && !rules.is_empty() {
        let numbers: Vec<String> = rules.iter().map(|(_, _, number)| count(*number as u64)).collect();
        let columns = numbers.iter().map(String::len).max().unwrap_or(0);
        let severities = rules.iter().map(|(_, severity, _)| severity.word().len()).max().unwrap_or(0);
        for ((rule, severity, _), number) in rules.iter().zip(&numbers) {
            let word = pad(severity.word(), severities);
            let first = format!("{}  {word}  ", pad_left(number, columns));
            let next = " ".repeat(first.len());
            let paint = |line: &str| line.replacen(&word, &Paint::new(style).severity(*severity, &word), 1);
            for line in hang(&first, &next, &format!("{} {}", rule.code, rule.name), style.width) {
                writeln!(out, "{}", paint(&line))?;
            }
        }
        writeln!(out)?;
    }
    report::write(reports, &Style { quiet: style.quiet.max(1), ..*style }, out)
}

//! Errors that rules know: of a pasted text, and of a log that was held against the files.

use std::io::{self, Write};

use super::page::first_sentence;
use super::paint::Paint;
use super::wrap::{cut, hang};
use crate::doctor::log::{Judged, KnownError, Verdict};
use crate::view::{Style, clean};

/// Columns of a rule's code and name.
const RULE: usize = 34;

/// Writes the errors of a text, each with the rules that know it.
pub(super) fn matched(errors: &[KnownError], style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let paint = Paint::new(style);
    for (i, error) in errors.iter().enumerate() {
        if i > 0 {
            writeln!(out)?;
        }
        for line in hang("Matched: ", "  ", &format!("\"{}\"", clean(&error.text)), style.width) {
            writeln!(out, "{}", paint.bold(&line))?;
        }
        for (i, known) in error.rules.iter().enumerate() {
            let rank = if i == 0 { "  most likely  " } else { "  or           " };
            let rule = format!("{} {}", known.rule.code, known.rule.name);
            let gap = " ".repeat(RULE.saturating_sub(rule.len()).max(2));
            let first = format!("{rank}{rule}{gap}");
            let sentence = first_sentence(known.rule.manual.means);
            // The likely one is told; of the others it is enough to be reminded.
            let told = match (i, style.width) {
                (0, width) => hang(&first, "               ", &sentence, width),
                (_, None) => vec![format!("{first}{sentence}")],
                (_, Some(columns)) => vec![cut(&format!("{first}{sentence}"), columns, style.unicode)],
            };
            told.iter().try_for_each(|line| writeln!(out, "{line}"))?;
        }
    }
    let code = errors.first().and_then(|error| error.rules.first()).map_or("", |known| known.rule.code);
    let next = format!("ckpt doctor PATH --log FILE   says which is true of the files; ckpt explain {code} says more");
    let lines = hang("  next         ", "               ", &next, style.width);
    lines.iter().try_for_each(|line| writeln!(out, "{line}"))
}

/// Writes what the files say to the errors of a log.
pub(super) fn judged(rows: &[Judged], style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let paint = Paint::new(style);
    if rows.is_empty() {
        return writeln!(out, "the log: no error in it that a rule knows\n");
    }
    writeln!(out, "{}\n", paint.bold("the log"))?;
    let mut before: Option<(usize, &str)> = None;
    for row in rows {
        if before != Some((row.line, row.text.as_str())) {
            let times = if row.times > 1 {
                format!(", and {} more like it", row.times.saturating_sub(1))
            } else {
                String::new()
            };
            let first = format!("  line {}{times}: ", row.line);
            for line in hang(&first, "    ", &clean(&row.text), style.width) {
                writeln!(out, "{line}")?;
            }
        }
        before = Some((row.line, row.text.as_str()));
        let rule = format!("{} {}", row.rule.code, row.rule.name);
        let said = format!("{}: {}", row.verdict.words(), clean(row.verdict.why()));
        let gap = " ".repeat(RULE.saturating_sub(rule.len()).max(2));
        for line in hang(&format!("    {rule}{gap}"), "      ", &said, style.width) {
            let is_confirmed = matches!(row.verdict, Verdict::Confirmed(_));
            writeln!(out, "{}", if is_confirmed { paint.bold(&line) } else { line })?;
        }
    }
    writeln!(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::log::known_errors;
    use crate::view::sample;
    use crate::view::text::wrap::width;

    fn told(columns: Option<usize>) -> String {
        let errors = known_errors("Key fc1/bias not found in checkpoint");
        assert!(errors[0].rules.len() > 2, "{errors:?}");
        let mut out = Vec::new();
        matched(&errors, &Style { width: columns, ..sample::STYLE }, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_likely_rule_is_told_and_others_have_a_line_each() {
        for columns in [None, Some(100), Some(60), Some(40)] {
            let text = told(columns);
            let mut lines = text.lines().skip_while(|line| !line.starts_with("  or "));
            let others: Vec<&str> = lines.by_ref().take_while(|line| !line.starts_with("  next ")).collect();
            assert_eq!(others.len(), 3, "{text}");
            assert!(others.iter().all(|line| line.starts_with("  or           ")), "{text}");
            assert!(text.lines().all(|line| width(line) <= columns.unwrap_or(usize::MAX)), "{text}");
        }
        let words: Vec<String> = told(Some(60)).split_whitespace().map(str::to_owned).collect();
        assert!(
            words.join(" ").contains("every variable of the graph by its exact name. or "),
            "the likely one is not cut"
        );
    }
}

//! `ckpt doctor`.

use std::io::{self, Write};

use super::escape::{code, fenced, prose};
use super::{header, row};
use crate::doctor::log::Judged;
use crate::doctor::{Finding, Report, Severity};
use crate::view::concerned::Concerned;
use crate::view::{Reports, Style, count, plural, size};

/// Most names of variables in a finding unless all are asked for.
const NAMES: usize = 5;

/// A heading and a verdict for each path, and a section for each finding.
pub(super) fn write(reports: &Reports, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    if reports.statistics && style.quiet == 0 {
        statistics(reports, out)?;
    }
    for (i, report) in reports.list.iter().enumerate() {
        if i > 0 {
            writeln!(out)?;
        }
        writeln!(out, "## {}\n\n{}", code(&report.subject), verdict(report, style))?;
        if let Some(goals) = &report.goals {
            writeln!(out, "\n{}", prose(&crate::view::verdict::restore(goals)))?;
        }
        if style.quiet > 0 || reports.statistics {
            continue;
        }
        if let Some(rows) = &report.log {
            log(rows, out)?;
        }
        for line in &report.looked.not_examined {
            writeln!(out, "\nNot examined: {}", prose(line))?;
        }
        report.findings.iter().try_for_each(|one| finding(one, style, out))?;
        for known in &report.known {
            let rule = known.finding.rule;
            writeln!(out, "\nKnown: {} {} ({})", rule.code, prose(rule.name), prose(&known.reason))?;
        }
    }
    for note in reports.baseline.iter().flat_map(|baseline| &baseline.notes).filter(|_| style.quiet == 0) {
        writeln!(out, "\n{}", prose(note))?;
    }
    Ok(())
}

/// What the files say to the errors of a log.
fn log(rows: &[Judged], out: &mut dyn Write) -> io::Result<()> {
    if rows.is_empty() {
        return writeln!(out, "\nThe log: no error in it that a rule knows.");
    }
    writeln!(out, "\nThe log:\n")?;
    for row in rows {
        let rule = format!("{} {}", row.rule.code, row.rule.name);
        let (verdict, why) = (row.verdict.words(), prose(row.verdict.why()));
        writeln!(out, "- line {}: {} {}: {verdict}: {why}", row.line, code(&row.text), prose(&rule))?;
    }
    Ok(())
}

/// How often each rule spoke.
fn statistics(reports: &Reports, out: &mut dyn Write) -> io::Result<()> {
    let rules = reports.by_rule();
    if rules.is_empty() {
        return Ok(());
    }
    header(&[">findings", "severity", "rule"], out)?;
    for (rule, severity, number) in rules {
        let rule = format!("{} {}", rule.code, rule.name);
        row(&[count(number as u64), severity.word().to_owned(), rule], out)?;
    }
    writeln!(out)
}

fn verdict(report: &Report, style: &Style) -> String {
    let looked = &report.looked;
    let tensors = plural(looked.tensors as u64, "tensor");
    let seen = format!("{tensors}, {}; {}", size(looked.bytes, style.exact), plural(looked.rules as u64, "rule"));
    if report.findings.is_empty() {
        let word = if looked.complete { "Sound" } else { "Nothing found, but not all was examined" };
        return format!("**{word}.** {seen}");
    }
    let counts = [Severity::Error, Severity::Warning, Severity::Info].map(|severity| {
        let number = report.count(severity);
        (number > 0).then(|| plural(number as u64, if severity == Severity::Info { "note" } else { severity.word() }))
    });
    let counts: Vec<String> = counts.into_iter().flatten().collect();
    format!("**{}** ({}). {seen}", plural(report.findings.len() as u64, "finding"), counts.join(", "))
}

fn finding(finding: &Finding, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let rule = finding.rule;
    writeln!(out, "\n### {} {}: {}\n\n{}", finding.severity.word(), rule.code, rule.name, prose(&finding.message))?;
    if let Some(path) = &finding.path {
        let bytes = finding.span.as_ref().map(|span| {
            let length = span.bytes.end.saturating_sub(span.bytes.start);
            format!(", {} from offset {}", plural(length, "byte"), count(span.bytes.start))
        });
        writeln!(out, "\nIn {}{}", code(path), bytes.unwrap_or_default())?;
    }
    if !finding.evidence.is_empty() {
        writeln!(out)?;
    }
    finding.evidence.iter().try_for_each(|line| writeln!(out, "- {}", prose(line)))?;
    if let Some(concerned) = Concerned::of(finding) {
        let also = if concerned.besides { " also" } else { "" };
        writeln!(out, "\nConcerns{also} {}", names(&concerned.names, style))?;
    }
    if let Some(line) = &finding.tensorflow {
        writeln!(out, "\nTensorFlow: {}", prose(line))?;
    }
    if let Some(help) = &finding.help {
        writeln!(out, "\n**What to do:** {}", help.lines().map(prose).collect::<Vec<_>>().join("\n"))?;
    }
    finding.fixes.iter().try_for_each(|fix| write!(out, "\n{}", fenced(fix.kind, &fix.text)))
}

fn names(names: &[&str], style: &Style) -> String {
    let shown = if style.verbose { names.len() } else { NAMES.min(names.len()) };
    let list: Vec<String> = names.iter().take(shown).map(|name| code(name)).collect();
    let rest = names.len().saturating_sub(shown);
    let more = if rest > 0 { format!(" and {} more", count(rest as u64)) } else { String::new() };
    format!("{}{more}", list.join(", "))
}

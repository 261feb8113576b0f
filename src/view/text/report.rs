//! Reports of the doctor: findings under the file that they are about, then how far we looked, and
//! last the verdict.

use std::collections::BTreeSet;
use std::io::{self, Write};

use super::fit::fit;
use super::link;
use super::log;
use super::paint::Paint;
use super::wrap::hang;
use super::{CAP, diff};
use crate::doctor::{Checksums, Finding, Known, Report, Severity, Summary};
use crate::model::Depth;
use crate::view::concerned::Concerned;
use crate::view::{Reports, Style, clean, count, plural};

/// Writes the reports; of several, each with its path, and a line on all of them.
pub(super) fn write(all: &Reports, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let reports = all.list.as_slice();
    let several = reports.len() > 1;
    for (i, report) in reports.iter().enumerate() {
        if style.quiet == 0 {
            if i > 0 {
                writeln!(out)?;
            }
            findings(report, style, out)?;
            if let Some(rows) = &report.log {
                log::judged(rows, style, out)?;
            }
            let loader = report.loader.as_ref();
            let loads = loader.and_then(|loader| Some(format!("loads with  {}", loader.call.as_ref()?)));
            let note = loader.and_then(|loader| loader.note.as_ref());
            for line in report.identity.iter().chain(&loads).chain(note) {
                lines(&hang("", "  ", &clean(line), style.width), out, |line| Paint::new(style).dim(line))?;
            }
            if i.saturating_add(1) == reports.len() {
                aside(all, style, out)?;
            }
        }
        let verdict = verdict(report, several);
        lines(&hang("", "  ", &clean(&verdict), style.width), out, |line| conclude(report, line, style))?;
        report.goals.as_ref().map_or(Ok(()), |goals| diff::restore(goals, style, out))?;
    }
    if several {
        if style.quiet == 0 {
            writeln!(out)?;
        }
        lines(&hang("", "  ", &total(reports), style.width), out, |line| Paint::new(style).bold(line))?;
    }
    Ok(())
}

/// What was settled beforehand: known findings, and settings that were not given with the command.
fn aside(reports: &Reports, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let known: usize = reports.list.iter().map(|report| report.known.len()).fold(0, usize::saturating_add);
    let mut told = Vec::new();
    if let Some(baseline) = &reports.baseline {
        told.push(match baseline.written {
            Some(written) => format!("{}: {} written", baseline.file, plural(written as u64, "known finding")),
            None => format!("{}: {} left out", baseline.file, plural(known as u64, "known finding")),
        });
        let shown = if style.verbose { baseline.notes.len() } else { CAP };
        told.extend(baseline.notes.iter().take(shown).cloned());
        if let more @ 1.. = baseline.notes.len().saturating_sub(shown) {
            told.push(format!("and {} more   -v", count(more as u64)));
        }
    }
    told.extend(reports.settings.iter().map(|file| format!("settings  {file}")));
    for line in told {
        lines(&hang("", "  ", &clean(&line), style.width), out, |line| Paint::new(style).dim(line))?;
    }
    Ok(())
}

/// One line for each finding, and nothing else.
pub(super) fn concise(reports: &[Report], style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let paint = Paint::new(style);
    for report in reports {
        for finding in &report.findings {
            let path = finding.path.as_deref().unwrap_or(&report.subject);
            let what = format!("{} {}", finding.severity.word(), finding.rule.code);
            let what = paint.severity(finding.severity, &what);
            writeln!(out, "{}: {what} {}: {}", clean(path), finding.rule.name, clean(&finding.message))?;
        }
    }
    Ok(())
}

fn findings(report: &Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let paint = Paint::new(style);
    for (path, findings) in by_path(report) {
        let shown = clean(path);
        let shown = style.width.map_or(shown.clone(), |columns| fit(&shown, columns, style.unicode));
        writeln!(out, "{}\n", link::to_file(path, &paint.bold(&shown), style.links))?;
        for finding in findings {
            write_finding(finding, style, out)?;
            writeln!(out)?;
        }
    }
    for Known { finding, reason } in report.known.iter().filter(|_| style.verbose) {
        let line = format!("known: {} {}: {} ({reason})", finding.rule.code, finding.rule.name, finding.message);
        lines(&hang("", "  ", &clean(&line), style.width), out, |line| paint.dim(line))?;
    }
    for line in &report.looked.not_examined {
        lines(&hang("not examined: ", "  ", &clean(line), style.width), out, |line| paint.dim(line))?;
    }
    for line in granted(report) {
        lines(&hang("taken for granted: ", "  ", &clean(line), style.width), out, |line| paint.dim(line))?;
    }
    Ok(())
}

/// What predictions rest on, each once.
fn granted(report: &Report) -> BTreeSet<&str> {
    report.predictions.iter().flat_map(|forecast| &forecast.rests_on).map(String::as_str).collect()
}

/// The findings of each path, in the order in which the paths come first: the worst.
fn by_path(report: &Report) -> Vec<(&str, Vec<&Finding>)> {
    let mut groups: Vec<(&str, Vec<&Finding>)> = Vec::new();
    for finding in &report.findings {
        let path = finding.path.as_deref().unwrap_or(&report.subject);
        match groups.iter_mut().find(|(other, _)| *other == path) {
            Some((_, findings)) => findings.push(finding),
            None => groups.push((path, vec![finding])),
        }
    }
    groups
}

fn write_finding(finding: &Finding, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let paint = Paint::new(style);
    let label = format!("{}[{}]", finding.severity.word(), finding.rule.code);
    let title = format!("{label} {}: {}", finding.rule.name, clean(&finding.message));
    lines(&hang("", "  ", &title, style.width), out, |line| match line.strip_prefix(&label) {
        Some(rest) => format!("{}{rest}", paint.severity(finding.severity, &label)),
        None => line.to_owned(),
    })?;
    let plain = |line: &str| line.to_owned();
    for line in &finding.evidence {
        lines(&hang("  ", "    ", &clean(line), style.width), out, plain)?;
    }
    if let Some(line) = concerned(finding, style.verbose) {
        lines(&hang("  ", "    ", &line, style.width), out, plain)?;
    }
    if let Some(line) = &finding.tensorflow {
        lines(&hang("  TensorFlow says: ", "    ", &clean(line), style.width), out, |line| paint.dim(line))?;
    }
    for (i, line) in finding.help.as_deref().unwrap_or_default().lines().enumerate() {
        let first = if i == 0 { "  help: " } else { "        " };
        lines(&hang(first, "        ", &clean(line), style.width), out, |line| help(line, paint))?;
    }
    finding.fixes.iter().try_for_each(|fix| write_fix(&fix.text, style.verbose, out))
}

/// Lines of a fix that are shown; of a longer one, that many at its beginning and a few at its end.
const FIX: usize = 40;
const FIX_END: usize = 3;

/// A command or a script.
fn write_fix(text: &str, all: bool, out: &mut dyn Write) -> io::Result<()> {
    // To be pasted: never broken, however narrow the terminal.
    let mut write = |line: &str| writeln!(out, "{}", format!("        {}", clean(line)).trim_end());
    let lines: Vec<&str> = text.lines().collect();
    let end = lines.len().saturating_sub(FIX_END);
    if all || end <= FIX {
        return lines.into_iter().try_for_each(write);
    }
    let (shown, rest) = lines.split_at(FIX);
    shown.iter().try_for_each(|line| write(line))?;
    write(&format!("... {} lines more; -v shows them", count((end - FIX) as u64)))?;
    rest.iter().rev().take(FIX_END).rev().try_for_each(|line| write(line))
}

fn help(line: &str, paint: Paint) -> String {
    match line.strip_prefix("  help:") {
        Some(rest) => format!("  {}{rest}", paint.cyan("help:")),
        None => line.to_owned(),
    }
}

/// The variables that it concerns and does not name, at most five of them unless all are wanted; of more that stand
/// beside named ones only their number.
fn concerned(finding: &Finding, all: bool) -> Option<String> {
    let concerned = Concerned::of(finding)?;
    if concerned.besides && !all && concerned.names.len() > CAP {
        return Some(format!("variables: {} in all   -v lists them", count(finding.variables.len() as u64)));
    }
    let shown = if all { concerned.names.len() } else { CAP };
    let listed: Vec<_> = concerned.names.iter().take(shown).map(|name| clean(name)).collect();
    let more = concerned.names.len().saturating_sub(shown);
    let rest = if more > 0 { format!(" and {} more   -v", count(more as u64)) } else { String::new() };
    Some(format!("{}: {}{rest}", concerned.title(), listed.join(", ")))
}

/// What it comes to, with how far we looked. Findings name their files themselves, so the path is
/// named with them only among several.
pub(in crate::view) fn verdict(report: &Report, several: bool) -> String {
    let looked = &report.looked;
    let subject = looked.checkpoints.first().unwrap_or(&report.subject);
    let against = looked.against.as_ref().map(|label| format!(", held against {label}")).unwrap_or_default();
    let rules = format!("{}{against}", plural(looked.rules as u64, "rule"));
    if !report.reaches(Severity::Warning) {
        return format!("{subject}: {}; {rules}", nothing_wrong(looked, report.findings.len()));
    }
    let before = if several { format!("{subject}: ") } else { String::new() };
    format!(
        "{before}{} ({}); {rules}, {}",
        plural(report.findings.len() as u64, "finding"),
        by_severity(std::slice::from_ref(report)),
        reach(looked)
    )
}

/// Said where nothing is worse than a note: "sound" only of what was examined in full.
fn nothing_wrong(looked: &Summary, notes: usize) -> String {
    let notes = if notes > 0 { format!(", with {}", plural(notes as u64, "note")) } else { String::new() };
    let tensors = plural(looked.tensors as u64, "tensor");
    let bytes = count(looked.bytes);
    if looked.checkpoints.is_empty() {
        format!("no checkpoint could be opened{notes}")
    } else if looked.depth < Depth::Bytes {
        let what = if looked.depth == Depth::Index { "index" } else { "index and file sizes" };
        format!("no fault in {what}; the data were not read{notes}. {tensors}, {bytes} bytes")
    } else if looked.complete {
        let checksums = match looked.checksums {
            Checksums::Tensors => "every checksum verified",
            Checksums::Members => "every checksum of the archive verified",
            Checksums::Nothing => "which have no checksums",
        };
        match looked.bytes {
            // A graph, or what has no variables.
            0 => format!("sound{notes}. {tensors}, no values"),
            _ => format!("sound{notes}. {tensors}, {bytes} bytes, {checksums}"),
        }
    } else {
        format!("no fault in what was examined{notes}. {tensors}, {}", reach(looked))
    }
}

/// How much was read, in words.
fn reach(looked: &Summary) -> String {
    if looked.checkpoints.is_empty() {
        "no checkpoint could be opened".to_owned()
    } else if looked.depth < Depth::Bytes {
        "indexes and file sizes only".to_owned()
    } else if looked.bytes == 0 {
        "no data described".to_owned()
    } else if looked.bytes_read == looked.bytes {
        format!("every byte read ({})", count(looked.bytes))
    } else {
        format!("{} of {} bytes read", count(looked.bytes_read), count(looked.bytes))
    }
}

fn by_severity(reports: &[Report]) -> String {
    let severities = [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Info, "note")];
    let words = severities.into_iter().filter_map(|(severity, word)| {
        let number = reports.iter().map(|report| report.count(severity)).fold(0, usize::saturating_add);
        (number > 0).then(|| plural(number as u64, word))
    });
    words.collect::<Vec<_>>().join(", ")
}

/// A line on several reports together.
fn total(reports: &[Report]) -> String {
    let findings = reports.iter().map(|report| report.findings.len()).fold(0, usize::saturating_add);
    let opened = reports.iter().all(|report| !report.looked.checkpoints.is_empty());
    let what = if opened { "checkpoints" } else { "paths" };
    let partly = reports.iter().filter(|report| !report.looked.complete).count();
    let partly = if partly > 0 { format!("; {} not examined in full", count(partly as u64)) } else { String::new() };
    if findings == 0 {
        return format!("no findings in {} {what}{partly}", count(reports.len() as u64));
    }
    let concerned = reports.iter().filter(|report| !report.findings.is_empty()).count();
    format!(
        "{} in {concerned} of {} {what} ({}){partly}",
        plural(findings as u64, "finding"),
        reports.len(),
        by_severity(reports)
    )
}

fn conclude(report: &Report, line: &str, style: &Style) -> String {
    let paint = Paint::new(style);
    match report.findings.iter().map(|finding| finding.severity).max() {
        Some(severity @ (Severity::Error | Severity::Warning)) => paint.severity(severity, line),
        _ if report.looked.complete => paint.green(line),
        _ => line.to_owned(),
    }
}

fn lines(lines: &[String], out: &mut dyn Write, paint: impl Fn(&str) -> String) -> io::Result<()> {
    lines.iter().try_for_each(|line| writeln!(out, "{}", paint(line)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::{Check, Manual, Rule};
    use crate::view::sample;

    static RULE: Rule = Rule {
        code: "F015",
        name: "data-truncated",
        severity: Severity::Error,
        needs: Depth::Files,
        since: "0.1.0",
        check: Check::Faults,
        manual: Manual { means: "", you_see: &[], knows: "", fix: "", not: "", ignore: "", see: &[] },
    };

    #[test]
    fn of_a_long_fix_both_ends_are_shown() {
        let written = |count: usize, all| {
            let text: Vec<String> = (0..count).map(|number| format!("line {number}")).collect();
            let mut out = Vec::new();
            write_fix(&text.join("\n"), all, &mut out).unwrap();
            String::from_utf8(out).unwrap().lines().map(|line| line.trim().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(written(FIX + FIX_END, false).len(), FIX + FIX_END);
        assert_eq!(written(5_000, true).len(), 5_000);
        let cut = written(5_000, false);
        assert_eq!(cut.len(), FIX + 1 + FIX_END);
        assert_eq!(cut[FIX..], ["... 4,957 lines more; -v shows them", "line 4997", "line 4998", "line 4999"]);
    }

    fn style(width: Option<usize>) -> Style {
        Style { width, ..sample::STYLE }
    }

    fn report(findings: Vec<Finding>) -> Report {
        let looked = Summary {
            against: None,
            depth: Depth::Bytes,
            rules: 46,
            checkpoints: vec!["good/ckpt-4".into()],
            tensors: 16,
            bytes: 18_621,
            bytes_read: 18_621,
            checksums: Checksums::Tensors,
            complete: true,
            not_examined: vec![],
        };
        Report {
            subject: "good".into(),
            identity: None,
            loader: None,
            findings,
            known: vec![],
            skipped: vec![],
            predictions: vec![],
            goals: None,
            renamed: vec![],
            log: None,
            looked,
        }
    }

    fn finding(severity: Severity, variables: usize) -> Finding {
        let mut finding = Finding::new(&RULE, "9,310 bytes on disk, the index describes 18,621")
            .path("ckpts/ckpt-4.data-00000-of-00001")
            .variables((0..variables).map(|i| format!("model/layer_{i}/\u{1b}[2Jkernel")).collect())
            .evidence("lost: the last bytes of the file, the object graph among them")
            .tensorflow("\"Read less bytes than requested\" (IndexError)")
            .help("copy the file again.\nckpts/ckpt-3 is whole:")
            .python("import tensorflow as tf\ncheckpoint.restore(\"ckpts/a-path-that-is-longer-than-forty-columns/ckpt-3\")");
        finding.severity = severity;
        finding
    }

    fn text(reports: &[Report], style: &Style) -> String {
        let mut out = Vec::new();
        write(&sample::reports(reports.to_vec()), style, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn sound_is_said_only_of_what_was_examined_in_full() {
        let mut report = report(vec![]);
        let last = |report: &Report| text(std::slice::from_ref(report), &style(None));
        assert_eq!(last(&report), "good/ckpt-4: sound. 16 tensors, 18,621 bytes, every checksum verified; 46 rules\n");
        report.looked.complete = false;
        report.looked.bytes_read = 9_310;
        assert!(last(&report).contains("no fault in what was examined. 16 tensors, 9,310 of 18,621 bytes read;"));
        report.looked.bytes = 0;
        assert!(last(&report).ends_with("16 tensors, no data described; 46 rules\n"));
        report.looked.depth = Depth::Files;
        assert!(last(&report).contains("no fault in index and file sizes; the data were not read."));
        report.looked.checkpoints.clear();
        assert_eq!(last(&report), "good: no checkpoint could be opened; 46 rules\n");
    }

    #[test]
    fn a_note_is_no_fault() {
        let text = text(&[report(vec![finding(Severity::Info, 0)])], &style(None));
        assert!(text.contains("good/ckpt-4: sound, with 1 note. 16 tensors"), "{text}");
    }

    #[test]
    fn a_finding_says_what_where_and_what_next() {
        let mut report = report(vec![finding(Severity::Error, 12), finding(Severity::Warning, 0)]);
        report.looked.not_examined.push("3 tensors could not be read".into());
        let text = text(&[report], &style(None));
        assert!(
            text.starts_with("ckpts/ckpt-4.data-00000-of-00001\n\nerror[F015] data-truncated: 9,310 bytes"),
            "{text}"
        );
        assert!(text.contains("kernel and 7 more   -v\n"), "{text}");
        assert!(text.contains("\n  help: copy the file again.\n        ckpts/ckpt-3 is whole:\n"), "{text}");
        assert!(text.contains("\nnot examined: 3 tensors could not be read\n"), "{text}");
        assert!(text.ends_with("2 findings (1 error, 1 warning); 46 rules, every byte read (18,621)\n"), "{text}");
        assert_eq!(text.matches("ckpt-4.data").count(), 1, "one heading for both findings: {text}");
    }

    #[test]
    fn names_are_said_once() {
        let said = |line: &str, names: &[&str], all: bool| {
            let names = names.iter().map(|name| (*name).to_owned()).collect();
            concerned(&finding(Severity::Error, 0).evidence(line).variables(names), all)
        };
        let told = |line: &str, names: &[&str]| said(line, names, false);
        assert_eq!(said("not stored: d/a, d/b", &["d/a", "d/b"], true), None, "nor twice with -v");
        assert_eq!(said("not stored: d/a and 1 more", &["d/a", "d/b"], true).as_deref(), Some("other variables: d/b"));
        assert_eq!(told("a/kernel -> would fill b/kernel", &["b/kernel"]), None);
        let many = ["d/a", "d/b", "d/c", "d/d", "d/e", "d/f", "d/g"];
        assert_eq!(told("d/a and 6 more", &many).as_deref(), Some("variables: 7 in all   -v lists them"));
        assert_eq!(told("nothing of the kind", &["a/kernel"]).as_deref(), Some("variables: a/kernel"));
    }

    #[test]
    fn all_variables_with_verbose() {
        let style = Style { verbose: true, ..style(None) };
        let text = text(&[report(vec![finding(Severity::Error, 12)])], &style);
        assert!(text.contains("layer_11/") && !text.contains("more"), "{text}");
    }

    #[test]
    fn only_code_is_wider_than_the_terminal() {
        for width in [40, 60, 80] {
            let text = text(&[report(vec![finding(Severity::Error, 12)])], &style(Some(width)));
            for line in text.lines().filter(|line| !line.contains("checkpoint.restore(")) {
                assert!(super::super::wrap::width(line) <= width, "{line}");
            }
            assert!(text.contains("/a-path-that-is-longer-than-forty-columns/ckpt-3\")\n"));
            assert!(!text.contains('\u{1b}'));
        }
    }

    #[test]
    fn several_reports_end_with_a_total() {
        let reports = [report(vec![finding(Severity::Error, 0)]), report(vec![])];
        let quiet = text(&reports, &Style { quiet: 1, ..style(None) });
        let mut lines = quiet.lines();
        assert!(lines.next().unwrap().starts_with("good/ckpt-4: 1 finding (1 error);"), "{quiet}");
        assert!(lines.next().unwrap().starts_with("good/ckpt-4: sound."), "{quiet}");
        assert_eq!(lines.next(), Some("1 finding in 1 of 2 checkpoints (1 error)"));
        assert_eq!(lines.next(), None);
        assert!(text(&reports, &style(None)).ends_with("\n1 finding in 1 of 2 checkpoints (1 error)\n"));
    }

    #[test]
    fn concise_is_a_line_each() {
        let mut out = Vec::new();
        concise(&[report(vec![finding(Severity::Error, 3)]), report(vec![])], &style(Some(40)), &mut out).unwrap();
        let expected = "ckpts/ckpt-4.data-00000-of-00001: error F015 data-truncated: \
                        9,310 bytes on disk, the index describes 18,621\n";
        assert_eq!(String::from_utf8(out).unwrap(), expected);
    }
}

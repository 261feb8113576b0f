//! A finding in plain text, and its place as other programs want it: for formats that are shown by somebody else.

use std::borrow::Cow;

use super::concerned::Concerned;
use super::{Reports, Style, clean, count};
use crate::doctor::{Finding, Report, Severity};

/// Most names of variables in a text unless all are asked for.
const NAMES: usize = 20;

/// The file that a finding is about.
pub(super) fn file<'a>(report: &'a Report, finding: &'a Finding) -> &'a str {
    finding.path.as_deref().unwrap_or(&report.subject)
}

/// A path as from the root of a repository: with slashes, and nothing in front.
pub(super) fn path(path: &str) -> Cow<'_, str> {
    let path = if cfg!(windows) { Cow::Owned(path.replace('\\', "/")) } else { Cow::Borrowed(path) };
    match path.strip_prefix("./") {
        Some(rest) if !rest.is_empty() => Cow::Owned(rest.to_owned()),
        _ => path,
    }
}

/// Code and name.
pub(super) fn title(finding: &Finding) -> String {
    format!("{} {}", finding.rule.code, finding.rule.name)
}

/// What a finding says below its message, a line each.
pub(super) fn details(finding: &Finding, style: &Style) -> Vec<String> {
    let mut lines: Vec<String> = finding.evidence.iter().map(|line| clean(line).into_owned()).collect();
    if let Some(concerned) = Concerned::of(finding) {
        let shown = if style.verbose { usize::MAX } else { NAMES };
        let names: Vec<_> = concerned.names.iter().take(shown).map(|name| clean(name)).collect();
        let more = match concerned.names.len().saturating_sub(shown) {
            0 => String::new(),
            more => format!(" and {} more", count(more as u64)),
        };
        lines.push(format!("{}: {}{more}", concerned.title(), names.join(", ")));
    }
    lines.extend(finding.tensorflow.iter().map(|line| format!("TensorFlow says: {}", clean(line))));
    for (i, line) in finding.help.as_deref().unwrap_or_default().lines().enumerate() {
        lines.push(format!("{}{}", if i == 0 { "help: " } else { "" }, clean(line)));
    }
    lines.extend(finding.fixes.iter().flat_map(|fix| fix.text.lines()).map(|line| format!("    {}", clean(line))));
    lines
}

/// What was not looked at, a line each.
pub(super) fn unseen(report: &Report) -> impl Iterator<Item = String> {
    report.looked.not_examined.iter().map(|line| format!("not examined: {}", clean(line)))
}

/// That the goal which decides is not reached, and why.
pub(super) fn missed(reports: &Reports, report: &Report) -> Option<String> {
    let goal = reports.missed(report)?;
    let verdicts = report.goals.iter().flat_map(|goals| &goals.verdicts);
    let reasons = verdicts.filter(|verdict| verdict.goal == goal).flat_map(|verdict| &verdict.reasons);
    let reasons: Vec<_> = reasons.map(|reason| clean(reason)).collect();
    let why = if reasons.is_empty() { String::new() } else { format!(": {}", reasons.join(", ")) };
    Some(format!("a restore does not do for {}{why}", goal.word()))
}

/// What is to be said of the baseline, a line each.
pub(super) fn remarks(reports: &Reports) -> impl Iterator<Item = String> {
    reports.baseline.iter().flat_map(|baseline| {
        let line = |note: &String| format!("{}: {}", clean(&baseline.file), clean(note));
        baseline.notes.iter().map(line)
    })
}

/// One of three words.
pub(super) fn by_severity<T>(severity: Severity, error: T, warning: T, info: T) -> T {
    match severity {
        Severity::Error => error,
        Severity::Warning => warning,
        Severity::Info => info,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::sample;

    #[test]
    fn a_finding_is_told_in_lines_without_harm() {
        let lines = details(&sample::finding("message", "dir"), &sample::STYLE);
        assert_eq!(lines[0], "a\\x1b[2J\\nb|c`d\"e,f\\u{202e}g");
        assert_eq!(lines[1], format!("variables: {}", lines[0]));
        assert_eq!(lines[2..], ["help: copy the file again", "    a = 1", "    ```", "    b = 2"]);
    }

    #[test]
    fn of_many_names_the_first_are_told() {
        let names = (0..1_025).map(|i| format!("w{i}")).collect();
        let finding = sample::finding("message", "dir").variables(names);
        let lines = details(&finding, &sample::STYLE);
        assert!(lines[1].ends_with(", w18, w19 and 1,005 more"), "{}", lines[1]);
        let lines = details(&finding, &Style { verbose: true, ..sample::STYLE });
        assert!(lines[1].ends_with(", w1023, w1024"), "{}", lines[1]);
    }

    #[test]
    fn paths_start_at_the_repository() {
        assert_eq!(path("./runs/ckpt-1.index"), "runs/ckpt-1.index");
        assert_eq!(path("runs/./a"), "runs/./a");
        assert_eq!(path("./"), "./");
    }
}

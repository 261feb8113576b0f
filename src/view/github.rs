//! Annotations of GitHub Actions: workflow commands, a line for each finding.

use std::io::{self, Write};

use super::plain::{by_severity, details, file, path, remarks, title, unseen};
use super::{Reports, clean};
use crate::doctor::{Finding, Report};

/// Writes a command for each finding, and notices of what was not examined. What a baseline knows is left out.
///
/// # Errors
/// Whatever the output says.
pub(super) fn write(reports: &Reports, out: &mut dyn Write) -> io::Result<()> {
    for report in &reports.list {
        report.findings.iter().try_for_each(|finding| annotation(report, finding, out))?;
        for line in unseen(report) {
            let file = property(&clean(&path(&report.subject)));
            writeln!(out, "::notice file={file},title=not examined in full::{}", data(&line))?;
        }
    }
    for line in remarks(reports) {
        writeln!(out, "::notice title=baseline::{}", data(&line))?;
    }
    Ok(())
}

fn annotation(report: &Report, finding: &Finding, out: &mut dyn Write) -> io::Result<()> {
    let command = by_severity(finding.severity, "error", "warning", "notice");
    let file = property(&clean(&path(file(report, finding))));
    let mut lines = vec![clean(&finding.message).into_owned()];
    lines.extend(details(finding));
    writeln!(out, "::{command} file={file},title={}::{}", property(&title(finding)), data(&lines.join("\n")))
}

/// A message: what would end the line is escaped.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A property: what would end it, too.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::sample;

    #[test]
    fn nothing_ends_a_command_early() {
        assert_eq!(data("a: 50 %,\r\nb"), "a: 50 %25,%0D%0Ab");
        assert_eq!(property("C:/a,b%"), "C%3A/a%2Cb%25");
        let finding = sample::finding("100 %\n::error::forged", "a,b");
        let reports = sample::reports(vec![sample::report("a,b", vec![finding])]);
        let mut out = Vec::new();
        write(&reports, &mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let first =
            "::error file=a%2Cb/ckpt-4.data,title=F015 data-truncated::100 %25\\n::error::forged%0Aa\\x1b[2J\\nb|c";
        assert!(text.starts_with(first), "{text}");
        assert_eq!(text.lines().count(), 2, "{text}");
        assert!(
            text.ends_with(
                "::notice file=a%2Cb,title=not examined in full::not examined: 1 tensor could not be read\n"
            )
        );
    }
}

//! GitLab's code quality report: a JSON list, as the widget of merge requests reads it.

use std::io::{self, Write};

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::json::Layout;
use super::plain::{by_severity, details, file, path, title};
use super::{Reports, clean};
use crate::doctor::{Finding, Report};

/// Writes every finding; what a baseline knows is left out.
///
/// # Errors
/// Whatever the output says.
pub(super) fn write(reports: &Reports, out: &mut dyn Write) -> io::Result<()> {
    let rows = reports.list.iter().flat_map(|report| report.findings.iter().map(|finding| Row::new(report, finding)));
    let rows: Vec<Row> = rows.collect();
    let mut out = io::BufWriter::new(out);
    Layout::pretty().write(&rows, &mut out)?;
    out.flush()
}

#[derive(Serialize)]
struct Row {
    description: String,
    check_name: String,
    fingerprint: String,
    severity: &'static str,
    location: Location,
    content: Content,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

/// A checkpoint has no lines.
#[derive(Serialize)]
struct Lines {
    begin: u8,
}

#[derive(Serialize)]
struct Content {
    body: String,
}

impl Row {
    fn new(report: &Report, finding: &Finding) -> Self {
        let path = path(file(report, finding)).into_owned();
        Self {
            description: clean(&finding.message).into_owned(),
            check_name: title(finding),
            fingerprint: unique(&finding.fingerprint, &path),
            severity: by_severity(finding.severity, "critical", "minor", "info"),
            location: Location { path: clean(&path).into_owned(), lines: Lines { begin: 1 } },
            content: Content { body: details(finding).join("\n") },
        }
    }
}

/// Of two findings with one fingerprint GitLab shows one: those of two folders must differ.
fn unique(fingerprint: &str, path: &str) -> String {
    let digest = Sha256::digest(format!("{fingerprint}\0{path}"));
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

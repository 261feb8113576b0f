//! SARIF 2.1.0: the exchange format of code scanning. A checkpoint has no lines: places are addresses of bytes, and
//! line 1 for readers that insist on one; variables are logical locations.

use std::io::{self, Write};
use std::ops::Range;

use serde::Serialize;

use super::json::Layout;
use super::plain::{by_severity, details, file, path, remarks, unseen};
use super::{Reports, clean};
use crate::doctor::{Finding, Known, Report, Rule, rules};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// Writes one run with all findings of all reports; the whole register of rules stands before them.
///
/// # Errors
/// Whatever the output says.
pub(super) fn write(reports: &Reports, out: &mut dyn Write) -> io::Result<()> {
    let run = Run {
        tool: Tool {
            driver: Driver {
                name: "ckpt",
                version: env!("CARGO_PKG_VERSION"),
                semantic_version: env!("CARGO_PKG_VERSION"),
                rules: rules::ALL.iter().map(|rule| Descriptor::new(rule)).collect(),
            },
        },
        invocations: vec![Invocation::new(reports)],
        results: reports.list.iter().flat_map(|report| results(reports, report)).collect(),
    };
    let log = Log { schema: SCHEMA, version: "2.1.0", runs: vec![run] };
    // The serializer writes many small pieces.
    let mut out = io::BufWriter::new(out);
    Layout::pretty().write(&log, &mut out)?;
    out.flush()
}

#[derive(Serialize)]
struct Log {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: Vec<Run>,
}

#[derive(Serialize)]
struct Run {
    tool: Tool,
    invocations: Vec<Invocation>,
    results: Vec<Row>,
}

#[derive(Serialize)]
struct Tool {
    driver: Driver,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    version: &'static str,
    semantic_version: &'static str,
    rules: Vec<Descriptor>,
}

#[derive(Serialize)]
struct Message {
    text: String,
}

impl Message {
    fn new(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    id: &'static str,
    name: &'static str,
    short_description: Message,
    full_description: Message,
    help: Help,
    default_configuration: Configuration,
    properties: Tags,
}

#[derive(Serialize)]
struct Help {
    text: String,
    markdown: String,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct Tags {
    tags: [&'static str; 2],
}

impl Descriptor {
    fn new(rule: &'static Rule) -> Self {
        let means = rule.manual.means;
        let first = means.split_inclusive(". ").next().unwrap_or(means).trim_end();
        Self {
            id: rule.code,
            name: rule.name,
            short_description: Message::new(literal(first)),
            full_description: Message::new(literal(means)),
            help: Help { text: help(rule, ""), markdown: help(rule, "**") },
            default_configuration: Configuration { level: by_severity(rule.severity, "error", "warning", "note") },
            properties: Tags { tags: ["tensorflow", rule.family().title()] },
        }
    }
}

/// The page of a rule, its headings between marks.
fn help(rule: &Rule, mark: &str) -> String {
    let manual = &rule.manual;
    let you_see = manual.you_see.join("\n\n");
    let sections = [
        ("What it means", manual.means),
        ("What you would see", you_see.as_str()),
        ("How ckpt knows", manual.knows),
        ("Fix", manual.fix),
        ("What not to do", manual.not),
        ("When to ignore", manual.ignore),
    ];
    let told = sections.iter().filter(|(_, text)| !text.is_empty());
    literal(&told.map(|(title, text)| format!("{mark}{title}{mark}\n\n{text}")).collect::<Vec<_>>().join("\n\n"))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    exit_code: u8,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_execution_notifications: Vec<Notification>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_configuration_notifications: Vec<Notification>,
}

#[derive(Serialize)]
struct Notification {
    level: &'static str,
    message: Message,
}

impl Invocation {
    fn new(reports: &Reports) -> Self {
        let notification = |level, text: &str| Notification { level, message: Message::new(literal(text)) };
        // What was not looked at may hide something.
        let unseen = reports.list.iter().flat_map(|report| {
            let subject = clean(&report.subject);
            unseen(report).map(move |line| format!("{subject}: {line}"))
        });
        Self {
            execution_successful: true,
            exit_code: reports.exit(),
            tool_execution_notifications: unseen.map(|text| notification("warning", &text)).collect(),
            tool_configuration_notifications: remarks(reports).map(|text| notification("note", &text)).collect(),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    rule_id: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rule_index: Option<usize>,
    level: &'static str,
    message: Message,
    locations: [Location; 1],
    partial_fingerprints: Fingerprints,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline_state: Option<&'static str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<Suppression>,
    properties: Properties,
}

#[derive(Serialize)]
struct Fingerprints {
    #[serde(rename = "ckpt/1")]
    ckpt: String,
}

#[derive(Serialize)]
struct Suppression {
    kind: &'static str,
    status: &'static str,
    justification: String,
}

#[derive(Serialize)]
struct Properties {
    subject: String,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    causes: Vec<&'static str>,
}

fn results<'a>(reports: &'a Reports, report: &'a Report) -> impl Iterator<Item = Row> + 'a {
    let new = report.findings.iter().map(move |finding| Row {
        baseline_state: reports.baseline.as_ref().map(|_| "new"),
        ..Row::new(report, finding)
    });
    let known = report.known.iter().map(move |Known { finding, reason }| Row {
        baseline_state: Some("unchanged"),
        suppressions: vec![Suppression {
            kind: "external",
            status: "accepted",
            justification: clean(reason).into_owned(),
        }],
        ..Row::new(report, finding)
    });
    new.chain(known)
}

impl Row {
    fn new(report: &Report, finding: &Finding) -> Self {
        let mut text = vec![clean(&finding.message).into_owned()];
        text.extend(details(finding));
        Self {
            rule_id: finding.rule.code,
            rule_index: rules::ALL.iter().position(|rule| rule.code == finding.rule.code),
            level: by_severity(finding.severity, "error", "warning", "note"),
            message: Message::new(literal(&text.join("\n"))),
            locations: [Location::new(report, finding)],
            partial_fingerprints: Fingerprints { ckpt: finding.fingerprint.clone() },
            baseline_state: None,
            suppressions: Vec::new(),
            properties: Properties { subject: clean(&report.subject).into_owned(), causes: finding.causes.clone() },
        }
    }
}

/// Text without placeholders (`{0}`) and without links (`[text](place)`), which a reader of SARIF would resolve.
fn literal(text: &str) -> String {
    text.replace('{', "{{").replace('}', "}}").replace("](", "] (")
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    physical_location: Physical,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logical_locations: Vec<Logical>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    region: Region,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<Address>,
}

#[derive(Serialize)]
struct Artifact {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: u8,
}

/// Not as `byteOffset` of the region: line 1 is another range of bytes, and a region must not say two things.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Address {
    absolute_address: u64,
    length: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Logical {
    fully_qualified_name: String,
    kind: &'static str,
}

impl Location {
    fn new(report: &Report, finding: &Finding) -> Self {
        let address = |bytes: &Range<u64>| Address {
            absolute_address: bytes.start,
            length: bytes.end.saturating_sub(bytes.start),
        };
        let logical = |name: &String| Logical { fully_qualified_name: clean(name).into_owned(), kind: "variable" };
        Self {
            physical_location: Physical {
                artifact_location: Artifact { uri: uri(&path(file(report, finding))) },
                region: Region { start_line: 1 },
                address: finding.span.as_ref().map(|span| address(&span.bytes)),
            },
            logical_locations: finding.variables.iter().map(logical).collect(),
        }
    }
}

/// A path as a reference, by RFC 3986: relative ones stay relative.
fn uri(path: &str) -> String {
    let absolute = path.starts_with('/') || path.as_bytes().get(1..3) == Some(b":/");
    let mut uri = match (absolute, path.starts_with('/')) {
        (true, true) => "file://".to_owned(),
        (true, false) => "file:///".to_owned(),
        _ => String::new(),
    };
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(byte.into());
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references() {
        assert_eq!(uri("runs/a b,c/ckpt-1.index"), "runs/a%20b%2Cc/ckpt-1.index");
        assert_eq!(uri("/tmp/層"), "file:///tmp/%E5%B1%A4");
        assert_eq!(uri("C:/x"), "file:///C%3A/x");
        assert_eq!(uri("a:b#c?d%"), "a%3Ab%23c%3Fd%25");
    }

    #[test]
    fn text_is_taken_as_it_is() {
        assert_eq!(literal("layer_{0..11} [x](y)"), "layer_{{0..11}} [x] (y)");
    }
}

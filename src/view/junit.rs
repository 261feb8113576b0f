//! JUnit XML: a suite for each path, a case for each finding, as servers of continuous integration list tests.

use std::io::{self, Write};

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use super::plain::{details, file, remarks, title, unseen};
use super::{Reports, clean};
use crate::doctor::{Finding, Report};

/// Writes all reports. What makes the exit code 1 is a failure; other findings pass and are told as output; what
/// was not examined, or what a baseline knows, is skipped.
///
/// # Errors
/// Whatever the output says.
pub(super) fn write(reports: &Reports, out: &mut dyn Write) -> io::Result<()> {
    let suites: Vec<Suite> = reports.list.iter().map(|report| Suite::new(reports, report)).collect();
    let all = || suites.iter().flat_map(|suite| &suite.cases);
    let mut xml = Writer::new_with_indent(io::BufWriter::new(&mut *out), b' ', 2);
    xml.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let mut root = BytesStart::new("testsuites");
    root.push_attribute(("name", "ckpt doctor"));
    count(&mut root, all(), &["tests", "failures", "errors"]);
    xml.write_event(Event::Start(root))?;
    for (position, suite) in suites.iter().enumerate() {
        let last = position.saturating_add(1) == suites.len();
        suite.write(&mut xml, if last { remarks(reports).collect() } else { Vec::new() })?;
    }
    xml.write_event(Event::End(BytesEnd::new("testsuites")))?;
    let mut out = xml.into_inner();
    writeln!(out)?;
    out.flush()
}

type Xml<'a> = Writer<io::BufWriter<&'a mut dyn Write>>;

struct Suite {
    name: String,
    cases: Vec<Case>,
}

struct Case {
    name: String,
    class: String,
    result: Result,
    output: String,
}

enum Result {
    Passed,
    /// Why, and of which kind.
    Failed(String, &'static str),
    Skipped(String),
}

impl Suite {
    fn new(reports: &Reports, report: &Report) -> Self {
        let subject = clean(&report.subject).into_owned();
        let case =
            |name: &str, result| Case { name: name.to_owned(), class: subject.clone(), result, output: String::new() };
        let mut cases: Vec<Case> = report.findings.iter().map(|finding| Case::new(reports, report, finding)).collect();
        cases.extend(report.known.iter().map(|known| Case {
            result: Result::Skipped(format!("known: {}", clean(&known.reason))),
            ..Case::new(reports, report, &known.finding)
        }));
        if let Some(goal) = reports.missed(report) {
            let why = format!("a restore does not do for {}", goal.word());
            cases.push(case(&format!("restore for {}", goal.word()), Result::Failed(why, "goal")));
        }
        let unseen: Vec<String> = unseen(report).collect();
        if !unseen.is_empty() {
            cases.push(case("examined in full", Result::Skipped(unseen.join("; "))));
        }
        // A suite without a case is taken for one that did not run.
        if cases.is_empty() {
            cases.push(case("sound", Result::Passed));
        }
        Self { name: subject.clone(), cases }
    }

    fn write(&self, xml: &mut Xml, remarks: Vec<String>) -> io::Result<()> {
        let mut start = BytesStart::new("testsuite");
        start.push_attribute(("name", self.name.as_str()));
        count(&mut start, self.cases.iter(), &["tests", "failures", "errors", "skipped"]);
        xml.write_event(Event::Start(start))?;
        self.cases.iter().try_for_each(|case| case.write(xml))?;
        if !remarks.is_empty() {
            xml.create_element("system-out").write_text_content(BytesText::new(&remarks.join("\n")))?;
        }
        xml.write_event(Event::End(BytesEnd::new("testsuite")))
    }
}

/// Counts cases, for those attributes that an element has by the schema of Jenkins.
fn count<'a>(start: &mut BytesStart, cases: impl Iterator<Item = &'a Case> + Clone, attributes: &[&str]) {
    for name in attributes {
        let counts = |case: &&Case| match *name {
            "failures" => matches!(case.result, Result::Failed(..)),
            "skipped" => matches!(case.result, Result::Skipped(_)),
            // What could not be looked at at all is no report.
            "errors" => false,
            _ => true,
        };
        start.push_attribute((*name, cases.clone().filter(counts).count().to_string().as_str()));
    }
}

impl Case {
    fn new(reports: &Reports, report: &Report, finding: &Finding) -> Self {
        let message = clean(&finding.message).into_owned();
        let mut lines = vec![format!("{}: {message}", clean(file(report, finding)))];
        lines.extend(details(finding));
        let result = match reports.fails(finding) {
            true => Result::Failed(message, finding.severity.word()),
            false => Result::Passed,
        };
        Self { name: title(finding), class: clean(&report.subject).into_owned(), result, output: lines.join("\n") }
    }

    fn write(&self, xml: &mut Xml) -> io::Result<()> {
        let mut start = BytesStart::new("testcase");
        start.push_attribute(("classname", self.class.as_str()));
        start.push_attribute(("name", self.name.as_str()));
        if matches!(self.result, Result::Passed) && self.output.is_empty() {
            return xml.write_event(Event::Empty(start));
        }
        xml.write_event(Event::Start(start))?;
        match &self.result {
            Result::Failed(message, kind) => {
                let failure = xml.create_element("failure");
                let failure = failure.with_attribute(("message", message.as_str())).with_attribute(("type", *kind));
                failure.write_text_content(BytesText::new(&self.output))?;
            }
            Result::Skipped(message) => {
                xml.create_element("skipped").with_attribute(("message", message.as_str())).write_empty()?;
            }
            Result::Passed => {
                xml.create_element("system-out").write_text_content(BytesText::new(&self.output))?;
            }
        }
        xml.write_event(Event::End(BytesEnd::new("testcase")))
    }
}

//! Errors that rules know: of a pasted text, and of a log that was held against the files.

use serde::Serialize;

use super::rules::{Page, page};
use crate::doctor::Report;
use crate::doctor::log::{Judged, Known, KnownError};

/// The errors of a text with the rules that know each, and the pages of these.
pub(super) fn matched(errors: &[KnownError]) -> Matched<'_> {
    let mut pages: Vec<&'static str> = Vec::new();
    let rules = errors.iter().flat_map(|error| &error.rules).map(|known| known.rule);
    let pages = rules.filter(|rule| {
        let new = !pages.contains(&rule.code);
        pages.push(rule.code);
        new
    });
    Matched { pages: pages.map(page).collect(), matched: errors.iter().map(ErrorRow::new).collect() }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Matched<'a> {
    matched: Vec<ErrorRow<'a>>,
    pages: Vec<Page>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct ErrorRow<'a> {
    line: usize,
    times: usize,
    text: &'a str,
    /// The most specific first.
    rules: Vec<KnownRow<'a>>,
}

impl<'a> ErrorRow<'a> {
    fn new(error: &'a KnownError) -> Self {
        Self {
            line: error.line,
            times: error.times,
            text: &error.text,
            rules: error.rules.iter().map(KnownRow::new).collect(),
        }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct KnownRow<'a> {
    code: &'static str,
    name: &'static str,
    /// What the text names, by the words of the rule's page.
    named: Vec<(&'static str, &'a str)>,
}

impl<'a> KnownRow<'a> {
    fn new(known: &'a Known) -> Self {
        let named = known.captures.iter().map(|capture| (capture.name, capture.text.as_str()));
        Self { code: known.rule.code, name: known.rule.name, named: named.collect() }
    }
}

/// What the files say to the errors of a log; none if no log was given.
pub(super) fn judged(reports: &[Report]) -> Option<Vec<JudgedRow<'_>>> {
    let given = reports.iter().any(|report| report.log.is_some());
    let rows = reports
        .iter()
        .flat_map(|report| report.log.iter().flatten().map(|judged| JudgedRow::new(&report.subject, judged)));
    given.then(|| rows.collect())
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct JudgedRow<'a> {
    subject: &'a str,
    line: usize,
    times: usize,
    text: &'a str,
    code: &'static str,
    name: &'static str,
    verdict: &'static str,
    why: &'a str,
}

impl<'a> JudgedRow<'a> {
    fn new(subject: &'a str, judged: &'a Judged) -> Self {
        Self {
            subject,
            line: judged.line,
            times: judged.times,
            text: &judged.text,
            code: judged.rule.code,
            name: judged.rule.name,
            verdict: judged.verdict.word(),
            why: judged.verdict.why(),
        }
    }
}

//! `ckpt doctor`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::goals::GoalsRow;
use super::log::{JudgedRow, judged};
use crate::bytes::Span;
use crate::doctor::{Finding, Fix, Forecast, Known, Renamed, Report, Severity};
use crate::model::Depth;
use crate::view::{Baseline, Reports};

/// The answer without its envelope: all reports as one.
pub(super) fn body(reports: &Reports) -> Body<'_> {
    let Reports { list: reports, baseline, settings, .. } = reports;
    let skipped: BTreeMap<&str, SkippedRow> = reports
        .iter()
        .flat_map(|report| &report.skipped)
        .map(|rule| (rule.code, SkippedRow { code: rule.code, name: rule.name, needs: rule.needs.word() }))
        .collect();
    Body {
        looked: Looked::new(reports),
        subjects: reports.iter().map(|report| report.subject.as_str()).collect(),
        identities: reports.iter().map(IdentityRow::new).collect(),
        findings: findings(reports).collect(),
        known: known(reports).collect(),
        baseline: baseline.as_ref().map(BaselineRow::new),
        settings: settings.as_deref(),
        renamed: reports.iter().flat_map(|report| &report.renamed).map(RenamedRow::new).collect(),
        predictions: reports.iter().flat_map(predictions).collect(),
        goals: reports.iter().filter_map(SubjectGoals::new).collect(),
        log: judged(reports),
        skipped: skipped.into_values().collect(),
        summary: Summary {
            error: count(reports, Severity::Error),
            warning: count(reports, Severity::Warning),
            info: count(reports, Severity::Info),
        },
    }
}

/// Every finding of every report.
pub(super) fn findings(reports: &[Report]) -> impl Iterator<Item = FindingRow<'_>> {
    reports.iter().flat_map(|report| report.findings.iter().map(|finding| FindingRow::new(&report.subject, finding)))
}

fn count(reports: &[Report], severity: Severity) -> usize {
    reports.iter().map(|report| report.count(severity)).fold(0, usize::saturating_add)
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Body<'a> {
    looked: Looked<'a>,
    subjects: Vec<&'a str>,
    /// Of each subject what it is, who wrote it and what loads it, as far as it could be opened.
    identities: Vec<IdentityRow<'a>>,
    findings: Vec<FindingRow<'a>>,
    /// Findings that the baseline knows; they are not in the summary.
    known: Vec<KnownRow<'a>>,
    /// Null if none was given.
    baseline: Option<BaselineRow<'a>>,
    /// The file that settings were taken from.
    settings: Option<&'a str>,
    /// Variables that the new code keeps under another key.
    renamed: Vec<RenamedRow<'a>>,
    predictions: Vec<PredictionRow<'a>>,
    /// Of each subject that was held against another checkpoint: what the restore would be good for.
    goals: Vec<SubjectGoals<'a>>,
    /// Errors of the log that was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    log: Option<Vec<JudgedRow<'a>>>,
    skipped: Vec<SkippedRow>,
    summary: Summary,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Looked<'a> {
    depth: &'static str,
    rules: usize,
    checkpoints: Vec<&'a str>,
    tensors: usize,
    bytes: u64,
    bytes_read: u64,
    complete: bool,
    not_examined: Vec<String>,
}

impl<'a> Looked<'a> {
    fn new(reports: &'a [Report]) -> Self {
        let looked = || reports.iter().map(|report| &report.looked);
        // With several reports a line has to say which of them it is about.
        let line = |report: &Report, line: &String| match reports.len() {
            0 | 1 => line.clone(),
            _ => format!("{}: {line}", report.subject),
        };
        Self {
            // As deep as everywhere; the same rules have their say on each path.
            depth: looked().map(|one| one.depth).min().unwrap_or(Depth::Index).word(),
            rules: looked().map(|one| one.rules).max().unwrap_or(0),
            checkpoints: looked().flat_map(|one| &one.checkpoints).map(String::as_str).collect(),
            tensors: looked().map(|one| one.tensors).fold(0, usize::saturating_add),
            bytes: looked().map(|one| one.bytes).fold(0, u64::saturating_add),
            bytes_read: looked().map(|one| one.bytes_read).fold(0, u64::saturating_add),
            complete: looked().all(|one| one.complete),
            not_examined: reports
                .iter()
                .flat_map(|report| report.looked.not_examined.iter().map(move |text| line(report, text)))
                .collect(),
        }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct IdentityRow<'a> {
    subject: &'a str,
    identity: Option<&'a str>,
    loader: Option<&'a str>,
    loader_note: Option<&'a str>,
}

impl<'a> IdentityRow<'a> {
    fn new(report: &'a Report) -> Self {
        let loader = report.loader.as_ref();
        Self {
            subject: &report.subject,
            identity: report.identity.as_deref(),
            loader: loader.and_then(|loader| loader.call.as_deref()),
            loader_note: loader.and_then(|loader| loader.note.as_deref()),
        }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct SubjectGoals<'a> {
    subject: &'a str,
    #[serde(flatten)]
    goals: GoalsRow<'a>,
}

impl<'a> SubjectGoals<'a> {
    fn new(report: &'a Report) -> Option<Self> {
        Some(Self { subject: &report.subject, goals: report.goals.as_ref().map(GoalsRow::new)? })
    }
}

fn predictions(report: &Report) -> impl Iterator<Item = PredictionRow<'_>> {
    report.predictions.iter().map(|forecast| PredictionRow::new(&report.subject, forecast))
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct PredictionRow<'a> {
    subject: &'a str,
    loader: &'static str,
    outcome: &'static str,
    exception: Option<&'static str>,
    message: Option<&'a str>,
    not_restored: &'a [String],
    unused: &'a [String],
    wrong_values: Vec<WrongRow<'a>>,
    asserts: Option<AssertsRow>,
    warnings: &'a [String],
    rests_on: &'a [String],
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct WrongRow<'a> {
    variable: &'a str,
    from: &'a str,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct AssertsRow {
    assert_consumed: &'static str,
    assert_existing_objects_matched: &'static str,
    assert_nontrivial_match: &'static str,
}

impl<'a> PredictionRow<'a> {
    fn new(subject: &'a str, forecast: &'a Forecast) -> Self {
        let word = |raises: bool| if raises { "raise" } else { "pass" };
        Self {
            subject,
            loader: forecast.loader.word(),
            outcome: forecast.outcome.word(),
            exception: forecast.exception.as_ref().map(|exception| exception.class),
            message: forecast.exception.as_ref().map(|exception| exception.message.as_str()),
            not_restored: &forecast.not_restored,
            unused: &forecast.unused,
            wrong_values: forecast.wrong_values.iter().map(|(variable, from)| WrongRow { variable, from }).collect(),
            asserts: forecast.asserts.map(|asserts| AssertsRow {
                assert_consumed: word(asserts.consumed),
                assert_existing_objects_matched: word(asserts.existing_objects_matched),
                assert_nontrivial_match: word(asserts.nontrivial_match),
            }),
            warnings: &forecast.warnings,
            rests_on: &forecast.rests_on,
        }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct RenamedRow<'a> {
    from: &'a str,
    to: &'a str,
    proof: &'static str,
}

impl<'a> RenamedRow<'a> {
    fn new(renamed: &'a Renamed) -> Self {
        Self { from: &renamed.from, to: &renamed.to, proof: renamed.proof }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct SkippedRow {
    code: &'static str,
    name: &'static str,
    needs: &'static str,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Summary {
    error: usize,
    warning: usize,
    info: usize,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct FindingRow<'a> {
    subject: &'a str,
    code: &'static str,
    name: &'static str,
    severity: &'static str,
    causes: &'a [&'static str],
    message: &'a str,
    path: Option<&'a str>,
    span: Option<SpanRow>,
    variables: &'a [String],
    evidence: &'a [String],
    tensorflow: Option<&'a str>,
    help: Option<&'a str>,
    fixes: Vec<FixRow<'a>>,
    fingerprint: &'a str,
}

impl<'a> FindingRow<'a> {
    fn new(subject: &'a str, finding: &'a Finding) -> Self {
        Self {
            subject,
            code: finding.rule.code,
            name: finding.rule.name,
            severity: finding.severity.word(),
            causes: &finding.causes,
            message: &finding.message,
            path: finding.path.as_deref(),
            span: finding.span.as_ref().map(SpanRow::new),
            variables: &finding.variables,
            evidence: &finding.evidence,
            tensorflow: finding.tensorflow.as_deref(),
            help: finding.help.as_deref(),
            fixes: finding.fixes.iter().map(FixRow::new).collect(),
            fingerprint: &finding.fingerprint,
        }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct KnownRow<'a> {
    #[serde(flatten)]
    finding: FindingRow<'a>,
    reason: &'a str,
}

fn known(reports: &[Report]) -> impl Iterator<Item = KnownRow<'_>> {
    reports.iter().flat_map(|report| report.known.iter().map(|known| KnownRow::new(&report.subject, known)))
}

impl<'a> KnownRow<'a> {
    fn new(subject: &'a str, known: &'a Known) -> Self {
        Self { finding: FindingRow::new(subject, &known.finding), reason: &known.reason }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct BaselineRow<'a> {
    file: &'a str,
    /// What is to be said of its entries.
    notes: &'a [String],
    /// How many entries were written.
    written: Option<usize>,
}

impl<'a> BaselineRow<'a> {
    fn new(baseline: &'a Baseline) -> Self {
        Self { file: &baseline.file, notes: &baseline.notes, written: baseline.written }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct SpanRow {
    offset: u64,
    length: u64,
}

impl SpanRow {
    fn new(span: &Span) -> Self {
        Self { offset: span.bytes.start, length: span.bytes.end.saturating_sub(span.bytes.start) }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct FixRow<'a> {
    kind: &'static str,
    text: &'a str,
}

impl<'a> FixRow<'a> {
    fn new(fix: &'a Fix) -> Self {
        Self { kind: fix.kind, text: &fix.text }
    }
}

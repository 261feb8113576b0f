//! Known findings: put apart, and written down.

use std::collections::BTreeSet;
use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Context, output};
use crate::config::{Baseline, Entry};
use crate::doctor::{Finding, Report};
use crate::error::Error;
use crate::store;
use crate::view;

/// A list of that many findings is one that no one reads.
const LIMIT: u64 = 1 << 26;

/// Until somebody writes down why.
const REASON: &str = "known when the baseline was written";

/// Puts the findings apart that a baseline knows. Of its entries only those of rules that were asked can be told to
/// have served no purpose.
///
/// # Errors
/// If it cannot be read.
pub(super) fn apply(
    context: &Context,
    path: &Path,
    asked: &BTreeSet<&str>,
    reports: &mut [Report],
) -> Result<view::Baseline, Error> {
    let baseline = read(context, path)?;
    Ok(set_apart(path, &baseline, asked, reports))
}

/// Takes all that was found for known, beside what an older list says: it may be of other checkpoints, and its
/// reasons were written by people. Only what has ended goes.
///
/// # Errors
/// If the file cannot be written, or is no baseline.
pub(super) fn write(
    context: &Context,
    path: &Path,
    inputs: &[&Path],
    asked: &BTreeSet<&str>,
    reports: &mut [Report],
) -> Result<view::Baseline, Error> {
    let there = context.store.stat(path).is_ok();
    let old = if there { read(context, path)? } else { Baseline::default() };
    let today = today();
    let mut known: Vec<Entry> = old.known.into_iter().filter(|entry| !entry.ended(&today)).collect();
    for finding in reports.iter().flat_map(|report| &report.findings) {
        if !known.iter().any(|entry| is(entry, finding)) {
            known.push(Entry {
                code: finding.rule.code.to_owned(),
                name: finding.rule.name.to_owned(),
                path: finding.path.clone().unwrap_or_default(),
                fingerprint: finding.fingerprint.clone(),
                reason: REASON.to_owned(),
                until: None,
            });
        }
    }
    let baseline = Baseline { known };
    output::save(path, inputs, |out| out.write_all(baseline.text().as_bytes()))?;
    let written = Some(baseline.known.len());
    Ok(view::Baseline { written, ..set_apart(path, &baseline, asked, reports) })
}

fn read(context: &Context, path: &Path) -> Result<Baseline, Error> {
    let label = path.display().to_string();
    let bytes = store::read(context.store, path, LIMIT).map_err(|error| {
        let error = Error::new(format!("cannot read the baseline {label}: {error}"));
        error.hint("--write-baseline makes one")
    })?;
    Baseline::parse(&label, &String::from_utf8_lossy(&bytes))
}

fn set_apart(path: &Path, baseline: &Baseline, asked: &BTreeSet<&str>, reports: &mut [Report]) -> view::Baseline {
    let today = today();
    let (ended, valid): (Vec<&Entry>, Vec<&Entry>) = baseline.known.iter().partition(|entry| entry.ended(&today));
    for report in &mut *reports {
        let known = |finding: &Finding| valid.iter().find(|entry| is(entry, finding)).map(|entry| entry.reason.clone());
        report.set_apart(known);
    }
    let found = |entry: &Entry| {
        let known = |report: &Report| report.known.iter().any(|known| is(entry, &known.finding));
        reports.iter().any(|report| known(report) || report.findings.iter().any(|finding| is(entry, finding)))
    };
    let stale = valid.iter().filter(|entry| asked.contains(entry.code.as_str()) && !found(entry));
    let stale = stale.map(|entry| format!("not found here: {}", name(entry)));
    let ended = ended.iter().filter(|entry| found(entry)).map(|entry| {
        let day = entry.until.map(|day| day.to_string()).unwrap_or_default();
        format!("known until {day}, and no longer: {}", name(entry))
    });
    let notes = ended.chain(stale).collect();
    view::Baseline { file: path.display().to_string(), notes, written: None }
}

fn is(entry: &Entry, finding: &Finding) -> bool {
    entry.code == finding.rule.code && entry.fingerprint == finding.fingerprint
}

fn name(entry: &Entry) -> String {
    [entry.code.as_str(), &entry.name, &entry.path]
        .into_iter()
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn today() -> String {
    Timestamp::now().to_zoned(TimeZone::system()).date().to_string()
}

//! `ckpt doctor`: the findings, what each loader would do, and the variables that they are about.

use std::collections::{BTreeMap, HashMap};

use maud::{Markup, html};

use super::goals;
use super::tree::{Leaf, Mark, tree};
use crate::doctor::{Finding, Forecast, Report, Severity};
use crate::restore::Outcome;
use crate::view::concerned::Concerned;
use crate::view::{Listing, clean, count, label, plural, text};

/// Names in a list before the rest has to be unfolded, and at the most.
const SHOWN: usize = 5;
const MOST: usize = 2_000;

pub(super) fn report(report: &Report) -> Markup {
    let worst = report.findings.iter().map(|finding| finding.severity).max();
    let class = match worst {
        Some(Severity::Info) | None => "good",
        Some(severity) => severity.word(),
    };
    html! {
        p.lead.(class) { (clean(&text::verdict(report, false))) }
        @for line in report.identity.iter().chain(report.loader.iter().flat_map(|loader| loader.note.iter())) {
            p.dim { (clean(line)) }
        }
        @if let Some(call) = report.loader.as_ref().and_then(|loader| loader.call.as_ref()) {
            p { "loads with " code { (clean(call)) } }
        }
        @if let Some(verdicts) = &report.goals { (goals(verdicts)) }
        @for line in &report.looked.not_examined { p.finding.warning { strong { "not examined: " } (clean(line)) } }
        @for one in &report.findings { (finding(one)) }
        @if !report.predictions.is_empty() {
            h2 { "What a restore would do" }
            @for forecast in &report.predictions { (prediction(forecast)) }
        }
    }
}

fn finding(finding: &Finding) -> Markup {
    let severity = finding.severity.word();
    html! {
        article.finding.(severity) {
            h3 {
                span.badge.(severity) { (severity) } " " (finding.rule.code) " " (finding.rule.name)
            }
            p { strong { (clean(&finding.message)) } }
            @if let Some(path) = &finding.path {
                p.dim {
                    (clean(path))
                    @if let Some(span) = &finding.span {
                        ", bytes " (count(span.bytes.start)) " to " (count(span.bytes.end))
                    }
                }
            }
            @if !finding.evidence.is_empty() { ul { @for line in &finding.evidence { li { (clean(line)) } } } }
            @if let Some(concerned) = Concerned::of(finding) {
                @let title = if concerned.besides { "Concerns also" } else { "Concerns" };
                p { (names(title, concerned.names.iter().map(|name| clean(name).into_owned()))) }
            }
            @if let Some(line) = &finding.tensorflow { blockquote { (clean(line)) } }
            @if let Some(help) = &finding.help { p.help { @for line in help.lines() { (clean(line)) br; } } }
            @for fix in &finding.fixes { pre { code { @for line in fix.text.lines() { (clean(line)) "\n" } } } }
        }
    }
}

fn prediction(forecast: &Forecast) -> Markup {
    let (class, words) = match forecast.outcome {
        Outcome::Ok => ("good", "restores everything"),
        Outcome::Partial => ("warning", "restores a part"),
        Outcome::Noop => ("error", "restores nothing, and says so nowhere"),
        Outcome::Error => ("error", "raises"),
    };
    let wrong =
        forecast.wrong_values.iter().map(|(variable, from)| format!("{} from {}", clean(variable), clean(from)));
    let plain = |names: &[String]| names.iter().map(|name| clean(name).into_owned()).collect::<Vec<_>>();
    html! {
        article.prediction.(class) {
            h3 { (forecast.loader.word()) " · " (words) }
            @if let Some(exception) = &forecast.exception {
                pre { code { (exception.class) ": " @for line in exception.message.lines() { (clean(line)) "\n" } } }
            }
            @for (title, list) in [
                ("Take the value of another variable", wrong.collect()),
                ("Keep their initial value", plain(&forecast.not_restored)),
                ("Stored, and not used", plain(&forecast.unused)),
                ("Taken for granted, as no file tells it", plain(&forecast.rests_on)),
            ] {
                @if !list.is_empty() { p { (names(title, list.into_iter())) } }
            }
        }
    }
}

/// Names behind a title; the rest of a long list is to be unfolded. The names are clean.
fn names(title: &str, names: impl ExactSizeIterator<Item = String>) -> Markup {
    let all: Vec<String> = names.collect();
    let (shown, rest) = all.split_at(SHOWN.min(all.len()));
    html! {
        (title) " (" (count(all.len() as u64)) "): "
        @for (position, name) in shown.iter().enumerate() { @if position > 0 { ", " } code { (name) } }
        @if !rest.is_empty() {
            details.more {
                summary { (plural(rest.len() as u64, "more name")) }
                @for name in rest.iter().take(MOST) { code { (name) } br; }
                @if rest.len() > MOST { "and " (count(rest.len().saturating_sub(MOST) as u64)) " more" }
            }
        }
    }
}

/// The variables that were examined, with what the findings say of them.
pub(super) fn variables(report: &Report, listing: &Listing) -> Markup {
    let Some(checkpoint) = &listing.checkpoint else { return html! {} };
    let mut told: HashMap<&str, BTreeMap<Severity, &str>> = HashMap::new();
    for finding in report.findings.iter().filter(|finding| finding.severity > Severity::Info) {
        for name in &finding.variables {
            told.entry(name).or_default().entry(finding.severity).or_insert(finding.rule.name);
        }
    }
    let leaves = checkpoint.pairs().map(|(variable, entry)| {
        let worst = told.get(variable.name.as_str()).and_then(|findings| findings.last_key_value());
        let mark = |class, word: &str| Mark {
            class,
            word: word.to_owned(),
            kind: format!("{} {}", entry.dtype, entry.shape),
            note: String::new(),
            part: None,
        };
        // Without findings the tree shows what there is.
        let mark = match worst {
            Some((severity, rule)) => Some(mark(severity.word(), rule)),
            None if told.is_empty() => Some(mark("plain", variable.role.word())),
            None => None,
        };
        let name = label::label(listing.names, checkpoint, variable).into_owned();
        Leaf { name, group: variable.role.group(), mark }
    });
    html! {
        h2 { "Variables" }
        (tree(leaves.collect(), "without a finding"))
    }
}

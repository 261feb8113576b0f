//! One page that holds everything: no script, no font, nothing from a network. For looking instead of
//! reading, and for sending to somebody who has neither the files nor this program.

mod chart;
mod diff;
mod doctor;
mod tree;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{Diff, Outcome, clean};
use crate::doctor::Report;
use crate::restore::{Goal, Goals, Reached};

const STYLE: &str = include_str!("page.css");

/// The page of a comparison or an examination; other answers have none. `beside` is what `diff` says of the two sides
/// of an examination, or `ls` of what was examined.
pub fn page(outcome: &Outcome, beside: Option<&Outcome>) -> Option<String> {
    match outcome {
        Outcome::Diff(diff) => Some(of_diff(diff)),
        Outcome::Reports(reports) => Some(of_reports(&reports.list, beside)),
        _ => None,
    }
}

fn of_diff(diff: &Diff) -> String {
    framed(&format!("{} → {}", clean(&diff.old.label), clean(&diff.new.label)), "ckpt diff", diff::body(diff))
}

fn of_reports(reports: &[Report], beside: Option<&Outcome>) -> String {
    let subjects: Vec<_> = reports.iter().map(|report| clean(&report.subject).into_owned()).collect();
    let body = html! {
        @for report in reports { (doctor::report(report)) }
        @match (beside, reports) {
            (Some(Outcome::Diff(diff)), _) => {
                h2 { "What changed" }
                (diff::body(diff))
            }
            (Some(Outcome::Listing(listing)), [report]) => (doctor::variables(report, listing)),
            _ => {}
        }
    };
    framed(&subjects.join(", "), "ckpt doctor", body)
}

fn framed(title: &str, command: &str, body: Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                // Names come out of untrusted files: whatever they hold, nothing is run and nothing is loaded.
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'";
                title { (title) " · " (command) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    header { span.command { (command) } h1 { (title) } }
                    (body)
                    footer { "ckpt " (env!("CARGO_PKG_VERSION")) }
                }
            }
        }
    };
    page.into_string()
}

/// What a restore would be good for, an answer for each goal.
fn goals(goals: &Goals) -> Markup {
    html! {
        section.goals {
            @for verdict in &goals.verdicts {
                // Few want nothing to have changed.
                @let class = match (verdict.answer, verdict.goal) {
                    (Reached::Yes, _) => "good",
                    (Reached::No, Goal::Exact) => "plain",
                    (Reached::No, _) => "error",
                    (Reached::Unknown, _) => "warning",
                };
                div.goal.(class) {
                    span.word { (verdict.goal.word()) }
                    strong { (verdict.answer.word()) }
                    @if !verdict.reasons.is_empty() { small { (clean(&verdict.reasons.join(", "))) } }
                }
            }
            @if let Some(loader) = goals.loader { p.dim { "as restored by " code { (loader.word()) } } }
        }
    }
}

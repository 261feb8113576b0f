//! Rules over facts. No I/O happens below this line, and no rule can fail.

mod binding;
mod expect;
mod facts;
mod faults;
mod finding;
mod fingerprint;
mod keras;
pub mod loader;
pub mod log;
mod outlook;
mod reshape;
mod rule;
pub mod rules;
#[cfg(test)]
mod sample;
mod select;
mod words;

pub use facts::{Comparison, Facts};
pub use finding::{Checksums, Finding, Findings, Fix, Forecast, Known, Renamed, Report, Summary};
pub use rule::{Check, Family, Manual, Rule, Severity};
pub use select::{Selection, UnknownRule};
pub(crate) use words::python;

/// Examines the facts: every fault becomes a finding of the rule that speaks for it, then each
/// chosen rule has its say. Rules that would need a deeper look are named in [`Report::skipped`].
pub fn examine(facts: &Facts, selection: &Selection) -> Report {
    let mut findings = Findings::default();
    faults::speak(facts, &mut findings);
    let mut skipped = Vec::new();
    for rule in rules::ALL {
        if !selection.has(rule) {
            continue;
        }
        if rule.needs > facts.depth {
            skipped.push(*rule);
        } else if let Check::Facts(check) = rule.check {
            check(facts, &mut findings);
        }
    }
    for rule in rules::ALL.iter().filter(|rule| selection.has(rule) && rule.needs <= facts.depth) {
        if let Check::Rest(check) = rule.check {
            check(facts, &mut findings);
        }
    }
    findings.into_report(facts, selection, skipped)
}

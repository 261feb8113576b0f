//! `ckpt explain` and `ckpt rules`.

use serde::Serialize;

use crate::doctor::Rule;

/// The pages that were asked for.
pub(super) fn pages(pages: &[&'static Rule]) -> Pages {
    Pages { pages: pages.iter().map(|rule| page(rule)).collect() }
}

/// The page of a rule.
pub(super) fn page(rule: &'static Rule) -> Page {
    Page::new(rule)
}

/// The register.
pub(super) fn register(rules: &[&'static Rule]) -> Register {
    Register { rules: rules.iter().map(|rule| RuleRow::new(rule)).collect() }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Pages {
    pages: Vec<Page>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Register {
    rules: Vec<RuleRow>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct RuleRow {
    code: &'static str,
    name: &'static str,
    severity: &'static str,
    needs: &'static str,
    since: &'static str,
    family: &'static str,
}

impl RuleRow {
    fn new(rule: &Rule) -> Self {
        Self {
            code: rule.code,
            name: rule.name,
            severity: rule.severity.word(),
            needs: rule.needs.word(),
            since: rule.since,
            family: rule.family().title(),
        }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Page {
    #[serde(flatten)]
    rule: RuleRow,
    means: &'static str,
    you_see: &'static [&'static str],
    knows: &'static str,
    fix: &'static str,
    not: &'static str,
    ignore: &'static str,
    see: &'static [&'static str],
}

impl Page {
    fn new(rule: &Rule) -> Self {
        let manual = &rule.manual;
        Self {
            rule: RuleRow::new(rule),
            means: manual.means,
            you_see: manual.you_see,
            knows: manual.knows,
            fix: manual.fix,
            not: manual.not,
            ignore: manual.ignore,
            see: manual.see,
        }
    }
}

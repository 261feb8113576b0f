//! `ckpt diff`: what happened, the layers in which it happened, and how the numbers moved.

use std::collections::HashSet;

use maud::{Markup, html};

use super::tree::{Leaf, Mark, tree};
use super::{chart, goals};
use crate::compare::change::{Change, ChangeKind};
use crate::model::{Delta, Entry, Variable, VariableId};
use crate::view::label::label;
use crate::view::units::{number, percent};
use crate::view::{Diff, Spread, clean, count, plural, verdict};

pub(super) fn body(diff: &Diff) -> Markup {
    html! {
        p.lead { (clean(&verdict::of(diff))) }
        @if let Some(verdicts) = &diff.goals { (goals(verdicts)) }
        @for line in &diff.trouble { p.finding.warning { strong { "not complete: " } (clean(line)) } }
        @if !diff.story.is_empty() {
            h2 { "What happened" }
            ul.story { @for event in &diff.story { li { (clean(&event.to_string())) } } }
        }
        h2 { "Layers" }
        (tree(leaves(diff), "the same"))
        @if !diff.spreads.is_empty() {
            h2 { "What changed most" }
            p.dim { "How the values are spread: " span.old-text { "before" } " above, " span.new-text { "after" } " below." }
            div.charts { @for spread in &diff.spreads { (figure(diff, spread)) } }
        }
    }
}

fn figure(diff: &Diff, spread: &Spread) -> Markup {
    let Some(change) = diff.changes.list.get(spread.change) else { return html! {} };
    html! {
        figure {
            figcaption {
                strong { (name(diff, change)) }
                @if let Some(delta) = &change.delta { span.dim { (measured(delta)) } }
            }
            (chart::mirrored(&spread.old, &spread.new))
        }
    }
}

/// Every variable of either side, by its name on the new one.
fn leaves(diff: &Diff) -> Vec<Leaf> {
    let changed = diff.changes.list.iter().filter_map(|change| {
        let [old, new] = diff.sides(change);
        let (variable, _) = new.or(old)?;
        Some(Leaf { name: name(diff, change), group: variable.role.group(), mark: Some(mark(diff, change)) })
    });
    let told: HashSet<VariableId> = diff.changes.list.iter().filter_map(|change| change.new).collect();
    let same = diff.alignment.pairs.iter().filter(|pair| !told.contains(&pair.new)).filter_map(|pair| {
        let variable = diff.new.variables.get(pair.new)?;
        let name = label(diff.names, &diff.new, variable).into_owned();
        Some(Leaf { name, group: variable.role.group(), mark: None })
    });
    changed.chain(same).collect()
}

fn name(diff: &Diff, change: &Change) -> String {
    let [old, new] = diff.sides(change);
    let old = || old.map(|(variable, _)| label(diff.names, &diff.old, variable).into_owned());
    let new = new.map(|(variable, _)| label(diff.names, &diff.new, variable).into_owned());
    new.or_else(old).unwrap_or_default()
}

fn mark(diff: &Diff, change: &Change) -> Mark {
    let [old, new] = diff.sides(change);
    let kind = |side: Option<(&Variable, &Entry)>| side.map(|(_, entry)| format!("{} {}", entry.dtype, entry.shape));
    let kind = match (kind(old), kind(new)) {
        (Some(old), Some(new)) if old != new => format!("{old} → {new}"),
        (Some(one), _) | (None, Some(one)) => one,
        (None, None) => String::new(),
    };
    let before =
        old.filter(|_| change.renamed).map(|(variable, _)| label(diff.names, &diff.old, variable).into_owned());
    let before = before.filter(|before| *before != name(diff, change)).map(|before| format!("was {before}"));
    let delta = change.delta.as_ref().map(measured);
    Mark {
        class: class(change.kind),
        word: change.kind.past().to_owned(),
        kind,
        note: before.into_iter().chain(delta).collect::<Vec<_>>().join(" · "),
        part: change.delta.as_ref().map(|delta| delta.rel_l2),
    }
}

fn class(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Removed => "removed",
        ChangeKind::Added => "added",
        ChangeKind::Renamed => "renamed",
        ChangeKind::Reshaped | ChangeKind::Retyped => "reshaped",
        ChangeKind::Revalued => "changed",
        ChangeKind::Unknown => "unknown",
    }
}

/// `rel. L2 3.1 %, max |d| 0.02, 64 of 64 values`.
fn measured(delta: &Delta) -> String {
    let mut words = vec![
        format!("rel. L2 {}", percent(delta.rel_l2)),
        format!("max |d| {}", number(delta.max_abs)),
        format!("{} of {}", count(delta.changed), plural(delta.total, "value")),
    ];
    if delta.lost_finite() > 0 {
        words.push(format!("{} no longer finite", count(delta.lost_finite())));
    }
    words.join(", ")
}

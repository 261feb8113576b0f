//! What a comparison comes to, in a line.

use super::plural;
use crate::compare::change::{self, ChangeKind};
use crate::model::Container;
use crate::view::{Diff, count};

/// The verdict, not yet cleaned. "Same" is said only where nothing stands in doubt.
pub(super) fn of(diff: &Diff) -> String {
    let (same, changed) = (diff.changes.same, diff.changes.list.len());
    let selected = if diff.narrowed { "of the selected: " } else { "" };
    match (changed, diff.trouble.is_empty()) {
        (0, false) => format!("cannot say the same: {}", damage(diff)),
        (0, true) if same == 0 => {
            let why = if diff.narrowed { "the selection leaves none" } else { "neither side has any" };
            format!("no variables to compare: {why}")
        }
        (0, true) => {
            let selected = if diff.narrowed { "selected " } else { "" };
            let variables = plural(same, &format!("{selected}variable"));
            if [&diff.old, &diff.new].iter().any(|side| side.container == Container::MetaGraph) {
                return format!(
                    "same structure: {variables}, every name, dtype and shape equal; a graph has no values"
                );
            }
            if [&diff.old, &diff.new].iter().any(|side| side.listed) {
                return format!(
                    "same by the listing: {variables}, every name, dtype, shape and recorded checksum equal; a listing \
                     has no values"
                );
            }
            // What the indexes left open was settled by reading.
            if change::changes(&diff.old, &diff.new, &diff.alignment).open().is_empty() {
                format!(
                    "same by the two indexes: {variables}, every name, dtype, shape and recorded checksum equal; \
                     the data were not read"
                )
            } else {
                format!("same: {variables}, every name, dtype and shape equal, and every recorded checksum or the data")
            }
        }
        (_, true) => format!("{selected}{}", changes(diff)),
        (_, false) => format!("{selected}{}; not all could be told: {}", changes(diff), damage(diff)),
    }
}

fn changes(diff: &Diff) -> String {
    let of = |kind| diff.changes.count(kind);
    let (values, unknown, all) = (of(ChangeKind::Revalued), of(ChangeKind::Unknown), diff.changes.list.len());
    let total = all.saturating_add(diff.changes.same);
    let renamed = diff.changes.list.iter().filter(|change| change.renamed).count();
    let parts = |number: usize, words: &str| (number > 0).then(|| format!("{} {words}", count(number as u64)));
    if values == all && renamed == 0 {
        return format!("same structure; {} of {} differ in value", count(values as u64), plural(total, "variable"));
    }
    let paired = diff.changes.list.iter().all(|change| change.old.is_some() && change.new.is_some());
    if unknown == all && renamed == 0 && paired {
        return format!(
            "same structure; {} of {} could not be compared",
            count(unknown as u64),
            plural(total, "variable")
        );
    }
    let words = [
        parts(of(ChangeKind::Removed), "removed"),
        parts(of(ChangeKind::Added), "added"),
        parts(renamed, "renamed"),
        parts(of(ChangeKind::Reshaped), "reshaped"),
        parts(of(ChangeKind::Retyped), "retyped"),
        parts(values, "changed in value"),
        parts(unknown, "not compared"),
    ];
    let words: Vec<String> = words.into_iter().flatten().collect();
    format!("{}; {} the same", words.join(", "), count(diff.changes.same as u64))
}

/// Which side is damaged, and what tells more.
fn damage(diff: &Diff) -> String {
    let [old, new] = &diff.given;
    match (diff.old.faults.is_empty(), diff.new.faults.is_empty()) {
        (false, true) => format!("the files of the old side are damaged (ckpt doctor {old})"),
        (true, false) => format!("the files of the new side are damaged (ckpt doctor {new})"),
        (false, false) => format!("the files of both sides are damaged (ckpt doctor {old} {new})"),
        // Its index is whole; only reading the data met the damage.
        (true, true) => format!("the data of one side are damaged (ckpt doctor {old} {new})"),
    }
}

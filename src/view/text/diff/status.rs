//! What changed, short: a line for each change, or counts alone.

use std::io::{self, Write};

use super::super::wrap::hang;
use super::sides::{Sides, heading, ordered};
use crate::compare::change::ChangeKind;
use crate::model::Group;
use crate::view::{Diff, Style, count};

/// A line for each change, for scripts, as `git diff --name-status`: a letter, a tab, the name; of what was
/// renamed the old name and the new. `R100` has the same values, `R` others; another shape or type of a renamed
/// variable keeps its letter.
pub(super) fn name_status(diff: &Diff, out: &mut dyn Write) -> io::Result<()> {
    for sides in ordered(diff) {
        let letter = match sides.change.kind {
            ChangeKind::Removed => "D",
            ChangeKind::Added => "A",
            ChangeKind::Renamed => "R100",
            ChangeKind::Reshaped => "S",
            ChangeKind::Retyped => "T",
            ChangeKind::Revalued if sides.change.renamed => "R",
            ChangeKind::Revalued => "M",
            ChangeKind::Unknown => "?",
        };
        let name = sides.name(diff.names);
        match (sides.before(diff.names), sides.change.kind) {
            (Some(before), _) => writeln!(out, "{letter}\t{before}\t{name}")?,
            // Called the same, stored under another key.
            (None, _) if letter.starts_with('R') => writeln!(out, "{letter}\t{name}\t{name}")?,
            (None, _) => writeln!(out, "{letter}\t{name}")?,
        }
    }
    Ok(())
}

/// How many, by kind of change and by part of the checkpoint.
pub(super) fn stat(diff: &Diff, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    for kind in ChangeKind::ALL {
        let parts = Group::ALL.iter().filter_map(|group| {
            let sides = diff.changes.list.iter().filter(|change| change.kind == kind);
            let number = sides
                .filter_map(|change| Sides::of(diff, change))
                .filter(|sides| sides.role().group() == *group)
                .count();
            (number > 0).then(|| format!("{} {}", count(number as u64), group.word()))
        });
        let parts = parts.collect::<Vec<_>>().join(", ");
        if !parts.is_empty() {
            let line = format!("{:9}  {}", heading(kind), parts);
            hang("  ", "    ", &line, style.width).iter().try_for_each(|line| writeln!(out, "{line}"))?;
        }
    }
    let besides = diff.changes.renamed().saturating_sub(diff.changes.count(ChangeKind::Renamed));
    if besides > 0 {
        writeln!(out, "  {:9}  {} of those above", "renamed", count(besides as u64))?;
    }
    if diff.changes.within > 0 {
        writeln!(out, "  {:9}  {}", "tolerated", count(diff.changes.within as u64))?;
    }
    writeln!(out, "  {:9}  {}\n", "same", count(diff.changes.same as u64))
}

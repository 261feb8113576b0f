//! `ckpt ls`.

use std::collections::BTreeSet;
use std::io::{self, Write};

use super::escape::{cell, code, prose};
use super::{header, number, row};
use crate::model::{Checkpoint, Depth, Entry, Group, Role, Stats, Variable, VariableId};
use crate::view::label::label;
use crate::view::{DirectoryRow, Listing, Style, count, plural, size};

/// What is in a checkpoint, a table for each group; or the checkpoints of a directory.
pub(super) fn write(listing: &Listing, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let Some(checkpoint) = &listing.checkpoint else { return history(listing, style, out) };
    if style.quiet > 0 {
        return writeln!(out, "{}", totals(listing, checkpoint, style));
    }
    writeln!(out, "## {}\n\n{}", code(&checkpoint.label), about(listing, checkpoint, style))?;
    let faults = checkpoint.faults.len() as u64;
    if faults > 0 {
        writeln!(out, "\n**{} of the format**: `ckpt doctor` tells what is wrong.", plural(faults, "violation"))?;
    }
    if listing.history.len() > 1 {
        writeln!(out)?;
        history(listing, style, out)?;
    }
    let mut left = listing.limit.unwrap_or(usize::MAX);
    let mut hidden = 0usize;
    for group in Group::ALL {
        let members = members(listing, checkpoint, group, style.verbose);
        let shown = left.min(members.listed.len());
        hidden = hidden.saturating_add(members.listed.len().saturating_sub(shown));
        left = left.saturating_sub(shown);
        members.write(shown, group, listing, style, out)?;
    }
    if hidden > 0 {
        writeln!(out, "\n... and {}", plural(hidden as u64, "more variable"))?;
    }
    writeln!(out, "\n{}", totals(listing, checkpoint, style))
}

/// One line: format, writer, where training stands.
fn about(listing: &Listing, checkpoint: &Checkpoint, style: &Style) -> String {
    let flavor = checkpoint.flavor.word();
    let mut parts = vec![format!("TensorFlow checkpoint, {flavor}, written by {}", checkpoint.writer.words())];
    parts.extend(listing.step.map(|step| format!("step {step}")));
    parts.extend(listing.optimizer.as_deref().map(|name| format!("optimizer {}", prose(name))));
    parts.push(format!("{} on disk", size(checkpoint.size_on_disk(), style.exact)));
    parts.join(", ")
}

/// The chosen variables of one group.
struct Members<'a> {
    listed: Vec<(VariableId, &'a Variable, &'a Entry)>,
    /// Slots that are summed up rather than listed.
    summed: Vec<(VariableId, &'a Variable, &'a Entry)>,
    checkpoint: &'a Checkpoint,
}

fn members<'a>(listing: &Listing, checkpoint: &'a Checkpoint, group: Group, all: bool) -> Members<'a> {
    let known = listing.chosen.iter().filter_map(|id| {
        let (variable, entry) = checkpoint.pair(*id)?;
        Some((*id, variable, entry))
    });
    let of_group = known.filter(|(_, variable, _)| variable.role.group() == group);
    let (summed, listed) =
        of_group.partition(|(_, variable, _)| variable.role == Role::Slot && !all && !listing.list_slots);
    Members { listed, summed, checkpoint }
}

impl Members<'_> {
    fn write(
        &self,
        shown: usize,
        group: Group,
        listing: &Listing,
        style: &Style,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        if self.listed.is_empty() && self.summed.is_empty() {
            return Ok(());
        }
        let all = self.listed.iter().chain(&self.summed).map(|(_, _, entry)| *entry);
        writeln!(out, "\n### {}: {}\n", group.word(), sum(all, style))?;
        let stats = listing.digests.as_ref().is_some_and(|digests| digests.depth >= Depth::Values);
        if shown > 0 {
            let mut titles = vec!["variable", "dtype", "shape", ">values", ">size"];
            titles.extend([">min", ">max", ">mean", ">std", ">NaN", ">Inf"].iter().filter(|_| stats));
            header(&titles, out)?;
        }
        for (id, variable, entry) in self.listed.iter().take(shown) {
            let value = listing.scalars.get(id).map(|value| format!(" = {}", prose(value))).unwrap_or_default();
            let mut cells = vec![
                format!("{}{value}", cell(&label(listing.names, self.checkpoint, variable))),
                entry.dtype.to_string(),
                entry.shape.to_string(),
                entry.shape.elements().map_or_else(|| "?".to_owned(), |_| count(entry.params())),
                size(entry.stored_bytes(), style.exact),
            ];
            if stats {
                cells.extend(numbers(listing.stats(variable), style));
            }
            row(&cells, out)?;
        }
        self.slots(shown > 0, style, out)
    }

    fn slots(&self, below_table: bool, style: &Style, out: &mut dyn Write) -> io::Result<()> {
        if self.summed.is_empty() {
            return Ok(());
        }
        let kinds: BTreeSet<&str> = self.summed.iter().filter_map(|(_, slot, _)| slot.slot_name()).collect();
        let kinds: Vec<String> = kinds.into_iter().map(code).collect();
        let of = if kinds.is_empty() { String::new() } else { format!(" ({})", kinds.join(", ")) };
        let slots = plural(self.summed.len() as u64, "slot");
        let sum = sum(self.summed.iter().map(|(_, _, entry)| *entry), style);
        if below_table {
            writeln!(out)?;
        }
        writeln!(out, "{slots}{of}: {sum}")
    }
}

fn sum<'a>(entries: impl Iterator<Item = &'a Entry>, style: &Style) -> String {
    let (values, bytes) = entries.fold((0u64, 0u64), |(values, bytes), entry| {
        (values.saturating_add(entry.params()), bytes.saturating_add(entry.stored_bytes()))
    });
    format!("{}, {}", plural(values, "value"), size(bytes, style.exact))
}

fn numbers(stats: Option<&Stats>, style: &Style) -> Vec<String> {
    let Some(stats) = stats else { return vec![String::new(); 6] };
    let numbers = [stats.min, stats.max, stats.mean, stats.std].map(|value| number(value, style));
    numbers.into_iter().chain([count(stats.nan), count(stats.inf)]).collect()
}

fn totals(listing: &Listing, checkpoint: &Checkpoint, style: &Style) -> String {
    let all = checkpoint.variables.len() as u64;
    if listing.narrowed {
        let chosen = listing.chosen.iter().filter_map(|id| checkpoint.entry(checkpoint.variables.get(*id)?));
        let number = count(listing.chosen.len() as u64);
        return format!("**{number} of {}** selected: {}", plural(all, "tensor"), sum(chosen, style));
    }
    let of = |is: &dyn Fn(Group) -> bool| {
        let chosen = checkpoint.pairs().filter(|(variable, _)| is(variable.role.group()));
        chosen.fold(0u64, |sum, (_, entry)| sum.saturating_add(entry.params()))
    };
    let (model, stored) = (of(&|group| group == Group::Model), of(&|_| true));
    format!("**{}**, {} ({} stored)", plural(all, "tensor"), plural(model, "model parameter"), plural(stored, "value"))
}

fn history(listing: &Listing, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    header(&["checkpoint", ">step", "saved", ">model params", "optimizer", ">on disk", "note"], out)?;
    listing.history.iter().try_for_each(|one| row(&history_row(one, style), out))?;
    if listing.older > 0 {
        writeln!(out, "\n... and {}", plural(listing.older as u64, "older checkpoint"))?;
    }
    Ok(())
}

fn history_row(one: &DirectoryRow, style: &Style) -> [String; 7] {
    let saved = one.saved.and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
    let optimizer = one.optimizer.as_ref().map(|(name, kinds)| match kinds {
        0 => prose(name),
        kinds => format!("{}, {}", prose(name), plural(*kinds as u64, "slot")),
    });
    let latest = one.latest.then(|| "latest".to_owned());
    let notes: Vec<String> = latest.into_iter().chain(one.problem.as_deref().map(prose)).collect();
    [
        cell(&one.name),
        one.step.map(|step| step.to_string()).unwrap_or_default(),
        saved.map(|time| time.to_string()).unwrap_or_default(),
        one.params.map(count).unwrap_or_default(),
        optimizer.unwrap_or_default(),
        size(one.size, style.exact),
        notes.join("; "),
    ]
}

//! `ls` for people: the directory's checkpoints, then the variables of one, model, optimizer and
//! bookkeeping apart.

use std::borrow::Cow;
use std::io::{self, Write};

use super::damage::{self, Damage};
use super::history;
use super::paint::Paint;
use super::rows::{self, Row};
use super::saved_model;
use super::summary;
use super::wrap::{hang, width};
use crate::doctor::loader;
use crate::model::{Checkpoint, Group, Latest, Totals, VariableId};
use crate::view::{Listing, Style, clean, count, size};

pub(super) fn write(listing: &Listing, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let paint = Paint::new(style);
    if style.quiet == 0 {
        header(listing, &paint, style, out)?;
        history::write(listing, style, out)?;
    }
    let Some(checkpoint) = &listing.checkpoint else {
        return history::verdict(listing, style, out);
    };
    let totals = Totals::new(listing.chosen.iter().filter_map(|id| checkpoint.pair(*id)));
    if style.quiet == 0 {
        if !listing.history.is_empty() {
            writeln!(out, "{}", paint.bold(&clean(&short(&checkpoint.label))))?;
        }
        variables(listing, checkpoint, &totals, style, out)?;
    }
    damage::faults(checkpoint, &listing.resolved.given, style, out)?;
    verdict(listing, checkpoint, &totals, style, out)
}

/// The last part of a label; of a hidden prefix (`dir/`), all of it.
pub(super) fn short(label: &str) -> String {
    label.rsplit('/').next().filter(|name| !name.is_empty()).unwrap_or(label).to_owned()
}

fn header(listing: &Listing, paint: &Paint, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let resolved = &listing.resolved;
    let what = match &listing.checkpoint {
        Some(checkpoint) => clean(&loader::identity(checkpoint, resolved)).into_owned(),
        None => "checkpoint directory".to_owned(),
    };
    let given = clean(&resolved.given);
    let together = width(&given).saturating_add(3).saturating_add(width(&what));
    if style.width.is_none_or(|columns| together <= columns) {
        writeln!(out, "{}   {what}", paint.bold(&given))?;
    } else {
        wrapped(&given, "  ", style, out, |line| paint.bold(line))?;
        wrapped(&format!("  {what}"), "  ", style, out, str::to_owned)?;
    }
    // No advice to load what is damaged: the doctor says what comes of it.
    if let Some(checkpoint) = listing.checkpoint.as_ref().filter(|checkpoint| checkpoint.faults.is_empty()) {
        let loader = loader::advice(checkpoint, resolved);
        for line in loader.call.iter().chain(&loader.note) {
            wrapped(&format!("  {}", clean(line)), "    ", style, out, |line| paint.dim(line))?;
        }
    }
    if let Some(checkpoint) = &listing.checkpoint {
        let model = checkpoint.saved_model.iter().flat_map(|saved| saved_model::lines(saved));
        for line in model {
            wrapped(&format!("  {}", clean(&line)), "    ", style, out, str::to_owned)?;
        }
    }
    if let Some(suffix) = &resolved.stripped {
        let line = format!("  the prefix is meant, without {}: that is what TensorFlow takes", clean(suffix));
        wrapped(&line, "  ", style, out, |line| paint.dim(line))?;
    }
    if let Some(directory) = listing.directory().filter(|_| !resolved.is_saved_model) {
        let returns = match &directory.latest {
            Latest::Path(path) if path.extension().is_some_and(|extension| extension == "index") => {
                format!("{}: an index, of which nothing is restored", clean(&path.display().to_string()))
            }
            Latest::Path(path) => clean(&path.display().to_string()).into_owned(),
            Latest::Nothing(why) => format!("None: {why}"),
            Latest::Garbled => "UnicodeDecodeError: the file named checkpoint is not text".to_owned(),
            Latest::Raises => "ValueError: the file named checkpoint names nothing".to_owned(),
        };
        wrapped(&format!("  latest_checkpoint() -> {returns}"), "    ", style, out, |line| paint.dim(line))?;
    }
    writeln!(out)
}

/// Writes a text that may take several lines, the later ones indented.
fn wrapped(
    text: &str,
    indent: &str,
    style: &Style,
    out: &mut dyn Write,
    paint: impl Fn(&str) -> String,
) -> io::Result<()> {
    let (first, rest) = text.split_at(text.len().saturating_sub(text.trim_start().len()));
    hang(first, indent, rest, style.width).iter().try_for_each(|line| writeln!(out, "{}", paint(line)))
}

fn variables(
    listing: &Listing,
    checkpoint: &Checkpoint,
    totals: &Totals,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    if listing.narrowed && listing.chosen.is_empty() && !checkpoint.variables.is_empty() {
        let line = format!(
            "  nothing matches; names are listed by ckpt ls {} --role all; * stays within a scope, ** crosses /",
            listing.resolved.given
        );
        return wrapped(&clean(&line), "    ", style, out, str::to_owned);
    }
    let listed = |group| style.verbose || listing.list_slots || group == Group::Model || listing.narrowed;
    let groups = Group::ALL.map(|group| (group, of_group(listing, checkpoint, group)));
    let damage = Damage::new(checkpoint);
    // Where a group is only summed up, what is wrong in it is shown all the same.
    let shown = |group: Group, id: VariableId| {
        listed(group) || rows::is_alarming(listing, checkpoint, id) || damage.is_noted(checkpoint, id)
    };
    let rows = |ids: &[VariableId]| rows::of(listing, checkpoint, &damage, ids, style);
    // One table for all groups, so that the columns stand in line. A list that no screen holds is written as it goes.
    let together = if rows::is_one_each(listing) { TOGETHER } else { usize::MAX };
    let sections = groups.iter().map(|(group, ids)| {
        let (ids, _) = split(ids, |id| shown(*group, id));
        let first = rows(ids.get(..ids.len().min(together)).unwrap_or_default());
        (group, ids, first)
    });
    let sections: Vec<_> = sections.collect();
    let layout = rows::Layout::new(sections.iter().flat_map(|(.., rows)| rows), listing, style);
    let mut left = listing.limit.unwrap_or(usize::MAX);
    for ((group, all), (_, ids, first)) in groups.iter().zip(sections) {
        if all.is_empty() {
            continue;
        }
        summary::heading(listing, *group, totals.of(*group), style, out)?;
        if !listed(*group) {
            let (_, rest) = split(all, |id| shown(*group, id));
            summary::group(listing, checkpoint, *group, all, &rest, style, out)?;
        }
        if !first.is_empty() && left > 0 {
            layout.write_titles(style, out)?;
        }
        let lines = first.len().min(left);
        layout.write(None, first.get(..lines).unwrap_or_default(), listing.tree, style, out)?;
        left = left.saturating_sub(lines);
        let hidden: usize = first.iter().skip(lines).map(|row| row.variables).sum();
        let rest = ids.get(together..).unwrap_or_default();
        let (rest, cut) = rest.split_at(rest.len().min(left));
        write_rest(rest, first, rows, listing, style, out)?;
        left = left.saturating_sub(rest.len());
        let hidden = hidden.saturating_add(cut.len());
        if hidden > 0 {
            writeln!(out, "    ... {} more", count(hidden as u64))?;
        }
    }
    Ok(())
}

/// Writes variables below those `above`, some hundred screens at a time.
fn write_rest(
    ids: &[VariableId],
    mut above: Vec<Row>,
    rows: impl Fn(&[VariableId]) -> Vec<Row>,
    listing: &Listing,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    for ids in ids.chunks(TOGETHER) {
        let next = rows(ids);
        let layout = rows::Layout::new(next.iter(), listing, style);
        layout.write(above.last(), &next, listing.tree, style, out)?;
        above = next;
    }
    Ok(())
}

/// Rows whose columns stand in line, where each variable has one: some hundred screens.
const TOGETHER: usize = 10_000;

/// Those that a test is true of, and the others.
fn split(ids: &[VariableId], test: impl Fn(VariableId) -> bool) -> (Cow<'_, [VariableId]>, Vec<VariableId>) {
    if ids.iter().all(|id| test(*id)) {
        return (Cow::Borrowed(ids), Vec::new());
    }
    let (with, without) = ids.iter().partition(|id| test(**id));
    (Cow::Owned(with), without)
}

/// The chosen variables of a group; without a copy if all are.
fn of_group<'a>(listing: &'a Listing, checkpoint: &Checkpoint, group: Group) -> Cow<'a, [VariableId]> {
    let is = |id: &&VariableId| checkpoint.variables.get(**id).is_some_and(|variable| variable.role.group() == group);
    if listing.chosen.iter().all(|id| is(&id)) {
        return Cow::Borrowed(&listing.chosen);
    }
    listing.chosen.iter().filter(is).copied().collect()
}

/// The last line: what there is in all, and how much of it was shown.
fn verdict(
    listing: &Listing,
    checkpoint: &Checkpoint,
    totals: &Totals,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let all = totals.all();
    // Behind the header there is a blank line already.
    let is_bare = checkpoint.variables.is_empty() && checkpoint.faults.is_empty();
    if style.quiet == 0 && !is_bare {
        writeln!(out)?;
    }
    if listing.narrowed {
        let (shown, of) = (count(all.variables), count(checkpoint.variables.len() as u64));
        let line = format!("{shown} of {of} tensors selected, {}", size(all.bytes, style.exact));
        return wrapped(&line, "  ", style, out, str::to_owned);
    }
    let s = if all.variables == 1 { "" } else { "s" };
    let mut line = format!("{} tensor{s}, {} model parameters", count(all.variables), count(totals.model.params));
    if totals.optimizer.params > 0 {
        line.push_str(&format!(" ({} stored values with optimizer state)", count(all.params)));
    }
    // A share is worth a word only where it surprises.
    let state = totals.optimizer.bytes;
    if state > all.bytes / 2 {
        let percent = u128::from(state).saturating_mul(100) / u128::from(all.bytes.max(1));
        line.push_str(&format!("; {percent} % of the data is optimizer state"));
    }
    wrapped(&line, "  ", style, out, str::to_owned)
}

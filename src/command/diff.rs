//! `ckpt diff`: what changed between two checkpoints.

use super::select::{self, Selector};
use super::{Context, ls};
use crate::cli;
use crate::compare::align::{Alignment, align};
use crate::compare::change::{ChangeKind, Changes, Open, changes};
use crate::compare::story;
use crate::error::Error;
use crate::model::{Checkpoint, Container, Entry, VariableId};
use crate::tensor::{self, Elements};
use crate::view::{Diff, Outcome};

/// Compares by names and checksums; reads only what the indexes leave open, or what `--values` asks for.
///
/// # Errors
/// If there is no checkpoint at either path, or a flag makes no sense.
pub(crate) fn diff(context: &Context, args: &cli::Diff) -> Result<Outcome, Error> {
    let selector = Selector::new(&args.select)?;
    let (old_path, old) = context.side(&args.old)?;
    let (new_path, new) = context.side(&args.new)?;
    if let Some(listing) = [&old, &new].into_iter().find(|side| side.listed && args.values) {
        return Err(Error::new(format!("{} is a listing: it has no values to compare", listing.label)));
    }
    let alignment = narrow(align(&old, &new), &selector, &old, &new);
    let mut found = changes(&old, &new, &alignment);
    let mut trouble: Vec<String> = [&old, &new].into_iter().flat_map(trouble).collect();
    settle(context, &old, &new, &mut found, &mut trouble);
    if args.values {
        measure(context, &old, &new, &mut found, &mut trouble);
    }
    Ok(Outcome::Diff(Box::new(Diff {
        given: [old_path.given, new_path.given],
        steps: [ls::step(context, &old), ls::step(context, &new)],
        story: story::tell(&old, &new, &alignment),
        old,
        new,
        alignment,
        changes: found,
        narrowed: selector.narrows(),
        trouble,
        names: select::names(args.select.names),
        stat: args.stat,
        name_status: args.name_status,
    })))
}

/// Leaves out what the flags do.
fn narrow(mut alignment: Alignment, selector: &Selector, old: &Checkpoint, new: &Checkpoint) -> Alignment {
    if selector.narrows() {
        let takes = |checkpoint: &Checkpoint, id: &VariableId| {
            let pair = checkpoint.variables.get(*id).and_then(|variable| Some((variable, checkpoint.entry(variable)?)));
            pair.is_some_and(|(variable, entry)| selector.takes(variable, entry))
        };
        alignment.pairs.retain(|pair| takes(old, &pair.old) || takes(new, &pair.new));
        alignment.gone.retain(|id| takes(old, id));
        alignment.added.retain(|id| takes(new, id));
    }
    alignment
}

/// Faults say that one side cannot be trusted: then "the same" would be a guess.
fn trouble(checkpoint: &Checkpoint) -> Vec<String> {
    let faults = checkpoint.faults.iter().map(|fault| format!("{}: {}", fault.at.file, fault.kind));
    faults.collect()
}

fn entries<'a>(old: &'a Checkpoint, new: &'a Checkpoint, open: &Open) -> Option<(&'a Entry, &'a Entry)> {
    Some((old.entry(old.variables.get(open.old)?)?, new.entry(new.variables.get(open.new)?)?))
}

/// Settles by reading what checksums cannot: differently sliced, another byte order.
fn settle(context: &Context, old: &Checkpoint, new: &Checkpoint, found: &mut Changes, trouble: &mut Vec<String>) {
    let mut same = Vec::new();
    let valueless = [old, new].iter().any(|side| side.listed || side.container == Container::MetaGraph);
    for open in found.open() {
        // A graph has no values, nor has a listing: names, types and shapes are all that can be held against each other.
        if valueless {
            same.push(open.change);
            continue;
        }
        let Some((a, b)) = entries(old, new, &open) else { continue };
        let equal = if a.dtype.is_numeric() {
            tensor::delta(context.store, (old, a), (new, b)).map(|delta| delta.is_some_and(|delta| delta.changed == 0))
        } else {
            let read = |checkpoint, entry| tensor::read(context.store, checkpoint, entry);
            read(old, a).and_then(|a: Elements| Ok(a == read(new, b)?))
        };
        match (equal, found.list.get_mut(open.change)) {
            (Ok(true), Some(change)) if change.renamed => change.kind = ChangeKind::Renamed,
            (Ok(true), _) => same.push(open.change),
            (Ok(false), Some(change)) => change.kind = ChangeKind::Revalued,
            (Err(fault), _) => trouble.push(fault.to_string()),
            (Ok(false), None) => {}
        }
    }
    found.same = found.same.saturating_add(same.len());
    let mut position = 0usize;
    found.list.retain(|_| {
        let keep = same.binary_search(&position).is_err();
        position = position.saturating_add(1);
        keep
    });
    found.list.sort_by_key(|change| change.kind);
}

/// Reads what differs and says how much.
fn measure(context: &Context, old: &Checkpoint, new: &Checkpoint, found: &mut Changes, trouble: &mut Vec<String>) {
    let open = found.revalued();
    let bytes = open
        .iter()
        .filter_map(|open| entries(old, new, open))
        .map(|(a, b)| a.stored_bytes().saturating_add(b.stored_bytes()));
    context.progress.expect(bytes.fold(0, u64::saturating_add));
    for open in open {
        let Some((a, b)) = entries(old, new, &open) else { continue };
        match tensor::delta(context.store, (old, a), (new, b)) {
            Ok(delta) => {
                if let Some(change) = found.list.get_mut(open.change) {
                    change.delta = delta;
                }
            }
            Err(fault) => trouble.push(fault.to_string()),
        }
        context.progress.advance(a.stored_bytes().saturating_add(b.stored_bytes()));
    }
}

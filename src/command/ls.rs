//! `ckpt ls`: what is here.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use jiff::tz::TimeZone;

use super::select::{self, Selector};
use super::{Context, not_found};
use crate::bytes::{Fault, FaultKind};
use crate::cli;
use crate::error::Error;
use crate::format;
use crate::model::{Candidate, Checkpoint, Depth, Directory, Entry, EntryId, Latest, Role, StateFile, VariableId};
use crate::tensor::{self, Elements};
use crate::view::{DirectoryRow, Listing, Outcome};

/// Checkpoints of a directory that are opened for its history unless `--all` asks for every one.
const HISTORY: usize = 12;

/// Most scalars that are read to say where training stands.
const SCALARS: usize = 32;

/// Lists a directory's checkpoints and the variables of one.
///
/// # Errors
/// If there is no checkpoint at the path, or a flag makes no sense.
pub(crate) fn ls(context: &Context, args: &cli::Ls) -> Result<Outcome, Error> {
    let selector = Selector::new(&args.select)?;
    let resolved = context.ground.resolve(&args.path);
    if args.all && !resolved.is_directory {
        return Err(Error::new(format!("{} is not a directory: --all lists one", resolved.given)));
    }
    let prefix = resolved.prefix.clone().ok_or_else(|| not_found(context.store, &resolved))?;
    let mut checkpoint = if args.all { None } else { Some(format::open(context.store, &prefix)?) };
    let mut faults = Vec::new();
    let step = checkpoint.as_ref().and_then(|checkpoint| step(context, checkpoint, &mut faults));
    let (history, older) =
        match resolved.directory.as_ref().filter(|_| resolved.is_directory && !resolved.is_saved_model) {
            Some(directory) => history(context, directory, args.all, checkpoint.as_ref().map(|known| (known, step))),
            None => (Vec::new(), 0),
        };
    let chosen = checkpoint.as_ref().map(|checkpoint| selector.choose(checkpoint, &args.layout)).unwrap_or_default();
    let scalars = checkpoint.as_ref().map(|checkpoint| scalars(context, checkpoint, &mut faults)).unwrap_or_default();
    let digests = checkpoint.as_ref().filter(|_| args.stats || args.digests).map(|checkpoint| {
        let depth = if args.stats { Depth::Values } else { Depth::Files };
        let entries = entries_of(checkpoint, &chosen);
        let bytes = |id: &EntryId| checkpoint.entries.get(*id).map_or(0, Entry::stored_bytes);
        context.progress.expect(entries.iter().map(bytes).fold(0, u64::saturating_add));
        let request = tensor::Request { depth, sha256: args.digests, entries: Some(entries) };
        tensor::digest(context.store, checkpoint, &request, &|bytes| context.progress.advance(bytes))
    });
    // Where a number is missing, it is said why.
    faults.extend(digests.iter().flat_map(|digests| digests.faults.iter().cloned()));
    if let Some(checkpoint) = &mut checkpoint {
        let mut told: HashSet<String> = checkpoint.faults.iter().map(ToString::to_string).collect();
        checkpoint.faults.extend(faults.into_iter().filter(|fault| told.insert(fault.to_string())));
    }
    Ok(Outcome::Listing(Box::new(Listing {
        zone: if history.is_empty() { TimeZone::UTC } else { context.zone.map_or(TimeZone::UTC, |zone| zone()) },
        history,
        older,
        optimizer: checkpoint.as_ref().and_then(Checkpoint::optimizer),
        checkpoint,
        chosen,
        narrowed: selector.narrows(),
        list_slots: selector.lists_slots(),
        scalars,
        step,
        digests,
        resolved,
        names: select::names(args.select.names),
        sort: select::sort(args.layout.sort),
        reverse: args.layout.reverse,
        collapse: !args.layout.no_collapse,
        depth: args.layout.depth.map(usize::from),
        tree: args.layout.tree,
        limit: args.layout.limit,
    })))
}

fn entries_of(checkpoint: &Checkpoint, chosen: &[VariableId]) -> Vec<EntryId> {
    chosen.iter().filter_map(|id| Some(checkpoint.variables.get(*id)?.entry)).collect()
}

/// The step that training had reached; of one that the disk does not give, why.
pub(super) fn step(context: &Context, checkpoint: &Checkpoint, faults: &mut Vec<Fault>) -> Option<i64> {
    let variable = checkpoint.variables.get(checkpoint.step_variable()?)?;
    scalar(context, checkpoint, checkpoint.entry(variable)?, faults)?.parse().ok()
}

/// The text of a scalar; of one that the disk does not give, why.
fn scalar(context: &Context, checkpoint: &Checkpoint, entry: &Entry, faults: &mut Vec<Fault>) -> Option<String> {
    // What the index shows of a file has been told.
    let is_told = |fault: &Fault| checkpoint.faults.iter().any(|known| known.at.file == fault.at.file);
    match tensor::read(context.store, checkpoint, entry) {
        Ok(Elements::Bytes(bytes)) => tensor::text(entry.dtype, &bytes, None),
        Ok(Elements::Strings(_)) => None,
        Err(fault) => {
            faults.extend(Some(fault).filter(|fault| !is_told(fault)));
            None
        }
    }
}

/// The scalars that say where training stands: a few bytes each. Of those that the disk does not give, why.
fn scalars(context: &Context, checkpoint: &Checkpoint, faults: &mut Vec<Fault>) -> BTreeMap<VariableId, String> {
    let telling = checkpoint.pairs().enumerate().filter(|(_, (variable, entry))| {
        matches!(variable.role, Role::Optimizer | Role::Counter)
            && entry.shape.rank() == Some(0)
            && entry.dtype.is_numeric()
    });
    let telling = telling.take(SCALARS);
    telling.filter_map(|(id, (_, entry))| Some((id, scalar(context, checkpoint, entry, faults)?))).collect()
}

/// The checkpoints of a directory, the oldest first, and how many older ones were not opened. The one
/// that is listed is `known` already.
fn history(
    context: &Context,
    directory: &Directory,
    all: bool,
    known: Option<(&Checkpoint, Option<i64>)>,
) -> (Vec<DirectoryRow>, usize) {
    let candidates = &directory.candidates;
    let older = if all { 0 } else { candidates.len().saturating_sub(HISTORY) };
    let row = |candidate| {
        let prefix = prefix(directory, candidate);
        let prefix = Path::new(&prefix);
        if let Some((known, step)) = known.filter(|(known, _)| known.prefix == prefix) {
            return row(directory, candidate, prefix, Some(known), step);
        }
        let mut opened = format::open(context.store, prefix).ok();
        let mut faults = Vec::new();
        let step = opened.as_ref().and_then(|opened| step(context, opened, &mut faults));
        opened.iter_mut().for_each(|opened| opened.faults.append(&mut faults));
        row(directory, candidate, prefix, opened.as_ref(), step)
    };
    (candidates.iter().skip(older).map(row).collect(), older)
}

fn row(
    directory: &Directory,
    candidate: &Candidate,
    prefix: &Path,
    opened: Option<&Checkpoint>,
    step: Option<i64>,
) -> DirectoryRow {
    DirectoryRow {
        name: candidate.name.clone(),
        step,
        saved: saved(directory, candidate),
        params: opened.map(|checkpoint| checkpoint.totals().model.params),
        optimizer: opened.and_then(|checkpoint| Some((checkpoint.optimizer()?, checkpoint.slot_kinds().len()))),
        // What lies in the place of an index is no part of the checkpoint.
        size: match opened.filter(|checkpoint| checkpoint.instead_of_index().is_some()) {
            Some(checkpoint) => checkpoint.size_on_disk(),
            None => candidate.size(),
        },
        latest: matches!(&directory.latest, Latest::Path(path) if same_place(path, prefix)),
        kept: kept(directory, candidate),
        complete: opened.is_some_and(is_complete),
        problem: opened.and_then(|checkpoint| Some(checkpoint.faults.first()?.to_string())),
    }
}

/// Whether the state file lists a checkpoint.
fn kept(directory: &Directory, candidate: &Candidate) -> Option<bool> {
    let StateFile::Read(state) = &directory.state else { return None };
    let named = |path: &String| path.rsplit(['/', '\\']).next() == Some(&candidate.name);
    // A list without a newest one is refused as a whole.
    (!state.all.is_empty() && !state.latest.is_empty()).then(|| state.all.iter().any(named))
}

/// True if every file is there, as long as it must be, and tells all that it holds.
fn is_complete(checkpoint: &Checkpoint) -> bool {
    let short = |fault: &Fault| {
        matches!(
            fault.kind,
            FaultKind::Missing | FaultKind::Empty | FaultKind::ShardTruncated { .. } | FaultKind::TooShort { .. }
        )
    };
    !checkpoint.is_partial() && !checkpoint.faults.iter().any(short)
}

/// True if two paths lead to one place, also if only one of them starts at the root.
fn same_place(a: &Path, b: &Path) -> bool {
    a == b || std::path::absolute(a).ok().zip(std::path::absolute(b).ok()).is_some_and(|(a, b)| a == b)
}

/// The prefix of a candidate. A hidden one (`dir/.index`) is the directory with a slash.
pub(super) fn prefix(directory: &Directory, candidate: &Candidate) -> String {
    directory.path.join(&candidate.name).display().to_string()
}

/// When a checkpoint was saved: what the state file says, or else when its files were last changed.
fn saved(directory: &Directory, candidate: &Candidate) -> Option<i64> {
    let StateFile::Read(state) = &directory.state else { return candidate.modified };
    let listed = state.all.iter().position(|path| path.rsplit(['/', '\\']).next() == Some(&candidate.name));
    // The two lists belong together only if they are of one length.
    let same_length = state.all.len() == state.timestamps.len();
    let time = listed.filter(|_| same_length).and_then(|position| state.timestamps.get(position));
    time.map(|time| *time as i64).or(candidate.modified)
}

//! `ckpt diff`: what changed between two checkpoints.

use std::path::Path;

use rayon::prelude::*;

use super::select::{self, Selector};
use super::settings::{Call, Settings};
use super::trouble::Trouble;
use super::{Context, doctor, ls};
use crate::bytes::Fault;
use crate::cli::{self, DifferenceName, GoalName, Margin};
use crate::compare::align::{Alignment, align};
use crate::compare::change::{ChangeKind, Changes, Open, changes};
use crate::compare::story;
use crate::config;
use crate::error::Error;
use crate::format;
use crate::model::{
    Checkpoint, Container, Delta, Depth, Digests, Entry, Group, Payload, Resolved, Stats, Tolerance, VariableId,
};
use crate::restore::{self, Goal, Goals, Scene};
use crate::store::Watched;
use crate::tensor::{self, Deltas, Elements};
use crate::view::{self, Diff, Differences, MapKind, Outcome, Spread};

/// Variables whose values a page pictures, and the steps of each picture.
const SPREADS: usize = 12;
const STEPS: usize = 48;

/// Compares by names and checksums; reads only what the indexes leave open, or what `--values` asks for.
///
/// # Errors
/// If there is no checkpoint at either path, or a flag makes no sense.
pub(crate) fn diff(context: &Context, args: &cli::Diff) -> Result<Outcome, Error> {
    let settings = context.config.map(|file| &file.config.diff);
    let tolerance = tolerance(args, settings);
    let selector = Selector::new(&args.select)?;
    args.map.as_deref().map(map_kind).transpose()?;
    let call = call(context, args)?;
    let (old_path, old) = context.side(&args.old)?;
    let (new_path, new) = context.side(&args.new)?;
    let reads = args.values || tolerance.is_some();
    if let Some(listing) = [&old, &new].into_iter().find(|side| side.listed && reads) {
        return Err(Error::new(format!("{} is a listing: it has no values to compare", listing.label)));
    }
    let whole = align(&old, &new);
    let deltas = Deltas::new(context.store, &old, &new, tolerance.unwrap_or_default());
    let mut reading = Reading { context, old: &old, new: &new, deltas, trouble: Trouble::of([&old, &new]) };
    let narrowed = selector.narrows().then(|| narrow(whole.clone(), &selector, &old, &new));
    let alignment = narrowed.as_ref().unwrap_or(&whole);
    let mut found = changes(&old, &new, alignment);
    reading.settle(&mut found);
    let pictured = args.html.is_some() && !old.listed && !new.listed;
    if reads || pictured {
        reading.measure(&mut found);
    }
    if tolerance.is_some() {
        found.tolerate();
    }
    let spreads = if pictured { reading.spreads(&found) } else { Vec::new() };
    // Of a selection nothing is restored: the verdict is on the whole.
    let all = narrowed.as_ref().map(|_| changes(&old, &new, &whole));
    let (goals, refused) = goals(context, call, &old_path, [&old, &new], &whole, all.as_ref().unwrap_or(&found));
    let mut unread: Vec<Fault> = refused.into_iter().collect();
    // A listing has no data to read it from.
    let steps = [&old, &new].map(|side| if side.listed { None } else { ls::step(context, side, &mut unread) });
    unread.iter().for_each(|fault| reading.trouble.add(fault));
    let trouble = reading.trouble.lines();
    let alignment = narrowed.unwrap_or(whole);
    Ok(Outcome::Diff(Box::new(Diff {
        given: [old_path.given, new_path.given],
        steps,
        story: story::tell(&old, &new, &alignment),
        old,
        new,
        alignment,
        changes: found,
        spreads,
        narrowed: selector.narrows(),
        trouble,
        names: select::names(args.select.names),
        stat: args.stat,
        name_status: args.name_status,
        goals,
        fails: fails(args, settings),
    })))
}

/// The kind of map that a file is for, by its name.
///
/// # Errors
/// For a name that ends otherwise.
pub(crate) fn map_kind(file: &Path) -> Result<MapKind, Error> {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("json") => Ok(MapKind::Json),
        Some("py") => Ok(MapKind::Python),
        _ if file == Path::new("-") => Ok(MapKind::Python),
        _ => Err(Error::new(format!("--map {}: neither .json nor .py", file.display()))
            .hint("a .json file is for programs, a .py file restores; - writes the latter to stdout")),
    }
}

/// The map as it is written.
///
/// # Errors
/// If no script can use it.
pub(crate) fn map(diff: &Diff, file: &Path) -> Result<String, Error> {
    let text = view::map(diff, map_kind(file)?);
    text.ok_or_else(|| {
        Error::new("no Python call restores one of these kinds of files into the other")
            .hint("--map FILE.json has the names")
    })
}

/// Each of the two by itself: the flag, or else what the project's file says.
fn tolerance(args: &cli::Diff, settings: Option<&config::Diff>) -> Option<Tolerance> {
    let absolute = args.atol.or(settings.and_then(|settings| settings.atol)).map(Margin::number);
    let relative = args.rtol.or(settings.and_then(|settings| settings.rtol)).map(Margin::number);
    let given = absolute.is_some() || relative.is_some();
    given.then_some(Tolerance { absolute: absolute.unwrap_or(0.0), relative: relative.unwrap_or(0.0) })
}

/// The call that is asked about: what `doctor` would take it to be.
///
/// # Errors
/// If a loader has no such option, or the project's file a glob that is none.
fn call(context: &Context, args: &cli::Diff) -> Result<Call, Error> {
    let flags = cli::Doctor { call: args.call, ..cli::Doctor::default() };
    Ok(Settings::new(&flags, context.config)?.call(&args.old))
}

fn fails(args: &cli::Diff, settings: Option<&config::Diff>) -> Differences {
    let (goal, names) = match (args.goal, args.fail_on.as_slice(), settings) {
        (None, [], Some(settings)) => (settings.goal, settings.fail_on.as_slice()),
        (goal, names, _) => (goal, names),
    };
    match (goal, names) {
        (Some(name), _) => Differences::For(self::goal(name)),
        (None, []) => Differences::Any,
        (None, names) => Differences::Of(names.iter().flat_map(|name| kinds(*name)).copied().collect()),
    }
}

fn kinds(name: DifferenceName) -> &'static [ChangeKind] {
    match name {
        DifferenceName::Removed => &[ChangeKind::Removed],
        DifferenceName::Added => &[ChangeKind::Added],
        DifferenceName::Renamed => &[ChangeKind::Renamed],
        DifferenceName::Reshaped => &[ChangeKind::Reshaped],
        DifferenceName::Retyped => &[ChangeKind::Retyped],
        DifferenceName::Changed => &[ChangeKind::Revalued, ChangeKind::Unknown],
    }
}

pub(super) fn goal(name: GoalName) -> Goal {
    match name {
        GoalName::Exact => Goal::Exact,
        GoalName::Resume => Goal::Resume,
        GoalName::Finetune => Goal::Finetune,
        GoalName::Infer => Goal::Infer,
    }
}

/// What a restore of the old side in the program of the new one would come to, by the indexes; or what the disk
/// refuses, by which nothing can be told.
fn goals(
    context: &Context,
    call: Call,
    path: &Resolved,
    [old, new]: [&Checkpoint; 2],
    alignment: &Alignment,
    changes: &Changes,
) -> (Option<Goals>, Option<Fault>) {
    // The checkpoint itself: how a directory is searched, or a suffix refused, is no difference of the two. A call that
    // is named is given the path as it is.
    let Some(prefix) = path.prefix.as_deref() else { return (None, None) };
    let given = call.loader.map_or(prefix, |_| Path::new(&path.given));
    let store = Watched::new(context.store, prefix);
    let resolved = format::Ground::new(&store).restorable(given);
    let graph = doctor::beside(&store, &resolved, Some(new), call.loader);
    // It was there before: what the disk refuses now tells nothing of what a restore does.
    if let Some((path, error)) = store.refused() {
        return (None, Some(format::refused(&path, &error)));
    }
    let scene = Scene {
        resolved: &resolved,
        checkpoint: Some(old),
        digests: &Digests::none(Depth::Index),
        target: Some(new),
        graph: graph.as_ref(),
        alignment: Some(alignment),
        options: call.options,
    };
    (restore::judge(&scene, changes, call.loader), None)
}

/// Leaves out what the flags do.
fn narrow(mut alignment: Alignment, selector: &Selector, old: &Checkpoint, new: &Checkpoint) -> Alignment {
    let takes = |checkpoint: &Checkpoint, id: &VariableId| {
        checkpoint.pair(*id).is_some_and(|(variable, entry)| selector.takes(variable, entry))
    };
    alignment.pairs.retain(|pair| takes(old, &pair.old) || takes(new, &pair.new));
    alignment.gone.retain(|id| takes(old, id));
    alignment.added.retain(|id| takes(new, id));
    alignment
        .ambiguous
        .retain(|doubt| doubt.old.iter().any(|id| takes(old, id)) || doubt.new.iter().any(|id| takes(new, id)));
    alignment
}

/// Whether two tensors have one value, and by how much they differ if that was looked at.
type Settled = (bool, Option<Delta>);

/// Reading of what the indexes do not settle.
struct Reading<'a> {
    context: &'a Context<'a>,
    old: &'a Checkpoint,
    new: &'a Checkpoint,
    deltas: Deltas<'a>,
    /// What could not be read.
    trouble: Trouble,
}

impl Reading<'_> {
    fn entries(&self, open: &Open) -> Option<(&Entry, &Entry)> {
        let entry = |checkpoint: &'_ Checkpoint, id: VariableId| checkpoint.variables.get(id).map(|found| found.entry);
        let (a, b) = (entry(self.old, open.old)?, entry(self.new, open.new)?);
        Some((self.old.entries.get(a)?, self.new.entries.get(b)?))
    }

    /// Settles what checksums cannot: differently sliced, another byte order, files without checksums.
    fn settle(&mut self, found: &mut Changes) {
        let valueless = |side: &Checkpoint| side.listed || side.container == Container::MetaGraph;
        let valueless = valueless(self.old) || valueless(self.new);
        let open = found.open();
        let compared: Vec<Option<Result<Settled, Fault>>> =
            open.par_iter().map(|open| if valueless { Some(Ok((true, None))) } else { self.compare(open) }).collect();
        let mut same = Vec::new();
        for (open, compared) in open.iter().zip(compared) {
            match (compared, found.list.get_mut(open.change)) {
                // A graph has no values, nor has a listing: names, types and shapes are all that can be held against
                // each other.
                (Some(Ok((true, _))), _) if valueless => same.push(open.change),
                (Some(Ok((true, _))), Some(change)) if change.renamed => change.kind = ChangeKind::Renamed,
                (Some(Ok((true, _))), _) => same.push(open.change),
                (Some(Ok((false, delta))), Some(change)) => {
                    change.kind = ChangeKind::Revalued;
                    change.delta = delta;
                }
                (Some(Err(fault)), _) => self.trouble.add(&fault),
                (Some(Ok((false, _))), None) | (None, _) => {}
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

    /// Whether two tensors have one value, and how much they differ. None for what lies in no file of the
    /// checkpoint: it stays unknown.
    fn compare(&self, open: &Open) -> Option<Result<Settled, Fault>> {
        let (a, b) = self.entries(open)?;
        if [a, b].iter().any(|entry| matches!(entry.payload, Payload::Nowhere)) {
            return None;
        }
        if a.dtype.is_numeric() {
            let delta = self.deltas.of(a, b);
            return Some(delta.map(|delta| (delta.is_some_and(|delta| delta.changed == 0), delta)));
        }
        let read = |checkpoint, entry| tensor::read(self.context.store, checkpoint, entry);
        Some(read(self.old, a).and_then(|a: Elements| Ok((a == read(self.new, b)?, None))))
    }

    /// Reads what differs and says how much.
    fn measure(&mut self, found: &mut Changes) {
        let open = found.measurable();
        let bytes = |(a, b): (&Entry, &Entry)| a.stored_bytes().saturating_add(b.stored_bytes());
        let all = open.iter().filter_map(|open| self.entries(open)).map(bytes).fold(0, u64::saturating_add);
        self.context.progress.expect(all);
        // Handed out in their order, which is mostly that of the files.
        let deltas = open.into_iter().enumerate().par_bridge().filter_map(|(place, open)| {
            let (a, b) = self.entries(&open)?;
            let delta = self.deltas.of(a, b);
            self.context.progress.advance(bytes((a, b)));
            Some((place, open.change, delta))
        });
        let mut deltas: Vec<_> = deltas.collect();
        deltas.sort_unstable_by_key(|(place, ..)| *place);
        for (_, change, delta) in deltas {
            match (delta, found.list.get_mut(change)) {
                (Ok(delta), Some(change)) => change.delta = delta,
                (Ok(_), None) => {}
                (Err(fault), _) => self.trouble.add(&fault),
            }
        }
    }

    /// How the values of what changed most are spread, over the range of both sides.
    fn spreads(&self, found: &Changes) -> Vec<Spread> {
        // The model's own before the optimizer's, which changes with every step.
        let aside =
            |id: VariableId| self.new.variables.get(id).is_none_or(|variable| variable.role.group() != Group::Model);
        let part = |delta: &Delta| if delta.lost_finite() > 0 { f64::INFINITY } else { delta.rel_l2 };
        let measured = found.list.iter().enumerate().filter_map(|(change, pair)| {
            let delta = pair.delta.as_ref().filter(|delta| delta.changed > 0 && delta.total > 1)?;
            Some((aside(pair.new?), part(delta), Open { change, old: pair.old?, new: pair.new? }))
        });
        let mut measured: Vec<(bool, f64, Open)> = measured.collect();
        measured.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| b.1.total_cmp(&a.1)));
        measured.iter().take(SPREADS).filter_map(|(_, _, open)| self.spread(open)).collect()
    }

    fn spread(&self, open: &Open) -> Option<Spread> {
        let (old, new) = (self.old.variables.get(open.old)?.entry, self.new.variables.get(open.new)?.entry);
        let stats = |checkpoint, entry| {
            let request = tensor::Request { depth: Depth::Values, sha256: false, entries: Some(vec![entry]) };
            tensor::digest(self.context.store, checkpoint, &request, &|_| ()).stats(entry).copied()
        };
        let (a, b) = (stats(self.old, old)?, stats(self.new, new)?);
        // One range for both: only then can the two be held against each other.
        let range = Stats { min: a.min.min(b.min), max: a.max.max(b.max), ..a };
        let histogram = |checkpoint: &Checkpoint, entry| {
            let entry = checkpoint.entries.get(entry)?;
            tensor::histogram(self.context.store, checkpoint, entry, &range, STEPS).ok()?
        };
        Some(Spread { change: open.change, old: histogram(self.old, old)?, new: histogram(self.new, new)? })
    }
}

//! `ckpt doctor`: survey first, judge afterwards.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use super::settings::{Call, Expected, Settings};
use super::{Context, baseline, log, ls};
use crate::cli;
use crate::compare::align::align;
use crate::compare::change::{changes, unread};
use crate::compare::story::tell;
use crate::doctor::log::{judge, known_errors};
use crate::doctor::{Comparison, Facts, UnknownRule, examine, rules};
use crate::error::Error;
use crate::format;
use crate::model::{Checkpoint, Depth, Digests, Directory, Flavor, GraphFile, Resolved};
use crate::restore::{self, Loader, Scene};
use crate::store::Store;
use crate::tensor;
use crate::view::{Outcome, Reports};

/// Examines each path.
///
/// # Errors
/// If a rule is unknown, or the checkpoint to hold it against cannot be opened. What is wrong at the
/// paths themselves is a finding.
pub(crate) fn doctor(context: &Context, args: &cli::Doctor) -> Result<Outcome, Error> {
    let settings = Settings::new(args, context.config)?;
    let errors =
        args.log.as_deref().map(|path| log::read(context, path).map(|text| known_errors(&text))).transpose()?;
    let (mut reports, mut asked) = (Vec::new(), BTreeSet::new());
    for path in paths(context, args, &settings)? {
        let Expected { selection, depth, against, call } = settings.of(&path)?;
        asked.extend(rules::ALL.iter().filter(|rule| selection.has(rule) && rule.needs <= depth).map(|rule| rule.code));
        let target = against.map(|path| context.side(&path).map(|(_, target)| target)).transpose()?;
        let facts = survey(context, &path, depth, target, call);
        let mut report = examine(&facts, &selection);
        report.log = errors.as_ref().map(|errors| judge(errors, &facts, &report));
        reports.push(report);
    }
    let baseline = match (settings.baseline(), args.write_baseline) {
        (Some(file), true) => {
            let inputs: Vec<&Path> = args.paths.iter().map(PathBuf::as_path).collect();
            Some(baseline::write(context, &file, &inputs, &asked, &mut reports)?)
        }
        (Some(file), false) => Some(baseline::apply(context, &file, &asked, &mut reports)?),
        (None, true) => {
            return Err(Error::new("--write-baseline: where to?").hint("--baseline FILE names the file"));
        }
        (None, false) => None,
    };
    Ok(Outcome::Reports(Box::new(Reports {
        list: reports,
        fails: settings.fails(),
        lenient: args.exit_zero,
        statistics: args.statistics,
        baseline,
        settings: settings.label(),
    })))
}

/// The paths to examine.
///
/// # Errors
/// If none is left: to have looked at nothing is no success.
fn paths(context: &Context, args: &cli::Doctor, settings: &Settings) -> Result<Vec<PathBuf>, Error> {
    let all = args.paths.iter().flat_map(|path| expand(context, path, args.all));
    let mut paths: Vec<PathBuf> = all.filter(|path| !settings.excludes(path)).collect();
    // A checkpoint is examined once, however many of its files are named; a directory has its state file too.
    let mut known = HashSet::new();
    if paths.len() > 1 {
        paths.retain(|path| {
            let resolved = context.ground.resolve(path);
            resolved.is_directory || resolved.prefix.is_none_or(|prefix| known.insert(prefix))
        });
    }
    if paths.is_empty() {
        let file = settings.label().unwrap_or_default();
        let error = Error::new(format!("{file}: exclude leaves nothing to examine"));
        return Err(error.hint("--no-config examines it nevertheless"));
    }
    Ok(paths)
}

/// Why a word is not a rule's.
pub(super) fn unknown(rule: UnknownRule) -> Error {
    let error = Error::new(format!("no rule {}", rule.word));
    match rule.near {
        Some(near) => error.hint(format!("did you mean {near}? ckpt rules lists them")),
        None => error.hint("ckpt rules lists them"),
    }
}

/// With `--all`, a directory stands for each of its checkpoints.
fn expand(context: &Context, path: &Path, all: bool) -> Vec<PathBuf> {
    let given = vec![path.to_owned()];
    if !all {
        return given;
    }
    let resolved = context.ground.resolve(path);
    let Some(directory) = resolved.directory.filter(|_| resolved.is_directory && !resolved.is_saved_model) else {
        return given;
    };
    let each = directory.candidates.iter().map(|candidate| PathBuf::from(ls::prefix(&directory, candidate)));
    let newest = resolved.prefix.clone();
    // The newest is examined as the directory's, with its state file.
    let mut paths: Vec<PathBuf> = each.filter(|prefix| Some(prefix) != newest.as_ref()).collect();
    paths.extend(given);
    paths
}

/// Opens what is to be examined, and reads as much of it as is wanted.
fn open(context: &Context, resolved: &Resolved, depth: Depth) -> (Option<Checkpoint>, Digests) {
    let mut checkpoint = resolved.prefix.as_ref().and_then(|prefix| format::open(context.store, prefix).ok());
    let Some(opened) = &mut checkpoint else { return (None, Digests::none(depth)) };
    opened.faults.extend(format::overlaps(opened));
    if depth < Depth::Bytes {
        return (checkpoint, Digests::none(depth));
    }
    opened.faults.extend(format::harmed_members(context.store, opened));
    context.progress.expect(opened.stored_bytes());
    let request = tensor::Request { depth, sha256: false, entries: None };
    // One core reads the graph of a large model while the other has begun with its data.
    let (digests, faults) = rayon::join(
        || tensor::digest(context.store, opened, &request, &|bytes| context.progress.advance(bytes)),
        || format::graph_of_another(context.store, opened),
    );
    opened.faults.extend(faults);
    (checkpoint, digests)
}

/// Holds a checkpoint against what the new code would save.
fn compare(checkpoint: &Checkpoint, target: Checkpoint) -> Comparison {
    let alignment = align(checkpoint, &target);
    let changes = changes(checkpoint, &target, &alignment);
    // Beside a file of which nothing could be read, nothing is known to have happened.
    let nothing = unread(checkpoint) || unread(&target);
    let story = if nothing { Vec::new() } else { tell(checkpoint, &target, &alignment) };
    let bound = restore::pairs(checkpoint, &target);
    Comparison { target, alignment, changes, story, bound }
}

/// Learns everything about one path that the rules may want to know.
fn survey(context: &Context, path: &Path, depth: Depth, target: Option<Checkpoint>, call: Call) -> Facts {
    let resolved = context.ground.restorable(path);
    let (checkpoint, mut digests) = open(context, &resolved, depth);
    let mut unread = Vec::new();
    let step = checkpoint.as_ref().and_then(|checkpoint| ls::step(context, checkpoint, &mut unread));
    unread.retain(|fault| digests.faults.iter().all(|known| known.at.file != fault.at.file));
    digests.faults.extend(unread);
    let siblings = Siblings::of(context, &resolved, checkpoint.as_ref(), &digests);
    let (comparison, lone_target) = match (&checkpoint, target) {
        (Some(checkpoint), Some(target)) => (Some(compare(checkpoint, target)), None),
        (_, target) => (None, target),
    };
    let program = comparison.as_ref().map(|comparison| &comparison.target).or(lone_target.as_ref());
    let graph = beside(context.store, &resolved, program.or(checkpoint.as_ref()), call.loader);
    let scene = Scene {
        resolved: &resolved,
        checkpoint: checkpoint.as_ref(),
        digests: &digests,
        target: program,
        graph: graph.as_ref(),
        alignment: comparison.as_ref().map(|comparison| &comparison.alignment),
        options: call.options,
    };
    let newest = resolved.newest();
    // A directory is a loader's to resolve if it was asked about, or does so by itself.
    let scene_of = |loader: Loader| match (call.loader, loader, &newest) {
        (None, Loader::Saver | Loader::Checkpoint, Some(newest)) => Scene { resolved: newest, ..scene },
        _ => scene,
    };
    let loaders = call.loader.map_or_else(|| restore::fitting(&scene), |loader| vec![loader]);
    let predictions = loaders.into_iter().map(|loader| restore::predict(loader, &scene_of(loader))).collect();
    let goals = comparison.as_ref().and_then(|comparison| restore::judge(&scene, &comparison.changes, call.loader));
    Facts {
        restoring: call.loader.is_some() || program.is_some(),
        options: call.options,
        predictions,
        goals,
        subject: resolved.given.clone(),
        step,
        whole_siblings: siblings.whole,
        names_from: siblings.names_from,
        resolved,
        checkpoint,
        digests,
        depth,
        comparison,
        lone_target,
    }
}

/// The graph of the program that a Saver restores, where one is asked about or fits.
pub(super) fn beside(
    store: &dyn Store,
    resolved: &Resolved,
    program: Option<&Checkpoint>,
    loader: Option<Loader>,
) -> Option<GraphFile> {
    let by_name = program.is_some_and(|program| program.flavor == Flavor::NameBased);
    let asked = loader.map_or(by_name, |loader| loader == Loader::Saver);
    let prefix = program.map_or(Path::new(&resolved.given), |program| &program.prefix);
    asked.then(|| format::graph_beside(store, prefix))
}

/// The other checkpoints of the directory, looked at only where the one in question is damaged.
#[derive(Default)]
struct Siblings {
    whole: Vec<String>,
    names_from: Option<Checkpoint>,
}

/// Siblings that are opened at the most.
const SIBLINGS: usize = 5;

impl Siblings {
    fn of(context: &Context, resolved: &Resolved, checkpoint: Option<&Checkpoint>, digests: &Digests) -> Self {
        let not_finite = digests.entries.iter().flatten().filter_map(|digest| digest.stats).any(|s| s.not_finite() > 0);
        let damaged = checkpoint.is_none_or(|checkpoint| !checkpoint.faults.is_empty())
            || !digests.faults.is_empty()
            || not_finite;
        let Some(directory) = resolved.directory.as_ref().filter(|_| damaged) else { return Self::default() };
        let others = Self::others(context, directory, resolved);
        let whole: Vec<Checkpoint> = others.into_iter().filter(|other| other.faults.is_empty()).collect();
        let keys = |checkpoint: &Checkpoint| checkpoint.entries.len();
        Self {
            whole: whole.iter().map(|other| other.label.clone()).collect(),
            names_from: whole.into_iter().find(|other| checkpoint.is_some_and(|this| keys(this) == keys(other))),
        }
    }

    /// The newest first.
    fn others(context: &Context, directory: &Directory, resolved: &Resolved) -> Vec<Checkpoint> {
        let candidates = directory.candidates.iter().rev().filter(|candidate| candidate.index.is_some());
        let prefixes = candidates.map(|candidate| PathBuf::from(ls::prefix(directory, candidate)));
        let others = prefixes.filter(|prefix| Some(prefix) != resolved.prefix.as_ref()).take(SIBLINGS);
        others.filter_map(|prefix| format::open(context.store, &prefix).ok()).collect()
    }
}

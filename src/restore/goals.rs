//! What one may want of a restore, and whether it is given: all as it was, training that goes on, a model
//! to train further, a model to use.

use std::collections::BTreeMap;

use super::{Bound, Loader, Options, Prediction, Scene, fitting, is_graph, is_save_counter, manager, pairs, predict};
use crate::compare::align::{Alignment, Pair};
use crate::compare::change::{ChangeKind, Changes};
use crate::model::{Checkpoint, Flavor, Group, Role, Variable, VariableId, natural, thousands};

/// What is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// The same variables, shapes, types and values.
    Exact,
    /// Training goes on: model, optimizer and counters, one to one, each to itself.
    Resume,
    /// The call returns, and every variable of the model that both sides have in one shape comes back; others
    /// may be new, or passed over.
    Finetune,
    /// Every variable of the new model is filled, each from itself.
    Infer,
}

impl Goal {
    /// Every goal, the most demanding first.
    pub const ALL: [Self; 4] = [Self::Exact, Self::Resume, Self::Finetune, Self::Infer];

    /// The word for it on the command line and in outputs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Resume => "resume",
            Self::Finetune => "finetune",
            Self::Infer => "infer",
        }
    }
}

/// Whether a goal is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Which goal.
    pub goal: Goal,
    /// Whether it is.
    pub answer: Reached,
    /// Why not, or why that cannot be told; or of one that is reached, what has to be known.
    pub reasons: Vec<String>,
}

/// Whether something is so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    /// It is.
    Yes,
    /// It is not.
    No,
    /// The files do not tell.
    Unknown,
}

impl Reached {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Unknown => "unknown",
        }
    }
}

impl Verdict {
    /// It is.
    pub(crate) fn yes(goal: Goal, reasons: Vec<String>) -> Self {
        Self { goal, answer: Reached::Yes, reasons }
    }

    /// It is not.
    pub(crate) fn no(goal: Goal, reasons: Vec<String>) -> Self {
        Self { goal, answer: Reached::No, reasons }
    }

    /// True if it is reached, for certain.
    pub fn ok(&self) -> bool {
        self.answer == Reached::Yes
    }
}

/// The verdict on every goal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Goals {
    /// The loader that is made for the two files, and is taken to be called.
    pub loader: Option<Loader>,
    /// How it is called.
    pub options: Options,
    /// In the order of [`Goal::ALL`].
    pub verdicts: Vec<Verdict>,
}

impl Goals {
    /// True if a goal is reached.
    pub fn reached(&self, goal: Goal) -> bool {
        self.verdicts.iter().any(|verdict| verdict.goal == goal && verdict.ok())
    }
}

/// Judges what a loader would do, or the one that fits best. None without both sides and their alignment.
///
/// What could be read of a damaged target is not all that the program has, and not even a "no" is certain: what it
/// lacks may be what was lost of it.
pub fn judge(scene: &Scene, changes: &Changes, loader: Option<Loader>) -> Option<Goals> {
    let (old, new) = (scene.checkpoint?, scene.target?);
    if new.is_partial() {
        let reasons = || vec![format!("the files of {} {}", new.label, new.plight())];
        let unknown = |goal| Verdict { goal, answer: Reached::Unknown, reasons: reasons() };
        return Some(Goals { loader, options: scene.options, verdicts: Goal::ALL.map(unknown).into() });
    }
    let alignment = scene.alignment?;
    let loader = loader.or_else(|| fitting(scene).first().copied());
    let restore = loader.map(|loader| Restore::of(loader, scene, old, new, alignment));
    let told = |goal| match (goal, &restore) {
        (Goal::Exact, _) => exact(old, new, changes),
        (_, None) => Verdict::no(goal, vec!["no loader takes one into the other".to_owned()]),
        (Goal::Resume, Some(restore)) => restore.resume(),
        (Goal::Finetune, Some(restore)) => restore.finetune(),
        (Goal::Infer, Some(restore)) => restore.infer(),
    };
    Some(Goals { loader, options: scene.options, verdicts: Goal::ALL.map(told).into() })
}

/// The object graph is no variable: it tells of the program's code.
fn exact(old: &Checkpoint, new: &Checkpoint, changes: &Changes) -> Verdict {
    let graph = |checkpoint, id: Option<VariableId>| id.is_some_and(|id| is_graph(checkpoint, id));
    let mut counts: BTreeMap<ChangeKind, usize> = BTreeMap::new();
    for change in changes.list.iter().filter(|change| !graph(old, change.old) && !graph(new, change.new)) {
        let count = counts.entry(change.kind).or_default();
        *count = count.saturating_add(1);
    }
    let damaged = !old.faults.is_empty() || !new.faults.is_empty();
    let mut reasons: Vec<String> =
        counts.iter().map(|(kind, count)| format!("{} {}", thousands(*count as u64), kind.past())).collect();
    reasons.extend(damaged.then(|| "damaged files".to_owned()));
    let answer = if reasons.is_empty() { Reached::Yes } else { Reached::No };
    Verdict { goal: Goal::Exact, answer, reasons }
}

/// What a restore does, seen by variable.
struct Restore<'a> {
    old: &'a Checkpoint,
    new: &'a Checkpoint,
    alignment: &'a Alignment,
    /// What is or, where an exception ends the restore, would have been bound: new to old.
    from: Links,
    /// The same, old to new.
    into: Links,
    /// Which is which: new to old.
    was: Links,
    /// The same, old to new.
    is: Links,
    /// What keeps everything from being restored, whatever is wanted.
    stopped: Option<Stop>,
}

/// Why nothing at all is restored.
enum Stop {
    /// An exception of this class.
    Raises(&'static str),
    /// There is no path to restore from, and that is no error.
    NoPath,
}

/// The variable of the other side, by variable.
struct Links(Vec<Option<VariableId>>);

impl Links {
    fn of(checkpoint: &Checkpoint, pairs: impl Iterator<Item = (VariableId, VariableId)>) -> Self {
        let mut links = vec![None; checkpoint.variables.len()];
        for (from, to) in pairs {
            if let Some(link) = links.get_mut(from) {
                *link = Some(to);
            }
        }
        Self(links)
    }

    fn get(&self, id: VariableId) -> Option<VariableId> {
        *self.0.get(id)?
    }
}

/// Counts of what stands between a restore and a goal.
#[derive(Default)]
struct Obstacles {
    reshaped: usize,
    retyped: usize,
    misplaced: usize,
    /// Bound, and nothing tells whether it is the same one.
    untold: usize,
    /// Bound to its moving average, which is what the call asks for.
    averaged: usize,
    /// Stored, but looked for elsewhere.
    moved: usize,
    /// Not stored.
    new: usize,
}

impl<'a> Restore<'a> {
    fn of(loader: Loader, scene: &Scene, old: &'a Checkpoint, new: &'a Checkpoint, alignment: &'a Alignment) -> Self {
        let prediction = predict(loader, scene);
        let exception = prediction.course.exception.as_ref().map(|exception| Stop::Raises(exception.class));
        let bound = if exception.is_some() { meant(loader, scene, old, new) } else { prediction.course.bound };
        let found_none = || loader == Loader::Manager && manager::finds_nothing(scene.resolved);
        let stopped = exception.or_else(|| found_none().then_some(Stop::NoPath));
        Self {
            old,
            new,
            alignment,
            from: Links::of(new, bound.iter().map(|bound| (bound.new, bound.old))),
            into: Links::of(old, bound.iter().map(|bound| (bound.old, bound.new))),
            was: Links::of(new, alignment.pairs.iter().map(|pair| (pair.new, pair.old))),
            is: Links::of(old, alignment.pairs.iter().map(|pair| (pair.old, pair.new))),
            stopped,
        }
    }

    /// What keeps these variables of the new program from being filled, each from itself.
    fn obstacles(&self, wanted: impl Fn(&Checkpoint, VariableId) -> bool) -> Obstacles {
        let mut found = Obstacles::default();
        for id in (0..self.new.variables.len()).filter(|id| wanted(self.new, *id)) {
            let Some(source) = self.from.get(id) else {
                let was = self.was.get(id).and_then(|was| self.old.pair(was));
                let count = match was.zip(self.new.pair(id)) {
                    // Passed over for its shape.
                    Some(((_, a), (_, b))) if a.shape != b.shape && a.key == b.key => &mut found.reshaped,
                    Some(_) => &mut found.moved,
                    None => &mut found.new,
                };
                *count = count.saturating_add(1);
                continue;
            };
            let sides = self.old.pair(source).zip(self.new.pair(id));
            let (was, is) = (self.was.get(id), self.is.get(source));
            let count = match (was, is, sides) {
                (Some(was), ..) if was != source => &mut found.misplaced,
                (_, Some(is), _) if is != id => &mut found.misplaced,
                (_, _, Some(((_, a), (_, b)))) if a.shape != b.shape => &mut found.reshaped,
                (_, _, Some(((_, a), (_, b)))) if a.dtype != b.dtype => &mut found.retyped,
                (None, _, Some(((a, _), (b, _)))) if is_average(a, b) => &mut found.averaged,
                (None, ..) => &mut found.untold,
                _ => continue,
            };
            *count = count.saturating_add(1);
        }
        found
    }

    /// Training goes on only if nothing that was stored for it is left behind.
    fn resume(&self) -> Verdict {
        let trains = |checkpoint: &Checkpoint, id: VariableId| {
            let role = checkpoint.variables.get(id).map(|variable| variable.role);
            let counts = role == Some(Role::Counter) && !is_save_counter(checkpoint, id);
            counts || role.is_some_and(|role| role.group() != Group::Bookkeeping)
        };
        let found = self.obstacles(trains);
        let mut reasons = self.reasons(&found);
        let stored = (0..self.old.variables.len()).filter(|id| trains(self.old, *id));
        let gone = stored.filter(|id| self.into.get(*id).is_none() && self.is.get(*id).is_none()).count();
        if gone > 0 {
            reasons.push(format!("{} gone", thousands(gone as u64)));
        }
        self.conclude(Goal::Resume, &found, reasons)
    }

    fn infer(&self) -> Verdict {
        let found = self.obstacles(is_model);
        let mut reasons = self.reasons(&found);
        // That every variable of none is filled is no use to anyone who has stored a model.
        let has_model = |checkpoint: &Checkpoint| (0..checkpoint.variables.len()).any(|id| is_model(checkpoint, id));
        if has_model(self.old) && !has_model(self.new) {
            reasons.push("the new side has no variable of a model".to_owned());
        }
        self.conclude(Goal::Infer, &found, reasons)
    }

    /// New and reshaped variables are what one trains further for; but nothing else may be left out.
    fn finetune(&self) -> Verdict {
        let goal = Goal::Finetune;
        let found = self.obstacles(is_model);
        let fits = |pair: &&Pair| {
            let sides = self.old.pair(pair.old).zip(self.new.pair(pair.new));
            is_model(self.new, pair.new) && sides.is_some_and(|((_, a), (_, b))| a.shape == b.shape)
        };
        let stayed = || self.alignment.pairs.iter().filter(fits);
        let moved = stayed().filter(|pair| self.from.get(pair.new).is_none()).count();
        let mut reasons = self.reasons(&Obstacles { reshaped: 0, new: 0, moved, ..found });
        if stayed().next().is_none() && found.averaged == 0 {
            reasons.push("no variable of the model stayed".to_owned());
        }
        let verdict = self.conclude(goal, &found, reasons);
        if !verdict.ok() {
            return verdict;
        }
        let lone = |id: &VariableId| is_model(self.new, *id) && self.from.get(*id).is_none();
        let reshaped = self.alignment.pairs.iter().filter(|pair| is_model(self.new, pair.new) && !fits(pair));
        let listed = [
            ("new", self.scopes(self.alignment.added.iter().copied().filter(lone))),
            ("reshaped", self.scopes(reshaped.map(|pair| pair.new))),
        ];
        let listed = listed.into_iter().filter(|(_, scopes)| !scopes.is_empty());
        let mut reasons = verdict.reasons;
        reasons.extend(listed.map(|(word, scopes)| format!("{word}: {scopes}")));
        Verdict::yes(goal, reasons)
    }

    /// What stops everything is the reason, whatever else would be one.
    fn conclude(&self, goal: Goal, found: &Obstacles, reasons: Vec<String>) -> Verdict {
        let reasons = match &self.stopped {
            Some(Stop::Raises(class)) => vec![self.raising(class, found)],
            Some(Stop::NoPath) => vec!["latest_checkpoint returns None".to_owned()],
            None if reasons.is_empty() => {
                let averaged = (found.averaged > 0).then(|| "weights come from their moving averages".to_owned());
                return Verdict::yes(goal, averaged.into_iter().collect());
            }
            None => reasons,
        };
        Verdict::no(goal, reasons)
    }

    /// The exception, and what of the wanted it may be raised for; or of all: everything is restored at once.
    fn raising(&self, class: &str, found: &Obstacles) -> String {
        // Where nothing could be read, nothing is known to be new; objects and layers are passed over elsewhere.
        let by_name = self.new.flavor == Flavor::NameBased && self.old.faults.is_empty();
        let told = |found: &Obstacles| {
            let (moved, new) = if by_name { (found.moved, found.new) } else { (0, 0) };
            let of = Obstacles { reshaped: found.reshaped, retyped: found.retyped, moved, new, ..Default::default() };
            self.reasons(&of).join(", ")
        };
        let wanted = told(found);
        let why = if wanted.is_empty() { told(&self.obstacles(|_, _| true)) } else { wanted };
        if why.is_empty() { format!("raises {class}") } else { format!("raises {class}: {why}") }
    }

    fn reasons(&self, found: &Obstacles) -> Vec<String> {
        let moved = if self.new.flavor == Flavor::NameBased { "renamed" } else { "stored elsewhere" };
        let misplaced = if found.misplaced == 1 { "filled from another" } else { "filled from others" };
        let told = [
            (found.misplaced, misplaced),
            (found.moved, moved),
            (found.reshaped, "reshaped"),
            (found.retyped, "of another dtype"),
            (found.untold, "not known to be the same"),
            (found.new, "new"),
        ];
        let told = told.into_iter().filter(|(number, _)| *number > 0);
        told.map(|(number, words)| format!("{} {words}", thousands(number as u64))).collect()
    }

    /// The layers of variables of the new program, a few of them by name.
    fn scopes(&self, ids: impl Iterator<Item = VariableId>) -> String {
        let names = ids.filter_map(|id| Some(self.new.variables.get(id)?.name.as_str()));
        let mut scopes: Vec<&str> = names.map(|name| name.rsplit_once('/').map_or(name, |(scope, _)| scope)).collect();
        scopes.sort_by(|a, b| natural(a, b));
        scopes.dedup();
        let more = scopes.len().saturating_sub(NAMED);
        scopes.truncate(NAMED);
        let more = if more > 0 { format!(" and {} more", thousands(more as u64)) } else { String::new() };
        format!("{}{more}", scopes.join(", "))
    }
}

/// Layers that a verdict names.
const NAMED: usize = 3;

fn is_model(checkpoint: &Checkpoint, id: VariableId) -> bool {
    checkpoint.variables.get(id).is_some_and(|variable| variable.role.group() == Group::Model)
}

/// True if a moving average is restored as itself, or as the weight that it is the average of.
fn is_average(old: &Variable, new: &Variable) -> bool {
    let average = old.name.strip_suffix("/ExponentialMovingAverage");
    average.is_some_and(|name| *name == *new.name || old.name == new.name)
}

/// What would be bound if nothing raised for what it meets.
fn meant(loader: Loader, scene: &Scene, old: &Checkpoint, new: &Checkpoint) -> Vec<Bound> {
    if let Some((_, bound)) = pairs(old, new) {
        return bound;
    }
    let options = Options { skip_mismatch: true, ..scene.options };
    let Prediction { course, .. } = predict(loader, &Scene { options, ..*scene });
    course.bound
}

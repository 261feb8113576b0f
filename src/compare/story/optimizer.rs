//! What happened to the optimizer's state.

use super::{Event, EventKind};
use crate::compare::align::{Alignment, Pair};
use crate::model::{Checkpoint, Group, Role, VariableId, leaf};

/// What can happen to an optimizer's state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OptimizerChange {
    /// State of one is stored that was not.
    Added(String),
    /// State of one was stored.
    Removed(String),
    /// Another class, or other slots.
    Class(String, String),
    /// The same class, with other slots: from, to.
    Slots(Vec<String>, Vec<String>),
    /// A schedule took the place of a learning rate that is a variable (true), or made way for one.
    Schedule(bool),
    /// Wrapped in a `LossScaleOptimizer` (true), or no longer.
    LossScale(bool),
    /// Moving averages of the weights are kept (true), or no longer.
    Averages(bool),
    /// Moving averages stand in the place of the weights themselves.
    Averaged,
}

impl OptimizerChange {
    /// The term for what the person did.
    pub fn cause(&self) -> &'static str {
        match self {
            Self::Added(_) => "optimizer-added",
            Self::Removed(_) => "optimizer-removed",
            Self::Class(..) | Self::Slots(..) => "optimizer-changed",
            Self::Schedule(_) => "lr-schedule-changed",
            Self::LossScale(_) => "loss-scale-wrapper",
            Self::Averages(_) | Self::Averaged => "ema-changed",
        }
    }
}

/// What differs in the two optimizers' state.
pub(super) fn changes(old: &Checkpoint, new: &Checkpoint, alignment: &Alignment) -> Vec<Event> {
    let of = |checkpoint: &Checkpoint, ids: &[VariableId]| -> Vec<VariableId> {
        let group = |id: &VariableId| checkpoint.variables.get(*id).map(|variable| variable.role.group());
        ids.iter().copied().filter(|id| group(id) == Some(Group::Optimizer)).collect()
    };
    let (gone, added) = (of(old, &alignment.gone), of(new, &alignment.added));
    let event = |change| Event { kind: EventKind::Optimizer(change), old: gone.clone(), new: added.clone() };
    let stand_ins = stand_ins(old, new, alignment);
    if averaged(old) != averaged(new) || !stand_ins.is_empty() {
        let (old, new) = stand_ins.iter().map(|pair| (pair.old, pair.new)).unzip();
        let kind = EventKind::Optimizer(OptimizerChange::Averaged);
        return vec![if stand_ins.is_empty() { event(OptimizerChange::Averaged) } else { Event { kind, old, new } }];
    }
    let (was, is) = match (old.optimizer(), new.optimizer()) {
        (None, None) => return Vec::new(),
        (None, Some(is)) => return vec![event(OptimizerChange::Added(is))],
        (Some(was), None) => return vec![event(OptimizerChange::Removed(was))],
        (Some(was), Some(is)) => (was, is),
    };
    let mut changes = Vec::new();
    if let Some(on) = switched(wrapped(old), wrapped(new)) {
        changes.push(OptimizerChange::LossScale(on));
    }
    if let Some(on) = switched(averages(old), averages(new)) {
        changes.push(OptimizerChange::Averages(on));
    }
    // A schedule is no variable: what it replaces is.
    let steps = |checkpoint: &Checkpoint| keeps(checkpoint, &["iteration", "iterations", "_iterations", "iter"]);
    let rate = |checkpoint: &Checkpoint| keeps(checkpoint, &["learning_rate", "_learning_rate", "lr"]);
    if steps(old)
        && steps(new)
        && let Some(has_rate) = switched(rate(old), rate(new))
    {
        changes.push(OptimizerChange::Schedule(!has_rate));
    }
    let slots = |checkpoint: &Checkpoint| -> Vec<String> {
        checkpoint.slot_kinds().into_iter().filter(|kind| !is_average(kind)).map(str::to_owned).collect()
    };
    let (before, after) = (slots(old), slots(new));
    let legacy = |kinds: &[String]| kinds == ["m", "v"];
    let later = |kinds: &[String]| kinds == ["momentum", "velocity"];
    if legacy(&before) && later(&after) {
        changes.push(OptimizerChange::Class(LEGACY.to_owned(), LATER.to_owned()));
    } else if later(&before) && legacy(&after) {
        changes.push(OptimizerChange::Class(LATER.to_owned(), LEGACY.to_owned()));
    } else if was != is {
        changes.push(OptimizerChange::Class(was, is));
    } else if before != after && !before.is_empty() | !after.is_empty() && changes.is_empty() {
        changes.push(OptimizerChange::Slots(before, after));
    }
    changes.into_iter().map(event).collect()
}

/// The two Adams of Keras 2, which call their slots otherwise.
const LEGACY: &str = "legacy Adam";
const LATER: &str = "Adam of Keras 2.11 or later";

fn switched(was: bool, is: bool) -> Option<bool> {
    (was != is).then_some(is)
}

/// True if a variable of the optimizer itself has one of these names.
fn keeps(checkpoint: &Checkpoint, names: &[&str]) -> bool {
    let own = checkpoint.variables.iter().filter(|variable| matches!(variable.role, Role::Optimizer | Role::Counter));
    let last = |variable: &crate::model::Variable| {
        let paths = variable.paths().iter().map(String::as_str);
        paths.chain([variable.name.as_str()]).any(|name| names.contains(&leaf(name)))
    };
    own.into_iter().any(last)
}

fn wrapped(checkpoint: &Checkpoint) -> bool {
    let parts =
        ["dynamic_scale", "dynamic_counter", "inner_optimizer", "loss_scale", "current_loss_scale", "good_steps"];
    checkpoint.variables.iter().filter(|variable| variable.role.group() != Group::Model).any(|variable| {
        let paths = variable.paths().iter().map(String::as_str);
        paths.chain([variable.name.as_str()]).any(|path| path.split('/').any(|part| parts.contains(&part)))
    })
}

fn averages(checkpoint: &Checkpoint) -> bool {
    checkpoint.variables.iter().filter_map(|variable| variable.slot_name()).any(is_average)
}

/// True if a slot of this name is the moving average of its variable.
pub(super) fn is_average(slot: &str) -> bool {
    matches!(slot, AVERAGE | "ema" | "model_variables_moving_average")
}

/// Moving averages that have become weights on the other side.
pub(super) fn stand_ins<'a>(old: &Checkpoint, new: &Checkpoint, alignment: &'a Alignment) -> Vec<&'a Pair> {
    let is = |checkpoint: &Checkpoint, id: VariableId, role: Role| {
        checkpoint.variables.get(id).is_some_and(|variable| {
            variable.role == role && (role != Role::Slot || variable.slot_name().is_some_and(is_average))
        })
    };
    let stands = |pair: &&Pair| {
        is(old, pair.old, Role::Slot) && is(new, pair.new, Role::Weight)
            || is(old, pair.old, Role::Weight) && is(new, pair.new, Role::Slot)
    };
    alignment.pairs.iter().filter(stands).collect()
}

/// What the key of a moving average ends in.
pub(super) const AVERAGE: &str = "ExponentialMovingAverage";

/// True if moving averages are all that there is of the model.
fn averaged(checkpoint: &Checkpoint) -> bool {
    let mut model = checkpoint.variables.iter().filter(|variable| variable.role.group() == Group::Model).peekable();
    model.peek().is_some() && model.any(|variable| leaf(&variable.name) == AVERAGE)
}

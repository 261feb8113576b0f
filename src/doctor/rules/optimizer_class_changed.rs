//! O008: the state of one optimizer for another.

use std::collections::BTreeSet;

use crate::doctor::binding::{Binding, OPTIMIZER, Way, has, optimizer_class, without_optimizer};
use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::many;
use crate::model::{Checkpoint, Depth, Role, Shape, Variable};
use crate::restore::tuple;

pub static RULE: Rule = Rule {
    code: "O008",
    name: "optimizer-class-changed",
    severity: Severity::Warning,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means: "The checkpoint holds the state of another optimizer than the new code has. Optimizers of Keras 2.11 and \
later store their state as a list, and a restore goes by position in it: the second moment that Adam keeps for the \
first weight may land in the momentum that SGD keeps for the second. If the shapes differ, an exception speaks of \
shapes and looks like an error of the model; if they agree, the state is wrong and nobody says so. Optimizers of Keras \
3 and the legacy ones name the kinds of their slots, and what has no counterpart is left fresh. The same lists shift by \
one when a constant learning rate becomes a schedule.",
        you_see: &[
            "ValueError: Received incompatible tensor with shape (5, 8) when attempting to restore variable with shape (8,) and name SGD/m/d1/bias:0.",
            "nothing: the optimizer begins fresh, or with state that is not its own",
            "Value in checkpoint could not be found in the restored object: (root).optimizer._variables.{i}",
        ],
        knows: "The kinds of slots in both checkpoints, and which of them would meet by position.",
        fix: "Restore the model without the optimizer, and begin the new one fresh:

    model = build()                                    # not yet compiled
    tf.train.Checkpoint(model=model).restore(prefix).expect_partial()
    model.compile(...)

A compiled model holds its optimizer, and a restore reaches that too: the exception would be the same. If the training is to go on as it was, use the optimizer of the save, of the same class.",
        not: "Calling assert_existing_objects_matched(): it passes when foreign state has filled every slot.",
        ignore: "If you restore the model alone.",
        see: &["N005", "O001", "O006", "O007"],
    },
};

/// How the stored state of an optimizer meets that of the new code, if not one to one.
pub(super) struct Meeting {
    was: BTreeSet<String>,
    is: BTreeSet<String>,
    /// The first slot that would get a value of another shape: stored, wanted, name.
    misfit: Option<(Shape, Shape, String)>,
    /// Slots that would get the state of another kind, or of another weight.
    foreign: Vec<String>,
}

impl Meeting {
    /// None if both sides do not have an optimizer, or all slots meet their own.
    pub fn of(binding: &Binding) -> Option<Self> {
        if !has(binding.old, &OPTIMIZER) || !has(binding.new, &OPTIMIZER) {
            return None;
        }
        let (was, is) = (kinds_of(binding.old), kinds_of(binding.new));
        let mut meeting = Self { was, is, misfit: None, foreign: Vec::new() };
        for &(old, new) in &binding.pairs {
            let pair = (binding.old.variables.get(old), binding.new.variables.get(new));
            let (Some(stored), Some(wanted)) = pair else { continue };
            if stored.role == Role::Slot || wanted.role == Role::Slot {
                meeting.meet(binding, stored, wanted);
            }
        }
        let strange = meeting.was != meeting.is || meeting.misfit.is_some() || !meeting.foreign.is_empty();
        strange.then_some(meeting)
    }

    fn meet(&mut self, binding: &Binding, stored: &Variable, wanted: &Variable) {
        let (Some(from), Some(to)) = (binding.old.entry(stored), binding.new.entry(wanted)) else { return };
        // A slot follows its weight: that one's other shape is the news.
        let weight = |checkpoint: &Checkpoint, slot: &Variable| {
            let weight = checkpoint.variables.get(slot.slot_of()?)?;
            Some((weight.name.to_string(), checkpoint.entry(weight)?.shape.clone()))
        };
        let (of_stored, of_wanted) = (weight(binding.old, stored), weight(binding.new, wanted));
        let same_weight = match (&of_stored, &of_wanted) {
            (Some((a, _)), Some((b, _))) => a == b,
            _ => true,
        };
        if from.shape != to.shape {
            let follows = same_weight
                && kind(stored) == kind(wanted)
                && of_stored.map(|(_, shape)| shape) != of_wanted.map(|(_, shape)| shape);
            if !follows {
                self.misfit.get_or_insert((from.shape.clone(), to.shape.clone(), wanted.name.to_string()));
            }
        } else if kind(stored) != kind(wanted) {
            self.foreign.push(wanted.name.to_string());
        }
    }
}

fn kinds_of(checkpoint: &Checkpoint) -> BTreeSet<String> {
    checkpoint.variables.iter().filter(|variable| variable.role == Role::Slot).map(kind).collect()
}

/// The kind of a slot: as the graph names it, or as the beginning of the name does (`Adam/m/dense/kernel`).
fn kind(variable: &Variable) -> String {
    if let Some(name) = variable.slot_name() {
        return name.to_string();
    }
    let name = variable.full_name().unwrap_or_default();
    let mut parts = name.split('/');
    match (parts.next(), parts.next()) {
        (Some(class), Some(kind)) if !class.is_empty() => format!("{class}/{kind}"),
        _ => "slot".to_owned(),
    }
}

/// How many learning rates are stored as a variable: a schedule is not.
fn rates(checkpoint: &Checkpoint) -> usize {
    let own = checkpoint.variables.iter().filter(|variable| variable.role == Role::Optimizer);
    let leaf =
        |variable: &Variable| variable.name.rsplit('/').next().is_some_and(|leaf| leaf.contains("learning_rate"));
    own.filter(|variable| leaf(variable)).count()
}

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(binding) = Binding::of(facts).filter(|binding| binding.way == Way::Objects) else { return };
    let shifted = super::layer_index_shift::by_optimizer(&binding, &binding.misplaced());
    if shifted || super::legacy_optimizer::applies(&binding) {
        // The slots follow the weights, of which O005 or O016 tells; O007 has its own words.
        return;
    }
    let Some(Meeting { was, is, misfit, foreign }) = Meeting::of(&binding) else { return };
    let words = |kinds: &BTreeSet<String>| match kinds.len() {
        0 => "no slots".to_owned(),
        _ => kinds.iter().cloned().collect::<Vec<_>>().join(" and "),
    };
    let classes = optimizer_class(binding.old).zip(optimizer_class(binding.new)).filter(|(old, new)| old != new);
    let (cause, message) = if was == is && rates(binding.old) != rates(binding.new) {
        let message = "one learning rate is a schedule, the other a number: the optimizer's list has shifted by one";
        ("lr-schedule-changed", message.to_owned())
    } else if was == is {
        ("optimizer-changed", "the optimizer's list of variables has shifted".to_owned())
    } else {
        let kinds = format!("stored are {}, wanted {}", words(&was), words(&is));
        let message = match classes {
            Some((old, new)) => format!("{old} was saved, the new code has {new}: {kinds}"),
            None => format!("the optimizer keeps other state now: {kinds}"),
        };
        ("optimizer-changed", message)
    };
    let mut finding = Finding::new(&RULE, message)
        .path(binding.old.label.clone())
        .cause(cause)
        .help("restore into the model before it is compiled, and let the new optimizer begin fresh")
        .python(without_optimizer(&binding.old.label));
    let missing = binding.missing(&[Role::Slot]);
    if !missing.is_empty() {
        finding = finding.evidence(format!("{} would begin fresh", many(missing.len(), "slot")));
    }
    let wrong = misfit.is_some() || !foreign.is_empty();
    let finding = match misfit {
        Some((from, to, name)) => finding.variables(vec![name.clone()]).tensorflow(format!(
            "ValueError: \"Received incompatible tensor with shape {} when attempting to restore variable with shape {} and name {name}:0.\"",
            tuple(&from),
            tuple(&to)
        )),
        None if wrong => finding
            .evidence(format!("{} would get the state of another kind", many(foreign.len(), "slot")))
            .variables(foreign)
            .tensorflow(binding.silently("the state fits by its shapes, and is wrong")),
        None => finding.variables(missing).tensorflow(binding.silently("what has no counterpart begins fresh")),
    };
    findings.add(Finding { severity: if wrong { Severity::Error } else { Severity::Warning }, ..finding });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample::{against, object};

    fn optimizer(kinds: &[&str]) -> Checkpoint {
        let slots: Vec<(String, String)> = kinds
            .iter()
            .enumerate()
            .map(|(i, kind)| (format!("optimizer/_variables/{i}"), format!("{kind}/d/kernel")))
            .collect();
        let mut variables: Vec<(&str, &str, &[u64])> =
            vec![("model/d/kernel", "d/kernel", &[2, 2]), ("optimizer/_iterations", "iteration", &[])];
        variables.extend(slots.iter().map(|(path, name)| (path.as_str(), name.as_str(), [2, 2].as_slice())));
        object(&variables)
    }

    #[test]
    fn state_of_another_kind() {
        let mut findings = Findings::default();
        check(&against(optimizer(&["Adam/m", "Adam/v"]), optimizer(&["SGD/m"])), &mut findings);
        assert_eq!(findings.list()[0].severity, Severity::Error);
        assert_eq!(
            findings.list()[0].message,
            "Adam was saved, the new code has SGD: stored are Adam/m and Adam/v, wanted SGD/m"
        );
    }

    #[test]
    fn the_same_optimizer() {
        let mut findings = Findings::default();
        check(&against(optimizer(&["Adam/m", "Adam/v"]), optimizer(&["Adam/m", "Adam/v"])), &mut findings);
        assert!(findings.list().is_empty());
    }
}

//! What the leading prediction comes to, for the rules that speak where no rule of a known failure does.

use super::facts::Facts;
use super::finding::{Finding, Findings};
use super::rule::Severity;
use crate::compare::story::Event;
use crate::model::{Checkpoint, Latest, Role, VariableId};
use crate::restore::{Loader, Prediction};

/// The prediction that is spoken of: of the loader asked about, or of the one that fits best. None if nobody
/// asked what a restore would do: then what the files tell by themselves is enough.
pub(super) fn leading(facts: &Facts) -> Option<&Prediction> {
    facts.predictions.first().filter(|_| facts.restoring)
}

/// Why `latest_checkpoint` returns None, if that is how the checkpoint would be found: nothing is restored
/// then, whatever is stored.
pub(super) fn no_latest(facts: &Facts) -> Option<&'static str> {
    let managed = leading(facts).is_some_and(|prediction| prediction.loader == Loader::Manager);
    // That the directory of a SavedModel is none of checkpoints, others tell.
    let asked = managed && !facts.resolved.is_saved_model;
    match facts.resolved.directory.as_ref().filter(|_| asked)?.latest {
        Latest::Nothing(why) => Some(why),
        _ => None,
    }
}

/// True if a finding of this severity or worse has been made: it tells the cause.
pub(super) fn told(findings: &Findings, severity: Severity) -> bool {
    findings.list().iter().any(|finding| finding.severity >= severity)
}

/// The checkpoint to restore, and for a state file to name: the one examined, or where an error has been told, which is
/// what faults are told as, a whole one beside it. None where there is none.
pub(super) fn restorable<'a>(facts: &'a Facts, findings: &Findings) -> Option<&'a str> {
    let own = facts.checkpoint.as_ref().map(|checkpoint| checkpoint.label.as_str());
    let sibling = facts.whole_siblings.first().map(String::as_str);
    own.and_then(|own| if told(findings, Severity::Error) { sibling } else { Some(own) })
}

/// What happened to the model.
pub(super) fn story(facts: &Facts) -> &[Event] {
    facts.comparison.as_ref().map_or(&[], |comparison| &comparison.story)
}

/// A finding with what happened to the model as its causes and evidence.
pub(super) fn caused(mut finding: Finding, story: &[Event]) -> Finding {
    for event in story {
        finding = event.kind.causes().into_iter().fold(finding.evidence(event.to_string()), Finding::cause);
    }
    finding
}

/// The call, as people write it.
pub(super) fn call(loader: Loader) -> &'static str {
    match loader {
        Loader::Checkpoint => "tf.train.Checkpoint.restore",
        Loader::Manager => "restore(latest_checkpoint(...))",
        Loader::Saver => "Saver.restore",
        Loader::Keras2Weights => "load_weights of Keras 2",
        Loader::Keras2Model => "load_model of Keras 2",
        Loader::Keras3Weights => "load_weights of Keras 3",
        Loader::Keras3Model => "load_model of Keras 3",
        Loader::SavedModel => "tf.saved_model.load",
    }
}

/// Names of those variables that have one of these roles.
pub(super) fn names(checkpoint: Option<&Checkpoint>, ids: &[VariableId], roles: &[Role]) -> Vec<String> {
    let variables = ids.iter().filter_map(|id| checkpoint?.variables.get(*id));
    variables.filter(|variable| roles.contains(&variable.role)).map(|variable| variable.name.to_string()).collect()
}

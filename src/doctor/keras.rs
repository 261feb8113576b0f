//! What a load by Keras comes to, for the rules that name its cause: the event that led to it comes first,
//! then what is left half done, then a way that works.

use std::collections::HashSet;

use super::facts::Facts;
use super::finding::{Finding, Findings};
use super::outlook::{caused, leading, names, story, told};
use super::rule::{Rule, Severity};
use super::words::{is_python_name, many, python, some};
use crate::compare::story::{Event, EventKind, RenameKind};
use crate::model::{Checkpoint, Container, Role, Writer};
use crate::restore::{Exception, Loader, Options, Outcome, Prediction, Scene, predict};

/// The leading prediction, if Keras loads and no rule has told of an error yet.
pub(super) fn loading<'a>(facts: &'a Facts, findings: &Findings) -> Option<&'a Prediction> {
    let prediction = leading(facts).filter(|prediction| by_weights(prediction) || by_model(prediction))?;
    Some(prediction).filter(|_| !told(findings, Severity::Error))
}

/// The same where it ends with an exception.
pub(super) fn raising<'a>(facts: &'a Facts, findings: &Findings) -> Option<(&'a Prediction, &'a Exception)> {
    let prediction = loading(facts, findings)?;
    Some((prediction, prediction.course.exception.as_ref()?))
}

/// True for `load_weights`.
pub(super) fn by_weights(prediction: &Prediction) -> bool {
    matches!(prediction.loader, Loader::Keras2Weights | Loader::Keras3Weights)
}

/// True for `load_model`.
pub(super) fn by_model(prediction: &Prediction) -> bool {
    matches!(prediction.loader, Loader::Keras2Model | Loader::Keras3Model)
}

/// True if Keras 2 loads.
pub(super) fn of_keras2(prediction: &Prediction) -> bool {
    matches!(prediction.loader, Loader::Keras2Weights | Loader::Keras2Model)
}

/// True if Keras 2, or 1, has saved it.
pub(super) fn from_keras2(checkpoint: &Checkpoint) -> bool {
    matches!(checkpoint.writer, Writer::Keras2 | Writer::Keras1)
}

/// True for a file that one Keras wrote and the other one loads.
pub(super) fn is_foreign(checkpoint: &Checkpoint, prediction: &Prediction) -> bool {
    let by_keras = from_keras2(checkpoint) || checkpoint.writer == Writer::Keras3;
    by_keras && from_keras2(checkpoint) != of_keras2(prediction)
}

/// True for a file in which layers are listed, and found by their order or their names.
pub(super) fn lists_layers(checkpoint: &Checkpoint) -> bool {
    matches!(checkpoint.container, Container::KerasLayersH5 | Container::KerasModelH5)
}

/// What Keras says, in one line.
pub(super) fn quote(exception: &Exception) -> String {
    format!("{}: \"{}\"", exception.class, one_line(&exception.message))
}

/// The first line of a message, with the next one where it only introduces that.
pub(super) fn one_line(message: &str) -> String {
    let mut lines = message.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    match lines.next().filter(|_| first.ends_with(':')) {
        Some(next) => format!("{first} {next}"),
        None => first.to_owned(),
    }
}

/// What happened to the model, the likeliest reason of a failed load first; without the optimizer's share.
pub(super) fn reasons(facts: &Facts) -> Vec<Event> {
    let has_paths = facts.checkpoint.as_ref().is_some_and(|checkpoint| !lists_layers(checkpoint));
    let rank = |event: &Event| match &event.kind {
        EventKind::Renamed { kind: RenameKind::KerasFile | RenameKind::KerasVersion, .. } if has_paths => 0,
        EventKind::Inserted { .. } | EventKind::Removed { .. } => 1,
        EventKind::Reordered { .. } | EventKind::Replaced { .. } => 1,
        EventKind::Toggled { .. } | EventKind::Filled { .. } => 2,
        EventKind::Resized { .. } | EventKind::Retyped { .. } => 2,
        _ => 3,
    };
    let of_model = |event: &&Event| !matches!(event.kind, EventKind::Optimizer(_));
    let mut events: Vec<Event> = story(facts).iter().filter(of_model).cloned().collect();
    events.sort_by_key(rank);
    events
}

/// True if layers came, went, moved or were exchanged.
pub(super) fn is_structural(event: &Event) -> bool {
    use EventKind::{Inserted, Removed, Reordered, Replaced};
    matches!(event.kind, Inserted { .. } | Removed { .. } | Reordered { .. } | Replaced { .. })
}

/// A finding that begins with what happened to the model, and goes on with what comes of it.
pub(super) fn led(rule: &'static Rule, facts: &Facts, consequence: &str) -> Finding {
    let events = reasons(facts);
    let Some((first, rest)) = events.split_first() else {
        return Finding::new(rule, consequence).path(facts.subject.clone());
    };
    let finding = Finding::new(rule, format!("{first}; {consequence}")).path(facts.subject.clone());
    let finding = first.kind.causes().into_iter().fold(finding, Finding::cause);
    caused(finding, rest)
}

/// Values that would go to other variables, a line each, and what is assigned before an exception.
pub(super) fn half_done(mut finding: Finding, facts: &Facts, prediction: &Prediction) -> Finding {
    for (old, new) in misplaced(facts, prediction).iter().take(SHOWN) {
        finding = finding.evidence(format!("{old} -> would fill {new}"));
    }
    let ids: Vec<usize> = prediction.course.bound.iter().map(|bound| bound.new).collect();
    let assigned = names(facts.program(), &ids, &MODEL);
    if prediction.course.exception.is_some() && !assigned.is_empty() {
        let count = many(assigned.len(), "variable");
        finding = finding.evidence(format!("{count} assigned by then, the rest not: {}", some(&assigned)));
    }
    finding
}

/// Names of stored variables, and of those that would take their values.
pub(super) fn misplaced(facts: &Facts, prediction: &Prediction) -> Vec<(String, String)> {
    let (Some(old), Some(new)) = (&facts.checkpoint, facts.program()) else { return Vec::new() };
    let pairs = prediction.wrong_values.iter().filter_map(|bound| {
        Some((old.variables.get(bound.old)?.name.to_string(), new.variables.get(bound.new)?.name.to_string()))
    });
    pairs.collect()
}

/// Roles that a model cannot do without.
pub(super) const MODEL: [Role; 2] = [Role::Weight, Role::Statistic];

/// Pairs that are written out.
const SHOWN: usize = 4;

/// The options of `load_weights` that restore all that both sides have; or else code that copies it by name.
pub(super) fn remedy(finding: Finding, facts: &Facts, prediction: &Prediction) -> Finding {
    let (true, Some(path)) = (by_weights(prediction), path(facts)) else { return finding };
    let Some(shared) = shared(facts) else {
        let alone = "no layer of the file fits one of the model as a whole: build the model with the sizes of the file, \
                     or train it from the start";
        return if facts.comparison.is_some() { finding.help(alone) } else { finding };
    };
    let names_count = facts.checkpoint.as_ref().is_some_and(lists_layers);
    let all = [(false, false), (true, false), (true, true), (false, true)];
    for (by_name, skip_mismatch) in all.into_iter().filter(|(by_name, _)| names_count || !by_name) {
        let options = Options { by_name, skip_mismatch };
        let Some(other) = again(facts, prediction.loader, options) else { return finding };
        let fills = other.course.bound.iter().filter(|bound| shared.contains(&(bound.old, bound.new))).count();
        if other.outcome == Outcome::Error || !other.wrong_values.is_empty() || fills < shared.len() {
            continue;
        }
        let left = names(facts.program(), &other.not_restored, &MODEL);
        let wrong = prediction.outcome == Outcome::Error || !prediction.wrong_values.is_empty();
        if !wrong && other.not_restored.len() >= prediction.not_restored.len() {
            return finding.help("train them before the model is used; or build it as it was when it was saved");
        }
        let with = match (by_name, skip_mismatch) {
            (false, false) => "without options",
            (true, false) => "by name",
            (true, true) => "by name, and skip what does not fit",
            (false, true) => "and skip what does not fit",
        };
        let help = match left.len() {
            0 => format!("load {with}: that fills the whole model"),
            n => format!("load {with}; {} stay random then: {}", many(n, "variable"), some(&left)),
        };
        let arguments: String = options.words().map(|words| format!(", {words}")).collect();
        return finding.help(help).python(format!("model.load_weights({path}{arguments})"));
    }
    finding
        .help("load into the model as it was, and copy layer by layer, by name; train what is left, or keep it out")
        .python(copy(facts, &path))
}

/// The path, as Python takes it.
pub(super) fn path(facts: &Facts) -> Option<String> {
    facts.checkpoint.as_ref().map(|checkpoint| python(&checkpoint.label))
}

/// Variables of layers of the model that are on both sides as a whole, in one shape.
fn shared(facts: &Facts) -> Option<Vec<(usize, usize)>> {
    let (old, comparison) = (facts.checkpoint.as_ref()?, facts.comparison.as_ref()?);
    let new = &comparison.target;
    let fits = |(a, b): &(usize, usize)| {
        old.entries.get(*a).zip(new.entries.get(*b)).is_some_and(|(was, is)| was.shape == is.shape)
    };
    let pairs = comparison.alignment.pairs.iter().map(|pair| (pair.old, pair.new));
    let pairs: Vec<(usize, usize)> = pairs.filter(fits).collect();
    let found: HashSet<usize> = pairs.iter().map(|(_, id)| *id).collect();
    let layer = |id: usize| Some(new.variables.get(id)?.name.rsplit_once('/').map_or("", |(layer, _)| layer));
    let partly: HashSet<&str> = (0..new.variables.len()).filter(|id| !found.contains(id)).filter_map(layer).collect();
    let of_model = |id: usize| new.variables.get(id).is_some_and(|variable| MODEL.contains(&variable.role));
    let whole = |(_, id): &(usize, usize)| of_model(*id) && layer(*id).is_some_and(|layer| !partly.contains(layer));
    Some(pairs.into_iter().filter(whole).collect()).filter(|pairs: &Vec<_>| !pairs.is_empty())
}

/// The same load with other options, or by another loader.
fn again(facts: &Facts, loader: Loader, options: Options) -> Option<Prediction> {
    let comparison = facts.comparison.as_ref()?;
    Some(predict(
        loader,
        &Scene {
            resolved: &facts.resolved,
            checkpoint: facts.checkpoint.as_ref(),
            digests: &facts.digests,
            target: Some(&comparison.target),
            graph: None,
            alignment: Some(&comparison.alignment),
            options,
        },
    ))
}

/// Copies what fits from the model as it was, by the names of layers.
fn copy(facts: &Facts, path: &str) -> String {
    let renamed = story(facts).iter().filter_map(|event| match &event.kind {
        EventKind::Renamed { kind: RenameKind::Layer | RenameKind::Drift, each, .. } => Some(each),
        _ => None,
    });
    let renamed = renamed.flatten();
    let plain = |name: &str| is_python_name(name);
    let renamed: Vec<String> = renamed
        .filter(|(from, to)| plain(from) && plain(to))
        .map(|(from, to)| format!("{}: {}", python(to), python(from)))
        .collect();
    let names = if renamed.is_empty() { String::new() } else { format!("names = {{{}}}\n", renamed.join(", ")) };
    let was = if renamed.is_empty() { "layer.name" } else { "names.get(layer.name, layer.name)" };
    format!(
        "old = build_old_model()\nold.load_weights({path})\nby_name = {{layer.name: layer for layer in old.layers}}\n\
         {names}for layer in model.layers:\n    source = by_name.get({was})\n    \
         if source is not None and [w.shape for w in source.weights] == [w.shape for w in layer.weights]:\n        \
         layer.set_weights(source.get_weights())"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample::{against, loaded, named};
    use crate::model::{Flavor, KerasFile, Owner};
    use crate::restore::Bound;

    #[test]
    fn messages_in_one_line() {
        assert_eq!(one_line("\nOne.\nTwo."), "One.");
        assert_eq!(one_line("Example for a:\n\n  It is (2,)\nMore"), "Example for a: It is (2,)");
        assert_eq!(one_line(""), "");
    }

    #[test]
    fn layers_that_came_explain_more_than_sizes() {
        let old = named(&[("a/kernel", &[2, 3]), ("out/bias", &[5]), ("out/kernel", &[3, 5])]);
        let new = [("a/kernel", &[2, 3][..]), ("mid/kernel", &[3, 4]), ("out/bias", &[7]), ("out/kernel", &[3, 7])];
        let events = reasons(&against(old, named(&new)));
        assert!(is_structural(&events[0]), "{events:?}");
        assert!(events.iter().any(|event| matches!(event.kind, EventKind::Resized { .. })));
    }

    /// Layers of one shape that changed places: by name each takes its own.
    #[test]
    fn layers_that_changed_places_are_loaded_by_name() {
        let layers = |names: [&str; 2]| {
            let mut file = named(&[("a/kernel", &[3, 3]), ("b/kernel", &[3, 3])]);
            (file.container, file.flavor, file.writer) = (Container::KerasLayersH5, Flavor::LayerBased, Writer::Keras2);
            let owner = |name: &str| Owner {
                path: name.to_owned(),
                name: Some(name.to_owned()),
                weights: vec![file.variables.iter().position(|one| one.name == format!("{name}/kernel"))],
                ..Owner::default()
            };
            let owners = names.map(owner).to_vec();
            file.keras = Some(Box::new(KerasFile { owners, ..KerasFile::default() }));
            file
        };
        let mut facts = loaded(against(layers(["a", "b"]), layers(["b", "a"])), Loader::Keras2Weights, None);
        (facts.resolved.is_directory, facts.resolved.directory) = (false, None);
        facts.resolved.given = "w.h5".to_owned();
        facts.predictions[0].wrong_values = vec![Bound { old: 0, new: 1 }, Bound { old: 1, new: 0 }];
        let found =
            remedy(led(&crate::doctor::rules::position_swap::RULE, &facts, "so"), &facts, &facts.predictions[0]);
        assert_eq!(found.help.as_deref(), Some("load by name: that fills the whole model"));
        assert_eq!(found.fixes[0].text, "model.load_weights(\"ckpts/ckpt-4\", by_name=True)");
    }

    #[test]
    fn where_nothing_fits_that_is_said() {
        let layers = |tensors: &[(&str, &[u64])]| Checkpoint { flavor: Flavor::LayerBased, ..named(tensors) };
        let (old, new) = (layers(&[("a/kernel", &[2, 3])]), layers(&[("a/kernel", &[2, 7])]));
        let facts = loaded(against(old, new), Loader::Keras2Weights, Some("Shape mismatch"));
        let found = remedy(led(&crate::doctor::rules::h5_shape::RULE, &facts, "so"), &facts, &facts.predictions[0]);
        assert!(found.help.unwrap().starts_with("no layer of the file fits"));
    }

    #[test]
    fn without_a_way_that_works_there_is_code_to_copy() {
        let layers = |tensors: &[(&str, &[u64])]| Checkpoint { flavor: Flavor::LayerBased, ..named(tensors) };
        let old = layers(&[("a/kernel", &[2, 3]), ("hidden/kernel", &[3, 5])]);
        let new = layers(&[("a/kernel", &[2, 3]), ("features/kernel", &[3, 5])]);
        let facts = loaded(against(old, new), Loader::Keras3Weights, Some("no"));
        let found = remedy(led(&crate::doctor::rules::h5_shape::RULE, &facts, "so"), &facts, &facts.predictions[0]);
        assert!(found.message.starts_with("renamed from hidden to features"), "{}", found.message);
        assert!(found.fixes[0].text.contains("names = {\"features\": \"hidden\"}"), "{}", found.fixes[0].text);
    }
}

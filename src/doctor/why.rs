//! Why a restore through two object graphs leaves something out: what the person did, as far as the graphs tell.

use std::collections::{BTreeSet, HashSet};

use super::binding::{Binding, MODEL, has};
use super::words::some;
use crate::compare::story::{Event, EventKind};
use crate::model::{Checkpoint, ObjectGraph, Role, Writer, dotted};

/// What the person did, as far as the graphs tell.
pub(super) fn why(
    binding: &Binding,
    missing: &[String],
    unused: &[String],
    event: Option<&Event>,
) -> Option<(&'static str, String)> {
    let (old, new) = (binding.old, binding.new);
    if !has(new, &MODEL) {
        return Some(("no-objects", "the new code's Checkpoint tracks nothing of the model".to_owned()));
    }
    if !has(old, &TRACKED) {
        return Some(("no-objects", "the Checkpoint that was saved tracked nothing".to_owned()));
    }
    let nothing = binding.restored(&MODEL) == 0 && !missing.is_empty() && !unused.is_empty();
    let keras = |writer: Writer| matches!(writer, Writer::Keras2 | Writer::Keras3);
    if nothing && old.writer != new.writer && keras(old.writer) && keras(new.writer) {
        let why = format!(
            "written by {}, the new code is {}, which names every reference differently",
            old.writer.words(),
            new.writer.words()
        );
        return Some(("keras-version", why));
    }
    let (was, is) = (roots(old), roots(new));
    if nothing && was != is && !was.is_empty() && !is.is_empty() {
        let why = format!(
            "the checkpoint holds the model as {}, the new code as {}",
            root_words(old, &was),
            root_words(new, &is)
        );
        return Some(("wrapper-changed", why));
    }
    let functional = |checkpoint: &Checkpoint| {
        let paths = checkpoint.variables.iter().flat_map(|variable| variable.paths());
        paths.flat_map(|path| path.split('/')).any(|part| part == "_functional")
    };
    if functional(old) != functional(new) && keras(old.writer) && old.writer == new.writer && !missing.is_empty() {
        let words = |is: bool| if is { "Sequential" } else { "functional" };
        return Some((
            "model-kind-changed",
            format!("a {} model was saved, the new one is {}", words(functional(old)), words(functional(new))),
        ));
    }
    let biases = |names: &[String]| names.iter().all(|name| name.rsplit('/').next() == Some("bias"));
    if (missing.is_empty() || unused.is_empty()) && biases(missing) && biases(unused) {
        return Some(("bias-toggled", "use_bias has changed".to_owned()));
    }
    let told = event.and_then(|event| Some((*event.kind.causes().first()?, event.to_string())));
    let undecided = event.is_some_and(|event| matches!(event.kind, EventKind::Undecided { .. }));
    match moved(binding, missing, unused).or_else(|| layers(binding, missing, unused)) {
        // What stands at other positions now, and which of equal layers are new, the story knows better.
        Some((cause, why)) if undecided || why.starts_with(SHIFTED) => told.or(Some((cause, why))),
        why => why,
    }
}

/// Roles of everything that a program tracks; saves are counted in any case.
const TRACKED: [Role; 4] = [Role::Weight, Role::Statistic, Role::Slot, Role::Optimizer];

/// What is said of layers at other positions where nothing better is known.
const SHIFTED: &str = "positions of layers have shifted";

/// What the root refers to that leads to the model.
pub(super) fn roots(checkpoint: &Checkpoint) -> BTreeSet<&str> {
    let of_model = checkpoint.variables.iter().filter(|variable| MODEL.contains(&variable.role));
    let first = |path: &'_ String| path.split('/').next().map(str::to_owned);
    let used: BTreeSet<String> = of_model.flat_map(|variable| variable.paths().iter().filter_map(first)).collect();
    let children =
        checkpoint.graph.iter().filter_map(|graph: &ObjectGraph| graph.nodes.first()).flat_map(|root| &root.children);
    children.map(|(name, _)| name.as_str()).filter(|name| used.contains(*name) && *name != "optimizer").collect()
}

pub(super) fn root_words(checkpoint: &Checkpoint, roots: &BTreeSet<&str>) -> String {
    let of_keras = |name: &&&str| {
        name.starts_with("layer-")
            || name.starts_with("layer_with_weights-")
            || matches!(**name, "_functional" | "_operations" | "_layers")
    };
    match checkpoint.writer {
        Writer::Keras2 | Writer::Keras3 if roots.iter().any(|name| of_keras(&name)) => "the root itself".to_owned(),
        _ => some(&roots.iter().copied().collect::<Vec<_>>()),
    }
}

/// Variables of the same name that are reached by another way now, or whose names are ways that differ
/// in one word.
fn moved(binding: &Binding, missing: &[String], unused: &[String]) -> Option<(&'static str, String)> {
    let left: HashSet<&str> = unused.iter().map(String::as_str).collect();
    let same = missing.iter().find(|name| left.contains(name.as_str()));
    let Some(same) = same else { return one_word(missing, unused) };
    let paths = |checkpoint: &'_ Checkpoint| {
        let variable = checkpoint.variables.iter().find(|variable| variable.name == *same);
        let own = |path: &&String| !path.split('/').any(|part| part == "_trainable_variables");
        variable.into_iter().flat_map(|variable| variable.paths().iter().filter(own).cloned()).collect::<Vec<String>>()
    };
    let (was, is) = (paths(binding.old), paths(binding.new));
    let was = was.iter().find(|path| !is.contains(path))?;
    let alike = |path: &&String| different(was, path).is_some_and(|parts| parts.len() == 1);
    let is = is.iter().find(alike).or(is.first())?;
    let words = format!("{same} is reached by {} in the new code, by {} in the checkpoint", dotted(is), dotted(was));
    match different(was, is).as_deref() {
        Some([(a, b)]) if position(a).is_none() && position(b).is_none() => Some(renamed(a, b)),
        Some([(a, b)]) if position(a).is_some() && position(b).is_some() => {
            let cause = if position(a) < position(b) { "inserted-layer" } else { "removed-layer" };
            Some((cause, format!("{SHIFTED}: {words}")))
        }
        _ => Some(("changed-nesting", words)),
    }
}

fn renamed(was: &str, is: &str) -> (&'static str, String) {
    ("renamed-attribute", format!("the attribute {was} is called {is} in the new code"))
}

/// The parts in which two ways of equal length differ.
fn different<'a>(a: &'a str, b: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
    let same_length = a.split('/').count() == b.split('/').count();
    same_length.then(|| a.split('/').zip(b.split('/')).filter(|(a, b)| a != b).collect())
}

/// The number that a part is or ends in (`3`, `layer-3`).
fn position(part: &str) -> Option<u64> {
    part.rsplit('-').next()?.parse().ok()
}

/// The one word by whose change every missing name becomes an unused one.
fn one_word(missing: &[String], unused: &[String]) -> Option<(&'static str, String)> {
    let first = missing.first()?;
    let left: HashSet<&str> = unused.iter().map(String::as_str).collect();
    let changes = unused.iter().filter_map(|name| match different(name, first)?.as_slice() {
        [(a, b)] if position(a).is_none() && position(b).is_none() => Some((*a, *b)),
        _ => None,
    });
    // Few words can have become one of the first name's; of a thousand equal ones, one is asked.
    let changes: BTreeSet<(&str, &str)> = changes.collect();
    let becomes = |name: &str, was: &str, is: &str| {
        let parts = || name.split('/').enumerate().filter(|(_, part)| *part == is).map(|(at, _)| at);
        parts().any(|at| left.contains(with_part(name, at, was).as_str()))
    };
    let mut tried = changes.into_iter().take(CHANGES);
    let (was, is) = tried.find(|(was, is)| missing.iter().all(|name| becomes(name, was, is)))?;
    Some(renamed(was, is))
}

/// Changes of one word that are tried at the most: names that people give have a few.
const CHANGES: usize = 256;

/// A name with another word at one place.
fn with_part(name: &str, at: usize, word: &str) -> String {
    let parts = name.split('/').enumerate().map(|(position, part)| if position == at { word } else { part });
    parts.collect::<Vec<&str>>().join("/")
}

/// Whole layers that are only on one side.
fn layers(binding: &Binding, missing: &[String], unused: &[String]) -> Option<(&'static str, String)> {
    let layer = |name: &str| name.rsplit_once('/').map(|(layer, _)| layer.to_owned());
    let of = |names: &[String]| names.iter().filter_map(|name| layer(name)).collect::<BTreeSet<String>>();
    let known = |checkpoint: &Checkpoint| {
        checkpoint.variables.iter().filter_map(|variable| layer(&variable.name)).collect::<BTreeSet<String>>()
    };
    let new: Vec<String> = of(missing).difference(&known(binding.old)).cloned().collect();
    let gone: Vec<String> = of(unused).difference(&known(binding.new)).cloned().collect();
    match (new.is_empty(), gone.is_empty()) {
        (false, true) if unused.is_empty() => {
            Some(("inserted-layer", format!("the new code has layers that are not stored ({})", some(&new))))
        }
        (true, false) if missing.is_empty() => {
            Some(("removed-layer", format!("layers that are stored are not in the new code ({})", some(&gone))))
        }
        _ => None,
    }
}

/// The keywords of the Checkpoint that are other ones now, leaving aside those of the model and of an optimizer that
/// is on one side alone: counters, metrics, or the optimizer under another name.
pub(super) fn keywords_changed(binding: &Binding) -> Option<String> {
    let keywords = |checkpoint: &Checkpoint| -> BTreeSet<String> {
        let root = checkpoint.graph.as_ref().and_then(|graph| graph.nodes.first());
        // A model that is the root itself has attributes; a Checkpoint counts its saves.
        let root = root.filter(|root| root.child(COUNTER).is_some() && !of_model(checkpoint));
        root.into_iter().flat_map(|root| root.children.iter().map(|(name, _)| name.clone())).collect()
    };
    let (was, is) = (keywords(binding.old), keywords(binding.new));
    let only = |own: &BTreeSet<String>, other: &BTreeSet<String>| -> Vec<String> {
        own.difference(other).filter(|name| *name != COUNTER).cloned().collect()
    };
    let (gone, came) = (only(&was, &is), only(&is, &was));
    if was.is_empty() || is.is_empty() {
        return None;
    }
    let lone = |names: &[String]| names.iter().all(|name| name.contains("optim"));
    match (gone.is_empty(), came.is_empty()) {
        (true, true) => None,
        (true, false) if lone(&came) => None,
        (false, true) if lone(&gone) => None,
        (false, true) => Some(format!("the new code's Checkpoint does not hold {}", some(&gone))),
        (true, false) => Some(format!("the checkpoint does not hold {}, the new code's does", some(&came))),
        (false, false) => {
            Some(format!("the checkpoint holds {}, the new code {} in its place", some(&gone), some(&came)))
        }
    }
}

/// Keras 3 keeps kernels in an attribute that begins with an underscore: all that differs of a layer in a model of the
/// program's own class.
pub(super) fn other_keras(missing: &[String], unused: &[String]) -> Option<String> {
    let kernels = |names: &[String], leaf: &str| -> BTreeSet<String> {
        names.iter().filter_map(|name| name.strip_suffix(leaf).map(str::to_owned)).collect()
    };
    let differ = |a: &[String], b: &[String]| !kernels(a, "/kernel").is_disjoint(&kernels(b, "/_kernel"));
    let line = |was: u8, is: u8| {
        Some(format!("kernels are kept as Keras {was} does in the checkpoint, as Keras {is} does now"))
    };
    match (differ(unused, missing), differ(missing, unused)) {
        (true, _) => line(2, 3),
        (_, true) => line(3, 2),
        _ => None,
    }
}

const COUNTER: &str = "save_counter";

/// True if the root has the lists of a model of Keras.
fn of_model(checkpoint: &Checkpoint) -> bool {
    root_words(checkpoint, &roots(checkpoint)) == "the root itself"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernels_tell_which_keras() {
        let names = |names: [&str; 2]| names.map(str::to_owned);
        let (two, three) = (names(["m/a/kernel", "m/b/kernel"]), names(["m/a/_kernel", "m/b/_kernel"]));
        assert!(other_keras(&three, &two).unwrap().contains("Keras 2 does in the checkpoint"));
        assert!(other_keras(&two, &three).unwrap().contains("Keras 3 does in the checkpoint"));
        assert_eq!(other_keras(&two, &names(["m/c/_kernel", "m/d/_kernel"])), None);
    }

    /// Twenty thousand names on each side, and none becomes the other by one word.
    #[test]
    fn many_names_and_one_word() {
        let names = |word: &str| (0..20_000).map(|i| format!("model/{word}_{i}/kernel")).collect::<Vec<String>>();
        assert_eq!(one_word(&names("a"), &names("b")), None);
        let (was, is) = (["m/a/k", "m/a/b", "m/a/a"], ["m/z/k", "m/z/b", "m/z/a"]);
        let owned = |names: [&str; 3]| names.map(str::to_owned);
        let found = one_word(&owned(is), &owned(was)).unwrap().1;
        assert!(found.contains("the attribute a is called z"), "{found}");
    }
}

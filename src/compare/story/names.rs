//! Other names for the same variables: each rewriting once, with all variables that it explains.

use std::collections::{BTreeMap, BTreeSet};

use super::Event;
use super::patterns::{self, Rewriting};
use crate::compare::align::{Alignment, Pair, counted};
use crate::model::{Checkpoint, Container, Flavor, Group, Variable, Writer, leaf, tells_place, uncounted};

/// What sort of name is another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RenameKind {
    /// Keras 2 and Keras 3 reach their layers by other paths.
    KerasVersion,
    /// Keras 2 and Keras 3 write their own files in other ways.
    KerasFile,
    /// What `tf.train.Checkpoint` was given is another: another keyword, or the object itself.
    Root,
    /// Sequential, functional and subclassed models reach their layers by other paths.
    ModelKind,
    /// Objects lie deeper, or less deep, than before.
    Nesting,
    /// A Python attribute has another name.
    Attribute,
    /// A scope of names is another.
    Scope,
    /// A layer has another name.
    Layer,
    /// A single variable has another name.
    Leaf,
    /// Automatic names have been counted on.
    Drift,
}

impl RenameKind {
    /// The term for what the person did.
    pub fn cause(self) -> &'static str {
        match self {
            Self::KerasVersion | Self::KerasFile => "keras-version",
            Self::Root => "wrapper-changed",
            Self::ModelKind => "model-kind-changed",
            Self::Nesting => "changed-nesting",
            Self::Attribute => "renamed-attribute",
            Self::Scope => "renamed-scope",
            Self::Layer | Self::Leaf => "renamed-layer",
            Self::Drift => "name-drift",
        }
    }
}

/// Every rewriting of names, of paths and of keys that pairs of the model show.
pub(super) fn renames(old: &Checkpoint, new: &Checkpoint, alignment: &Alignment) -> Vec<Event> {
    let keras = |checkpoint: &Checkpoint| match checkpoint.writer {
        Writer::Keras3 => Some(3),
        Writer::Keras2 | Writer::Keras1 => Some(2),
        Writer::Keras | Writer::Trackable | Writer::Saver => None,
    };
    let other_keras = keras(old).zip(keras(new)).is_some_and(|(old, new)| old != new);
    let listed_otherwise = is_list(old) != is_list(new);
    let pairs = || {
        alignment.pairs.iter().filter_map(|pair| {
            let (a, b) = (old.variables.get(pair.old)?, new.variables.get(pair.new)?);
            (b.role.group() == Group::Model).then_some((pair, a, b))
        })
    };
    let shared = Shared::of(pairs().map(|(_, a, b)| (a.name.as_str(), b.name.as_str())));
    let mut found: BTreeMap<Rewriting, Vec<Pair>> = BTreeMap::new();
    for (pair, a, b) in pairs() {
        let of_file = || Rewriting {
            kind: RenameKind::KerasFile,
            from: old.writer.words().to_owned(),
            to: new.writer.words().to_owned(),
        };
        let of_file =
            (other_keras && old.flavor == Flavor::LayerBased && new.flavor == Flavor::LayerBased).then(of_file);
        let by_key = || by_key(key(old, a)?, key(new, b)?, listed_otherwise);
        let all = [by_name(old, new, a, b, &shared), by_path(a, b, other_keras), of_file, by_key()];
        for rewriting in all.into_iter().flatten() {
            found.entry(rewriting).or_default().push(*pair);
        }
    }
    patterns::told(found)
}

/// What is different in two names.
fn by_name(old: &Checkpoint, new: &Checkpoint, a: &Variable, b: &Variable, shared: &Shared) -> Option<Rewriting> {
    // Of objects without names of their own, the name is a path.
    let own = |checkpoint: &Checkpoint, variable: &Variable| {
        checkpoint.flavor != Flavor::ObjectBased || variable.full_name() == Some(variable.name.as_str())
    };
    if !own(old, a) || !own(new, b) || old.flavor != new.flavor {
        return None;
    }
    let named = old.flavor == Flavor::NameBased;
    let (was, is) = if named { (a.name.as_str(), b.name.as_str()) } else { shared.cut(&a.name, &b.name) };
    if was == is {
        return None;
    }
    let (from, to) = middle(was, is);
    if drifted(was, is) {
        return Some(Rewriting { kind: RenameKind::Drift, from, to });
    }
    let kind = match named {
        true if leaf(was) != leaf(is) => RenameKind::Leaf,
        true => RenameKind::Scope,
        // Last parts are called otherwise by another Keras, not by a person.
        false if leaf(was) != leaf(is) => return None,
        false => RenameKind::Layer,
    };
    Some(Rewriting { kind, from, to })
}

/// What is different in the paths through two object graphs, where none of them is on both sides.
fn by_path(a: &Variable, b: &Variable, other_keras: bool) -> Option<Rewriting> {
    let (ours, theirs) = (places(a), places(b));
    if ours.iter().any(|path| theirs.contains(path)) {
        return None;
    }
    // Of several paths those two that are most alike.
    let all = ours.iter().flat_map(|was| theirs.iter().map(move |is| (*was, *is)));
    let (was, is) = all.min_by_key(|(was, is)| {
        let (from, to) = middle(was, is);
        (framework(was) != framework(is), depth(&from).saturating_add(depth(&to)))
    })?;
    if other_keras {
        let (from, to) = ("layer_with_weights-{N}".into(), "_operations/{N}".into());
        return Some(Rewriting { kind: RenameKind::KerasVersion, from, to });
    }
    let (from, to) = middle(was, is);
    let (first_was, first_is) = (was.split('/').next()?, is.split('/').next()?);
    let kind = if depth(&from) == depth(&to) && renumbered(&from, &to) {
        // Another number in the same list: what moved it there is told by itself.
        return None;
    } else if is.strip_suffix(was).is_some_and(|rest| rest.matches('/').count() == 1)
        || was.strip_suffix(is).is_some_and(|rest| rest.matches('/').count() == 1)
        || first_was != first_is && rest(was) == rest(is)
    {
        RenameKind::Root
    } else if framework(was) != framework(is) {
        RenameKind::ModelKind
    } else if depth(was) != depth(is) || is_number(&from) != is_number(&to) {
        // A number is a place in a list, a word an attribute or a key.
        RenameKind::Nesting
    } else {
        RenameKind::Attribute
    };
    Some(Rewriting { kind, from, to })
}

/// Paths to a variable that are looked at.
const PATHS: usize = 4;

/// The paths to a variable that tell where it belongs.
fn places(variable: &Variable) -> Vec<&str> {
    variable.paths().iter().map(String::as_str).filter(|path| tells_place(path)).take(PATHS).collect()
}

fn is_number(part: &str) -> bool {
    !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())
}

/// How many parts a name has.
fn depth(name: &str) -> usize {
    name.split('/').filter(|part| !part.is_empty()).count()
}

/// True if nothing but numbers differs in two names.
fn renumbered(a: &str, b: &str) -> bool {
    let stem = |part| counted(part).0;
    !a.is_empty() && a.split('/').map(stem).eq(b.split('/').map(stem))
}

/// The attributes on a path by which Keras itself holds layers: they tell the kind of a model.
fn framework(path: &str) -> BTreeSet<&str> {
    let held = |part: &&str| part.starts_with('_') || matches!(*part, "layer-" | "layer_with_weights-");
    let mut parts: Vec<&str> = path.split('/').map(|part| counted(part).0).collect();
    // The variable itself may have such a name, too.
    parts.pop();
    parts.into_iter().filter(held).collect()
}

/// The key in a file in which Keras stores objects by their paths.
fn key<'a>(checkpoint: &'a Checkpoint, variable: &Variable) -> Option<&'a str> {
    let by_path = [Container::KerasWeightsH5, Container::KerasWeightsShards, Container::KerasArchive];
    checkpoint.entry(variable).filter(|_| by_path.contains(&checkpoint.container))?.key.text()
}

/// True if the list of layers has all of the model, as where no layer is an attribute.
fn is_list(checkpoint: &Checkpoint) -> bool {
    let mut model = checkpoint.variables.iter().filter(|variable| variable.role.group() == Group::Model);
    model.all(|variable| key(checkpoint, variable).is_some_and(|key| key.starts_with("layers/")))
}

/// What is different in such keys, where a layer is an attribute of its model: in the list of layers it is found by
/// its class.
fn by_key(was: &str, is: &str, listed_otherwise: bool) -> Option<Rewriting> {
    let (first_was, first_is) = (was.split('/').next()?, is.split('/').next()?);
    let is_internal = |part: &str| part.starts_with('_');
    if first_was == first_is || is_internal(first_was) || is_internal(first_is) {
        return None;
    }
    let kind = match [first_was, first_is].contains(&"layers") {
        true if listed_otherwise => RenameKind::ModelKind,
        // Attributes behind "layers" in the alphabet are found in the list first.
        true => return None,
        false if rest(was) == rest(is) => RenameKind::Attribute,
        false => return None,
    };
    Some(Rewriting { kind, from: first_was.to_owned(), to: first_is.to_owned() })
}

fn rest(path: &str) -> Option<&str> {
    path.split_once('/').map(|(_, rest)| rest)
}

/// The parts between what two names begin with and end in alike.
fn middle(a: &str, b: &str) -> (String, String) {
    let (ours, theirs): (Vec<&str>, Vec<&str>) = (a.split('/').collect(), b.split('/').collect());
    let shorter = ours.len().min(theirs.len());
    let ends = ours.iter().rev().zip(theirs.iter().rev()).take_while(|(a, b)| a == b).count();
    let begins = ours.iter().zip(&theirs).take_while(|(a, b)| a == b).count().min(shorter.saturating_sub(ends));
    let cut = |parts: &[&str]| {
        let length = parts.len().saturating_sub(begins).saturating_sub(ends);
        parts.iter().skip(begins).take(length).copied().collect::<Vec<&str>>().join("/")
    };
    (cut(&ours), cut(&theirs))
}

/// True if the names are alike but for the numbers that count equal names.
fn drifted(a: &str, b: &str) -> bool {
    a.split('/').map(uncounted).eq(b.split('/').map(uncounted))
}

/// The scope that all variables of the model have in front, on each side: the model's own name, which
/// says nothing of its layers.
struct Shared {
    old: usize,
    new: usize,
}

impl Shared {
    fn of<'a>(names: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let (mut old, mut new) = (None, None);
        for (a, b) in names {
            old = Some(together(old, a));
            new = Some(together(new, b));
        }
        let count = |shared: Option<&str>| shared.map_or(0, |scope| scope.split('/').filter(|p| !p.is_empty()).count());
        Self { old: count(old), new: count(new) }
    }

    fn cut<'a>(&self, a: &'a str, b: &'a str) -> (&'a str, &'a str) {
        (behind(a, self.old), behind(b, self.new))
    }
}

/// The scopes that a name shares with those before it, its layer and its own last part never among them.
fn together<'a>(shared: Option<&'a str>, name: &'a str) -> &'a str {
    let scopes = name.rsplitn(3, '/').nth(2).unwrap_or("");
    let Some(shared) = shared else { return scopes };
    let mut end: usize = 0;
    for (a, b) in shared.split('/').zip(scopes.split('/')) {
        if a != b || a.is_empty() {
            break;
        }
        end = end.saturating_add(a.len()).saturating_add(usize::from(end > 0));
    }
    shared.get(..end).unwrap_or("")
}

/// A name without its first parts.
fn behind(name: &str, parts: usize) -> &str {
    match parts.checked_sub(1).and_then(|last| name.match_indices('/').nth(last)) {
        Some((slash, _)) => name.get(slash.saturating_add(1)..).unwrap_or(name),
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_part_that_differs() {
        let told = |a, b| middle(a, b);
        assert_eq!(told("fc1/bias", "net/fc1/bias"), (String::new(), "net".to_owned()));
        assert_eq!(told("a/x/c", "a/y/c"), ("x".to_owned(), "y".to_owned()));
        assert_eq!(told("a/a/c", "a/c"), ("a".to_owned(), String::new()));
    }

    #[test]
    fn numbers_that_count_are_a_drift() {
        assert!(drifted("dense/kernel", "dense_2/kernel"));
        assert!(!drifted("dense/kernel", "hidden/kernel"));
    }

    #[test]
    fn attributes_that_hold_layers() {
        let kind = |was, is, otherwise| by_key(was, is, otherwise).map(|one| one.kind);
        assert_eq!(kind("encoder/vars/0", "backbone/vars/0", false), Some(RenameKind::Attribute));
        assert_eq!(kind("encoder/vars/0", "layers/dense/vars/0", true), Some(RenameKind::ModelKind));
        assert_eq!(kind("encoder/vars/0", "layers/dense/vars/0", false), None);
        assert_eq!(kind("layers/dense/vars/0", "layers/dense_1/vars/0", false), None);
    }

    #[test]
    fn what_all_names_begin_with() {
        let shared = Shared::of([("m/a/k", "a/k"), ("m/b/k", "b/k")].into_iter());
        assert_eq!(shared.cut("m/a/k", "a/k"), ("a/k", "a/k"));
        let one = Shared::of([("hidden/kernel", "features/kernel")].into_iter());
        assert_eq!(one.cut("hidden/kernel", "features/kernel"), ("hidden/kernel", "features/kernel"));
    }
}

//! Other names for the same variables: each rewriting once, with all variables that it explains.

use std::collections::{BTreeMap, BTreeSet};

use super::Event;
use super::optimizer::is_average;
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
    /// One of the two files has no names of layers.
    Unnamed,
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
            Self::KerasVersion | Self::KerasFile | Self::Unnamed => "keras-version",
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
    let names_layers = [old, new].map(names_layers);
    let both = |pair: &Pair| Some((old.variables.get(pair.old)?, new.variables.get(pair.new)?));
    let of_model = |variable: &Variable| variable.role.group() == Group::Model;
    let model = || alignment.pairs.iter().filter_map(both).filter(|(_, b)| of_model(b));
    let shared = Shared::of(model().map(|(a, b)| (a.name.as_str(), b.name.as_str())));
    let mut found: BTreeMap<Rewriting, Vec<Pair>> = BTreeMap::new();
    for (pair, (a, b)) in alignment.pairs.iter().filter_map(|pair| Some((pair, both(pair)?))) {
        let of_file = || Rewriting {
            kind: RenameKind::KerasFile,
            from: old.writer.words().to_owned(),
            to: new.writer.words().to_owned(),
        };
        let of_file =
            (other_keras && old.flavor == Flavor::LayerBased && new.flavor == Flavor::LayerBased).then(of_file);
        let mut all: Vec<Rewriting> = of_file.into_iter().filter(|_| of_model(b)).collect();
        if of_model(b) {
            // A moving average that has become the weight is called by its variable.
            let owner = a.slot_of().filter(|_| a.slot_name().is_some_and(is_average));
            let a = owner.and_then(|id| old.variables.get(id)).unwrap_or(a);
            if let [Some(was), Some(is)] = names_layers
                && was != is
                && a.name != b.name
            {
                let side = if was { "new" } else { "old" };
                all.push(Rewriting { kind: RenameKind::Unnamed, from: side.to_owned(), to: String::new() });
            } else {
                all.extend(by_name(old, new, a, b, &shared).into_iter().filter(|one| !is_attribute(one, b)));
            }
            all.extend(by_path(a, b, other_keras));
            all.extend(key(old, a).zip(key(new, b)).and_then(|(was, is)| by_key(was, is, listed_otherwise)));
        } else {
            // A slot is called by its variable, and reached through its optimizer.
            let owners = a.slot_of().zip(b.slot_of()).filter(|_| new.flavor == Flavor::NameBased);
            if let Some((was, is)) = owners.and_then(|(a, b)| Some((old.variables.get(a)?, new.variables.get(b)?))) {
                all.extend(by_name(old, new, was, is, &shared));
                let slots = a.slot_name().zip(b.slot_name()).filter(|(was, is)| was != is);
                all.extend(slots.map(|(was, is)| Rewriting {
                    kind: RenameKind::Leaf,
                    from: was.to_owned(),
                    to: is.to_owned(),
                }));
            }
            all.extend(by_root(a, b).filter(|_| !other_keras));
        }
        for rewriting in all {
            found.entry(rewriting).or_default().push(*pair);
        }
    }
    patterns::told(found)
}

/// True if a file of Keras that could do without has the names of its layers, as since Keras 3.8.
fn names_layers(checkpoint: &Checkpoint) -> Option<bool> {
    let by_path = [Container::KerasWeightsH5, Container::KerasWeightsShards];
    let file = checkpoint.keras.as_ref().filter(|_| by_path.contains(&checkpoint.container))?;
    Some(file.owners.iter().any(|owner| owner.name.is_some()))
}

/// True if a layer that the framework names otherwise now is still called so by the attribute that holds it.
fn is_attribute(rewriting: &Rewriting, variable: &Variable) -> bool {
    let held = |path: &&str| path.split('/').any(|part| part == rewriting.from);
    rewriting.kind == RenameKind::Layer && places(variable).iter().any(held)
}

/// What an optimizer is held as, where that alone is different in the paths to its variables.
fn by_root(a: &Variable, b: &Variable) -> Option<Rewriting> {
    let (ours, theirs) = (a.paths(), b.paths());
    if ours.iter().any(|path| theirs.contains(path)) {
        return None;
    }
    let ((from, was), (to, is)) = (ours.first()?.split_once('/')?, theirs.first()?.split_once('/')?);
    (was == is).then(|| Rewriting { kind: RenameKind::Root, from: from.to_owned(), to: to.to_owned() })
}

/// What is different in two names: in the scopes, and in the last part.
fn by_name(old: &Checkpoint, new: &Checkpoint, a: &Variable, b: &Variable, shared: &Shared) -> Vec<Rewriting> {
    // Of objects without names of their own, the name is a path.
    let own = |checkpoint: &Checkpoint, variable: &Variable| {
        checkpoint.flavor != Flavor::ObjectBased || variable.full_name() == Some(variable.name.as_str())
    };
    if !own(old, a) || !own(new, b) || old.flavor != new.flavor {
        return Vec::new();
    }
    let named = old.flavor == Flavor::NameBased;
    let (was, is) = if named { (a.name.as_str(), b.name.as_str()) } else { shared.cut(&a.name, &b.name) };
    let rewriting = |kind, was, is| {
        let (from, to) = middle(was, is);
        Rewriting { kind, from, to }
    };
    if was == is {
        return Vec::new();
    }
    if drifted(was, is) {
        return vec![rewriting(RenameKind::Drift, was, is)];
    }
    if !named {
        // Last parts are called otherwise by another Keras, not by a person.
        return if leaf(was) == leaf(is) { vec![rewriting(RenameKind::Layer, was, is)] } else { Vec::new() };
    }
    let (Some((scope_was, leaf_was)), Some((scope_is, leaf_is))) = (was.rsplit_once('/'), is.rsplit_once('/')) else {
        return vec![rewriting(if leaf(was) == leaf(is) { RenameKind::Scope } else { RenameKind::Leaf }, was, is)];
    };
    // A variable that got a scope of its own is not called by its last part alone.
    if leaf_was != leaf_is && depth(was) != depth(is) && (is.contains(leaf_was) || was.contains(leaf_is)) {
        return vec![rewriting(RenameKind::Leaf, was, is)];
    }
    let scopes = (scope_was != scope_is).then(|| rewriting(RenameKind::Scope, scope_was, scope_is));
    let leaves = (leaf_was != leaf_is).then(|| rewriting(RenameKind::Leaf, leaf_was, leaf_is));
    scopes.into_iter().chain(leaves).collect()
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
        let (ours, theirs) = (framework(was), framework(is));
        let words = |of: &BTreeSet<&str>, other: &BTreeSet<&str>| {
            let own: Vec<&str> = of.difference(other).copied().collect();
            own.join(" and ").replace('-', "-*")
        };
        let (from, to) = (words(&ours, &theirs), words(&theirs, &ours));
        return Some(Rewriting { kind: RenameKind::ModelKind, from, to });
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
    let listed = [first_was, first_is].contains(&"layers");
    if listed && listed_otherwise && first_was != first_is && !first_was.starts_with('_') && !first_is.starts_with('_')
    {
        let (from, to) = (first_was.to_owned(), first_is.to_owned());
        return Some(Rewriting { kind: RenameKind::ModelKind, from, to });
    }
    // Attributes behind "layers" in the alphabet are found in the list first: what they are called is not told.
    let (was, is) = if listed { (rest(was)?, rest(is)?) } else { (was, is) };
    // In the list a layer is called by its class.
    if depth(was) != depth(is) || listed && was.split('/').next() != is.split('/').next() {
        return None;
    }
    let parts = || was.split('/').zip(is.split('/'));
    let before = std::iter::once(("", "")).chain(parts());
    // What is only counted was not renamed.
    let counts = |part: &str, list: &str| list == "layers" || part.starts_with('_') || counted(part).0.is_empty();
    let differs = before.zip(parts()).filter(|(_, (a, b))| a != b);
    if differs.clone().any(|((list_a, list_b), (a, b))| counts(a, list_a) || counts(b, list_b)) {
        return None;
    }
    let (from, to) = middle(was, is);
    (differs.count() > 0).then_some(Rewriting { kind: RenameKind::Attribute, from, to })
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

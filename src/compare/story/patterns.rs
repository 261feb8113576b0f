//! Renames that one pattern tells: of `block_0/norm` and `block_1/norm` that are `stage_0/bn` and `stage_1/bn`
//! now, that `block_*` is `stage_*`, and `norm` is `bn`.

use std::collections::{BTreeMap, BTreeSet};

use super::names::RenameKind;
use super::{Event, EventKind};
use crate::compare::align::Pair;

/// One part of a name that is another, or several parts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rewriting {
    pub kind: RenameKind,
    pub from: String,
    pub to: String,
}

/// Rewritings with the variables of which they tell: as few as can tell it, the most telling first.
pub(super) fn told(found: BTreeMap<Rewriting, Vec<Pair>>) -> Vec<Event> {
    let mut kinds: BTreeMap<RenameKind, Vec<(Rewriting, Vec<Pair>)>> = BTreeMap::new();
    for (rewriting, pairs) in found {
        kinds.entry(rewriting.kind).or_default().push((rewriting, pairs));
    }
    kinds.into_values().flat_map(|whole| of_kind(&whole)).collect()
}

/// Part by part, if that takes fewer patterns; what explains most first.
fn of_kind(whole: &[(Rewriting, Vec<Pair>)]) -> Vec<Event> {
    let split =
        || whole.iter().flat_map(|(rewriting, pairs)| split(rewriting).into_iter().map(move |one| (one, pairs)));
    let count = |all: &mut dyn Iterator<Item = Rewriting>| all.map(|one| pattern(&one)).collect::<BTreeSet<_>>().len();
    let fewer = count(&mut split().map(|(one, _)| one)) < count(&mut whole.iter().map(|(one, _)| one.clone()));
    let mut patterns: BTreeMap<(String, String), (BTreeSet<Rewriting>, Vec<Pair>)> = BTreeMap::new();
    let mut add = |one: Rewriting, pairs: &Vec<Pair>| {
        let (each, all) = patterns.entry(pattern(&one)).or_default();
        each.insert(one);
        all.extend(pairs);
    };
    if fewer {
        split().for_each(|(one, pairs)| add(one, pairs));
    } else {
        whole.iter().for_each(|(one, pairs)| add(one.clone(), pairs));
    }
    let mut events: Vec<Event> =
        patterns.into_iter().filter_map(|(pattern, (each, pairs))| event(pattern, each, pairs)).collect();
    events.sort_by_key(|event| std::cmp::Reverse(event.new.len()));
    events
}

fn event(pattern: (String, String), each: BTreeSet<Rewriting>, mut pairs: Vec<Pair>) -> Option<Event> {
    // A part may occur twice in a name.
    pairs.sort_unstable_by_key(|pair| pair.old);
    pairs.dedup_by_key(|pair| pair.old);
    let kind = each.first()?.kind;
    let each: Vec<(String, String)> = each.into_iter().map(|one| (one.from, one.to)).collect();
    let (from, to) = match each.as_slice() {
        [one] => one.clone(),
        _ => pattern,
    };
    let (old, new) = pairs.into_iter().map(|pair| (pair.old, pair.new)).unzip();
    Some(Event { kind: EventKind::Renamed { kind, from, to, each }, old, new })
}

/// A rewriting part by part, where both sides have as many; what stays the same is left out.
fn split(rewriting: &Rewriting) -> Vec<Rewriting> {
    let (from, to): (Vec<&str>, Vec<&str>) = (rewriting.from.split('/').collect(), rewriting.to.split('/').collect());
    if from.len() != to.len() {
        return vec![rewriting.clone()];
    }
    let parts = from.into_iter().zip(to).filter(|(from, to)| from != to);
    parts.map(|(from, to)| Rewriting { kind: rewriting.kind, from: from.to_owned(), to: to.to_owned() }).collect()
}

/// The names with `*` for their numbers, where those are the same on both sides, or one side is empty.
fn pattern(rewriting: &Rewriting) -> (String, String) {
    let (from, to) = (&rewriting.from, &rewriting.to);
    let same = from.is_empty() || to.is_empty() || numbers(from).eq(numbers(to));
    // What counts equal names is told number by number.
    if !same || rewriting.kind == RenameKind::Drift {
        return (from.clone(), to.clone());
    }
    (starred(from), starred(to))
}

fn numbers(name: &str) -> impl Iterator<Item = &str> {
    name.split(|c: char| !c.is_ascii_digit()).filter(|digits| !digits.is_empty())
}

fn starred(name: &str) -> String {
    let mut starred = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '0'..='9' if starred.ends_with('*') => {}
            '0'..='9' => starred.push('*'),
            c => starred.push(c),
        }
    }
    starred
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::align::Proof;

    fn lines(renames: &[(RenameKind, &str, &str)]) -> Vec<String> {
        let mut found: BTreeMap<Rewriting, Vec<Pair>> = BTreeMap::new();
        for (id, (kind, from, to)) in renames.iter().enumerate() {
            let rewriting = Rewriting { kind: *kind, from: (*from).to_owned(), to: (*to).to_owned() };
            found.entry(rewriting).or_default().push(Pair { old: id, new: id, proof: Proof::SameName });
        }
        told(found).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn parts_that_are_renamed_alike_everywhere() {
        use RenameKind::Attribute;
        let blocks = [
            (Attribute, "block_0/norm", "stage_0/bn"),
            (Attribute, "block_1/norm", "stage_1/bn"),
            (Attribute, "block_0/conv", "stage_0/conv3x3"),
            (Attribute, "block_1/conv", "stage_1/conv3x3"),
            (Attribute, "block_1", "stage_1"),
        ];
        let expected = [
            "renamed from block_* to stage_* (5 variables)",
            "renamed from conv to conv3x3 (2 variables)",
            "renamed from norm to bn (2 variables)",
        ];
        assert_eq!(lines(&blocks), expected);
        assert_eq!(lines(&blocks[..1]), ["renamed from block_0/norm to stage_0/bn (1 variable)"]);
    }

    #[test]
    fn other_numbers_are_other_names() {
        let shifted = [(RenameKind::Layer, "a_0", "b_1"), (RenameKind::Layer, "a_1", "b_2")];
        assert_eq!(lines(&shifted).len(), 2);
        let nested = [(RenameKind::Nesting, "", "l0"), (RenameKind::Nesting, "", "l1")];
        assert_eq!(lines(&nested), ["moved into l* (2 variables)"]);
        let drift = [(RenameKind::Drift, "dense", "dense_1"), (RenameKind::Drift, "dense_1", "dense_2")];
        assert_eq!(lines(&drift).len(), 2);
    }
}

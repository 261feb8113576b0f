//! Repeated layers on one line, exactly: `layer_{0..6,8..11}/{query,key,value}/kernel` stands for each
//! variable that it denotes, and for no other.
//!
//! A line is a product: at each place of a name a set of texts. Two lines that differ in one place
//! alone make one line with both sets there, which denotes just what the two did. Names are first
//! sorted into groups by hash, so the work grows with the number of names and not with its square.

mod groups;
mod numbers;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::hash::Hash;

use foldhash::{HashMap, HashSet};
use smallvec::{SmallVec, smallvec};

use self::groups::{Group, groups};
use self::numbers::{number, ranges, spelt, value};

/// Fewer alike are easier to read on lines of their own.
const FEWEST: usize = 3;
/// More words than this are a list that nobody reads.
const MOST_WORDS: usize = 6;

/// Some names on one line.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    /// The name, or the pattern that denotes all of them.
    pub pattern: String,
    /// Positions of the names in the input, in its order.
    pub members: Vec<usize>,
}

/// Collapses `count` names, of which only those may share a line that are `like` each other. Lines come
/// in the order of their first names.
pub(super) fn collapse<'a, L: Hash + Eq + Copy>(
    count: usize,
    name: impl Fn(usize) -> Cow<'a, str>,
    like: impl Fn(usize) -> L,
) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut repeated: Vec<(Line, L)> = Vec::new();
    for group in groups(count, &name, &like) {
        if group.members.len() < FEWEST {
            lines.extend(group.members.iter().map(|&id| single(id, &name(id))));
            continue;
        }
        let (products, sets) = products(group);
        for product in products {
            let Some(&first) = product.members.first() else { continue };
            if product.members.len() == 1 {
                lines.push(single(first, &name(first)));
            } else {
                let pattern = sets.pattern(&name(first), &product);
                repeated.push((Line { pattern, members: product.members.into_vec() }, like(first)));
            }
        }
    }
    repeated.sort_unstable_by_key(|(line, _)| line.members.first().copied());
    lines.extend(words(repeated));
    lines.sort_unstable_by_key(|line| line.members.first().copied());
    lines
}

fn single(id: usize, name: &str) -> Line {
    Line { pattern: name.to_owned(), members: vec![id] }
}

/// A name's stretches: text, and the number behind it, as [`number`] has it.
fn pieces(name: &str) -> impl Iterator<Item = (&str, Option<u64>)> {
    let mut rest = name;
    std::iter::from_fn(move || {
        let bytes = rest.as_bytes();
        let mut from = 0usize;
        while let Some(start) = bytes.get(from..)?.iter().position(u8::is_ascii_digit).map(|at| at.saturating_add(from))
        {
            let digits = bytes.get(start..)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
            from = start.saturating_add(digits);
            if let Some(number) = rest.get(start..from).and_then(number) {
                let text = rest.get(..start)?;
                rest = rest.get(from..)?;
                return Some((text, Some(number)));
            }
        }
        (!rest.is_empty()).then(|| (std::mem::take(&mut rest), None))
    })
}

/// Names of one skeleton: at each of its numbers one, or (from [`SET`] on) a set of them.
struct Product {
    at: SmallVec<[u64; 4]>,
    members: SmallVec<[usize; 2]>,
}

/// Marks a set's position in [`Sets`]; above any number with its width.
const SET: u64 = 1 << 63;

/// Sets of numbers; equal ones have one position.
#[derive(Default)]
struct Sets {
    list: Vec<Vec<u64>>,
    known: HashMap<Vec<u64>, u64>,
}

impl Sets {
    fn add(&mut self, mut set: Vec<u64>) -> u64 {
        set.sort_unstable_by_key(|&number| (value(number), number));
        *self.known.entry(set).or_insert_with_key(|set| {
            self.list.push(set.clone());
            SET | (self.list.len() as u64).saturating_sub(1)
        })
    }

    fn get(&self, number: u64) -> Option<&[u64]> {
        let position = number.checked_sub(SET)?;
        Some(self.list.get(usize::try_from(position).ok()?)?)
    }

    /// The name with its numbers replaced by the product's.
    fn pattern(&self, name: &str, product: &Product) -> String {
        let mut pattern = String::with_capacity(name.len().saturating_add(16));
        let mut numbers = product.at.iter();
        for (text, number) in pieces(name) {
            pattern.push_str(text);
            let Some(number) = number else { continue };
            match numbers.next().and_then(|&at| self.get(at)) {
                Some(set) => pattern.push_str(&format!("{{{}}}", ranges(set))),
                None => pattern.push_str(&spelt(number)),
            }
        }
        pattern
    }
}

/// The numbers that occur at each place, sorted.
fn occurring(group: &Group) -> Vec<Vec<u64>> {
    let mut sets: Vec<HashSet<u64>> = vec![HashSet::default(); group.places];
    let mut last = vec![None; group.places];
    for row in group.rows() {
        for ((number, set), last) in row.iter().zip(&mut sets).zip(&mut last) {
            // Names come in order: most repeat all but the last number of the name before.
            if last.replace(*number) != Some(*number) {
                set.insert(*number);
            }
        }
    }
    let sorted = |set: HashSet<u64>| {
        let mut set: Vec<u64> = set.into_iter().collect();
        set.sort_unstable();
        set
    };
    sets.into_iter().map(sorted).collect()
}

/// True if the names are every combination of the numbers that occur, each once: nearly all are, and
/// that is told without sorting them, since names come in order. There are as many as combinations, and
/// no two are the same if each is larger than the one before.
fn whole<'a>(group: &'a Group, occurring: &[Vec<u64>]) -> bool {
    let combinations = occurring.iter().try_fold(1usize, |product, set| product.checked_mul(set.len()));
    let values = |row: &'a [u64]| row.iter().copied().map(value);
    let mut rows = group.rows();
    let Some(mut before) = rows.next() else { return false };
    combinations == Some(group.members.len())
        && rows.all(|row| values(std::mem::replace(&mut before, row)).lt(values(row)))
}

/// Merges the names of one skeleton, the last number first: `stage_2/block_{0..5}` where the stages
/// are not of one length.
fn products(group: Group) -> (Vec<Product>, Sets) {
    let mut sets = Sets::default();
    let occurring = occurring(&group);
    if whole(&group, &occurring) {
        let at = occurring.into_iter().map(|set| match set.as_slice() {
            [number] => *number,
            _ => sets.add(set),
        });
        return (vec![Product { at: at.collect(), members: group.members }], sets);
    }
    let rows = group.members.iter().zip(group.rows());
    let mut products: Vec<Product> =
        rows.map(|(id, row)| Product { at: SmallVec::from_slice(row), members: smallvec![*id] }).collect();
    products.sort_by(|a, b| a.at.cmp(&b.at));
    // The same name twice (two tensors of one object by their path) is two lines.
    let mut twice = Vec::new();
    products.dedup_by(|later, first| {
        let same = later.at == first.at;
        if same {
            twice.append(&mut later.members.to_vec());
        }
        same
    });
    let places = group.places;
    // What is too few at first may be two rows of many after the other places were merged.
    let mut again = true;
    for _ in 0..2 {
        if !std::mem::take(&mut again) {
            break;
        }
        for place in (0..places).rev() {
            let (merged, left) = merge(products, place, &mut sets);
            products = merged;
            again |= left;
        }
    }
    products.extend(twice.into_iter().map(|id| Product { at: SmallVec::new(), members: smallvec![id] }));
    (products, sets)
}

/// Merges what differs in one place alone; and tells if some was left because it is too little.
fn merge(mut products: Vec<Product>, place: usize, sets: &mut Sets) -> (Vec<Product>, bool) {
    let here = |product: &Product| product.at.get(place).copied();
    products.sort_by(|a, b| around(a, place).cmp(&around(b, place)).then_with(|| here(a).cmp(&here(b))));
    let mut merged: Vec<Product> = Vec::with_capacity(products.len().min(1024));
    let mut left = false;
    let mut rest = products.into_iter().peekable();
    while let Some(first) = rest.next() {
        let mut run: SmallVec<[Product; 1]> = smallvec![first];
        while let Some(next) =
            rest.next_if(|next| run.first().is_some_and(|first| around(next, place) == around(first, place)))
        {
            run.push(next);
        }
        let members = run.iter().map(|product| product.members.len()).sum::<usize>();
        if run.len() == 1 || members < FEWEST {
            left |= run.len() > 1;
            merged.extend(run);
            continue;
        }
        merged.extend(union(run, place, sets));
    }
    (merged, left)
}

/// The numbers before and behind a place.
fn around(product: &Product, place: usize) -> (&[u64], &[u64]) {
    let (before, rest) = product.at.split_at_checked(place).unwrap_or_default();
    (before, rest.get(1..).unwrap_or_default())
}

/// One product of several that differ in one place alone.
fn union(run: SmallVec<[Product; 1]>, place: usize, sets: &mut Sets) -> Option<Product> {
    let mut set: Vec<u64> = Vec::with_capacity(run.len());
    let mut members: SmallVec<[usize; 2]> = SmallVec::with_capacity(run.len());
    let mut at = run.first()?.at.clone();
    for product in &run {
        let number = *product.at.get(place)?;
        match sets.get(number) {
            Some(several) => set.extend_from_slice(several),
            None => set.push(number),
        }
        members.extend_from_slice(&product.members);
    }
    members.sort_unstable();
    *at.get_mut(place)? = sets.add(set);
    Some(Product { at, members })
}

/// The parts of a pattern, what must be alike, and the members.
type Row<L, M> = (SmallVec<[usize; 8]>, L, M);

/// Merges words in what is repeated: `layer_{0..11}/{query,key,value}`. A word is a whole part between
/// slashes without a set in it. Patterns come in the order of their first members, and so do words.
fn words<L: Hash + Eq + Copy>(lines: Vec<(Line, L)>) -> Vec<Line> {
    let mut texts = Texts::default();
    let split = |texts: &mut Texts, pattern: &str| pattern.split('/').map(|part| texts.add(part)).collect();
    let mut rows: Vec<Row<L, Vec<usize>>> =
        lines.into_iter().map(|(line, like)| (split(&mut texts, &line.pattern), like, line.members)).collect();
    let longest = rows.iter().map(|(parts, ..)| parts.len()).max().unwrap_or(0);
    for place in (0..longest).rev() {
        let mut known: HashMap<(SmallVec<[usize; 8]>, L), usize> = HashMap::default();
        let mut merged: Vec<Row<L, Vec<Vec<usize>>>> = Vec::with_capacity(rows.len());
        let mut alternatives: Vec<SmallVec<[usize; 4]>> = Vec::with_capacity(rows.len());
        for (parts, like, members) in rows {
            let new = merged.len();
            let word = parts.get(place).copied().filter(|part| texts.is_word(*part));
            let group = word.map_or(new, |_| {
                let mut key = parts.clone();
                key.get_mut(place).into_iter().for_each(|part| *part = usize::MAX);
                *known.entry((key, like)).or_insert(new)
            });
            if group == new {
                merged.push((parts, like, vec![members]));
                alternatives.push(word.into_iter().collect());
            } else if let (Some(row), Some(words)) = (merged.get_mut(group), alternatives.get_mut(group)) {
                row.2.push(members);
                words.extend(word);
            }
        }
        rows = Vec::with_capacity(merged.len());
        for ((parts, like, mut alike), words) in merged.into_iter().zip(&alternatives) {
            if words.len() > MOST_WORDS {
                rows.extend(alike.drain(..).zip(words).map(|(members, word)| {
                    let mut parts = parts.clone();
                    parts.get_mut(place).into_iter().for_each(|part| *part = *word);
                    (parts, like, members)
                }));
                continue;
            }
            let mut parts = parts;
            if words.len() > 1 {
                parts.get_mut(place).into_iter().for_each(|part| *part = texts.either(words));
            }
            let mut members: Vec<usize> = alike.into_iter().flatten().collect();
            // Each of those is sorted: the stable sort only merges them.
            members.sort();
            rows.push((parts, like, members));
        }
        rows.sort_unstable_by_key(|(_, _, members)| members.first().copied());
    }
    rows.into_iter().map(|(parts, _, members)| Line { pattern: texts.pattern(&parts), members }).collect()
}

/// Parts of names; equal ones have one position.
#[derive(Default)]
struct Texts {
    list: Vec<String>,
    known: HashMap<String, usize>,
    either: HashMap<SmallVec<[usize; 4]>, usize>,
}

impl Texts {
    fn add(&mut self, text: &str) -> usize {
        if let Some(&position) = self.known.get(text) {
            return position;
        }
        let position = self.list.len();
        self.list.push(text.to_owned());
        self.known.insert(text.to_owned(), position);
        position
    }

    /// Several words as one part; the same words in another order are the same part.
    fn either(&mut self, words: &SmallVec<[usize; 4]>) -> usize {
        let mut sorted = words.clone();
        sorted.sort_unstable();
        if let Some(&position) = self.either.get(&sorted) {
            return position;
        }
        let each: Vec<&str> = words.iter().filter_map(|word| Some(self.list.get(*word)?.as_str())).collect();
        let position = self.add(&format!("{{{}}}", each.join(",")));
        self.either.insert(sorted, position);
        position
    }

    fn is_word(&self, part: usize) -> bool {
        self.list.get(part).is_some_and(|text| !text.is_empty() && !text.contains('{'))
    }

    fn pattern(&self, parts: &[usize]) -> String {
        let parts: Vec<&str> = parts.iter().filter_map(|part| Some(self.list.get(*part)?.as_str())).collect();
        parts.join("/")
    }
}

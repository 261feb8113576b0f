//! Repeated layers on one line, exactly: `layer_{0..6,8..11}/{query,key,value}/kernel` stands for each
//! variable that it denotes, and for no other.
//!
//! A line is a product: at each place of a name a set of texts. Two lines that differ in one place
//! alone make one line with both sets there, which denotes just what the two did. Names are first
//! sorted into groups by hash, so the work grows with the number of names and not with its square.

use std::hash::Hash;

use foldhash::HashMap;
use smallvec::{SmallVec, smallvec};

/// Fewer alike are easier to read on lines of their own.
const FEWEST: usize = 3;
/// More words than this are a list that nobody reads.
const MOST_WORDS: usize = 6;

/// A name to be collapsed, and what must be the same for two to share a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Named<'a, L> {
    pub name: &'a str,
    pub like: L,
}

/// Some names on one line.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    /// The name, or the pattern that denotes all of them.
    pub pattern: String,
    /// Positions of the names in the input, in its order.
    pub members: Vec<usize>,
}

/// Collapses names. Lines come in the order of their first names.
pub(super) fn collapse<L: Hash + Eq + Copy>(names: &[Named<L>]) -> Vec<Line> {
    let mut lines = Vec::with_capacity(names.len());
    let mut repeated: Vec<(Line, L)> = Vec::new();
    let mut groups = Groups::new(names);
    while let Some(group) = groups.next() {
        if group.len() < FEWEST {
            lines.extend(group.iter().filter_map(|&id| Some(single(id, names.get(id)?.name))));
            continue;
        }
        let (products, sets) = numbers(names, group);
        for product in products {
            let Some(first) = product.members.first().and_then(|&id| names.get(id)) else { continue };
            if let [id] = product.members.as_slice() {
                lines.push(single(*id, first.name));
            } else {
                let pattern = sets.pattern(first.name, &product);
                repeated.push((Line { pattern, members: product.members.into_vec() }, first.like));
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

/// Bits of a number that hold its value; above them stands its width, if it has leading zeros.
const VALUE: u32 = 52;

/// The number that digits spell: `07` is 7 of width 2, and not 7. None for more than 15 digits, which
/// are text.
fn number(digits: &str) -> Option<u64> {
    let add = |number: u64, byte: u8| number.saturating_mul(10).saturating_add(u64::from(byte.wrapping_sub(b'0')));
    let width = if digits.len() > 1 && digits.starts_with('0') { digits.len() as u64 } else { 0 };
    (digits.len() < 16).then(|| digits.bytes().fold(0, add) | width << VALUE)
}

fn value(number: u64) -> u64 {
    number & ((1 << VALUE) - 1)
}

fn padded(number: u64) -> bool {
    number >> VALUE > 0
}

/// A number as it was spelt.
fn spelt(number: u64) -> String {
    let width = usize::try_from(number >> VALUE).unwrap_or(0);
    format!("{:0width$}", value(number))
}

/// Writes a name with a mark in the place of each number: equal for names that differ in numbers alone.
/// Names that come here are cleaned, so they have no zero byte.
fn skeleton(name: &str, into: &mut Vec<u8>) {
    into.clear();
    for (text, number) in pieces(name) {
        into.extend_from_slice(text.as_bytes());
        if number.is_some() {
            into.push(0);
        }
    }
}

/// Positions of names, those of one skeleton next to each other.
struct Groups {
    order: Vec<usize>,
    ends: Vec<usize>,
    start: usize,
    number: usize,
}

impl Groups {
    fn new<L: Hash + Eq + Copy>(names: &[Named<L>]) -> Self {
        let mut known: HashMap<L, HashMap<Box<[u8]>, usize>> = HashMap::default();
        let mut buffer = Vec::new();
        let mut groups: Vec<usize> = Vec::with_capacity(names.len());
        let mut ends: Vec<usize> = Vec::new();
        for named in names {
            let new = ends.len();
            // Braces and commas of the name's own could be taken for ours.
            let plain = !named.name.bytes().any(|byte| matches!(byte, b'{' | b'}' | b','));
            let group = if plain {
                skeleton(named.name, &mut buffer);
                let alike = known.entry(named.like).or_default();
                match alike.get(buffer.as_slice()) {
                    Some(&group) => group,
                    None => {
                        alike.insert(buffer.as_slice().into(), new);
                        new
                    }
                }
            } else {
                new
            };
            if group == new {
                ends.push(0);
            }
            if let Some(size) = ends.get_mut(group) {
                *size = size.saturating_add(1);
            }
            groups.push(group);
        }
        // Sorting by counting: sizes become starts, and starts become ends as the places fill.
        let mut start = 0usize;
        for size in &mut ends {
            start = start.saturating_add(std::mem::replace(size, start));
        }
        let mut order = vec![0; names.len()];
        for (id, group) in groups.into_iter().enumerate() {
            if let Some(place) = ends.get_mut(group) {
                if let Some(slot) = order.get_mut(*place) {
                    *slot = id;
                }
                *place = place.saturating_add(1);
            }
        }
        Self { order, ends, start: 0, number: 0 }
    }

    fn next(&mut self) -> Option<&[usize]> {
        let end = *self.ends.get(self.number)?;
        let start = std::mem::replace(&mut self.start, end);
        self.number = self.number.saturating_add(1);
        self.order.get(start..end)
    }
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
    fn add(&mut self, set: Vec<u64>) -> u64 {
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

/// Merges the names of one skeleton, the last number first: `stage_2/block_{0..5}` where the stages
/// are not of one length.
fn numbers<L>(names: &[Named<L>], group: &[usize]) -> (Vec<Product>, Sets) {
    let product = |&id: &usize| {
        let name = names.get(id).map_or("", |named| named.name);
        Product { at: pieces(name).filter_map(|(_, number)| number).collect(), members: smallvec![id] }
    };
    let mut products: Vec<Product> = group.iter().map(product).collect();
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
    let mut sets = Sets::default();
    let places = products.first().map_or(0, |product| product.at.len());
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
    set.sort_unstable_by_key(|&number| (value(number), number));
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
            members.sort_unstable();
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

/// Numbers in order, three or more in a row as a range: `0..6,8..11`, `08..11`. A range that begins
/// with a zero has numbers of one width.
fn ranges(numbers: &[u64]) -> String {
    let mut runs: Vec<Vec<u64>> = Vec::new();
    for &number in numbers {
        let follows = |run: &&mut Vec<u64>| {
            let (Some(&first), Some(&last)) = (run.first(), run.last()) else { return false };
            let in_a_row = value(last).checked_add(1) == Some(value(number));
            // 09 is followed by 10, but 099 not by 0100, and 9 not by 010.
            in_a_row && (!padded(first) && !padded(number) || spelt(last).len() == spelt(number).len())
        };
        match runs.last_mut().filter(follows) {
            Some(run) => run.push(number),
            None => runs.push(vec![number]),
        }
    }
    let text = |run: &Vec<u64>| match run.as_slice() {
        [first, _, .., last] => format!("{}..{}", spelt(*first), spelt(*last)),
        run => run.iter().map(|number| spelt(*number)).collect::<Vec<_>>().join(","),
    };
    runs.iter().map(text).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests;

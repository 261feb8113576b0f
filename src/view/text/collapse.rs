//! Repeated layers on one line, exactly: `layer_{0..6,8..11}/{query,key,value}/kernel` stands for each
//! variable that it denotes, and for no other.
//!
//! A line is a product: at each place of a name a set of texts. Two lines that differ in one place
//! alone make one line with both sets there, which denotes just what the two did. Names are first
//! sorted into groups by hash, so the work grows with the number of names and not with its square.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::ops::Range;

use smallvec::{SmallVec, smallvec};

/// Fewer alike are easier to read on lines of their own.
const FEWEST: usize = 3;

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

/// A name's stretches: text, and the number behind it. A number with a leading zero is text (`07` is
/// not 7), and so is one of 19 digits or more.
fn pieces(name: &str) -> impl Iterator<Item = (&str, Option<u64>)> {
    let mut rest = name;
    std::iter::from_fn(move || {
        let mut from = 0usize;
        while let Some(digits) = digits_from(rest, from) {
            from = digits.end;
            if let Some(number) = rest.get(digits.clone()).and_then(plain) {
                let text = rest.get(..digits.start)?;
                rest = rest.get(digits.end..)?;
                return Some((text, Some(number)));
            }
        }
        (!rest.is_empty()).then(|| (std::mem::take(&mut rest), None))
    })
}

/// The first digits at or behind a place.
fn digits_from(text: &str, from: usize) -> Option<Range<usize>> {
    let digit = |byte: &u8| byte.is_ascii_digit();
    let rest = text.as_bytes().get(from..)?;
    let start = from.saturating_add(rest.iter().position(digit)?);
    let rest = text.as_bytes().get(start..)?;
    Some(start..start.saturating_add(rest.iter().position(|byte| !digit(byte)).unwrap_or(rest.len())))
}

/// The number that digits spell, if they are its only spelling.
fn plain(digits: &str) -> Option<u64> {
    let one_way = digits.len() < 19 && (digits.len() == 1 || !digits.starts_with('0'));
    let add = |number: u64, byte: u8| number.saturating_mul(10).saturating_add(u64::from(byte.wrapping_sub(b'0')));
    one_way.then(|| digits.bytes().fold(0, add))
}

/// A name that equals those which differ from it in numbers alone.
struct Skeleton<'a, L> {
    name: &'a str,
    like: L,
}

impl<L: Hash> Hash for Skeleton<'_, L> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.like.hash(state);
        for (text, number) in pieces(self.name) {
            state.write(text.as_bytes());
            // No name that comes here has a brace of its own.
            state.write_u8(if number.is_some() { b'{' } else { b'}' });
        }
    }
}

impl<L: Eq> PartialEq for Skeleton<'_, L> {
    fn eq(&self, other: &Self) -> bool {
        let shape = |name| pieces(name).map(|(text, number)| (text, number.is_some()));
        self.like == other.like && shape(self.name).eq(shape(other.name))
    }
}

impl<L: Eq> Eq for Skeleton<'_, L> {}

/// Positions of names, those of one skeleton next to each other.
struct Groups {
    order: Vec<usize>,
    ends: Vec<usize>,
    start: usize,
    number: usize,
}

impl Groups {
    fn new<L: Hash + Eq + Copy>(names: &[Named<L>]) -> Self {
        let mut known: HashMap<Skeleton<L>, usize> = HashMap::with_capacity(names.len());
        let mut groups: Vec<usize> = Vec::with_capacity(names.len());
        let mut ends: Vec<usize> = Vec::new();
        for named in names {
            let new = ends.len();
            // Braces and commas of the name's own could be taken for ours.
            let plain = !named.name.bytes().any(|byte| matches!(byte, b'{' | b'}' | b','));
            let skeleton = Skeleton { name: named.name, like: named.like };
            let group = if plain { *known.entry(skeleton).or_insert(new) } else { new };
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

/// Marks a set's position in [`Sets`]; far above any number of 18 digits.
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
                None => pattern.push_str(&number.to_string()),
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
    set.sort_unstable();
    members.sort_unstable();
    *at.get_mut(place)? = sets.add(set);
    Some(Product { at, members })
}

/// Merges words in what is repeated: `layer_{0..11}/{query,key,value}`. A word is a whole part between
/// slashes without a set in it. Patterns come in the order of their first members, and so do words.
fn words<L: Hash + Eq + Copy>(lines: Vec<(Line, L)>) -> Vec<Line> {
    let mut texts = Texts::default();
    let split = |texts: &mut Texts, pattern: &str| pattern.split('/').map(|part| texts.add(part)).collect();
    let mut rows: Vec<(SmallVec<[usize; 8]>, L, Vec<usize>)> =
        lines.into_iter().map(|(line, like)| (split(&mut texts, &line.pattern), like, line.members)).collect();
    let longest = rows.iter().map(|(parts, ..)| parts.len()).max().unwrap_or(0);
    for place in (0..longest).rev() {
        let mut known: HashMap<(SmallVec<[usize; 8]>, L), usize> = HashMap::new();
        let mut merged: Vec<(SmallVec<[usize; 8]>, L, Vec<usize>)> = Vec::with_capacity(rows.len());
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
                merged.push((parts, like, members));
                alternatives.push(word.into_iter().collect());
            } else if let (Some(row), Some(words)) = (merged.get_mut(group), alternatives.get_mut(group)) {
                row.2.extend(members);
                words.extend(word);
            }
        }
        for ((parts, _, members), words) in merged.iter_mut().zip(&alternatives).filter(|(_, words)| words.len() > 1) {
            members.sort_unstable();
            parts.get_mut(place).into_iter().for_each(|part| *part = texts.either(words));
        }
        rows = merged;
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

/// Numbers in order, three or more in a row as a range: `0..6,8..11`.
fn ranges(numbers: &[u64]) -> String {
    let runs = numbers.chunk_by(|a, b| a.checked_add(1) == Some(*b));
    let parts = runs.map(|run| match run {
        [first, _, .., last] => format!("{first}..{last}"),
        run => run.iter().map(u64::to_string).collect::<Vec<_>>().join(","),
    });
    parts.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn lines(names: &[&str]) -> Vec<String> {
        let named: Vec<Named<u8>> = names.iter().map(|name| Named { name, like: 0 }).collect();
        collapse(&named).into_iter().map(|line| line.pattern).collect()
    }

    fn texts(names: impl IntoIterator<Item = String>) -> Vec<String> {
        let names: Vec<String> = names.into_iter().collect();
        lines(&names.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// All names that a pattern denotes: an independent reading of the notation.
    fn expand(pattern: &str) -> Vec<String> {
        let Some((before, rest)) = pattern.split_once('{') else { return vec![pattern.to_owned()] };
        let (inside, after) = rest.split_once('}').unwrap();
        let texts = inside.split(',').flat_map(|text| match text.split_once("..") {
            Some((a, b)) => (a.parse::<u64>().unwrap()..=b.parse().unwrap()).map(|n| n.to_string()).collect(),
            None => vec![text.to_owned()],
        });
        let after = expand(after);
        let join = |text: String| after.iter().map(move |after| format!("{before}{text}{after}")).collect::<Vec<_>>();
        texts.flat_map(join).collect()
    }

    #[test]
    fn repeated_layers() {
        let words = ["query", "key", "value"];
        let names = (0..12).flat_map(|i| words.map(|word| format!("bert/layer_{i}/self/{word}/kernel")));
        assert_eq!(texts(names), ["bert/layer_{0..11}/self/{query,key,value}/kernel"]);
        let names = (0..2).flat_map(|i| (0..5).map(move |j| format!("block_{i}/conv{j}/w")));
        assert_eq!(texts(names), ["block_{0,1}/conv{0..4}/w"]);
        assert_eq!(lines(&["dense_1/kernel", "dense_2/kernel"]), ["dense_1/kernel", "dense_2/kernel"]);
    }

    /// A summary must not be less precise than what it sums up.
    #[test]
    fn gaps_are_shown() {
        let names = (0..24).filter(|i| *i != 7).map(|i| format!("layer.{i}.w"));
        assert_eq!(texts(names), ["layer.{0..6,8..23}.w"]);
        let key_7 = |name: &String| name != "l_7/key/w";
        let names = (0..12).flat_map(|i| ["key", "query", "value"].map(|word| format!("l_{i}/{word}/w"))).filter(key_7);
        assert_eq!(texts(names), ["l_{0..6,8..11}/key/w", "l_{0..11}/{query,value}/w"]);
        let stages = [3, 4, 6, 3].into_iter().enumerate();
        let names = stages.flat_map(|(stage, blocks)| (0..blocks).map(move |block| format!("s{stage}/b{block}/w")));
        assert_eq!(texts(names), ["s{0,3}/b{0..2}/w", "s1/b{0..3}/w", "s2/b{0..5}/w"]);
    }

    #[test]
    fn what_is_not_alike_stays_apart() {
        let named = [("head.0.w", 10), ("head.1.w", 11), ("head.2.w", 10)].map(|(name, like)| Named { name, like });
        let patterns: Vec<String> = collapse(&named).into_iter().map(|line| line.pattern).collect();
        assert_eq!(patterns, ["head.0.w", "head.1.w", "head.2.w"]);
        for apart in [["a_01", "a_1", "a_2"], ["a{1}", "a{2}", "a{3}"], ["a,1", "a,2", "a,3"], ["a/1", "a/1", "a/1"]] {
            assert_eq!(lines(&apart), apart);
        }
        let long = "12345678901234567890";
        let names = [1, 2, 3].map(|i| format!("a_{long}{i}"));
        assert_eq!(texts(names.clone()), names);
    }

    proptest! {
        /// Every name is denoted by exactly one line of its kind, and no line denotes anything else;
        /// also where a name comes twice, and in any order.
        #[test]
        fn exact(names in prop::collection::vec(("[ab]/[xy]_[0-3]{1,2}/[0-4](/[kq{,])?", 0..2u8), 0..120)) {
            let named: Vec<Named<u8>> = names.iter().map(|(name, like)| Named { name, like: *like }).collect();
            let mut seen = BTreeSet::new();
            let mut firsts = Vec::new();
            for line in collapse(&named) {
                let (_, like) = names[line.members[0]];
                prop_assert!(line.members.iter().all(|id| names[*id].1 == like && seen.insert(*id)));
                prop_assert!(line.members.is_sorted());
                firsts.push(line.members[0]);
                let mut members: Vec<String> = line.members.iter().map(|id| names[*id].0.clone()).collect();
                let mut denoted = if members.len() == 1 { vec![line.pattern] } else { expand(&line.pattern) };
                members.sort();
                denoted.sort();
                prop_assert_eq!(denoted, members);
            }
            prop_assert!(firsts.is_sorted());
            prop_assert_eq!(seen.len(), names.len());
        }
    }
}

//! Names sorted into groups that differ in numbers alone.

use std::borrow::Cow;
use std::hash::{BuildHasher, Hash};

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use smallvec::{SmallVec, smallvec};

use super::numbers::number;
use crate::model::leaf;

/// Takes names apart: text with a mark in the place of each number, which is equal for names that differ
/// in numbers alone, and the numbers. Names that come here are cleaned, so they have no zero byte.
#[derive(Default)]
struct Splitter {
    skeleton: Vec<u8>,
    numbers: Vec<u64>,
    /// What the name before has in front of its last part. It is not taken apart again: names come in
    /// order, so most lie where the one before does.
    scope: String,
    /// Lengths of skeleton and numbers for that scope.
    ends: (usize, usize),
}

impl Splitter {
    fn split(&mut self, name: &str) {
        let (scope, leaf) = name.split_at_checked(name.len().saturating_sub(leaf(name).len())).unwrap_or_default();
        if scope != self.scope {
            self.skeleton.clear();
            self.numbers.clear();
            self.add(scope);
            scope.clone_into(&mut self.scope);
            self.ends = (self.skeleton.len(), self.numbers.len());
        }
        self.skeleton.truncate(self.ends.0);
        self.numbers.truncate(self.ends.1);
        self.add(leaf);
    }

    fn add(&mut self, mut rest: &str) {
        while let Some(start) = rest.bytes().position(|byte| byte.is_ascii_digit()) {
            let Some((text, behind)) = rest.split_at_checked(start) else { break };
            self.skeleton.extend_from_slice(text.as_bytes());
            let digits = behind.bytes().position(|byte| !byte.is_ascii_digit()).unwrap_or(behind.len());
            let Some((digits, behind)) = behind.split_at_checked(digits) else { break };
            match number(digits) {
                Some(number) => {
                    self.skeleton.push(0);
                    self.numbers.push(number);
                }
                None => self.skeleton.extend_from_slice(digits.as_bytes()),
            }
            rest = behind;
        }
        self.skeleton.extend_from_slice(rest.as_bytes());
    }
}

/// Names of one skeleton that are alike.
pub(super) struct Group {
    /// Positions of the names.
    pub members: SmallVec<[usize; 2]>,
    skeleton: Box<[u8]>,
    /// How many numbers each has.
    pub places: usize,
    /// The numbers of the first, then those of the second, and so on.
    numbers: Vec<u64>,
}

impl Group {
    /// The numbers of each name.
    pub fn rows(&self) -> impl Iterator<Item = &[u64]> {
        let row = |number: usize| {
            let start = number.saturating_mul(self.places);
            self.numbers.get(start..start.saturating_add(self.places)).unwrap_or_default()
        };
        (0..self.members.len()).map(row)
    }
}

/// The groups of `count` names that are `like` each other.
pub(super) fn groups<'a, L: Hash + Eq>(
    count: usize,
    name: impl Fn(usize) -> Cow<'a, str>,
    like: impl Fn(usize) -> L,
) -> Vec<Group> {
    let state = RandomState::default();
    // Of each group, its hash and position: what is compared lies in the group and its first name.
    let mut known: HashTable<(u64, usize)> = HashTable::new();
    let mut groups: Vec<Group> = Vec::new();
    let mut splitter = Splitter::default();
    for id in 0..count {
        let name = name(id);
        // Braces and commas of the name's own could be taken for ours.
        if name.bytes().fold(false, |found, byte| found | matches!(byte, b'{' | b'}' | b',')) {
            groups.push(Group { members: smallvec![id], skeleton: Box::default(), numbers: Vec::new(), places: 0 });
            continue;
        }
        splitter.split(&name);
        let Splitter { skeleton, numbers, .. } = &splitter;
        let like_this = like(id);
        let hash = state.hash_one((&like_this, skeleton));
        let same = |&(_, group): &(u64, usize)| {
            groups.get(group).is_some_and(|group: &Group| {
                *group.skeleton == **skeleton && group.members.first().is_some_and(|&first| like(first) == like_this)
            })
        };
        match known.find(hash, same).and_then(|&(_, group)| groups.get_mut(group)) {
            Some(group) => {
                group.members.push(id);
                group.numbers.extend_from_slice(numbers);
            }
            None => {
                known.insert_unique(hash, (hash, groups.len()), |(hash, _)| *hash);
                let numbers = numbers.clone();
                let skeleton = skeleton.as_slice().into();
                groups.push(Group { members: smallvec![id], skeleton, numbers, places: splitter.numbers.len() });
            }
        }
    }
    groups
}

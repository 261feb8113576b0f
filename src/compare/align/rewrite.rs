//! Scopes that were put around, taken away or renamed: what ends alike, in one way only, is one.

use foldhash::{HashMap, HashMapExt};

use super::matching::{Matching, Side};
use super::naming::{automatic, counted, positional};
use super::sequence;
use super::tree::{NodeId, Tree, canonical, hash};
use super::walk::Walk;
use super::{Proof, RewriteKind};
use crate::model::VariableId;

/// Scopes that belong together, with the open variables of both sides that are in them.
pub(super) type Bucket = (NodeId, NodeId, Vec<VariableId>, Vec<VariableId>);

/// Open variables, by the scopes that are known to belong together: the innermost first.
pub(super) fn buckets(walk: &Walk, matching: &Matching) -> Vec<Bucket> {
    let mut lists: HashMap<NodeId, [Vec<VariableId>; 2]> = HashMap::new();
    for (at, side) in [Side::Old, Side::New].into_iter().enumerate() {
        let tree = walk.tree(side);
        for (variable, leaf) in tree.leaves().filter(|(variable, _)| matching.open(side, *variable)) {
            if walk.doubted(side, leaf) {
                continue;
            }
            for scope in tree.upwards(leaf).skip(1) {
                let Some(partner) = walk.partner(side, scope) else { continue };
                let old = if side == Side::Old { scope } else { partner };
                if let Some(list) = lists.entry(old).or_default().get_mut(at) {
                    list.push(variable);
                }
            }
        }
    }
    let depth = |x: &NodeId| walk.old.node(*x).map_or(0, |node| node.depth);
    let mut buckets: Vec<Bucket> = lists
        .into_iter()
        .filter(|(_, [a, b])| !a.is_empty() && !b.is_empty())
        .filter_map(|(x, [mut a, mut b])| {
            a.sort_unstable();
            b.sort_unstable();
            Some((x, walk.partner(Side::Old, x)?, a, b))
        })
        .collect();
    buckets.sort_by_key(|(x, ..)| (std::cmp::Reverse(depth(x)), *x));
    buckets
}

/// One variable of each side that end alike, and the scopes before that end.
struct Vote {
    a: VariableId,
    b: VariableId,
    prefix: (NodeId, NodeId),
    /// Parts that are alike.
    parts: usize,
    /// True if nothing is before them on one side.
    whole: bool,
    /// True if one of the scopes in it has a name of its own.
    telling: bool,
    /// True if one of them is only counted: then the end proves the scopes before it, not the layer.
    counts: bool,
}

/// Finds such scopes, within each that is known.
pub(super) fn prefixes(walk: &mut Walk, matching: &mut Matching) {
    within(walk, matching, false);
}

/// The same, where counted parts have another word, too: `encoder/block_3` for `bert/encoder/layer_3`.
pub(super) fn counted_prefixes(walk: &mut Walk, matching: &mut Matching) {
    within(walk, matching, true);
}

fn within(walk: &mut Walk, matching: &mut Matching, numbers: bool) {
    for (x, y, mut a, mut b) in buckets(walk, matching) {
        a.retain(|id| matching.open(Side::Old, *id));
        b.retain(|id| matching.open(Side::New, *id));
        if a.is_empty() || b.is_empty() {
            continue;
        }
        let votes = votes(walk, matching, (x, y), &a, &b, numbers);
        let mut rules: HashMap<(NodeId, NodeId), Vec<Vote>> = HashMap::new();
        for vote in votes {
            rules.entry(vote.prefix).or_default().push(vote);
        }
        let mut rules: Vec<((NodeId, NodeId), Vec<Vote>)> = rules.into_iter().collect();
        rules.sort_by_key(|(prefix, votes)| (std::cmp::Reverse(votes.len()), *prefix));
        for (prefix, votes) in rules {
            let sure = |vote: &Vote| {
                vote.parts > 1 && (vote.telling || votes.len() > 1) && (vote.whole || vote.telling)
                    || vote.parts == 1 && vote.whole && (votes.len() > 1 || prefix == (x, y))
            };
            if !votes.iter().all(sure) || numbers && votes.len() < FEW || other_number(walk, prefix) {
                continue;
            }
            for vote in &votes {
                let proof = rule(walk, matching, prefix, vote, numbers);
                if !vote.counts {
                    matching.pair(vote.a, vote.b, proof);
                }
            }
            let Some(vote) = votes.first() else { continue };
            let proof = rule(walk, matching, prefix, vote, numbers);
            if (votes.len() > 1 || vote.counts) && prefix != (x, y) {
                if walk.partner(Side::Old, prefix.0).is_none() && walk.partner(Side::New, prefix.1).is_none() {
                    walk.link(prefix.0, prefix.1, proof, matching);
                } else {
                    walk.also(prefix.0, prefix.1, proof);
                }
            }
        }
        let from = walk.scopes.len();
        walk.learn(matching);
        walk.same_names(matching);
        sequence::from(walk, matching, from);
    }
}

/// Variables that a rule about counted parts explains at the least.
const FEW: usize = 3;

/// True for block 0 and block 4: the number is what tells one from the other.
fn other_number(walk: &Walk, prefix: (NodeId, NodeId)) -> bool {
    let (a, b) = (counted(walk.old.part(prefix.0)), counted(walk.new.part(prefix.1)));
    a.1.is_some() && b.1.is_some() && a.0 == b.0 && a.1 != b.1
}

/// The rule in words: what is before the end that is alike, and counted parts of other words in it.
fn rule(walk: &Walk, matching: &mut Matching, prefix: (NodeId, NodeId), vote: &Vote, numbers: bool) -> Proof {
    let (mut from, mut to) = (walk.old.name(prefix.0), walk.new.name(prefix.1));
    let (Some(x), Some(y)) = (walk.old.leaf_of(vote.a), walk.new.leaf_of(vote.b)) else { return walk.same() };
    if from == to && !numbers {
        let (from, to) = (walk.old.part(x).to_owned(), walk.new.part(y).to_owned());
        return matching.rule(from, to, RewriteKind::Leaf);
    }
    if numbers {
        let way = |tree: &Tree, leaf: NodeId, end: NodeId| -> Vec<String> {
            let parts = tree.upwards(leaf).skip(1).take_while(|at| *at != end).map(|at| tree.part(at));
            let mut parts: Vec<String> = parts
                .map(|part| match counted(part) {
                    (_, None) => part.to_owned(),
                    (_, Some(_)) => format!("{}{{N}}", part.trim_end_matches(|c: char| c.is_ascii_digit())),
                })
                .collect();
            parts.reverse();
            parts
        };
        let (a, b) = (way(&walk.old, x, prefix.0), way(&walk.new, y, prefix.1));
        let last = a.iter().zip(&b).rposition(|(a, b)| a != b).map_or(0, |at| at.saturating_add(1));
        for (name, parts) in [(&mut from, a), (&mut to, b)] {
            for part in parts.iter().take(last) {
                if !name.is_empty() {
                    name.push('/');
                }
                name.push_str(part);
            }
        }
    }
    let kind = match (from.is_empty(), to.is_empty()) {
        (true, _) => RewriteKind::Added,
        (_, true) => RewriteKind::Dropped,
        _ => RewriteKind::Replaced,
    };
    let scope = |name: String| if name.is_empty() { name } else { name + "/" };
    matching.rule(scope(from), scope(to), kind)
}

/// Ends of a name below a scope, the shortest first: a hash with shape and type, and what is before it.
fn ends(tree: &Tree, matching: &Matching, scope: NodeId, id: VariableId, numbers: bool) -> Vec<(u64, NodeId)> {
    let Some((leaf, form)) = tree.leaf_of(id).zip(matching.form(tree.side, id)) else { return Vec::new() };
    let mut sum = hash(form);
    let mut ends = Vec::new();
    for at in tree.upwards(leaf).take_while(|at| *at != scope) {
        let part = tree.part(at);
        sum = match counted(part) {
            _ if at == leaf => hash((sum, canonical(part))),
            (_, Some(number)) if numbers => hash((sum, number)),
            _ => hash((sum, part)),
        };
        ends.push((sum, tree.node(at).map_or(0, |node| node.parent)));
    }
    ends
}

fn votes(
    walk: &Walk,
    matching: &Matching,
    scope: (NodeId, NodeId),
    a: &[VariableId],
    b: &[VariableId],
    numbers: bool,
) -> Vec<Vote> {
    let mut seen: HashMap<u64, [Option<(VariableId, NodeId)>; 2]> = HashMap::new();
    let mut several: HashMap<u64, [usize; 2]> = HashMap::new();
    let mut deep = HashMap::new();
    for (at, (tree, scope, ids)) in [(&walk.old, scope.0, a), (&walk.new, scope.1, b)].into_iter().enumerate() {
        for id in ids {
            let ends = ends(tree, matching, scope, *id, numbers);
            for (sum, before) in &ends {
                if let Some(slot) = seen.entry(*sum).or_default().get_mut(at) {
                    *slot = Some((*id, *before));
                }
                if let Some(count) = several.entry(*sum).or_default().get_mut(at) {
                    *count = count.saturating_add(1);
                }
            }
            deep.insert((at, *id), ends.len());
        }
    }
    let vote = |id: &VariableId| {
        let ends = ends(&walk.old, matching, scope.0, *id, numbers);
        // The longest end that the other side has at all: a shorter one tells less.
        let (parts, (sum, before)) =
            ends.iter().enumerate().rev().find(|(_, (sum, _))| several.get(sum).is_some_and(|[_, new]| *new > 0))?;
        let parts = parts.saturating_add(1);
        let (Some([1, 1]), Some([_, Some((other, prefix))])) = (several.get(sum), seen.get(sum)) else { return None };
        let whole = parts == ends.len() || deep.get(&(1, *other)) == Some(&parts);
        let leaf = walk.old.leaf_of(*id)?;
        let telling = walk.old.upwards(leaf).take(parts).skip(1).any(|at| !positional(walk.old.part(at)));
        let counts = walk.old.upwards(leaf).take(parts).skip(1).any(|at| automatic(counted(walk.old.part(at)).0));
        // What is called the same in the same scope has been asked before.
        if !numbers && parts > 1 && (*before, *prefix) == scope {
            return None;
        }
        Some(Vote { a: *id, b: *other, prefix: (*before, *prefix), parts, whole, telling, counts })
    };
    a.iter().filter_map(vote).collect()
}

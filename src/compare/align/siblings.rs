//! What is the only one of its shape among those beside it.

use foldhash::{HashMap, HashMapExt, HashSet};

use super::likeness::{ENOUGH, likeness};
use super::matching::{Matching, Side};
use super::naming::{automatic, counted, place};
use super::rewrite::buckets;
use super::tree::{NodeId, hash};
use super::walk::Walk;
use super::{Proof, RewriteKind};

/// Scopes in which the same word took the place of the same other, for this to be a rule.
const OFTEN: usize = 3;

/// Links children of scopes that belong together, if no other child of either has such contents, and if
/// something else speaks for it; unlike names of layers that end the model may be two layers.
pub(super) fn unique(walk: &mut Walk, matching: &mut Matching) {
    let sizes = inputs(matching);
    let mut next = 0;
    loop {
        let (from, mut found) = (next, Vec::new());
        while let Some(&(x, y, _)) = walk.scopes.get(next) {
            next = next.saturating_add(1);
            found.extend(candidates(walk, matching, x, y));
        }
        if from == next {
            return;
        }
        let mut often: HashMap<(&str, &str), usize> = HashMap::new();
        for candidate in &found {
            let count = often.entry(words(walk, candidate)).or_default();
            *count = count.saturating_add(1);
        }
        for candidate in &found {
            let (from, to) = words(walk, candidate);
            let count = often.get(&(from, to)).copied().unwrap_or(0);
            if count >= OFTEN || count > 1 && candidate.alone {
                let kind = if walk.old.node(candidate.x).is_some_and(|node| node.variable.is_some()) {
                    RewriteKind::Leaf
                } else {
                    RewriteKind::Replaced
                };
                let proof = matching.rule(from.to_owned(), to.to_owned(), kind);
                walk.link(candidate.x, candidate.y, proof, matching);
            } else if candidate.alone && supported(walk, matching, candidate.x, candidate.y, &sizes) {
                walk.link(candidate.x, candidate.y, Proof::UniqueShape, matching);
            }
        }
        walk.same_names(matching);
    }
}

/// Two children that are left, and alike in shape as no others that are left.
struct Candidate {
    x: NodeId,
    y: NodeId,
    /// True if no other child at all is alike.
    alone: bool,
}

fn words<'a>(walk: &Walk<'a>, candidate: &Candidate) -> (&'a str, &'a str) {
    (counted(walk.old.part(candidate.x)).0, counted(walk.new.part(candidate.y)).0)
}

fn candidates(walk: &Walk, matching: &Matching, x: NodeId, y: NodeId) -> Vec<Candidate> {
    let (a, b) = (walk.sure(Side::Old, x, matching), walk.sure(Side::New, y, matching));
    if a.is_empty() || b.is_empty() {
        return Vec::new();
    }
    // How many have these contents: of all, and of those that are left, with the last of them.
    type Forms = HashMap<u64, (usize, usize, Option<NodeId>)>;
    let forms = |side: Side, scope: NodeId, left: &[NodeId]| {
        let (tree, mut forms) = (walk.tree(side), Forms::new());
        let left: HashSet<NodeId> = left.iter().copied().collect();
        for child in tree.children(scope) {
            let Some(node) = tree.node(*child) else { continue };
            // Of variables the shape is asked alone: what they are called has been asked.
            let form = node.variable.and_then(|variable| matching.form(side, variable));
            let entry = forms.entry(form.map_or(node.content, hash)).or_default();
            entry.0 = entry.0.saturating_add(1);
            if left.contains(child) {
                (entry.1, entry.2) = (entry.1.saturating_add(1), Some(*child));
            }
        }
        forms
    };
    let (ours, theirs) = (forms(Side::Old, x, &a), forms(Side::New, y, &b));
    let mut found: Vec<Candidate> = ours
        .into_iter()
        .filter_map(|(form, (all, left, x))| {
            let (other_all, other_left, y) = *theirs.get(&form)?;
            (left == 1 && other_left == 1).then_some(Candidate { x: x?, y: y?, alone: all == 1 && other_all == 1 })
        })
        .collect();
    found.sort_unstable_by_key(|candidate| candidate.x);
    found
}

/// Sizes of what goes into the layers that are known.
fn inputs(matching: &Matching) -> HashSet<u64> {
    let size = |(a, ..): (usize, usize, Proof)| matching.form(Side::Old, a)?.0.axes()?.iter().rev().nth(1).copied();
    matching.pairs().filter_map(size).collect()
}

/// True if more than the shape speaks for two scopes to be one: a name that is automatic says nothing
/// against it, one that is alike says something for it, and so does a layer behind, which still takes in
/// what this one gives.
fn supported(walk: &Walk, matching: &Matching, x: NodeId, y: NodeId, sizes: &HashSet<u64>) -> bool {
    let gives = |variable| matching.form(Side::Old, variable)?.0.axes().filter(|axes| axes.len() > 1)?.last().copied();
    let all = walk.old.variables(x, OUTPUTS).unwrap_or_default();
    let ordered = [(Side::Old, x), (Side::New, y)].into_iter().all(|(side, node)| {
        walk.tree(side).first_variable(node).is_some_and(|variable| place(matching, side, variable).is_some())
    });
    !unlike(walk, matching, x, y) || !ordered && all.into_iter().filter_map(gives).any(|size| sizes.contains(&size))
}

/// True if people gave both of these a name, and the names are not alike.
pub(super) fn unlike(walk: &Walk, matching: &Matching, x: NodeId, y: NodeId) -> bool {
    let (a, b) = called(walk, matching, x, y);
    !automatic(counted(a).0) && !automatic(counted(b).0) && likeness(a, b) < ENOUGH
}

/// What two scopes are called: where they are only counted, by the names of their layers if those are known.
fn called<'a>(walk: &Walk<'a>, matching: &Matching<'a>, x: NodeId, y: NodeId) -> (&'a str, &'a str) {
    let parts = (walk.old.part(x), walk.new.part(y));
    let layer = |side: Side, node: NodeId| {
        let variable = matching.variable(side, walk.tree(side).first_variable(node)?)?;
        let name = variable.full_name().filter(|name| *name == variable.name.as_str())?;
        name.rsplit('/').nth(1)
    };
    if !automatic(counted(parts.0).0) && !automatic(counted(parts.1).0) {
        return parts;
    }
    layer(Side::Old, x).zip(layer(Side::New, y)).unwrap_or(parts)
}

/// Variables of a scope that are asked what they give at the most.
const OUTPUTS: usize = 256;

/// Links layers that are the only ones with their contents, wherever they are: those of a list that have
/// become attributes.
pub(super) fn anywhere(walk: &mut Walk, matching: &mut Matching) {
    let settled: HashSet<u64> = matching
        .pairs()
        .filter_map(|(a, ..)| walk.old.leaf_of(a))
        .filter_map(|leaf| walk.old.node(walk.old.node(leaf)?.parent))
        .map(|layer| layer.content)
        .collect();
    for (_, _, a, b) in buckets(walk, matching) {
        let layers = |side: Side, ids: &[usize]| -> Vec<NodeId> {
            let tree = walk.tree(side);
            let layer = |id: &usize| tree.node(tree.leaf_of(*id)?).map(|node| node.parent);
            let mut layers: Vec<NodeId> = ids.iter().filter_map(layer).collect();
            layers.sort_unstable();
            layers.dedup();
            let open = |layer: &NodeId| {
                *layer != 0
                    && walk.partner(side, *layer).is_none()
                    && tree
                        .variables(*layer, OUTPUTS)
                        .is_some_and(|all| all.len() > 1 && all.iter().all(|variable| matching.open(side, *variable)))
            };
            layers.retain(open);
            layers
        };
        let by_content = |side: Side, layers: Vec<NodeId>| {
            let mut found: HashMap<u64, Option<NodeId>> = HashMap::new();
            for layer in layers {
                let content = walk.tree(side).node(layer).map_or(0, |node| node.content);
                found.entry(content).and_modify(|known| *known = None).or_insert(Some(layer));
            }
            found
        };
        let (ours, theirs) =
            (by_content(Side::Old, layers(Side::Old, &a)), by_content(Side::New, layers(Side::New, &b)));
        let mut found: Vec<(NodeId, NodeId)> =
            ours.into_iter().filter_map(|(content, x)| Some((x?, (*theirs.get(&content)?)?))).collect();
        found.sort_unstable();
        for (x, y) in found {
            let unseen = walk.old.node(x).is_some_and(|node| !settled.contains(&node.content));
            if unseen && !unlike(walk, matching, x, y) {
                walk.link(x, y, Proof::UniqueShape, matching);
            }
        }
        walk.same_names(matching);
    }
}

//! Layers that stand between the same layers, where the order of layers is stored.

use foldhash::{HashMap, HashMapExt, HashSet};

use super::Proof;
use super::matching::{Matching, Side};
use super::naming::{Place, place};
use super::sequence::{align, alike};
use super::tree::NodeId;
use super::walk::Walk;

/// Links what stands in the same gap between layers that are known.
pub(super) fn in_place(walk: &mut Walk, matching: &mut Matching) {
    let mut next = 0;
    while let Some(&(x, y, _)) = walk.scopes.get(next) {
        next = next.saturating_add(1);
        let (a, b) = (walk.left(Side::Old, x, matching), walk.left(Side::New, y, matching));
        if a.is_empty() || b.is_empty() {
            continue;
        }
        let (Some(ours), Some(theirs)) =
            (gaps(walk, matching, Side::Old, x, &a), gaps(walk, matching, Side::New, y, &b))
        else {
            continue;
        };
        let mut ours: Vec<_> = ours.into_iter().collect();
        ours.sort();
        for (gap, old) in ours {
            let Some(new) = theirs.get(&gap) else { continue };
            let fits = |(x, y): (&NodeId, &NodeId)| alike(walk, matching, *x, *y).is_some();
            let kinds = |(x, y): (&NodeId, &NodeId)| {
                walk.old.node(*x).map(|node| node.kinds) == walk.new.node(*y).map(|node| node.kinds)
            };
            if old.len() == new.len() && old.iter().zip(new).all(|pair| fits(pair) && kinds(pair)) {
                for (x, y) in old.iter().zip(new) {
                    walk.link(*x, *y, Proof::SamePlace, matching);
                }
            } else {
                align(walk, matching, &old, new, Proof::SamePlace, Proof::SamePlace);
            }
        }
        walk.same_names(matching);
    }
}

/// The known neighbours before and after, as nodes of the old tree.
type Gap = (Option<NodeId>, Option<NodeId>);

/// What is left, by gap and in order; none if no order is stored.
fn gaps(
    walk: &Walk,
    matching: &Matching,
    side: Side,
    scope: NodeId,
    left: &[NodeId],
) -> Option<HashMap<Gap, Vec<NodeId>>> {
    let tree = walk.tree(side);
    let place = |child: &NodeId| place(matching, side, tree.first_variable(*child)?);
    let placed: Option<Vec<(Place, NodeId)>> =
        tree.children(scope).iter().map(|child| Some((place(child)?, *child))).collect();
    let mut placed = placed?;
    placed.sort_by(|a, b| a.0.cmp(&b.0));
    let anchor = |node: NodeId| walk.partner(side, node).map(|other| if side == Side::Old { node } else { other });
    let mut after: Vec<Option<NodeId>> = Vec::new();
    let mut last = None;
    for (_, node) in placed.iter().rev() {
        after.push(last);
        last = anchor(*node).or(last);
    }
    after.reverse();
    let left: HashSet<NodeId> = left.iter().copied().collect();
    let mut gaps: HashMap<Gap, Vec<NodeId>> = HashMap::new();
    let mut before = None;
    for ((_, node), after) in placed.iter().zip(after) {
        match anchor(*node) {
            Some(anchor) => before = Some(anchor),
            None if left.contains(node) => gaps.entry((before, after)).or_default().push(*node),
            None => {}
        }
    }
    Some(gaps)
}

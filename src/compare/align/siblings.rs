//! What is the only one of its shape among those beside it.

use foldhash::{HashMap, HashMapExt};

use super::Proof;
use super::matching::{Matching, Side};
use super::tree::{NodeId, hash};
use super::walk::Walk;

/// Links children of scopes that belong together, if no other child of either has such contents.
pub(super) fn unique(walk: &mut Walk, matching: &mut Matching) {
    let mut next = 0;
    while let Some(&(x, y, _)) = walk.scopes.get(next) {
        next = next.saturating_add(1);
        let (a, b) = (walk.left(Side::Old, x, matching), walk.left(Side::New, y, matching));
        if a.is_empty() || b.is_empty() {
            continue;
        }
        let by_content = |side: Side, scope: NodeId| {
            let tree = walk.tree(side);
            let mut found: HashMap<u64, Option<NodeId>> = HashMap::new();
            for child in tree.children(scope) {
                let Some(node) = tree.node(*child) else { continue };
                // Of variables the shape is asked alone: what they are called has been asked.
                let form = node.variable.and_then(|variable| matching.form(side, variable));
                let content = form.map_or(node.content, hash);
                found.entry(content).and_modify(|known| *known = None).or_insert(Some(*child));
            }
            found
        };
        let (ours, theirs) = (by_content(Side::Old, x), by_content(Side::New, y));
        let open = |list: &[NodeId], node: NodeId| list.contains(&node);
        let mut found: Vec<(NodeId, NodeId)> = ours
            .into_iter()
            .filter_map(|(content, node)| Some((node?, (*theirs.get(&content)?)?)))
            .filter(|(x, y)| open(&a, *x) && open(&b, *y))
            .collect();
        found.sort_unstable();
        for (x, y) in found {
            walk.link(x, y, Proof::UniqueShape, matching);
        }
        walk.same_names(matching);
    }
}

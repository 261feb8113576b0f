//! Layers that are only counted (`dense_1`, item 3 of a list) as two sequences: which of one follow which
//! of the other, where that can be told.

use foldhash::{HashMap, HashMapExt, HashSet};

use super::Proof;
use super::matching::{Matching, Side};
use super::siblings::unlike;
use super::tree::{NodeId, Tree, canonical, hash, likeness_of_shapes};
use super::walk::Walk;
use crate::model::Shape;

/// Pairs of one family that are weighed at the most.
const CELLS: usize = 1 << 18;
/// Variables of two layers that are compared one by one at the most.
const VARIABLES: usize = 512;

/// Aligns the counted families of all scopes.
pub(super) fn counted(walk: &mut Walk, matching: &mut Matching) {
    from(walk, matching, 0);
}

/// Those of the scopes from this one on.
pub(super) fn from(walk: &mut Walk, matching: &mut Matching, mut next: usize) {
    while let Some(&(x, y, proof)) = walk.scopes.get(next) {
        next = next.saturating_add(1);
        let mut families: Vec<_> =
            walk.counting(x, y).into_iter().filter(|(_, [a, b])| !a.is_empty() && !b.is_empty()).collect();
        families.sort();
        for (_, [a, b]) in families {
            let ids = |family: Vec<(u64, NodeId)>| family.into_iter().map(|(_, node)| node).collect::<Vec<_>>();
            let (a, b) = (ids(a), ids(b));
            align(walk, matching, &a, &b, proof, Proof::Shifted);
        }
        walk.same_names(matching);
    }
}

/// Links what can only be linked in one way; `shifted` is the proof of those whose name has changed.
pub(super) fn align(walk: &mut Walk, matching: &mut Matching, a: &[NodeId], b: &[NodeId], same: Proof, shifted: Proof) {
    let unsettled = |side, nodes: &[NodeId]| nodes.iter().any(|node| walk.partner(side, *node).is_none());
    if !unsettled(Side::Old, a) || !unsettled(Side::New, b) {
        return;
    }
    // Blocks 0 to 3 that are now 1 to 4: shifted by one, or one gone and one new? Shapes may tell.
    let doubtful = same != shifted && walk.doubtful(a, b);
    let named: HashMap<&str, NodeId> = b.iter().filter(|_| doubtful).map(|y| (walk.new.part(*y), *y)).collect();
    let kept: Vec<(NodeId, NodeId)> = a.iter().filter_map(|x| Some((*x, *named.get(walk.old.part(*x))?))).collect();
    let content = |(x, y): &(NodeId, NodeId)| {
        walk.old.node(*x).map(|node| node.content) == walk.new.node(*y).map(|node| node.content)
    };
    if doubtful && !kept.is_empty() && kept.iter().all(content) {
        walk.doubt(a.to_vec(), b.to_vec());
        return;
    }
    let turned = unchanged(walk, matching, a, b, shifted);
    let rest = |side: Side, nodes: &[NodeId]| -> Vec<NodeId> {
        nodes.iter().copied().filter(|node| !turned || walk.partner(side, *node).is_none()).collect()
    };
    let (a, b) = (&rest(Side::Old, a), &rest(Side::New, b));
    let (pairs, doubt) = if a.len().saturating_mul(b.len()) > CELLS {
        in_order(walk, a, b)
    } else {
        let content = |tree: &Tree, nodes: &[NodeId]| -> HashSet<u64> {
            nodes.iter().filter_map(|node| tree.node(*node)).map(|node| node.content).collect()
        };
        let twins = (content(&walk.old, a), content(&walk.new, b));
        let score =
            |i: usize, j: usize| a.get(i).zip(b.get(j)).and_then(|(x, y)| score(walk, matching, *x, *y, &twins));
        Grid::new(a.len(), b.len(), score).certain()
    };
    for (i, j) in pairs {
        let (Some(&x), Some(&y)) = (a.get(i), b.get(j)) else { continue };
        if turned && unlike(walk, matching, x, y) {
            continue;
        }
        let proof = if walk.old.part(x) == walk.new.part(y) { same } else { shifted };
        walk.link(x, y, proof, matching);
    }
    let pick = |nodes: &[NodeId], which: &[usize]| which.iter().filter_map(|at| nodes.get(*at).copied()).collect();
    // Of places it is not said that all may be all: names may be alike.
    if same != shifted && !doubt.0.is_empty() && !doubt.1.is_empty() {
        walk.doubt(pick(a, &doubt.0), pick(b, &doubt.1));
    }
}

/// Links what is the only one with its contents on both sides, if such have changed their order: then the
/// order of the others says nothing of them. True if so.
fn unchanged(walk: &mut Walk, matching: &mut Matching, a: &[NodeId], b: &[NodeId], proof: Proof) -> bool {
    let places = |tree: &Tree, nodes: &[NodeId]| {
        let mut places: HashMap<u64, Option<usize>> = HashMap::new();
        for (at, node) in nodes.iter().enumerate() {
            let content = tree.node(*node).map_or(0, |node| node.content);
            places.entry(content).and_modify(|known| *known = None).or_insert(Some(at));
        }
        places
    };
    let theirs = places(&walk.new, b);
    let pairs = places(&walk.old, a).into_iter().filter_map(|(content, at)| Some((at?, (*theirs.get(&content)?)?)));
    let mut pairs: Vec<(usize, usize)> = pairs.collect();
    pairs.sort_unstable();
    let turned = !pairs.is_sorted_by_key(|(_, at)| *at);
    for (i, j) in pairs.into_iter().filter(|_| turned) {
        if let (Some(x), Some(y)) = (a.get(i), b.get(j))
            && !unlike(walk, matching, *x, *y)
        {
            walk.link(*x, *y, proof, matching);
        }
    }
    turned
}

type Pairs = Vec<(usize, usize)>;
type Doubts = (Vec<usize>, Vec<usize>);

/// Families too wide to be weighed: in order, if everything is the same; else nothing is said.
fn in_order(walk: &Walk, a: &[NodeId], b: &[NodeId]) -> (Pairs, Doubts) {
    let content = |(x, y): (&NodeId, &NodeId)| {
        walk.old.node(*x).map(|node| node.content) == walk.new.node(*y).map(|node| node.content)
    };
    if a.len() == b.len() && a.iter().zip(b).all(content) {
        ((0..a.len()).map(|at| (at, at)).collect(), Doubts::default())
    } else {
        (Pairs::new(), ((0..a.len()).collect(), (0..b.len()).collect()))
    }
}

/// How well two layers fit; none if they cannot be one.
fn score(walk: &Walk, matching: &Matching, x: NodeId, y: NodeId, twins: &(HashSet<u64>, HashSet<u64>)) -> Option<i64> {
    match (walk.partner(Side::Old, x), walk.partner(Side::New, y)) {
        (Some(partner), _) if partner == y => return Some(1000),
        (None, None) => {}
        _ => return None,
    }
    let (old, new) = (walk.old.node(x)?, walk.new.node(y)?);
    if old.content == new.content {
        return Some(60);
    }
    // What is there unchanged is not this one changed.
    let elsewhere = twins.1.contains(&old.content) || twins.0.contains(&new.content);
    if old.variable.is_some() != new.variable.is_some() || elsewhere || walk.moved(x, y) {
        return None;
    }
    alike(walk, matching, x, y).map(|alike| 10 + i64::try_from(alike).unwrap_or(0) * 2 / 5)
}

/// How much of what two scopes hold is alike, in hundredths; none if nothing is.
pub(super) fn alike(walk: &Walk, matching: &Matching, x: NodeId, y: NodeId) -> Option<usize> {
    let items = |side: Side, node: NodeId| -> Option<Vec<(u64, &Shape)>> {
        let tree = walk.tree(side);
        let item = |variable| {
            let (shape, _) = matching.form(side, variable)?;
            Some((hash((canonical(super::naming::counted(tree.part(tree.leaf_of(variable)?)).0), shape.rank())), shape))
        };
        let mut items: Vec<(u64, &Shape)> = tree.variables(node, VARIABLES)?.into_iter().filter_map(item).collect();
        items.sort_by_key(|(leaf, _)| *leaf);
        Some(items)
    };
    let (many, few) = {
        let (a, b) = (walk.old.node(x)?.count, walk.new.node(y)?.count);
        (a.max(b), a.min(b))
    };
    if few > VARIABLES {
        // Too many to be compared one by one.
        return few.saturating_mul(100).checked_div(many);
    }
    let (a, b) = (items(Side::Old, x)?, items(Side::New, y)?);
    let (mut i, mut j, mut common, mut sum) = (0usize, 0usize, 0usize, 0usize);
    while let (Some((leaf_a, shape_a)), Some((leaf_b, shape_b))) = (a.get(i), b.get(j)) {
        if leaf_a <= leaf_b {
            i = i.saturating_add(1);
        }
        if leaf_b <= leaf_a {
            j = j.saturating_add(1);
        }
        if leaf_a == leaf_b {
            common = common.saturating_add(1);
            sum = sum.saturating_add(likeness_of_shapes(shape_a, shape_b).unwrap_or(0));
        }
    }
    (common > 0).then(|| sum.checked_div(a.len().max(b.len())).unwrap_or(0))
}

/// All ways to align two sequences, weighed.
struct Grid {
    rows: usize,
    columns: usize,
    scores: Vec<Option<i64>>,
    /// The best of what comes before a cell, and of what comes after.
    before: Vec<i64>,
    after: Vec<i64>,
}

impl Grid {
    fn new(rows: usize, columns: usize, score: impl Fn(usize, usize) -> Option<i64>) -> Self {
        let scores = (0..rows).flat_map(|i| (0..columns).map(move |j| (i, j))).map(|(i, j)| score(i, j)).collect();
        let cells = rows.saturating_add(1).saturating_mul(columns.saturating_add(1));
        let mut grid = Self { rows, columns, scores, before: vec![0; cells], after: vec![0; cells] };
        for i in 0..=rows {
            for j in 0..=columns {
                let up = i.checked_sub(1).map_or(0, |i| grid.get(&grid.before, i, j));
                let left = j.checked_sub(1).map_or(0, |j| grid.get(&grid.before, i, j));
                let corner = i.checked_sub(1).zip(j.checked_sub(1));
                let both =
                    corner.and_then(|(i, j)| Some(grid.get(&grid.before, i, j).saturating_add(grid.score(i, j)?)));
                let best = up.max(left).max(both.unwrap_or(0));
                if let Some(cell) = grid.before.get_mut(i.saturating_mul(columns.saturating_add(1)).saturating_add(j)) {
                    *cell = best;
                }
            }
        }
        for i in (0..=rows).rev() {
            for j in (0..=columns).rev() {
                let down = if i < rows { grid.get(&grid.after, i.saturating_add(1), j) } else { 0 };
                let right = if j < columns { grid.get(&grid.after, i, j.saturating_add(1)) } else { 0 };
                let corner = grid.get(&grid.after, i.saturating_add(1), j.saturating_add(1));
                let both = grid.score(i, j).map_or(0, |score| corner.saturating_add(score));
                let best = down.max(right).max(both);
                if let Some(cell) = grid.after.get_mut(i.saturating_mul(columns.saturating_add(1)).saturating_add(j)) {
                    *cell = best;
                }
            }
        }
        grid
    }

    fn get(&self, of: &[i64], i: usize, j: usize) -> i64 {
        of.get(i.saturating_mul(self.columns.saturating_add(1)).saturating_add(j)).copied().unwrap_or(0)
    }

    fn score(&self, i: usize, j: usize) -> Option<i64> {
        if j >= self.columns {
            return None;
        }
        self.scores.get(i.saturating_mul(self.columns).saturating_add(j)).copied().flatten()
    }

    /// The pairs of every best alignment, and what is in a pair of some of them only.
    fn certain(&self) -> (Pairs, Doubts) {
        let best = self.get(&self.after, 0, 0);
        let optimal = |i: usize, j: usize| {
            let (before, after) =
                (self.get(&self.before, i, j), self.get(&self.after, i.saturating_add(1), j.saturating_add(1)));
            self.score(i, j).is_some_and(|score| before.saturating_add(score).saturating_add(after) == best)
        };
        let skips_row = |i: usize| {
            (0..=self.columns).any(|j| {
                self.get(&self.before, i, j).saturating_add(self.get(&self.after, i.saturating_add(1), j)) == best
            })
        };
        let skips_column = |j: usize| {
            (0..=self.rows).any(|i| {
                self.get(&self.before, i, j).saturating_add(self.get(&self.after, i, j.saturating_add(1))) == best
            })
        };
        let (mut pairs, mut rows, mut columns) = (Pairs::new(), Vec::new(), Vec::new());
        for i in 0..self.rows {
            let candidates: Vec<usize> = (0..self.columns).filter(|j| optimal(i, *j)).collect();
            match candidates.as_slice() {
                [] => {}
                [j] if !skips_row(i) && !skips_column(*j) => pairs.push((i, *j)),
                several => {
                    rows.push(i);
                    columns.extend_from_slice(several);
                }
            }
        }
        columns.sort_unstable();
        columns.dedup();
        (pairs, (rows, columns))
    }
}

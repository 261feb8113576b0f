//! Two trees of names side by side: which scope is which.

use std::cell::LazyCell;
use std::collections::VecDeque;

use foldhash::{HashMap, HashMapExt, HashSet};

use super::matching::{Matching, Side};
use super::naming::{Names, automatic, counted};
use super::tree::{NodeId, Tree, canonical, hash};
use super::{Ambiguity, Proof, RewriteKind};
use crate::model::VariableId;

/// Variables of one scope that are named in doubt at the most.
const DOUBTS: usize = 4096;

/// Scopes of which any may be any.
struct Doubt {
    old: Vec<NodeId>,
    new: Vec<NodeId>,
}

/// What has the same name in the same scope is the same.
pub(super) fn same_names(walk: &mut Walk, matching: &mut Matching) {
    walk.same_names(matching);
}

/// Which scope of the old tree is which of the new, so far.
pub(super) struct Walk<'a> {
    pub old: Tree<'a>,
    pub new: Tree<'a>,
    paths: bool,
    of_old: Vec<Option<NodeId>>,
    of_new: Vec<Option<NodeId>>,
    /// Scopes that belong together, each with why.
    pub scopes: Vec<(NodeId, NodeId, Proof)>,
    /// Those of them whose children are not yet compared.
    queue: VecDeque<(NodeId, NodeId, Proof)>,
    doubts: Vec<Doubt>,
    /// How many settled pairs were taken over.
    learnt: usize,
    /// What is in doubt, of either side: only its place may still tell.
    doubted: [HashSet<NodeId>; 2],
}

impl<'a> Walk<'a> {
    pub fn new(names: Names<'a>) -> Self {
        let (of_old, of_new) = (vec![None; names.old.len()], vec![None; names.new.len()]);
        let Names { old, new, paths } = names;
        let (scopes, queue, doubts) = (Vec::new(), VecDeque::new(), Vec::new());
        let mut walk =
            Self { old, new, paths, of_old, of_new, scopes, queue, doubts, learnt: 0, doubted: Default::default() };
        walk.join(0, 0, walk.same());
        walk
    }

    /// The proof of an equal name.
    pub fn same(&self) -> Proof {
        if self.paths { Proof::SameObjectPath } else { Proof::SameName }
    }

    pub fn tree(&self, side: Side) -> &Tree<'a> {
        match side {
            Side::Old => &self.old,
            Side::New => &self.new,
        }
    }

    /// The scope on the other side.
    pub fn partner(&self, side: Side, node: NodeId) -> Option<NodeId> {
        let of = match side {
            Side::Old => &self.of_old,
            Side::New => &self.of_new,
        };
        of.get(node).copied().flatten()
    }

    fn join(&mut self, x: NodeId, y: NodeId, proof: Proof) -> bool {
        match (self.of_old.get_mut(x), self.of_new.get_mut(y)) {
            (Some(old @ None), Some(new @ None)) => {
                (*old, *new) = (Some(y), Some(x));
                self.queue.push_back((x, y, proof));
                true
            }
            _ => false,
        }
    }

    /// Says that two scopes, or variables, are one.
    pub fn link(&mut self, x: NodeId, y: NodeId, proof: Proof, matching: &mut Matching) {
        if !self.join(x, y, proof) {
            return;
        }
        let (was, is) =
            (self.old.node(x).and_then(|node| node.variable), self.new.node(y).and_then(|node| node.variable));
        match (was, is) {
            (Some(a), Some(b)) => {
                matching.pair(a, b, proof);
            }
            // `table` that is `table/weight` now, or the other way round.
            (Some(a), None) => {
                if let Some((leaf, b)) = self.new.only_leaf(y).filter(|(_, b)| matching.same_form(a, *b)) {
                    let proof = matching.rule(String::new(), self.new.part(leaf).to_owned(), RewriteKind::Leaf);
                    matching.pair(a, b, proof);
                }
            }
            (None, Some(b)) => {
                if let Some((leaf, a)) = self.old.only_leaf(x).filter(|(_, a)| matching.same_form(*a, b)) {
                    let proof = matching.rule(self.old.part(leaf).to_owned(), String::new(), RewriteKind::Leaf);
                    matching.pair(a, b, proof);
                }
            }
            (None, None) => {}
        }
    }

    /// Says that of these any may be any.
    pub fn doubt(&mut self, old: Vec<NodeId>, new: Vec<NodeId>) {
        let [of_old, of_new] = &mut self.doubted;
        of_old.extend(old.iter().copied());
        of_new.extend(new.iter().copied());
        self.doubts.push(Doubt { old, new });
    }

    /// True if a node, or a scope around it, is in doubt.
    pub fn doubted(&self, side: Side, node: NodeId) -> bool {
        let [old, new] = &self.doubted;
        let doubted = if side == Side::Old { old } else { new };
        !doubted.is_empty()
            && self.tree(side).upwards(node).any(|at| doubted.contains(&at) && self.partner(side, at).is_none())
    }

    /// Compares the children of two scopes that belong together without being one: `net/` around all.
    pub fn also(&mut self, x: NodeId, y: NodeId, proof: Proof) {
        self.queue.push_back((x, y, proof));
    }

    /// Takes over what was settled elsewhere: the layers of two variables that are one are one, and so are
    /// the scopes around them, if all that is settled in them agrees.
    pub fn learn(&mut self, matching: &Matching) {
        let mut votes: HashMap<NodeId, Option<(NodeId, Proof)>> = HashMap::new();
        let mut chosen: HashMap<NodeId, Option<NodeId>> = HashMap::new();
        let mut around: HashMap<(NodeId, NodeId), Proof> = HashMap::new();
        let mut last = None;
        for (a, b, proof) in matching.pairs().skip(std::mem::replace(&mut self.learnt, matching.pairs().count())) {
            let (Some(x), Some(y)) = (self.old.leaf_of(a), self.new.leaf_of(b)) else { continue };
            if self.partner(Side::Old, x).is_some() || !self.join(x, y, proof) {
                continue;
            }
            let mut scopes = self.old.upwards(x).zip(self.new.upwards(y)).skip(1).peekable();
            // The variables of one layer say the same.
            if std::mem::replace(&mut last, scopes.peek().copied()) == scopes.peek().copied() {
                continue;
            }
            let mut below = true;
            for (x, y) in scopes {
                if !below || x == 0 && y == 0 {
                    break;
                }
                if x == 0 || y == 0 {
                    // All of one side lies in a scope of the other.
                    around.entry((x, y)).or_insert(proof);
                    break;
                }
                let (was, is) = (counted(self.old.part(x)), counted(self.new.part(y)));
                below = was.0 == is.0 || was.1.is_some() && was.1 == is.1;
                let other = |known: &mut Option<(NodeId, Proof)>| *known = known.filter(|(node, _)| *node == y);
                votes.entry(x).and_modify(other).or_insert(Some((y, proof)));
                let other = |known: &mut Option<NodeId>| *known = known.filter(|node| *node == x);
                chosen.entry(y).and_modify(other).or_insert(Some(x));
            }
        }
        let mut agreed: Vec<(NodeId, NodeId, Proof)> = votes
            .into_iter()
            .filter_map(|(x, vote)| vote.map(|(y, proof)| (x, y, proof)))
            .filter(|(x, y, _)| chosen.get(y) == Some(&Some(*x)))
            .collect();
        agreed.sort_unstable_by_key(|(x, ..)| *x);
        for (x, y, proof) in agreed {
            self.join(x, y, proof);
        }
        if let [((x, y), proof)] = around.into_iter().collect::<Vec<_>>().as_slice() {
            self.also(*x, *y, *proof);
        }
    }

    /// What has the same name in the same scope is the same, unless the name only counts.
    pub fn same_names(&mut self, matching: &mut Matching) {
        while let Some((x, y, proof)) = self.queue.pop_front() {
            if self.old.children(x).is_empty() || self.new.children(y).is_empty() {
                continue;
            }
            self.scopes.push((x, y, proof));
            let named: HashMap<&str, NodeId> =
                self.new.children(y).iter().map(|child| (self.new.part(*child), *child)).collect();
            // A layer of an unknown class has variables without names: they are counted.
            let numbered = LazyCell::new(|| -> HashMap<&str, NodeId> {
                let number = |child: &NodeId| Some((self.new.node(*child)?.counted?, *child));
                self.new.children(y).iter().filter_map(number).collect()
            });
            let same_number = |child: NodeId, part: &str| {
                let number = self.old.node(child)?.counted?;
                let other = *numbered.get(number)?;
                (part == number || self.new.part(other) == number).then_some(other)
            };
            let other = |child: &NodeId| {
                let part = self.old.part(*child);
                Some((*child, part, named.get(part).copied().or_else(|| same_number(*child, part))?))
            };
            let children: Vec<(NodeId, &str, NodeId)> = self.old.children(x).iter().filter_map(other).collect();
            let counting = self.counting(x, y);
            for (child, part, other) in children {
                if !counting.contains_key(counted(part).0) {
                    self.link(child, other, proof, matching);
                }
            }
        }
    }

    /// The families of children of two scopes that are counted, not named: `dense`, `dense_1`; the items
    /// of a list. A family that has not changed on both sides is as good as named.
    pub fn counting(&self, x: NodeId, y: NodeId) -> HashMap<&'a str, [Vec<(u64, NodeId)>; 2]> {
        let mut families: HashMap<&str, [Vec<(u64, NodeId)>; 2]> = HashMap::new();
        let mut plain: HashMap<&str, bool> = HashMap::new();
        for (at, (tree, scope)) in [(&self.old, x), (&self.new, y)].into_iter().enumerate() {
            for child in tree.children(scope) {
                let (stem, number) = counted(tree.part(*child));
                let has = plain.entry(stem).or_default();
                *has |= number.is_none();
                if let Some(list) = families.entry(stem).or_default().get_mut(at) {
                    list.push((number.unwrap_or(0), *child));
                }
            }
        }
        families.retain(|stem, [a, b]| {
            let several = a.len() > 1 || b.len() > 1 || automatic(stem);
            a.sort_unstable();
            b.sort_unstable();
            let counts = automatic(stem) || plain.get(stem) == Some(&true) && (a.len() > 1 || b.len() > 1);
            // The only one of its kind has its name by right, unless what it holds is elsewhere now.
            let alone = matches!((a.as_slice(), b.as_slice()), ([(i, x)], [(j, y)]) if i == j && !self.moved(*x, *y));
            if !several || alone || !counts && !renumbered(a, b) {
                return false;
            }
            let same = |((i, x), (j, y)): (&(u64, NodeId), &(u64, NodeId))| {
                let (x, y) = (self.old.node(*x), self.new.node(*y));
                i == j && x.map(|node| node.content) == y.map(|node| node.content)
            };
            a.len() != b.len() || !a.iter().zip(b.iter()).all(same)
        });
        families
    }

    /// True if a scope of scopes is to be found unchanged in another place.
    pub fn moved(&self, x: NodeId, y: NodeId) -> bool {
        let (Some(a), Some(b)) = (self.old.node(x), self.new.node(y)) else { return false };
        a.content != b.content && self.old.holds(x) && (self.new.has(a.content) || self.old.has(b.content))
    }

    /// True if the family may have been counted from another number: then neither the names nor the order
    /// can be trusted alone.
    pub fn doubtful(&self, a: &[NodeId], b: &[NodeId]) -> bool {
        let numbers = |tree: &Tree, nodes: &[NodeId]| -> Vec<(u64, NodeId)> {
            nodes.iter().map(|node| (counted(tree.part(*node)).1.unwrap_or(0), *node)).collect()
        };
        let given = a.first().is_some_and(|node| !automatic(counted(self.old.part(*node)).0));
        given && renumbered(&numbers(&self.old, a), &numbers(&self.new, b))
    }

    /// Children of a scope that nothing is said of, with all that is in them.
    pub fn left(&self, side: Side, scope: NodeId, matching: &Matching) -> Vec<NodeId> {
        let tree = self.tree(side);
        let is_open = |child: &NodeId| {
            self.partner(side, *child).is_none()
                && tree
                    .variables(*child, DOUBTS)
                    .is_some_and(|all| all.iter().all(|variable| matching.open(side, *variable)))
        };
        tree.children(scope).iter().copied().filter(|child| is_open(child)).collect()
    }

    /// The same without what is in doubt.
    pub fn sure(&self, side: Side, scope: NodeId, matching: &Matching) -> Vec<NodeId> {
        let mut left = self.left(side, scope, matching);
        left.retain(|child| !self.doubted(side, *child));
        left
    }

    /// Says which variables could not be told apart.
    pub fn tell_ambiguous(&self, matching: &mut Matching) {
        for doubt in &self.doubts {
            let mut groups = self.groups(doubt, true, matching);
            // Where what is in the scopes has other names, too, the leaf alone tells what could be what.
            if groups.iter().any(|group| group.old.is_empty() || group.new.is_empty()) {
                groups = self.groups(doubt, false, matching);
            }
            matching.ambiguous.extend(groups);
        }
    }

    /// The variables of scopes in doubt, by what they are called and contain; by the whole way to them, or by
    /// its end.
    fn groups(&self, doubt: &Doubt, whole: bool, matching: &Matching) -> Vec<Ambiguity> {
        let mut groups: HashMap<(u64, u64), [Vec<VariableId>; 2]> = HashMap::new();
        for (at, (tree, nodes)) in [(&self.old, &doubt.old), (&self.new, &doubt.new)].into_iter().enumerate() {
            for (scope, variable) in
                nodes.iter().flat_map(|node| tree.variables(*node, DOUBTS).into_iter().flatten().map(|id| (*node, id)))
            {
                let Some((leaf, node)) = tree.leaf_of(variable).and_then(|leaf| Some((leaf, tree.node(leaf)?))) else {
                    continue;
                };
                let name = |at: NodeId| if at == leaf { canonical(counted(node.part).0) } else { tree.part(at) };
                let way = tree.upwards(leaf).take_while(|at| *at != scope).take(if whole { usize::MAX } else { 1 });
                let way: Vec<&str> = way.map(name).collect();
                // Of a variable alone, what it is called is in doubt.
                let form = matching.form(tree.side, variable).filter(|_| leaf == scope).map(hash);
                if let Some(list) = groups.entry((hash(way), form.unwrap_or(node.content))).or_default().get_mut(at) {
                    list.push(variable);
                }
            }
        }
        let mut found: Vec<Ambiguity> = groups.into_values().map(|[old, new]| Ambiguity { old, new }).collect();
        found.sort_by(|a, b| a.old.cmp(&b.old));
        found
    }
}

/// True if all numbers of two sorted families are off by one and the same.
fn renumbered(a: &[(u64, NodeId)], b: &[(u64, NodeId)]) -> bool {
    let mut steps = a.iter().zip(b).map(|((i, _), (j, _))| i128::from(*j).saturating_sub(i128::from(*i)));
    let first = steps.next().filter(|step| *step != 0);
    a.len() > 1 && a.len() == b.len() && first.is_some_and(|first| steps.all(|step| step == first))
}

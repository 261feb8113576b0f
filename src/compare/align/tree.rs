//! The names of one checkpoint's model as a tree: scopes, layers, variables.

use std::hash::{BuildHasher, Hash};

use foldhash::fast::FixedState;
use foldhash::{HashMap, HashMapExt, HashSet, HashSetExt};

use super::matching::{Matching, Side};
use super::naming::{Called, keyed};
use crate::bytes::limits;
use crate::model::{Shape, VariableId, leaf};

/// Position of a node in its tree; the root is 0.
pub(super) type NodeId = usize;

/// A scope, or a variable.
#[derive(Debug, Default)]
pub(super) struct Node<'a> {
    /// The last part of its name.
    pub part: &'a str,
    pub parent: NodeId,
    pub children: Vec<NodeId>,
    pub variable: Option<VariableId>,
    /// What a variable is called in its layer whatever the class of that, where files count variables.
    pub counted: Option<&'a str>,
    /// Hash of the leaves, shapes and types of all variables in it, whatever their order.
    pub content: u64,
    /// The same without the sizes.
    pub kinds: u64,
    /// How many variables are in it.
    pub count: usize,
    pub depth: usize,
}

/// All scopes of one checkpoint in one way of naming.
pub(super) struct Tree<'a> {
    pub side: Side,
    nodes: Vec<Node<'a>>,
    leaf_of: Vec<Option<NodeId>>,
    /// Contents of the scopes that hold scopes.
    contents: HashSet<u64>,
}

impl<'a> Tree<'a> {
    /// The tree of these names.
    pub fn new(matching: &Matching<'a>, side: Side, names: impl Iterator<Item = (VariableId, Called<'a>)>) -> Self {
        let mut tree = Self {
            side,
            nodes: vec![Node::default()],
            leaf_of: vec![None; matching.checkpoint(side).variables.len()],
            contents: HashSet::new(),
        };
        let keyed = keyed(matching);
        let mut known: HashMap<(NodeId, &str), NodeId> = HashMap::new();
        // Names come sorted: most of the way is that of the name before.
        let mut way: Vec<NodeId> = Vec::new();
        for (variable, (list, name)) in names {
            let mut at = 0;
            let around = list.into_iter().flat_map(|list| list.splitn(limits::NAME_PARTS, '/'));
            for (depth, part) in around.chain(name.splitn(limits::NAME_PARTS, '/')).enumerate() {
                if let Some(same) = way.get(depth).filter(|node| tree.part(**node) == part) {
                    at = *same;
                    continue;
                }
                let next = tree.nodes.len();
                let child = *known.entry((at, part)).or_insert(next);
                if child == next {
                    let depth = tree.node(at).map_or(0, |node| node.depth).saturating_add(1);
                    tree.nodes.push(Node { part, parent: at, depth, ..Node::default() });
                    if let Some(node) = tree.nodes.get_mut(at) {
                        node.children.push(child);
                    }
                }
                at = child;
                way.truncate(depth);
                way.push(child);
            }
            let Some((shape, dtype)) = matching.form(side, variable) else { continue };
            let Some(node) = tree.nodes.get_mut(at).filter(|node| node.variable.is_none()) else { continue };
            node.variable = Some(variable);
            node.counted =
                matching.entry(side, variable).filter(|_| keyed).and_then(|entry| entry.key.text()).map(leaf);
            let leaf = hash((node.counted.unwrap_or(canonical(node.part)), dtype));
            let (content, kinds) = (hash((leaf, shape)), hash((leaf, shape.rank())));
            if let Some(leaf) = tree.leaf_of.get_mut(variable) {
                *leaf = Some(at);
            }
            tree.add(at, content, kinds);
        }
        let outer = (1..tree.nodes.len()).filter(|node| tree.holds(*node));
        tree.contents = outer.filter_map(|node| tree.node(node)).map(|node| node.content).collect();
        tree
    }

    /// True for a scope that holds other scopes.
    pub fn holds(&self, scope: NodeId) -> bool {
        self.children(scope).iter().any(|child| !self.children(*child).is_empty())
    }

    /// True if some scope that holds others has these contents.
    pub fn has(&self, content: u64) -> bool {
        self.contents.contains(&content)
    }

    /// Takes a variable into its scopes.
    fn add(&mut self, leaf: NodeId, content: u64, kinds: u64) {
        let mut at = leaf;
        while let Some(node) = self.nodes.get_mut(at) {
            node.content = node.content.wrapping_add(content);
            node.kinds = node.kinds.wrapping_add(kinds);
            node.count = node.count.saturating_add(1);
            if at == 0 {
                break;
            }
            at = node.parent;
        }
    }

    pub fn node(&self, id: NodeId) -> Option<&Node<'a>> {
        self.nodes.get(id)
    }

    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    pub fn children(&self, id: NodeId) -> &[NodeId] {
        self.nodes.get(id).map_or(&[], |node| &node.children)
    }

    pub fn part(&self, id: NodeId) -> &'a str {
        self.nodes.get(id).map_or("", |node| node.part)
    }

    pub fn leaf_of(&self, variable: VariableId) -> Option<NodeId> {
        self.leaf_of.get(variable).copied().flatten()
    }

    /// All variables with their nodes, in no order.
    pub fn leaves(&self) -> impl Iterator<Item = (VariableId, NodeId)> {
        self.leaf_of.iter().enumerate().filter_map(|(variable, node)| Some((variable, (*node)?)))
    }

    /// The node, then those that it lies in, up to the root.
    pub fn upwards(&self, from: NodeId) -> impl Iterator<Item = NodeId> {
        let parent = |at: &NodeId| (*at != 0).then(|| self.nodes.get(*at).map(|node| node.parent)).flatten();
        std::iter::successors(Some(from), parent)
    }

    /// All variables in a scope, in the order of the names; none if they are too many.
    pub fn variables(&self, scope: NodeId, most: usize) -> Option<Vec<VariableId>> {
        if self.node(scope)?.count > most {
            return None;
        }
        let (mut found, mut stack) = (Vec::new(), vec![scope]);
        while let Some(at) = stack.pop() {
            let Some(node) = self.node(at) else { continue };
            found.extend(node.variable);
            stack.extend(node.children.iter().rev());
        }
        Some(found)
    }

    /// The variable in a scope that is all there is, with its node.
    pub fn only_leaf(&self, scope: NodeId) -> Option<(NodeId, VariableId)> {
        let [leaf] = self.children(scope) else { return None };
        Some((*leaf, self.node(*leaf)?.variable?))
    }

    /// Some variable of a scope.
    pub fn first_variable(&self, scope: NodeId) -> Option<VariableId> {
        let mut at = self.node(scope)?;
        while at.variable.is_none() {
            at = self.node(*at.children.first()?)?;
        }
        at.variable
    }

    /// The whole name of a node.
    pub fn name(&self, id: NodeId) -> String {
        let mut parts: Vec<&str> = self.upwards(id).filter(|at| *at != 0).map(|at| self.part(at)).collect();
        parts.reverse();
        parts.join("/")
    }
}

pub(super) fn hash(value: impl Hash) -> u64 {
    FixedState::default().hash_one(value)
}

/// What the last part of a name stands for, where several conventions have words of their own for it.
pub(super) fn canonical(leaf: &str) -> &str {
    match leaf.strip_suffix(":0").unwrap_or(leaf) {
        "_kernel" | "weights" | "weight" | "w" | "W" => "kernel",
        "biases" | "b" => "bias",
        "_embeddings" => "embeddings",
        "running_mean" => "moving_mean",
        "running_var" | "moving_var" => "moving_variance",
        leaf => leaf,
    }
}

/// How much of two shapes is equal, in hundredths: equal sizes of all axes; none if the ranks differ.
pub(super) fn likeness_of_shapes(a: &Shape, b: &Shape) -> Option<usize> {
    let (a, b) = (a.axes()?, b.axes()?);
    if a.len() != b.len() {
        return None;
    }
    let same = a.iter().zip(b).filter(|(a, b)| a == b).count();
    Some(same.saturating_mul(100).checked_div(a.len()).unwrap_or(100))
}

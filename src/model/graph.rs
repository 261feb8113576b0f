//! The object graph that `tf.train.Checkpoint` saves: which object holds which under what name.

use std::collections::VecDeque;

use crate::bytes::limits;

/// Position of a node in [`ObjectGraph::nodes`]. The root is 0.
pub type NodeId = usize;

/// Trackable objects and the named references between them. References may form diamonds and cycles.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ObjectGraph {
    /// The objects; the root first.
    pub nodes: Vec<Node>,
}

/// One trackable object.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Node {
    /// Objects that it holds, by local name, in stored order. Only nodes that exist.
    pub children: Vec<(String, NodeId)>,
    /// Its tensors.
    pub attributes: Vec<Attribute>,
    /// For a legacy optimizer: its slot variables.
    pub slots: Vec<Slot>,
    /// The registered saver that wrote it: its name, and the object's.
    pub registered_saver: Option<(String, String)>,
    /// Whether it or anything below it has values; none in files of before this was written.
    pub has_values: Option<bool>,
}

impl Node {
    /// The child of this local name.
    pub fn child(&self, name: &str) -> Option<NodeId> {
        self.children.iter().find(|(local, _)| local == name).map(|&(_, id)| id)
    }

    /// True for a list: all children are named by their positions.
    pub fn is_list(&self) -> bool {
        !self.children.is_empty() && self.children.iter().all(|(name, _)| name.bytes().all(|b| b.is_ascii_digit()))
    }
}

/// A tensor of an object.
#[derive(Clone, Debug, PartialEq)]
pub struct Attribute {
    /// `VARIABLE_VALUE` for variables.
    pub name: String,
    /// The owner's name in graph mode; empty for what is not a variable.
    pub full_name: String,
    /// The key of the tensor, or the part that the keys of several tensors begin with.
    pub key: String,
}

/// A slot variable of a legacy optimizer.
#[derive(Clone, Debug, PartialEq)]
pub struct Slot {
    /// The variable whose state it is.
    pub original: NodeId,
    /// Which state.
    pub name: String,
    /// The node of the slot variable.
    pub variable: NodeId,
}

impl ObjectGraph {
    /// For each node, who holds it and under what name.
    pub fn parents(&self) -> Vec<Vec<(NodeId, &str)>> {
        let mut parents = vec![Vec::new(); self.nodes.len()];
        for (id, node) in self.nodes.iter().enumerate() {
            for (name, child) in &node.children {
                if let Some(of_child) = parents.get_mut(*child) {
                    of_child.push((id, name.as_str()));
                }
            }
        }
        parents
    }

    /// Which nodes can be reached from the root over the references that `follow` accepts,
    /// given the holder, the local name and the held.
    pub fn reachable(&self, follow: impl Fn(NodeId, &str, NodeId) -> bool) -> Vec<bool> {
        let mut seen = vec![false; self.nodes.len()];
        let mut queue = VecDeque::new();
        if let Some(root) = seen.first_mut() {
            *root = true;
            queue.push_back(0);
        }
        while let Some(id) = queue.pop_front() {
            for (name, child) in self.nodes.get(id).into_iter().flat_map(|node| &node.children) {
                if let Some(mark) = seen.get_mut(*child)
                    && !*mark
                    && follow(id, name, *child)
                {
                    *mark = true;
                    queue.push_back(*child);
                }
            }
        }
        seen
    }

    /// All ways from the root to a node that pass no object twice, in the grammar of keys (local
    /// names escaped, joined with `/`), the shortest first; and whether there are more than
    /// [`limits::PATHS`], or may be. `parents` is [`ObjectGraph::parents`]; `budget` is how many steps
    /// the search may take, and loses those that it took.
    pub fn paths(&self, node: NodeId, parents: &[Vec<(NodeId, &str)>], budget: &mut usize) -> (Vec<String>, bool) {
        let limit = limits::PATH_STEPS.min(*budget);
        let mut search =
            PathSearch { parents, route: Vec::new(), names: Vec::new(), found: Vec::new(), steps: 0, limit };
        search.up(node);
        *budget = budget.saturating_sub(search.steps);
        let more = search.found.len() > limits::PATHS || search.steps > limit;
        let mut paths = search.found;
        paths.sort_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
        paths.truncate(limits::PATHS);
        (paths.into_iter().map(|parts| parts.join("/")).collect(), more)
    }
}

/// A walk from a node upwards to the root.
struct PathSearch<'a> {
    parents: &'a [Vec<(NodeId, &'a str)>],
    route: Vec<NodeId>,
    names: Vec<&'a str>,
    found: Vec<Vec<String>>,
    steps: usize,
    limit: usize,
}

impl PathSearch<'_> {
    fn up(&mut self, node: NodeId) {
        self.steps = self.steps.saturating_add(1);
        if self.steps > self.limit || self.found.len() > limits::PATHS || self.route.len() > limits::PATHS {
            return;
        }
        if node == 0 {
            self.found.push(self.names.iter().rev().map(|name| escape(name)).collect());
            return;
        }
        self.route.push(node);
        let parents = self.parents;
        for &(parent, name) in parents.get(node).into_iter().flatten() {
            if !self.route.contains(&parent) {
                self.names.push(name);
                self.up(parent);
                self.names.pop();
            }
        }
        self.route.pop();
    }
}

/// A local name as it stands in keys: `.` becomes `..`, `/` becomes `.S`.
fn escape(name: &str) -> String {
    name.replace('.', "..").replace('/', ".S")
}

/// A path in the grammar of keys, as a Python programmer would write it:
/// `model._operations[1]._kernel`, `d["a/b"]`.
pub fn dotted(path: &str) -> String {
    let mut out = String::new();
    for part in path.split('/') {
        let name = part.replace(".S", "/").replace("..", ".");
        let identifier = name.chars().all(|c| c.is_alphanumeric() || c == '_');
        match name.as_str() {
            number if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) => {
                out.push_str(&format!("[{number}]"));
            }
            name if identifier && !name.is_empty() => {
                if !out.is_empty() {
                    out.push('.');
                }
                out.push_str(name);
            }
            name => out.push_str(&format!("[{name:?}]")),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(edges: &[(usize, &str, usize)]) -> ObjectGraph {
        let count = edges.iter().map(|edge| edge.0.max(edge.2)).max().unwrap_or(0) + 1;
        let mut graph = ObjectGraph { nodes: vec![Node::default(); count] };
        for &(from, name, to) in edges {
            graph.nodes[from].children.push((name.to_owned(), to));
        }
        graph
    }

    #[test]
    fn paths_over_diamonds_and_cycles() {
        let graph =
            graph(&[(0, "root", 0), (0, "model", 1), (1, "a/b", 2), (1, "c.d", 2), (2, "back", 1), (2, "v", 3)]);
        let parents = graph.parents();
        let (paths, more) = graph.paths(3, &parents, &mut 1000);
        assert_eq!(paths, ["model/a.Sb/v", "model/c..d/v"]);
        assert!(!more);
    }

    #[test]
    fn a_ladder_of_diamonds_is_cut_off() {
        let edges: Vec<_> = (0..40).flat_map(|i| [(i, "l", i + 1), (i, "r", i + 1)]).collect();
        let graph = graph(&edges);
        let parents = graph.parents();
        let (paths, more) = graph.paths(40, &parents, &mut 100_000);
        assert_eq!(paths.len(), limits::PATHS);
        assert!(more);
    }

    #[test]
    fn in_python() {
        assert_eq!(dotted("model/_operations/1/_kernel"), "model._operations[1]._kernel");
        assert_eq!(dotted("d/a.Sb/x..y"), "d[\"a/b\"][\"x.y\"]");
    }
}

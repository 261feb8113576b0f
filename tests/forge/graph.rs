//! Object graphs as `tf.train.Checkpoint` stores them.

use super::bytes::Message;

/// Number of a node. The root is 0.
pub type Id = usize;

/// An object graph in the making.
#[derive(Clone, Debug)]
pub struct Graph {
    nodes: Vec<Node>,
}

#[derive(Clone, Debug, Default)]
struct Node {
    /// Path by which it was first reached, escaped.
    path: String,
    children: Vec<(String, Id)>,
    attributes: Vec<(String, String, String)>,
    slots: Vec<(Id, String, Id)>,
    saver: Option<(String, String)>,
}

impl Default for Graph {
    fn default() -> Self {
        Self { nodes: vec![Node::default()] }
    }
}

impl Graph {
    /// A new object that `parent` holds as `name`.
    pub fn object(&mut self, parent: Id, name: &str) -> Id {
        let escaped = name.replace('.', "..").replace('/', ".S");
        let path = &self.nodes[parent].path;
        let path = if path.is_empty() { escaped } else { format!("{path}/{escaped}") };
        self.nodes.push(Node { path, ..Node::default() });
        let id = self.nodes.len() - 1;
        self.link(parent, name, id);
        id
    }

    /// One more way to an object.
    pub fn link(&mut self, parent: Id, name: &str, child: Id) {
        self.nodes[parent].children.push((name.to_owned(), child));
    }

    /// A variable that `parent` holds as `name`; and the key under which it is stored.
    pub fn variable(&mut self, parent: Id, name: &str, full_name: &str) -> (Id, String) {
        let id = self.object(parent, name);
        let key = format!("{}/.ATTRIBUTES/VARIABLE_VALUE", self.nodes[id].path);
        self.nodes[id].attributes.push(("VARIABLE_VALUE".to_owned(), full_name.to_owned(), key.clone()));
        (id, key)
    }

    /// A slot variable of an optimizer of before Keras 2.11; and its key.
    pub fn slot(&mut self, optimizer: Id, original: Id, name: &str, full_name: &str) -> (Id, String) {
        let path = format!("{}/.OPTIMIZER_SLOT/{}/{name}", self.nodes[original].path, self.nodes[optimizer].path);
        let key = format!("{path}/.ATTRIBUTES/VARIABLE_VALUE");
        let attribute = ("VARIABLE_VALUE".to_owned(), full_name.to_owned(), key.clone());
        self.nodes.push(Node { path, attributes: vec![attribute], ..Node::default() });
        let id = self.nodes.len() - 1;
        self.nodes[optimizer].slots.push((original, name.to_owned(), id));
        (id, key)
    }

    /// Marks an object as written by a registered saver.
    pub fn saver(&mut self, node: Id, name: &str, object_name: &str) {
        self.nodes[node].saver = Some((name.to_owned(), object_name.to_owned()));
    }

    /// The serialized message.
    pub fn bytes(&self) -> Vec<u8> {
        let nodes = self.nodes.iter().map(|node| {
            let mut message = Message::default();
            for (name, id) in &node.children {
                message = message.message(1, &Message::default().number(1, *id as i64).text(2, name.as_bytes()).0);
            }
            for (name, full_name, key) in &node.attributes {
                let attribute = Message::default().text(1, name.as_bytes()).text(2, full_name.as_bytes());
                message = message.message(2, &attribute.text(3, key.as_bytes()).0);
            }
            for (original, name, slot) in &node.slots {
                let slot =
                    Message::default().number(1, *original as i64).text(2, name.as_bytes()).number(3, *slot as i64);
                message = message.message(3, &slot.0);
            }
            if let Some((name, object_name)) = &node.saver {
                message =
                    message.message(4, &Message::default().text(1, name.as_bytes()).text(2, object_name.as_bytes()).0);
            }
            message.message(5, &Message::default().number(1, 1).0)
        });
        nodes.fold(Message::default(), |graph, node| graph.message(1, &node.0)).0
    }
}

//! Checkpoints made by hand, for tests: sound, to be wounded.

use super::{
    Attribute, Checkpoint, Container, DType, Endianness, Entry, Extent, File, FileRole, Flavor, GRAPH_KEY, Key, Node,
    ObjectGraph, Payload, Place, Resolved, Shape, Versions, describe,
};

pub(crate) const INDEX: &str = "ckpts/ckpt-4.index";
pub(crate) const DATA: &str = "ckpts/ckpt-4.data-00000-of-00001";

/// A path that leads to what lies there, and to nothing else.
pub(crate) fn resolved(given: &str) -> Resolved {
    Resolved { exists: true, prefix: Some(given.into()), ..Resolved::nothing(given) }
}

/// A name-based checkpoint of float32 tensors.
pub(crate) fn named(tensors: &[(&str, &[u64])]) -> Checkpoint {
    let tensors: Vec<(String, &[u64])> = tensors.iter().map(|(key, shape)| ((*key).to_owned(), *shape)).collect();
    checkpoint(&tensors, None)
}

/// An object-based checkpoint of float32 variables: path, full name, shape.
pub(crate) fn object(variables: &[(&str, &str, &[u64])]) -> Checkpoint {
    let mut graph = ObjectGraph { nodes: vec![Node::default()] };
    let mut tensors = vec![(GRAPH_KEY.to_owned(), [].as_slice())];
    for (path, full_name, shape) in variables {
        let mut at = 0;
        for part in path.split('/') {
            at = graph.nodes[at].child(part).unwrap_or_else(|| {
                graph.nodes.push(Node::default());
                let new = graph.nodes.len() - 1;
                graph.nodes[at].children.push((part.to_owned(), new));
                new
            });
        }
        let key = format!("{path}/.ATTRIBUTES/VARIABLE_VALUE");
        let (name, full_name) = ("VARIABLE_VALUE".to_owned(), (*full_name).to_owned());
        graph.nodes[at].attributes.push(Attribute { name, full_name, key: key.clone() });
        tensors.push((key, *shape));
    }
    checkpoint(&tensors, Some(graph))
}

fn checkpoint(tensors: &[(String, &[u64])], graph: Option<ObjectGraph>) -> Checkpoint {
    let mut offset = 0;
    let mut entries: Vec<Entry> = Vec::new();
    for (key, axes) in tensors {
        let shape = Shape::new(axes.iter().copied());
        let dtype = if key == GRAPH_KEY { DType::STRING } else { DType::FLOAT32 };
        let length = shape.elements().unwrap() * 4;
        entries.push(Entry {
            key: Key::from(key.as_str()),
            dtype,
            shape,
            payload: Payload::Extent(Extent { file: 1, offset, length }),
            checksum: Some(u32::try_from(entries.len()).unwrap()),
            trusted: true,
            endianness: Endianness::Little,
            declared_at: Place::NONE,
        });
        offset += length;
    }
    entries.sort_by(|a, b| a.key.cmp(&b.key));
    let flavor = if graph.is_some() { Flavor::ObjectBased } else { Flavor::NameBased };
    let (variables, writer) = describe(&entries, flavor, graph.as_ref());
    let file = |label: &str, role, size| File {
        path: label.into(),
        label: label.into(),
        role,
        size,
        stored: None,
        modified: None,
    };
    Checkpoint {
        prefix: "ckpts/ckpt-4".into(),
        label: "ckpts/ckpt-4".into(),
        container: Container::Bundle,
        versions: Versions::default(),
        layers: Vec::new(),
        saved_model: None,
        keras: None,
        listed: false,
        flavor,
        writer,
        endianness: Endianness::Little,
        declared_shards: Some(1),
        files: vec![
            file(INDEX, FileRole::Index, Some(400)),
            file(DATA, FileRole::Shard { number: 0, of: 1 }, Some(offset)),
        ],
        entries,
        variables,
        graph,
        faults: Vec::new(),
    }
}

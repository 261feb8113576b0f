//! Facts made by hand, for the tests of rules: a sound checkpoint `ckpts/ckpt-4`, to be wounded.

use std::sync::Arc;

use super::{Comparison, Facts};
use crate::bytes::{Fault, FaultKind, Span};
use crate::compare::{align::align, change::changes};
use crate::model::{
    Attribute, Candidate, Checkpoint, Container, DType, Depth, Digest, Digests, Directory, Endianness, Entry, Extent,
    File, FileRole, Flavor, GRAPH_KEY, Key, Latest, Node, ObjectGraph, Payload, Resolved, Shape, Shard, State,
    StateFile, Stats, Versions, describe,
};

pub(super) const INDEX: &str = "ckpts/ckpt-4.index";
pub(super) const DATA: &str = "ckpts/ckpt-4.data-00000-of-00001";

/// A name-based checkpoint of float32 tensors.
pub(super) fn named(tensors: &[(&str, &[u64])]) -> Checkpoint {
    let tensors: Vec<(String, &[u64])> = tensors.iter().map(|(key, shape)| ((*key).to_owned(), *shape)).collect();
    checkpoint(&tensors, None)
}

/// An object-based checkpoint of float32 variables: path, full name, shape.
pub(super) fn object(variables: &[(&str, &str, &[u64])]) -> Checkpoint {
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
            declared_at: 0..0,
        });
        offset += length;
    }
    entries.sort_by(|a, b| a.key.cmp(&b.key));
    let flavor = if graph.is_some() { Flavor::ObjectBased } else { Flavor::NameBased };
    let (variables, writer) = describe(&entries, flavor, graph.as_ref());
    let file = |label: &str, role, size| File { path: label.into(), label: label.into(), role, size, modified: None };
    Checkpoint {
        prefix: "ckpts/ckpt-4".into(),
        label: "ckpts/ckpt-4".into(),
        container: Container::Bundle,
        versions: Versions::default(),
        layers: Vec::new(),
        saved_model: None,
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

/// What is known after a full look at a directory `ckpts` that holds this checkpoint alone.
pub(super) fn facts(checkpoint: Checkpoint) -> Facts {
    let state = State {
        file: "ckpts/checkpoint".into(),
        latest: "ckpt-4".to_owned(),
        all: vec!["ckpt-4".to_owned()],
        timestamps: Vec::new(),
        last_preserved: None,
    };
    let digests = Digests {
        depth: Depth::Values,
        entries: vec![Some(digest(&[0.5, -0.25])); checkpoint.entries.len()],
        faults: Vec::new(),
        bytes_read: 0,
    };
    Facts {
        subject: "ckpts".to_owned(),
        resolved: Resolved {
            given: "ckpts".to_owned(),
            prefix: Some("ckpts/ckpt-4".into()),
            exists: true,
            stripped: None,
            is_state_file: false,
            is_directory: true,
            is_saved_model: false,
            directory: Some(Directory {
                path: "ckpts".into(),
                label: "ckpts".to_owned(),
                candidates: vec![candidate("ckpt-4")],
                state: StateFile::Read(state),
                latest: Latest::Path("ckpts/ckpt-4".into()),
                leftovers: Vec::new(),
                names: ["checkpoint", "ckpt-4.data-00000-of-00001", "ckpt-4.index"].map(str::to_owned).to_vec(),
            }),
            near: Vec::new(),
            foreign: None,
        },
        checkpoint: Some(checkpoint),
        whole_siblings: Vec::new(),
        names_from: None,
        digests,
        depth: Depth::Values,
        step: None,
        comparison: None,
        lone_target: None,
        predictions: Vec::new(),
        goals: None,
    }
}

/// The facts about a path where nothing is.
pub(super) fn nothing(given: &str) -> Facts {
    let mut facts = facts(named(&[]));
    facts.subject = given.to_owned();
    facts.resolved.given = given.to_owned();
    (facts.checkpoint, facts.resolved.prefix, facts.resolved.directory) = (None, None, None);
    (facts.resolved.is_directory, facts.resolved.exists) = (false, false);
    facts
}

/// A sound candidate of a directory.
pub(super) fn candidate(name: &str) -> Candidate {
    let shards = vec![Shard { number: 0, of: 1, size: 100 }];
    Candidate { name: name.to_owned(), index: Some(400), shards, meta: false, modified: None }
}

/// The checkpoint held against another.
pub(super) fn against(old: Checkpoint, new: Checkpoint) -> Facts {
    let alignment = align(&old, &new);
    let changes = changes(&old, &new, &alignment);
    Facts { comparison: Some(Comparison { target: new, alignment, changes }), ..facts(old) }
}

/// What reading these numbers tells.
pub(super) fn digest(values: &[f64]) -> Digest {
    let finite: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    let count = |test: fn(&f64) -> bool| values.iter().filter(|value| test(value)).count() as u64;
    let stats = Stats {
        count: values.len() as u64,
        min: finite.iter().copied().fold(f64::NAN, f64::min),
        max: finite.iter().copied().fold(f64::NAN, f64::max),
        mean: 0.0,
        std: 0.0,
        zeros: count(|value| *value == 0.0),
        nan: count(|value| value.is_nan()),
        inf: count(|value| value.is_infinite()),
        first_not_finite: values.iter().position(|value| !value.is_finite()).map(|at| at as u64),
    };
    Digest { crc32c: Some(0), intact: Some(true), stats: Some(stats), sha256: None }
}

/// Puts numbers into a tensor.
pub(super) fn fill(facts: &mut Facts, key: &str, values: &[f64]) {
    let (entry, _) = facts.checkpoint.as_ref().unwrap().find(key.as_bytes()).unwrap();
    facts.digests.entries[entry] = Some(digest(values));
}

/// A fault in the index.
pub(super) fn index_fault(kind: FaultKind) -> Fault {
    fault(INDEX, kind)
}

/// A fault in the data file.
pub(super) fn data_fault(kind: FaultKind) -> Fault {
    fault(DATA, kind)
}

fn fault(file: &str, kind: FaultKind) -> Fault {
    let file: Arc<str> = file.into();
    Fault { kind, at: Span { file, bytes: 8..16 } }
}

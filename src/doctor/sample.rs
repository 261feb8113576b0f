//! Facts made by hand, for the tests of rules: a sound checkpoint `ckpts/ckpt-4`, to be wounded.

use std::sync::Arc;

use super::{Comparison, Facts};
use crate::bytes::{Fault, FaultKind, Span};
use crate::compare::{align::align, change::changes, story::tell};
use crate::model::sample::resolved;
pub(super) use crate::model::sample::{DATA, INDEX, named, object};
use crate::model::{
    Candidate, Checkpoint, Depth, Digest, Digests, Directory, Latest, Resolved, Shard, State, StateFile, Stats,
};
use crate::restore::{self, Course, Exception, Loader, Outcome, Prediction};

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
            prefix: Some("ckpts/ckpt-4".into()),
            is_directory: true,
            directory: Some(Arc::new(Directory {
                path: "ckpts".into(),
                label: "ckpts".to_owned(),
                candidates: vec![candidate("ckpt-4")],
                state: StateFile::Read(state),
                latest: Latest::Path("ckpts/ckpt-4".into()),
                leftovers: Vec::new(),
                names: ["checkpoint", "ckpt-4.data-00000-of-00001", "ckpt-4.index"].map(str::to_owned).to_vec(),
            })),
            ..resolved("ckpts")
        },
        checkpoint: Some(checkpoint),
        whole_siblings: Vec::new(),
        names_from: None,
        digests,
        depth: Depth::Values,
        step: None,
        comparison: None,
        lone_target: None,
        restoring: true,
        options: crate::restore::Options::default(),
        predictions: Vec::new(),
        goals: None,
    }
}

/// The directory, to be changed.
pub(super) fn directory(facts: &mut Facts) -> &mut Directory {
    Arc::make_mut(facts.resolved.directory.as_mut().unwrap())
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
    let story = tell(&old, &new, &alignment);
    let bound = restore::pairs(&old, &new);
    Facts { comparison: Some(Comparison { target: new, alignment, changes, story, bound }), ..facts(old) }
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

/// Facts with a prediction: the loader, and the text of the exception that ends it, if one does.
pub(super) fn loaded(facts: Facts, loader: Loader, raises: Option<&str>) -> Facts {
    let exception = raises.map(|text| Exception::new("ValueError", text));
    let outcome = if exception.is_some() { Outcome::Error } else { Outcome::Ok };
    let prediction = Prediction {
        loader,
        outcome,
        course: Course { exception, ..Course::default() },
        not_restored: Vec::new(),
        unused: Vec::new(),
        wrong_values: Vec::new(),
    };
    Facts { predictions: vec![prediction], ..facts }
}

//! Scenes made by hand, for the tests of loaders.

use std::sync::Arc;

use super::{Options, Scene};
use crate::bytes::{Fault, FaultKind, Span};
use crate::model::sample::resolved;
use crate::model::{Checkpoint, Depth, Digests, Directory, GraphFile, Latest, Resolved, StateFile};

/// What lies around the checkpoints of a scene.
pub(super) struct Stage {
    pub resolved: Resolved,
    pub digests: Digests,
    pub graph: Option<GraphFile>,
}

impl Stage {
    /// A prefix that is there.
    pub fn at(given: &str) -> Self {
        Self { resolved: resolved(given), digests: Digests::none(Depth::Bytes), graph: None }
    }

    /// A directory whose state file leads to this.
    pub fn directory(latest: Latest) -> Self {
        let mut stage = Self::at("ckpts");
        stage.resolved.is_directory = true;
        stage.resolved.prefix = Some("ckpts/ckpt-4".into());
        stage.resolved.directory = Some(Arc::new(Directory {
            path: "ckpts".into(),
            label: "ckpts".to_owned(),
            candidates: Vec::new(),
            state: StateFile::Missing,
            latest,
            leftovers: Vec::new(),
            names: Vec::new(),
        }));
        stage
    }

    pub fn scene<'a>(&'a self, old: Option<&'a Checkpoint>, new: Option<&'a Checkpoint>) -> Scene<'a> {
        Scene {
            resolved: &self.resolved,
            checkpoint: old,
            digests: &self.digests,
            target: new,
            graph: self.graph.as_ref(),
            alignment: None,
            options: Options::default(),
        }
    }
}

/// A fault in a file.
pub(super) fn fault(file: &str, kind: FaultKind) -> Fault {
    Fault { kind, at: Span::whole(&file.into()) }
}

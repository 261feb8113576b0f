//! The messages of `proto/`, as the build compiles them, and how they become parts of the model.

#![allow(missing_docs, clippy::doc_markdown)]

pub(crate) mod fields;
mod graph_message;
mod state_message;
pub(crate) mod text;

pub(crate) use graph_message::graph;
pub(crate) use state_message::state;

/// Messages of the index table.
pub(crate) mod bundle {
    include!(concat!(env!("OUT_DIR"), "/ckpt.bundle.rs"));
}

/// Messages of checkpoints in format V1.
pub(crate) mod v1 {
    include!(concat!(env!("OUT_DIR"), "/ckpt.v1.rs"));
}

/// Messages of a graph.
#[allow(dead_code, reason = "messages that hold others are not decoded whole; text needs their descriptors")]
pub(crate) mod meta_graph {
    include!(concat!(env!("OUT_DIR"), "/ckpt.meta_graph.rs"));
}

/// Messages of the object graph.
mod object_graph {
    include!(concat!(env!("OUT_DIR"), "/ckpt.graph.rs"));
}

/// The message of the state file.
mod checkpoint_state {
    include!(concat!(env!("OUT_DIR"), "/ckpt.state.rs"));
}

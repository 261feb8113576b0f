//! What a checkpoint is, whatever wrote it: plain values, no files and no printing.

mod checkpoint;
mod configured;
mod container;
mod digest;
mod directory;
mod dtype;
mod entry;
mod filter;
mod glob;
mod graph;
mod keras;
mod naming;
mod natural;
mod roles;
#[cfg(test)]
pub(crate) mod sample;
mod saved_model;
mod shape;
mod text;
mod thousands;
mod totals;
mod training;
mod variable;

pub use checkpoint::{Checkpoint, Endianness, File, FileRole, Flavor, Writer};
pub use configured::{Compiled, Configured, Custom, Purpose};
pub use container::{Container, Layer, Versions};
pub use digest::{Delta, Depth, Digest, Digests, Histogram, Stats, Tolerance};
pub use directory::{Candidate, Directory, HollowModule, Latest, Resolved, Shard, State, StateFile};
pub use dtype::{DType, Kind, MiniFloat};
pub use entry::{Coded, Coding, Entry, EntryId, Extent, Key, Keys, Part, Payload, Piece, Place};
pub use filter::Filter;
pub use glob::{NameGlob, PathGlob};
pub use graph::{Attribute, Node, NodeId, ObjectGraph, Slot, dotted};
pub use keras::{KerasFile, NO_OBJECT, Owned, Owner};
pub(crate) use naming::{SUFFIXES, promised};
pub use naming::{describe, leaf, scope, tells_place, uncounted};
pub use natural::natural;
pub(crate) use roles::{is_of_quantized, is_seed, is_statistic};
pub use saved_model::{Argument, GraphFile, MetaGraph, NO_GRAPHS, Needed, SavedModel, Signature};
pub use shape::{Shape, Slice};
pub use text::Text;
pub use thousands::thousands;
pub use totals::{Total, Totals};
pub use variable::{Group, Relations, Role, Variable, VariableId};

/// The key under which object-based checkpoints keep their graph.
pub const GRAPH_KEY: &str = "_CHECKPOINTABLE_OBJECT_GRAPH";

//! What an alignment says.

use crate::model::{Checkpoint, VariableId};

/// Why we say that two variables are the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The same content by checksum, which no other of either side has.
    SameChecksum,
    /// The same name (`full_name`, or the key of a name-based checkpoint), used once on each side.
    SameName,
    /// Reached by the same path through the object graph.
    SameObjectPath,
    /// Stored under the same key, where one of the two object graphs is lost and nothing better is known.
    SameKey,
    /// The names end alike (`hidden/kernel`), and no other of this shape does; of two kinds of files.
    SameEnding,
    /// A rule that explains several names: its position in [`Alignment::rules`].
    Rewrite(usize),
    /// Its layer is counted otherwise (`dense_1` is `dense_2`), and the layers of both sides follow each
    /// other in one way only.
    Shifted,
    /// Its layer stands between the same layers.
    SamePlace,
    /// No other beside it has this shape and type.
    UniqueShape,
    /// The names are alike, in percent, and no other pairing is as good.
    Likeness(u8),
    /// The same slot of variables that are the same one.
    SameSlot,
}

impl Proof {
    /// The word for it in outputs.
    pub fn word(self) -> &'static str {
        match self {
            Self::SameChecksum => "same-checksum",
            Self::SameName => "same-name",
            Self::SameObjectPath => "same-object-path",
            Self::SameKey => "same-key",
            Self::SameEnding => "same-ending",
            Self::Rewrite(_) => "rewrite",
            Self::Shifted => "shifted",
            Self::SamePlace => "same-place",
            Self::UniqueShape => "unique-shape",
            Self::Likeness(_) => "likeness",
            Self::SameSlot => "same-slot",
        }
    }
}

/// A variable of the old checkpoint and the one of the new that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// In the old checkpoint.
    pub old: VariableId,
    /// In the new one.
    pub new: VariableId,
    /// Why.
    pub proof: Proof,
}

/// Variables of which any could be any, as far as can be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ambiguity {
    /// In the old checkpoint.
    pub old: Vec<VariableId>,
    /// In the new one.
    pub new: Vec<VariableId>,
}

/// What a rule does to names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RewriteKind {
    /// A scope was put around.
    Added,
    /// A scope was taken away.
    Dropped,
    /// A scope has another name.
    Replaced,
    /// The last part has another name: `weights` is `kernel`.
    Leaf,
}

impl RewriteKind {
    /// The word for it in outputs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Added => "scope-added",
            Self::Dropped => "scope-dropped",
            Self::Replaced => "scope-replaced",
            Self::Leaf => "leaf-replaced",
        }
    }
}

/// A rule that explains several names: `bert/` is `model/bert/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rewrite {
    /// What names of the old checkpoint begin with, or the leaf that they end with.
    pub from: String,
    /// What stands there in the new one.
    pub to: String,
    /// What was done.
    pub kind: RewriteKind,
    /// How many variables it explains.
    pub count: usize,
}

/// Every variable of both checkpoints, exactly once: in a pair, gone or added.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Alignment {
    /// In both; in the old one's order.
    pub pairs: Vec<Pair>,
    /// Only in the old checkpoint, or ambiguous.
    pub gone: Vec<VariableId>,
    /// Only in the new one, or ambiguous.
    pub added: Vec<VariableId>,
    /// Of those gone and added: which may be which.
    pub ambiguous: Vec<Ambiguity>,
    /// The rules that proofs refer to.
    pub rules: Vec<Rewrite>,
}

impl Alignment {
    /// The pairs that are stored under another key.
    pub fn rekeyed<'a>(&'a self, old: &'a Checkpoint, new: &'a Checkpoint) -> impl Iterator<Item = &'a Pair> + 'a {
        let key = |checkpoint: &'a Checkpoint, id: VariableId| checkpoint.pair(id).map(|(_, entry)| &entry.key);
        self.pairs.iter().filter(move |pair| key(old, pair.old) != key(new, pair.new))
    }
}

//! An entry as a person knows it: by its owner's name and by what it is for.

use super::entry::EntryId;
use super::text::Text;

/// Position of a variable in [`super::Checkpoint::variables`].
pub type VariableId = usize;

/// A tensor of the checkpoint, named and with its role. There are as many as entries, so what few have
/// lies apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Variable {
    /// The owner's name (`full_name`) where it is unique, else the best object path, else the key.
    pub name: Text,
    /// Its entry.
    pub entry: EntryId,
    /// What it is for.
    pub role: Role,
    /// What the object graph, or another variable's name, tells of it.
    relations: Option<Box<Relations>>,
}

/// How a variable hangs together with objects and other variables.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Relations {
    /// All its paths through the object graph, in the grammar of keys, the shortest first.
    pub paths: Vec<String>,
    /// True if there are more paths than are listed.
    pub more_paths: bool,
    /// The owner's name as stored, even where it is not unique.
    pub full_name: Option<Box<str>>,
    /// For a slot: the variable whose state it is.
    pub slot_of: Option<VariableId>,
    /// For a slot: which (`momentum`, `v`, `ExponentialMovingAverage`).
    pub slot_name: Option<Box<str>>,
}

impl Variable {
    /// A variable of an entry.
    pub fn new(name: Text, entry: EntryId, role: Role) -> Self {
        Self { name, entry, role, relations: None }
    }

    /// The same, with what is told of it.
    pub fn with(mut self, relations: Relations) -> Self {
        self.relations = Some(Box::new(relations));
        self
    }

    /// All its paths through the object graph, in the grammar of keys, the shortest first.
    pub fn paths(&self) -> &[String] {
        self.relations.as_ref().map_or(&[], |relations| &relations.paths)
    }

    /// True if there are more paths than are listed.
    pub fn more_paths(&self) -> bool {
        self.relations.as_ref().is_some_and(|relations| relations.more_paths)
    }

    /// The owner's name as stored, even where it is not unique.
    pub fn full_name(&self) -> Option<&str> {
        self.relations.as_ref()?.full_name.as_deref()
    }

    /// For a slot: the variable whose state it is.
    pub fn slot_of(&self) -> Option<VariableId> {
        self.relations.as_ref()?.slot_of
    }

    /// For a slot: which (`momentum`, `v`, `ExponentialMovingAverage`).
    pub fn slot_name(&self) -> Option<&str> {
        self.relations.as_ref()?.slot_name.as_deref()
    }
}

/// What a variable is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// A weight of the model.
    Weight,
    /// State of the model that is not trained: moving averages of batch normalisation.
    Statistic,
    /// What an optimizer keeps for one weight.
    Slot,
    /// What an optimizer keeps once: iterations, learning rate.
    Optimizer,
    /// A count of steps or saves.
    Counter,
    /// Everything else: the object graph, metrics, seeds, tables, iterators.
    Bookkeeping,
}

impl Role {
    /// Every role, in the order of listings.
    pub const ALL: [Self; 6] =
        [Self::Weight, Self::Statistic, Self::Slot, Self::Optimizer, Self::Counter, Self::Bookkeeping];

    /// The word for it in outputs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Weight => "weight",
            Self::Statistic => "statistic",
            Self::Slot => "slot",
            Self::Optimizer => "optimizer",
            Self::Counter => "counter",
            Self::Bookkeeping => "bookkeeping",
        }
    }

    /// The part of a listing that it belongs to.
    pub fn group(self) -> Group {
        match self {
            Self::Weight | Self::Statistic => Group::Model,
            Self::Slot | Self::Optimizer => Group::Optimizer,
            Self::Counter | Self::Bookkeeping => Group::Bookkeeping,
        }
    }
}

/// The three parts of every listing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Group {
    /// What computes.
    Model,
    /// What trains it.
    Optimizer,
    /// What accompanies it.
    Bookkeeping,
}

impl Group {
    /// Every group, in the order of listings.
    pub const ALL: [Self; 3] = [Self::Model, Self::Optimizer, Self::Bookkeeping];

    /// The word for it in outputs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Optimizer => "optimizer",
            Self::Bookkeeping => "bookkeeping",
        }
    }
}

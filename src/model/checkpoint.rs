//! One checkpoint, as it lies there.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::configured::Configured;
use super::container::{Container, Layer, Versions};
use super::entry::{Entry, EntryId};
use super::graph::ObjectGraph;
use super::keras::KerasFile;
use super::saved_model::SavedModel;
use super::variable::{Variable, VariableId};
use crate::bytes::{Fault, FaultKind, Foreign};

/// What is written, and every fault that was met while reading it.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    /// Path without the suffixes of its files: what the restoring calls take.
    pub prefix: PathBuf,
    /// The prefix as text, for people.
    pub label: String,
    /// The kind of its files.
    pub container: Container,
    /// Name-based or object-based.
    pub flavor: Flavor,
    /// Who wrote it, as far as its keys tell.
    pub writer: Writer,
    /// The versions that it names.
    pub versions: Versions,
    /// Byte order of the elements of a bundle.
    pub endianness: Endianness,
    /// Number of shards that a bundle's header declares; none if the header cannot be read.
    pub declared_shards: Option<u32>,
    /// The index, then the shards in order, whether they are there or not; then what accompanies them.
    pub files: Vec<File>,
    /// Every tensor, in key order.
    pub entries: Vec<Entry>,
    /// Every tensor again, as what it is to a person; in the order of the entries, so that an entry and
    /// its variable have one number.
    pub variables: Vec<Variable>,
    /// The object graph, if there is one that can be read.
    pub graph: Option<ObjectGraph>,
    /// The layers of a Keras model, in its order, if their configuration or names are stored.
    pub layers: Vec<Layer>,
    /// What else a file of Keras has.
    pub keras: Option<Box<KerasFile>>,
    /// What else a SavedModel has.
    pub saved_model: Option<Box<SavedModel>>,
    /// True if this was read of a listing alone: then it has no values that could be read.
    pub listed: bool,
    /// What contradicts the format.
    pub faults: Vec<Fault>,
}

impl Checkpoint {
    /// One of which nothing is known but where it lies and of which kind its files are.
    pub fn empty(prefix: &Path, label: String, container: Container) -> Self {
        Self {
            prefix: prefix.to_owned(),
            label,
            container,
            flavor: Flavor::NameBased,
            writer: Writer::Saver,
            versions: Versions::default(),
            endianness: Endianness::Little,
            declared_shards: None,
            files: Vec::new(),
            entries: Vec::new(),
            variables: Vec::new(),
            graph: None,
            layers: Vec::new(),
            keras: None,
            saved_model: None,
            listed: false,
            faults: Vec::new(),
        }
    }

    /// What the configuration of a Keras model asks of the program, if it is stored and can be read.
    pub fn configured(&self) -> Option<&Configured> {
        self.keras.as_ref()?.configured.as_ref()
    }

    /// The entry of a variable.
    pub fn entry(&self, variable: &Variable) -> Option<&Entry> {
        self.entries.get(variable.entry)
    }

    /// A variable with its entry.
    pub fn pair(&self, id: VariableId) -> Option<(&Variable, &Entry)> {
        let variable = self.variables.get(id)?;
        Some((variable, self.entry(variable)?))
    }

    /// Each variable with its entry.
    pub fn pairs(&self) -> impl Iterator<Item = (&Variable, &Entry)> {
        self.variables.iter().filter_map(|variable| Some((variable, self.entry(variable)?)))
    }

    /// The entry of a key.
    pub fn find(&self, key: &[u8]) -> Option<(EntryId, &Entry)> {
        let found = self.entries.binary_search_by(|entry| entry.key.bytes().cmp(key)).ok()?;
        Some((found, self.entries.get(found)?))
    }

    /// The variable of an entry.
    pub fn variable_of(&self, entry: EntryId) -> Option<(VariableId, &Variable)> {
        Some((entry, self.variables.get(entry)?))
    }

    /// The index file.
    pub fn index_file(&self) -> Option<&File> {
        self.files.iter().find(|file| matches!(file.role, FileRole::Index | FileRole::Whole))
    }

    /// True for a file that tells what it holds: the index, or in format V1 each of a set.
    pub fn is_table(&self, file: &File) -> bool {
        matches!(file.role, FileRole::Index | FileRole::Whole) || self.container == Container::V1
    }

    /// The data files, with their positions in [`Checkpoint::files`].
    pub fn shards(&self) -> impl Iterator<Item = (usize, &File)> {
        self.files.iter().enumerate().filter(|(_, file)| matches!(file.role, FileRole::Shard { .. }))
    }

    /// Entries of Keras' files that are other names of one dataset, as hard links make them: each with the first
    /// one of that dataset.
    pub fn aliases(&self) -> Vec<(EntryId, EntryId)> {
        let entries = self.entries.iter().enumerate().filter(|_| self.flavor == Flavor::LayerBased);
        let mut first: HashMap<(usize, u64), (EntryId, &Entry)> = HashMap::new();
        let mut aliases = Vec::new();
        for (id, entry) in entries {
            let Some((extent, _)) = entry.extents().next().filter(|(extent, _)| extent.length > 0) else { continue };
            let (owner, other) = *first.entry((extent.file, extent.offset)).or_insert((id, entry));
            if owner != id
                && entry.payload == other.payload
                && (entry.dtype, &entry.shape) == (other.dtype, &other.shape)
            {
                aliases.push((id, owner));
            }
        }
        aliases
    }

    /// Bytes of all its tensors, those of one dataset with several names once.
    pub fn stored_bytes(&self) -> u64 {
        let sum = |ids: &mut dyn Iterator<Item = EntryId>| {
            ids.filter_map(|id| self.entries.get(id)).map(Entry::stored_bytes).fold(0, u64::saturating_add)
        };
        let aliases = sum(&mut self.aliases().into_iter().map(|(alias, _)| alias));
        sum(&mut (0..self.entries.len())).saturating_sub(aliases)
    }

    /// What lies in the place of a file, if that is something else.
    pub fn instead_of(&self, file: &File) -> Option<&Foreign> {
        self.faults.iter().find_map(|fault| match &fault.kind {
            FaultKind::Foreign { what } if fault.at.file == file.label => Some(what),
            _ => None,
        })
    }

    /// What lies in the place of the index, if that is something else: then nothing here is a checkpoint.
    pub fn instead_of_index(&self) -> Option<&Foreign> {
        self.index_file().and_then(|file| self.instead_of(file)).filter(|_| self.container == Container::Bundle)
    }

    /// Bytes of all its files that are there; what lies in the place of one does not count.
    pub fn size_on_disk(&self) -> u64 {
        let own = self.files.iter().filter(|file| file.stored.is_none() && self.instead_of(file).is_none());
        own.filter_map(|file| file.size).fold(0, u64::saturating_add)
    }
}

/// How variables are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flavor {
    /// By name, as `tf.compat.v1.train.Saver` does.
    NameBased,
    /// By the way through an object graph, as `tf.train.Checkpoint` does.
    ObjectBased,
    /// By layer, as Keras' own files do.
    LayerBased,
}

impl Flavor {
    /// The word for it in outputs.
    pub fn word(self) -> &'static str {
        match self {
            Self::NameBased => "name-based",
            Self::ObjectBased => "object-based",
            Self::LayerBased => "layer-based",
        }
    }
}

/// Who wrote it, as far as the keys and the object graph tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Writer {
    /// Keras 3, or `tf.train.Checkpoint` over its objects.
    Keras3,
    /// Keras 2 (`tf_keras`), or `tf.train.Checkpoint` over its objects.
    Keras2,
    /// Keras 1.
    Keras1,
    /// Keras, of which version cannot be told.
    Keras,
    /// `tf.train.Checkpoint` over other objects.
    Trackable,
    /// `tf.compat.v1.train.Saver`, or something that writes like it.
    Saver,
}

impl Writer {
    /// In words, after "written by".
    pub fn words(self) -> &'static str {
        match self {
            Self::Keras3 => "Keras 3",
            Self::Keras2 => "Keras 2",
            Self::Keras1 => "Keras 1",
            Self::Keras => "Keras",
            Self::Trackable => "tf.train.Checkpoint",
            Self::Saver => "tf.train.Saver",
        }
    }
}

/// Byte order of the elements in the data files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endianness {
    /// Least significant byte first; nearly all.
    Little,
    /// Most significant byte first.
    Big,
}

/// A file of a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Where to open it.
    pub path: PathBuf,
    /// The same for people, and in every [`crate::bytes::Span`].
    pub label: Arc<str>,
    /// What it is in the checkpoint.
    pub role: FileRole,
    /// Size in bytes; none if it is not there.
    pub size: Option<u64>,
    /// Bytes that it takes in an archive; none if it is a file of its own.
    pub stored: Option<u64>,
    /// Last change, in seconds since 1970.
    pub modified: Option<i64>,
}

/// What a file is in its checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileRole {
    /// The table of all tensors.
    Index,
    /// Everything in one.
    Whole,
    /// The archive in which the others lie.
    Archive,
    /// What accompanies the tensors: configuration, graph, assets.
    Part,
    /// Tensor bytes.
    Shard {
        /// Which one, from 0.
        number: u32,
        /// Of how many.
        of: u32,
    },
}

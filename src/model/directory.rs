//! A directory of checkpoints: which are there, whole or not, and which one is the latest.

use std::path::PathBuf;
use std::sync::Arc;

use crate::bytes::{Fault, Foreign};

/// What lies in a directory that concerns checkpoints.
#[derive(Clone, Debug)]
pub struct Directory {
    /// The directory.
    pub path: PathBuf,
    /// The same for people.
    pub label: String,
    /// Every prefix that has a file here, oldest first (by number, then time).
    pub candidates: Vec<Candidate>,
    /// The `checkpoint` file.
    pub state: StateFile,
    /// What `tf.train.latest_checkpoint` would return.
    pub latest: Latest,
    /// Names of what an interrupted or running save leaves behind.
    pub leftovers: Vec<String>,
    /// Names of every file and folder, so that rules can look for what else is there.
    pub names: Vec<String>,
}

/// A prefix and its files.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// File name of the prefix, without the directory. May be empty (`dir/.index`).
    pub name: String,
    /// Size of the index; none if it is not there.
    pub index: Option<u64>,
    /// Its data files, sorted.
    pub shards: Vec<Shard>,
    /// True if there is a `.meta` graph.
    pub meta: bool,
    /// Newest change of any of its files, in seconds since 1970.
    pub modified: Option<i64>,
}

impl Candidate {
    /// Bytes of the files that are there, the `.meta` aside.
    pub fn size(&self) -> u64 {
        self.shards.iter().fold(self.index.unwrap_or(0), |sum, shard| sum.saturating_add(shard.size))
    }

    /// The number that the name ends in (`ckpt-4`), if it has one.
    pub fn number(&self) -> Option<u64> {
        self.name.rsplit_once('-').and_then(|(_, digits)| digits.parse().ok())
    }
}

/// A data file by its name: number `number` of `of`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shard {
    /// Which one.
    pub number: u32,
    /// Of how many, as its name says.
    pub of: u32,
    /// Size in bytes.
    pub size: u64,
}

/// The `checkpoint` file of a directory.
#[derive(Clone, Debug)]
pub enum StateFile {
    /// There is none.
    Missing,
    /// TensorFlow cannot read it.
    Malformed {
        /// Why.
        fault: Fault,
        /// What lies there instead, if that can be told.
        foreign: Option<Foreign>,
    },
    /// It can be read.
    Read(State),
}

/// What a state file says.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// The file, for people.
    pub file: Arc<str>,
    /// `model_checkpoint_path`, as written.
    pub latest: String,
    /// `all_model_checkpoint_paths`, as written.
    pub all: Vec<String>,
    /// `all_model_checkpoint_timestamps`, in seconds since 1970.
    pub timestamps: Vec<f64>,
    /// `last_preserved_timestamp`.
    pub last_preserved: Option<f64>,
}

/// What `tf.train.latest_checkpoint(directory)` does.
#[derive(Clone, Debug, PartialEq)]
pub enum Latest {
    /// Returns this path (as TensorFlow joins it).
    Path(PathBuf),
    /// Returns None, without raising: for this reason.
    Nothing(&'static str),
    /// Raises ValueError: the state file names no checkpoint.
    Raises,
    /// Raises UnicodeDecodeError: the state file is not UTF-8.
    Garbled,
}

/// How a path that a person gave led to a checkpoint.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// What was given.
    pub given: String,
    /// Whether anything is at the path.
    pub exists: bool,
    /// The prefix that is looked at; none if there is none to look at.
    pub prefix: Option<PathBuf>,
    /// The suffix that was taken off (`.index`), if the path named a file of the checkpoint.
    pub stripped: Option<String>,
    /// Set if the path is the `checkpoint` state file.
    pub is_state_file: bool,
    /// Set if the path is a directory (and the newest checkpoint in it was taken).
    pub is_directory: bool,
    /// Set if the directory is a SavedModel's, whose variables were taken.
    pub is_saved_model: bool,
    /// The directory around it, if that can be listed.
    pub directory: Option<Arc<Directory>>,
    /// Right paths near a wrong one, the best first.
    pub near: Vec<String>,
    /// What lies at the path, if it is not a checkpoint.
    pub foreign: Option<Foreign>,
    /// Why the path, or the directory around it, could not be looked at: something may be there all the same.
    pub refused: Option<Fault>,
    /// Modules of TensorFlow Hub that have lost their graph: the directory itself, or those in a cache.
    pub hollow: Vec<HollowModule>,
}

/// A module in a cache of TensorFlow Hub: a directory without `saved_model.pb`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HollowModule {
    /// The directory, for people.
    pub label: String,
    /// What it still has, by name.
    pub left: Vec<String>,
    /// The address that it was fetched from, as the file beside it says.
    pub handle: Option<String>,
}

impl Resolved {
    /// A path at which nothing is.
    pub fn nothing(given: impl Into<String>) -> Self {
        Self {
            given: given.into(),
            exists: false,
            prefix: None,
            stripped: None,
            is_state_file: false,
            is_directory: false,
            is_saved_model: false,
            directory: None,
            near: Vec::new(),
            foreign: None,
            refused: None,
            hollow: Vec::new(),
        }
    }

    /// A path that is a checkpoint's.
    #[cfg(test)]
    pub(crate) fn at(given: &str) -> Self {
        Self { exists: true, prefix: Some(given.into()), ..Self::nothing(given) }
    }

    /// For a directory of checkpoints: the path of the one that was taken, as if that had been given.
    pub fn newest(&self) -> Option<Self> {
        let prefix = self.prefix.as_ref().filter(|_| self.is_directory && !self.is_saved_model)?;
        Some(Self { given: prefix.display().to_string(), is_directory: false, ..self.clone() })
    }
}

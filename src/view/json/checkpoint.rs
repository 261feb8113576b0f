//! A checkpoint as a whole, and how a path led to it.

use std::borrow::Cow;
use std::path::Display;

use serde::Serialize;

use super::model::{LayerRow, SavedModelRow, VersionsRow};
use super::value::{Text, time};
use crate::bytes::{Fault, FaultKind, Foreign};
use crate::model::{Checkpoint, Endianness, File, FileRole, Resolved};

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Head<'a> {
    label: &'a str,
    prefix: Text<Display<'a>>,
    format: &'static str,
    flavor: &'static str,
    /// Null if nothing in it tells.
    writer: Option<&'static str>,
    versions: VersionsRow<'a>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    layers: Vec<LayerRow<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    saved_model: Option<SavedModelRow<'a>>,
    /// Absent where it was not asked, null where no variable tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<Option<i64>>,
    optimizer: Option<Cow<'a, str>>,
    endianness: &'static str,
    shards: Option<u32>,
    size: u64,
    files: Vec<FileRow<'a>>,
}

impl<'a> Head<'a> {
    pub fn new(checkpoint: &'a Checkpoint, step: Option<Option<i64>>, optimizer: Option<Cow<'a, str>>) -> Self {
        Self {
            label: &checkpoint.label,
            prefix: Text(checkpoint.prefix.display()),
            format: match checkpoint.instead_of_index() {
                Some(_) => "not-a-checkpoint",
                None => checkpoint.container.id(),
            },
            flavor: checkpoint.flavor.word(),
            writer: (!checkpoint.entries.is_empty()).then(|| checkpoint.writer.words()),
            versions: VersionsRow::new(&checkpoint.versions),
            layers: checkpoint.layers.iter().map(LayerRow::new).collect(),
            saved_model: checkpoint.saved_model.as_deref().map(SavedModelRow::new),
            step,
            // The word for one of which nothing is known.
            optimizer: optimizer.filter(|class| class != "optimizer"),
            endianness: match checkpoint.endianness {
                Endianness::Little => "little",
                Endianness::Big => "big",
            },
            shards: checkpoint.declared_shards.or_else(|| match checkpoint.shards().count() {
                0 => None,
                shards => u32::try_from(shards).ok(),
            }),
            size: checkpoint.size_on_disk(),
            files: checkpoint.files.iter().map(|file| FileRow::new(checkpoint, file)).collect(),
        }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct FileRow<'a> {
    path: &'a str,
    role: &'static str,
    number: Option<u32>,
    of: Option<u32>,
    /// Null if it is not there.
    size: Option<u64>,
    /// Bytes in the archive that it lies in.
    #[serde(skip_serializing_if = "Option::is_none")]
    stored_size: Option<u64>,
    /// What lies there instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    is: Option<Text<&'a Foreign>>,
    modified: Option<Text<jiff::Timestamp>>,
}

impl<'a> FileRow<'a> {
    fn new(checkpoint: &'a Checkpoint, file: &'a File) -> Self {
        let (role, number, of) = match file.role {
            FileRole::Index => ("index", None, None),
            FileRole::Whole => ("whole", None, None),
            FileRole::Archive => ("archive", None, None),
            FileRole::Part => ("part", None, None),
            FileRole::Shard { number, of } => ("shard", Some(number), Some(of)),
        };
        Self {
            path: &file.label,
            role,
            number,
            of,
            size: file.size,
            stored_size: file.stored,
            is: checkpoint.instead_of(file).map(Text),
            modified: file.modified.and_then(time),
        }
    }
}

/// What was given, and what became of it.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Way<'a> {
    given: &'a str,
    prefix: Option<Text<Display<'a>>>,
    stripped: Option<&'a str>,
    directory: bool,
    saved_model: bool,
    state_file: bool,
}

impl<'a> Way<'a> {
    pub fn new(resolved: &'a Resolved) -> Self {
        Self {
            given: &resolved.given,
            prefix: resolved.prefix.as_ref().map(|prefix| Text(prefix.display())),
            stripped: resolved.stripped.as_deref(),
            directory: resolved.is_directory,
            saved_model: resolved.is_saved_model,
            state_file: resolved.is_state_file,
        }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct FaultRow<'a> {
    file: &'a str,
    /// Null, as `length`, if the file as a whole is meant.
    offset: Option<u64>,
    length: Option<u64>,
    message: Text<&'a FaultKind>,
}

impl<'a> FaultRow<'a> {
    pub fn new(fault: &'a Fault) -> Self {
        let bytes = Some(&fault.at.bytes).filter(|bytes| !bytes.is_empty());
        Self {
            file: &fault.at.file,
            offset: bytes.map(|bytes| bytes.start),
            length: bytes.map(|bytes| bytes.end.saturating_sub(bytes.start)),
            message: Text(&fault.kind),
        }
    }
}

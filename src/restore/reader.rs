//! What TensorFlow says when it cannot open or read files: the same trouble has one class in its reader for
//! Python and another in the op that restores.

use std::collections::HashMap;

use super::{Exception, Scene};
use crate::bytes::{Fault, FaultKind, Foreign};
use crate::model::{Checkpoint, Container, DType, Directory, Entry, EntryId, FileRole, Shape};

/// The status that TensorFlow's own code ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Code {
    NotFound,
    OutOfRange,
    DataLoss,
    InvalidArgument,
    FailedPrecondition,
}

/// Why files cannot be opened or read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    pub code: Code,
    pub text: String,
}

impl Trouble {
    pub fn new(code: Code, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }

    /// Raised by the op.
    pub fn in_op(self) -> Exception {
        let class = match self.code {
            Code::NotFound => "NotFoundError",
            Code::OutOfRange => "OutOfRangeError",
            Code::DataLoss => "DataLossError",
            Code::InvalidArgument => "InvalidArgumentError",
            Code::FailedPrecondition => "FailedPreconditionError",
        };
        Exception::new(class, self.text)
    }

    /// Raised by the reader, which goes by the text more than by the code.
    pub fn in_reader(self) -> Exception {
        let says = |part: &str| self.text.contains(part);
        let class = match self.code {
            Code::OutOfRange => "IndexError",
            Code::InvalidArgument => "ValueError",
            _ if says("not found in checkpoint") || says("Failed to find any matching files for") => "NotFoundError",
            _ if says("Unable to open table file") => "DataLossError",
            _ => "OpError",
        };
        Exception::new(class, self.text)
    }

    /// Nothing is there.
    pub fn no_files(path: &str) -> Self {
        let text = format!("Unsuccessful TensorSliceReader constructor: Failed to find any matching files for {path}");
        Self::new(Code::NotFound, text)
    }

    /// Something else is there.
    pub fn no_table(path: &str, what: &str) -> Self {
        let hint = "perhaps your file is in a different file format and you need to use a different restore operator?";
        Self::new(Code::DataLoss, format!("Unable to open table file {path}: {what}: {hint}"))
    }
}

/// What a path opens as.
pub(super) enum Opened<'a> {
    /// A checkpoint whose index can be read.
    Checkpoint(&'a Checkpoint),
    /// The index of a checkpoint under its own name: an old checkpoint without tensors, to TensorFlow.
    Nothing,
    /// Not at all.
    Trouble(Trouble),
}

/// Opens the path that was given, as a prefix.
pub(super) fn open<'a>(scene: &Scene<'a>) -> Opened<'a> {
    let (resolved, path) = (scene.resolved, scene.resolved.given.as_str());
    // The reader takes the path for a pattern, which does not match itself; what it matches is not opened.
    if path.contains(['[', ']', '*', '?', '\\']) && scene.checkpoint.is_none_or(|it| it.container != Container::V1) {
        let text = format!("{path}.index; No such file or directory");
        let matches = stars_match(resolved.directory.as_deref(), path);
        let trouble = if matches { Trouble::new(Code::NotFound, text) } else { Trouble::no_files(path) };
        return Opened::Trouble(trouble);
    }
    if let Some(suffix) = &resolved.stripped {
        return match (resolved.exists, suffix.as_str()) {
            (false, _) => Opened::Trouble(Trouble::no_files(path)),
            (true, ".index") => index(scene, path),
            (true, _) => Opened::Trouble(Trouble::no_table(path, NO_MAGIC)),
        };
    }
    if resolved.is_directory && !resolved.given.ends_with(".pb") && !resolved.given.ends_with(".pbtxt") {
        let what = format!("FAILED_PRECONDITION: {path}; Is a directory");
        return Opened::Trouble(Trouble::no_table(path, &what));
    }
    if resolved.is_directory || resolved.is_state_file || resolved.foreign.is_some() {
        let empty = resolved.foreign == Some(Foreign::Empty);
        return Opened::Trouble(Trouble::no_table(path, if empty { TOO_SHORT } else { NO_MAGIC }));
    }
    prefix(scene, path)
}

/// True if the last part of a pattern with stars alone is that of a checkpoint in the directory.
fn stars_match(directory: Option<&Directory>, path: &str) -> bool {
    let pattern = path.rsplit('/').next().unwrap_or(path);
    let mut parts = pattern.split('*');
    let (first, rest): (&str, Vec<&str>) = (parts.next().unwrap_or_default(), parts.collect());
    let fits = |name: &str| {
        let Some(mut name) = name.strip_prefix(first) else { return false };
        let Some((last, inner)) = rest.split_last() else { return false };
        for part in inner {
            let Some(at) = name.find(part) else { return false };
            name = name.get(at.saturating_add(part.len())..).unwrap_or_default();
        }
        name.ends_with(last)
    };
    let candidates = directory.into_iter().flat_map(|directory| &directory.candidates);
    candidates.filter(|candidate| candidate.index.is_some()).any(|candidate| fits(&candidate.name))
}

/// Opens the index of a checkpoint under its own name.
pub(super) fn index<'a>(scene: &Scene<'a>, path: &str) -> Opened<'a> {
    match scene.checkpoint.and_then(not_a_table) {
        None => Opened::Nothing,
        Some(text) => Opened::Trouble(Trouble::no_table(path, &format!("DATA_LOSS: {text}"))),
    }
}

/// Opens what lies at the prefix that the path led to.
pub(super) fn prefix<'a>(scene: &Scene<'a>, path: &str) -> Opened<'a> {
    let Some(checkpoint) = scene.checkpoint else {
        return Opened::Trouble(if scene.resolved.exists {
            Trouble::no_table(path, NO_MAGIC)
        } else {
            Trouble::no_files(path)
        });
    };
    match checkpoint.container {
        Container::Bundle => match index_trouble(checkpoint, path) {
            Some(trouble) => Opened::Trouble(trouble),
            None => Opened::Checkpoint(checkpoint),
        },
        Container::V1 => match not_a_table(checkpoint) {
            Some(text) => Opened::Trouble(Trouble::no_table(path, &format!("DATA_LOSS: {text}"))),
            None => Opened::Checkpoint(checkpoint),
        },
        _ => Opened::Trouble(Trouble::no_table(path, NO_MAGIC)),
    }
}

const NO_MAGIC: &str = "DATA_LOSS: not an sstable (bad magic number)";
const TOO_SHORT: &str = "DATA_LOSS: file is too short to be an sstable";

/// The bytes of the footer of a table, the smallest that one can be.
const FOOTER: u64 = 48;

/// Why the index is no table at all.
fn not_a_table(checkpoint: &Checkpoint) -> Option<&'static str> {
    let index = checkpoint.index_file()?;
    let wrong = |kind: &FaultKind| {
        matches!(kind, FaultKind::BadMagic | FaultKind::Foreign { .. } | FaultKind::TooShort { .. } | FaultKind::Empty)
    };
    let found = checkpoint.faults.iter().any(|fault| fault.at.file == index.label && wrong(&fault.kind));
    let short = index.size.is_some_and(|size| size < FOOTER);
    found.then_some(if short { "file is too short to be an sstable" } else { "not an sstable (bad magic number)" })
}

/// Why the index of a bundle cannot be opened.
fn index_trouble(checkpoint: &Checkpoint, path: &str) -> Option<Trouble> {
    let index = checkpoint.index_file().filter(|index| index.size.is_some());
    let Some(index) = index else { return Some(Trouble::no_files(path)) };
    if let Some(text) = not_a_table(checkpoint) {
        return Some(Trouble::new(Code::DataLoss, text));
    }
    let unreadable = |what: &str| {
        let text = format!(
            "Unable to read file ({}). Perhaps the file is corrupt or was produced by a newer version of TensorFlow \
             with format changes ({what}",
            index.label
        );
        Trouble::new(Code::DataLoss, text)
    };
    let block = |block: &str, text: &str| match block {
        "index" => Trouble::new(Code::DataLoss, text),
        _ => unreadable(&format!("failed to seek to header entry): {text}")),
    };
    // Of the blocks of entries only the first is needed to open it; in the others, keys are not found.
    let later = |fault: &Fault| {
        let of_block = match &fault.kind {
            FaultKind::BlockChecksum { block, .. } | FaultKind::BlockType { block, .. } => Some(*block),
            _ => None,
        };
        of_block == Some("data") && fault.at.bytes.start > 0
    };
    let own = checkpoint.faults.iter().filter(|fault| fault.at.file == index.label && !later(fault));
    own.map(|fault| &fault.kind).find_map(|kind| match kind {
        FaultKind::Unreadable { error } => {
            Some(Trouble::new(Code::DataLoss, format!("{}; {}", index.label, capital(error))))
        }
        FaultKind::BlockChecksum { block: name, .. } if *name != "metaindex" => {
            Some(block(name, "block checksum mismatch"))
        }
        FaultKind::BlockOutOfRange { block: name, .. } | FaultKind::BlockType { block: name, .. }
            if *name != "metaindex" =>
        {
            Some(block(name, "bad block type"))
        }
        FaultKind::HeaderMissing => Some(unreadable("failed to seek to header entry)")),
        FaultKind::HeaderMalformed { .. } => Some(unreadable("unable to parse header): Entry for key  not parseable.")),
        FaultKind::VersionRefused { .. } => Some(Trouble::new(Code::InvalidArgument, kind.to_string())),
        _ => None,
    })
}

/// The entry of a key, if TensorFlow finds it: it does not look into blocks whose checksum is wrong.
pub(super) fn find<'a>(checkpoint: &'a Checkpoint, key: &str) -> Option<(EntryId, &'a Entry)> {
    checkpoint.find(key.as_bytes()).filter(|(_, entry)| entry.trusted)
}

/// What is wrong with the data of a checkpoint. Only what is asked for is looked at, as TensorFlow does.
pub(super) struct Data<'a> {
    checkpoint: &'a Checkpoint,
    by_key: HashMap<&'a str, &'a Fault>,
    /// Files that are there and cannot be opened, and why.
    closed: HashMap<&'a str, &'a str>,
}

impl<'a> Data<'a> {
    /// The data of what a path opened as.
    pub fn of(scene: &Scene<'a>, checkpoint: &'a Checkpoint) -> Self {
        let mut data = Self { checkpoint, by_key: HashMap::new(), closed: HashMap::new() };
        for fault in checkpoint.faults.iter().chain(&scene.digests.faults) {
            match &fault.kind {
                FaultKind::DataChecksum { key, .. } | FaultKind::StringLengths { key, .. } => {
                    data.by_key.entry(key).or_insert(fault);
                }
                FaultKind::Unreadable { error } => {
                    data.closed.insert(&fault.at.file, error);
                }
                _ => {}
            }
        }
        data
    }

    /// Why the tensor of an entry cannot be read.
    pub fn trouble(&self, id: EntryId) -> Option<Trouble> {
        let entry = self.checkpoint.entries.get(id)?;
        for (extent, _) in entry.extents() {
            let file = self.checkpoint.files.get(extent.file)?;
            let Some(size) = file.size else {
                return Some(Trouble::new(Code::NotFound, format!("{}; No such file or directory", file.label)));
            };
            if let Some(error) = self.closed.get(&*file.label) {
                return Some(Trouble::new(Code::FailedPrecondition, format!("{}; {}", file.label, capital(error))));
            }
            if size < extent.end() {
                return Some(Trouble::new(Code::OutOfRange, "Read less bytes than requested"));
            }
        }
        // Most checkpoints have nothing to look up.
        if self.by_key.is_empty() {
            return None;
        }
        let fault = self.by_key.get(entry.key.text()?)?;
        Some(Trouble::new(Code::DataLoss, self.checksum(fault, entry.stored_bytes())))
    }

    fn checksum(&self, fault: &Fault, bytes: u64) -> String {
        let FaultKind::DataChecksum { stored, computed, .. } = &fault.kind else {
            return "The length checksum does not match".to_owned();
        };
        let shard = self.checkpoint.files.iter().find(|file| file.label == fault.at.file).map(|file| file.role);
        let number = if let Some(FileRole::Shard { number, .. }) = shard { number } else { 0 };
        format!(
            "TensorBundle at {} shard {number} ({bytes} bytes): Checksum does not match: stored {stored} vs. calculated \
             on the restored bytes {computed}",
            self.checkpoint.label
        )
    }
}

/// A type as messages of the restoring op name it.
pub(crate) fn type_name(dtype: DType) -> &'static str {
    match dtype.name() {
        "float32" => "float",
        "float64" => "double",
        "float16" => "half",
        name => name,
    }
}

/// A shape as Python writes it.
pub(crate) fn tuple(shape: &Shape) -> String {
    match shape.axes() {
        None => "<unknown>".to_owned(),
        Some([axis]) => format!("({axis},)"),
        Some(axes) => format!("({})", axes.iter().map(u64::to_string).collect::<Vec<String>>().join(", ")),
    }
}

/// The words of the operating system begin with a capital in messages of TensorFlow.
fn capital(error: &str) -> String {
    let mut letters = error.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::sample::Stage;
    use super::*;
    use crate::model::{Candidate, Latest};

    #[test]
    fn one_trouble_has_two_classes() {
        let classes = |trouble: Trouble| (trouble.clone().in_reader().class, trouble.in_op().class);
        assert_eq!(classes(Trouble::new(Code::OutOfRange, "short")), ("IndexError", "OutOfRangeError"));
        assert_eq!(classes(Trouble::new(Code::DataLoss, "checksum")), ("OpError", "DataLossError"));
        assert_eq!(classes(Trouble::new(Code::NotFound, "x; No such file")), ("OpError", "NotFoundError"));
        assert_eq!(classes(Trouble::no_files("x")), ("NotFoundError", "NotFoundError"));
        assert_eq!(classes(Trouble::no_table("x", NO_MAGIC)), ("DataLossError", "DataLossError"));
    }

    #[test]
    fn a_pattern_that_matches_is_found_and_not_opened() {
        let mut stage = Stage::directory(Latest::Raises);
        let name = "ckpt-14".to_owned();
        let candidate = Candidate { name, index: Some(1), shards: Vec::new(), meta: false, modified: None };
        Arc::make_mut(stage.resolved.directory.as_mut().unwrap()).candidates.push(candidate);
        let matches = |pattern| stars_match(stage.resolved.directory.as_deref(), pattern);
        assert!(matches("run/ckpt-*") && matches("*") && matches("c*t-*4") && matches("ckpt-14*"));
        assert!(!matches("ckpt-*5") && !matches("x*") && !matches("ckpt-[1]4"));
    }

    #[test]
    fn words_of_tensorflow() {
        assert_eq!(tuple(&Shape::new([])), "()");
        assert_eq!(tuple(&Shape::new([3])), "(3,)");
        assert_eq!(tuple(&Shape::new([3, 4])), "(3, 4)");
        assert_eq!(type_name(DType::FLOAT32), "float");
        assert_eq!(type_name(DType::INT64), "int64");
    }
}

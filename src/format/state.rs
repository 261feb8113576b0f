//! The `checkpoint` state file, and what `tf.train.latest_checkpoint` makes of it.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{files, foreign};
use crate::bytes::{Fault, FaultKind, Span, limits};
use crate::model::{Latest, State, StateFile};
use crate::proto;
use crate::store::{self, Store};

/// The name that TensorFlow gives it unless told otherwise.
pub(super) const NAME: &str = "checkpoint";

const NOT_TEXT: &str = "it is not text";

/// Reads the state file of a directory.
pub(super) fn read(store: &dyn Store, directory: &Path) -> StateFile {
    let path = directory.join(NAME);
    let file: Arc<str> = path.display().to_string().into();
    let malformed = |kind, foreign| StateFile::Malformed { fault: Fault { kind, at: Span::whole(&file) }, foreign };
    let bytes = match store::read(store, &path, limits::STATE_FILE) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return StateFile::Missing,
        Err(error) => return malformed(FaultKind::Unreadable { error: files::words(&error) }, None),
    };
    let text = match std::str::from_utf8(&bytes) {
        Ok(text) => text,
        Err(_) => {
            let error = NOT_TEXT.to_owned();
            return malformed(FaultKind::StateMalformed { error }, foreign::sniff(&bytes));
        }
    };
    match proto::state(&file, text) {
        Ok(state) => StateFile::Read(state),
        Err(error) => malformed(FaultKind::StateMalformed { error }, foreign::sniff(&bytes)),
    }
}

/// Where a path in a state file leads: relative ones start at the directory of the file.
pub(super) fn join(directory: &Path, written: &str) -> PathBuf {
    directory.join(written)
}

/// What `tf.train.latest_checkpoint(directory)` does. It asks no data file and has no second choice.
pub(super) fn latest(store: &dyn Store, directory: &Path, state: &StateFile) -> Latest {
    match state {
        StateFile::Missing => Latest::Nothing("there is no file named checkpoint"),
        StateFile::Malformed { fault: Fault { kind: FaultKind::StateMalformed { error }, .. }, .. }
            if error == NOT_TEXT =>
        {
            Latest::Garbled
        }
        StateFile::Malformed { .. } => Latest::Nothing("the file named checkpoint cannot be read"),
        StateFile::Read(State { latest, .. }) if latest.is_empty() => Latest::Raises,
        StateFile::Read(State { latest, .. }) => {
            let path = join(directory, latest);
            let text = path.to_string_lossy();
            // The path of a set of V1 tables is a glob, and meant as one.
            if super::v1::is_set(&path) && text.contains('?') && !text.contains(['*', '[', ']', '\\']) {
                return match super::v1::has_files(store, &path) {
                    true => Latest::Path(path),
                    false => Latest::Nothing("what the file named checkpoint names is not there"),
                };
            }
            if text.contains(['*', '?', '[', ']', '\\']) {
                // TensorFlow looks for the files with a glob, and these characters do not match themselves.
                return Latest::Nothing("the path in the file named checkpoint has glob characters");
            }
            let index = PathBuf::from(format!("{text}.index"));
            if files::may_be(store, &index) || files::may_be(store, &path) {
                Latest::Path(path)
            } else {
                Latest::Nothing("what the file named checkpoint names is not there")
            }
        }
    }
}

//! Files of a checkpoint, as they are found on a disk, and those that cannot be read.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::bytes::{Fault, FaultKind, Span};
use crate::model::{File, FileRole};
use crate::store::Item;

/// A file at a path, with what is known of it; nothing, if it is not there.
pub(super) fn file(path: PathBuf, role: FileRole, item: Option<Item>) -> File {
    let (size, modified) = item.map_or((None, None), |item| (Some(item.size), item.modified));
    File { label: path.display().to_string().into(), path, role, size, modified }
}

/// An error of the operating system without the number behind it.
pub(super) fn words(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

/// A file that could not be read.
pub(super) fn unreadable(label: &Arc<str>, error: &io::Error) -> Fault {
    let kind = match error.kind() {
        io::ErrorKind::NotFound => FaultKind::Missing,
        _ => FaultKind::Unreadable { error: words(error) },
    };
    Fault { kind, at: Span::whole(label) }
}

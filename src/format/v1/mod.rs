//! TensorFlow's checkpoint format V1: one table with the names, shapes and values of all variables, or a
//! set of such tables, each with a part of them.

mod set;
mod table;
mod tensors;

use std::path::Path;

use self::set::Set;
use self::table::Table;
use self::tensors::Tensors;
use super::directory::label;
use super::files::{self, file};
use crate::error::Error;
use crate::model::{Checkpoint, Container, FileRole, Flavor, describe};
use crate::store::Store;

/// True for the names that the tables of a set have, and for the pattern of those.
pub(super) fn is_set(path: &Path) -> bool {
    Set::of(path).is_some()
}

/// The pattern of the set that a file belongs to by its name: what TensorFlow takes for all of them.
pub(super) fn pattern(path: &Path) -> Option<std::path::PathBuf> {
    Set::of(path).map(|set| set.pattern())
}

/// True if any file is there of the set that a path names.
pub(super) fn has_files(store: &dyn Store, path: &Path) -> bool {
    Set::of(path).is_some_and(|set| set.files(store).iter().any(|file| file.size.is_some()))
}

/// Opens the checkpoint that a file is, or that it is one part of; of a set, the path may also be the
/// pattern of its names, which is what TensorFlow calls its path. Every block of every file is read and
/// held against its checksum, since the values lie among the names.
///
/// # Errors
/// If there is no file of it.
pub fn open(store: &dyn Store, path: &Path) -> Result<Checkpoint, Error> {
    let set = Set::of(path);
    let files = match &set {
        Some(set) => set.files(store),
        None => vec![file(path.to_owned(), FileRole::Whole, files::look(store, path))],
    };
    let mut tensors = Tensors::of(set.is_some());
    let prefix = set.map_or_else(|| path.to_owned(), |set| set.pattern());
    if files.iter().all(|file| file.size.is_none()) {
        return Err(Error::new(format!("no checkpoint at {}", label(&prefix))));
    }
    let mut faults = Vec::new();
    for (number, file) in files.iter().enumerate() {
        match store.open(&file.path) {
            Ok(blob) => {
                let mut table = Table::read(&file.label, blob.as_ref());
                faults.append(&mut table.faults);
                tensors.add(number, &file.label, table);
            }
            Err(error) => faults.push(files::unreadable(&file.label, &error)),
        }
    }
    let entries = tensors.finish(&mut faults);
    let (variables, writer) = describe(&entries, Flavor::NameBased, None);
    Ok(Checkpoint {
        writer,
        files,
        entries,
        variables,
        faults,
        ..Checkpoint::empty(&prefix, label(&prefix), Container::V1)
    })
}

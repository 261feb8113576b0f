//! Files of a checkpoint, as they are found on a disk, and those that cannot be read.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::bytes::{Fault, FaultKind, Span, limits};
use crate::model::{File, FileRole};
use crate::store::{Item, ItemKind, Store};

/// A file at a path, with what is known of it; nothing, if it is not there.
pub(super) fn file(path: PathBuf, role: FileRole, item: Option<Item>) -> File {
    let (size, modified) = item.map_or((None, None), |item| (Some(item.size), item.modified));
    File { label: path.display().to_string().into(), path, role, size, stored: None, modified }
}

/// What lies at a path; of what the disk does not show but gives all the same, what its bytes tell.
pub(super) fn look(store: &dyn Store, path: &Path) -> Option<Item> {
    match store.stat(path) {
        Ok(item) => Some(item),
        Err(error) if is_absent(&error) => None,
        Err(_) => {
            let size = store.open(path).ok()?.size();
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            Some(Item { name, size, modified: None, kind: ItemKind::File })
        }
    }
}

/// Those of some files in a directory that are there, and all that lies in some folders of it.
pub(super) fn parts(store: &dyn Store, directory: &Path, names: &[&str], folders: &[&str]) -> Vec<File> {
    let named = names.iter().filter_map(|name| Some((directory.join(name), store.stat(&directory.join(name)).ok()?)));
    let mut parts: Vec<File> = named
        .filter(|(_, item)| item.kind == ItemKind::File)
        .map(|(path, item)| file(path, FileRole::Part, Some(item)))
        .collect();
    let mut open: Vec<(PathBuf, usize)> = folders.iter().map(|folder| (directory.join(folder), 0)).collect();
    while let Some((folder, depth)) = open.pop() {
        for item in store.list(&folder).unwrap_or_default().iter() {
            let path = folder.join(&item.name);
            match item.kind {
                ItemKind::Directory if depth < limits::PART_FOLDERS => open.push((path, depth.saturating_add(1))),
                ItemKind::File if parts.len() < limits::PARTS => {
                    parts.push(file(path, FileRole::Part, Some(item.clone())))
                }
                _ => {}
            }
        }
    }
    parts.sort_by(|a, b| a.path.cmp(&b.path));
    parts
}

/// An error of the operating system without the number behind it.
pub(super) fn words(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

/// True if nothing is at a path, as opposed to something that cannot be looked at.
pub(super) fn is_absent(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// True if something is at a path, or may be: what the disk does not show is not known to be absent.
pub(super) fn may_be(store: &dyn Store, path: &Path) -> bool {
    store.stat(path).map_or_else(|error| !is_absent(&error), |_| true)
}

/// A file that could not be read.
pub(super) fn unreadable(label: &Arc<str>, error: &io::Error) -> Fault {
    let kind = match error.kind() {
        io::ErrorKind::NotFound => FaultKind::Missing,
        _ => FaultKind::Unreadable { error: words(error) },
    };
    Fault { kind, at: Span::whole(label) }
}

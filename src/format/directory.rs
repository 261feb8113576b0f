//! What a directory holds that concerns checkpoints, from its listing.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use super::state;
use crate::model::{Candidate, Directory, Shard};
use crate::store::{Item, ItemKind, Store};

/// Surveys a directory.
///
/// # Errors
/// If it cannot be listed.
pub(super) fn survey(store: &dyn Store, path: &Path) -> io::Result<Directory> {
    let items = store.list(path)?;
    let state = state::read(store, path);
    Ok(Directory {
        path: path.to_owned(),
        label: label(path),
        candidates: candidates(&items, |name| store.stat(&path.join(name)).is_ok()),
        latest: state::latest(store, path, &state),
        state,
        leftovers: items.iter().filter(|item| is_leftover(item)).map(|item| item.name.clone()).collect(),
        names: items.iter().map(|item| item.name.clone()).collect(),
    })
}

/// A path for people.
pub(super) fn label(path: &Path) -> String {
    let text = path.display().to_string();
    if text.is_empty() { ".".to_owned() } else { text }
}

/// The prefixes that have a file in a listing, oldest first. What a name with replaced bytes stands for, cannot be opened
/// by it: it may be given as a prefix.
fn candidates(items: &[Item], is_there: impl Fn(&str) -> bool) -> Vec<Candidate> {
    let mut found: BTreeMap<&str, Candidate> = BTreeMap::new();
    let is_name = |name: &str| !name.contains(char::REPLACEMENT_CHARACTER) || is_there(name);
    let parts = items.iter().filter(|item| item.kind == ItemKind::File && is_name(&item.name));
    for (item, (prefix, part)) in parts.filter_map(|item| Some((item, part(&item.name)?))) {
        let candidate = found.entry(prefix).or_insert_with(|| Candidate {
            name: prefix.to_owned(),
            index: None,
            shards: Vec::new(),
            meta: false,
            modified: None,
        });
        match part {
            Part::Index => candidate.index = Some(item.size),
            Part::Shard { number, of } => candidate.shards.push(Shard { number, of, size: item.size }),
            Part::Meta => candidate.meta = true,
        }
        candidate.modified = candidate.modified.max(item.modified);
    }
    // A graph alone is no checkpoint.
    let mut candidates: Vec<Candidate> =
        found.into_values().filter(|candidate| candidate.index.is_some() || !candidate.shards.is_empty()).collect();
    candidates.sort_by(age);
    candidates
}

/// Older first: by the number in the name, which copying does not change as it does times.
fn age(a: &Candidate, b: &Candidate) -> Ordering {
    (a.number(), a.modified, &a.name).cmp(&(b.number(), b.modified, &b.name))
}

/// What a file is to the prefix that its name begins with.
pub(super) enum Part {
    /// `P.index`
    Index,
    /// `P.data-00000-of-00001`
    Shard {
        /// Which one.
        number: u32,
        /// Of how many.
        of: u32,
    },
    /// `P.meta`
    Meta,
}

/// Takes a file name apart into prefix and part, if it is a checkpoint's.
pub(super) fn part(name: &str) -> Option<(&str, Part)> {
    if let Some(prefix) = name.strip_suffix(".index") {
        return Some((prefix, Part::Index));
    }
    if let Some(prefix) = name.strip_suffix(".meta") {
        return Some((prefix, Part::Meta));
    }
    let (prefix, numbers) = name.rsplit_once(".data-")?;
    let (number, of) = numbers.split_once("-of-")?;
    let digits =
        |text: &str| (text.len() >= 5 && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok())?;
    // `P_temp/part-…` and `….tempstate…` are leftovers, told apart elsewhere.
    Some((prefix, Part::Shard { number: digits(number)?, of: digits(of)? }))
}

/// What a save that runs, or was cut off, leaves lying about.
fn is_leftover(item: &Item) -> bool {
    let name = item.name.as_str();
    let hex = |text: &str| text.len() == 32 && text.bytes().all(|b| b.is_ascii_hexdigit());
    match item.kind {
        ItemKind::Directory => name.ends_with("_temp") || name.rsplit_once("_temp_").is_some_and(|(_, id)| hex(id)),
        ItemKind::File => {
            let state = name.rsplit_once(".tempstate").is_some_and(|(_, id)| id.bytes().all(|b| b.is_ascii_digit()));
            state || name.rsplit_once(".tmp").is_some_and(|(_, id)| hex(id))
        }
        ItemKind::Other => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Memory;

    #[test]
    fn prefixes_of_a_listing() {
        let mut disk = Memory::default();
        for name in ["ckpt-10.index", "ckpt-9.index", "ckpt-10.data-00000-of-00001", "x.meta", ".index", "notes.txt"] {
            disk.put(format!("run/{name}"), b"x".to_vec());
        }
        disk.put("run/ckpt-11_temp/part-00000-of-00001.data-00000-of-00001", b"x".to_vec());
        let directory = survey(&disk, Path::new("run")).unwrap();
        let names: Vec<&str> = directory.candidates.iter().map(|c| c.name.as_str()).collect();
        assert_eq!(names, ["", "ckpt-9", "ckpt-10"]);
        assert_eq!(directory.leftovers, ["ckpt-11_temp"]);
    }

    #[test]
    fn shard_names_of_any_number_of_digits() {
        let Some((prefix, Part::Shard { number, of })) = part("m.data-123456-of-1234567") else { panic!() };
        assert_eq!((prefix, number, of), ("m", 123_456, 1_234_567));
        assert!(part("m.data-0-of-1").is_none());
    }
}

//! From the path that a person gives to the prefix that is meant; and from a wrong path to right ones.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::directory::{self, Part, label, part};
use super::{files, hub, recognise, state};
use crate::bytes::Fault;
use crate::model::{Candidate, Directory, Latest, Resolved, StateFile};
use crate::store::{Item, ItemKind, Recent, Store};

/// How alike two names must be for one to be taken for a misspelling of the other.
const ALIKE: f64 = 0.8;

/// Directories whose surveys are kept: those of two checkpoints that are held against each other.
const SURVEYED: usize = 2;

/// Where paths lead, for one who asks about many of one directory: it is surveyed once.
pub struct Ground<'a> {
    store: &'a dyn Store,
    surveys: Recent<PathBuf, Arc<Directory>>,
}

/// Finds the checkpoint that a path means: a prefix, a file of a checkpoint (its suffix is taken off),
/// the state file, a directory (the checkpoint that its state file names; failing that, the newest),
/// or a SavedModel's directory (its variables); a file or folder of another format is meant itself, also a
/// graph (`.meta`) beside a checkpoint. Never fails: where nothing is, `prefix` is none.
pub fn resolve(store: &dyn Store, given: &Path) -> Resolved {
    Ground::new(store).resolve(given)
}

impl<'a> Ground<'a> {
    /// Of what lies in a store.
    pub fn new(store: &'a dyn Store) -> Self {
        Self { store, surveys: Recent::new(SURVEYED) }
    }

    /// As [`resolve`].
    pub fn resolve(&self, given: &Path) -> Resolved {
        let mut resolved = self.restorable(given);
        if resolved.stripped.as_deref() == Some(".meta") && resolved.exists {
            resolved.stripped = None;
            resolved.prefix = Some(given.to_owned());
        }
        resolved
    }

    /// As [`resolve`], but for one who wants to restore: of a graph beside a checkpoint, that checkpoint is meant.
    pub fn restorable(&self, given: &Path) -> Resolved {
        restorable(self, given)
    }

    fn survey(&self, path: &Path) -> io::Result<Arc<Directory>> {
        let survey = || directory::survey(self.store, path).map(|found| (path.to_owned(), Arc::new(found)));
        self.surveys.get(|known, _| known == path, survey)
    }
}

fn restorable(ground: &Ground, given: &Path) -> Resolved {
    let store = ground.store;
    let mut resolved = Resolved::nothing(label(given));
    // `dir/ckpt` may be a prefix and a directory at once; TensorFlow looks for the index first.
    let ends_in_slash = given.to_string_lossy().ends_with('/');
    if !ends_in_slash && is_prefix(store, given) {
        resolved.exists = true;
        resolved.prefix = Some(given.to_owned());
        survey_around(ground, given, &mut resolved);
        return resolved;
    }
    let found = store.stat(given);
    resolved.exists = found.is_ok();
    match found {
        Ok(Item { kind: ItemKind::Directory, .. }) => in_directory(ground, given, &mut resolved),
        Ok(_) => of_file(ground, given, &mut resolved),
        Err(error) => {
            absent(ground, given, &mut resolved);
            resolved.refused = refused(given, &error).or(resolved.refused);
        }
    }
    resolved
}

/// True if files of a checkpoint have this prefix.
pub(super) fn is_prefix(store: &dyn Store, path: &Path) -> bool {
    let mut index = path.as_os_str().to_owned();
    index.push(".index");
    if store.stat(Path::new(&index)).is_ok_and(|item| item.kind == ItemKind::File) {
        return path.file_name().is_some();
    }
    let Some(name) = path.file_name().map(|name| name.to_string_lossy().into_owned()) else { return false };
    let is_shard = |item: &Item| matches!(part(&item.name), Some((of, Part::Shard { .. })) if of == name);
    store.list(parent(path)).is_ok_and(|items| items.iter().any(is_shard))
}

fn parent(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}

fn survey_around(ground: &Ground, path: &Path, resolved: &mut Resolved) {
    survey(ground, parent(path), resolved);
}

/// Surveys a directory, or takes down why it could not be listed.
fn survey(ground: &Ground, path: &Path, resolved: &mut Resolved) {
    match ground.survey(path) {
        Ok(directory) => resolved.directory = Some(directory),
        Err(error) => resolved.refused = refused(path, &error),
    }
}

/// Why a path was not looked at; none if it is just not there.
fn refused(path: &Path, error: &io::Error) -> Option<Fault> {
    (!files::is_absent(error)).then(|| files::unreadable(&label(path).into(), error))
}

/// `dir/name`, or `name` alone where the directory is the working directory.
fn in_dir(directory: &Path, name: &str) -> PathBuf {
    if name.is_empty() {
        // A hidden prefix: `dir/.index`. The slash at the end is what tells it from the directory.
        return PathBuf::from(format!("{}/", directory.display()).replace("//", "/"));
    }
    directory.join(name)
}

fn in_directory(ground: &Ground, given: &Path, resolved: &mut Resolved) {
    let store = ground.store;
    resolved.is_directory = true;
    let has = |name: &str| store.stat(&given.join(name)).is_ok_and(|item| item.kind == ItemKind::File);
    if has("saved_model.pb") || has("saved_model.pbtxt") {
        resolved.is_saved_model = true;
        let variables = given.join("variables/variables");
        survey(ground, &given.join("variables"), resolved);
        // A SavedModel without variables is one all the same.
        resolved.prefix = Some(variables);
        return;
    }
    if recognise::directory(store, given).is_some() {
        resolved.prefix = Some(given.to_owned());
        return;
    }
    survey(ground, given, resolved);
    let Some(surveyed) = resolved.directory.take() else { return };
    resolved.prefix = latest(store, &surveyed);
    if resolved.prefix.is_none() {
        resolved.hollow = hub::hollow(store, given);
        resolved.near = beside(store, given, &surveyed);
        // A folder may be listed, and nothing in it looked at.
        let own = surveyed.names.iter().find(|name| super::is_checkpoint_file(name)).map(|name| given.join(name));
        resolved.refused = own.and_then(|path| refused(&path, &store.stat(&path).err()?));
    }
    resolved.directory = Some(surveyed);
}

/// The checkpoint of a directory to look at, wherever it lies.
fn latest(store: &dyn Store, directory: &Directory) -> Option<PathBuf> {
    elsewhere(store, directory).or_else(|| newest(directory)).or_else(|| older(store, directory))
}

/// The one that the state file names in a directory below, or above: relative, so that it is meant so.
fn elsewhere(store: &dyn Store, directory: &Directory) -> Option<PathBuf> {
    let (Latest::Path(path), StateFile::Read(state)) = (&directory.latest, &directory.state) else { return None };
    let is_relative = Path::new(&state.latest).is_relative() && state.latest.contains('/');
    (is_relative && parent(path) != directory.path && is_prefix(store, path)).then(|| path.clone())
}

/// The checkpoint among those of a directory to look at: the one that TensorFlow would take; if that is none, the
/// one of the same name that the state file means; else the newest that has an index; else the newest.
fn newest(directory: &Directory) -> Option<PathBuf> {
    if let Latest::Path(path) = &directory.latest {
        // Paths are compared by their parts: `dir/.`, which a state file of a hidden prefix leads to, is `dir/`.
        let prefixes = directory.candidates.iter().map(|candidate| in_dir(&directory.path, &candidate.name));
        if let Some(prefix) = prefixes.into_iter().find(|prefix| prefix == path) {
            return Some(prefix);
        }
    }
    if let StateFile::Read(state) = &directory.state {
        let name = state.latest.rsplit(['/', '\\']).next().unwrap_or_default();
        if !name.is_empty() && directory.candidates.iter().any(|candidate| candidate.name == name) {
            return Some(in_dir(&directory.path, name));
        }
    }
    let with_index = directory.candidates.iter().rev().find(|candidate| candidate.index.is_some());
    let newest = with_index.or(directory.candidates.last())?;
    Some(in_dir(&directory.path, &newest.name))
}

/// The checkpoint of format V1 that the state file names: that has no prefix with an index.
fn older(store: &dyn Store, directory: &Directory) -> Option<PathBuf> {
    let Latest::Path(path) = &directory.latest else { return None };
    // What it names may be the index of another, which is a table too.
    let is_v1 = recognise::file(store, path).is_ok_and(|kind| kind == Some(recognise::Kind::V1));
    (is_v1 || super::v1::is_set(path)).then(|| path.clone())
}

/// The prefix of a file's path, whatever bytes it is made of: `prefix` is the end of it as text.
fn stripped(path: &Path, prefix: &str) -> PathBuf {
    if prefix.is_empty() { in_dir(parent(path), prefix) } else { path.with_extension("") }
}

fn of_file(ground: &Ground, given: &Path, resolved: &mut Resolved) {
    let store = ground.store;
    let name = given.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let around = parent(given);
    survey_around(ground, given, resolved);
    if let Some((prefix, _)) = part(&name) {
        let path = stripped(given, prefix);
        if prefix.is_empty() || is_prefix(store, &path) {
            resolved.stripped = name.get(prefix.len()..).map(str::to_owned);
            resolved.prefix = Some(path);
            return;
        }
    }
    if name == state::NAME {
        resolved.is_state_file = true;
        resolved.prefix = resolved.directory.as_ref().and_then(|directory| latest(store, directory));
        return;
    }
    if name.starts_with("saved_model.pb") {
        return in_directory(ground, parent(given), resolved);
    }
    match recognise::file(store, given) {
        Ok(Some(recognise::Kind::Foreign(what))) => resolved.foreign = Some(what),
        Ok(Some(_)) => {
            resolved.prefix = Some(given.to_owned());
            return;
        }
        Ok(None) => {}
        Err(error) => resolved.refused = refused(given, &error),
    }
    resolved.near = near_names(resolved.directory.as_deref(), around, &name);
}

/// Nothing is at the path: what is near it?
fn absent(ground: &Ground, given: &Path, resolved: &mut Resolved) {
    let store = ground.store;
    let name = given.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    // The suffix of a file that is not there (any more) does not change which checkpoint is meant.
    if let Some((prefix, _)) = part(&name) {
        let path = stripped(given, prefix);
        if is_prefix(store, &path) {
            resolved.stripped = name.get(prefix.len()..).map(str::to_owned);
            survey_around(ground, &path, resolved);
            resolved.prefix = Some(path);
            return;
        }
    }
    // The pattern of a set of V1 tables is what TensorFlow calls its path.
    if super::v1::is_set(given) && super::open(store, given).is_ok() {
        resolved.exists = true;
        resolved.prefix = Some(given.to_owned());
        return;
    }
    let around = parent(given);
    survey_around(ground, given, resolved);
    // `P` of a set of V1 tables is no path of it: its pattern is.
    let of_set = |file: &str| file.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with('-'));
    let sets = if name.is_empty() { Vec::new() } else { sets(store, around, of_set) };
    if !sets.is_empty() {
        resolved.near = sets;
    } else if resolved.directory.is_some() {
        resolved.near = near_names(resolved.directory.as_deref(), around, &name);
        if resolved.near.is_empty() {
            resolved.near = near_items(store, around, &name);
        }
    } else if let Some(missing) = around.file_name() {
        // The directory itself is misspelt: is there one like it?
        let siblings = near_items(store, parent(around), &missing.to_string_lossy());
        resolved.near = siblings;
    }
}

/// Prefixes of a directory that are like a name: the same but for a number or a suffix, or misspelt.
fn near_names(directory: Option<&Directory>, around: &Path, name: &str) -> Vec<String> {
    let Some(directory) = directory else { return Vec::new() };
    let stem = part(name).map_or(name, |(prefix, _)| prefix);
    let alike = |candidate: &&Candidate| {
        let continued = |long: &str, short: &str| {
            let rest = long.strip_prefix(short);
            !short.is_empty() && rest.is_some_and(|rest| rest.starts_with(['-', '.']))
        };
        continued(&candidate.name, stem)
            || continued(stem, &candidate.name)
            || strsim::jaro_winkler(&candidate.name, stem) > ALIKE
    };
    let mut near: Vec<&Candidate> = directory.candidates.iter().filter(alike).collect();
    // The most alike first, of equals the newest.
    near.reverse();
    near.sort_by(|a, b| strsim::jaro_winkler(&b.name, stem).total_cmp(&strsim::jaro_winkler(&a.name, stem)));
    near.iter().take(3).map(|candidate| label(&around.join(&candidate.name))).collect()
}

/// Sets of V1 tables in a directory, by the patterns that TensorFlow takes; of the files of a set, one is enough.
fn sets(store: &dyn Store, around: &Path, fits: impl Fn(&str) -> bool) -> Vec<String> {
    let items = store.list(around).unwrap_or_default();
    let mut patterns: Vec<String> = Vec::new();
    for item in items.iter().filter(|item| item.kind == ItemKind::File) {
        let Some(pattern) = super::v1::pattern(&around.join(&item.name)).map(|pattern| label(&pattern)) else {
            continue;
        };
        let table =
            || recognise::file(store, &around.join(&item.name)).is_ok_and(|kind| kind == Some(recognise::Kind::V1));
        if fits(&item.name) && !patterns.contains(&pattern) && table() {
            patterns.push(pattern);
        }
    }
    patterns.truncate(3);
    patterns
}

/// What else in a directory without checkpoints is loaded: files of Keras' own, graphs, sets of V1 tables; failing
/// that, folders.
fn beside(store: &dyn Store, directory: &Path, surveyed: &Directory) -> Vec<String> {
    let sets = sets(store, directory, |_| true);
    if !sets.is_empty() {
        return sets;
    }
    let rank = |name: &str| {
        let ends = [".weights.json", ".keras", ".h5", ".hdf5", ".meta"];
        ends.iter().position(|end| name.ends_with(end))
    };
    let mut files: Vec<(usize, &String)> = surveyed.names.iter().filter_map(|name| Some((rank(name)?, name))).collect();
    // The list of a set stands for its shards.
    let best = files.iter().map(|(rank, _)| *rank).min();
    files.retain(|(rank, _)| best != Some(0) || *rank == 0);
    files.sort();
    let tables = if files.is_empty() { tables(store, directory) } else { Vec::new() };
    match files.is_empty() {
        true if !tables.is_empty() => tables,
        true => one_level_down(store, directory),
        false => files.iter().take(3).map(|(_, name)| label(&directory.join(name))).collect(),
    }
}

/// Files and folders with a name like this one.
fn near_items(store: &dyn Store, around: &Path, name: &str) -> Vec<String> {
    let items = store.list(around).unwrap_or_default();
    let mut scored: Vec<(f64, &Item)> =
        items.iter().map(|item| (strsim::jaro_winkler(&item.name, name), item)).collect();
    // One of this very name is there, and leads nowhere.
    scored.retain(|(score, item)| *score > ALIKE && item.name != name);
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    scored.iter().take(3).map(|(_, item)| label(&around.join(&item.name))).collect()
}

/// Checkpoints of format V1 in a directory, whose names tell nothing; few files are looked at.
fn tables(store: &dyn Store, directory: &Path) -> Vec<String> {
    let items = store.list(directory).unwrap_or_default();
    let files = items.iter().filter(|item| item.kind == ItemKind::File && !super::is_checkpoint_file(&item.name));
    let paths = files.take(LOOKED_AT).map(|item| directory.join(&item.name));
    let is_table = |path: &PathBuf| recognise::file(store, path).is_ok_and(|kind| kind == Some(recognise::Kind::V1));
    paths.filter(is_table).take(3).map(|path| label(&path)).collect()
}

/// Files that are opened to see whether they are such tables.
const LOOKED_AT: usize = 16;

/// What folders in a directory hold: a SavedModel by its graph, a directory of checkpoints with a slash at its
/// end, a checkpoint that no state file names by its prefix.
fn one_level_down(store: &dyn Store, directory: &Path) -> Vec<String> {
    let items = store.list(directory).unwrap_or_default();
    let folders = items.iter().filter(|item| item.kind == ItemKind::Directory).map(|item| directory.join(&item.name));
    let held = |path: PathBuf| {
        let graphs = ["saved_model.pb", "saved_model.pbtxt"].map(|name| path.join(name));
        if let Some(graph) = graphs.iter().find(|graph| store.stat(graph).is_ok()) {
            return Some(label(graph));
        }
        let found = directory::survey(store, &path).ok().filter(|found| !found.candidates.is_empty())?;
        match found.latest {
            Latest::Path(_) => Some(format!("{}/", label(&path))),
            _ => newest(&found).map(|prefix| label(&prefix)),
        }
    };
    folders.filter_map(held).take(3).collect()
}

//! A `.keras` archive, or its folder: the configuration, the weights, the version that wrote them.

use std::io;
use std::path::{Path, PathBuf};

use super::paths::{self, Known, Source};
use super::{Draft, faults, file, json};
use crate::bytes::{Fault, FaultKind, Span, limits};
use crate::format::directory::label;
use crate::format::files::{self, unreadable, words};
use crate::format::{foreign, hdf5};
use crate::model::{Container, File, FileRole, Versions, Writer};
use crate::store::{self, Blob, Member, Store};

const CONFIG: &str = "config.json";
const METADATA: &str = "metadata.json";
const WEIGHTS: &str = "model.weights.h5";
const ASSETS: &str = "assets";
const ARRAYS: &str = "model.weights.npz";

/// Reads the zip archive at `path`.
pub(super) fn packed(store: &dyn Store, path: &Path) -> Draft {
    let archive = file(store, path, FileRole::Archive, store.stat(path).ok().map(|item| item.size));
    match store.open(path).and_then(|blob| store::members(blob.as_ref())) {
        Ok(members) => {
            let at = Span::whole(&archive.label);
            let mut draft = read(store, path, &archive);
            draft.files.push(archive);
            draft.faults.extend(below(&members).map(|folder| Fault { kind: FaultKind::MembersBelow { folder }, at }));
            of_members(&mut draft.files, path, members);
            draft
        }
        Err(error) => {
            let mut draft = Draft::new(Container::KerasArchive, Writer::Keras3);
            draft.faults.push(match error.kind() {
                // Which of its tables cannot be read tells a person nothing: it is cut, or changed.
                io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof | io::ErrorKind::Unsupported => {
                    let error = "its list of members, at the end, is missing or damaged".to_owned();
                    Fault { kind: FaultKind::ArchiveMalformed { error }, at: Span::whole(&archive.label) }
                }
                _ => unreadable(&archive.label, &error),
            });
            draft.files.push(archive);
            draft
        }
    }
}

/// Adds the members that are no file of the model yet, and says of each how much of the archive it takes.
fn of_members(files: &mut Vec<File>, archive: &Path, members: Vec<Member>) {
    // The weights, which were read, are the first; there may be many more.
    let read = files.len().min(2);
    for member in members.into_iter().filter(|member| !member.name.ends_with('/')) {
        let path = archive.join(&member.name);
        match files.iter_mut().take(read).find(|file| file.path == path) {
            Some(known) => known.stored = Some(member.stored),
            None => files.push(File {
                label: label(&path).into(),
                path,
                role: FileRole::Part,
                size: Some(member.size),
                stored: Some(member.stored),
                modified: None,
            }),
        }
    }
}

/// The folder in which all members lie, with the configuration among them.
fn below(members: &[Member]) -> Option<String> {
    let names = || members.iter().map(|member| member.name.as_str());
    let folder = names().find_map(|name| name.strip_suffix(CONFIG)?.strip_suffix('/'))?;
    let mut inside = names().map(|name| name.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')));
    inside.all(|inside| inside).then(|| folder.to_owned())
}

/// Reads the folder at `path`.
pub(super) fn folder(store: &dyn Store, path: &Path) -> Draft {
    let folder = file(store, path, FileRole::Whole, None);
    let mut draft = read(store, path, &folder);
    draft.files.extend(files::parts(store, path, &[CONFIG, METADATA], &[ASSETS]));
    draft
}

/// The members of an archive or a folder, which a person would call `whole`.
fn read(store: &dyn Store, path: &Path, whole: &File) -> Draft {
    let mut noted = Vec::new();
    let config = object(store, &path.join(CONFIG), true, &mut noted);
    let metadata = object(store, &path.join(METADATA), false, &mut noted);
    let version = metadata.as_ref().and_then(|metadata| metadata.get("keras_version")?.as_str());
    let known = Known { config: config.as_ref(), version };

    let place = path.join(WEIGHTS);
    let (mut draft, structure) = match store::open(store, &place) {
        Ok(blob) => weights(blob.as_ref(), file(store, &place, FileRole::Whole, Some(blob.size())), &known),
        Err(error) => {
            let draft = Draft::new(Container::KerasArchive, writer(version));
            let fault = without_weights(store, path, &error);
            let fault = fault.map_or_else(
                || unreadable(&label(&place).into(), &error),
                |kind| Fault { kind, at: Span::whole(&whole.label) },
            );
            (draft, vec![fault])
        }
    };
    draft.container = Container::KerasArchive;
    draft.versions = Versions { keras: version.map(str::to_owned), ..Versions::default() };
    if let Some(config) = &config {
        draft.configure(config, None, &whole.label);
    }
    draft.config = config;
    let mut faults: Vec<Fault> = noted.into_iter().map(|kind| Fault { kind, at: Span::whole(&whole.label) }).collect();
    faults.extend(structure);
    faults.append(&mut draft.faults);
    draft.faults = faults;
    draft
}

/// Reads the member that holds the weights, and what is wrong with it.
fn weights(blob: &dyn Blob, weights: File, known: &Known<'_>) -> (Draft, Vec<Fault>) {
    let at = Span::whole(&weights.label);
    if let Some(what) = foreign::instead_of_hdf5(blob) {
        let mut draft = Draft::new(Container::KerasArchive, writer(known.version));
        draft.files = vec![weights];
        return (draft, vec![Fault { kind: FaultKind::Foreign { what }, at }]);
    }
    let hdf5 = hdf5::read(blob, &weights.label);
    let mut draft = paths::read(&[Source { file: 0, hdf5: &hdf5 }], Some(known), &at);
    let mut structure = faults(&hdf5, &weights);
    structure.extend(paths::unlisted(&hdf5, &at));
    structure.append(&mut draft.faults);
    draft.files = vec![weights];
    (draft, structure)
}

/// Who wrote an archive of which nothing tells but the version.
fn writer(version: Option<&str>) -> Writer {
    version.map_or(Writer::Keras3, |version| super::layers::writer(Some(version)))
}

/// What is wrong where the weights are not there; none if they cannot be read.
fn without_weights(store: &dyn Store, path: &Path, error: &io::Error) -> Option<FaultKind> {
    if error.kind() != io::ErrorKind::NotFound {
        return None;
    }
    let arrays: PathBuf = path.join(ARRAYS);
    Some(match store::open(store, &arrays) {
        Ok(_) => {
            let why = "its weights are Python pickles".to_owned();
            FaultKind::MemberUnread { name: ARRAYS.to_owned(), why }
        }
        Err(_) => FaultKind::MemberMissing { name: WEIGHTS.to_owned() },
    })
}

/// A member that is JSON. Keras does without the metadata.
fn object(store: &dyn Store, path: &Path, needed: bool, faults: &mut Vec<FaultKind>) -> Option<serde_json::Value> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_else(|| label(path));
    match store::read(store, path, limits::KERAS_JSON) {
        Ok(bytes) => json::parse(&name, &bytes, faults),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            if needed {
                faults.push(FaultKind::MemberMissing { name });
            }
            None
        }
        Err(error) => {
            faults.push(FaultKind::JsonMalformed { name, error: words(&error) });
            None
        }
    }
}

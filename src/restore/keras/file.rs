//! What h5py, zipfile and Python's own open say of what lies at a path.

use super::has_paths;
use crate::bytes::{FaultKind, Foreign};
use crate::model::{Checkpoint, Container, leaf};
use crate::restore::{Exception, Scene};

/// What lies at the path, by its content.
#[derive(Clone, Copy, Debug)]
pub(super) enum Lies<'a> {
    Nothing,
    Directory,
    Hdf5(&'a Checkpoint),
    /// An archive of Keras.
    Zip(&'a Checkpoint),
    /// The list of sharded weights.
    Shards(&'a Checkpoint),
    /// A file of another kind.
    Other,
}

impl Lies<'_> {
    /// As `zipfile.is_zipfile` answers.
    pub fn is_zip(self) -> bool {
        matches!(self, Lies::Zip(_))
    }
}

pub(super) fn lies<'a>(scene: &Scene<'a>) -> Lies<'a> {
    let resolved = scene.resolved;
    let names_graph = resolved.given.ends_with(".pb") || resolved.given.ends_with(".pbtxt");
    if resolved.is_directory {
        return if names_graph { Lies::Other } else { Lies::Directory };
    }
    if !resolved.exists {
        return Lies::Nothing;
    }
    if resolved.stripped.is_some() || resolved.is_state_file || resolved.foreign.is_some() {
        return Lies::Other;
    }
    let Some(checkpoint) = scene.checkpoint else { return Lies::Other };
    match checkpoint.container {
        // Its prefix is the name of no file.
        Container::Bundle => Lies::Nothing,
        Container::V1 | Container::MetaGraph => Lies::Other,
        Container::KerasModelH5 | Container::KerasLayersH5 | Container::KerasWeightsH5 => Lies::Hdf5(checkpoint),
        Container::KerasWeightsShards => Lies::Shards(checkpoint),
        // It is known by its last record, and a file that is cut has none.
        Container::KerasArchive if is_cut(checkpoint) => Lies::Other,
        Container::KerasArchive => Lies::Zip(checkpoint),
    }
}

/// True if the list of the members of an archive, at its end, cannot be read.
fn is_cut(checkpoint: &Checkpoint) -> bool {
    checkpoint.faults.iter().any(|fault| matches!(fault.kind, FaultKind::ArchiveMalformed { .. }))
}

/// Opens a file as HDF5.
pub(super) fn hdf5<'a>(scene: &Scene<'a>, lies: Lies<'a>) -> Result<&'a Checkpoint, Exception> {
    let path = &scene.resolved.given;
    match lies {
        Lies::Hdf5(checkpoint) => structure(checkpoint).map(|()| checkpoint),
        Lies::Directory => {
            let text = format!(
                "[Errno 21] Unable to synchronously open file (file read failed: filename = '{path}', errno = 21, \
                 error message = 'Is a directory')"
            );
            Err(Exception::new("IsADirectoryError", text))
        }
        Lies::Nothing => {
            let text = format!(
                "[Errno 2] Unable to synchronously open file (unable to open file: name = '{path}', errno = 2, error \
                 message = 'No such file or directory', flags = 0, o_flags = 0)"
            );
            Err(Exception::new("FileNotFoundError", text))
        }
        Lies::Zip(_) | Lies::Shards(_) | Lies::Other => Err(no_signature()),
    }
}

fn no_signature() -> Exception {
    Exception::new("OSError", "Unable to synchronously open file (file signature not found)")
}

/// What the HDF5 library finds wrong when it opens a file.
fn structure(checkpoint: &Checkpoint) -> Result<(), Exception> {
    for fault in &checkpoint.faults {
        match &fault.kind {
            FaultKind::Hdf5Truncated { size, stored_eof } => {
                let text = format!(
                    "Unable to synchronously open file (truncated file: eof = {size}, sblock->base_addr = 0, \
                     stored_eof = {stored_eof})"
                );
                return Err(Exception::new("OSError", text));
            }
            FaultKind::Hdf5Malformed { path, what } if path.trim_matches('/').is_empty() && is_of_file(what) => {
                return Err(Exception::new("OSError", format!("Unable to synchronously open file ({what})")));
            }
            FaultKind::Foreign { .. } | FaultKind::Empty => return Err(no_signature()),
            _ => {}
        }
    }
    Ok(())
}

/// True for what is wrong with the superblock, without which nothing of the file can be opened.
fn is_of_file(what: &str) -> bool {
    ["superblock", "signature", "was not closed", "width of addresses"].iter().any(|word| what.contains(word))
}

/// What the HDF5 library finds wrong with the groups of a file when they are opened, whoever asks for them: in a
/// file of layers by name, in one of objects after looking whether they are there.
pub(super) fn groups(checkpoint: &Checkpoint) -> Result<(), Exception> {
    let weight = |path: &str| leaf(path) != "vars" && checkpoint.find(path.trim_matches('/').as_bytes()).is_some();
    let broken = checkpoint.faults.iter().find_map(|fault| match &fault.kind {
        FaultKind::Hdf5Malformed { path, what } if !weight(path) => Some(*what),
        _ => None,
    });
    let Some(what) = broken else { return Ok(()) };
    let looks = has_paths(checkpoint) && (what.contains("heap") || what.contains("B-tree"));
    Err(match looks {
        true => Exception::new("RuntimeError", format!("Unable to synchronously check link existence ({what})")),
        false => Exception::new("KeyError", format!("'Unable to synchronously open object ({what})'")),
    })
}

/// Opens a file as a zip archive.
pub(super) fn zip<'a>(scene: &Scene<'a>, lies: Lies<'a>) -> Result<&'a Checkpoint, Exception> {
    let path = &scene.resolved.given;
    match lies {
        Lies::Zip(checkpoint) => Ok(checkpoint),
        Lies::Nothing => {
            Err(Exception::new("FileNotFoundError", format!("[Errno 2] No such file or directory: '{path}'")))
        }
        Lies::Directory => Err(Exception::new("IsADirectoryError", format!("[Errno 21] Is a directory: '{path}'"))),
        Lies::Hdf5(_) | Lies::Shards(_) | Lies::Other => Err(Exception::new("BadZipFile", "File is not a zip file")),
    }
}

/// Opens the weights in a zip archive, for who wants nothing else of it.
pub(super) fn weights_in_zip<'a>(scene: &Scene<'a>, lies: Lies<'a>) -> Result<&'a Checkpoint, Exception> {
    let checkpoint = zip(scene, lies)?;
    if lacks(checkpoint, WEIGHTS) || lacks(checkpoint, ARRAYS) {
        let text = format!("\"There is no item named '{WEIGHTS}' in the archive\"");
        return Err(Exception::new("KeyError", text));
    }
    unchanged(checkpoint, WEIGHTS)?;
    structure(checkpoint).map(|()| checkpoint)
}

/// A member whose bytes have the checksum that the archive records.
fn unchanged(checkpoint: &Checkpoint, member: &str) -> Result<(), Exception> {
    let changed = |kind: &FaultKind| matches!(kind, FaultKind::MemberChecksum { name } if name.ends_with(member));
    match checkpoint.faults.iter().any(|fault| changed(&fault.kind)) {
        true => Err(Exception::new("BadZipFile", format!("Bad CRC-32 for file '{member}'"))),
        false => Ok(()),
    }
}

/// The weights of an archive, as whoever loads the whole model looks for them.
pub(super) fn weights_of_model(checkpoint: &Checkpoint) -> Result<(), Exception> {
    if lacks(checkpoint, WEIGHTS) {
        return Err(Exception::new("ValueError", format!("Expected a {WEIGHTS} or {ARRAYS} file.")));
    }
    unchanged(checkpoint, WEIGHTS)?;
    structure(checkpoint)
}

/// The configuration of an archive.
pub(super) fn config(checkpoint: &Checkpoint) -> Result<&serde_json::Value, Exception> {
    if lacks(checkpoint, CONFIG) {
        return Err(Exception::new("KeyError", format!("\"There is no item named '{CONFIG}' in the archive\"")));
    }
    unchanged(checkpoint, CONFIG)?;
    json(checkpoint, CONFIG)
}

/// A configuration that should be JSON, which messages call `name`.
pub(super) fn json<'a>(checkpoint: &'a Checkpoint, name: &str) -> Result<&'a serde_json::Value, Exception> {
    if let Some(config) = checkpoint.keras.as_ref().and_then(|keras| keras.config.as_ref()) {
        return Ok(config);
    }
    let error = checkpoint.faults.iter().find_map(|fault| match &fault.kind {
        FaultKind::JsonMalformed { name: of, error } if of == name => Some(error.as_str()),
        _ => None,
    });
    Err(Exception::new("JSONDecodeError", error.unwrap_or("Expecting value: line 1 column 1 (char 0)")))
}

const CONFIG: &str = "config.json";
const WEIGHTS: &str = "model.weights.h5";
const ARRAYS: &str = "model.weights.npz";

/// True if a member is not there, or is there in a form that is not read.
fn lacks(checkpoint: &Checkpoint, member: &str) -> bool {
    checkpoint.faults.iter().any(|fault| match &fault.kind {
        FaultKind::MemberMissing { name } | FaultKind::MemberUnread { name, .. } => name.ends_with(member),
        _ => false,
    })
}

/// Opens the list of sharded weights, and its files.
pub(super) fn shards<'a>(scene: &Scene<'a>, lies: Lies<'a>) -> Result<&'a Checkpoint, Exception> {
    let checkpoint = match lies {
        Lies::Shards(checkpoint) => checkpoint,
        Lies::Nothing | Lies::Directory => return zip(scene, lies),
        Lies::Other if matches!(scene.resolved.foreign, Some(Foreign::Json | Foreign::Answer)) => {
            return Err(Exception::new("KeyError", "'weight_map'"));
        }
        Lies::Other => return Err(Exception::new("JSONDecodeError", "Expecting value: line 1 column 1 (char 0)")),
        Lies::Hdf5(_) | Lies::Zip(_) => return Err(Exception::new("UnicodeDecodeError", "invalid start byte")),
    };
    let absent = checkpoint.shards().find(|(_, file)| file.size.is_none());
    if let Some((_, file)) = absent {
        let text =
            format!("[Errno 2] Unable to synchronously open file (unable to open file: name = '{}')", file.label);
        return Err(Exception::new("FileNotFoundError", text));
    }
    structure(checkpoint).map(|()| checkpoint)
}

#[cfg(test)]
mod tests {
    use super::super::sample::by_layer;
    use super::*;
    use crate::bytes::{Fault, Span};
    use crate::model::{Depth, Digests, Resolved};
    use crate::restore::Options;

    /// What each opener says of a scene.
    fn classes(resolved: &Resolved, checkpoint: Option<&Checkpoint>) -> [Option<&'static str>; 3] {
        let scene = Scene {
            resolved,
            checkpoint,
            digests: &Digests::none(Depth::Index),
            target: None,
            graph: None,
            alignment: None,
            options: Options::default(),
        };
        let lies = lies(&scene);
        let class = |opened: Result<&Checkpoint, Exception>| opened.err().map(|exception| exception.class);
        [class(hdf5(&scene, lies)), class(weights_in_zip(&scene, lies)), class(shards(&scene, lies))]
    }

    fn archive() -> Checkpoint {
        Checkpoint { container: Container::KerasArchive, ..by_layer(&[]) }
    }

    fn wounded(checkpoint: Checkpoint, kind: FaultKind) -> Checkpoint {
        Checkpoint { faults: vec![Fault { kind, at: Span::whole(&"m".into()) }], ..checkpoint }
    }

    #[test]
    fn nothing_and_directories() {
        let absent = Resolved { exists: false, ..Resolved::at("m.h5") };
        assert_eq!(classes(&absent, None), [Some("FileNotFoundError"); 3]);
        let directory = Resolved { is_directory: true, ..Resolved::at("m.h5") };
        assert_eq!(classes(&directory, None), [Some("IsADirectoryError"); 3]);
    }

    #[test]
    fn files_of_one_kind_opened_as_another() {
        let hdf5 = by_layer(&[]);
        assert_eq!(classes(&Resolved::at("m.h5"), Some(&hdf5)), [None, Some("BadZipFile"), Some("UnicodeDecodeError")]);
        assert_eq!(classes(&Resolved::at("m.keras"), Some(&archive()))[..2], [Some("OSError"), None]);
        let html = Resolved { foreign: Some(Foreign::Html), ..Resolved::at("m.h5") };
        assert_eq!(classes(&html, None), [Some("OSError"), Some("BadZipFile"), Some("JSONDecodeError")]);
    }

    #[test]
    fn damage() {
        let short = wounded(by_layer(&[]), FaultKind::Hdf5Truncated { size: 9, stored_eof: 10 });
        assert_eq!(classes(&Resolved::at("m.h5"), Some(&short))[0], Some("OSError"));
        let cut = wounded(archive(), FaultKind::ArchiveMalformed { error: String::new() });
        assert_eq!(classes(&Resolved::at("m.keras"), Some(&cut))[1], Some("BadZipFile"));
        let empty = wounded(archive(), FaultKind::MemberMissing { name: "model.weights.h5".to_owned() });
        assert_eq!(classes(&Resolved::at("m.keras"), Some(&empty))[1], Some("KeyError"));
        assert_eq!(weights_of_model(&empty).unwrap_err().class, "ValueError");
        let other = wounded(archive(), FaultKind::MemberMissing { name: "metadata.json".to_owned() });
        assert_eq!(classes(&Resolved::at("m.keras"), Some(&other))[1], None);
    }
}

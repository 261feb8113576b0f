//! Listings: what `ckpt ls --format json` wrote of a checkpoint, which can stand for it where no values are
//! needed.
//!
//! A listing is written by this program, so unlike with a checkpoint, one that does not hold together is
//! refused: a target that is half read would blame the checkpoint that is held against it.

mod rows;

use std::collections::HashMap;
use std::path::Path;

use self::rows::{Head, Listing, Node, PartRow, Row};
use super::directory::label;
use super::keras::configured;
use crate::bytes::limits;
use crate::error::Error;
use crate::model::{
    Attribute, Checkpoint, Endianness, Entry, Extent, File, FileRole, KerasFile, Key, Layer, ObjectGraph, Owner, Part,
    Payload, Place, Relations, SavedModel, Slot, Variable, Versions, Writer,
};
use crate::store::{self, Store};

/// The schema that is read.
const SCHEMA: &str = "ckpt/ls/1";

/// How one is written.
const HINT: &str = "a listing is written by: ckpt ls PATH --format json > expected.json";

/// Opens a listing as the checkpoint that it lists: everything but the values.
///
/// # Errors
/// If it cannot be read, is no listing, or does not list all of one whole checkpoint.
pub fn open(store: &dyn Store, path: &Path) -> Result<Checkpoint, Error> {
    let name = label(path);
    let refuse = |why: String| Error::new(format!("{name}: {why}")).hint(HINT);
    let bytes = store::read(store, path, limits::LISTING)
        .map_err(|error| Error::new(format!("cannot read {name}: {error}")))?;
    let schema: rows::Schema = serde_json::from_slice(&bytes).map_err(|error| refuse(at_line(&error)))?;
    match schema.schema.as_deref() {
        Some(SCHEMA) => {}
        Some(other) => {
            let line = line_of(&bytes, b"\"schema\"");
            return Err(refuse(format!("line {line}: its schema is {other:?}, not {SCHEMA:?}")));
        }
        None => return Err(refuse(format!("line 1: this JSON names no schema, so it is no listing ({SCHEMA:?})"))),
    }
    let listing: Listing = serde_json::from_slice(&bytes).map_err(|error| refuse(at_line(&error)))?;
    whole(&listing, &bytes).and_then(|()| checkpoint(path, listing)).map_err(refuse)
}

/// What a parser says, the place first.
fn at_line(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let what = text.split_once(" at line ").map_or(text.as_str(), |(what, _)| what);
    format!("line {}, column {}: {what}", error.line(), error.column())
}

/// The line in which something stands for the first time.
fn line_of(bytes: &[u8], what: &[u8]) -> usize {
    let before = memchr::memmem::find(bytes, what).and_then(|at| bytes.get(..at)).unwrap_or_default();
    memchr::memchr_iter(b'\n', before).count().saturating_add(1)
}

/// Refuses what lists a part, or what is damaged.
fn whole(listing: &Listing, bytes: &[u8]) -> Result<(), String> {
    if listing.checkpoint.is_none() {
        return Err(format!("line {}: it lists no checkpoint's variables", line_of(bytes, b"\"checkpoint\"")));
    }
    let (listed, of) = (listing.variables.len(), listing.selected.of);
    if listed != of {
        let line = line_of(bytes, b"\"selected\"");
        return Err(format!("line {line}: it has {listed} of {of} variables; list them all, without a selection"));
    }
    match listing.faults.first() {
        Some(fault) => {
            let line = line_of(bytes, b"\"faults\"");
            Err(format!(
                "line {line}: the checkpoint was damaged when it was listed: {}: {}",
                fault.file, fault.message
            ))
        }
        None => Ok(()),
    }
}

fn checkpoint(path: &Path, listing: Listing) -> Result<Checkpoint, String> {
    let mut rows = listing.variables;
    rows.sort_by(|a, b| a.bytes().cmp(b.bytes()));
    let twice = rows.iter().zip(rows.iter().skip(1)).find(|(a, b)| a.bytes() == b.bytes());
    if let Some((row, _)) = twice {
        return Err(format!("the key {} is in it twice", row.key));
    }
    let Some(head) = listing.checkpoint else { return Err("it lists no checkpoint".to_owned()) };
    let files: Vec<File> = head.files.iter().map(|file| file_of(path, file)).collect();
    let positions: HashMap<&str, usize> =
        head.files.iter().enumerate().map(|(position, file)| (file.path.as_str(), position)).collect();
    let endianness = if head.endianness == "big" { Endianness::Big } else { Endianness::Little };
    let names: HashMap<&str, usize> = rows.iter().enumerate().map(|(id, row)| (row.name.as_str(), id)).collect();
    let keys: HashMap<&str, usize> = rows.iter().enumerate().map(|(id, row)| (row.key.as_str(), id)).collect();
    let graph = listing.objects.map(graph).transpose()?;
    let keras = listing.keras.map(|keras| {
        let owner = |owner: rows::OwnerRow| Owner {
            part: owner.part.0,
            path: owner.path,
            name: owner.name,
            weights: owner.weights.iter().map(|key| keys.get(key.as_deref()?).copied()).collect(),
        };
        let owners = keras.owners.into_iter().map(owner).collect();
        let (config, training) = (keras.config, keras.training);
        let configured = config.as_ref().map(|config| configured::read(config, training.as_ref()));
        Box::new(KerasFile { owners, config, training, configured })
    });
    Ok(Checkpoint {
        prefix: path.to_owned(),
        label: label(path),
        container: head.format.0,
        flavor: head.flavor.0,
        writer: writer(&head),
        versions: Versions {
            tensorflow: head.versions.tensorflow,
            keras: head.versions.keras,
            backend: head.versions.backend,
        },
        endianness,
        declared_shards: head.shards,
        entries: rows.iter().map(|row| entry(row, endianness, &positions)).collect(),
        variables: rows.iter().enumerate().map(|(id, row)| variable(row, id, &names)).collect(),
        graph,
        layers: head.layers.into_iter().map(layer).collect(),
        listed: true,
        saved_model: head.saved_model.map(|_| Box::new(SavedModel::default())),
        keras,
        files,
        faults: Vec::new(),
    })
}

/// A file as listed. It is no file that could be opened: its path leads through the listing, which is no folder.
fn file_of(listing: &Path, row: &rows::FileRow) -> File {
    let role = match (row.role.as_str(), row.number, row.of) {
        ("shard", Some(number), Some(of)) => FileRole::Shard { number, of },
        ("whole", ..) => FileRole::Whole,
        ("archive", ..) => FileRole::Archive,
        ("part", ..) => FileRole::Part,
        _ => FileRole::Index,
    };
    let name = row.path.rsplit(['/', '\\']).next().unwrap_or_default();
    let label = row.path.as_str().into();
    File { path: listing.join(name), label, role, size: row.size, stored: row.stored_size, modified: None }
}

/// Of an empty checkpoint nothing tells.
fn writer(head: &Head) -> Writer {
    head.writer.as_ref().map_or(Writer::Saver, |writer| writer.0)
}

fn entry(row: &Row, endianness: Endianness, files: &HashMap<&str, usize>) -> Entry {
    let extent = |file: &Option<String>, offset: Option<u64>, length: Option<u64>| {
        let file = *files.get(file.as_deref()?)?;
        Some(Extent { file, offset: offset?, length: length? })
    };
    let part = |row: &PartRow| Part {
        slice: row.slice.0.clone(),
        extent: extent(&row.file, row.offset, row.length),
        checksum: row.crc32c.map(|checksum| checksum.0),
    };
    let place = row.place.as_ref();
    let whole = place.and_then(|place| extent(&place.file, Some(place.offset), Some(place.length)));
    let payload = match &row.parts {
        Some(parts) => Payload::Slices(parts.iter().map(part).collect()),
        None => whole.map_or(Payload::Nowhere, Payload::Extent),
    };
    Entry {
        key: Key::from(row.bytes()),
        dtype: row.dtype.0,
        shape: row.shape.clone().map_or_else(crate::model::Shape::unknown, crate::model::Shape::new),
        payload,
        checksum: place.and_then(|place| place.crc32c).map(|checksum| checksum.0),
        endianness,
        trusted: row.trusted,
        declared_at: Place::NONE,
    }
}

fn variable(row: &Row, id: usize, names: &HashMap<&str, usize>) -> Variable {
    let variable = Variable::new(row.name.as_str().into(), id, row.role.0);
    let slot_of = row.slot_of.as_deref().and_then(|name| names.get(name)).copied();
    let has_relations = row.full_name.is_some() || !row.paths.is_empty() || row.slot_name.is_some();
    if !has_relations && slot_of.is_none() {
        return variable;
    }
    variable.with(Relations {
        paths: row.paths.clone(),
        more_paths: row.more_paths,
        full_name: row.full_name.as_deref().map(Into::into),
        slot_of,
        slot_name: row.slot_name.as_deref().map(Into::into),
    })
}

fn layer(row: rows::LayerRow) -> Layer {
    Layer { name: row.name, class: row.class, registered: row.registered, has_bytecode: row.bytecode }
}

fn graph(rows: Vec<Node>) -> Result<ObjectGraph, String> {
    let count = rows.len();
    let check = |node: usize| match node < count {
        true => Ok(node),
        false => Err(format!("its object graph refers to object {node}, and has {count}")),
    };
    let node = |row: Node| {
        let children = row.children.into_iter().map(|(name, child)| Ok((name, check(child)?)));
        let slots = row.slots.into_iter().map(|(original, name, variable)| {
            Ok(Slot { original: check(original)?, name, variable: check(variable)? })
        });
        let attributes =
            row.attributes.into_iter().map(|(name, full_name, key)| Attribute { name, full_name, key }).collect();
        Ok(crate::model::Node {
            children: children.collect::<Result<_, String>>()?,
            attributes,
            slots: slots.collect::<Result<_, String>>()?,
            registered_saver: row.registered_saver,
            has_values: row.has_values,
        })
    };
    Ok(ObjectGraph { nodes: rows.into_iter().map(node).collect::<Result<_, String>>()? })
}

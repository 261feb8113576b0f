//! A variable, as `ls` and `show` give it.

use serde::Serialize;

use super::value::{Checksum, Hex, KeyText, Number, Text};
use crate::model::{Checkpoint, Digest, Entry, Extent, Part, Payload, Slice, Stats, Variable};

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Row<'a> {
    name: &'a str,
    key: KeyText<'a>,
    /// Only if the key is not text: its bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    key_hex: Option<Hex<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    full_name: Option<&'a str>,
    paths: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    more_paths: Option<bool>,
    role: &'static str,
    group: &'static str,
    /// These two only for slots.
    #[serde(skip_serializing_if = "Option::is_none")]
    slot_of: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    slot_name: Option<&'a str>,
    dtype: &'static str,
    /// Null if not even the rank is known.
    shape: Option<&'a [u64]>,
    /// Null if there are more than can be counted.
    params: Option<u64>,
    bytes: u64,
    trusted: bool,
    place: Option<Place<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parts: Option<Vec<PartRow<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stats: Option<StatsRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sha256: Option<Hex<'a>>,
    /// Absent if the data were not read, null if the index has no checksum to hold them against.
    #[serde(skip_serializing_if = "Option::is_none")]
    intact: Option<Option<bool>>,
}

impl<'a> Row<'a> {
    pub fn new(
        checkpoint: &'a Checkpoint,
        variable: &'a Variable,
        entry: &'a Entry,
        digest: Option<&'a Digest>,
        value: Option<&'a str>,
    ) -> Self {
        let owner = variable.slot_of().and_then(|id| checkpoint.variables.get(id));
        let place = match &entry.payload {
            Payload::Extent(extent) => Some(Place::new(checkpoint, *extent, entry.checksum)),
            Payload::Slices(_) | Payload::Coded(_) | Payload::Nowhere => None,
        };
        let parts = match &entry.payload {
            Payload::Slices(parts) => Some(parts.iter().map(|part| PartRow::new(checkpoint, part)).collect()),
            Payload::Extent(_) | Payload::Coded(_) | Payload::Nowhere => None,
        };
        Self {
            name: &variable.name,
            key: KeyText(&entry.key),
            key_hex: entry.key.text().is_none().then(|| Hex(entry.key.bytes())),
            full_name: variable.full_name(),
            paths: variable.paths(),
            more_paths: variable.more_paths().then_some(true),
            role: variable.role.word(),
            group: variable.role.group().word(),
            slot_of: owner.map(|owner| owner.name.as_str()),
            slot_name: variable.slot_name(),
            dtype: entry.dtype.name(),
            shape: entry.shape.axes(),
            params: entry.shape.elements().map(|_| entry.params()),
            bytes: entry.stored_bytes(),
            trusted: entry.trusted,
            place,
            parts,
            value,
            stats: digest.and_then(|digest| digest.stats.as_ref()).map(StatsRow::new),
            sha256: digest.and_then(|digest| digest.sha256.as_ref()).map(|hash| Hex(hash)),
            intact: digest.map(|digest| digest.intact),
        }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Place<'a> {
    file: Option<&'a str>,
    offset: u64,
    length: u64,
    crc32c: Option<Checksum>,
}

impl<'a> Place<'a> {
    fn new(checkpoint: &'a Checkpoint, extent: Extent, checksum: Option<u32>) -> Self {
        let file = checkpoint.files.get(extent.file).map(|file| &*file.label);
        Self { file, offset: extent.offset, length: extent.length, crc32c: checksum.map(Checksum) }
    }
}

/// The fields of its place are null if the index has no entry for it.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct PartRow<'a> {
    slice: Text<&'a Slice>,
    file: Option<&'a str>,
    offset: Option<u64>,
    length: Option<u64>,
    crc32c: Option<Checksum>,
}

impl<'a> PartRow<'a> {
    fn new(checkpoint: &'a Checkpoint, part: &'a Part) -> Self {
        let file = part.extent.and_then(|extent| checkpoint.files.get(extent.file));
        Self {
            slice: Text(&part.slice),
            file: file.map(|file| &*file.label),
            offset: part.extent.map(|extent| extent.offset),
            length: part.extent.map(|extent| extent.length),
            crc32c: part.checksum.map(Checksum),
        }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct StatsRow {
    count: u64,
    min: Number,
    max: Number,
    mean: Number,
    std: Number,
    zeros: u64,
    nan: u64,
    inf: u64,
    first_not_finite: Option<u64>,
}

impl StatsRow {
    fn new(stats: &Stats) -> Self {
        Self {
            count: stats.count,
            min: Number(stats.min),
            max: Number(stats.max),
            mean: Number(stats.mean),
            std: Number(stats.std),
            zeros: stats.zeros,
            nan: stats.nan,
            inf: stats.inf,
            first_not_finite: stats.first_not_finite,
        }
    }
}

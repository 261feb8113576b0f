//! The fields of a listing that are read again. What its own words name is parsed along with the JSON, so
//! that an error has its line.

use std::borrow::Cow;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use crate::model::{Container, DType, Flavor, Owned, Role, Slice, Writer};

/// Which answer it is.
#[derive(Deserialize)]
pub(super) struct Schema {
    pub schema: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct Listing {
    pub checkpoint: Option<Head>,
    pub selected: Selected,
    pub variables: Vec<Row>,
    /// The object graph, its root first.
    pub objects: Option<Vec<Node>>,
    pub keras: Option<KerasRow>,
    pub faults: Vec<FaultRow>,
}

#[derive(Deserialize)]
pub(super) struct Selected {
    pub of: usize,
}

#[derive(Deserialize)]
pub(super) struct FaultRow {
    pub file: String,
    pub message: String,
}

#[derive(Deserialize)]
pub(super) struct Head {
    pub format: Word<Container>,
    pub flavor: Word<Flavor>,
    pub writer: Option<Word<Writer>>,
    pub versions: VersionsRow,
    #[serde(default)]
    pub layers: Vec<LayerRow>,
    pub saved_model: Option<Value>,
    pub endianness: String,
    pub shards: Option<u32>,
    pub files: Vec<FileRow>,
}

#[derive(Deserialize)]
pub(super) struct VersionsRow {
    pub tensorflow: Option<String>,
    pub keras: Option<String>,
    pub backend: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct LayerRow {
    pub name: String,
    pub class: Option<String>,
    pub registered: Option<String>,
    pub bytecode: bool,
}

#[derive(Deserialize)]
pub(super) struct FileRow {
    pub path: String,
    pub role: String,
    pub number: Option<u32>,
    pub of: Option<u32>,
    pub size: Option<u64>,
    #[serde(default)]
    pub stored_size: Option<u64>,
}

#[derive(Deserialize)]
pub(super) struct Row {
    pub name: String,
    pub key: String,
    pub key_hex: Option<Bytes>,
    pub full_name: Option<String>,
    pub paths: Vec<String>,
    #[serde(default)]
    pub more_paths: bool,
    pub role: Word<Role>,
    pub slot_of: Option<String>,
    pub slot_name: Option<String>,
    pub dtype: Word<DType>,
    pub shape: Option<Vec<u64>>,
    pub trusted: bool,
    pub place: Option<PlaceRow>,
    pub parts: Option<Vec<PartRow>>,
}

impl Row {
    /// The bytes of its key.
    pub fn bytes(&self) -> &[u8] {
        self.key_hex.as_ref().map_or(self.key.as_bytes(), |bytes| bytes.0.as_slice())
    }
}

#[derive(Deserialize)]
pub(super) struct PlaceRow {
    pub file: Option<String>,
    pub offset: u64,
    pub length: u64,
    pub crc32c: Option<Checksum>,
}

#[derive(Deserialize)]
pub(super) struct PartRow {
    pub slice: Word<Slice>,
    pub file: Option<String>,
    pub offset: Option<u64>,
    pub length: Option<u64>,
    pub crc32c: Option<Checksum>,
}

#[derive(Deserialize)]
pub(super) struct Node {
    #[serde(default)]
    pub children: Vec<(String, usize)>,
    #[serde(default)]
    pub attributes: Vec<(String, String, String)>,
    #[serde(default)]
    pub slots: Vec<(usize, String, usize)>,
    pub registered_saver: Option<(String, String)>,
    pub has_values: Option<bool>,
}

#[derive(Deserialize)]
pub(super) struct KerasRow {
    pub owners: Vec<OwnerRow>,
    pub config: Option<Value>,
    pub training: Option<Value>,
}

#[derive(Deserialize)]
pub(super) struct OwnerRow {
    pub part: Word<Owned>,
    pub path: String,
    pub name: Option<String>,
    pub weights: Vec<Option<String>>,
}

/// What a word of the listing means.
#[derive(Clone)]
pub(super) struct Word<T>(pub T);

/// What has a word in listings.
trait Spelt: Sized {
    const WHAT: &'static str;

    fn read(word: &str) -> Option<Self>;

    /// Why a word that listings do have means nothing here.
    fn instead(_: &str) -> Option<&'static str> {
        None
    }
}

impl<'de, T: Spelt> Deserialize<'de> for Word<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word: Cow<'de, str> = Cow::deserialize(deserializer)?;
        T::read(&word).map(Word).ok_or_else(|| match T::instead(&word) {
            Some(why) => D::Error::custom(why),
            None => D::Error::custom(format_args!("{word:?} is no {}", T::WHAT)),
        })
    }
}

impl Spelt for Container {
    const WHAT: &'static str = "format that this version knows";

    fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|container| container.id() == word)
    }

    fn instead(word: &str) -> Option<&'static str> {
        (word == "not-a-checkpoint").then_some("what it lists was no checkpoint: something else lay in its place")
    }
}

impl Spelt for Flavor {
    const WHAT: &'static str = "flavor";

    fn read(word: &str) -> Option<Self> {
        [Self::NameBased, Self::ObjectBased, Self::LayerBased].into_iter().find(|flavor| flavor.word() == word)
    }
}

impl Spelt for Writer {
    const WHAT: &'static str = "writer that this version knows";

    fn read(word: &str) -> Option<Self> {
        let all = [Self::Keras, Self::Keras3, Self::Keras2, Self::Keras1, Self::Trackable, Self::Saver];
        all.into_iter().find(|writer| writer.words() == word)
    }
}

impl Spelt for Role {
    const WHAT: &'static str = "role";

    fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }
}

impl Spelt for Owned {
    const WHAT: &'static str = "part of a model";

    fn read(word: &str) -> Option<Self> {
        [Self::Layer, Self::Model, Self::Optimizer].into_iter().find(|part| part.word() == word)
    }
}

impl Spelt for DType {
    const WHAT: &'static str = "element type";

    fn read(word: &str) -> Option<Self> {
        Self::from_name(word)
    }
}

impl Spelt for Slice {
    const WHAT: &'static str = "slice";

    fn read(word: &str) -> Option<Self> {
        let extent = |axis: &str| {
            let (start, length) = axis.split_once(',')?;
            Some((start.parse().ok()?, length.parse().ok()?))
        };
        let axes = word.split(':').filter(|axis| !axis.is_empty());
        Some(Self { extents: axes.map(extent).collect::<Option<_>>()? })
    }
}

/// A checksum, written as eight hexadecimal digits.
#[derive(Clone, Copy)]
pub(super) struct Checksum(pub u32);

impl<'de> Deserialize<'de> for Checksum {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word: Cow<'de, str> = Cow::deserialize(deserializer)?;
        u32::from_str_radix(&word, 16)
            .map(Checksum)
            .map_err(|_| D::Error::custom("a checksum has 8 hexadecimal digits"))
    }
}

/// Bytes, written as hexadecimal digits.
pub(super) struct Bytes(pub Vec<u8>);

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let word: Cow<'de, str> = Cow::deserialize(deserializer)?;
        let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
        let bytes: Option<Vec<u8>> = word.as_bytes().chunks(2).map(byte).collect();
        bytes.map(Bytes).ok_or_else(|| D::Error::custom("bytes are written as hexadecimal digits"))
    }
}

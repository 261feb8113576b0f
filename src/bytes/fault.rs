//! What is wrong with the bytes, and exactly where: facts, not judgements.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The file, as a person would write its path.
    pub file: Arc<str>,
    /// Offsets of the bytes; empty where the file as a whole is meant.
    pub bytes: Range<u64>,
}

impl Span {
    /// The file as a whole.
    pub fn whole(file: &Arc<str>) -> Self {
        Self { file: file.clone(), bytes: 0..0 }
    }
}

/// Bytes that contradict the format, with their place. Reading goes on after one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What is wrong.
    pub kind: FaultKind,
    /// Where.
    pub at: Span,
}

/// Every way in which the files of a checkpoint can contradict the format.
/// `key` is the key of an entry as text; its control characters are left for the renderers.
#[expect(missing_docs, reason = "the fields are what the sentence of each variant names")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The operating system could not open or read it: permission, a dying disk.
    Unreadable { error: String },
    /// Not there at all.
    Missing,
    /// Zero bytes long.
    Empty,
    /// Something else lies in its place.
    Foreign { what: Foreign },
    /// Shorter than the smallest possible table (48 bytes).
    TooShort { size: u64 },
    /// The last eight bytes are not the table's magic number.
    BadMagic,
    /// A number runs past the end of what holds it.
    EndsEarly { wanted: u64 },
    /// A variable-length number that is too long, or not the shortest spelling.
    VarintMalformed,
    /// The padding in the footer is not zero.
    FooterNotCanonical,
    /// A block handle points outside the file.
    BlockOutOfRange { block: &'static str, offset: u64, size: u64 },
    /// The checksum behind a block does not fit its bytes.
    BlockChecksum { block: &'static str, stored: u32, computed: u32 },
    /// A compression type that does not exist.
    BlockType { block: &'static str, kind: u8 },
    /// A compressed block that does not decompress.
    BlockCompressed { block: &'static str },
    /// An entry or the restart array of a block does not hold together.
    BlockMalformed { block: &'static str, what: &'static str },
    /// Keys are not strictly increasing: a reader that searches does not find this one.
    KeyOrder { key: String },
    /// A key that occurs more than once: a reader finds the first record of it.
    KeyRepeated { key: String },
    /// Bytes between the blocks that belong to none.
    TableGap,
    /// Entries read past the damage, without the index that leads to them.
    Salvaged { entries: u64 },
    /// No record under the empty key.
    HeaderMissing,
    /// The header does not parse.
    HeaderMalformed { error: String },
    /// The writer demands a newer TensorFlow, or forbids this one.
    VersionRefused { min_consumer: i32, disallows_current: bool },
    /// An entry that is not a protobuf message of the right kind.
    EntryMalformed { key: String, error: String },
    /// Two files of a set in format V1 tell of one variable, each another type or shape.
    TablesDisagree { key: String, other: String },
    /// A dtype number that no TensorFlow knows, or that cannot be stored.
    DTypeUnknown { key: String, number: i32 },
    /// A dimension below zero, too many axes, or more elements than can be counted.
    ShapeInvalid { key: String },
    /// `size` is not what dtype and shape need.
    SizeMismatch { key: String, stored: u64, expected: u64 },
    /// An offset or a size below zero.
    ExtentInvalid { key: String, offset: i64, size: i64 },
    /// `shard_id` is not below the number of shards.
    ShardOutOfRange { key: String, shard: i32, shards: u32 },
    /// Two entries name the same bytes of a shard.
    ExtentsOverlap { key: String, other: String },
    /// The shard ends before the last byte that the index places in it.
    ShardTruncated { size: u64, needed: u64 },
    /// Bytes of a shard that belong to no tensor, and are not zero padding.
    UnownedBytes { trailing: bool },
    /// Every line feed follows a carriage return, and so many bytes would be right without these.
    TextMode { added: u64 },
    /// A slice of a partitioned tensor has no entry of its own, or one that is made of slices again.
    /// There are `count` such slices, `slice` is the first.
    SliceMissing { key: String, slice: String, count: u64 },
    /// Slices of a partitioned tensor cover some elements twice.
    SlicesOverlap { key: String, first: String, second: String },
    /// Slices of a partitioned tensor leave elements uncovered.
    SlicesIncomplete { key: String, covered: u64, elements: u64 },
    /// More slices than can be found by their names, or compared with each other, in reasonable time.
    SlicesTooMany { key: String, slices: u64 },
    /// A slice key that does not parse, or whose tensor has no entry.
    SliceOrphan { key: String },
    /// The bytes of a tensor do not have the checksum that the index records.
    DataChecksum { key: String, stored: u32, computed: u32 },
    /// The lengths in front of a string tensor do not have their checksum, or do not add up.
    StringLengths { key: String, what: &'static str },
    /// The keys are those of an object-based checkpoint, but there is no object graph among them.
    GraphMissing,
    /// The object graph is not the protobuf message that it should be.
    GraphMalformed { error: String },
    /// The object graph refers to a node that it does not have.
    GraphNodeMissing { node: i32 },
    /// The object graph promises a tensor that is not in the checkpoint.
    GraphKeyMissing { key: String },
    /// The graph beside a checkpoint restores variables that the checkpoint does not have.
    GraphOfAnother { missing: Vec<String> },
    /// A file that holds a graph (`.meta`, `saved_model.pb`) is not the protobuf message that it should be.
    GraphFileMalformed { error: String },
    /// The state file is not the text message that TensorFlow expects.
    StateMalformed { error: String },
    /// A piece of a tensor does not become elements.
    PieceUndecodable { key: String, error: String },
    /// The HDF5 file is shorter than its superblock says: HDF5 refuses to open it.
    Hdf5Truncated { size: u64, stored_eof: u64 },
    /// A structure of an HDF5 file, or of the object at `path` in it, contradicts the format.
    Hdf5Malformed { path: Arc<str>, what: &'static str },
    /// The object at `path` in an HDF5 file uses what is not read here.
    Hdf5Unsupported { path: Arc<str>, what: String },
    /// A name in an HDF5 file leads into another file. Keras 3 refuses it, Keras 2 follows it.
    LinkLeavesFile { path: String, file: String },
    /// A name in an HDF5 file is a link to another path in it. Keras 3 refuses it, Keras 2 follows it.
    LinkInFile { path: String, target: String },
    /// A Keras file lists a layer that it does not have.
    LayerMissing { layer: String },
    /// A layer of a Keras file lists a weight that is not there.
    WeightMissing { layer: String, name: String },
    /// A layer has fewer weights than its configuration, or the number of its last one, asks for.
    WeightsMissing { layer: String, stored: u64, needed: u64 },
    /// Nothing in an HDF5 file tells which layers it holds.
    LayersUnlisted,
    /// A dataset that no list of a Keras file names: Keras does not read it.
    WeightUnlisted { path: String },
    /// A weight has another shape than the configuration in the same file gives it.
    WeightMisfits { name: String, stored: String, needed: String },
    /// Every member of an archive lies in one folder.
    MembersBelow { folder: String },
    /// An archive lacks a member that Keras needs.
    MemberMissing { name: String },
    /// An archive is not the zip file that it should be.
    ArchiveMalformed { error: String },
    /// A member of an archive is not what was packed.
    MemberChecksum { name: String },
    /// A member of an archive is not where its directory says.
    MemberLost { name: String, error: String },
    /// A member of an archive lies in the bytes of another one.
    MemberOverlaps { name: String },
    /// A member of an archive is in a form that is not read here.
    MemberUnread { name: String, why: String },
    /// A text that should be JSON of Keras is not: its name.
    JsonMalformed { name: String, error: String },
}

impl FaultKind {
    /// The key of the entry whose record contradicts the format, or other records.
    pub fn record(&self) -> Option<&str> {
        match self {
            Self::KeyOrder { key }
            | Self::KeyRepeated { key }
            | Self::EntryMalformed { key, .. }
            | Self::TablesDisagree { key, .. }
            | Self::DTypeUnknown { key, .. }
            | Self::ShapeInvalid { key }
            | Self::SizeMismatch { key, .. }
            | Self::ExtentInvalid { key, .. }
            | Self::ShardOutOfRange { key, .. }
            | Self::ExtentsOverlap { key, .. } => Some(key),
            _ => None,
        }
    }
}

/// What lies where a part of a checkpoint should.
#[expect(missing_docs, reason = "the pointer's fields are named after its lines")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// A git-lfs pointer; with the true size and SHA-256 that it names.
    LfsPointer { size: Option<u64>, sha256: Option<String> },
    /// A web page.
    Html,
    /// An XML document, such as the error message of a storage bucket.
    Xml,
    /// A compressed or packed file: its kind.
    Archive(&'static str),
    /// A zip archive whose list of members, at its end, is missing or damaged.
    BrokenZip,
    /// An HDF5 file.
    Hdf5,
    /// A Keras model as an archive.
    KerasArchive,
    /// A Python pickle.
    Pickle,
    /// A model that PyTorch saved.
    PyTorch,
    /// Tensors in the format of Hugging Face.
    Safetensors,
    /// A model for llama.cpp.
    Gguf,
    /// A model in the exchange format ONNX.
    Onnx,
    /// An array of NumPy.
    Npy,
    /// Several of those in an archive.
    Npz,
    /// Records of TensorFlow: examples or event logs.
    TfRecord,
    /// The index of a checkpoint, under a name that is not an index's.
    Index,
    /// The graph of a SavedModel.
    SavedModel,
    /// The state file of a directory of checkpoints.
    StateFile,
    /// JSON, such as the configuration of a model.
    Json,
    /// An answer of this program in JSON, such as a listing.
    Answer,
    /// No bytes at all.
    Empty,
    /// Nothing but zero bytes: room that was reserved and never filled.
    Zeros,
    /// Readable text.
    Text,
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LfsPointer { .. } => f.write_str("a git-lfs pointer"),
            Self::Html => f.write_str("an HTML page"),
            Self::Xml => f.write_str("an XML document"),
            Self::Archive(kind) => write!(f, "a {kind} archive"),
            Self::BrokenZip => f.write_str("a damaged zip archive"),
            Self::Hdf5 => f.write_str("an HDF5 file"),
            Self::KerasArchive => f.write_str("a Keras model archive (.keras)"),
            Self::Pickle => f.write_str("a Python pickle"),
            Self::PyTorch => f.write_str("a PyTorch file"),
            Self::Safetensors => f.write_str("a safetensors file"),
            Self::Gguf => f.write_str("a GGUF model"),
            Self::Onnx => f.write_str("an ONNX model"),
            Self::Npy => f.write_str("a NumPy array"),
            Self::Npz => f.write_str("a NumPy archive (.npz)"),
            Self::TfRecord => f.write_str("a file of TensorFlow records"),
            Self::Index => f.write_str("the index of a checkpoint under another name"),
            Self::SavedModel => f.write_str("the graph of a SavedModel"),
            Self::StateFile => f.write_str("the state file of a directory of checkpoints"),
            Self::Json => f.write_str("a JSON file"),
            Self::Answer => f.write_str("a listing, or another answer of ckpt in JSON"),
            Self::Empty => f.write_str("an empty file"),
            Self::Zeros => f.write_str("a file of zero bytes alone"),
            Self::Text => f.write_str("a text file"),
        }
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { error } => write!(f, "cannot be read: {error}"),
            Self::Missing => f.write_str("is not there"),
            Self::Empty => f.write_str("is empty"),
            Self::Foreign { what } => write!(f, "is {what}"),
            Self::TooShort { size } => write!(f, "{size} bytes are too short for a table, whose footer alone has 48"),
            Self::BadMagic => f.write_str("the last 8 bytes are not a table's magic number"),
            Self::EndsEarly { wanted } => write!(f, "ends early: {wanted} more bytes were promised"),
            Self::VarintMalformed => f.write_str("malformed variable-length number"),
            Self::FooterNotCanonical => f.write_str("the padding of the footer is not zero"),
            Self::BlockOutOfRange { block, offset, size } => {
                write!(f, "the {block} block should lie at {offset}, {size} bytes long: outside the file")
            }
            Self::BlockChecksum { block, stored, computed } => {
                write!(f, "the {block} block has checksum {computed:08x}, {stored:08x} is stored")
            }
            Self::BlockType { block, kind } => write!(f, "the {block} block has unknown compression type {kind}"),
            Self::BlockCompressed { block } => write!(f, "the {block} block does not decompress"),
            Self::BlockMalformed { block, what } => write!(f, "the {block} block is malformed: {what}"),
            Self::KeyOrder { key } => write!(f, "key {key} is out of order"),
            Self::KeyRepeated { key } => write!(f, "key {key} occurs more than once"),
            Self::TableGap => f.write_str("bytes between the blocks that belong to none"),
            Self::Salvaged { entries } => write!(f, "{entries} entries were read without the table's own index"),
            Self::HeaderMissing => f.write_str("there is no header record"),
            Self::HeaderMalformed { error } => write!(f, "the header does not parse: {error}"),
            Self::VersionRefused { min_consumer, disallows_current: false } => {
                write!(f, "the header demands a reader of version {min_consumer}; every TensorFlow so far is 1")
            }
            Self::VersionRefused { .. } => {
                f.write_str("the header forbids readers of version 1, which every TensorFlow so far is")
            }
            Self::EntryMalformed { key, error } => write!(f, "the entry {key} does not parse: {error}"),
            Self::TablesDisagree { key, other } => {
                write!(f, "the variable {key} has another type or shape than in {other}")
            }
            Self::DTypeUnknown { key, number } => {
                write!(f, "the entry {key} has dtype {number}, which cannot be stored")
            }
            Self::ShapeInvalid { key } => write!(f, "the entry {key} has an impossible shape"),
            Self::SizeMismatch { key, stored, expected } => {
                write!(f, "the entry {key} has {stored} bytes, its dtype and shape need {expected}")
            }
            Self::ExtentInvalid { key, offset, size } => {
                write!(f, "the entry {key} lies at {offset}, {size} bytes long")
            }
            Self::ShardOutOfRange { key, shard, shards } => {
                write!(f, "the entry {key} lies in shard {shard}, but there are {shards}")
            }
            Self::ExtentsOverlap { key, other } if key == other => write!(f, "the slices of {key} share bytes"),
            Self::ExtentsOverlap { key, other } => write!(f, "the entry {key} has bytes of {other}"),
            Self::ShardTruncated { size, needed } => write!(f, "{size} bytes on disk, the index describes {needed}"),
            Self::UnownedBytes { trailing: true } => f.write_str("bytes after the last tensor"),
            Self::UnownedBytes { trailing: false } => f.write_str("bytes that belong to no tensor"),
            Self::TextMode { added } => {
                let bytes = if *added == 1 { "byte was" } else { "bytes were" };
                write!(f, "{added} {bytes} added by a transfer in text mode, a carriage return before each line feed")
            }
            Self::SliceMissing { key, slice, count: 1 } => {
                write!(f, "the slice {slice} of {key} has no entry with bytes of its own")
            }
            Self::SliceMissing { key, slice, count } => {
                write!(f, "{count} slices of {key} have no entries with bytes of their own, the first is {slice}")
            }
            Self::SlicesOverlap { key, first, second } => write!(f, "the slices {first} and {second} of {key} overlap"),
            Self::SlicesIncomplete { key, covered, elements } => {
                write!(f, "the slices of {key} cover {covered} of {elements} elements")
            }
            Self::SlicesTooMany { key, slices } => {
                write!(f, "{key} has {slices} slices, too many to hold them against each other")
            }
            Self::SliceOrphan { key } => write!(f, "the slice entry {key} belongs to no tensor"),
            Self::DataChecksum { key, stored, computed } => {
                write!(f, "the bytes of {key} have checksum {computed:08x}, {stored:08x} is stored")
            }
            Self::StringLengths { key, what } => write!(f, "the string lengths of {key}: {what}"),
            Self::GraphMissing => f.write_str("the keys are object-based, but the object graph is not among them"),
            Self::GraphMalformed { error } => write!(f, "the object graph does not parse: {error}"),
            Self::GraphNodeMissing { node } => {
                write!(f, "the object graph refers to node {node}, which it does not have")
            }
            Self::GraphKeyMissing { key } => write!(f, "the object graph promises {key}, which is not in the index"),
            Self::GraphOfAnother { missing } => {
                write!(f, "the graph restores {} variables that are not in the checkpoint", missing.len())
            }
            Self::GraphFileMalformed { error } => write!(f, "the graph does not parse: {error}"),
            Self::StateMalformed { error } => write!(f, "TensorFlow ignores this state file: {error}"),
            Self::PieceUndecodable { key, error } => write!(f, "a piece of {key} cannot be decoded: {error}"),
            Self::Hdf5Truncated { size, stored_eof } => {
                write!(f, "{size} bytes on disk, but the HDF5 file should have {stored_eof}")
            }
            Self::Hdf5Malformed { path, what } => write!(f, "the HDF5 object {path} is malformed: {what}"),
            Self::Hdf5Unsupported { path, what } => write!(f, "the HDF5 object {path} is not read: {what}"),
            Self::LinkLeavesFile { path, file } => write!(f, "{path} lies in another file, {file}"),
            Self::LinkInFile { path, target } => write!(f, "{path} is a link to {target}"),
            Self::LayerMissing { layer } => write!(f, "the layer {layer} is listed, but not there"),
            Self::WeightMissing { layer, name } => {
                write!(f, "the weight {name} of the layer {layer} is listed, but not there")
            }
            Self::WeightMisfits { name, stored, needed } => {
                write!(f, "{name} is stored as {stored}, and the configuration in the file asks for {needed}")
            }
            Self::WeightsMissing { layer, stored, needed } => {
                write!(f, "the layer {layer} has {stored} of its {needed} weights")
            }
            Self::LayersUnlisted => f.write_str("no attribute lists its layers"),
            Self::WeightUnlisted { path } => write!(f, "the dataset {path} belongs to no layer"),
            Self::MembersBelow { folder } => write!(f, "everything in it lies in the folder {folder}"),
            Self::MemberMissing { name } => write!(f, "{name} is not in it"),
            Self::ArchiveMalformed { error } => write!(f, "the archive cannot be read: {error}"),
            Self::MemberChecksum { name } => {
                write!(f, "{name} has changed since it was packed: its checksum does not fit")
            }
            Self::MemberLost { name, error } => write!(f, "{name} cannot be unpacked: {error}"),
            Self::MemberOverlaps { name } => write!(f, "{name} lies in the bytes of another member"),
            Self::MemberUnread { name, why } => write!(f, "{name} is not read: {why}"),
            Self::JsonMalformed { name, error } => write!(f, "{name} is not what Keras writes: {error}"),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.at.file.rsplit(['/', '\\']).next().unwrap_or_default();
        write!(f, "{name}: {}", self.kind)
    }
}

//! How much we are willing to believe. Every number here is far above what TensorFlow writes, and
//! low enough that a wounded file cannot make us allocate what its size does not justify.

/// Axes of a tensor. TensorFlow's own limit is 254.
pub const RANK: usize = 254;

/// Bytes of one decompressed table block. TensorFlow closes a block at 256 KiB, but one entry with a
/// long list of slices or a long key may be larger.
pub const BLOCK: usize = 256 << 20;

/// Bytes of one table block as it lies in the file. A checkpoint of format V1 has the values of variables
/// in its blocks, each in a message of protobuf, whose limit is 2 GiB.
pub const STORED_BLOCK: u64 = (2 << 30) + (1 << 20);

/// Keys share their beginnings, so they take more room in memory than in the file: this many times its
/// size, and [`KEYS`] more, is far above what names of variables do: TensorFlow writes every sixteenth in full.
pub const KEY_EXPANSION: u64 = 32;

/// Bytes of keys that even the smallest file may expand to.
pub const KEYS: u64 = 8 << 20;

/// Keys of slices are looked up one after the other, and not held: so many times the bytes of the file, and
/// [`LOOKUPS`] more.
pub const LOOKUP_EXPANSION: u64 = 256;

/// Bytes of keys that are looked up for even the smallest file.
pub const LOOKUPS: u64 = 64 << 20;

/// Taken from the budget of keys for each record besides its key. One that says nothing has three bytes in the file, and
/// fewer where it is compressed, but takes some hundred in memory.
pub const RECORD: u64 = 224;

/// Snappy can shrink to 1/21 at the very best; a block that claims more is lying.
pub const SNAPPY_RATIO: usize = 64;

/// Shards of one checkpoint.
pub const SHARDS: u32 = 1 << 20;

/// Bytes of a string tensor that we hold in memory to look inside (object graphs, values to print).
pub const STRING_TENSOR: u64 = 1 << 30;

/// Strings of one tensor that we hold in memory: each takes 24 bytes besides its own.
pub const STRINGS: u64 = 1 << 26;

/// Bytes that strings take as NumPy stores them, each with the room of the longest.
pub const FIXED_STRINGS: u64 = 1 << 31;

/// Object paths of one variable that are listed. Diamonds in a graph multiply paths.
pub const PATHS: usize = 64;

/// Steps of the search for the paths of one variable.
pub const PATH_STEPS: usize = 4096;

/// Steps of the search for the paths of all variables of a checkpoint: some hundred for each of a
/// hundred thousand.
pub const ALL_PATH_STEPS: usize = 1 << 25;

/// Parts of a name that are looked at to find the variable that a slot is named after.
pub const NAME_PARTS: usize = 64;

/// Bytes of a `checkpoint` state file: it lists names, so a larger file is another thing.
pub const STATE_FILE: u64 = 16 << 20;

/// Bytes of the text that TensorFlow Hub writes beside a module: three lines.
pub const DESCRIPTOR: u64 = 1 << 16;

/// Bytes of the JSON with which Keras describes a model or lists its files.
pub const KERAS_JSON: u64 = 64 << 20;

/// Bytes of the paths of layers: each repeats those above it.
pub const KERAS_PATHS: u64 = 64 << 20;

/// What such JSON may weigh in memory, in its smallest values: an object is some twenty of them, a list four.
/// A model of a thousand layers is some hundred thousand.
pub const KERAS_JSON_WEIGHT: u64 = 1 << 22;

/// Bytes of the name of a layer, which the names of all its weights repeat.
pub const KERAS_NAME: usize = 256;

/// Each byte of an HDF5 file can be part of one structure, and a few are read twice: this many times the
/// file's size, and [`HDF5_METADATA`] more, is read as structure before we say that it goes in circles.
pub const HDF5_REREAD: u64 = 8;

/// Bytes of structure that even the smallest HDF5 file may have.
pub const HDF5_METADATA: u64 = 1 << 16;

/// Taken from that budget for each chunk of a dataset, which takes some 200 bytes of memory besides those that tell
/// its place: a file cannot have more chunks than an eighth of its bytes, and a thousand.
pub const HDF5_CHUNK: u64 = 64;

/// Paths in HDF5 repeat the names of the groups above, but what lies at their ends takes some hundred bytes:
/// this many times the size of the file, and [`HDF5_PATHS`] more, are far above what honest files have.
pub const HDF5_PATH_EXPANSION: u64 = 16;

/// Bytes of paths that even the smallest HDF5 file may have.
pub const HDF5_PATHS: u64 = 16 << 20;

/// Axes of an HDF5 dataset: the limit of HDF5 itself.
pub const HDF5_RANK: u8 = 32;

/// Levels of an HDF5 B-tree of the second version: a full tree of these has more records than fit a disk.
pub const HDF5_TREE_DEPTH: u16 = 32;

/// Bytes of a log that are read, from its end.
pub const LOG: u64 = 64 << 20;

/// Bytes of a listing: a wide checkpoint has some hundred for each variable and object.
pub const LISTING: u64 = 1 << 30;

/// Bytes of a file that is one protobuf message: the limit of protobuf itself.
pub const GRAPH_FILE: u64 = (1 << 31) - 1;

/// Bytes of such a file in text form, without what is passed over: these take many times their size in
/// memory.
pub const GRAPH_TEXT: usize = 64 << 20;

/// The nodes of a graph are read when others refer to them: this many times the bytes of the graph, and
/// [`GRAPH_NODES`] more, before we say that they refer to each other too often.
pub const GRAPH_REREAD: usize = 8;

/// Bytes of nodes that are read in even the smallest graph.
pub const GRAPH_NODES: usize = 1 << 16;

/// Graphs of one SavedModel: most have one, some a few.
pub const GRAPHS: usize = 1 << 12;

/// Links in HDF5 that lead to each other.
pub const HDF5_LINKS: usize = 16;

/// Files that are listed beside the tensors of a model, and folders within each other in which they may lie.
pub const PARTS: usize = 1 << 16;
/// See [`PARTS`].
pub const PART_FOLDERS: usize = 16;

/// Deflate shrinks to 1/1032 at the very best: a tensor of more than so many times its stored bytes is
/// mostly fill value.
pub const EXPANSION: u64 = 1100;

/// Bytes of memory for each byte of an archive that a member of it may take, unpacked and packed again, and
/// [`MEMBER`] more: numbers are hardly made smaller by deflate, zeros are by both.
pub const MEMBER_EXPANSION: u64 = 8;
/// See [`MEMBER_EXPANSION`].
pub const MEMBER: u64 = 8 << 20;

/// Bytes of elements that even a tensor of fill value alone may have.
pub const FILLED: u64 = 64 << 20;

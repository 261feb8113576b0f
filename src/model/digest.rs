//! What reading the data tells: checksums and statistics, one per entry.

use super::dtype::DType;
use super::entry::EntryId;
use crate::bytes::Fault;

/// How deep a look goes; each level reads more than the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Depth {
    /// The index alone.
    Index,
    /// And which files are there, and their sizes.
    Files,
    /// And every byte of the data, against its checksum.
    Bytes,
    /// And the numbers that the bytes stand for.
    Values,
}

impl Depth {
    /// The word for it in outputs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Index => "index",
            Self::Files => "files",
            Self::Bytes => "bytes",
            Self::Values => "values",
        }
    }
}

/// What one pass over the data found.
#[derive(Clone, Debug)]
pub struct Digests {
    /// How deep the look was.
    pub depth: Depth,
    /// By [`EntryId`]; none where nothing was, or could be, read.
    pub entries: Vec<Option<Digest>>,
    /// Where the data contradict the index.
    pub faults: Vec<Fault>,
    /// Bytes of data that were read.
    pub bytes_read: u64,
}

impl Digests {
    /// What is known when no data were read.
    pub fn none(depth: Depth) -> Self {
        Self { depth, entries: Vec::new(), faults: Vec::new(), bytes_read: 0 }
    }

    /// What was found of an entry.
    pub fn get(&self, entry: EntryId) -> Option<&Digest> {
        self.entries.get(entry)?.as_ref()
    }

    /// The numbers of an entry, if they were looked at.
    pub fn stats(&self, entry: EntryId) -> Option<&Stats> {
        self.get(entry)?.stats.as_ref()
    }
}

/// What the bytes of one entry are.
#[derive(Clone, Debug, PartialEq)]
pub struct Digest {
    /// CRC-32C of the bytes (not masked), as the format computes it. None for a tensor in slices or
    /// pieces.
    pub crc32c: Option<u32>,
    /// True if every checksum that the index records for it fits. None if it records none.
    pub intact: Option<bool>,
    /// The numbers, if they were asked for and the type has numbers.
    pub stats: Option<Stats>,
    /// SHA-256 of the elements, row major and little-endian (strings: a u64 length, then the bytes),
    /// if it was asked for.
    pub sha256: Option<[u8; 32]>,
}

/// The numbers of one tensor. Complex numbers count as two each, booleans as 0 and 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Stats {
    /// How many numbers.
    pub count: u64,
    /// Smallest finite number; NaN if there is none.
    pub min: f64,
    /// Largest finite number; NaN if there is none.
    pub max: f64,
    /// Mean of the finite numbers; NaN if there is none.
    pub mean: f64,
    /// Standard deviation of the finite numbers (of the population); NaN if there is none.
    pub std: f64,
    /// How many are zero.
    pub zeros: u64,
    /// How many are not a number.
    pub nan: u64,
    /// How many are infinite.
    pub inf: u64,
    /// Position of the first element that is not finite (has such a number, if it is complex).
    pub first_not_finite: Option<u64>,
}

impl Stats {
    /// How many are NaN or infinite.
    pub fn not_finite(&self) -> u64 {
        self.nan.saturating_add(self.inf)
    }

    /// The one value that all numbers have, if so.
    pub fn constant(&self) -> Option<f64> {
        (self.count > 0 && self.not_finite() == 0 && self.min == self.max).then_some(self.min)
    }
}

/// How often numbers fall into equal steps between the smallest and the largest.
#[derive(Clone, Debug, PartialEq)]
pub struct Histogram {
    /// Lower end of the first step.
    pub low: f64,
    /// Upper end of the last step.
    pub high: f64,
    /// How many in each step.
    pub counts: Vec<u64>,
}

/// How much the values of a variable changed. Complex numbers count as two numbers each. Figures of
/// differences are those of numbers that are finite on both sides.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Delta {
    /// Numbers compared.
    pub total: u64,
    /// Numbers that differ: of one type, by their bytes (two NaNs of the same bytes do not, 0 and -0 do); of two
    /// types, by their values.
    pub changed: u64,
    /// Numbers that differ by more than what was tolerated.
    pub outside: u64,
    /// Largest absolute difference.
    pub max_abs: f64,
    /// Mean absolute difference.
    pub mean_abs: f64,
    /// Largest difference over the size of the old number, where that is not zero.
    pub max_rel: f64,
    /// Mean of these.
    pub mean_rel: f64,
    /// Norm of the difference over the norm of the old values; infinite if those are all zero.
    pub rel_l2: f64,
    /// Cosine of the angle between the two sides; NaN if one is all zero.
    pub cosine: f64,
    /// Norms of the finite numbers of both sides: old, new.
    pub norms: [f64; 2],
    /// Numbers that are NaN on the new side, finite on the old.
    pub new_nan: u64,
    /// Numbers that are infinite on the new side, finite on the old.
    pub new_inf: u64,
    /// Of two types of floats: the one to which the other side was rounded, if every number is equal then.
    pub rounded: Option<DType>,
}

impl Delta {
    /// Numbers that are finite on the old side only.
    pub fn lost_finite(&self) -> u64 {
        self.new_nan.saturating_add(self.new_inf)
    }
}

/// How far two numbers may be apart and still be taken for the same: as `numpy.allclose(old, new)`, with NaN
/// equal to NaN.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tolerance {
    /// By this much.
    pub absolute: f64,
    /// By this part of the new number.
    pub relative: f64,
}

impl Tolerance {
    /// True for two numbers that are taken for the same.
    pub fn allows(&self, old: f64, new: f64) -> bool {
        if old.is_finite() && new.is_finite() {
            (new - old).abs() <= self.absolute + self.relative * new.abs()
        } else {
            old == new || old.is_nan() && new.is_nan()
        }
    }
}

//! The elements of one chunk of an array: what the filters did is undone, a little at a time, so that however much a
//! chunk comes to need not be held.

mod fletcher;
mod shuffle;

use std::fmt;

use flate2::{Decompress, FlushDecompress, Status};

use self::fletcher::Checked;
use self::shuffle::{Planes, unshuffled};
use super::source::{Broken, Exactly, Source};
use crate::model::Filter;

/// Bytes of a chunk that may be held where that is faster. HDF5 itself has room for 1 MiB unless told otherwise, and
/// chunks that do not fit there are slow for everyone.
pub(super) const WHOLE: u64 = 4 << 20;

/// Stored bytes that are read at a time.
const INPUT: usize = 1 << 13;

/// Bytes of memory that a reader takes, and that it takes for each time that something is decompressed side by side.
const READER: u64 = 48 << 10;
const INFLATED: u64 = 56 << 10;

/// Why the elements of a chunk cannot be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChunkError {
    /// It went through a filter that cannot be undone here.
    Unsupported(Filter),
    /// It does not decompress.
    Deflate,
    /// The checksum behind it does not fit.
    Checksum {
        /// As stored.
        stored: u32,
        /// As the bytes have it.
        computed: u32,
    },
    /// It has fewer bytes than a chunk should.
    Short {
        /// What a chunk should have.
        expected: u64,
        /// What this one has.
        found: u64,
    },
    /// It has more bytes than a chunk should.
    Long {
        /// What a chunk should have.
        expected: u64,
    },
}

impl fmt::Display for ChunkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported(filter) => write!(f, "the filter {filter} cannot be undone here"),
            Self::Deflate => f.write_str("does not decompress"),
            Self::Checksum { stored, computed } => write!(f, "has checksum {computed:08x}, {stored:08x} is stored"),
            Self::Short { expected, found } => write!(f, "has {found} bytes, a chunk needs {expected}"),
            Self::Long { expected } => write!(f, "has more than the {expected} bytes of a chunk"),
        }
    }
}

impl std::error::Error for ChunkError {}

/// The elements of a chunk, `size` bytes. `filters` are in the order of the writing; bit n of `mask` is set if filter
/// n was left out. `stored` gives the stored bytes, from their beginning, as often as it is asked. Up to `whole` bytes
/// may be held.
///
/// # Errors
/// If a filter is unknown; what else is wrong shows as the bytes are read.
pub(super) fn elements<'a>(
    stored: &dyn Fn() -> Box<dyn Source + 'a>,
    filters: &[Filter],
    mask: u32,
    (size, whole): (u64, u64),
) -> Result<Box<dyn Source + 'a>, Broken> {
    let is_left_out =
        |number: usize| u32::try_from(number).ok().and_then(|number| mask.checked_shr(number)).unwrap_or(0) & 1 == 1;
    let filters: Vec<&Filter> =
        filters.iter().enumerate().filter(|(number, _)| !is_left_out(*number)).map(|(_, filter)| filter).collect();
    Ok(Box::new(Exactly::new(undone(stored, &filters, Some(size), whole)?, size)))
}

/// Bytes of memory that it takes to read on in a chunk of which nothing is held, roughly.
pub(super) fn cost(filters: &[Filter]) -> u64 {
    let planes = filters.iter().map(|filter| match filter {
        Filter::Shuffle { element } => u64::from(*element).max(1),
        _ => 1,
    });
    let inflated = filters.iter().filter(|filter| matches!(filter, Filter::Deflate)).count() as u64;
    planes.fold(1, u64::saturating_mul).saturating_mul(inflated.saturating_mul(INFLATED)).saturating_add(READER)
}

/// What was there before these filters, `length` bytes if that can be told.
fn undone<'a>(
    stored: &dyn Fn() -> Box<dyn Source + 'a>,
    filters: &[&Filter],
    length: Option<u64>,
    whole: u64,
) -> Result<Box<dyn Source + 'a>, Broken> {
    let Some((first, later)) = filters.split_first() else { return Ok(stored()) };
    Ok(match first {
        Filter::Deflate => Box::new(Inflated::new(undone(stored, later, None, whole)?)),
        Filter::Fletcher32 => {
            Box::new(Checked::new(undone(stored, later, length.map(|length| length.saturating_add(4)), whole)?))
        }
        Filter::Shuffle { element: 0 | 1 } => undone(stored, later, length, whole)?,
        Filter::Shuffle { element } => match length.filter(|length| *length > whole) {
            None => Box::new(unshuffled(undone(stored, later, length, whole)?, *element, length)?),
            // Each plane is read by itself, through the filters behind: to be done once, and of few planes.
            Some(length) if *element <= shuffle::PLANES && !later.iter().any(|filter| is_shuffle(filter)) => {
                Box::new(Planes::open(|| undone(stored, later, Some(length), whole), *element, length)?)
            }
            Some(_) => return Err(ChunkError::Unsupported((*first).clone()).into()),
        },
        other @ Filter::Other { .. } => return Err(ChunkError::Unsupported((*other).clone()).into()),
    })
}

fn is_shuffle(filter: &Filter) -> bool {
    matches!(filter, Filter::Shuffle { element: 2.. })
}

/// Bytes that zlib compressed.
struct Inflated<'a> {
    inner: Box<dyn Source + 'a>,
    state: Decompress,
    input: Vec<u8>,
    /// What of the input is still to be taken.
    at: usize,
    end: usize,
    is_done: bool,
}

impl<'a> Inflated<'a> {
    fn new(inner: Box<dyn Source + 'a>) -> Self {
        Self { inner, state: Decompress::new(true), input: Vec::new(), at: 0, end: 0, is_done: false }
    }

    /// Reads what is left: a checksum that stands behind the compressed bytes tells more than that they are broken.
    fn drain(&mut self) -> Result<(), Broken> {
        self.inner.skip(u64::MAX).map(|_| ())
    }
}

impl Source for Inflated<'_> {
    fn read(&mut self, into: &mut [u8]) -> Result<usize, Broken> {
        while !self.is_done {
            if self.at == self.end {
                self.input.resize(INPUT, 0);
                (self.at, self.end) = (0, self.inner.read(&mut self.input)?);
            }
            let input = self.input.get(self.at..self.end).unwrap_or_default();
            let before = (self.state.total_in(), self.state.total_out());
            let status = self.state.decompress(input, into, FlushDecompress::None);
            let taken = (self.state.total_in() - before.0) as usize;
            let given = (self.state.total_out() - before.1) as usize;
            self.at += taken;
            match status {
                Ok(Status::StreamEnd) => {
                    self.is_done = true;
                    self.drain()?;
                }
                Ok(_) if taken > 0 || given > 0 => {}
                _ => {
                    self.drain()?;
                    return Err(ChunkError::Deflate.into());
                }
            }
            if given > 0 {
                return Ok(given);
            }
        }
        Ok(0)
    }
}

/// The elements of a chunk that lies in memory.
#[cfg(test)]
pub(crate) fn unfilter(stored: &[u8], filters: &[Filter], mask: u32, size: usize) -> Result<Vec<u8>, ChunkError> {
    let held = || -> Box<dyn Source> { Box::new(super::source::Held::new(stored.to_vec())) };
    let all = || -> Result<Vec<u8>, Broken> {
        let mut source = elements(&held, filters, mask, (size as u64, WHOLE))?;
        let mut bytes = vec![0; size];
        source.fill(&mut bytes)?;
        source.read(&mut [0])?;
        Ok(bytes)
    };
    all().map_err(|broken| match broken {
        Broken::Wrong(error) => error,
        Broken::Unreadable(fault) => panic!("{fault}"),
    })
}

#[cfg(test)]
mod tests;

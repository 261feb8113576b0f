//! How the numbers of a tensor are spread.

use super::decode;
use super::opened::Opened;
use super::stream::{Run, Stream};
use crate::bytes::Fault;
use crate::model::{Checkpoint, Entry, Histogram, Kind, Stats};
use crate::store::Store;

/// Counts the finite numbers of a tensor in `steps` equal steps between the smallest and the largest,
/// which `stats` has. None if there is nothing to spread.
///
/// # Errors
/// If the bytes cannot be read.
pub fn histogram(
    store: &dyn Store,
    checkpoint: &Checkpoint,
    entry: &Entry,
    stats: &Stats,
    steps: usize,
) -> Result<Option<Histogram>, Fault> {
    let kind = match entry.dtype.kind() {
        Kind::Complex { bits } => Kind::Float { bits },
        kind => kind,
    };
    let size = entry.dtype.bytes().unwrap_or(0) as usize / if kind == entry.dtype.kind() { 1 } else { 2 };
    if size == 0 || steps == 0 || !stats.min.is_finite() || stats.min >= stats.max {
        return Ok(None);
    }
    let mut counts = vec![0u64; steps];
    // In halves, since the distance of two numbers may be larger than any number.
    let (low, width) = (stats.min / 2.0, stats.max / 2.0 - stats.min / 2.0);
    let opened = Opened::new(store, checkpoint);
    let mut stream = Stream::open(&opened, entry)?;
    loop {
        let (bytes, times) = match stream.run()? {
            Run::Bytes([]) => break,
            Run::Bytes(bytes) => (bytes, 1),
            Run::Same { element, count } => (element, count),
        };
        for x in bytes.chunks_exact(size).filter_map(|bytes| decode::number(kind, bytes)).filter(|x| x.is_finite()) {
            let step = (((x / 2.0 - low) / width * steps as f64) as usize).min(steps - 1);
            if let Some(count) = counts.get_mut(step) {
                *count = count.saturating_add(times);
            }
        }
    }
    Ok(Some(Histogram { low: stats.min, high: stats.max, counts }))
}

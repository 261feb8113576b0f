//! Some elements of a tensor, in order, each as it is read.

use super::opened::Opened;
use super::read::{Elements, read};
use super::stream::{Run, Stream};
use crate::bytes::{Fault, limits};
use crate::model::{Checkpoint, Entry};
use crate::store::Store;

/// Hands on the bytes of the elements at `count` positions, which ascend: little-endian, or of a string. Numbers are
/// not held; strings are read whole.
///
/// # Errors
/// What keeps them from being read; what `take` says.
pub fn visit<E: From<Fault>>(
    store: &dyn Store,
    checkpoint: &Checkpoint,
    entry: &Entry,
    (positions, count): (impl Iterator<Item = u64>, u64),
    mut take: impl FnMut(&[u8]) -> Result<(), E>,
) -> Result<(), E> {
    let Some(size) = entry.dtype.bytes() else {
        let Elements::Strings(strings) = read(store, checkpoint, entry)? else { return Ok(()) };
        let at = |at: u64| strings.get(usize::try_from(at).unwrap_or(usize::MAX));
        return positions.filter_map(at).try_for_each(|string| take(string));
    };
    let opened = Opened::new(store, checkpoint);
    let mut stream = Stream::open(&opened, entry)?;
    if count.saturating_mul(size) > limits::FILLED {
        stream = stream.each()?;
    }
    let mut positions = positions.peekable();
    let mut start = 0u64;
    while positions.peek().is_some() {
        let (bytes, count) = match stream.run()? {
            Run::Bytes([]) => break,
            Run::Bytes(bytes) => (bytes, None),
            Run::Same { element, count } => (element, Some(count)),
        };
        let end = start.saturating_add(count.unwrap_or(bytes.len() as u64 / size.max(1)));
        while let Some(at) = positions.next_if(|at| *at < end) {
            let from = if count.is_some() { 0 } else { ((at - start) * size) as usize };
            take(bytes.get(from..from + size as usize).unwrap_or_default())?;
        }
        start = end;
    }
    Ok(())
}

//! Rows of which there may be a million: made into text on all cores, and never all in memory.

use std::io;

use rayon::prelude::*;

/// Rows that one thread makes into one text: some tens of kilobytes, which a core's cache holds.
const CHUNK: usize = 256;

/// Rows that are made while others are written.
const TOGETHER: usize = 32 * CHUNK;

/// Gives the texts that `make` makes of chunks of rows to `write`, in their order.
///
/// # Errors
/// The first of `write`.
pub(super) fn write_chunks<I: Sync, T: Send, E>(
    rows: &[I],
    make: impl Fn(&[I]) -> io::Result<T> + Sync,
    mut write: impl FnMut(io::Result<T>) -> Result<(), E>,
) -> Result<(), E> {
    // Short lists are not worth the start of threads.
    if rows.len() < TOGETHER {
        return rows.chunks(CHUNK).map(make).try_for_each(write);
    }
    let mut made: Vec<io::Result<T>> = Vec::new();
    for some in rows.chunks(TOGETHER) {
        let mut next = Vec::new();
        rayon::in_place_scope(|scope| {
            scope.spawn(|_| next = some.par_chunks(CHUNK).map(&make).collect());
            std::mem::take(&mut made).into_iter().try_for_each(&mut write)
        })?;
        made = next;
    }
    made.into_iter().try_for_each(write)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn in_order_whatever_their_number() {
        for count in [0, 1, CHUNK, TOGETHER - 1, TOGETHER, 2 * TOGETHER + 5] {
            let rows: Vec<usize> = (0..count).collect();
            let make = |rows: &[usize]| Ok(rows.iter().flat_map(|row| row.to_le_bytes()).collect::<Vec<u8>>());
            let mut text = Vec::new();
            let written: io::Result<()> = write_chunks(&rows, make, |made| {
                text.extend(made?);
                Ok(())
            });
            assert!(written.is_ok());
            assert_eq!(text, make(&rows).unwrap(), "{count}");
        }
    }

    #[test]
    fn nothing_more_is_made_once_writing_fails() {
        let rows: Vec<usize> = (0..10 * TOGETHER).collect();
        let made = AtomicUsize::new(0);
        let make = |rows: &[usize]| {
            made.fetch_add(rows.len(), Ordering::Relaxed);
            Ok(())
        };
        let written = write_chunks(&rows, make, |_| Err(io::Error::from(io::ErrorKind::BrokenPipe)));
        assert_eq!(written.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        assert!(made.into_inner() <= 2 * TOGETHER);
    }
}

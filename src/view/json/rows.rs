//! Rows of which there may be a million: made into JSON on all cores, and never all in memory.

use rayon::prelude::*;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

/// Rows that are made together: enough to be worth handing out, few enough to be held.
const TOGETHER: usize = 1 << 13;

/// The JSON of a row.
type Made = serde_json::Result<Box<RawValue>>;

/// Gives the JSON of each item's row to `write`, in their order; nothing for an item that has none. The next rows
/// are made while some are written.
///
/// # Errors
/// The first of `write`.
pub(super) fn write_rows<'a, I: Sync, T: Serialize, E>(
    items: &'a [I],
    row: impl Fn(&'a I) -> Option<T> + Sync,
    mut write: impl FnMut(Made) -> Result<(), E>,
) -> Result<(), E> {
    let raw = |item| row(item).as_ref().map(to_raw_value);
    let mut write_all = |made: Vec<Made>| made.into_iter().try_for_each(&mut write);
    // Short lists are not worth the start of threads.
    if items.len() < TOGETHER {
        return write_all(items.iter().filter_map(raw).collect());
    }
    let mut made = Vec::new();
    for chunk in items.chunks(TOGETHER) {
        let mut next = Vec::new();
        rayon::in_place_scope(|scope| {
            scope.spawn(|_| next = chunk.par_iter().filter_map(raw).collect());
            write_all(std::mem::take(&mut made))
        })?;
        made = next;
    }
    write_all(made)
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn in_order_whatever_their_number() {
        for count in [0, 1, TOGETHER - 1, TOGETHER, 2 * TOGETHER + 5] {
            let items: Vec<usize> = (0..count).collect();
            let mut texts = Vec::new();
            let row = |item: &usize| (item % 2 == 1).then_some([*item]);
            let written: serde_json::Result<()> = write_rows(&items, row, |row| {
                texts.push(row?.get().to_owned());
                Ok(())
            });
            assert!(written.is_ok());
            let expected = items.iter().filter(|item| *item % 2 == 1).map(|item| format!("[{item}]"));
            assert!(expected.eq(texts), "{count}");
        }
    }
    #[test]
    fn nothing_more_is_made_once_writing_fails() {
        let items: Vec<usize> = (0..10 * TOGETHER).collect();
        let made = AtomicUsize::new(0);
        let row = |item: &usize| Some((made.fetch_add(1, Ordering::Relaxed), *item));
        let written = write_rows(&items, row, |_| Err(io::Error::from(io::ErrorKind::BrokenPipe)));
        assert_eq!(written.unwrap_err().kind(), io::ErrorKind::BrokenPipe);
        assert!(made.into_inner() <= 2 * TOGETHER);
    }
}

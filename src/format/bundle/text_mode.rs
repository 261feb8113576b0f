//! Files that went through a transfer in text mode, which puts a carriage return before each line feed:
//! told by the bytes themselves.

use std::sync::Arc;

use super::index::Index;
use crate::store::Blob;

/// Bytes of a data file that are looked at, at the most. By chance, one byte in 256 is a line feed.
const HEAD: u64 = 16 << 20;

/// How many line feeds there are, if each follows a carriage return.
fn pairs(bytes: &[u8]) -> Option<u64> {
    let feeds = bytes.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at);
    let follows = |at: usize| at.checked_sub(1).and_then(|before| bytes.get(before)) == Some(&b'\r');
    let mut count = 0u64;
    for at in feeds {
        if !follows(at) {
            return None;
        }
        count = count.saturating_add(1);
    }
    (count > 0).then_some(count)
}

/// How many bytes were added to a damaged index, if it is sound without the carriage returns.
pub(super) fn of_index(label: &Arc<str>, bytes: &[u8]) -> Option<u64> {
    let added = pairs(bytes)?;
    let mut without = Vec::with_capacity(bytes.len());
    let mut rest = bytes.iter().peekable();
    while let Some(byte) = rest.next() {
        if *byte != b'\r' || rest.peek() != Some(&&b'\n') {
            without.push(*byte);
        }
    }
    let mut index = Index::default();
    index.read(label, &without.as_slice());
    index.faults.is_empty().then_some(added)
}

/// True if a data file is larger than the index says by as many bytes as text mode adds.
pub(super) fn of_data(blob: &dyn Blob, excess: u64) -> bool {
    let mut head = vec![0; usize::try_from(blob.size().min(HEAD)).unwrap_or(0)];
    let counted = blob.read_at(0, &mut head).ok().and_then(|()| pairs(&head));
    match counted {
        Some(pairs) if blob.size() <= HEAD => pairs == excess,
        Some(pairs) => pairs <= excess,
        None => false,
    }
}

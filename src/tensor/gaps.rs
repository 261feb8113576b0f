//! Bytes between tensors that no tensor owns.

use super::{PIECE, stream};
use crate::bytes::{Fault, FaultKind};
use crate::model::{Checkpoint, Entry, Extent};
use crate::store::Store;

/// The bytes before, and between, the tensors of each file: a writer may pad with zeros, and nothing else.
pub(super) fn gaps(store: &dyn Store, checkpoint: &Checkpoint) -> Vec<Fault> {
    let mut owned: Vec<Extent> = checkpoint.entries.iter().flat_map(Entry::extents).map(|(e, _)| e).collect();
    owned.sort_by_key(|extent| (extent.file, extent.offset));
    let mut faults = Vec::new();
    for of_file in owned.chunk_by(|a, b| a.file == b.file) {
        let mut covered = 0;
        for extent in of_file.iter().filter(|extent| extent.length > 0) {
            if extent.offset > covered {
                let gap = Extent { offset: covered, length: extent.offset - covered, ..*extent };
                faults.extend(unowned(store, checkpoint, gap));
            }
            covered = covered.max(extent.end());
        }
    }
    faults
}

fn unowned(store: &dyn Store, checkpoint: &Checkpoint, mut gap: Extent) -> Option<Fault> {
    // Of a file that is not there, or too short, that has been said.
    checkpoint.files.get(gap.file)?.size.filter(|size| *size >= gap.end())?;
    let (blob, at) = match stream::open(store, checkpoint, gap) {
        Ok(opened) => opened,
        Err(fault) => return Some(fault),
    };
    let mut buffer = vec![0; PIECE.min(gap.length as usize)];
    while gap.length > 0 {
        let piece = buffer.get_mut(..PIECE.min(gap.length as usize))?;
        if let Err(error) = blob.read_at(gap.offset, piece) {
            return Some(stream::unreadable(&at, &error));
        }
        if piece.iter().any(|byte| *byte != 0) {
            return Some(Fault { kind: FaultKind::UnownedBytes { trailing: false }, at });
        }
        gap.offset += piece.len() as u64;
        gap.length -= piece.len() as u64;
    }
    None
}

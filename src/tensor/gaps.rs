//! Bytes between tensors that no tensor owns.

use super::PIECE;
use super::opened::{Opened, with_buffers};
use crate::bytes::{Fault, FaultKind, Span};
use crate::model::{Checkpoint, Entry, Extent};

/// The bytes before, and between, the tensors of each file: a writer may pad with zeros, and nothing else.
pub(super) fn gaps(opened: &Opened, checkpoint: &Checkpoint) -> Vec<Fault> {
    let mut owned: Vec<Extent> = checkpoint.entries.iter().flat_map(Entry::extents).map(|(e, _)| e).collect();
    owned.sort_by_key(|extent| (extent.file, extent.offset));
    let mut faults = Vec::new();
    for of_file in owned.chunk_by(|a, b| a.file == b.file) {
        let mut covered = 0;
        for extent in of_file.iter().filter(|extent| extent.length > 0) {
            if extent.offset > covered {
                let gap = Extent { offset: covered, length: extent.offset - covered, ..*extent };
                faults.extend(unowned(opened, checkpoint, gap));
            }
            covered = covered.max(extent.end());
        }
    }
    faults
}

fn unowned(opened: &Opened, checkpoint: &Checkpoint, gap: Extent) -> Option<Fault> {
    let file = checkpoint.files.get(gap.file)?;
    // Of a file that is not there, or too short, that has been said.
    file.size.filter(|size| *size >= gap.end())?;
    with_buffers(|[buffer]| {
        for offset in (gap.offset..gap.end()).step_by(PIECE) {
            let piece = Extent { offset, length: (gap.end() - offset).min(PIECE as u64), ..gap };
            match opened.read(piece, buffer) {
                Ok(bytes) if bytes.iter().all(|byte| *byte == 0) => {}
                Ok(_) => {
                    let at = Span { file: file.label.clone(), bytes: gap.offset..gap.end() };
                    return Some(Fault { kind: FaultKind::UnownedBytes { trailing: false }, at });
                }
                Err(fault) => return Some(fault),
            }
        }
        None
    })
}

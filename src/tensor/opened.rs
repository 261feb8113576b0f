//! The files of a checkpoint while its data are read: each is opened once, however many pieces are read of it.

use std::cell::Cell;
use std::sync::Arc;

use super::stream;
use crate::bytes::Fault;
use crate::model::{Checkpoint, Extent};
use crate::store::{Blob, Recent, Store};

/// Files that are open at a time: far fewer than a process may have.
const OPEN: usize = 64;

/// The files of a checkpoint, for any number of threads.
pub(super) struct Opened<'a> {
    store: &'a dyn Store,
    checkpoint: &'a Checkpoint,
    /// By number.
    files: Recent<usize, Arc<dyn Blob>>,
}

impl<'a> Opened<'a> {
    /// None is open yet.
    pub fn new(store: &'a dyn Store, checkpoint: &'a Checkpoint) -> Self {
        Self { store, checkpoint, files: Recent::new(OPEN) }
    }

    /// Reads a stretch of a file into a buffer that may have been used before.
    ///
    /// # Errors
    /// If the file cannot be opened or read, or is too short.
    pub fn read<'b>(&self, extent: Extent, buffer: &'b mut Vec<u8>) -> Result<&'b mut [u8], Fault> {
        let length = extent.length as usize;
        // Never made shorter: what is there need not be zeroed again.
        if buffer.len() < length {
            buffer.resize(length, 0);
        }
        self.fill(extent, buffer)?;
        Ok(buffer.get_mut(..length).unwrap_or_default())
    }

    /// Reads a stretch of a file into the beginning of a buffer, which is long enough.
    ///
    /// # Errors
    /// As [`Opened::read`].
    pub fn fill(&self, extent: Extent, buffer: &mut [u8]) -> Result<(), Fault> {
        let blob = self.open(extent)?;
        let into = buffer.get_mut(..extent.length as usize).unwrap_or_default();
        blob.read_at(extent.offset, into).map_err(|error| {
            // One that was cut since has another size when it is opened again.
            match stream::open(self.store, self.checkpoint, extent) {
                Ok((_, span)) => stream::unreadable(&span, &error),
                Err(fault) => fault,
            }
        })
    }

    /// The checkpoint that they belong to.
    pub fn checkpoint(&self) -> &'a Checkpoint {
        self.checkpoint
    }

    /// Bytes of the file that a stretch lies in.
    ///
    /// # Errors
    /// If the file cannot be opened, or is too short for the stretch.
    pub fn size(&self, extent: Extent) -> Result<u64, Fault> {
        Ok(self.open(extent)?.size())
    }

    fn open(&self, extent: Extent) -> Result<Arc<dyn Blob>, Fault> {
        let is_meant = |file: &usize, blob: &Arc<dyn Blob>| *file == extent.file && blob.size() >= extent.end();
        self.files.get(is_meant, || Ok((extent.file, stream::open(self.store, self.checkpoint, extent)?.0.into())))
    }
}

/// Lends buffers that a thread has used before: fresh memory costs more than reading into it.
pub(super) fn with_buffers<const N: usize, R>(work: impl FnOnce(&mut [Vec<u8>; N]) -> R) -> R {
    thread_local!(static FREE: Cell<Vec<Vec<u8>>> = const { Cell::new(Vec::new()) });
    let mut free = FREE.take();
    let mut lent = [const { Vec::new() }; N].map(|new: Vec<u8>| free.pop().unwrap_or(new));
    FREE.set(free);
    let result = work(&mut lent);
    let mut free = FREE.take();
    free.extend(lent);
    FREE.set(free);
    result
}

//! The superblock: how wide addresses and lengths are, where the root group is, how long the file should be.

use std::io;

use super::reader::{Block, Fields, Flaw, Reader, What};
use crate::bytes::FaultKind;
use crate::store::Blob;

/// What an HDF5 file begins with; one with a block of the user's own has it behind that.
pub(in crate::format) const SIGNATURE: [u8; 8] = *b"\x89HDF\r\n\x1a\n";

/// Flags of a file that is being written, in one way or the other; older files do not use them.
const OPEN: u8 = 0x05;

/// What the superblock says beyond the widths, which go to the reader.
pub(super) struct Superblock {
    /// Address of the root group's header.
    pub root: u64,
    /// Where the file ends, counted from its start.
    pub end: u64,
    /// Where the number that says so stands.
    pub end_at: u64,
}

impl Superblock {
    /// The fault if the file is shorter than it should be: HDF5 refuses it then.
    pub fn truncated(&self, size: u64) -> Option<FaultKind> {
        (size < self.end).then_some(FaultKind::Hdf5Truncated { size, stored_eof: self.end })
    }
}

/// Finds and reads the superblock.
pub(super) fn read(reader: &mut Reader<'_>) -> Result<Superblock, Flaw> {
    let len = SIGNATURE.len() as u64;
    let start = find(reader.size(), |at| reader.block(at, len).map(|block| block.bytes == SIGNATURE))?;
    let missing = Flaw { what: What::Malformed("there is no signature of HDF5"), at: 0..0 };
    let start = start.ok_or(missing)?;
    let block = reader.block(start, reader.size().saturating_sub(start).min(128))?;
    let mut fields = block.fields();
    fields.skip(SIGNATURE.len())?;
    let version = widths(reader, &block, &mut fields)?;
    // The fields with the widths that are known now.
    let after = fields.offset().saturating_sub(block.at);
    addresses(reader, &block, after, version)
}

/// Reads the version, and gives the reader the widths of addresses and lengths.
fn widths(reader: &mut Reader<'_>, block: &Block<'_>, fields: &mut Fields<'_>) -> Result<u8, Flaw> {
    let version = fields.u8()?;
    match version {
        0 | 1 => {
            let at = fields.offset();
            let (free, root) = (fields.u8()?, fields.u8()?);
            // A byte that may be anything.
            fields.skip(1)?;
            let shared = fields.u8()?;
            if [free, root, shared] != [0; 3] {
                reader.note("a version in the superblock is none that HDF5 knows", at..at.saturating_add(4));
            }
            (reader.offset_size, reader.length_size) = (fields.u8()?, fields.u8()?);
            fields.skip(if version == 0 { 9 } else { 13 })?;
        }
        2 | 3 => {
            (reader.offset_size, reader.length_size) = (fields.u8()?, fields.u8()?);
            if fields.u8()? & OPEN != 0 && version == 3 {
                reader.note(
                    "it was not closed by the program that wrote it: HDF5 refuses to open it",
                    block.at..fields.offset(),
                );
            }
        }
        version => return Err(block.unsupported(format!("version {version} of the superblock"))),
    }
    if ![2, 4, 8].contains(&reader.offset_size) || ![2, 4, 8].contains(&reader.length_size) {
        return Err(block.flaw("the width of addresses is not 2, 4 or 8 bytes"));
    }
    Ok(version)
}

/// Reads what stands behind the first bytes of the superblock: addresses, of which the first is the start of the file.
fn addresses(reader: &mut Reader<'_>, block: &Block<'_>, after: u64, version: u8) -> Result<Superblock, Flaw> {
    let rest = block.bytes.get(usize::try_from(after).unwrap_or(usize::MAX)..).unwrap_or_default();
    let tail = reader.piece(rest.to_vec(), block.at.saturating_add(after));
    let mut fields = tail.fields();
    let base = fields.address()?.unwrap_or(0);
    fields.address()?;
    let end_at = fields.offset();
    let stored = fields.address()?;
    let root = if version < 2 {
        if fields.address()?.is_some() {
            return Err(tail.unsupported("a file that is one of several, or otherwise has a driver of its own"));
        }
        fields.address()?;
        fields.address()?
    } else {
        let root = fields.address()?;
        let len = fields.offset().saturating_sub(block.at).saturating_add(4);
        let sealed = block.bytes.get(..usize::try_from(len).unwrap_or(usize::MAX)).unwrap_or_default();
        if !reader.piece(sealed.to_vec(), block.at).is_sealed() {
            reader.note("the checksum of the superblock does not fit", block.at..block.at.saturating_add(len));
        }
        root
    };
    // A block of the user's own may have been put in front of a finished file: the place counts.
    reader.base = block.at;
    let end = stored.map_or(0, |end| end.saturating_sub(base).saturating_add(block.at));
    let root = root.ok_or_else(|| tail.flaw("there is no root group"))?;
    Ok(Superblock { root, end, end_at })
}

/// True for an HDF5 file.
///
/// # Errors
/// If it cannot be read.
pub(in crate::format) fn is_hdf5(blob: &dyn Blob) -> io::Result<bool> {
    let mut found = [0; SIGNATURE.len()];
    let start = find(blob.size(), |at| blob.read_at(at, &mut found).map(|()| found == SIGNATURE))?;
    Ok(start.is_some())
}

/// Where the signature is: at the start of a file of this size, or at 512 bytes, or at a doubling of these.
fn find<E>(size: u64, mut is_at: impl FnMut(u64) -> Result<bool, E>) -> Result<Option<u64>, E> {
    let mut start = 0u64;
    while start.saturating_add(SIGNATURE.len() as u64) <= size {
        if is_at(start)? {
            return Ok(Some(start));
        }
        start = if start == 0 { 512 } else { start.saturating_mul(2) };
    }
    Ok(None)
}

//! Checksums made to fit again: a reader that turned every wounded block away would hide all that lies behind.
//! One input in eight is left as it is.

use std::io::Read;

use ckpt::bytes::{Crc32c, mask};
use flate2::Crc;
use flate2::read::DeflateDecoder;

/// True for the inputs that are left as they are.
fn spared(data: &[u8]) -> bool {
    data.len().is_multiple_of(8)
}

/// How a table ends.
pub const MAGIC: [u8; 8] = [0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb];
const FOOTER: usize = 48;

/// A table, the checksum of each block that its index leads to made anew.
pub fn table(data: &[u8]) -> Vec<u8> {
    let mut bytes = data.to_vec();
    if !spared(data) {
        let of_index = footer(data).into_iter().flatten();
        blocks(data).into_iter().chain(of_index).for_each(|block| seal(&mut bytes, block));
    }
    bytes
}

/// Where a block lies: offset and size.
pub type Handle = (usize, usize);

/// The blocks that the last bytes of a table lead to: the metaindex and the index.
fn footer(data: &[u8]) -> Option<[Handle; 2]> {
    let mut numbers = data.get(data.len().checked_sub(FOOTER)?..)?;
    let mut handle = || Some((number(&mut numbers)?, number(&mut numbers)?));
    Some([handle()?, handle()?])
}

/// The blocks of data, if the index is not compressed.
pub fn blocks(data: &[u8]) -> Vec<Handle> {
    let Some([_, index]) = footer(data) else { return Vec::new() };
    let handles = entries(data, index).into_iter().map(|(_, mut value)| (number(&mut value), number(&mut value)));
    handles.filter_map(|(offset, size)| Some((offset?, size?))).collect()
}

fn seal(bytes: &mut [u8], (offset, size): Handle) {
    let Some(end) = offset.checked_add(size).and_then(|end| end.checked_add(1)) else { return };
    let Some(content) = bytes.get(offset..end) else { return };
    let mut crc = Crc32c::default();
    crc.update(content);
    if let Some(place) = bytes.get_mut(end..end + 4) {
        place.copy_from_slice(&mask(crc.value()).to_le_bytes());
    }
}

/// The keys and values of a block.
pub fn entries(data: &[u8], (offset, size): Handle) -> Vec<(Vec<u8>, &[u8])> {
    let mut found = Vec::new();
    let Some(block) = offset.checked_add(size).and_then(|end| data.get(offset..end)) else { return found };
    let Some((_, count)) = block.split_last_chunk() else { return found };
    let restarts = (u32::from_le_bytes(*count) as usize).saturating_mul(4).saturating_add(4);
    let Some(mut rest) = block.len().checked_sub(restarts).map(|end| &block[..end]) else { return found };
    let mut key: Vec<u8> = Vec::new();
    while let (Some(shared), Some(own), Some(length)) = (number(&mut rest), number(&mut rest), number(&mut rest)) {
        if shared > key.len() || own.saturating_add(length) > rest.len() || found.len() == 4096 {
            break;
        }
        key.truncate(shared);
        key.extend(&rest[..own]);
        found.push((key.clone(), &rest[own..own + length]));
        rest = &rest[own + length..];
    }
    found
}

/// A number of variable length.
fn number(bytes: &mut &[u8]) -> Option<usize> {
    let mut number = 0_usize;
    for shift in (0..63).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= usize::from(byte & 127) << shift;
        if *byte < 128 {
            return Some(number);
        }
    }
    None
}

/// A zip archive, the checksum of each member that is not too large made anew.
pub fn archive(data: &[u8]) -> Vec<u8> {
    let mut bytes = data.to_vec();
    let central = data.windows(4).enumerate().filter(|(_, window)| window == b"PK\x01\x02").map(|(at, _)| at);
    for at in central.take(64).filter(|_| !spared(data)) {
        member(&mut bytes, at);
    }
    bytes
}

/// Largest member that is unpacked, in bytes.
const UNPACKED: u64 = 1 << 20;

/// Writes the checksum of the member whose directory entry is here to both its places.
fn member(bytes: &mut [u8], at: usize) -> Option<()> {
    let short = |at: usize| Some(usize::from(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?)));
    let long = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?) as usize);
    let (method, packed, local) = (short(at + 10)?, long(at + 20)?, long(at + 42)?);
    let start = local + 30 + short(local + 26)? + short(local + 28)?;
    let content = bytes.get(start..start.checked_add(packed)?)?;
    let mut crc = Crc::new();
    if method == 8 {
        let mut unpacked = Vec::new();
        let _ = DeflateDecoder::new(content).take(UNPACKED).read_to_end(&mut unpacked);
        crc.update(&unpacked);
    } else {
        crc.update(content);
    }
    for place in [at + 16, local + 14] {
        bytes.get_mut(place..place + 4)?.copy_from_slice(&crc.sum().to_le_bytes());
    }
    Some(())
}

//! The fields of an ordinary index entry, read without building the message.
//!
//! An index has as many entries as there are tensors, and building a message with a list of dimensions
//! for each was most of the time of `ls` on a wide checkpoint. What is not ordinary (slices, unknown
//! fields, anything malformed) is left to the message, which stays the judge: a test holds both together.

use smallvec::SmallVec;

use crate::proto::bundle::BundleEntry;

/// The fields of an entry.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Fields {
    pub dtype: i32,
    /// The sizes of the axes, negative ones (which are wrong) as two's complement.
    pub axes: SmallVec<[u64; 4]>,
    pub unknown_rank: bool,
    pub shard_id: i32,
    pub offset: i64,
    pub size: i64,
    pub crc32c: u32,
}

impl From<&BundleEntry> for Fields {
    fn from(message: &BundleEntry) -> Self {
        let shape = message.shape.as_ref();
        Self {
            dtype: message.dtype,
            axes: shape.map(|shape| shape.dim.iter().map(|dim| dim.size as u64).collect()).unwrap_or_default(),
            unknown_rank: shape.is_some_and(|shape| shape.unknown_rank),
            shard_id: message.shard_id,
            offset: message.offset,
            size: message.size,
            crc32c: message.crc32c,
        }
    }
}

/// Reads an ordinary entry; none for any other.
pub(super) fn scan(mut bytes: &[u8]) -> Option<Fields> {
    let mut fields = Fields::default();
    let mut shape_seen = false;
    while let Some((&tag, rest)) = bytes.split_first() {
        bytes = rest;
        match tag {
            0x08 => fields.dtype = int32(&mut bytes)?,
            0x12 if !shape_seen => {
                shape_seen = true;
                let mut shape = delimited(&mut bytes)?;
                while !shape.is_empty() {
                    fields.axes.push(dim(&mut shape)?);
                }
            }
            0x18 => fields.shard_id = int32(&mut bytes)?,
            0x20 => fields.offset = varint(&mut bytes)? as i64,
            0x28 => fields.size = varint(&mut bytes)? as i64,
            0x35 => {
                let (crc, rest) = bytes.split_first_chunk()?;
                fields.crc32c = u32::from_le_bytes(*crc);
                bytes = rest;
            }
            _ => return None,
        }
    }
    Some(fields)
}

/// One dimension of a shape: empty for size 0, or its size.
fn dim(shape: &mut &[u8]) -> Option<u64> {
    let (&0x12, rest) = shape.split_first()? else { return None };
    *shape = rest;
    let mut dim = delimited(shape)?;
    let Some((&0x08, rest)) = dim.split_first() else { return dim.is_empty().then_some(0) };
    dim = rest;
    let size = varint(&mut dim)?;
    dim.is_empty().then_some(size)
}

fn delimited<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(varint(bytes)?).ok()?;
    let (inside, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(inside)
}

/// A 32-bit number: of a longer one the low bits, as protobuf has it.
fn int32(bytes: &mut &[u8]) -> Option<i32> {
    Some(varint(bytes)? as i32)
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    // Most numbers are small.
    if let Some((&byte, rest)) = bytes.split_first().filter(|(byte, _)| **byte < 0x80) {
        *bytes = rest;
        return Some(byte.into());
    }
    let mut value = 0u64;
    for shift in (0..63).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    // Ten bytes: a negative number, which no ordinary entry has.
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use prost::Message;

    use super::*;
    use crate::proto::bundle::{TensorShape, tensor_shape::Dim};

    proptest! {
        #[test]
        fn as_the_message(
            (dtype, shard_id) in (0..200i32, 0..5i32),
            dims in prop::option::of(prop::collection::vec(0..1i64 << 40, 0..6)),
            (offset, size, crc32c) in (0..i64::MAX, 0..i64::MAX, any::<u32>()),
        ) {
            let shape = dims.map(|dims| TensorShape {
                dim: dims.into_iter().map(|size| Dim { size, name: String::new() }).collect(),
                unknown_rank: false,
            });
            let message = BundleEntry { dtype, shape, shard_id, offset, size, crc32c, slices: Vec::new() };
            prop_assert_eq!(scan(&message.encode_to_vec()), Some(Fields::from(&message)));
        }

        /// Where both read something, they read the same; the scan reads nothing that the message does not.
        #[test]
        fn of_any_bytes(bytes in prop::collection::vec(prop::sample::select(
            vec![0x08u8, 0x12, 0x18, 0x20, 0x28, 0x35, 0x00, 0x01, 0x02, 0x04, 0x80, 0xff]), 0..24))
        {
            if let Some(fields) = scan(&bytes) {
                let message = BundleEntry::decode(bytes.as_slice());
                prop_assert_eq!(message.ok().map(|message| Fields::from(&message)), Some(fields));
            }
        }
    }
}

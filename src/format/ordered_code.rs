//! The keys of slices: name and extents in an encoding whose byte order is the order of the values.

use crate::proto::bundle::TensorSlice;

/// The keys of the slices of one tensor, which all begin with its name.
pub(super) struct Keys {
    key: Vec<u8>,
    /// Bytes of the name.
    name: usize,
}

impl Keys {
    /// Of the tensor `name`.
    pub fn of(name: &[u8]) -> Self {
        let mut key = Vec::with_capacity(name.len().saturating_add(16));
        number(&mut key, 0);
        string(&mut key, name);
        Self { name: key.len(), key }
    }

    /// The key of a slice. A missing length (the whole axis) is encoded as -1.
    pub fn key(&mut self, slice: &TensorSlice) -> &[u8] {
        let key = &mut self.key;
        key.truncate(self.name);
        number(key, slice.extent.len() as u64);
        for extent in &slice.extent {
            use crate::proto::bundle::tensor_slice::extent::HasLength::Length;
            let length = extent.has_length.as_ref().map_or(-1, |Length(length)| *length);
            signed(key, extent.start);
            signed(key, length);
        }
        key
    }
}

/// How many bytes count, then these, the most significant first.
fn number(out: &mut Vec<u8>, value: u64) {
    let bytes = value.to_be_bytes();
    let significant = bytes.iter().skip_while(|&&byte| byte == 0).copied();
    out.push(u8::try_from(significant.clone().count()).unwrap_or(8));
    out.extend(significant);
}

/// The bytes, 0x00 and 0xff escaped, and an end mark.
fn string(out: &mut Vec<u8>, bytes: &[u8]) {
    for &byte in bytes {
        match byte {
            0x00 => out.extend([0x00, 0xff]),
            0xff => out.extend([0xff, 0x00]),
            byte => out.push(byte),
        }
    }
    out.extend([0x00, 0x01]);
}

/// In n bytes, where 7n bits hold the number and its sign: big-endian two's complement, whose first
/// bits are flipped to tell n (a run of n equal bits) and the sign (1 for zero and above).
fn signed(out: &mut Vec<u8>, value: i64) {
    let n = (1u32..10).find(|n| fits(value, *n)).unwrap_or(10) as usize;
    // Ten bytes of two's complement, of which the last n count.
    let mut bytes = [if value < 0 { 0xff } else { 0x00 }; 10];
    if let Some(low) = bytes.last_chunk_mut::<8>() {
        *low = value.to_be_bytes();
    }
    // n ones and a zero from the left: 80, c0, e0 … ff, ff 80, ff c0.
    let header = u16::MAX.checked_shl(16u32.saturating_sub(n as u32)).unwrap_or(0).to_be_bytes();
    if let Some(counting) = bytes.get_mut(10usize.saturating_sub(n)..) {
        for (byte, mask) in counting.iter_mut().zip(header) {
            *byte ^= mask;
        }
        out.extend_from_slice(counting);
    }
}

/// True if `value` and its sign fit 7n bits.
fn fits(value: i64, n: u32) -> bool {
    let bits = n.saturating_mul(7).saturating_sub(1);
    let limit = 1i128.checked_shl(bits).unwrap_or(i128::MAX);
    let value = i128::from(value);
    (limit.saturating_neg()..limit).contains(&value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::bundle::tensor_slice::Extent;
    use crate::proto::bundle::tensor_slice::extent::HasLength;

    fn code(value: i64) -> Vec<u8> {
        let mut out = Vec::new();
        signed(&mut out, value);
        out
    }

    /// Keys of files that TensorFlow wrote.
    #[test]
    fn signed_numbers() {
        for (value, expected) in [
            (0, vec![0x80]),
            (4, vec![0x84]),
            (63, vec![0xbf]),
            (-1, vec![0x7f]),
            (64, vec![0xc0, 0x40]),
            (300, vec![0xc1, 0x2c]),
            (809, vec![0xc3, 0x29]),
            (8191, vec![0xdf, 0xff]),
            (8192, vec![0xe0, 0x20, 0x00]),
        ] {
            assert_eq!(code(value), expected, "{value}");
        }
        assert_eq!(code(i64::MAX).len(), 10);
    }

    #[test]
    fn the_key_of_a_slice() {
        let whole = Extent { start: 0, has_length: None };
        let part = Extent { start: 6, has_length: Some(HasLength::Length(4)) };
        let slice = TensorSlice { extent: vec![part, whole] };
        let expected = [0x00, 0x65, 0x6d, 0x62, 0x00, 0x01, 0x01, 0x02, 0x86, 0x84, 0x80, 0x7f];
        assert_eq!(Keys::of(b"emb").key(&slice), expected);
        assert_eq!(Keys::of(b"a\xff\x00b").key(&slice)[1..9], [0x61, 0xff, 0x00, 0x00, 0xff, 0x62, 0x00, 0x01]);
    }

    /// The point of the code: keys sort as the numbers do.
    #[test]
    fn order_is_kept() {
        let numbers = [i64::MIN, -9000, -8193, -8192, -65, -64, -1, 0, 1, 63, 64, 8191, 8192, 1 << 40, i64::MAX];
        assert!(numbers.map(code).windows(2).all(|pair| pair[0] < pair[1]));
    }
}

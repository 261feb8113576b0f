//! The checksum of HDF5's newer structures: the hash function lookup3 of Bob Jenkins.

/// The checksum of `bytes`.
pub(super) fn hash(bytes: &[u8]) -> u32 {
    let start = 0xdead_beef_u32.wrapping_add(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
    let mut state = [start; 3];
    // The last twelve bytes are mixed in another way, also if they are whole.
    let whole = bytes.len().saturating_sub(1) / 12;
    let (body, tail) = bytes.split_at_checked(whole.saturating_mul(12)).unwrap_or((bytes, &[]));
    for block in body.as_chunks::<12>().0 {
        add(&mut state, block);
        mix(&mut state);
    }
    if !tail.is_empty() {
        let mut block = [0; 12];
        for (to, from) in block.iter_mut().zip(tail) {
            *to = *from;
        }
        add(&mut state, &block);
        finish(&mut state);
    }
    let [_, _, c] = state;
    c
}

fn add(state: &mut [u32; 3], block: &[u8; 12]) {
    for (word, bytes) in state.iter_mut().zip(block.as_chunks::<4>().0) {
        *word = word.wrapping_add(u32::from_le_bytes(*bytes));
    }
}

fn mix(state: &mut [u32; 3]) {
    let [mut a, mut b, mut c] = *state;
    for [first, second, third] in [[4, 6, 8], [16, 19, 4]] {
        a = a.wrapping_sub(c) ^ c.rotate_left(first);
        c = c.wrapping_add(b);
        b = b.wrapping_sub(a) ^ a.rotate_left(second);
        a = a.wrapping_add(c);
        c = c.wrapping_sub(b) ^ b.rotate_left(third);
        b = b.wrapping_add(a);
    }
    *state = [a, b, c];
}

fn finish(state: &mut [u32; 3]) {
    let [mut a, mut b, mut c] = *state;
    c = (c ^ b).wrapping_sub(b.rotate_left(14));
    a = (a ^ c).wrapping_sub(c.rotate_left(11));
    b = (b ^ a).wrapping_sub(a.rotate_left(25));
    c = (c ^ b).wrapping_sub(b.rotate_left(16));
    a = (a ^ c).wrapping_sub(c.rotate_left(4));
    b = (b ^ a).wrapping_sub(a.rotate_left(14));
    c = (c ^ b).wrapping_sub(b.rotate_left(24));
    *state = [a, b, c];
}

#[cfg(test)]
mod tests {
    use super::hash;

    /// The values that the author of the function gives.
    #[test]
    fn known_vectors() {
        assert_eq!(hash(b""), 0xdead_beef);
        assert_eq!(hash(b"Four score and seven years ago"), 0x1777_0551);
    }
}

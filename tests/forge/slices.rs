//! The keys of slices.

/// One axis of a slice: where it starts and how long it is. `None` is the whole axis.
pub type Extent = Option<(u64, u64)>;

/// The key of one slice of a tensor: an ordered code of a zero, the name, the rank, and all extents.
pub fn key(name: &[u8], slice: &[Extent]) -> Vec<u8> {
    let mut out = unsigned(0);
    for byte in name {
        match byte {
            0x00 => out.extend([0x00, 0xff]),
            0xff => out.extend([0xff, 0x00]),
            other => out.push(*other),
        }
    }
    out.extend([0x00, 0x01]);
    out.extend(unsigned(slice.len() as u64));
    for extent in slice {
        let (start, length) = extent.map_or((0, -1), |(start, length)| (start as i64, length as i64));
        out.extend(signed(start));
        out.extend(signed(length));
    }
    out
}

/// The number of significant bytes, then these, the highest first.
fn unsigned(number: u64) -> Vec<u8> {
    let bytes = number.to_be_bytes();
    let significant = bytes.iter().copied().skip_while(|byte| *byte == 0).collect::<Vec<u8>>();
    [vec![significant.len() as u8], significant].concat()
}

/// Two's complement in as few bytes as it fits with 7 bits each; as many of the first bits as there
/// are bytes are turned round.
fn signed(number: i64) -> Vec<u8> {
    let mut bytes = 1;
    while bytes < 8 && !(-(1_i64 << (7 * bytes - 1))..1 << (7 * bytes - 1)).contains(&number) {
        bytes += 1;
    }
    let mut out = number.to_be_bytes()[8 - bytes..].to_vec();
    let header = (0xff00_u16 >> bytes) as u8;
    out[0] ^= header;
    out
}

/// What TensorFlow wrote.
#[test]
fn known_codes() {
    let expected = b"\x00emb\x00\x01\x01\x02\x80\x86\x80\x7f";
    assert_eq!(key(b"emb", &[Some((0, 6)), None]), expected);
    assert_eq!(key(b"a\xff\x00b", &[]), b"\x00a\xff\x00\x00\xffb\x00\x01\x00");
    let codes: [(i64, &[u8]); 8] = [
        (63, &[0xbf]),
        (-1, &[0x7f]),
        (64, &[0xc0, 0x40]),
        (300, &[0xc1, 0x2c]),
        (809, &[0xc3, 0x29]),
        (8191, &[0xdf, 0xff]),
        (8192, &[0xe0, 0x20, 0x00]),
        (0, &[0x80]),
    ];
    for (number, code) in codes {
        assert_eq!(signed(number), code, "{number}");
    }
}

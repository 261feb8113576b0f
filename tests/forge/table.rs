//! The table of an `.index` file, made the way TensorFlow makes it.

use super::bytes::{masked_crc, varint};

/// How a table is cut into blocks.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    /// A data block is closed when it has this many bytes.
    pub block: usize,
    /// Whether blocks are compressed.
    pub snappy: bool,
    /// Of how many keys one is written in full: of 16, as TensorFlow does it.
    pub interval: usize,
}

/// The bytes of a table of these records, which must be sorted by their keys.
pub fn table(records: &[(Vec<u8>, Vec<u8>)], layout: Layout) -> Vec<u8> {
    let mut file = Vec::new();
    let mut handles: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
    let mut block = Block::new(layout.interval);
    for (i, (key, value)) in records.iter().enumerate() {
        block.add(key, value);
        if block.bytes.len() >= layout.block || i + 1 == records.len() {
            let full = std::mem::replace(&mut block, Block::new(layout.interval));
            handles.push((key.clone(), seal(&mut file, full, layout.snappy)));
        }
    }
    let mut footer = seal(&mut file, Block::new(16), layout.snappy);
    let mut index = Block::new(1);
    for (key, handle) in &handles {
        index.add(key, handle);
    }
    footer.extend(seal(&mut file, index, layout.snappy));
    footer.resize(40, 0);
    file.extend(footer);
    file.extend(0xdb47_7524_8b80_fb57_u64.to_le_bytes());
    file
}

struct Block {
    bytes: Vec<u8>,
    restarts: Vec<u32>,
    interval: usize,
    entries: usize,
    last: Vec<u8>,
}

impl Block {
    fn new(interval: usize) -> Self {
        Self { bytes: Vec::new(), restarts: vec![0], interval, entries: 0, last: Vec::new() }
    }

    fn add(&mut self, key: &[u8], value: &[u8]) {
        let mut shared = self.last.iter().zip(key).take_while(|(a, b)| a == b).count();
        if self.entries.is_multiple_of(self.interval) {
            shared = 0;
            if self.entries > 0 {
                self.restarts.push(self.bytes.len() as u32);
            }
        }
        self.bytes.extend(varint(shared as u64));
        self.bytes.extend(varint((key.len() - shared) as u64));
        self.bytes.extend(varint(value.len() as u64));
        self.bytes.extend(&key[shared..]);
        self.bytes.extend(value);
        self.last = key.to_vec();
        self.entries += 1;
    }
}

/// Appends a block with its trailer; gives its handle.
fn seal(file: &mut Vec<u8>, block: Block, snappy: bool) -> Vec<u8> {
    let mut bytes = block.bytes;
    for restart in &block.restarts {
        bytes.extend(restart.to_le_bytes());
    }
    bytes.extend((block.restarts.len() as u32).to_le_bytes());
    if snappy {
        bytes = literals(&bytes);
    }
    let handle = [varint(file.len() as u64), varint(bytes.len() as u64)].concat();
    bytes.push(u8::from(snappy));
    let crc = masked_crc(&bytes);
    file.extend(bytes);
    file.extend(crc.to_le_bytes());
    handle
}

/// Snappy without any compression: the length, then everything in literals.
fn literals(bytes: &[u8]) -> Vec<u8> {
    let mut out = varint(bytes.len() as u64);
    for chunk in bytes.chunks(1 << 16) {
        let length = chunk.len() - 1;
        match length {
            0..60 => out.push((length as u8) << 2),
            60..256 => out.extend([60 << 2, length as u8]),
            _ => out.extend([61 << 2, length as u8, (length >> 8) as u8]),
        }
        out.extend(chunk);
    }
    out
}

/// The table that TensorFlow writes for one variable and its graph, byte by byte, apart from the
/// separator in the index block, which it shortens to `w`.
#[test]
fn a_table_as_tensorflow_makes_it() {
    let records = [(b"".to_vec(), b"\x08\x01\x1a\x02\x08\x01".to_vec()), (b"v".to_vec(), b"x".to_vec())];
    let bytes = table(&records, Layout { block: 1 << 18, snappy: false, interval: 16 });
    assert_eq!(bytes[..9], *b"\x00\x00\x06\x08\x01\x1a\x02\x08\x01");
    let metaindex = [0, 0, 0, 0, 1, 0, 0, 0, 0, 0xc0, 0xf2, 0xa1, 0xb0];
    assert!(bytes.windows(13).any(|window| window == metaindex));
    assert!(bytes.ends_with(&[0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb]));
}

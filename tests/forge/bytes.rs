//! The small encodings: checksum, variable-length numbers, protobuf fields.

/// CRC-32C, bit by bit: slow, and too simple to be wrong.
#[derive(Clone, Copy, Debug)]
pub struct Crc(u32);

impl Crc {
    pub fn new() -> Self {
        Self(0xffff_ffff)
    }

    pub fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 ^= u32::from(*byte);
            for _ in 0..8 {
                self.0 = if self.0 & 1 == 1 { self.0 >> 1 ^ 0x82f6_3b78 } else { self.0 >> 1 };
            }
        }
    }

    /// As it is stored: turned by 15 bits to the right, and a constant added.
    pub fn masked(self) -> u32 {
        let crc = !self.0;
        crc.rotate_right(15).wrapping_add(0xa282_ead8)
    }
}

pub fn masked_crc(bytes: &[u8]) -> u32 {
    let mut crc = Crc::new();
    crc.add(bytes);
    crc.masked()
}

pub fn varint(mut number: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while number > 127 {
        out.push(number as u8 | 128);
        number /= 128;
    }
    out.push(number as u8);
    out
}

/// A protobuf message in the making. Fields that have their default value are left out, as proto3 does.
#[derive(Clone, Debug, Default)]
pub struct Message(pub Vec<u8>);

impl Message {
    pub fn number(mut self, field: u64, value: i64) -> Self {
        if value != 0 {
            self.0.extend(varint(field * 8));
            self.0.extend(varint(value as u64));
        }
        self
    }

    pub fn fixed32(mut self, field: u64, value: u32) -> Self {
        if value != 0 {
            self.0.extend(varint(field * 8 + 5));
            self.0.extend(value.to_le_bytes());
        }
        self
    }

    pub fn text(self, field: u64, value: &[u8]) -> Self {
        if value.is_empty() { self } else { self.message(field, value) }
    }

    /// Unlike a text, an empty message is written: it is there.
    pub fn message(mut self, field: u64, value: &[u8]) -> Self {
        self.0.extend(varint(field * 8 + 2));
        self.0.extend(varint(value.len() as u64));
        self.0.extend(value);
        self
    }
}

#[test]
fn known_encodings() {
    assert_eq!(masked_crc(b"123456789"), 0xc78a_b0e5);
    assert_eq!(masked_crc(b""), 0xa282_ead8);
    assert_eq!(varint(300), [0xac, 0x02]);
    assert_eq!(
        Message::default().number(1, 0).number(2, 150).text(3, b"hi").0,
        [0x10, 0x96, 0x01, 0x1a, 2, b'h', b'i']
    );
}

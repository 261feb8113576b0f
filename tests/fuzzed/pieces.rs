//! One input as several: pieces with a mark between them, which stays where it is when bytes come and go.

use ckpt::store::Memory;

use crate::forge;
use crate::forge::bytes::{Crc, Message, masked_crc, varint};

/// What stands between two pieces.
pub const MARK: [u8; 3] = [0xf7; 3];

/// The piece between two checkpoints.
pub const NEW: &[u8] = b"NEW";

/// Pieces of one input at the most.
const MOST: usize = 512;

/// The pieces; an input without a mark is one.
pub fn pieces(data: &[u8]) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    let mut rest = data;
    while let Some(at) = rest.windows(MARK.len()).position(|window| window == MARK) {
        if pieces.len() == MOST {
            break;
        }
        pieces.push(&rest[..at]);
        rest = &rest[at + MARK.len()..];
    }
    pieces.push(rest);
    pieces
}

/// The key of the object graph.
pub const GRAPH: &[u8] = b"_CHECKPOINTABLE_OBJECT_GRAPH";

/// Records of an index, and what they lead to, with all checksums of the table and the graph as they should be.
pub struct Records {
    records: Vec<(Vec<u8>, Vec<u8>)>,
    shard: Vec<u8>,
}

impl Records {
    /// The object graph, a shard, then keys and values.
    pub fn new(pieces: &[&[u8]]) -> Self {
        let piece = |at: usize| pieces.get(at).copied().unwrap_or_default();
        let mut shard = piece(1).to_vec();
        let records = pieces.get(2..).unwrap_or_default().chunks_exact(2);
        let mut records: Vec<_> = records.map(|record| (record[0].to_vec(), record[1].to_vec())).collect();
        if !piece(0).is_empty() {
            records.retain(|(key, _)| key != GRAPH);
            records.push((GRAPH.to_vec(), graph(piece(0), &mut shard)));
        }
        records.sort();
        Self { records, shard }
    }

    /// The table of them, which by itself may be a checkpoint of format V1.
    pub fn table(self) -> Vec<u8> {
        forge::table_of(self.records)
    }

    /// Puts them on a disk as a bundle.
    pub fn put(self, disk: &mut Memory, prefix: &str) {
        disk.put(format!("{prefix}.index"), forge::table_of(self.records));
        disk.put(format!("{prefix}.data-00000-of-00001"), self.shard);
    }
}

/// Appends a string tensor of one element; gives its record.
fn graph(bytes: &[u8], shard: &mut Vec<u8>) -> Vec<u8> {
    let start = shard.len();
    let length = (bytes.len() as u32).to_le_bytes();
    let of_length = masked_crc(&length).to_le_bytes();
    shard.extend(varint(bytes.len() as u64));
    shard.extend(of_length);
    shard.extend(bytes);
    let mut crc = Crc::new();
    [&length, &of_length, bytes].into_iter().for_each(|part| crc.add(part));
    let entry = Message::default().number(1, 7).message(2, &[]).number(4, start as i64);
    entry.number(5, (shard.len() - start) as i64).fixed32(6, crc.masked()).0
}

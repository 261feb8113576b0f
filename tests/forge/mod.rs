//! Writes checkpoints for tests. Shares no code with the crate, not even a constant: a mistake in a
//! reader cannot be made up for by the same mistake in a writer.
//!
//! ```text
//! Forge::new("run/ckpt-1").floats("dense/kernel", &[2, 2], &[1., 2., 3., 4.]).put(&mut disk);
//! ```

#![allow(dead_code, reason = "each test file is a program of its own, and none uses all of this")]

pub mod bytes;
pub mod graph;
pub mod hdf5;
pub mod slices;
mod table;
pub mod types;
pub mod v1;

use bytes::{Crc, Message, masked_crc, varint};
use ckpt::store::Memory;
use graph::Graph;
use slices::Extent;
use table::{Layout, table};
use types::{F32, I64, STRING, Type, VARIANT};

/// A checkpoint in the making.
#[derive(Clone, Debug)]
pub struct Forge {
    prefix: String,
    tensors: Vec<Tensor>,
    shard: usize,
    big_endian: bool,
    alignment: usize,
    layout: Layout,
    with_header: bool,
    producer: i64,
    min_consumer: i64,
}

#[derive(Clone, Debug)]
struct Tensor {
    key: Vec<u8>,
    dtype: Type,
    shape: Vec<u64>,
    content: Content,
    shard: usize,
}

#[derive(Clone, Debug)]
enum Content {
    Elements(Vec<u8>),
    Strings(Vec<Vec<u8>>),
    Variants(Vec<Vec<u8>>),
    /// Each slice with its elements.
    Slices(Vec<(Vec<Extent>, Vec<u8>)>),
}

impl Forge {
    pub fn new(prefix: &str) -> Self {
        Self {
            prefix: prefix.to_owned(),
            tensors: Vec::new(),
            shard: 0,
            big_endian: false,
            alignment: 1,
            layout: Layout { block: 1 << 18, snappy: false, interval: 16 },
            with_header: true,
            producer: 1,
            min_consumer: 0,
        }
    }

    /// A tensor of any type of fixed size, its elements row-major and little-endian.
    pub fn tensor(self, key: impl AsRef<[u8]>, dtype: Type, shape: &[u64], elements: &[u8]) -> Self {
        let count: u64 = shape.iter().product();
        assert_eq!(elements.len() as u64, count * dtype.bytes as u64, "the elements do not fill the shape");
        self.add(key, dtype, shape, Content::Elements(elements.to_vec()))
    }

    pub fn floats(self, key: impl AsRef<[u8]>, shape: &[u64], elements: &[f32]) -> Self {
        let bytes: Vec<u8> = elements.iter().flat_map(|element| element.to_le_bytes()).collect();
        self.tensor(key, F32, shape, &bytes)
    }

    /// A scalar, such as `global_step`.
    pub fn count(self, key: impl AsRef<[u8]>, value: i64) -> Self {
        self.tensor(key, I64, &[], &value.to_le_bytes())
    }

    pub fn strings(self, key: impl AsRef<[u8]>, shape: &[u64], elements: &[&[u8]]) -> Self {
        assert_eq!(elements.len() as u64, shape.iter().product::<u64>(), "the strings do not fill the shape");
        self.add(key, STRING, shape, Content::Strings(elements.iter().map(|element| element.to_vec()).collect()))
    }

    /// Variants, as serialized messages.
    pub fn variants(self, key: impl AsRef<[u8]>, shape: &[u64], elements: &[&[u8]]) -> Self {
        assert_eq!(elements.len() as u64, shape.iter().product::<u64>(), "the variants do not fill the shape");
        self.add(key, VARIANT, shape, Content::Variants(elements.iter().map(|element| element.to_vec()).collect()))
    }

    /// A partitioned tensor: slices with the elements of each.
    pub fn sliced(
        self,
        key: impl AsRef<[u8]>,
        dtype: Type,
        shape: &[u64],
        slices: Vec<(Vec<Extent>, Vec<u8>)>,
    ) -> Self {
        self.add(key, dtype, shape, Content::Slices(slices))
    }

    /// The object graph, under its key.
    pub fn graph(self, graph: &Graph) -> Self {
        self.strings("_CHECKPOINTABLE_OBJECT_GRAPH", &[], &[&graph.bytes()])
    }

    fn add(mut self, key: impl AsRef<[u8]>, dtype: Type, shape: &[u64], content: Content) -> Self {
        let (key, shape, shard) = (key.as_ref().to_vec(), shape.to_vec(), self.shard);
        self.tensors.push(Tensor { key, dtype, shape, content, shard });
        self
    }

    /// What is added from here on lies in this shard.
    pub fn shard(mut self, shard: usize) -> Self {
        self.shard = shard;
        self
    }

    pub fn big_endian(mut self) -> Self {
        self.big_endian = true;
        self
    }

    /// Tensors start at multiples of this, zeros between.
    pub fn alignment(mut self, alignment: usize) -> Self {
        self.alignment = alignment;
        self
    }

    /// Compresses the blocks of the index.
    pub fn snappy(mut self) -> Self {
        self.layout.snappy = true;
        self
    }

    /// Closes the data blocks of the index at this size.
    pub fn block(mut self, bytes: usize) -> Self {
        self.layout.block = bytes;
        self
    }

    /// Writes one of so many keys in full.
    pub fn interval(mut self, keys: usize) -> Self {
        self.layout.interval = keys;
        self
    }

    /// The same under another prefix.
    pub fn renamed(mut self, prefix: &str) -> Self {
        self.prefix = prefix.to_owned();
        self
    }

    /// Leaves the header out.
    pub fn headless(mut self) -> Self {
        self.with_header = false;
        self
    }

    /// The version that a reader must have.
    pub fn min_consumer(mut self, version: i64) -> Self {
        self.min_consumer = version;
        self
    }

    /// The files: name and bytes.
    pub fn files(&self) -> Vec<(String, Vec<u8>)> {
        let count = self.tensors.iter().map(|tensor| tensor.shard + 1).max().unwrap_or(1);
        let mut shards = vec![Vec::new(); count];
        let mut records: Vec<(Vec<u8>, Vec<u8>)> = Vec::new();
        if self.with_header {
            let version = Message::default().number(1, self.producer).number(2, self.min_consumer);
            let header = Message::default().number(1, count as i64).number(2, self.big_endian.into());
            records.push((Vec::new(), header.message(3, &version.0).0));
        }
        for tensor in &self.tensors {
            self.store(tensor, &mut shards[tensor.shard], &mut records);
        }
        records.sort();
        assert!(records.windows(2).all(|pair| pair[0].0 < pair[1].0), "a key occurs twice");
        let mut files = vec![(format!("{}.index", self.prefix), table(&records, self.layout))];
        for (i, shard) in shards.into_iter().enumerate() {
            files.push((format!("{}.data-{i:05}-of-{count:05}", self.prefix), shard));
        }
        files
    }

    /// Puts the files on a disk.
    pub fn put(&self, disk: &mut Memory) {
        for (name, bytes) in self.files() {
            disk.put(name, bytes);
        }
    }

    /// A disk with this checkpoint and nothing else.
    pub fn disk(&self) -> Memory {
        let mut disk = Memory::default();
        self.put(&mut disk);
        disk
    }

    fn store(&self, tensor: &Tensor, shard: &mut Vec<u8>, records: &mut Vec<(Vec<u8>, Vec<u8>)>) {
        let mut place = |shape: &[u64], bytes: &[u8], crc: u32| {
            while !shard.len().is_multiple_of(self.alignment) {
                shard.push(0);
            }
            let entry = Message::default().number(1, tensor.dtype.number).message(2, &shape_message(shape));
            let entry =
                entry.number(3, tensor.shard as i64).number(4, shard.len() as i64).number(5, bytes.len() as i64);
            shard.extend(bytes);
            entry.fixed32(6, crc).0
        };
        let record = match &tensor.content {
            Content::Elements(elements) => {
                let bytes = self.ordered(elements, tensor.dtype);
                place(&tensor.shape, &bytes, masked_crc(&bytes))
            }
            Content::Strings(strings) => {
                let (bytes, crc) = self.string_bytes(strings);
                place(&tensor.shape, &bytes, crc)
            }
            Content::Variants(variants) => {
                let (bytes, crc) = variant_bytes(variants);
                place(&tensor.shape, &bytes, crc)
            }
            Content::Slices(slices) => {
                let mut whole =
                    Message::default().number(1, tensor.dtype.number).message(2, &shape_message(&tensor.shape));
                for (slice, elements) in slices {
                    let bytes = self.ordered(elements, tensor.dtype);
                    let axes = slice.iter().zip(&tensor.shape);
                    let shape: Vec<u64> =
                        axes.map(|(extent, axis)| extent.map_or(*axis, |(_, length)| length)).collect();
                    records.push((slices::key(&tensor.key, slice), place(&shape, &bytes, masked_crc(&bytes))));
                    whole = whole.message(7, &slice_message(slice));
                }
                whole.0
            }
        };
        records.push((tensor.key.clone(), record));
    }

    /// Elements in the byte order of the file.
    fn ordered(&self, elements: &[u8], dtype: Type) -> Vec<u8> {
        if !self.big_endian {
            return elements.to_vec();
        }
        elements.chunks(dtype.word).flat_map(|word| word.iter().rev().copied()).collect()
    }

    /// Lengths, their checksum, then all the bytes. The checksum of the whole takes the lengths as
    /// numbers of 32 bits, not as they are stored.
    fn string_bytes(&self, strings: &[Vec<u8>]) -> (Vec<u8>, u32) {
        let (mut bytes, mut crc) = (Vec::new(), Crc::new());
        let word = |number: u32| if self.big_endian { number.to_be_bytes() } else { number.to_le_bytes() };
        for string in strings {
            bytes.extend(varint(string.len() as u64));
            crc.add(&word(string.len() as u32));
        }
        let of_lengths = word(crc.masked());
        bytes.extend(of_lengths);
        crc.add(&of_lengths);
        for string in strings {
            bytes.extend(string);
            crc.add(string);
        }
        (bytes, crc.masked())
    }
}

/// Each with its length before and a checksum behind, which runs on from one to the next.
fn variant_bytes(variants: &[Vec<u8>]) -> (Vec<u8>, u32) {
    let (mut bytes, mut crc) = (Vec::new(), Crc::new());
    for variant in variants {
        bytes.extend(varint(variant.len() as u64));
        bytes.extend(variant);
        crc.add(&(variant.len() as u64).to_le_bytes());
        crc.add(variant);
        let so_far = crc.masked().to_le_bytes();
        bytes.extend(so_far);
        crc.add(&so_far);
    }
    (bytes, crc.masked())
}

/// An axis of size 0 is an empty message, not none.
fn shape_message(shape: &[u64]) -> Vec<u8> {
    let axis = |size: &u64| Message::default().number(1, *size as i64).0;
    shape.iter().fold(Message::default(), |message, size| message.message(2, &axis(size))).0
}

/// A length is written even where it is 0: without one, the whole axis is meant.
fn slice_message(slice: &[Extent]) -> Vec<u8> {
    let extent = |extent: &Extent| match extent {
        Some((start, length)) => {
            let mut message = Message::default().number(1, *start as i64).0;
            message.extend([2 * 8]);
            message.extend(varint(*length));
            message
        }
        None => Vec::new(),
    };
    slice.iter().fold(Message::default(), |message, one| message.message(1, &extent(one))).0
}

/// A table of any records, sorted by their keys.
pub fn table_of(records: Vec<(Vec<u8>, Vec<u8>)>) -> Vec<u8> {
    table(&records, Layout { block: 1 << 18, snappy: false, interval: 16 })
}

/// A state file that names these checkpoints, the last one as the latest.
pub fn state_file(paths: &[&str]) -> Vec<u8> {
    let latest = paths.last().copied().unwrap_or_default();
    let all: String = paths.iter().map(|path| format!("all_model_checkpoint_paths: \"{path}\"\n")).collect();
    format!("model_checkpoint_path: \"{latest}\"\n{all}").into_bytes()
}

/// Numbers that look trained: finite, not constant, different for every `seed`.
pub fn numbers(count: usize, seed: u64) -> Vec<f32> {
    (0..count as u64).map(|i| ((i * 37 + seed * 101 + 13) % 997) as f32 / 997.0 - 0.4).collect()
}

//! The records of `PREFIX.index`: the header, and an entry for each tensor or slice.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use memchr::memchr_iter;
use prost::Message;

use super::scan::{Fields, scan};
use crate::bytes::{Fault, FaultKind, Span, limits, unmask};
use crate::format::sstable::{self, Record};
use crate::format::version;
use crate::model::{DType, Endianness, Entry, Extent, GRAPH_KEY, Key, Kind, Payload, Shape};
use crate::proto::bundle::{BundleEntry, BundleHeader, TensorSlice};
use crate::store::Blob;

/// About the bytes that the record of a tensor takes: how many there will be, so that they need not move.
const RECORD: u64 = 32;

/// What the table says. In the extents here, `file` is still the number of the shard.
#[derive(Debug)]
pub(super) struct Index {
    /// Number of shards; none if the header cannot be read.
    pub shards: Option<u32>,
    pub endianness: Endianness,
    /// Tensors, in the order of the table.
    pub entries: Vec<Entry>,
    /// The slices of partitioned tensors, by position in `entries`.
    pub partitioned: Vec<(usize, Vec<TensorSlice>)>,
    /// Entries of single slices, by their encoded keys.
    pub slices: HashMap<Vec<u8>, Entry>,
    /// True if some key is one that only object-based checkpoints have.
    pub by_object: bool,
    pub faults: Vec<Fault>,
}

impl Default for Index {
    fn default() -> Self {
        Self {
            shards: None,
            endianness: Endianness::Little,
            entries: Vec::new(),
            partitioned: Vec::new(),
            slices: HashMap::new(),
            by_object: false,
            faults: Vec::new(),
        }
    }
}

impl Index {
    /// Reads the table in `blob`.
    pub fn read(&mut self, file: &Arc<str>, blob: &dyn Blob) {
        let mut header = false;
        let mut records = 0usize;
        // Of a file with a size that no memory has, there will not be that many.
        let _ = self.entries.try_reserve(usize::try_from(blob.size() / RECORD).unwrap_or(0));
        let faults = sstable::read(file, blob, &mut |record| {
            records = records.saturating_add(1);
            if record.key.bytes().is_empty() && !header {
                header = true;
                self.header(file, &record);
            } else {
                self.entry(file, record);
            }
        });
        let readable = records > 0;
        // Structure first: what is wrong with single records follows from it more often than not.
        self.faults.splice(0..0, faults);
        if readable && !header {
            self.fault(file, FaultKind::HeaderMissing, 0..0);
        }
    }

    fn fault(&mut self, file: &Arc<str>, kind: FaultKind, bytes: Range<u64>) {
        self.faults.push(Fault { kind, at: Span { file: file.clone(), bytes } });
    }

    fn header(&mut self, file: &Arc<str>, record: &Record) {
        let header = match BundleHeader::decode(record.value) {
            Ok(header) => header,
            Err(error) => {
                let kind = FaultKind::HeaderMalformed { error: error.to_string() };
                return self.fault(file, kind, record.at.clone());
            }
        };
        match u32::try_from(header.num_shards) {
            Ok(shards) if (1..=limits::SHARDS).contains(&shards) => self.shards = Some(shards),
            _ => {
                let error = format!("{} shards", header.num_shards);
                self.fault(file, FaultKind::HeaderMalformed { error }, record.at.clone());
            }
        }
        match header.endianness {
            0 => {}
            1 => self.endianness = Endianness::Big,
            other => {
                let error = format!("byte order {other}");
                self.fault(file, FaultKind::HeaderMalformed { error }, record.at.clone());
            }
        }
        if let Some(kind) = version::refused(&header.version.unwrap_or_default()) {
            self.fault(file, kind, record.at.clone());
        }
    }

    fn entry(&mut self, file: &Arc<str>, record: Record) {
        let (fields, slices) = match scan(record.value) {
            Some(fields) => (fields, Vec::new()),
            None => match BundleEntry::decode(record.value) {
                Ok(message) => (Fields::from(&message), message.slices),
                Err(error) => {
                    let key = record.key.to_string();
                    let kind = FaultKind::EntryMalformed { key, error: error.to_string() };
                    return self.fault(file, kind, record.at.clone());
                }
            },
        };
        let dtype = DType::from_number(fields.dtype).filter(|dtype| dtype.kind() != Kind::Resource);
        let shape = shape(&fields);
        let extent = extent(fields.shard_id, fields.offset, fields.size);
        let partitioned = !slices.is_empty();
        for kind in faults(&record.key, &fields, dtype, shape.as_ref(), extent.filter(|_| !partitioned)) {
            self.fault(file, kind, record.at.clone());
        }
        let entry = Entry {
            key: record.key,
            dtype: dtype.unwrap_or(DType::UNKNOWN),
            shape: shape.unwrap_or_else(Shape::unknown),
            payload: extent.filter(|_| !partitioned).map_or(Payload::Nowhere, Payload::Extent),
            checksum: (!partitioned).then(|| unmask(fields.crc32c)),
            endianness: self.endianness,
            trusted: record.trusted,
            declared_at: record.at.into(),
        };
        // A slice's key begins with a zero byte, which no name that can be told from one does.
        if entry.key.bytes().first() == Some(&0) {
            self.slices.insert(entry.key.bytes().to_vec(), entry);
            return;
        }
        self.by_object = self.by_object || by_object(entry.key.bytes());
        if partitioned {
            self.partitioned.push((self.entries.len(), slices));
        }
        self.entries.push(entry);
    }
}

/// True for keys that only object-based checkpoints have.
fn by_object(key: &[u8]) -> bool {
    let attributes =
        |dot: usize| key.get(dot.saturating_sub(1)..).is_some_and(|rest| rest.starts_with(b"/.ATTRIBUTES/"));
    key == GRAPH_KEY.as_bytes() || memchr_iter(b'.', key).any(attributes)
}

/// What is wrong with an entry, taken by itself.
fn faults(
    key: &Key,
    fields: &Fields,
    dtype: Option<DType>,
    shape: Option<&Shape>,
    extent: Option<Extent>,
) -> Vec<FaultKind> {
    let key = || key.to_string();
    let mut faults = Vec::new();
    if dtype.is_none() {
        faults.push(FaultKind::DTypeUnknown { key: key(), number: fields.dtype });
    }
    if shape.is_none() {
        faults.push(FaultKind::ShapeInvalid { key: key() });
    }
    if fields.offset < 0 || fields.size < 0 || fields.offset.checked_add(fields.size).is_none() {
        faults.push(FaultKind::ExtentInvalid { key: key(), offset: fields.offset, size: fields.size });
    }
    let sized = dtype.and_then(|dtype| dtype.bytes()).zip(shape.and_then(Shape::elements));
    let expected = sized.and_then(|(bytes, elements)| bytes.checked_mul(elements));
    if sized.is_some() && expected.is_none() {
        faults.push(FaultKind::ShapeInvalid { key: key() });
    }
    if let Some((expected, extent)) = expected.zip(extent).filter(|(expected, extent)| extent.length != *expected) {
        faults.push(FaultKind::SizeMismatch { key: key(), stored: extent.length, expected });
    }
    faults
}

/// The shape of an entry; none if it is impossible.
fn shape(fields: &Fields) -> Option<Shape> {
    if fields.unknown_rank {
        return Some(Shape::unknown());
    }
    if fields.axes.len() > limits::RANK || fields.axes.iter().any(|size| *size > i64::MAX as u64) {
        return None;
    }
    let shape = Shape::from(fields.axes.as_slice());
    shape.elements().is_some().then_some(shape)
}

fn extent(shard: i32, offset: i64, size: i64) -> Option<Extent> {
    let (offset, length) = (u64::try_from(offset).ok()?, u64::try_from(size).ok()?);
    offset.checked_add(length)?;
    // A negative number of a shard is out of range, which is told where the shards are known.
    Some(Extent { file: usize::try_from(shard).unwrap_or(usize::MAX), offset, length })
}

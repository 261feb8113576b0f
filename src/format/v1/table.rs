//! One file of format V1: what it says it holds, and where the values of each slice lie in it.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use prost::Message;

use crate::bytes::{Fault, FaultKind, Span};
use crate::format::slices::Budget;
use crate::format::sstable::{self, Record};
use crate::format::version;
use crate::proto::fields::places;
use crate::proto::v1::{SavedSliceMeta, SavedTensorSlices};
use crate::store::Blob;

/// The field of SavedTensorSlices that holds a SavedSlice.
const SLICE: u64 = 2;
/// The field of SavedSlice that holds a TensorProto.
const VALUES: u64 = 3;

/// What a file says.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// The variables that it holds slices of; none if that cannot be read.
    pub saved: Option<Vec<SavedSliceMeta>>,
    /// Where that stands.
    pub saved_at: Range<u64>,
    /// False if that stands in a block with a wrong checksum.
    pub trusted: bool,
    /// The record of each slice, by its encoded key.
    pub slices: HashMap<Vec<u8>, Stored>,
    /// What may be looked up among these.
    pub budget: Budget,
    pub faults: Vec<Fault>,
}

/// The record of a slice.
#[derive(Debug)]
pub(super) struct Stored {
    /// Where its TensorProto lies; none if the record cannot be read.
    pub values: Option<Range<u64>>,
    pub at: Range<u64>,
    pub trusted: bool,
}

impl Table {
    /// Reads a file from its first block to its last.
    pub fn read(file: &Arc<str>, blob: &dyn Blob) -> Self {
        let mut table = Self { budget: Budget::of(blob.size()), ..Self::default() };
        let (mut header, mut records) = (false, false);
        let faults = sstable::read(file, blob, &mut |record| {
            records = true;
            if record.key.bytes().is_empty() && !header {
                header = true;
                table.header(file, &record);
            } else {
                table.slice(file, record);
            }
        });
        // Structure first: what is wrong with single records follows from it more often than not.
        table.faults.splice(0..0, faults);
        if records && !header {
            table.fault(file, FaultKind::HeaderMissing, 0..0);
        }
        table
    }

    fn fault(&mut self, file: &Arc<str>, kind: FaultKind, bytes: Range<u64>) {
        self.faults.push(Fault { kind, at: Span { file: file.clone(), bytes } });
    }

    fn header(&mut self, file: &Arc<str>, record: &Record) {
        let meta = match SavedTensorSlices::decode(record.value) {
            Ok(message) => message.meta.ok_or_else(|| "it lists no variables".to_owned()),
            Err(error) => Err(error.to_string()),
        };
        match meta {
            Ok(meta) => {
                if let Some(kind) = version::refused(&meta.versions.unwrap_or_default()) {
                    self.fault(file, kind, record.at.clone());
                }
                self.saved = Some(meta.tensor);
                self.saved_at = record.at.clone();
                self.trusted = record.trusted;
            }
            Err(error) => self.fault(file, FaultKind::HeaderMalformed { error }, record.at.clone()),
        }
    }

    fn slice(&mut self, file: &Arc<str>, record: Record) {
        let place = match record.value_at {
            Some(at) => values(record.value, at),
            None => Err("its block is compressed, as none of this format is".to_owned()),
        };
        let values = match place {
            Ok(values) => Some(values),
            Err(error) => {
                let kind = FaultKind::EntryMalformed { key: record.key.to_string(), error };
                self.fault(file, kind, record.at.clone());
                None
            }
        };
        let stored = Stored { values, at: record.at, trusted: record.trusted };
        // Of records with one key, a search finds the first.
        self.slices.entry(record.key.bytes().to_vec()).or_insert(stored);
    }
}

/// Where in a file the TensorProto lies that a record's value, which begins `at` this offset, ends in.
fn values(value: &[u8], at: u64) -> Result<Range<u64>, String> {
    let slice = field(value, SLICE)?;
    let values = field(value.get(slice.clone()).unwrap_or_default(), VALUES)?;
    let start = at.saturating_add(slice.start as u64).saturating_add(values.start as u64);
    Ok(start..start.saturating_add(values.len() as u64))
}

/// The place of the one field of bytes of this number in a message. Protobuf would put several together, but
/// then the values would lie in several places.
fn field(message: &[u8], wanted: u64) -> Result<Range<usize>, String> {
    let mut found = None;
    for field in places(message) {
        let (number, place) = field?;
        if number == wanted && found.replace(place).is_some() {
            return Err(format!("it has field {wanted} twice"));
        }
    }
    found.ok_or_else(|| format!("it has no field {wanted}"))
}

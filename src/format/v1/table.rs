//! One file of format V1: what it says it holds, and where the values of each slice lie in it.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use prost::Message;

use crate::bytes::{Cursor, Fault, FaultKind, Span};
use crate::format::slices::Budget;
use crate::format::sstable::{self, Record};
use crate::format::version;
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
            Some(at) => values(file, record.value, at),
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
fn values(file: &Arc<str>, value: &[u8], at: u64) -> Result<Range<u64>, String> {
    let (slice, at) = field(file, value, at, SLICE)?;
    let (values, at) = field(file, slice, at, VALUES)?;
    Ok(at..at.saturating_add(values.len() as u64))
}

/// The one field of bytes of this number in a message, and its offset in the file.
fn field<'a>(file: &'a Arc<str>, message: &'a [u8], at: u64, wanted: u64) -> Result<(&'a [u8], u64), String> {
    let mut cursor = Cursor::new(file, message, at);
    let mut found = None;
    while !cursor.is_empty() {
        let Some((number, content)) = next(&mut cursor).map_err(|fault| fault.kind.to_string())? else { continue };
        let start = cursor.offset().saturating_sub(content.len() as u64);
        if number == wanted && found.replace((content, start)).is_some() {
            return Err(format!("it has field {wanted} twice"));
        }
    }
    found.ok_or_else(|| format!("it has no field {wanted}"))
}

/// The next field of a message, if it is one of bytes: its number and its content. Others are passed by.
fn next<'a>(cursor: &mut Cursor<'a>) -> Result<Option<(u64, &'a [u8])>, Fault> {
    let start = cursor.offset();
    let tag = cursor.varint64()?;
    match tag & 7 {
        0 => cursor.varint64().map(|_| None),
        1 => cursor.take(8).map(|_| None),
        2 => {
            let length = usize::try_from(cursor.varint64()?).unwrap_or(usize::MAX);
            Ok(Some((tag >> 3, cursor.take(length)?)))
        }
        5 => cursor.take(4).map(|_| None),
        // Groups, which nobody writes, and what does not exist.
        _ => Err(cursor.fault(FaultKind::VarintMalformed, start, cursor.offset().saturating_sub(start))),
    }
}

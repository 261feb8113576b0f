//! The variables of all files of a checkpoint, put together from their slices.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::table::Table;
use crate::bytes::{Fault, FaultKind, Span, limits};
use crate::format::ordered_code::Keys;
use crate::format::slices::{Wrongs, resolve};
use crate::model::{Coded, Coding, DType, Endianness, Entry, Extent, Key, Payload, Piece, Place, Shape, Slice};
use crate::proto::bundle::TensorShape;
use crate::proto::v1::SavedSliceMeta;

/// The variables, by name.
#[derive(Debug)]
pub(super) struct Tensors {
    found: BTreeMap<Key, Tensor>,
    /// True if they lie in a set of files.
    in_set: bool,
    faults: Vec<Fault>,
}

/// A variable as far as the files that were read tell of it.
#[derive(Debug)]
struct Tensor {
    /// The number of its type, whether that can be saved or not.
    number: i32,
    /// None if it is impossible.
    shape: Option<Shape>,
    /// Each slice with the place of its values.
    slices: Vec<(Slice, Option<Extent>)>,
    /// How many slices there should be.
    promised: usize,
    wrongs: Wrongs,
    trusted: bool,
    /// Where it was met first.
    at: Span,
}

impl Tensors {
    /// None yet, of one file or of a set.
    pub fn of(set: bool) -> Self {
        Self { found: BTreeMap::new(), in_set: set, faults: Vec::new() }
    }

    /// Adds what a file holds.
    pub fn add(&mut self, file: usize, label: &Arc<str>, mut table: Table) {
        // Where the list is lost, none of the slices can be blamed for not being on it.
        let Some(saved) = table.saved.take() else { return };
        for saved in saved {
            self.tensor(file, label, &saved, &mut table);
        }
        let mut orphans: Vec<_> = table.slices.into_iter().collect();
        orphans.sort_by(|(a, _), (b, _)| a.cmp(b));
        self.faults.extend(orphans.into_iter().map(|(key, stored)| Fault {
            kind: FaultKind::SliceOrphan { key: Key::from(key.as_slice()).to_string() },
            at: Span { file: label.clone(), bytes: stored.at },
        }));
    }

    fn tensor(&mut self, file: usize, label: &Arc<str>, saved: &SavedSliceMeta, table: &mut Table) {
        let key = Key::from(saved.name.as_slice());
        let at = Span { file: label.clone(), bytes: table.saved_at.clone() };
        let mut fault = |kind| self.faults.push(Fault { kind, at: at.clone() });
        let shape = shape(saved.shape.as_ref(), saved.r#type);
        let tensor = self.found.entry(key.clone()).or_insert_with(|| {
            if dtype(saved.r#type).is_none() {
                fault(FaultKind::DTypeUnknown { key: key.to_string(), number: saved.r#type });
            }
            if shape.is_none() {
                fault(FaultKind::ShapeInvalid { key: key.to_string() });
            }
            let (number, shape) = (saved.r#type, shape.clone());
            let (slices, wrongs) = Default::default();
            Tensor { number, shape, slices, promised: 0, wrongs, trusted: true, at: at.clone() }
        });
        let agrees = tensor.number == saved.r#type && tensor.shape == shape;
        if !agrees {
            let other = tensor.at.file.to_string();
            fault(FaultKind::TablesDisagree { key: key.to_string(), other });
        }
        tensor.trusted &= table.trusted;
        tensor.promised = tensor.promised.saturating_add(saved.slice.len());
        let mut keys = Keys::of(&saved.name);
        for message in &saved.slice {
            let key = keys.key(message);
            if !table.budget.take(key.len()) {
                tensor.wrongs.give_up();
                break;
            }
            let stored = table.slices.remove(key);
            let Some(shape) = shape.as_ref().filter(|_| agrees) else { continue };
            let Some(slice) = resolve(message, shape) else {
                tensor.wrongs.outside();
                continue;
            };
            if stored.is_none() {
                tensor.wrongs.missing(&slice);
            }
            tensor.trusted &= stored.as_ref().is_none_or(|stored| stored.trusted);
            let values = stored.and_then(|stored| stored.values);
            let extent = values.map(|at| Extent { file, offset: at.start, length: at.end.saturating_sub(at.start) });
            tensor.slices.push((slice, extent));
        }
    }

    /// The variables as entries, in the order of their names.
    pub fn finish(mut self, faults: &mut Vec<Fault>) -> Vec<Entry> {
        faults.append(&mut self.faults);
        let entries = self.found.into_iter().map(|(key, tensor)| tensor.entry(key, self.in_set, faults));
        entries.collect()
    }
}

impl Tensor {
    fn entry(mut self, key: Key, in_set: bool, faults: &mut Vec<Fault>) -> Entry {
        self.slices.sort_by(|(a, _), (b, _)| a.extents.cmp(&b.extents));
        let found: Vec<&Slice> = self.slices.iter().map(|(slice, _)| slice).collect();
        let kinds = self.wrongs.kinds(&key, self.shape.as_ref(), self.promised, &found);
        faults.extend(kinds.into_iter().map(|kind| Fault { kind, at: self.at.clone() }));
        let pieces =
            self.slices.into_iter().filter_map(|(slice, extent)| Some(Piece { slice, extent: extent?, mask: 0 }));
        let pieces: Vec<Piece> = pieces.collect();
        let known = dtype(self.number).is_some() && !pieces.is_empty();
        Entry {
            key,
            dtype: DType::from_number(self.number).unwrap_or(DType::UNKNOWN),
            shape: self.shape.unwrap_or_else(Shape::unknown),
            payload: if known {
                Payload::Coded(Box::new(Coded { coding: Coding::TensorProto, pieces, fill: None }))
            } else {
                Payload::Nowhere
            },
            checksum: None,
            endianness: Endianness::Little,
            trusted: self.trusted,
            // In a set, no file is the one that a place could be in.
            declared_at: if in_set { Place::NONE } else { self.at.bytes.into() },
        }
    }
}

/// A type that can be saved in this format: those that have a field in a TensorProto that V1 fills.
fn dtype(number: i32) -> Option<DType> {
    // float32 to complex128 without bfloat16 and qint16, and float16; references are larger numbers.
    matches!(number, 1..=13 | 16..=19).then(|| DType::from_number(number)).flatten()
}

/// The shape of a variable; none if it is impossible.
fn shape(message: Option<&TensorShape>, number: i32) -> Option<Shape> {
    let Some(message) = message else { return Some(Shape::new([])) };
    if message.unknown_rank || message.dim.len() > limits::RANK {
        return None;
    }
    let axes: Option<Vec<u64>> = message.dim.iter().map(|dim| u64::try_from(dim.size).ok()).collect();
    let shape = Shape::new(axes?);
    let bytes = dtype(number).and_then(DType::bytes).unwrap_or(1);
    shape.elements()?.checked_mul(bytes)?;
    Some(shape)
}

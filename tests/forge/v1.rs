//! Checkpoints of format V1: names, shapes and values in one table.

use super::bytes::Message;
use super::slices::{Extent, key};
use super::table::{Layout, table};

/// A variable of floats, all of them 1.
#[derive(Clone, Debug)]
pub struct Variable {
    pub name: Vec<u8>,
    /// TensorFlow's number of the type that is claimed.
    pub dtype: i64,
    pub shape: Vec<u64>,
    /// The slices that the first record lists.
    pub listed: Vec<Vec<Extent>>,
    /// The slices that have a record.
    pub stored: Vec<Vec<Extent>>,
}

impl Variable {
    /// Not cut.
    pub fn whole(name: &str, shape: &[u64]) -> Self {
        Self::cut(name, shape, &[vec![None; shape.len()]])
    }

    pub fn cut(name: &str, shape: &[u64], slices: &[Vec<Extent>]) -> Self {
        let (listed, stored) = (slices.to_vec(), slices.to_vec());
        Self { name: name.into(), dtype: 1, shape: shape.to_vec(), listed, stored }
    }

    fn listing(&self) -> Vec<u8> {
        let shape = self
            .shape
            .iter()
            .fold(Message::default(), |shape, size| shape.message(2, &Message::default().number(1, *size as i64).0));
        let message = Message::default().text(1, &self.name).message(2, &shape.0).number(3, self.dtype);
        self.listed.iter().fold(message, |message, slice| message.message(4, &extents(slice))).0
    }

    fn record(&self, slice: &[Extent]) -> (Vec<u8>, Vec<u8>) {
        let lengths = slice.iter().zip(&self.shape).map(|(extent, size)| extent.map_or(*size, |(_, length)| length));
        let floats = 1f32.to_le_bytes().repeat(lengths.product::<u64>() as usize);
        let values = Message::default().text(5, &floats);
        let saved = Message::default().text(1, &self.name).message(2, &extents(slice)).message(3, &values.0);
        (key(&self.name, slice), Message::default().message(2, &saved.0).0)
    }
}

fn extents(slice: &[Extent]) -> Vec<u8> {
    let extent = |extent: &Extent| match extent {
        Some((start, length)) => Message::default().number(1, *start as i64).number(2, *length as i64).0,
        None => Vec::new(),
    };
    slice.iter().fold(Message::default(), |message, axis| message.message(1, &extent(axis))).0
}

/// A file with these variables, whose data blocks are closed at so many bytes.
pub fn file(variables: &[Variable], block: usize, snappy: bool) -> Vec<u8> {
    sealed(&records(variables), block, snappy)
}

/// The keys and values of a file with these variables.
pub fn records(variables: &[Variable]) -> Vec<(Vec<u8>, Vec<u8>)> {
    let version = Message::default().number(1, 1);
    let listings = variables.iter().fold(Message::default(), |meta, variable| meta.message(1, &variable.listing()));
    let meta = listings.message(2, &version.0);
    let mut records = vec![(Vec::new(), Message::default().message(1, &meta.0).0)];
    for variable in variables {
        records.extend(variable.stored.iter().map(|slice| variable.record(slice)));
    }
    records.sort();
    records
}

/// A file of these records.
pub fn sealed(records: &[(Vec<u8>, Vec<u8>)], block: usize, snappy: bool) -> Vec<u8> {
    table(records, Layout { block, snappy, interval: 16 })
}

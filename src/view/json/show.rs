//! `ckpt show`.

use std::borrow::Cow;
use std::io;

use serde::ser::{Error as _, SerializeSeq};
use serde::{Serialize, Serializer};

use super::checkpoint::{FaultRow, Head, Way};
use super::value::{Checksum, Number};
use super::variable::Row;
use crate::model::{Checkpoint, Histogram, VariableId};
use crate::view::{self, Show, ShownValues, Tensor};

/// The answer without its envelope.
pub(super) fn body<'a>(show: &'a Show, values: &'a dyn view::Values) -> Body<'a> {
    Body {
        checkpoint: Head::new(&show.checkpoint, None, show.checkpoint.optimizer().map(Cow::Owned)),
        path: Way::new(&show.resolved),
        variables: show.tensors.iter().filter_map(|tensor| TensorRow::new(&show.checkpoint, tensor, values)).collect(),
        written: &show.written,
        faults: show.checkpoint.faults.iter().map(FaultRow::new).collect(),
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Body<'a> {
    checkpoint: Head<'a>,
    path: Way<'a>,
    variables: Vec<TensorRow<'a>>,
    written: &'a [String],
    faults: Vec<FaultRow<'a>>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct TensorRow<'a> {
    #[serde(flatten)]
    row: Row<'a>,
    problems: &'a [String],
    crc32c_computed: Option<Checksum>,
    histogram: Option<Bins<'a>>,
    values: Option<Values<'a>>,
    slice: Option<&'a str>,
    slots: Vec<Slot<'a>>,
}

impl<'a> TensorRow<'a> {
    fn new(checkpoint: &'a Checkpoint, tensor: &'a Tensor, values: &'a dyn view::Values) -> Option<Self> {
        let (variable, entry) = checkpoint.pair(tensor.variable)?;
        Some(Self {
            row: Row::new(checkpoint, variable, entry, tensor.digest.as_ref(), None),
            problems: &tensor.problems,
            crc32c_computed: tensor.digest.as_ref().and_then(|digest| digest.crc32c).map(Checksum),
            histogram: tensor.histogram.as_ref().map(Bins::new),
            values: tensor.values.as_ref().map(|shown| Values::new(tensor, shown, values)),
            slice: tensor.slice.as_deref(),
            slots: slots(checkpoint, tensor.variable),
        })
    }
}

fn slots(checkpoint: &Checkpoint, owner: VariableId) -> Vec<Slot<'_>> {
    let slots = checkpoint.variables.iter().filter(|variable| variable.slot_of() == Some(owner));
    slots.map(|slot| Slot { name: &slot.name, slot_name: slot.slot_name() }).collect()
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Slot<'a> {
    name: &'a str,
    slot_name: Option<&'a str>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Bins<'a> {
    low: Number,
    high: Number,
    counts: &'a [u64],
}

impl<'a> Bins<'a> {
    fn new(histogram: &'a Histogram) -> Self {
        Self { low: Number(histogram.low), high: Number(histogram.high), counts: &histogram.counts }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Values<'a> {
    shape: &'a [u64],
    total: u64,
    #[cfg_attr(test, schemars(with = "Vec<String>"))]
    elements: Elements<'a>,
}

impl<'a> Values<'a> {
    fn new(tensor: &'a Tensor, shown: &'a ShownValues, values: &'a dyn view::Values) -> Self {
        Self { shape: &shown.shape, total: shown.total, elements: Elements { tensor, values } }
    }
}

/// The values themselves, read while they are written.
struct Elements<'a> {
    tensor: &'a Tensor,
    values: &'a dyn view::Values,
}

impl Serialize for Elements<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(None)?;
        // An error of the output is what it is; it only has to come through.
        let mut broken = None;
        let written = self.values.each(self.tensor, &mut |text| {
            list.serialize_element(text).map_err(|error| {
                broken = Some(error);
                io::ErrorKind::Other.into()
            })
        });
        match (broken, written) {
            (Some(error), _) => Err(error),
            (None, Err(error)) => Err(S::Error::custom(error)),
            (None, Ok(())) => list.end(),
        }
    }
}

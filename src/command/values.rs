//! Values as text, read while they are written: no more of them are held than are read at a time.

use std::io;

use super::slice::{self, Sliced};
use crate::bytes::Fault;
use crate::model::{Checkpoint, DType, Entry, Key};
use crate::store::Store;
use crate::tensor;
use crate::view::{self, Outcome, ShownValues, Tensor};

/// Why writing stops: what the output says, or that the values cannot be read.
pub(super) struct Stop(pub io::Error);

impl From<Fault> for Stop {
    fn from(fault: Fault) -> Self {
        Self(io::Error::other(fault.to_string()))
    }
}

/// The values of what is shown.
pub(crate) struct Values<'a> {
    store: &'a dyn Store,
    outcome: &'a Outcome,
}

impl<'a> Values<'a> {
    /// Reads nothing yet.
    pub fn new(store: &'a dyn Store, outcome: &'a Outcome) -> Self {
        Self { store, outcome }
    }
}

impl view::Values for Values<'_> {
    fn each(&self, tensor: &Tensor, take: &mut dyn FnMut(&str) -> io::Result<()>) -> io::Result<()> {
        let (Outcome::Show(show), Some(values)) = (self.outcome, &tensor.values) else { return Ok(()) };
        let Some((_, entry)) = show.checkpoint.pair(tensor.variable) else { return Ok(()) };
        let axes = entry.shape.axes().unwrap_or_default();
        let slicing = tensor.slice.as_ref().and_then(|part| slice::split(&format!("_{part}")).1);
        let sliced = slicing.map_or_else(|| Ok(Sliced::whole(axes)), |slicing| slicing.of(axes));
        let sliced = sliced.map_err(io::Error::other)?;
        let written = texts(self.store, &show.checkpoint, entry, (&sliced, values), |text| take(text).map_err(Stop));
        written.map_err(|Stop(error)| error)
    }
}

/// Hands on the texts of the elements that are shown.
///
/// # Errors
/// What keeps them from being read; what `take` says.
pub(super) fn texts<E: From<Fault>>(
    store: &dyn Store,
    checkpoint: &Checkpoint,
    entry: &Entry,
    (sliced, values): (&Sliced, &ShownValues),
    mut take: impl FnMut(&str) -> Result<(), E>,
) -> Result<(), E> {
    let shown = usize::try_from(values.shown).unwrap_or(usize::MAX);
    let positions = (sliced.positions().take(shown), values.shown);
    tensor::visit(store, checkpoint, entry, positions, |bytes| {
        take(&text(entry.dtype, bytes, values.precision).unwrap_or_default())
    })
}

/// One element as text; bytes of strings that are not text as `\xff`.
fn text(dtype: DType, bytes: &[u8], precision: usize) -> Option<String> {
    match dtype.bytes() {
        Some(_) => tensor::text(dtype, bytes, Some(precision)),
        None => Some(Key::from(bytes).to_string()),
    }
}

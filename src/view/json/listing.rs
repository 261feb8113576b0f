//! `ckpt ls`.

use std::borrow::Cow;
use std::io::{self, Write};
use std::path::Display;

use serde::ser::{Error, SerializeSeq};
use serde::{Serialize, Serializer};

use super::Line;
use super::checkpoint::{FaultRow, Head, Way};
use super::layout::Layout;
use super::objects;
use super::rows::write_chunks;
use super::value::{Text, time};
use super::variable::Row;
use crate::doctor::loader;
use crate::model::{Checkpoint, Container, Latest, Total, VariableId};
use crate::view::{DirectoryRow, Listing};

/// A million variables, each on one line: still something to grep in.
pub(super) fn layout() -> Layout {
    Layout::expanded(2)
}

/// The answer without its envelope.
pub(super) fn body(listing: &Listing) -> Body<'_> {
    let checkpoint = listing.checkpoint.as_ref();
    // Files of other kinds have nothing to do with the state file beside them.
    let is_bundle = |checkpoint: &Checkpoint| matches!(checkpoint.container, Container::Bundle | Container::V1);
    let directory = listing.resolved.directory.as_ref().filter(|_| checkpoint.is_none_or(is_bundle));
    let latest = directory.map(|directory| &directory.latest);
    let sound = checkpoint.filter(|checkpoint| checkpoint.faults.is_empty());
    let loader = sound.map(|checkpoint| loader::advice(checkpoint, &listing.resolved)).unwrap_or_default();
    let read = listing.digests.iter().flat_map(|digests| &digests.faults);
    Body {
        checkpoint: checkpoint.map(|checkpoint| {
            Head::new(checkpoint, Some(listing.step), listing.optimizer.as_deref().map(Cow::Borrowed))
        }),
        loader: loader.call,
        loader_note: loader.note,
        path: Way::new(&listing.resolved),
        latest: match latest {
            Some(Latest::Path(path)) => Some(Text(path.display())),
            _ => None,
        },
        latest_reason: match latest {
            Some(Latest::Nothing(reason)) => Some(reason),
            Some(Latest::Garbled) => Some("it raises UnicodeDecodeError: the state file is not text"),
            Some(Latest::Raises) => Some("it raises ValueError: the state file names no checkpoint"),
            _ => None,
        },
        history: history(listing).collect(),
        older: listing.older,
        totals: checkpoint.map(TotalsRow::new),
        selected: Selected { shown: shown(listing), of: checkpoint.map_or(0, |checkpoint| checkpoint.variables.len()) },
        variables: Variables(listing),
        objects: checkpoint.and_then(|checkpoint| Some(objects::rows(checkpoint.graph.as_ref()?))),
        keras: checkpoint.and_then(|checkpoint| Some(objects::KerasRow::new(checkpoint, checkpoint.keras.as_deref()?))),
        faults: checkpoint.iter().flat_map(|checkpoint| &checkpoint.faults).chain(read).map(FaultRow::new).collect(),
    }
}

/// Writes a line for each variable that is chosen, in their order.
///
/// # Errors
/// Whatever the output says.
pub(super) fn lines(schema: &'static str, listing: &Listing, out: &mut impl Write) -> io::Result<()> {
    let make = |ids: &[VariableId]| {
        let mut text = Vec::new();
        let mut rows = ids.iter().filter_map(|id| row(listing, *id));
        rows.try_for_each(|item| Layout::compact().write(&Line { schema, item }, &mut text))?;
        Ok(text)
    };
    write_chunks(chosen(listing), make, |text| out.write_all(&text?))
}

/// The variables to show.
fn chosen(listing: &Listing) -> &[VariableId] {
    listing.chosen.get(..shown(listing)).unwrap_or_default()
}

fn row(listing: &Listing, id: VariableId) -> Option<Row<'_>> {
    let checkpoint = listing.checkpoint.as_ref()?;
    let (variable, entry) = checkpoint.pair(id)?;
    let digest = listing.digests.as_ref().and_then(|digests| digests.get(variable.entry));
    Some(Row::new(checkpoint, variable, entry, digest, listing.scalars.get(&id).map(String::as_str)))
}

/// The checkpoints of the directory.
pub(super) fn history(listing: &Listing) -> impl Iterator<Item = HistoryRow<'_>> {
    listing.history.iter().map(HistoryRow::new)
}

fn shown(listing: &Listing) -> usize {
    listing.limit.map_or(listing.chosen.len(), |limit| limit.min(listing.chosen.len()))
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Body<'a> {
    checkpoint: Option<Head<'a>>,
    /// Null where nothing loads it, or the files are damaged.
    loader: Option<String>,
    loader_note: Option<String>,
    path: Way<'a>,
    latest: Option<Text<Display<'a>>>,
    latest_reason: Option<&'static str>,
    history: Vec<HistoryRow<'a>>,
    older: usize,
    totals: Option<TotalsRow>,
    selected: Selected,
    #[cfg_attr(test, schemars(with = "Vec<Row<'a>>"))]
    variables: Variables<'a>,
    /// The object graph, its root first.
    #[serde(skip_serializing_if = "Option::is_none")]
    objects: Option<Vec<objects::NodeRow<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    keras: Option<objects::KerasRow<'a>>,
    faults: Vec<FaultRow<'a>>,
}

/// Written one after the other, never all in memory.
struct Variables<'a>(&'a Listing);

impl Serialize for Variables<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut sequence = serializer.serialize_seq(None)?;
        let make = |ids: &[VariableId]| layout().items(ids.iter().filter_map(|id| row(self.0, *id)));
        write_chunks(chosen(self.0), make, |made| sequence.serialize_element(&made.map_err(S::Error::custom)?))?;
        sequence.end()
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct HistoryRow<'a> {
    name: &'a str,
    step: Option<i64>,
    saved: Option<Text<jiff::Timestamp>>,
    params: Option<u64>,
    optimizer: Option<&'a str>,
    slot_kinds: Option<usize>,
    size: u64,
    latest: bool,
    kept: Option<bool>,
    complete: bool,
    problem: Option<&'a str>,
}

impl<'a> HistoryRow<'a> {
    fn new(row: &'a DirectoryRow) -> Self {
        Self {
            name: &row.name,
            step: row.step,
            saved: row.saved.and_then(time),
            params: row.params,
            optimizer: row.optimizer.as_ref().map(|(name, _)| name.as_str()),
            slot_kinds: row.optimizer.as_ref().map(|(_, kinds)| *kinds),
            size: row.size,
            latest: row.latest,
            kept: row.kept,
            complete: row.complete,
            problem: row.problem.as_deref(),
        }
    }
}

/// Of the whole checkpoint, whatever was selected.
#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct TotalsRow {
    model: TotalRow,
    optimizer: TotalRow,
    bookkeeping: TotalRow,
}

impl TotalsRow {
    fn new(checkpoint: &Checkpoint) -> Self {
        let totals = checkpoint.totals();
        Self { model: totals.model.into(), optimizer: totals.optimizer.into(), bookkeeping: totals.bookkeeping.into() }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct TotalRow {
    variables: u64,
    params: u64,
    bytes: u64,
}

impl From<Total> for TotalRow {
    fn from(total: Total) -> Self {
        let Total { variables, params, bytes } = total;
        Self { variables, params, bytes }
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Selected {
    shown: usize,
    of: usize,
}

//! Tables for spreadsheets and data frames.

use std::io::{self, Write};

use ::csv::Writer;

use super::label::label;
use super::{Diff, DirectoryRow, Listing, Outcome, clean};
use crate::compare::change::Change;
use crate::model::{Checkpoint, Delta, Depth, Entry, Payload, Shape, Stats, Variable, VariableId};

/// Writes a listing or a comparison as a table with a header.
///
/// # Errors
/// Whatever the output says; the other answers are no tables.
pub(super) fn write(outcome: &Outcome, out: &mut dyn Write) -> io::Result<()> {
    let mut table = Writer::from_writer(out);
    match outcome {
        Outcome::Listing(listing) => match &listing.checkpoint {
            Some(checkpoint) => variables(listing, checkpoint, &mut table)?,
            None => history(&listing.history, &mut table)?,
        },
        Outcome::Diff(diff) => changes(diff, &mut table)?,
        _ => return Err(io::Error::new(io::ErrorKind::Unsupported, "this answer is not a table")),
    }
    table.flush()
}

type Table<'a> = Writer<&'a mut dyn Write>;

const VARIABLE: [&str; 11] =
    ["name", "key", "role", "dtype", "shape", "params", "bytes", "slot_of", "file", "offset", "crc32c"];
const STATS: [&str; 8] = ["count", "min", "max", "mean", "std", "zeros", "nan", "inf"];

fn variables(listing: &Listing, checkpoint: &Checkpoint, table: &mut Table) -> io::Result<()> {
    let digests = listing.digests.as_ref();
    let stats = digests.is_some_and(|digests| digests.depth >= Depth::Values);
    let hashes = digests.is_some_and(|digests| digests.entries.iter().flatten().any(|one| one.sha256.is_some()));
    let optional = STATS.iter().filter(|_| stats).chain(["sha256"].iter().filter(|_| hashes));
    table.write_record(VARIABLE.iter().chain(optional))?;
    for id in listing.chosen.iter().take(listing.limit.unwrap_or(usize::MAX)) {
        let Some((variable, entry)) = checkpoint.pair(*id) else { continue };
        let mut row = described(listing, checkpoint, variable, entry);
        if stats {
            row.extend(numbers(listing.stats(variable)));
        }
        if hashes {
            let hash = digests.and_then(|digests| digests.get(variable.entry)?.sha256);
            row.push(hash.map(|hash| hash.iter().map(|byte| format!("{byte:02x}")).collect()).unwrap_or_default());
        }
        table.write_record(&row)?;
    }
    Ok(())
}

/// The columns that every listing has. A partitioned variable has no single place.
fn described(listing: &Listing, checkpoint: &Checkpoint, variable: &Variable, entry: &Entry) -> Vec<String> {
    let owner = variable.slot_of().and_then(|id| checkpoint.variables.get(id));
    let extent = match &entry.payload {
        Payload::Extent(extent) => Some(extent),
        Payload::Slices(_) | Payload::Coded(_) | Payload::Nowhere => None,
    };
    let file = extent.and_then(|extent| checkpoint.files.get(extent.file));
    vec![
        label(listing.names, checkpoint, variable).into_owned(),
        clean(&entry.key.to_string()).into_owned(),
        variable.role.word().to_owned(),
        entry.dtype.to_string(),
        dimensions(&entry.shape),
        text(entry.shape.elements().map(|_| entry.params())),
        entry.stored_bytes().to_string(),
        owner.map(|owner| label(listing.names, checkpoint, owner).into_owned()).unwrap_or_default(),
        file.map(|file| clean(&file.label).into_owned()).unwrap_or_default(),
        text(extent.map(|extent| extent.offset)),
        entry.checksum.map(|checksum| format!("{checksum:08x}")).unwrap_or_default(),
    ]
}

fn numbers(stats: Option<&Stats>) -> Vec<String> {
    let Some(stats) = stats else { return vec![String::new(); STATS.len()] };
    let Stats { count, min, max, mean, std, zeros, nan, inf, .. } = *stats;
    let mut row = vec![count.to_string()];
    row.extend([min, max, mean, std].map(number));
    row.extend([zeros, nan, inf].map(|count| count.to_string()));
    row
}

/// Every digit, and no more of them than it takes to read the same number back.
fn number(value: f64) -> String {
    format!("{value:?}")
}

fn text(number: Option<u64>) -> String {
    number.map(|number| number.to_string()).unwrap_or_default()
}

/// `10x64`; nothing for a scalar.
fn dimensions(shape: &Shape) -> String {
    let Some(axes) = shape.axes() else { return "?".to_owned() };
    axes.iter().map(u64::to_string).collect::<Vec<_>>().join("x")
}

fn history(rows: &[DirectoryRow], table: &mut Table) -> io::Result<()> {
    table.write_record([
        "checkpoint",
        "step",
        "saved",
        "params",
        "optimizer",
        "slot_kinds",
        "size",
        "latest",
        "problem",
    ])?;
    for row in rows {
        let saved = row.saved.and_then(|seconds| jiff::Timestamp::from_second(seconds).ok());
        let (optimizer, kinds) = row.optimizer.as_ref().map(|(name, kinds)| (name.as_str(), *kinds)).unzip();
        table.write_record([
            clean(&row.name).into_owned(),
            row.step.map(|step| step.to_string()).unwrap_or_default(),
            saved.map(|time| time.to_string()).unwrap_or_default(),
            text(row.params),
            clean(optimizer.unwrap_or_default()).into_owned(),
            kinds.map(|kinds| kinds.to_string()).unwrap_or_default(),
            row.size.to_string(),
            row.latest.to_string(),
            clean(row.problem.as_deref().unwrap_or_default()).into_owned(),
        ])?;
    }
    Ok(())
}

const CHANGE: [&str; 18] = [
    "kind",
    "old",
    "new",
    "role",
    "old_dtype",
    "new_dtype",
    "old_shape",
    "new_shape",
    "changed",
    "total",
    "max_abs",
    "rel_l2",
    "mean_abs",
    "max_rel",
    "mean_rel",
    "cosine",
    "lost_finite",
    "proof",
];

fn changes(diff: &Diff, table: &mut Table) -> io::Result<()> {
    table.write_record(CHANGE)?;
    diff.changes.list.iter().try_for_each(|change| Ok(table.write_record(changed(diff, change))?))
}

fn changed(diff: &Diff, change: &Change) -> Vec<String> {
    let (old, new) = (Side::new(diff, &diff.old, change.old), Side::new(diff, &diff.new, change.new));
    let role = new.role.or(old.role).unwrap_or_default().to_owned();
    let mut row = vec![change.kind.word().to_owned(), old.name, new.name, role];
    row.extend([old.dtype, new.dtype, old.shape, new.shape]);
    let delta = change.delta.as_ref();
    row.extend([text(delta.map(|delta| delta.changed)), text(delta.map(|delta| delta.total))]);
    let numbers = |delta: &Delta| {
        [delta.max_abs, delta.rel_l2, delta.mean_abs, delta.max_rel, delta.mean_rel, delta.cosine].map(number)
    };
    row.extend(delta.map(numbers).unwrap_or_default());
    row.push(text(delta.map(Delta::lost_finite)));
    row.push(change.proof.map(|proof| proof.word().to_owned()).unwrap_or_default());
    row
}

/// The cells of one side; empty if the variable is not on it.
#[derive(Default)]
struct Side {
    name: String,
    role: Option<&'static str>,
    dtype: String,
    shape: String,
}

impl Side {
    fn new(diff: &Diff, checkpoint: &Checkpoint, id: Option<VariableId>) -> Self {
        let variable = id.and_then(|id| checkpoint.variables.get(id));
        let Some((variable, entry)) = variable.and_then(|v| Some((v, checkpoint.entry(v)?))) else {
            return Self::default();
        };
        Self {
            name: label(diff.names, checkpoint, variable).into_owned(),
            role: Some(variable.role.word()),
            dtype: entry.dtype.to_string(),
            shape: dimensions(&entry.shape),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::sample;

    fn table(outcome: &Outcome) -> Vec<Vec<String>> {
        let mut out = Vec::new();
        write(outcome, &mut out).unwrap();
        let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(out.as_slice());
        reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
    }

    #[test]
    fn a_listing_has_a_row_for_each_variable() {
        let rows = table(&Outcome::Listing(Box::new(sample::listing())));
        assert_eq!(rows.len(), 6);
        assert_eq!(rows[0][..11], VARIABLE);
        assert_eq!(rows[0][11..], [STATS.as_slice(), &["sha256"]].concat());
        let hostile = "a\\x1b[2J\\nb|c`d\"e,f\\u{202e}g";
        let file = "dir/ckpt-4.data-00000-of-00001";
        let first = [hostile, hostile, "weight", "float32", "10x64", "640", "2560", "", file, "0", "000000ab"];
        assert_eq!(rows[1][..11], first);
        assert_eq!(rows[1][11..19], ["640", "NaN", "0.25", "1e-7", "0.0", "3", "2", "1"]);
        assert_eq!(rows[1][19], "1f".repeat(32));
        assert_eq!((rows[2][0].as_str(), rows[2][4].as_str(), rows[2][11].as_str()), (sample::CJK, "", ""));
        assert_eq!((rows[3][0].len(), rows[3][4].as_str(), rows[3][8].as_str()), (10_000, "?", ""));
        assert_eq!((rows[4][1].as_str(), rows[4][4].as_str(), rows[4][9].as_str()), ("k\\xff\\n", "2x4", ""));
        assert_eq!((rows[5][2].as_str(), rows[5][7].as_str()), ("slot", hostile));
    }

    #[test]
    fn columns_come_with_what_was_read() {
        let mut listing = sample::listing();
        listing.digests = None;
        listing.limit = Some(1);
        let rows = table(&Outcome::Listing(Box::new(listing)));
        assert_eq!(rows.iter().map(Vec::len).collect::<Vec<_>>(), [11, 11]);
    }

    #[test]
    fn a_comparison_has_a_row_for_each_change() {
        let rows = table(&Outcome::Diff(Box::new(sample::diff())));
        assert_eq!(rows[0], CHANGE);
        assert_eq!(rows[1][..9], ["remove", sample::CJK, "", "weight", "float32", "", "", "", ""]);
        assert_eq!(rows[2][..8], ["add", "", "k\\xff\\n", "weight", "", "float32", "", "2x4"]);
        assert_eq!(rows[3][8..12], ["64", "640", "0.5", "inf"]);
        assert_eq!(rows[3][12..], ["0.25", "0.0", "0.0", "0.5", "1", "same-name"]);
        assert_eq!(rows.len(), 4);
    }

    #[test]
    fn what_is_no_table_is_refused() {
        assert!(write(&Outcome::Rules(&[]), &mut Vec::new()).is_err());
    }
}

//! Variables as rows of a table: one each, or one for many that are alike.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::{self, Write};

use super::collapse::collapse;
use super::damage::Damage;
use super::fit::fit;
use super::paint::Paint;
use super::wrap::{hang, width};
use crate::model::{Checkpoint, Depth, Entry, Payload, Shape, Stats, Variable, VariableId, dotted};
use crate::view::units::number;
use crate::view::{Listing, Names, Sort, Style, clean, count, size};

/// Columns in front of every name.
const INDENT: usize = 4;

/// Levels of a tree that are indented. Far deeper ones, which no model has, would be nothing but blanks.
const LEVELS: usize = 64;

/// Columns in front of a name in a tree, at so many levels below the root.
fn indentation(level: usize) -> usize {
    level.min(LEVELS).saturating_mul(2)
}
/// Names are not cut below this: then columns go.
const NAME_MIN: usize = 16;
/// How dispensable the numbers of elements are.
const PARAMS: u8 = 10;
/// Lines that one name may take.
const LONGEST_NAME: usize = 4;
/// How dispensable the column of notes is: it is not lost, but goes below its row.
const NOTES: u8 = u8::MAX;
/// Shapes are cut, down to a width, before numbers go.
const SHAPE: u8 = 1;
const SHAPE_MIN: usize = 10;
/// The most dispensable column that stays as long as shapes can be cut.
const EXTREMES: u8 = 4;

/// One line of a listing.
pub(super) struct Row {
    pub name: String,
    /// How many variables it stands for.
    pub variables: usize,
    params: u64,
    bytes: u64,
    cells: Vec<Cell>,
    /// What stands on a line below.
    below: Option<String>,
    alarm: bool,
}

/// A field of a row.
struct Cell {
    text: String,
    right: bool,
    /// Goes first where space is short: the higher, the earlier; 0 never.
    dispensable: u8,
}

/// What must be the same for two variables to share a line.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Alike<'a> {
    dtype: i32,
    shape: &'a Shape,
    parts: usize,
    damage: Option<&'static str>,
}

/// Whether each variable has a row of its own: numbers of one variable are of no use for many.
pub(super) fn is_one_each(listing: &Listing) -> bool {
    listing.depth.is_none() && (!listing.collapse || listing.digests.is_some())
}

/// The rows of some variables.
pub(super) fn of(
    listing: &Listing,
    checkpoint: &Checkpoint,
    damage: &Damage,
    ids: &[VariableId],
    style: &Style,
) -> Vec<Row> {
    let pair = |number: usize| checkpoint.pair(*ids.get(number)?);
    let name =
        |number: usize| pair(number).map_or(Cow::Borrowed(""), |(variable, entry)| name(listing, variable, entry));
    if let Some(depth) = listing.depth {
        let each = (0..ids.len()).filter_map(|number| Some((name(number), pair(number)?.1)));
        return scopes(each, depth, style);
    }
    if is_one_each(listing) {
        let each = (0..ids.len()).filter_map(|number| Some((name(number), pair(number)?)));
        let row = |(name, first): (Cow<str>, (&Variable, &Entry))| {
            let sums = (1, first.1.params(), first.1.stored_bytes());
            row(listing, damage.note(first.1), name.into_owned(), first, sums, style)
        };
        return each.map(row).collect();
    }
    let lines = collapse(ids.len(), name, |number| pair(number).map(|(_, entry)| alike(entry, damage)));
    let mut rows: Vec<Row> = lines
        .into_iter()
        .filter_map(|line| {
            let first = pair(*line.members.first()?)?;
            let members = line.members.iter().filter_map(|number| Some(pair(*number)?.1));
            let sums = members.fold((0, 0, 0), |(variables, params, bytes): (usize, u64, u64), entry| {
                let (params, bytes) =
                    (params.saturating_add(entry.params()), bytes.saturating_add(entry.stored_bytes()));
                (variables.saturating_add(1), params, bytes)
            });
            Some(row(listing, damage.note(first.1), line.pattern, first, sums, style))
        })
        .collect();
    // Lines that stand for many come where their sums put them.
    let order = |a: u64, b: u64| if listing.reverse { a.cmp(&b) } else { b.cmp(&a) };
    match listing.sort {
        Sort::Size => rows.sort_by(|a, b| order(a.bytes, b.bytes)),
        Sort::Params => rows.sort_by(|a, b| order(a.params, b.params)),
        Sort::Name | Sort::Stored => {}
    }
    rows
}

/// True for numbers that are not finite, which must not be hidden in a sum.
pub(super) fn is_alarming(listing: &Listing, checkpoint: &Checkpoint, id: VariableId) -> bool {
    let stats = checkpoint.variables.get(id).and_then(|variable| listing.stats(variable));
    stats.is_some_and(|stats| stats.not_finite() > 0)
}

fn alike<'a>(entry: &'a Entry, damage: &Damage) -> Alike<'a> {
    let parts = match &entry.payload {
        Payload::Slices(parts) => parts.len(),
        _ => 0,
    };
    Alike { dtype: entry.dtype.number(), shape: &entry.shape, parts, damage: damage.note(entry) }
}

/// The name that was asked for.
pub(super) fn name<'a>(listing: &Listing, variable: &'a Variable, entry: &Entry) -> Cow<'a, str> {
    let name: Cow<str> = match listing.names {
        Names::Full => Cow::Borrowed(&variable.name),
        Names::Key => Cow::Owned(entry.key.to_string()),
        Names::Path => {
            let own = variable.paths().iter().find(|path| !path.contains("_trainable_variables"));
            own.or(variable.paths().first())
                .map_or_else(|| Cow::Borrowed(variable.name.as_str()), |path| Cow::Owned(dotted(path)))
        }
    };
    match clean(&name) {
        Cow::Borrowed(_) => name,
        Cow::Owned(cleaned) => Cow::Owned(cleaned),
    }
}

/// A row for variables of which the first is given, and how many they are, their elements and bytes.
fn row(
    listing: &Listing,
    damage: Option<&'static str>,
    name: String,
    (variable, entry): (&Variable, &Entry),
    (variables, params, bytes): (usize, u64, u64),
    style: &Style,
) -> Row {
    let cell = |text: String, right, dispensable| Cell { text, right, dispensable };
    let mut cells = vec![
        cell(entry.dtype.short().to_owned(), false, 2),
        cell(shape(&entry.shape), false, SHAPE),
        cell(if variables > 1 { format!("x{variables}") } else { String::new() }, false, 0),
        cell(count(params), true, PARAMS),
        cell(size(bytes, style.exact), true, 9),
    ];
    let stats = listing.stats(variable);
    if listing.digests.as_ref().is_some_and(|digests| digests.depth >= Depth::Values) {
        // What is not finite is what one looks for: it is never left out.
        let dispensable = [EXTREMES, 3, 7, 8, 6, 0, 0];
        cells.extend(statistics(stats).into_iter().zip(dispensable).map(|(text, order)| cell(text, true, order)));
    }
    let mut notes = Vec::new();
    if let Payload::Slices(parts) = &entry.payload {
        notes.push(format!("[{} parts]", parts.len()));
    }
    notes.extend(damage.map(str::to_owned));
    let not_finite = stats.map_or(0, Stats::not_finite);
    if let Some(at) = stats.and_then(|stats| stats.first_not_finite) {
        let index: Vec<String> = entry.shape.index(at).iter().map(u64::to_string).collect();
        notes.push(format!("[first not finite at [{}]]", index.join(", ")));
    }
    cells.push(cell(notes.join(" "), false, NOTES));
    let sha256 = listing.digests.as_ref().and_then(|digests| digests.get(variable.entry)?.sha256);
    let hex = |digest: [u8; 32]| digest.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    Row {
        name,
        variables,
        params,
        bytes,
        cells,
        below: sha256.map(|digest| format!("sha256 {}", hex(digest))),
        alarm: not_finite > 0 || damage.is_some(),
    }
}

/// `10 x 64`; a scalar has no axes to show.
pub(super) fn shape(shape: &Shape) -> String {
    match shape.axes() {
        None => "?".to_owned(),
        Some([]) => "scalar".to_owned(),
        Some(axes) => axes.iter().map(u64::to_string).collect::<Vec<_>>().join(" x "),
    }
}

/// Minimum, maximum, mean, deviation, zeros, NaN, infinities.
fn statistics(stats: Option<&Stats>) -> [String; 7] {
    let Some(stats) = stats else { return Default::default() };
    [
        number(stats.min),
        number(stats.max),
        number(stats.mean),
        number(stats.std),
        count(stats.zeros),
        count(stats.nan),
        count(stats.inf),
    ]
}

/// The scopes of a depth, each with what lies in it.
fn scopes<'a>(each: impl Iterator<Item = (Cow<'a, str>, &'a Entry)>, depth: usize, style: &Style) -> Vec<Row> {
    let mut order: Vec<(String, usize, u64, u64)> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for (name, entry) in each {
        let end = name.match_indices('/').nth(depth.saturating_sub(1)).map_or(name.len(), |(at, _)| at);
        let scope = name.get(..end).unwrap_or(&name);
        let at = known.get(scope).copied().unwrap_or_else(|| {
            known.insert(scope.to_owned(), order.len());
            order.push((scope.to_owned(), 0, 0, 0));
            order.len().saturating_sub(1)
        });
        if let Some((_, tensors, params, bytes)) = order.get_mut(at) {
            *tensors = tensors.saturating_add(1);
            *params = params.saturating_add(entry.params());
            *bytes = bytes.saturating_add(entry.stored_bytes());
        }
    }
    let cell = |text: String, dispensable| Cell { text, right: true, dispensable };
    order
        .into_iter()
        .map(|(scope, tensors, params, bytes)| Row {
            name: scope,
            variables: tensors,
            params,
            bytes,
            cells: vec![
                cell(count(params), 2),
                cell(size(bytes, style.exact), 1),
                cell(format!("{} tensor{}", count(tensors as u64), if tensors == 1 { "" } else { "s" }), 0),
            ],
            below: None,
            alarm: false,
        })
        .collect()
}

/// The scopes that a name lies in, and what is behind the last slash.
fn scopes_of(name: &str) -> (Vec<&str>, &str) {
    name.rsplit_once('/').map_or((Vec::new(), name), |(scopes, leaf)| (scopes.split('/').collect(), leaf))
}

/// Widths of the columns.
pub(super) struct Layout {
    name: usize,
    /// Width of each cell's column; none for one that is left out.
    cells: Vec<Option<usize>>,
    titles: Vec<&'static str>,
}

const TITLES: [&str; 13] = ["", "", "", "params", "size", "min", "max", "mean", "std", "zeros", "NaN", "Inf", ""];

impl Layout {
    /// Fits the columns of all rows into the width.
    pub fn new<'a>(rows: impl Iterator<Item = &'a Row>, listing: &Listing, style: &Style) -> Self {
        let with_stats = listing.digests.as_ref().is_some_and(|digests| digests.depth >= Depth::Values);
        let titles: Vec<&str> = if with_stats && listing.depth.is_none() { TITLES.to_vec() } else { Vec::new() };
        let mut name = 0;
        let mut widths: Vec<usize> = titles.iter().map(|title| title.len()).collect();
        let mut dispensable: Vec<u8> = Vec::new();
        for row in rows {
            name = name.max(width(&row.name));
            widths.resize(widths.len().max(row.cells.len()), 0);
            dispensable.resize(widths.len(), 0);
            for ((cell, widest), dispense) in row.cells.iter().zip(&mut widths).zip(&mut dispensable) {
                *widest = (*widest).max(width(&cell.text));
                *dispense = cell.dispensable;
            }
        }
        let mut cells: Vec<Option<usize>> =
            widths.into_iter().map(|width| Some(width).filter(|width| *width > 0)).collect();
        if let Some(columns) = style.width {
            let taken =
                |cells: &[Option<usize>]| cells.iter().flatten().map(|width| width.saturating_add(2)).sum::<usize>();
            let room = |cells: &[Option<usize>]| columns.saturating_sub(INDENT).saturating_sub(taken(cells));
            // Sizes tell as much as numbers of elements: those go before a name is broken into lines.
            if let Some(at) =
                dispensable.iter().position(|dispense| *dispense == PARAMS).filter(|_| room(&cells) < name)
            {
                let _ = cells.get_mut(at).map(Option::take);
                let _ = dispensable.get_mut(at).map(std::mem::take);
            }
            while room(&cells) < name.min(NAME_MIN) && dispensable.iter().any(|dispense| *dispense > 0) {
                let worst = dispensable.iter().enumerate().max_by_key(|(_, dispense)| **dispense).map(|(at, _)| at);
                let Some(at) = worst else { break };
                let missing = name.min(NAME_MIN).saturating_sub(room(&cells));
                let shape = cells.iter_mut().zip(&dispensable).find(|(_, dispense)| **dispense == SHAPE);
                if let Some((Some(shape), _)) = shape.filter(|_| dispensable.get(at).is_some_and(|d| *d <= EXTREMES))
                    && *shape > SHAPE_MIN
                {
                    *shape = shape.saturating_sub(missing).max(SHAPE_MIN);
                    continue;
                }
                if let (Some(cell), Some(dispense)) = (cells.get_mut(at), dispensable.get_mut(at)) {
                    (*cell, *dispense) = (None, 0);
                }
            }
            name = name.min(room(&cells).max(1));
        }
        Self { name, cells, titles }
    }

    /// The titles above the columns, if they have any.
    pub fn write_titles(&self, style: &Style, out: &mut dyn Write) -> io::Result<()> {
        if self.titles.is_empty() {
            return Ok(());
        }
        let line = self.line("", self.titles.iter().map(|title| (*title, true)), style);
        writeln!(out, "{}", Paint::new(style).dim(line.trim_end()))
    }

    /// Writes rows, as a list or as a tree of scopes; `above` is the row that was written before.
    pub fn write(
        &self,
        above: Option<&Row>,
        rows: &[Row],
        tree: bool,
        style: &Style,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let paint = Paint::new(style);
        let mut open: Vec<&str> = above.map(|row| scopes_of(&row.name).0).unwrap_or_default();
        for row in rows {
            let mut name = row.name.as_str();
            let mut indent = 0usize;
            if tree {
                let (scopes, leaf) = scopes_of(name);
                let common = open.iter().zip(&scopes).take_while(|(a, b)| a == b).count();
                for (level, scope) in scopes.iter().enumerate().skip(common) {
                    let pad = INDENT.saturating_add(indentation(level));
                    let scope = fit(
                        scope,
                        style.width.map_or(usize::MAX, |width| width.saturating_sub(pad).saturating_sub(1)),
                        style.unicode,
                    );
                    writeln!(out, "{}{}", " ".repeat(pad), paint.dim(&format!("{scope}/")))?;
                }
                indent = indentation(scopes.len());
                (open, name) = (scopes, leaf);
            }
            let mut padded = if indent > 0 { format!("{}{name}", " ".repeat(indent)) } else { name.to_owned() };
            if width(&padded) > self.name {
                // Cut names could be taken for each other: a long one has lines of its own.
                self.long_name(&padded, row.alarm, style, out)?;
                padded.clear();
            }
            let line = self.line(&padded, row.cells.iter().map(|cell| (cell.text.as_str(), cell.right)), style);
            let line = line.trim_end();
            if row.alarm {
                writeln!(out, "{}", paint.red(line))?;
            } else {
                writeln!(out, "{line}")?;
            }
            let moved =
                row.cells.iter().zip(&self.cells).filter(|(cell, width)| width.is_none() && cell.dispensable == NOTES);
            for line in moved.flat_map(|(cell, _)| hang("      ", "      ", &cell.text, style.width)) {
                if !line.is_empty() {
                    writeln!(out, "{}", if row.alarm { paint.red(&line) } else { line })?;
                }
            }
            if let Some(below) = &row.below {
                let room = style.width.map_or(usize::MAX, |width| width.saturating_sub(6));
                writeln!(out, "      {}", paint.dim(&fit(below, room, style.unicode)))?;
            }
        }
        Ok(())
    }

    /// A name on as many lines as it takes; of an endless one the middle is left out.
    fn long_name(&self, name: &str, alarm: bool, style: &Style, out: &mut dyn Write) -> io::Result<()> {
        let paint = Paint::new(style);
        let columns = style.width.map_or(usize::MAX, |width| width.saturating_sub(INDENT).max(1));
        let name = fit(name, columns.saturating_mul(LONGEST_NAME), style.unicode);
        let indent = " ".repeat(INDENT);
        hang(&indent, &indent, &name, style.width)
            .iter()
            .try_for_each(|line| writeln!(out, "{}", if alarm { paint.red(line) } else { line.clone() }))
    }

    fn line<'a>(&self, name: &str, cells: impl Iterator<Item = (&'a str, bool)>, style: &Style) -> String {
        let blanks = |line: &mut String, columns: usize| line.extend(std::iter::repeat_n(' ', columns));
        let mut line = String::new();
        let field = |line: &mut String, text: &str, columns: usize, right: bool| {
            let text = fit(text, columns, style.unicode);
            let missing = columns.saturating_sub(width(&text));
            if right {
                blanks(line, missing);
            }
            line.push_str(&text);
            if !right {
                blanks(line, missing);
            }
        };
        blanks(&mut line, INDENT);
        field(&mut line, name, self.name, false);
        for ((text, right), columns) in cells.zip(&self.cells) {
            let Some(columns) = columns else { continue };
            blanks(&mut line, 2);
            field(&mut line, text, *columns, right);
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::sample;

    fn text(listing: &Listing, width: Option<usize>) -> String {
        let style = Style { width, ..sample::STYLE };
        let mut out = Vec::new();
        super::super::ls::write(listing, &style, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_is_not_finite_is_never_left_out() {
        for columns in [40, 60, 80, 120] {
            let text = text(&sample::listing(), Some(columns));
            assert!(text.lines().all(|line| width(line) <= columns), "{columns}\n{text}");
            assert_eq!(text.matches("  NaN  Inf").count(), 1, "titles above rows alone: {text}");
            let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(words.contains("[first not finite at [0, 5]]"), "{text}");
            assert_eq!(words.contains("size min max mean std zeros NaN Inf"), columns > 80, "{text}");
        }
    }

    #[test]
    fn nothing_selected_is_said() {
        let listing = Listing { narrowed: true, chosen: Vec::new(), ..sample::listing() };
        assert!(text(&listing, None).contains("\n  nothing matches; names are listed by ckpt ls dir --role all; "));
    }
}

//! What changed between two checkpoints: groups by kind of change, the model's variables one by one,
//! the optimizer's state and bookkeeping summed up, and a verdict.

use std::borrow::Cow;
use std::io::{self, Write};

use super::collapse::collapse;
use super::fit::fit;
use super::paint::Paint;
use super::wrap::{cut, hang, pad, width};
use super::{CAP, delta, story, verdict};
use crate::compare::change::{Change, ChangeKind};
use crate::model::{Checkpoint, Entry, Group, Role, Variable, VariableId, natural};
use crate::view::label::label;
use crate::view::{Diff, Names, Style, clean, count};

/// Columns in front of every name: its sign.
const INDENT: usize = 4;
/// Names are not cut below this: then what is said of them is.
const NAME_MIN: usize = 16;

/// Writes what changed.
pub(super) fn write(diff: &Diff, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    if style.quiet == 0 {
        if diff.name_status {
            return name_status(diff, out);
        }
        header(diff, style, out)?;
        if diff.stat {
            stat(diff, style, out)?;
        } else {
            story::write(&diff.story, style, out)?;
            ChangeKind::ALL.iter().try_for_each(|kind| group(diff, *kind, style, out))?;
        }
        trouble(diff, style, out)?;
    }
    let same = diff.changes.list.is_empty() && diff.trouble.is_empty();
    let paint = Paint::new(style);
    for line in hang("", "  ", &clean(&verdict::of(diff)), style.width) {
        writeln!(out, "{}", if same { paint.green(&line) } else { paint.bold(&line) })?;
    }
    Ok(())
}

fn header(diff: &Diff, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let side = |checkpoint: &Checkpoint, step: Option<i64>| {
        let step = step.map(|step| format!(" (step {step})")).unwrap_or_default();
        format!("{}{step}", checkpoint.label)
    };
    let [old, new] = diff.steps;
    let line = format!("{} -> {}", side(&diff.old, old), side(&diff.new, new));
    let paint = Paint::new(style);
    hang("", "  ", &clean(&line), style.width).iter().try_for_each(|line| writeln!(out, "{}", paint.bold(line)))?;
    writeln!(out)
}

fn trouble(diff: &Diff, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let paint = Paint::new(style);
    for line in diff.trouble.iter().flat_map(|line| hang("! ", "  ", &clean(line), style.width)) {
        writeln!(out, "{}", paint.red(&line))?;
    }
    if diff.trouble.is_empty() { Ok(()) } else { writeln!(out) }
}

/// A line for each change, for scripts: a letter, a tab, the name.
fn name_status(diff: &Diff, out: &mut dyn Write) -> io::Result<()> {
    for sides in ordered(diff) {
        let letter = match sides.change.kind {
            ChangeKind::Removed => 'D',
            ChangeKind::Added => 'A',
            ChangeKind::Renamed => 'R',
            ChangeKind::Reshaped => 'S',
            ChangeKind::Retyped => 'T',
            ChangeKind::Revalued => 'M',
            ChangeKind::Unknown => '?',
        };
        writeln!(out, "{letter}\t{}", sides.name(diff.names))?;
    }
    Ok(())
}

/// How many, by kind of change and by part of the checkpoint.
fn stat(diff: &Diff, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    for kind in ChangeKind::ALL {
        let parts = Group::ALL.iter().filter_map(|group| {
            let sides = diff.changes.list.iter().filter(|change| change.kind == kind);
            let number = sides
                .filter_map(|change| Sides::of(diff, change))
                .filter(|sides| sides.role().group() == *group)
                .count();
            (number > 0).then(|| format!("{} {}", count(number as u64), group.word()))
        });
        let parts = parts.collect::<Vec<_>>().join(", ");
        if !parts.is_empty() {
            let line = format!("{:9}  {}", heading(kind), parts);
            hang("  ", "    ", &line, style.width).iter().try_for_each(|line| writeln!(out, "{line}"))?;
        }
    }
    writeln!(out, "  {:9}  {}\n", "same", count(diff.changes.same as u64))
}

fn heading(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Removed => "removed",
        ChangeKind::Added => "added",
        ChangeKind::Renamed => "renamed",
        ChangeKind::Reshaped => "reshaped",
        ChangeKind::Retyped => "retyped",
        ChangeKind::Revalued => "changed",
        ChangeKind::Unknown => "unknown",
    }
}

fn sign(kind: ChangeKind) -> char {
    match kind {
        ChangeKind::Removed => '-',
        ChangeKind::Added => '+',
        ChangeKind::Unknown => '?',
        _ => '~',
    }
}

/// A variable on one side.
#[derive(Clone, Copy)]
struct Side<'a> {
    checkpoint: &'a Checkpoint,
    variable: &'a Variable,
    entry: &'a Entry,
}

impl<'a> Side<'a> {
    fn of(checkpoint: &'a Checkpoint, id: Option<VariableId>) -> Option<Self> {
        let variable = checkpoint.variables.get(id?)?;
        Some(Self { checkpoint, variable, entry: checkpoint.entry(variable)? })
    }

    fn kind(&self) -> String {
        format!("{} {}", self.entry.dtype, self.entry.shape)
    }
}

/// A change with what it happened to, on each side.
struct Sides<'a> {
    change: &'a Change,
    old: Option<Side<'a>>,
    new: Option<Side<'a>>,
    /// The newer of the two.
    shown: Side<'a>,
}

impl<'a> Sides<'a> {
    fn of(diff: &'a Diff, change: &'a Change) -> Option<Self> {
        let (old, new) = (Side::of(&diff.old, change.old), Side::of(&diff.new, change.new));
        Some(Self { change, old, new, shown: new.or(old)? })
    }

    fn role(&self) -> Role {
        self.shown.variable.role
    }

    /// The name, cleaned.
    fn name(&self, names: Names) -> Cow<'a, str> {
        label(names, self.shown.checkpoint, self.shown.variable)
    }

    /// What happened to it, behind its name.
    fn detail(&self, names: Names) -> String {
        let (Some(old), Some(new)) = (self.old, self.new) else { return self.shown.kind() };
        let (a, b) = (old.entry, new.entry);
        let what = match self.change.kind {
            ChangeKind::Reshaped if a.dtype == b.dtype => format!("{} -> {}", a.shape, b.shape),
            ChangeKind::Reshaped => format!("{} -> {}", old.kind(), new.kind()),
            ChangeKind::Retyped => format!("{} -> {}", a.dtype, b.dtype),
            _ => new.kind(),
        };
        let before = label(names, old.checkpoint, old.variable);
        if before == self.name(names) { what } else { format!("{what}   was {before}") }
    }
}

/// All changes by kind, the model's first, by how much they changed if that was measured, then by name.
fn ordered(diff: &Diff) -> Vec<Sides<'_>> {
    let mut all: Vec<Sides> = diff.changes.list.iter().filter_map(|change| Sides::of(diff, change)).collect();
    let group = |sides: &Sides| Group::ALL.iter().position(|group| *group == sides.role().group());
    // What is no longer finite is worst; what could not be measured comes last.
    let much = |sides: &Sides| {
        sides.change.delta.as_ref().map_or((false, -1.0), |delta| (delta.lost_finite > 0, delta.rel_l2))
    };
    all.sort_by(|a, b| {
        let ((lost_a, much_a), (lost_b, much_b)) = (much(a), much(b));
        let changed = lost_b.cmp(&lost_a).then_with(|| much_b.total_cmp(&much_a));
        let kinds = a.change.kind.cmp(&b.change.kind).then_with(|| group(a).cmp(&group(b)));
        kinds.then(changed).then_with(|| natural(&a.name(diff.names), &b.name(diff.names)))
    });
    all
}

/// One line: cleaned, not yet cut.
struct Row {
    sign: char,
    name: String,
    detail: String,
    /// How many variables it stands for, if several: `x12`.
    number: String,
    /// Said below it, in red.
    alarm: Option<String>,
}

/// The lines of variables that are listed one by one.
fn rows(sides: &[&Sides], columns: &delta::Columns, names: Names) -> Vec<Row> {
    let row = |sides: &&Sides| {
        let delta = sides.change.delta.as_ref();
        let detail = delta.map_or_else(|| sides.detail(names), |delta| columns.cells(delta));
        Row {
            sign: sign(sides.change.kind),
            name: sides.name(names).into_owned(),
            detail,
            number: String::new(),
            alarm: delta.and_then(delta::alarm),
        }
    };
    sides.iter().map(row).collect()
}

/// Puts rows on one line of which the same is said; what was measured stays alone.
fn merged(rows: Vec<Row>, columns: &delta::Columns) -> Vec<Row> {
    if !columns.heading().is_empty() {
        return rows;
    }
    let name = |id: usize| Cow::Borrowed(rows.get(id).map_or("", |row| row.name.as_str()));
    let like = |id: usize| rows.get(id).map(|row| (row.sign, row.detail.as_str()));
    let merged = collapse(rows.len(), name, like).into_iter().filter_map(|line| {
        let Row { sign, detail, .. } = rows.get(*line.members.first()?)?;
        let several = line.members.len() > 1;
        let number = if several { format!("x{}", line.members.len()) } else { String::new() };
        Some(Row { sign: *sign, name: line.pattern, detail: detail.clone(), number, alarm: None })
    });
    merged.collect()
}

/// All changes of a kind.
fn group(diff: &Diff, kind: ChangeKind, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let mut sides = ordered(diff);
    sides.retain(|sides| sides.change.kind == kind);
    if sides.is_empty() {
        return Ok(());
    }
    let listed = |sides: &&Sides| style.verbose || sides.role().group() == Group::Model;
    let (listed, summed): (Vec<&Sides>, Vec<&Sides>) = sides.iter().partition(listed);
    let columns = delta::Columns::of(listed.iter().filter_map(|sides| sides.change.delta.as_ref()));
    let mut rows = rows(&listed, &columns, diff.names);
    if !style.verbose {
        rows = merged(rows, &columns);
    }
    let layout = Layout::of(&rows, &columns, style);
    layout.heading(heading(kind), &columns, style, out)?;
    rows.iter().try_for_each(|row| layout.row(row, style, out))?;
    summed_up(diff, kind, &summed, style, out)?;
    writeln!(out)
}

/// What accompanies the model, in a line for the slots and one for the rest.
fn summed_up(diff: &Diff, kind: ChangeKind, sides: &[&Sides], style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let slots = sides.iter().filter(|sides| sides.role() == Role::Slot).count();
    let mut lines = Vec::new();
    if slots > 0 {
        let side = if kind == ChangeKind::Removed { &diff.old } else { &diff.new };
        let of = side.optimizer().filter(|class| class != "optimizer").map(|class| format!(" of {class}"));
        let s = if slots == 1 { "" } else { "s" };
        lines.push(format!("{} slot{s}{}   -v lists them", count(slots as u64), of.unwrap_or_default()));
    }
    let others: Vec<Cow<str>> =
        sides.iter().filter(|sides| sides.role() != Role::Slot).map(|sides| sides.name(diff.names)).collect();
    if !others.is_empty() {
        let shown = others.iter().take(CAP).cloned().collect::<Vec<_>>().join(", ");
        let more = others.len().saturating_sub(CAP);
        let rest = if more > 0 { format!(" and {} more   -v", count(more as u64)) } else { String::new() };
        lines.push(format!("{shown}{rest}"));
    }
    let first = format!("  {} ", sign(kind));
    for line in lines {
        for line in hang(&first, "      ", &line, style.width) {
            writeln!(out, "{}", colored(&line, sign(kind), style))?;
        }
    }
    Ok(())
}

fn colored(line: &str, sign: char, style: &Style) -> String {
    let paint = Paint::new(style);
    match sign {
        '-' => paint.red(line),
        '+' => paint.green(line),
        '?' => paint.yellow(line),
        _ => line.to_owned(),
    }
}

/// Columns of one group.
struct Layout {
    name: usize,
    detail: usize,
}

impl Layout {
    fn of(rows: &[Row], columns: &delta::Columns, style: &Style) -> Self {
        let widest = |text: fn(&Row) -> &str| rows.iter().map(|row| width(text(row))).max().unwrap_or(0);
        let detail = widest(|row| &row.detail).max(width(&columns.heading()));
        let name = widest(|row| &row.name).max(NAME_MIN);
        // With the blanks before it; nothing if every line stands for one variable.
        let number = match widest(|row| &row.number) {
            0 => 0,
            number => number.saturating_add(2),
        };
        let Some(columns) = style.width else { return Self { name, detail } };
        let room = columns.saturating_sub(INDENT).saturating_sub(2).saturating_sub(number);
        let name = name.min(room.saturating_sub(detail).max(NAME_MIN));
        Self { name, detail: detail.min(room.saturating_sub(name)) }
    }

    fn heading(&self, word: &str, columns: &delta::Columns, style: &Style, out: &mut dyn Write) -> io::Result<()> {
        let word = pad(word, self.name.saturating_add(INDENT).saturating_sub(2));
        let line = format!("  {word}  {}", cut(&columns.heading(), self.detail, style.unicode));
        writeln!(out, "{}", Paint::new(style).dim(line.trim_end()))
    }

    fn row(&self, row: &Row, style: &Style, out: &mut dyn Write) -> io::Result<()> {
        let name = pad(&fit(&row.name, self.name, style.unicode), self.name);
        let detail = cut(&row.detail, self.detail, style.unicode);
        let detail = if row.number.is_empty() { detail } else { pad(&detail, self.detail) };
        let line = format!("  {} {name}  {detail}  {}", row.sign, row.number);
        writeln!(out, "{}", colored(line.trim_end(), row.sign, style))?;
        for line in row.alarm.iter().flat_map(|alarm| hang("    ! ", "      ", alarm, style.width)) {
            writeln!(out, "{}", Paint::new(style).red(&line))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;

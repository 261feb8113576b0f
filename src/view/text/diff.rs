//! What changed between two checkpoints: groups by kind of change, the model's variables one by one,
//! the optimizer's state and bookkeeping summed up, and a verdict.

mod bars;
mod sides;
mod status;

use std::borrow::Cow;
use std::collections::HashSet;
use std::io::{self, Write};

use super::collapse::collapse;
use super::fit::fit;
use super::paint::Paint;
use super::wrap::{cut, hang, pad, width};
use super::{CAP, delta, story};
use crate::compare::align::{Ambiguity, Proof};
use crate::compare::change::ChangeKind;
use crate::model::{Checkpoint, Group, Role, VariableId};
use crate::restore::{Goal, Goals};
use crate::view::label::label;
use crate::view::{Diff, Style, clean, count, plural, verdict};
use sides::{Side, Sides, heading, ordered, sign};

/// Patterns of names of a group in doubt that are shown.
const ALTERNATIVES: usize = 3;
/// Columns in front of every name: its sign.
const INDENT: usize = 4;
/// Names are not cut below this: then what is said of them is.
const NAME_MIN: usize = 16;
/// Names longer than this give way to columns of numbers.
const NAME_BESIDE: usize = 32;

/// Changed variables of which nothing was measured that are listed; more say nothing one by one.
const UNMEASURED: usize = 8;

/// Writes what changed.
pub(super) fn write(diff: &Diff, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    if diff.name_status && style.quiet == 0 {
        return status::name_status(diff, out);
    }
    if style.quiet == 0 {
        header(diff, style, out)?;
    }
    let same = diff.changes.list.is_empty() && diff.trouble.is_empty();
    let paint = Paint::new(style);
    for line in hang("", "  ", &clean(&verdict::of(diff)), style.width) {
        writeln!(out, "{}", if same { paint.green(&line) } else { paint.bold(&line) })?;
    }
    if style.quiet == 0 {
        writeln!(out)?;
        if diff.stat {
            status::stat(diff, style, out)?;
        } else {
            details(diff, style, out)?;
        }
        trouble(diff, style, out)?;
    }
    diff.goals.as_ref().map_or(Ok(()), |goals| restore(goals, style, out))
}

/// What happened, and to which variables.
fn details(diff: &Diff, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    story::write(&diff.story, style, out)?;
    bars::write(diff, style, out)?;
    ChangeKind::ALL.iter().try_for_each(|kind| group(diff, *kind, style, out))?;
    ambiguous(diff, style, out)
}

/// The last line: what a restore would be good for. Where it is too long, each answer has its own.
pub(super) fn restore(goals: &Goals, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let paint = Paint::new(style);
    let works = goals.verdicts.iter().all(|verdict| verdict.ok() || verdict.goal == Goal::Exact);
    let whole = clean(&verdict::restore(goals)).into_owned();
    let lines = if style.width.is_none_or(|columns| width(&whole) <= columns) {
        vec![whole]
    } else {
        let (first, told) = verdict::answers(goals);
        let told = told.iter().flat_map(|answer| hang("  ", "    ", &clean(answer), style.width));
        std::iter::once(clean(&first).into_owned()).chain(told).collect()
    };
    lines.iter().try_for_each(|line| writeln!(out, "{}", if works { paint.green(line) } else { paint.bold(line) }))
}

fn header(diff: &Diff, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let side = |checkpoint: &Checkpoint, step: Option<i64>| {
        let step = step.map(|step| format!(" (step {step})")).unwrap_or_default();
        format!("{}{step}", checkpoint.label)
    };
    let [old, new] = diff.steps;
    let line = format!("{} -> {}", side(&diff.old, old), side(&diff.new, new));
    let paint = Paint::new(style);
    hang("", "  ", &clean(&line), style.width).iter().try_for_each(|line| writeln!(out, "{}", paint.bold(line)))
}

fn trouble(diff: &Diff, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let paint = Paint::new(style);
    for line in diff.trouble.iter().flat_map(|line| hang("! ", "  ", &clean(line), style.width)) {
        writeln!(out, "{}", paint.red(&line))?;
    }
    if diff.trouble.is_empty() { Ok(()) } else { writeln!(out) }
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
fn rows(diff: &Diff, sides: &[&Sides], columns: &delta::Columns) -> Vec<Row> {
    let row = |sides: &&Sides| {
        let delta = sides.change.delta.as_ref();
        let name = sides.name(diff.names);
        let (name, detail) = match (sides.change.kind, delta) {
            (ChangeKind::Renamed, _) => {
                let before = sides.before(diff.names).map(|before| format!("{before} -> {name}"));
                (before.unwrap_or_else(|| name.into_owned()), proof(diff, sides))
            }
            (ChangeKind::Revalued, Some(delta)) => (name.into_owned(), columns.cells(delta)),
            _ => (name.into_owned(), sides.detail(diff.names)),
        };
        let alarm = delta.and_then(delta::alarm);
        Row { sign: sign(sides.change.kind), name, detail, number: String::new(), alarm }
    };
    sides.iter().map(row).collect()
}

/// Why two names are said to be one variable's.
fn proof(diff: &Diff, sides: &Sides) -> String {
    let Some(proof) = sides.change.proof else { return String::new() };
    match proof {
        Proof::Rewrite(rule) => match diff.alignment.rules.get(rule) {
            Some(rule) => format!("by rule {} -> {}", clean(&rule.from), clean(&rule.to)),
            None => proof.word().to_owned(),
        },
        Proof::Likeness(percent) => format!("{percent} % alike"),
        _ => proof.word().replace('-', " "),
    }
}

/// Puts rows on one line of which the same is said; what was measured stays alone.
fn merged(rows: Vec<Row>, columns: &delta::Columns) -> Vec<Row> {
    if !columns.is_empty() {
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
    let doubted = doubted(diff);
    sides.retain(|sides| sides.change.kind == kind && !doubted.contains(&(sides.change.old, sides.change.new)));
    // Those who ask for all names want the old ones too.
    sides.iter_mut().for_each(|sides| sides.told &= !style.verbose);
    if sides.is_empty() {
        return Ok(());
    }
    // What only has another name is told by the rule; the names are for those who ask.
    if kind == ChangeKind::Renamed && !style.verbose {
        writeln!(out, "{}", Paint::new(style).dim("  renamed"))?;
        let line =
            format!("{}, of the same values   -v lists each with its proof", plural(sides.len() as u64, "variable"));
        hang("  ~ ", "      ", &line, style.width).iter().try_for_each(|line| writeln!(out, "{line}"))?;
        return writeln!(out);
    }
    let listed = |sides: &&Sides| style.verbose || sides.role().group() == Group::Model;
    let (listed, summed): (Vec<&Sides>, Vec<&Sides>) = sides.iter().partition(listed);
    let deltas = listed.iter().filter(|_| kind == ChangeKind::Revalued).filter_map(|s| s.change.delta.as_ref());
    let widest =
        listed.iter().map(|sides| width(&sides.name(diff.names))).max().unwrap_or(0).clamp(NAME_MIN, NAME_BESIDE);
    let room = style.width.map(|columns| columns.saturating_sub(INDENT).saturating_sub(widest));
    let columns = delta::Columns::of(deltas, room);
    let mut rows = rows(diff, &listed, &columns);
    if !style.verbose {
        rows = merged(rows, &columns);
        if kind == ChangeKind::Revalued && columns.is_empty() && rows.len() > UNMEASURED {
            writeln!(out, "{}", Paint::new(style).dim(&format!("  {}", heading(kind))))?;
            let lines = hang("  ~ ", "      ", &unmeasured(diff, &listed), style.width);
            lines.iter().try_for_each(|line| writeln!(out, "{line}"))?;
            summed_up(diff, kind, &summed, style, out)?;
            return writeln!(out);
        }
    }
    let layout = Layout::of(&rows, &columns, style);
    layout.heading(heading(kind), &columns, style, out)?;
    rows.iter().try_for_each(|row| layout.row(row, style, out))?;
    summed_up(diff, kind, &summed, style, out)?;
    writeln!(out)
}

/// One line for many variables of which only is known that their values differ.
fn unmeasured(diff: &Diff, listed: &[&Sides]) -> String {
    let of_model = |variable: &&crate::model::Variable| variable.role.group() == Group::Model;
    let all = diff.new.variables.iter().filter(of_model).count();
    let name = match listed.len() {
        number if number == all => format!("all {} of the model", plural(number as u64, "variable")),
        number => format!("{} of the {} of the model", count(number as u64), plural(all as u64, "variable")),
    };
    format!("{name}  --values says how much, -v lists them")
}

/// What is told as ambiguous, and not once more as removed and added.
fn doubted(diff: &Diff) -> HashSet<(Option<VariableId>, Option<VariableId>)> {
    let doubts = &diff.alignment.ambiguous;
    let old = doubts.iter().flat_map(|doubt| &doubt.old).map(|id| (Some(*id), None));
    let new = doubts.iter().flat_map(|doubt| &doubt.new).map(|id| (None, Some(*id)));
    old.chain(new).collect()
}

/// Variables that could be others, all of them: nothing was guessed.
fn ambiguous(diff: &Diff, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let doubts = &diff.alignment.ambiguous;
    if doubts.is_empty() {
        return Ok(());
    }
    let paint = Paint::new(style);
    writeln!(out, "{}", paint.dim("  ambiguous: any of these could be any"))?;
    let shown = if style.verbose { doubts.len() } else { CAP };
    for doubt in doubts.iter().take(shown) {
        for line in hang("  ? ", "      ", &alternatives(diff, doubt, style), style.width) {
            writeln!(out, "{}", paint.yellow(&line))?;
        }
    }
    let more = doubts.len().saturating_sub(shown);
    if more > 0 {
        writeln!(out, "  ? {} more   -v", count(more as u64))?;
    }
    writeln!(out)
}

/// `24 of float32 [4]: layer_{0..11}/{beta,gamma} -> block_{0..11}/{beta,gamma}`.
fn alternatives(diff: &Diff, doubt: &Ambiguity, style: &Style) -> String {
    let shown = if style.verbose { usize::MAX } else { ALTERNATIVES };
    let list = |checkpoint: &Checkpoint, ids: &[VariableId]| {
        let sides = ids.iter().filter_map(|id| Side::of(checkpoint, Some(*id)));
        let names: Vec<Cow<str>> = sides.map(|side| label(diff.names, checkpoint, side.variable)).collect();
        let name = |at: usize| names.get(at).cloned().unwrap_or_default();
        let lines = collapse(names.len(), name, |_| Some(()));
        let more = lines.len().saturating_sub(shown);
        let more = if more > 0 { format!(" and {} more", count(more as u64)) } else { String::new() };
        let patterns: Vec<String> = lines.into_iter().take(shown).map(|line| line.pattern).collect();
        format!("{}{more}", patterns.join(", "))
    };
    let kind = doubt.old.first().and_then(|id| Side::of(&diff.old, Some(*id))).map(|side| side.kind());
    let number = count(doubt.old.len().max(doubt.new.len()) as u64);
    let (old, new) = (list(&diff.old, &doubt.old), list(&diff.new, &doubt.new));
    format!("{number} of {}: {old} -> {new}", kind.unwrap_or_default())
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

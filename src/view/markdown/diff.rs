//! `ckpt diff`.

use std::io::{self, Write};

use super::escape::{cell, code, prose};
use super::{header, number, row};
use crate::compare::change::{Change, ChangeKind};
use crate::model::{Checkpoint, Entry, Variable};
use crate::view::label::label;
use crate::view::units::percent;
use crate::view::{Diff, Style, count, plural, verdict};

/// Most changes in the table unless all are asked for: a comment has to stay readable.
const ROWS: usize = 100;

/// One line that sums up, what happened, what a restore would be good for, and a table to unfold.
pub(super) fn write(diff: &Diff, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}\n\n**{}**", sides(diff), prose(&verdict::of(diff)))?;
    if let Some(goals) = &diff.goals {
        writeln!(out, "\n{}", prose(&verdict::restore(goals)))?;
    }
    if style.quiet > 0 {
        return Ok(());
    }
    for trouble in &diff.trouble {
        writeln!(out, "\n**Not complete**: {}", prose(trouble))?;
    }
    if !diff.story.is_empty() {
        writeln!(out)?;
        diff.story.iter().try_for_each(|event| writeln!(out, "- {}", prose(&event.to_string())))?;
    }
    if diff.stat || diff.changes.list.is_empty() {
        return Ok(());
    }
    table(diff, style, out)
}

fn table(diff: &Diff, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let list = &diff.changes.list;
    let shown = if style.verbose { list.len() } else { ROWS.min(list.len()) };
    let deltas = list.iter().any(|change| change.delta.is_some());
    let mut titles = vec!["", "variable", "old", "new"];
    titles.extend([">rel. L2", ">max abs", ">values changed"].iter().filter(|_| deltas));
    // An empty line before the table: without it Markdown would take it for HTML.
    writeln!(out, "\n<details>\n<summary>{}</summary>\n", plural(list.len() as u64, "change"))?;
    header(&titles, out)?;
    list.iter().take(shown).try_for_each(|change| row(&cells(diff, change, deltas, style), out))?;
    let rest = list.len().saturating_sub(shown);
    if rest > 0 {
        writeln!(out, "\n... and {}; `-v` lists all", plural(rest as u64, "more change"))?;
    }
    writeln!(out, "\n</details>")
}

fn sides(diff: &Diff) -> String {
    let side = |checkpoint: &Checkpoint, step: Option<i64>| {
        format!("{}{}", code(&checkpoint.label), step.map(|step| format!(" (step {step})")).unwrap_or_default())
    };
    let [old_step, new_step] = diff.steps;
    format!("{} → {}", side(&diff.old, old_step), side(&diff.new, new_step))
}

fn cells(diff: &Diff, change: &Change, deltas: bool, style: &Style) -> Vec<String> {
    let [old, new] = diff.sides(change);
    let name = |checkpoint, side: Option<(&Variable, &Entry)>| {
        side.map(|(variable, _)| cell(&label(diff.names, checkpoint, variable)))
    };
    let names = match (name(&diff.old, old), name(&diff.new, new)) {
        (Some(old), Some(new)) if old != new => format!("{old} → {new}"),
        (Some(name), _) | (None, Some(name)) => name,
        (None, None) => String::new(),
    };
    let kind = |side: Option<(&Variable, &Entry)>| {
        side.map(|(_, entry)| format!("{} {}", entry.dtype, entry.shape)).unwrap_or_default()
    };
    let word = change.kind.word();
    let also = change.renamed && change.kind != ChangeKind::Renamed;
    let word = if also { format!("rename, {word}") } else { word.to_owned() };
    let mut cells = vec![word, names, kind(old), kind(new)];
    if deltas {
        cells.extend(change.delta.as_ref().map_or([const { String::new() }; 3], |delta| {
            let changed = format!("{} of {}", count(delta.changed), count(delta.total));
            [percent(delta.rel_l2), number(delta.max_abs, style), changed]
        }));
    }
    cells
}

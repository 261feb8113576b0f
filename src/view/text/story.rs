//! What happened to the model, a line for each event.

use std::io::{self, Write};

use super::CAP;
use super::paint::Paint;
use super::wrap::hang;
use crate::compare::story::{Event, EventKind, RenameKind};
use crate::view::{Style, clean, plural};

/// Writes the events; nothing if there are none. Names that the framework counted are summed up, and of many
/// renames the first are told, unless all are asked for.
pub(super) fn write(story: &[Event], style: &Style, out: &mut dyn Write) -> io::Result<()> {
    if story.is_empty() {
        return Ok(());
    }
    writeln!(out, "{}", Paint::new(style).dim("  what happened"))?;
    lines(story, style.verbose).iter().try_for_each(|line| {
        hang("  * ", "    ", &clean(line), style.width).iter().try_for_each(|line| writeln!(out, "{line}"))
    })?;
    writeln!(out)
}

fn lines(story: &[Event], all: bool) -> Vec<String> {
    let is_rename = |event: &&Event| matches!(event.kind, EventKind::Renamed { .. });
    let (renames, others): (Vec<&Event>, Vec<&Event>) = story.iter().partition(is_rename);
    let of_drift = |event: &&Event| matches!(event.kind, EventKind::Renamed { kind: RenameKind::Drift, .. });
    let (drifted, renamed): (Vec<&Event>, Vec<&Event>) = renames.into_iter().partition(of_drift);
    let shown = if all { usize::MAX } else { CAP };
    let mut lines: Vec<String> = renamed.iter().take(shown).map(ToString::to_string).collect();
    let more: u64 = renamed.iter().skip(shown).map(|event| event.new.len() as u64).sum();
    if more > 0 {
        let left = renamed.len().saturating_sub(shown);
        lines.push(format!("{} more of this kind ({})   -v", left, plural(more, "variable")));
    }
    lines.extend(if all { drifted.iter().map(ToString::to_string).collect() } else { counted_on(&drifted) });
    lines.extend(others.iter().map(ToString::to_string));
    lines
}

/// `automatic names, counted on: dense is dense_1, dense_1 is dense_2 (4 variables)`.
fn counted_on(drifted: &[&Event]) -> Vec<String> {
    if drifted.len() < 2 {
        return drifted.iter().map(ToString::to_string).collect();
    }
    let names = drifted.iter().filter_map(|event| match &event.kind {
        EventKind::Renamed { from, to, .. } => Some(format!("{from} is {to}")),
        _ => None,
    });
    let names: Vec<String> = names.take(CAP).collect();
    let more = drifted.len().saturating_sub(CAP);
    let more = if more > 0 { format!(" and {more} more   -v") } else { String::new() };
    let variables = plural(drifted.iter().map(|event| event.new.len() as u64).sum(), "variable");
    vec![format!("automatic names, counted on: {} ({variables}){more}", names.join(", "))]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn renamed(kind: RenameKind, from: &str, to: &str) -> Event {
        let kind = EventKind::Renamed { kind, from: from.into(), to: to.into(), each: Vec::new() };
        Event { kind, old: vec![1, 2], new: vec![1, 2] }
    }

    #[test]
    fn names_that_were_counted_on_are_one_line() {
        let numbered = |number: usize| renamed(RenameKind::Drift, &format!("a_{number}"), &format!("a_{}", number + 1));
        let expected = "automatic names, counted on: a_1 is a_2, a_2 is a_3 (4 variables)";
        assert_eq!(lines(&[numbered(1), numbered(2)], false), [expected]);
        assert_eq!(lines(&[numbered(1)], false), ["automatic name, counted on: a_2 now, a_1 before (2 variables)"]);
        assert_eq!(lines(&[numbered(1), numbered(2)], true).len(), 2);
        let many: Vec<Event> = (0..7).map(numbered).collect();
        assert!(lines(&many, false)[0].ends_with("a_4 is a_5 (14 variables) and 2 more   -v"));
    }

    #[test]
    fn of_many_renames_the_first_are_told() {
        let many: Vec<Event> = (0..7).map(|i| renamed(RenameKind::Nesting, &format!("l{i}"), "")).collect();
        let told = lines(&many, false);
        assert_eq!((told.len(), told[0].as_str()), (6, "moved out of l0 (2 variables)"));
        assert_eq!(told[5], "2 more of this kind (4 variables)   -v");
        assert_eq!(lines(&many, true).len(), 7);
    }
}

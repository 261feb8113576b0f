//! Which records of a listing are damaged. Of a block whose checksum does not fit nobody can tell which
//! records have changed: where that is every block of the index, it is said once and not in every line.

use std::collections::HashSet;
use std::io::{self, Write};

use super::paint::Paint;
use super::wrap::hang;
use crate::model::{Checkpoint, Entry, VariableId};
use crate::view::{Style, clean, count, plural};

/// Writes that something is wrong with the files, if so, and who says more of it: `given` is the path that led here.
pub(super) fn faults(checkpoint: &Checkpoint, given: &str, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let Some(first) = checkpoint.faults.first() else { return Ok(()) };
    let paint = Paint::new(style);
    let line = format!("{} in its files. {first}", plural(checkpoint.faults.len() as u64, "fault"));
    for line in hang("! ", "  ", &clean(&line), style.width) {
        writeln!(out, "{}", paint.red(&line))?;
    }
    if style.quiet > 0 {
        return Ok(());
    }
    let summary = Damage::new(checkpoint).summary();
    for line in summary.iter().flat_map(|line| hang("  ", "  ", line, style.width)) {
        writeln!(out, "{}", paint.red(&line))?;
    }
    let next = format!("ckpt doctor {given} says what to do");
    hang("  ", "  ", &clean(&next), style.width).iter().try_for_each(|line| writeln!(out, "{line}"))
}

pub(super) struct Damage<'a> {
    /// Records out of blocks that are damaged, and all records.
    suspects: usize,
    of: usize,
    /// Keys of records that contradict the format.
    wrong: HashSet<&'a str>,
}

impl<'a> Damage<'a> {
    pub fn new(checkpoint: &'a Checkpoint) -> Self {
        Self {
            suspects: checkpoint.entries.iter().filter(|entry| !entry.trusted).count(),
            of: checkpoint.entries.len(),
            wrong: checkpoint.faults.iter().filter_map(|fault| fault.kind.record()).collect(),
        }
    }

    /// What is to be said of one record.
    pub fn note(&self, entry: &Entry) -> Option<&'static str> {
        if !self.wrong.is_empty() && self.wrong.contains(entry.key.to_string().as_str()) {
            return Some("[damaged record]");
        }
        (!entry.trusted && self.suspects < self.of).then_some("[damaged block]")
    }

    /// True for a variable whose record is noted.
    pub fn is_noted(&self, checkpoint: &Checkpoint, id: VariableId) -> bool {
        checkpoint.pair(id).is_some_and(|(_, entry)| self.note(entry).is_some())
    }

    /// What is to be said of all of them.
    pub fn summary(&self) -> Option<String> {
        match self.suspects {
            0 => None,
            n if n == self.of => {
                Some("no record has a checksum that fits: any name, type, shape or place may be wrong".to_owned())
            }
            n => Some(format!(
                "{} of {} records lie in damaged blocks, and are marked",
                count(n as u64),
                count(self.of as u64)
            )),
        }
    }
}

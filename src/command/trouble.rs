//! What could not be compared, each cause a few times: a shard that is cut has as many tensors that cannot be read as lay
//! behind the cut.

use std::collections::HashMap;
use std::mem::{Discriminant, discriminant};
use std::sync::Arc;

use crate::bytes::{Fault, FaultKind};
use crate::model::Checkpoint;

/// Lines for one cause; of the others, how many there are.
const TOLD: usize = 3;

/// Faults of one kind in one file.
type Cause = (Arc<str>, Discriminant<FaultKind>);

/// What is wrong with two checkpoints, as it is found.
#[derive(Default)]
pub(super) struct Trouble {
    lines: Vec<String>,
    causes: HashMap<Cause, Told>,
}

/// What has been told of a cause.
#[derive(Default)]
struct Told {
    lines: usize,
    /// Where the last of its lines stands.
    last: usize,
    /// Faults without a line.
    more: usize,
    /// True if it was found on opening: then reading finds the same again.
    known: bool,
}

impl Trouble {
    /// Faults that opening found say that a side cannot be trusted: then "the same" would be a guess.
    pub fn of(sides: [&Checkpoint; 2]) -> Self {
        let mut trouble = Self::default();
        sides.into_iter().flat_map(|side| &side.faults).for_each(|fault| trouble.add(fault));
        trouble.causes.values_mut().for_each(|told| told.known = true);
        trouble
    }

    /// Adds a fault.
    pub fn add(&mut self, fault: &Fault) {
        let told = self.causes.entry(cause(fault)).or_default();
        let line = format!("{}: {}", fault.at.file, fault.kind);
        if told.known || told.lines > 0 && self.lines.get(told.last) == Some(&line) {
            return;
        }
        if told.lines >= TOLD {
            told.more = told.more.saturating_add(1);
            return;
        }
        (told.lines, told.last) = (told.lines.saturating_add(1), self.lines.len());
        self.lines.push(line);
    }

    /// What to say.
    pub fn lines(mut self) -> Vec<String> {
        for told in self.causes.into_values().filter(|told| told.more > 0) {
            if let Some(line) = self.lines.get_mut(told.last) {
                line.push_str(&format!(" (and {} more like this)", told.more));
            }
        }
        self.lines
    }
}

fn cause(fault: &Fault) -> Cause {
    (fault.at.file.clone(), discriminant(&fault.kind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::Span;
    use crate::model::sample;

    fn fault(file: &str, kind: FaultKind) -> Fault {
        Fault { kind, at: Span::whole(&file.into()) }
    }

    #[test]
    fn a_cause_is_told_a_few_times() {
        let mut old = sample::named(&[]);
        old.faults.push(fault("a", FaultKind::Missing));
        let mut trouble = Trouble::of([&old, &sample::named(&[])]);
        trouble.add(&fault("a", FaultKind::Missing));
        for wanted in 1..6 {
            trouble.add(&fault("a", FaultKind::EndsEarly { wanted }));
        }
        trouble.add(&fault("b", FaultKind::Missing));
        trouble.add(&fault("b", FaultKind::Missing));
        let early = |wanted| format!("a: ends early: {wanted} more bytes were promised");
        let last = early(3) + " (and 2 more like this)";
        assert_eq!(trouble.lines(), ["a: is not there", &early(1), &early(2), &last, "b: is not there"]);
    }
}

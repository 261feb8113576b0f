//! What could not be compared, each cause once: a shard that is cut has as many tensors that cannot be read as lay
//! behind the cut.

use std::collections::HashMap;
use std::mem::{Discriminant, discriminant};
use std::sync::Arc;

use crate::bytes::{Fault, FaultKind};
use crate::model::Checkpoint;

/// Faults of one kind in one file.
type Cause = (Arc<str>, Discriminant<FaultKind>);

/// What is wrong with two checkpoints, as it is found.
#[derive(Default)]
pub(super) struct Trouble {
    lines: Vec<String>,
    /// Where the line of a cause stands, and how many more there were; none if it was told on opening.
    causes: HashMap<Cause, Option<(usize, usize)>>,
}

impl Trouble {
    /// Faults that opening found say that a side cannot be trusted: then "the same" would be a guess.
    pub fn of(sides: [&Checkpoint; 2]) -> Self {
        let mut trouble = Self::default();
        for fault in sides.into_iter().flat_map(|side| &side.faults) {
            trouble.lines.push(line(fault));
            trouble.causes.insert(cause(fault), None);
        }
        trouble
    }

    /// Adds what came out when data were read.
    pub fn add(&mut self, fault: &Fault) {
        let place = self.lines.len();
        match self.causes.entry(cause(fault)).or_insert(Some((place, 0))) {
            Some((told, _)) if *told == place => self.lines.push(line(fault)),
            Some((_, more)) => *more = more.saturating_add(1),
            None => {}
        }
    }

    /// A line for each cause.
    pub fn lines(mut self) -> Vec<String> {
        for (place, more) in self.causes.into_values().flatten().filter(|(_, more)| *more > 0) {
            if let Some(line) = self.lines.get_mut(place) {
                line.push_str(&format!(" (and {more} more like this in the file)"));
            }
        }
        self.lines
    }
}

fn cause(fault: &Fault) -> Cause {
    (fault.at.file.clone(), discriminant(&fault.kind))
}

fn line(fault: &Fault) -> String {
    format!("{}: {}", fault.at.file, fault.kind)
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
    fn a_cause_is_told_once() {
        let mut old = sample::named(&[]);
        old.faults.push(fault("a", FaultKind::Missing));
        let mut trouble = Trouble::of([&old, &sample::named(&[])]);
        trouble.add(&fault("a", FaultKind::Missing));
        for wanted in [1, 2, 3] {
            trouble.add(&fault("a", FaultKind::EndsEarly { wanted }));
        }
        trouble.add(&fault("b", FaultKind::Missing));
        let early = "a: ends early: 1 more bytes were promised (and 2 more like this in the file)";
        assert_eq!(trouble.lines(), ["a: is not there", early, "b: is not there"]);
    }
}

//! Which variable of one checkpoint is which of the other, and why we say so.
//!
//! Evidence is asked from the strongest to the weakest, each stage only about what is still open. Names
//! and object paths are trees: whole layers are matched, and what they hold follows.

mod assign;
mod checksum;
mod endings;
mod keys;
mod likeness;
mod matching;
mod naming;
mod places;
mod proof;
mod rewrite;
mod sequence;
mod siblings;
mod slots;
mod tree;
mod walk;

#[cfg(test)]
mod tests;

pub(in crate::compare) use naming::counted;
pub use proof::{Alignment, Ambiguity, Pair, Proof, Rewrite, RewriteKind};

use crate::model::Checkpoint;
use matching::Matching;
use walk::Walk;

/// Says of every variable of the old checkpoint which one of the new it is, if that can be told.
pub fn align(old: &Checkpoint, new: &Checkpoint) -> Alignment {
    let mut matching = Matching::new(old, new);
    checksum::settle(&mut matching);
    keys::settle(&mut matching);
    endings::settle(&mut matching);
    let (first, second) = naming::trees(&matching);
    let mut walks = [Walk::new(first), Walk::new(second)];
    for stage in STAGES {
        if !matching.undecided() {
            break;
        }
        for walk in &mut walks {
            walk.learn(&matching);
            stage(walk, &mut matching);
        }
    }
    for walk in &walks {
        walk.tell_ambiguous(&mut matching);
    }
    slots::settle(&mut matching);
    matching.conclude()
}

/// What is done with the tree of names and with that of object paths, the surest first.
const STAGES: [fn(&mut Walk, &mut Matching); 8] = [
    walk::same_names,
    sequence::counted,
    rewrite::prefixes,
    rewrite::counted_prefixes,
    siblings::unique,
    places::in_place,
    siblings::anywhere,
    likeness::assigned,
];

//! F026: the index is not put together as a table must be.

use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::model::Depth;

pub static RULE: Rule = Rule {
    code: "F026",
    name: "index-malformed",
    severity: Severity::Error,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Faults,
    manual: Manual {
        means: "The table of the index does not hold together, although no checksum of a block is wrong: keys out of \
order or repeated, a handle that points nowhere, a header or an entry that does not parse, bytes that belong to nothing, or a \
footer (the one part without a checksum) in which bits have changed.

If only idle bytes changed (the padding of the footer, gaps between blocks), TensorFlow does not notice, and this is a \
warning: bytes of this file changed after it was written, and the next ones may matter. A repeated key is a warning \
too: TensorFlow takes its first record and never sees the others.",
        you_see: &[
            "bad entry in block",
            "bad block handle",
            "truncated block read",
            "Unable to read file ({prefix}.index). Perhaps the file is corrupt ... (unable to parse header): Entry for key  not parseable.",
            "NotFoundError: Key {key} not found in checkpoint",
        ],
        knows: "Every byte of the file must belong to a block or the footer; numbers must have their shortest spelling; \
keys must rise; the first record must be a header; every entry must parse.",
        fix: "Copy the index again. If the original is the same, the writer is not TensorFlow, or it is broken: save \
again with tf.train.Checkpoint or tf.compat.v1.train.Saver.",
        not: "Do not try such a file in a serving process: on an entry that does not parse, TensorFlow aborts the \
whole process instead of raising.",
        ignore: "The warning, if another program than TensorFlow is known to write its own bytes there.",
        see: &["F016", "F018", "F027"],
    },
};

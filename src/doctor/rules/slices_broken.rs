//! F028: the slices of a partitioned tensor do not make it.

use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::model::Depth;

pub static RULE: Rule = Rule {
    code: "F028",
    name: "slices-broken",
    severity: Severity::Error,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Faults,
    manual: Manual {
        means: "A partitioned variable is stored in slices, which together must cover it, each element once. Here a \
slice is missing, two overlap, some elements are covered by none, or a slice belongs to no variable. TensorFlow does \
not check this when it saves; a reader finds out.",
        you_see: &[
            "Does not have sufficient slices for partitioned tensor {key} to restore in slice_spec: {spec}",
            "Overlapping slices: existing slice = {a}, new slice = {b}",
            "Key {key} not found in checkpoint",
        ],
        knows: "The list of slices in the entry of the variable, against the entries of the slices themselves.",
        fix: "The usual reason is a checkpoint merged from the parts of several workers when one part was missing or \
written twice. Merge again with all parts, or restore another checkpoint. Tensors without slices are not affected:

    reader = tf.train.load_checkpoint(\"{prefix}\")
    value = reader.get_tensor(key)",
        not: "Restoring with another number of partitions does not go round it: the sum of the slices is short.",
        ignore: "Slices without an owner (a warning), if the variable was dropped on purpose.",
        see: &["F008", "F027"],
    },
};

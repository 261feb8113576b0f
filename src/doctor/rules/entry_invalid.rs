//! F027: an entry of the index contradicts itself.

use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::model::Depth;

pub static RULE: Rule = Rule {
    code: "F027",
    name: "entry-invalid",
    severity: Severity::Error,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Faults,
    manual: Manual {
        means: "An entry parses, and its block has the right checksum, but what it says is impossible: a dtype that \
does not exist or cannot be stored, a negative dimension, a size that does not fit dtype and shape, a place outside \
every data file, or one that is another tensor's. A program other than TensorFlow wrote it, or one that does not know the format well.",
        you_see: &[
            "Invalid size in bundle entry: key {key}; stored size {a}; expected size {b}",
            "Invalid tensor shape: {shape}",
            "TypeError: {number} does not correspond to a valid tensorflow::DataType",
            "{prefix}.data-00007-of-00001; No such file or directory",
        ],
        knows: "The size must be the number of elements times the bytes of one; offset and size must not be negative; \
the number of the data file must be below the count in the header; no byte may belong to two tensors.",
        fix: "Save again from a program that holds the values. If a tool of your own writes checkpoints, let \
TensorFlow read them back before they are shipped:

    for name, shape in tf.train.list_variables(prefix):
        tf.train.load_variable(prefix, name)",
        not: "Some of these make TensorFlow abort the process (a failed CHECK in C++): an except clause does not help.",
        ignore: "A dtype number that a newer TensorFlow added, if the file is read by that version alone.",
        see: &["F026", "F028", "F030"],
    },
};

//! F032: the object graph does not hold together.

use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::model::Depth;

pub static RULE: Rule = Rule {
    code: "F032",
    name: "object-graph-broken",
    severity: Severity::Error,
    needs: Depth::Files,
    since: "0.1.0",
    check: Check::Faults,
    manual: Manual {
        means: "tf.train.Checkpoint stores, beside the values, the graph of the objects that hold them, and restores \
by walking it. Here that graph does not parse, refers to an object that it does not have, or promises a tensor that is \
not in the index. Somebody edited the checkpoint, or a tool wrote it without knowing the graph.",
        you_see: &[
            "google.protobuf.message.DecodeError: Error parsing message",
            "IndexError: list index out of range",
            "NotFoundError: Key {key} not found in checkpoint",
        ],
        knows: "The tensor _CHECKPOINTABLE_OBJECT_GRAPH is parsed; each reference must lead to an object, each \
attribute to a tensor of the index.",
        fix: "Use another checkpoint, or read the values by key and assign them yourself:

    reader = tf.train.load_checkpoint(\"{prefix}\")
    for key in reader.get_variable_to_shape_map():
        print(key)
    model.layers[0].kernel.assign(reader.get_tensor(key))",
        not: "expect_partial() and the like come too late: the restore raises before.",
        ignore: "If you read by key alone.",
        see: &["F015", "F017", "F027"],
    },
};

//! N011: a checkpoint of the old format, in one file without an index.

use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::model::{Container, Depth};

pub static RULE: Rule = Rule {
    code: "N011",
    name: "v1-file",
    severity: Severity::Info,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means: "This is a checkpoint of TensorFlow's first format (V1): one file, or a set of them, with names and values \
in one table. Saver and the checkpoint readers of today still read it; tf.train.Checkpoint restores it by the names of \
variables, and Keras does not read it. The exceptions have other words than those of newer checkpoints.",
        you_see: &[
            "NotFoundError: Tensor name \"{name}\" not found in checkpoint files {path}",
            "NotFoundError: Key _CHECKPOINTABLE_OBJECT_GRAPH not found in checkpoint",
        ],
        knows: "The file is a table whose first record describes slices of tensors, and there is no index beside it.",
        fix: "Nothing to do. To have it in today's format, restore it and save it once:

    saver.restore(session, \"model.ckpt\")
    tf.compat.v1.train.Saver().save(session, \"new/model.ckpt\")",
        not: "The line about _CHECKPOINTABLE_OBJECT_GRAPH is no fault: Saver only asks whether there are objects.",
        ignore: "Whenever the restore works.",
        see: &["N001"],
    },
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(checkpoint) = facts.checkpoint.as_ref().filter(|checkpoint| checkpoint.container == Container::V1) else {
        return;
    };
    findings.add(
        Finding::new(&RULE, "a checkpoint of TensorFlow's first format (V1), in one table without an index")
            .path(checkpoint.label.clone())
            .cause("v1-format")
            .help("nothing to do: Saver reads it. To have it in today's format, restore it and save it once"),
    );
}

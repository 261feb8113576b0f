//! F015: a data file ends too early.

use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::model::Depth;

pub static RULE: Rule = Rule {
    code: "F015",
    name: "data-truncated",
    severity: Severity::Error,
    needs: Depth::Files,
    since: "0.1.0",
    check: Check::Faults,
    manual: Manual {
        means: "The data file is shorter than the index says: a download or copy was cut off, the disk was full or \
the quota used up during the save, or the process was killed. Tensors that lie before the cut are whole; those behind \
it are gone. tf.train.Checkpoint writes the object graph among the last, so a cut takes it first, and the restore \
fails at once; a name-based restore fails when it reaches a tensor behind the cut.",
        you_see: &["IndexError: Read less bytes than requested", "OutOfRangeError: Read less bytes than requested"],
        knows: "The size of the file against the last byte that the index places in it. No data are read for this.",
        fix: "Copy or download the file again, and compare the sizes. If the original is short too, the save itself \
failed: go back to the checkpoint before.

    checkpoint.restore(\"{directory}/ckpt-3\")

What lies before the cut can be saved tensor by tensor:

    reader = tf.train.load_checkpoint(\"{prefix}\")
    value = reader.get_tensor(key)      # for keys that are not listed as lost",
        not: "Padding the file with zeros to its size silences \"Read less bytes\", and gives checksum errors instead. \
More memory does not help either.",
        ignore: "If the variables that are lost are not among those you restore.",
        see: &["F008", "F016", "F017", "F019"],
    },
};

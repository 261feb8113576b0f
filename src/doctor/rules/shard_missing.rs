//! F008: a data file is not there.

use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::model::Depth;

pub static RULE: Rule = Rule {
    code: "F008",
    name: "shard-missing",
    severity: Severity::Error,
    needs: Depth::Files,
    since: "0.1.0",
    check: Check::Faults,
    manual: Manual {
        means: "The index places tensors in a data file that is not there. Listing variables still works, because \
that needs the index alone; a restore fails when it reaches the first tensor of the missing file, and variables that \
were assigned before it keep their new values.",
        you_see: &[
            "NotFoundError: {prefix}.data-00001-of-00003; No such file or directory",
            "OpError: {prefix}.data-00000-of-00001; No such file or directory",
            "Error when restoring from checkpoint or SavedModel at {prefix}: ... You may be missing the checkpoint suffix",
            "Restoring from checkpoint failed. This is most likely due to a Variable name or other graph key that is missing from the checkpoint.",
        ],
        knows: "The index says how many data files there are and in which one each tensor lies. Only files that \
some tensor needs are asked for.",
        fix: "Copy the file too: a checkpoint is all files that begin with its prefix.

    rsync -av {source}/ckpt-4.* {directory}/

With several hosts, each may have written its file to its own disk: save to a directory that all of them share, \
or gather the files afterwards. If the file is gone for good, the tensors of the other files can be read one by one:

    reader = tf.train.load_checkpoint(\"{prefix}\")
    value = reader.get_tensor(key)      # for keys that are not listed as lost",
        not: "The hint about a missing '-1' suffix and the one about a missing variable name are both wrong here. \
Renaming another data file to the missing name makes it worse (F012).",
        ignore: "If the variables that are lost are not among those you restore.",
        see: &["F007", "F012", "F033"],
    },
};

//! F012: index and data are not of one save.

use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::model::Depth;

pub static RULE: Rule = Rule {
    code: "F012",
    name: "parts-renamed-or-mixed",
    severity: Severity::Error,
    needs: Depth::Files,
    since: "0.1.0",
    check: Check::Faults,
    manual: Manual {
        means: "The index and the data files beside it do not belong together: they come from different saves, or \
files were renamed until the names fitted. If the two saves are of one program, sizes and shapes agree, and only the \
checksums tell.",
        you_see: &[
            "DataLossError: TensorBundle at {prefix} shard {s} ({n} bytes): Checksum does not match: stored {a} vs. calculated on the restored bytes {b}",
            "The length checksum does not match: expected {a} but actual is {b}",
            "{prefix}.data-00000-of-00001; No such file or directory",
        ],
        knows: "Either all tensors of a data file (of more than one number each) fail the checksums that the index \
records, where damage would hit a few; or the index asks for another number of data files than those beside it are \
named for.",
        fix: "Fetch all files of the checkpoint again, from one save, in one go.

    rsync -av --checksum {source}/ckpt-4.* {directory}/

If files were renamed, give them their names back: the index and all data files have the same prefix, and the number \
behind -of- is the one that the index was written for.",
        not: "Renaming ckpt.data-00000-of-00001 to ckpt, a remedy that is passed round for \"not an sstable\", makes \
this. Pass the prefix instead (F003).",
        ignore: "Never: every value restored would be of another save, if it were restored at all.",
        see: &["F003", "F008", "F017", "F033"],
    },
};

//! F013: a git-lfs pointer in the place of a file.

use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::model::Depth;

pub static RULE: Rule = Rule {
    code: "F013",
    name: "lfs-pointer",
    severity: Severity::Error,
    needs: Depth::Files,
    since: "0.1.0",
    check: Check::Faults,
    manual: Manual {
        means: "The file is not the checkpoint's but a note of about 130 bytes that git-lfs leaves in its place: the \
size and SHA-256 of the file, which lies on the server. The repository was cloned without git-lfs, its quota is used \
up, or somebody mirrored a checkout.",
        you_see: &[
            "not an sstable (bad magic number)",
            "Read less bytes than requested",
            "OSError: Unable to synchronously open file (file signature not found)",
        ],
        knows: "The file begins with \"version https://git-lfs.github.com/spec/v1\".",
        fix: "In the clone:

    git lfs install
    git lfs pull

Without git, or with the quota used up, look for the file among the project's releases, or on its web page: the link \
that downloads a file from there gives the file and not the pointer.",
        not: "Another TensorFlow version, or another reader, will not help: there is nothing to read.",
        ignore: "Never.",
        see: &["F014", "F016"],
    },
};

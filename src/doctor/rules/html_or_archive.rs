//! F014: something else in the place of a checkpoint.

use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::model::Depth;

pub static RULE: Rule = Rule {
    code: "F014",
    name: "html-or-archive",
    severity: Severity::Error,
    needs: Depth::Files,
    since: "0.1.0",
    check: Check::Faults,
    manual: Manual {
        means: "What lies there is something else: the web page that the server sent instead of the file (a login, a \
quota, a virus-scan question, a 404), the XML error of a storage bucket, an archive that was not unpacked, or a file \
of another format.",
        you_see: &[
            "not an sstable (bad magic number)",
            "Unable to open table file {path}: DATA_LOSS: not an sstable (bad magic number): perhaps your file is in a different file format and you need to use a different restore operator?",
            "Read less bytes than requested",
            "OSError: Unable to synchronously open file (file signature not found)",
        ],
        knows: "By the first bytes: <!DOCTYPE or <html, <?xml, PK (zip), 1f 8b (gzip), ustar (tar), \\x89HDF (HDF5), \
or readable text where numbers should be. Data files are only looked at if their size is not what the index describes.",
        fix: "A web page or an error: read it, then download with the rights it asks for.

    head -c 300 {file}

An archive: unpack it, and give the prefix of what comes out.

    tar -xf {file}

An HDF5 file is Keras' own:

    model.load_weights(\"weights.h5\")",
        not: "Changing the file's extension does not change what it is.",
        ignore: "Never for a file of a checkpoint.",
        see: &["F013", "F016"],
    },
};

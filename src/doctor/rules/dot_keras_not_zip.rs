//! K010: a file of Keras under the name of another kind.

use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::loader::right_name;
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::shell;
use crate::model::{Container, Depth};

pub static RULE: Rule = Rule {
    code: "K010",
    name: "dot-keras-not-zip",
    severity: Severity::Warning,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means: "The name says one kind of file, the content is another: HDF5 as model.keras (Keras 2.12 and before wrote it so), an archive or the newer layout of weights as model.h5. Keras goes by the end of the name, and says that the file is not there, or that it has no layers.",
        you_see: &[
            "ValueError: File not found: filepath={p}. Please ensure the file is an accessible .keras zip file.",
            "BadZipFile: File is not a zip file",
            "OSError: Unable to synchronously open file (file signature not found)",
            "ValueError: Layer count mismatch when loading weights from file. Model expected {m} layers, found 0 saved layers.",
        ],
        knows: "By the first bytes of the file, and the layout of the groups in it, held against the end of its name.",
        fix: "Give a copy the name that fits its content:

    cp model.keras model.h5",
        not: "Converting it: nothing is wrong with the content.",
        ignore: "If only Keras 2 (tf_keras) loads it.",
        see: &["F014"],
    },
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(checkpoint) = &facts.checkpoint else { return };
    let Some(right) = right_name(checkpoint, &facts.resolved) else { return };
    let label = checkpoint.label.as_str();
    let is_keras = label.ends_with(".keras");
    let (message, says) = match (checkpoint.container, is_keras) {
        (_, true) => (
            "this is HDF5, not the zip archive that its name promises",
            "Keras 3: \"File not found: filepath=... Please ensure the file is an accessible .keras zip file.\"",
        ),
        (Container::KerasArchive, false) => (
            "this is a .keras archive under another name",
            "OSError: \"Unable to synchronously open file (file signature not found)\"; of a name that it does not know, \
             \"File format not supported\"",
        ),
        (Container::KerasWeightsH5, false) => (
            "this is what .weights.h5 files hold, under another name",
            "ValueError: \"Layer count mismatch ... found 0 saved layers\" from load_weights(), \"No model config found\" \
             from load_model()",
        ),
        _ => (
            "the name is not one under which Keras looks for this kind of HDF5 file",
            "ValueError: \"File format not supported\", or \"... expected 2 variables, but received 0 variables during \
             loading\"",
        ),
    };
    findings.add(
        Finding::new(&RULE, message)
            .path(label.to_owned())
            .cause("wrong-format")
            .tensorflow(says)
            .help("give a copy the name that fits its content")
            .shell(format!("cp {} {}", shell(label), shell(&right))),
    );
}

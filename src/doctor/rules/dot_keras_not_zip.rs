//! K010: HDF5 under a name that ends in .keras.

use std::path::Path;

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
        means: "The name says archive, the content is HDF5: Keras 2.12 and before wrote `.keras` so. Keras 3 goes by the name and says that the file is not there.",
        you_see: &[
            "ValueError: File not found: filepath={p}. Please ensure the file is an accessible .keras zip file.",
            "BadZipFile: File is not a zip file",
        ],
        knows: "By the first bytes of the file.",
        fix: "Give a copy the name that fits its content:

    cp model.keras model.h5",
        not: "Converting it: nothing is wrong with the content.",
        ignore: "If only Keras 2 (tf_keras) loads it.",
        see: &["F014"],
    },
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(checkpoint) = &facts.checkpoint else { return };
    let hdf5 =
        matches!(checkpoint.container, Container::KerasModelH5 | Container::KerasLayersH5 | Container::KerasWeightsH5);
    let label = checkpoint.label.as_str();
    if !hdf5 || Path::new(label).extension().is_none_or(|extension| extension != "keras") {
        return;
    }
    let Some(right) = right_name(checkpoint, &facts.resolved) else { return };
    let says = "Keras 3: \"File not found: filepath=... Please ensure the file is an accessible .keras zip file.\"";
    findings.add(
        Finding::new(&RULE, "this is HDF5, not the zip archive that its name promises")
            .path(label.to_owned())
            .cause("wrong-format")
            .cause("renamed-file")
            .tensorflow(says)
            .help("give a copy the name that fits its content; tf_keras loads it as it is")
            .shell(format!("cp {} {}", shell(label), shell(&right))),
    );
}

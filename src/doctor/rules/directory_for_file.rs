//! K038: Keras opens a directory as if it were a file.

use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::keras::{by_model, quote, raising};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::{python, shell};
use crate::model::{Checkpoint, Container, Depth};

pub static RULE: Rule = Rule {
    code: "K038",
    name: "directory-for-file",
    severity: Severity::Error,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means: "The path is a directory, and the reader that its name chooses opens a file: a .keras archive that somebody \
unpacked, or a directory of checkpoints given where load_weights() takes the prefix of one.",
        you_see: &[
            "IsADirectoryError: [Errno 21] Is a directory: '{p}'",
            "ValueError: File not found: filepath={p}. Please ensure the file is an accessible `.keras` zip file.",
            "IsADirectoryError: [Errno 21] Unable to synchronously open file (file read failed: ... error message = 'Is a directory')",
        ],
        knows: "The path is a directory; what lies in it was looked at.",
        fix: "An unpacked archive: Keras 3 loads its folder if the name does not end in .keras, and everybody loads it packed \
again. The members have to lie at the root of the archive:

    cd model.keras && zip -0 -r ../packed.keras . && cd ..

A directory of checkpoints: name the newest one by its prefix.

    model.load_weights(tf.train.latest_checkpoint(\"ckpts\"))",
        not: "",
        ignore: "Never: Keras raises.",
        see: &["F005", "K010", "K024"],
    },
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some((prediction, exception)) = raising(facts, findings) else { return };
    let is_refused =
        exception.class == "IsADirectoryError" || exception.message.starts_with("File not found: filepath=");
    if !is_refused || !facts.resolved.is_directory {
        return;
    }
    let checkpoint = facts.checkpoint.as_ref();
    let given = facts.resolved.given.trim_end_matches('/');
    let is = |kind: Container| checkpoint.is_some_and(|checkpoint| checkpoint.container == kind);
    let message = if is(Container::KerasArchive) {
        "the folder of an unpacked .keras archive, where Keras opens the archive itself".to_owned()
    } else if facts.resolved.is_saved_model {
        "a SavedModel, where Keras opens a file".to_owned()
    } else {
        "a directory, where Keras opens a file".to_owned()
    };
    let finding = Finding::new(&RULE, message).path(facts.subject.clone()).tensorflow(quote(exception));
    let finding = finding.cause("wrong-format").cause("wrong-path");
    findings.add(match checkpoint {
        Some(_) if is(Container::KerasArchive) => {
            let name = given.strip_suffix(".keras").unwrap_or(given);
            let load = format!("model = keras.models.load_model({})", python(name));
            finding
                .help("Keras 3 takes the folder under a name that does not end in .keras")
                .shell(format!("mv {} {}", shell(given), shell(name)))
                .python(if by_model(prediction) { load } else { format!("{load}  # then model.get_weights()") })
        }
        Some(_) if by_model(prediction) && facts.resolved.is_saved_model => finding
            .help("Keras 3 takes it as a layer, for inference alone")
            .python(format!("layer = keras.layers.TFSMLayer({}, call_endpoint=\"serving_default\")", python(given))),
        Some(checkpoint) if !by_model(prediction) => with_prefix(finding, facts, checkpoint),
        _ => finding.help("name the file"),
    });
}

/// The prefix that the reader of TensorFlow checkpoints takes.
fn with_prefix(finding: Finding, facts: &Facts, checkpoint: &Checkpoint) -> Finding {
    let label = python(&checkpoint.label);
    if facts.resolved.is_saved_model {
        return finding
            .help("its variables are a checkpoint of their own")
            .python(format!("model.load_weights({label})"));
    }
    finding.help("name the checkpoint by its prefix").python(format!("model.load_weights({label})"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample::{facts, loaded, named};
    use crate::restore::{Exception, Loader};

    fn fixes(container: Container, given: &str, loader: Loader, class: &'static str) -> Vec<String> {
        let mut facts = loaded(facts(named(&[("dense/kernel", &[2])])), loader, Some("[Errno 21] Is a directory"));
        facts.predictions[0].course.exception = Some(Exception::new(class, "[Errno 21] Is a directory"));
        facts.resolved.given = given.to_owned();
        facts.checkpoint.as_mut().unwrap().container = container;
        let mut findings = Findings::default();
        check(&facts, &mut findings);
        findings.list().iter().flat_map(|finding| &finding.fixes).map(|fix| fix.text.clone()).collect()
    }

    #[test]
    fn folders_and_directories() {
        let class = "IsADirectoryError";
        let unpacked = fixes(Container::KerasArchive, "m.keras", Loader::Keras3Model, class);
        assert_eq!(unpacked, ["mv m.keras m", "model = keras.models.load_model(\"m\")"]);
        let prefix = fixes(Container::Bundle, "ckpts", Loader::Keras2Weights, class);
        assert_eq!(prefix, ["model.load_weights(\"ckpts/ckpt-4\")"]);
        assert!(fixes(Container::Bundle, "ckpts", Loader::Keras2Weights, "OSError").is_empty());
    }
}

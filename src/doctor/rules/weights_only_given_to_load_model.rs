//! K014: weights without a configuration.

use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::model::{Container, Depth, Writer};

pub static RULE: Rule = Rule {
    code: "K014",
    name: "weights-only-given-to-load-model",
    severity: Severity::Info,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means: "The HDF5 file has weights and no configuration of a model, and its name does not tell. model.save_weights() writes such files, and ModelCheckpoint with save_weights_only=True. load_model() cannot make a model of one.",
        you_see: &[
            "ValueError: No model config found in the file at {p}.",
            "ValueError: No model found in config file.",
        ],
        knows: "The attribute model_config is not there. In a file laid out as a whole model (with a group model_weights) it was lost, which is a warning.",
        fix: "Build the model in code, then load the weights:

    model = build()
    model.load_weights(\"model.h5\")",
        not: "",
        ignore: "If you call load_weights() anyway.",
        see: &["K015", "K024"],
    },
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(checkpoint) = &facts.checkpoint else { return };
    let sound = checkpoint.faults.is_empty() && !checkpoint.entries.is_empty();
    if !sound || checkpoint.configured.is_some() {
        return;
    }
    let (severity, message) = match checkpoint.container {
        Container::KerasLayersH5 => (Severity::Info, "weights alone: load_model() finds no configuration in this file"),
        Container::KerasModelH5 => {
            (Severity::Warning, "a whole model whose configuration is not there: load_model() refuses it")
        }
        _ => return,
    };
    let keras = if checkpoint.writer == Writer::Keras3 { "ValueError" } else { "Keras 2 and 3: ValueError" };
    let finding = Finding::new(&RULE, message)
        .path(checkpoint.label.clone())
        .cause("not-a-checkpoint")
        .tensorflow(format!(
            "{keras}: \"No model config found in the file at ...\" from load_model(); load_weights() works"
        ))
        .help("build the model in code, then load the weights");
    findings.add(Finding { severity, ..finding });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample::{facts, named};

    fn found(container: Container, configured: bool) -> Option<Severity> {
        let mut checkpoint = named(&[("dense/kernel", &[2])]);
        checkpoint.container = container;
        checkpoint.configured = configured.then(Box::default);
        let mut findings = Findings::default();
        check(&facts(checkpoint), &mut findings);
        findings.list().first().map(|finding| finding.severity)
    }

    #[test]
    fn only_names_that_do_not_tell() {
        assert_eq!(found(Container::KerasLayersH5, false), Some(Severity::Info));
        assert_eq!(found(Container::KerasModelH5, false), Some(Severity::Warning));
        assert_eq!(found(Container::KerasModelH5, true), None);
        assert_eq!(found(Container::KerasWeightsH5, false), None);
        assert_eq!(found(Container::Bundle, false), None);
    }
}

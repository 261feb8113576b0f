//! K014: weights without a configuration.

use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::keras::{by_weights, quote, raising};
use crate::doctor::loader;
use crate::doctor::outlook::leading;
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::python;
use crate::model::{Checkpoint, Container, Depth, Writer};
use crate::restore::Exception;

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
    let asked = leading(facts);
    if let Some((_, exception)) = raising(facts, findings) {
        let is_prefix =
            checkpoint.container == Container::Bundle && exception.message.starts_with("No file or directory found");
        if is_prefix || exception.message.starts_with("No model config found") {
            findings.add(refused(facts, checkpoint, exception));
        }
        return;
    }
    let sound = checkpoint.faults.is_empty() && !checkpoint.entries.is_empty();
    // Who asks for weights has no use for a configuration.
    if !sound || checkpoint.configured().is_some() || asked.is_some_and(by_weights) {
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
        .tensorflow(format!(
            "{keras}: \"No model config found in the file at ...\" from load_model(); load_weights() works"
        ))
        .help("build the model in code, then load the weights");
    findings.add(Finding { severity, ..finding });
}

/// What is said where load_model was asked about, and refuses.
fn refused(facts: &Facts, checkpoint: &Checkpoint, exception: &Exception) -> Finding {
    let (cause, message) = match checkpoint.container {
        Container::KerasModelH5 => ("corrupt-index", "load_model is given a model whose configuration is not there"),
        Container::Bundle => ("wrong-format", "load_model is given a TensorFlow checkpoint, which has weights alone"),
        _ => ("wrong-format", "load_model is given a file of weights alone, which has no configuration"),
    };
    let advice = loader::advice(checkpoint, &facts.resolved).call;
    let call = advice.unwrap_or_else(|| format!("model.load_weights({})", python(&checkpoint.label)));
    let load = format!("model = build()\n{call}");
    let finding = Finding::new(&RULE, message)
        .path(checkpoint.label.clone())
        .cause(cause)
        .tensorflow(quote(exception))
        .help("build the model in code, then load the weights")
        .python(load);
    Finding { severity: Severity::Error, ..finding }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample::{facts, loaded, named};
    use crate::model::{Configured, KerasFile};
    use crate::restore::Loader;

    fn found(container: Container, configured: bool) -> Option<Severity> {
        let mut checkpoint = named(&[("dense/kernel", &[2])]);
        checkpoint.container = container;
        let configured = configured.then(Configured::default);
        checkpoint.keras = Some(Box::new(KerasFile { configured, ..KerasFile::default() }));
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

    #[test]
    fn what_was_asked_decides() {
        let run = |loader, raises: Option<&str>| {
            let mut checkpoint = named(&[("dense/kernel", &[2])]);
            checkpoint.container = Container::KerasLayersH5;
            let mut findings = Findings::default();
            check(&loaded(facts(checkpoint), loader, raises), &mut findings);
            findings.list().first().map(|finding| (finding.severity, finding.causes.clone()))
        };
        let refused = Some("No model config found in the file at m.h5.");
        assert_eq!(run(Loader::Keras3Model, refused), Some((Severity::Error, vec!["wrong-format"])));
        assert_eq!(run(Loader::Keras3Weights, None), None);
        assert_eq!(run(Loader::Keras3Model, Some("File not found")), None);
    }
}

//! K019: a configuration that the other Keras wrote.

use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::keras::{by_model, from_keras2, is_foreign, of_keras2, path, quote, raising};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::model::{Checkpoint, Depth};
use crate::restore::{Loader, Options, Scene, predict};

pub static RULE: Rule = Rule {
    code: "K019",
    name: "config-keyword",
    severity: Severity::Error,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Rest(check),
    manual: Manual {
        means: "load_model() makes the model from the configuration in the file, and Keras 2 and Keras 3 write it \
otherwise: arguments of layers that the other does not know (batch_shape, time_major, groups), classes in other modules \
(keras.src.engine, keras.src.models), models within models. The weights are not concerned.",
        you_see: &[
            "TypeError: Error when deserializing class 'InputLayer' using config={...}. Exception encountered: Unrecognized keyword arguments: ['batch_shape']",
            "TypeError: Could not deserialize class 'Functional' because its parent module keras.src.engine.functional cannot be imported.",
            "ValueError: Unrecognized keyword arguments passed to LSTM: {'time_major': False}",
            "ValueError: Unknown layer: 'TFOpLambda'.",
            "ValueError: Unknown layer: Functional",
        ],
        knows: "The file says which Keras wrote it, and the configuration has parts that the loader's generation refuses.",
        fix: "Load with the Keras that wrote it. For a file of Keras 2 that is tf_keras:

    import tf_keras
    model = tf_keras.models.load_model(\"model.h5\")

or TF_USE_LEGACY_KERAS=1 in the environment, for programs that say tf.keras. Or build the model in code, and load \
the weights alone:

    model = build()
    model.load_weights(\"model.h5\")",
        not: "Editing the configuration in the file until it loads.",
        ignore: "Never: load_model() raises.",
        see: &["K009", "K017", "K033"],
    },
};

/// How messages begin that speak of a configuration.
const SAYS: [&str; 7] = [
    "Argument(s) not recognized",
    "Error when deserializing",
    "Could not deserialize class",
    "Unrecognized keyword",
    "Could not locate class",
    "Unknown layer",
    "Invalid Functional model configuration",
];

fn check(facts: &Facts, findings: &mut Findings) {
    let Some((prediction, exception)) = raising(facts, findings).filter(|(prediction, _)| by_model(prediction)) else {
        return;
    };
    let Some(checkpoint) = facts.checkpoint.as_ref().filter(|checkpoint| is_foreign(checkpoint, prediction)) else {
        return;
    };
    if !SAYS.iter().any(|start| exception.message.starts_with(start)) {
        return;
    }
    let (wrote, loads) = if of_keras2(prediction) { ("Keras 3", "Keras 2") } else { ("Keras 2", "Keras 3") };
    let version =
        checkpoint.versions.keras.as_ref().map_or_else(|| wrote.to_owned(), |version| format!("Keras {version}"));
    let message = format!("{version} wrote this model, and {loads} does not understand its configuration");
    let finding =
        Finding::new(&RULE, message).path(facts.subject.clone()).cause("keras-version").tensorflow(quote(exception));
    findings.add(remedy(finding, facts, checkpoint, prediction.loader));
}

/// The Keras that wrote it; and where its weights can be loaded alone, how.
fn remedy(finding: Finding, facts: &Facts, checkpoint: &Checkpoint, loader: Loader) -> Finding {
    let path = path(facts).unwrap_or_default();
    let keras = if from_keras2(checkpoint) { "tf_keras" } else { "keras" };
    let finding = finding.python(format!("import {keras}\nmodel = {keras}.models.load_model({path})"));
    let weights = match loader {
        Loader::Keras2Model => Loader::Keras2Weights,
        _ => Loader::Keras3Weights,
    };
    let scene = Scene {
        resolved: &facts.resolved,
        checkpoint: Some(checkpoint),
        digests: &facts.digests,
        target: None,
        graph: None,
        alignment: None,
        options: Options::default(),
    };
    let with = if keras == "keras" { "Keras 3" } else { "tf_keras (TF_USE_LEGACY_KERAS=1)" };
    if predict(weights, &scene).course.exception.is_some() {
        return finding.help(format!("load it with {with}"));
    }
    finding
        .help(format!("load it with {with}; or build the model in code, and load the weights alone"))
        .python(format!("# or:\nmodel = build()\nmodel.load_weights({path})"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample::{facts, loaded, named};
    use crate::model::{Container, Writer};

    fn found(writer: Writer, loader: Loader, text: &str) -> Option<String> {
        let mut checkpoint = named(&[("dense/kernel", &[2])]);
        (checkpoint.container, checkpoint.writer) = (Container::KerasModelH5, writer);
        let mut findings = Findings::default();
        check(&loaded(facts(checkpoint), loader, Some(text)), &mut findings);
        findings.list().first().map(|finding| {
            assert_eq!(finding.causes, ["keras-version"]);
            finding.message.clone()
        })
    }

    #[test]
    fn the_other_keras_and_its_words() {
        let text = "Error when deserializing class 'InputLayer' using config={}.";
        let two = found(Writer::Keras2, Loader::Keras3Model, text).unwrap();
        assert_eq!(two, "Keras 2 wrote this model, and Keras 3 does not understand its configuration");
        assert!(found(Writer::Keras3, Loader::Keras2Model, text).is_some());
        assert_eq!(found(Writer::Keras3, Loader::Keras3Model, text), None);
        assert_eq!(found(Writer::Keras2, Loader::Keras3Model, "No model config found"), None);
        assert_eq!(found(Writer::Keras2, Loader::Keras3Weights, text), None);
    }
}

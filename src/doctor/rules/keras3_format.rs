//! K009: what Keras 3 does not take, by its name.

use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::keras::{by_model, from_keras2, quote, raising};
use crate::doctor::loader;
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::{python, shell};
use crate::model::{Checkpoint, Container, Depth, Flavor};
use crate::restore::Exception;

pub static RULE: Rule = Rule {
    code: "K009",
    name: "keras3-format",
    severity: Severity::Error,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Rest(check),
    manual: Manual {
        means: "Keras 3 loads .keras, .weights.h5 and .h5 files, and goes by the end of the name. It refuses what Keras 2 \
took besides: SavedModel folders, prefixes of TensorFlow checkpoints, directories, names without an end.",
        you_see: &[
            "ValueError: File format not supported: filepath={p}. Keras 3 only supports V3 `.keras` files and legacy H5 format files (`.h5` extension). Note that the legacy SavedModel format is not supported by `load_model()` in Keras 3.",
            "ValueError: File format not supported: filepath={p}. Keras 3 only supports V3 `.keras` and `.weights.h5` files, or legacy V1/V2 `.h5` files.",
        ],
        knows: "The name ends in none of these, and the content tells what it is instead.",
        fix: "A SavedModel, for inference alone:

    layer = keras.layers.TFSMLayer(\"saved\", call_endpoint=\"serving_default\")

A SavedModel or weights of Keras 2, over a bridge that Keras 3 reads:

    import tf_keras
    model = tf_keras.models.load_model(\"saved\")
    model.save_weights(\"bridge.weights.h5\")

A checkpoint that tf.train.Checkpoint wrote of a model of Keras 3:

    tf.train.Checkpoint(model=model).restore(prefix).assert_existing_objects_matched()",
        not: "Giving the file or the folder a name that ends in .h5 or .keras: the content is looked at next.",
        ignore: "If the program is one of Keras 2 (TF_USE_LEGACY_KERAS=1).",
        see: &["K006", "K014", "F036"],
    },
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some((prediction, exception)) = raising(facts, findings) else { return };
    let Some(checkpoint) = &facts.checkpoint else { return };
    if !exception.message.starts_with("File format not supported") {
        return;
    }
    let what = loader::identity(checkpoint, &facts.resolved);
    // The rest is advice that goes for SavedModels alone.
    let short = exception.message.split(" Note that").next().unwrap_or_default();
    let call = if by_model(prediction) { "load_model" } else { "load_weights" };
    let finding = Finding::new(&RULE, format!("{call} of Keras 3 does not take this: {what}"))
        .path(facts.subject.clone())
        .cause("wrong-format")
        .tensorflow(quote(&Exception { message: short.to_owned(), ..exception.clone() }));
    let finding = if from_keras2(checkpoint) { finding.cause("keras-version") } else { finding };
    findings.add(instead(finding, facts, checkpoint));
}

/// What to call for this very file.
fn instead(finding: Finding, facts: &Facts, checkpoint: &Checkpoint) -> Finding {
    let given = python(&facts.resolved.given);
    let advice = loader::advice(checkpoint, &facts.resolved).call;
    if facts.resolved.is_saved_model {
        let layer = format!("layer = keras.layers.TFSMLayer({given}, call_endpoint=\"serving_default\")");
        return match &checkpoint.saved_model {
            Some(saved) if saved.keras_metadata => finding
                .help("take it as a layer, for inference alone; or carry its weights over with tf_keras")
                .python(layer)
                .python(format!("# or:\nimport tf_keras\nmodel = tf_keras.models.load_model({given})\n{BRIDGE}")),
            _ => finding.help("take it as a layer, for inference alone").python(layer),
        };
    }
    match (checkpoint.container, advice) {
        (Container::Bundle | Container::V1, Some(call)) if from_keras2(checkpoint) => {
            let build = "import tf_keras\nmodel = build_with_tf_keras()";
            finding
                .help("load it with tf_keras, and carry the weights over")
                .python(format!("{build}\n{call}\n{BRIDGE}"))
        }
        (Container::Bundle, Some(call)) if checkpoint.flavor == Flavor::ObjectBased => finding
            .help("build the model in code, and restore it as tf.train.Checkpoint saved it")
            .python(format!("{call}.assert_existing_objects_matched()")),
        (Container::Bundle | Container::V1 | Container::MetaGraph, Some(call)) => {
            finding.help("a Saver of TensorFlow 1 restores it; Keras has no call that does").python(call)
        }
        _ => match loader::right_name(checkpoint, &facts.resolved) {
            Some(right) if !facts.resolved.is_directory => finding
                .help("give a copy the name that its content asks for")
                .shell(format!("cp {} {}", shell(&checkpoint.label), shell(&right))),
            _ => finding.help("give it the name that its content asks for"),
        },
    }
}

/// Keras 3 reads weights that tf_keras saves so.
const BRIDGE: &str = "model.save_weights(\"bridge.weights.h5\")\nmodel = build_with_keras_3()\n\
                      model.load_weights(\"bridge.weights.h5\")";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample::{facts, loaded, named, object};
    use crate::model::Writer;
    use crate::restore::Loader;

    const TEXT: &str = "File format not supported: filepath=old. Keras 3 only supports V3 `.keras` files";

    fn found(checkpoint: Checkpoint, text: &str) -> Vec<Finding> {
        let mut findings = Findings::default();
        check(&loaded(facts(checkpoint), Loader::Keras3Model, Some(text)), &mut findings);
        findings.list().to_vec()
    }

    #[test]
    fn a_checkpoint_has_its_own_call() {
        let mut checkpoint = object(&[("model/k", "a/k", &[2])]);
        checkpoint.writer = Writer::Keras3;
        let ours = found(checkpoint.clone(), TEXT);
        assert_eq!(ours[0].causes, ["wrong-format"]);
        assert!(ours[0].fixes[0].text.ends_with(".assert_existing_objects_matched()"));
        checkpoint.writer = Writer::Keras2;
        let old = found(checkpoint, TEXT);
        assert_eq!(old[0].causes, ["wrong-format", "keras-version"]);
        assert!(old[0].fixes[0].text.contains("model.save_weights(\"bridge.weights.h5\")"));
    }

    #[test]
    fn other_exceptions_are_of_other_rules() {
        assert!(found(named(&[("a", &[2])]), "No model config found in the file").is_empty());
    }
}

//! K037: an option of `load_weights` that the reader of this file does not take.

use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::keras::{by_weights, lists_layers, loading, path, quote};
use crate::doctor::outlook::{caused, story};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::model::{Checkpoint, Depth};
use crate::restore::{Loader, Prediction};

pub static RULE: Rule = Rule {
    code: "K037",
    name: "option-not-taken",
    severity: Severity::Error,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means: "load_weights() was called with an option that the reader of this kind of file does not have. by_name=True \
is of the older HDF5 layout alone: .weights.h5 and .keras are read by the paths of objects, TensorFlow checkpoints by \
those of the object graph. Keras 3 and the reader of TensorFlow checkpoints refuse it; Keras 2 says nothing, and loads a \
.weights.h5 as if it had not been asked to go by names.",
        you_see: &[
            "ValueError: `by_name` only supports loading legacy '.h5' or '.hdf5' files. Received: {p}",
            "NotImplementedError: Weights may only be loaded based on topology into Models when loading TensorFlow-formatted weights (got by_name=True to load_weights).",
            "ValueError: When calling model.load_weights, skip_mismatch can only be set to True when by_name is True.",
            "nothing, with Keras 2 and .weights.h5: names were not looked at",
        ],
        knows: "The options of the call (--by-name, --skip-mismatch), and the reader that the end of the file's name chooses.",
        fix:
            "Leave by_name out. To go by names, build the model that was saved, load into that, and copy layer by layer:

    old = build_old_model()
    old.load_weights(\"model.weights.h5\")
    for layer in old.layers:
        model.get_layer(layer.name).set_weights(layer.get_weights())",
        not: "Do not rename the file to .h5: the other reader finds no layers in it.",
        ignore: "Never where it raises; where Keras 2 passes it over, if the layers are the same in the same order.",
        see: &["K004", "K006", "K024"],
    },
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(prediction) = loading(facts, findings).filter(|prediction| by_weights(prediction)) else { return };
    let (Some(checkpoint), Some(path)) = (&facts.checkpoint, path(facts)) else { return };
    let Some(refused) = refusal(facts, prediction, checkpoint) else { return };
    let finding = caused(Finding::new(&RULE, refused).path(facts.subject.clone()), story(facts));
    let finding = match &prediction.course.exception {
        Some(exception) => finding.tensorflow(quote(exception)),
        None => Finding { severity: Severity::Info, ..finding },
    };
    findings.add(if facts.options.by_name {
        finding.help("leave by_name out").python(format!("model.load_weights({path})"))
    } else {
        finding
            .help("say by_name=True too: then names count, and no longer the order of layers")
            .python(format!("model.load_weights({path}, by_name=True, skip_mismatch=True)"))
    });
}

/// What is wrong with an option, if one is.
fn refusal(facts: &Facts, prediction: &Prediction, checkpoint: &Checkpoint) -> Option<&'static str> {
    let said = prediction.course.exception.as_ref().map(|exception| exception.message.as_str());
    match said {
        Some(text) if text.starts_with("`by_name` only supports") => {
            Some("by_name=True is refused: this file is read by the paths of objects, not by the names of layers")
        }
        Some(text) if text.starts_with("Weights may only be loaded based on topology") => Some(
            "by_name=True is refused: a TensorFlow checkpoint is read through its object graph, not by the names of layers",
        ),
        Some(text) if text.contains("skip_mismatch can only be set to True when by_name") => {
            Some("skip_mismatch=True is refused without by_name=True")
        }
        None if facts.options.by_name && prediction.loader == Loader::Keras2Weights && !lists_layers(checkpoint) => {
            Some(
                "by_name=True is passed over: this file is read by the paths of objects, whatever the names of layers are",
            )
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample::{facts, loaded, named};
    use crate::model::Container;

    fn found(container: Container, by_name: bool, raises: Option<&str>) -> Option<(Severity, String)> {
        let mut facts = loaded(facts(named(&[("dense/kernel", &[2])])), Loader::Keras2Weights, raises);
        facts.options.by_name = by_name;
        facts.checkpoint.as_mut().unwrap().container = container;
        let mut findings = Findings::default();
        check(&facts, &mut findings);
        findings.list().first().map(|finding| (finding.severity, finding.fixes[0].text.clone()))
    }

    #[test]
    fn only_where_the_option_counts() {
        use Container::{KerasLayersH5, KerasWeightsH5};
        let plain = "model.load_weights(\"ckpts/ckpt-4\")".to_owned();
        assert_eq!(found(KerasWeightsH5, true, None), Some((Severity::Info, plain.clone())));
        assert_eq!(found(KerasWeightsH5, false, None), None);
        assert_eq!(found(KerasLayersH5, true, None), None);
        let refused = found(KerasWeightsH5, true, Some("`by_name` only supports loading legacy '.h5'"));
        assert_eq!(refused, Some((Severity::Error, plain)));
        let text = "When calling model.load_weights, skip_mismatch can only be set to True when by_name is True.";
        assert!(found(KerasLayersH5, false, Some(text)).unwrap().1.contains("by_name=True"));
        assert_eq!(found(KerasLayersH5, false, Some("Layer count mismatch")), None);
    }
}

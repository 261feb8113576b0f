//! K039: a SavedModel that Keras 2 cannot make a model of.

use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::keras::{loading, quote};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::{python, within};
use crate::model::Depth;
use crate::restore::Loader;

pub static RULE: Rule = Rule {
    code: "K039",
    name: "keras-metadata-missing",
    severity: Severity::Error,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means: "load_model() of Keras 2 makes a model of a SavedModel by its keras_metadata.pb, which model.save() writes \
beside saved_model.pb. It is not here: the model was exported by tf.saved_model.save() or by model.export(), or the file \
was lost on the way. Of a Keras model it raises; of any other it returns a plain object without fit() and predict().",
        you_see: &[
            "ValueError: Unable to create a TF-Keras model from SavedModel at {directory}. This SavedModel was exported with `tf.saved_model.save`, and lacks the TF-Keras metadata file.",
            "AttributeError: '_UserObject' object has no attribute 'predict'",
        ],
        knows: "keras_metadata.pb is not among the files of the SavedModel; its object graph tells whether a Keras model was saved.",
        fix:
            "If the file was lost, copy the directory whole. If it was never written, take the SavedModel for inference:

    loaded = tf.saved_model.load(\"exported\")
    outputs = loaded.signatures[\"serving_default\"](...)

To train on, build the model in code, and load the variables, which are a checkpoint:

    model.load_weights(\"exported/variables/variables\")",
        not: "A keras_metadata.pb of another model, or of another save of this one.",
        ignore: "If you want what tf.saved_model.load returns.",
        see: &["F022", "F037", "K009"],
    },
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(prediction) = loading(facts, findings).filter(|it| it.loader == Loader::Keras2Model) else { return };
    let saved = facts.checkpoint.as_ref().and_then(|checkpoint| checkpoint.saved_model.as_deref());
    if !facts.resolved.is_saved_model || saved.is_none_or(|saved| saved.keras_metadata) {
        return;
    }
    let given = facts.resolved.given.trim_end_matches('/');
    let finding = match &prediction.course.exception {
        Some(exception) if exception.message.starts_with("Unable to create a TF-Keras model") => Finding::new(
            &RULE,
            "a SavedModel without keras_metadata.pb, by which Keras 2 makes a model of it",
        )
        .cause("missing-index")
        .cause("wrong-format")
        .tensorflow(quote(exception))
        .help("copy keras_metadata.pb too; if there never was one, build the model in code and load the variables")
        .python(format!("model.load_weights({})", python(&within(given, "variables/variables")))),
        Some(_) => return,
        None => Finding {
            severity: Severity::Warning,
            ..Finding::new(&RULE, "no Keras model: load_model() returns a plain object, without fit() and predict()")
        }
        .cause("wrong-format")
        .help("what it has are its signatures")
        .python(format!("loaded = tf.saved_model.load({})\nloaded.signatures", python(given))),
    };
    findings.add(finding.path(facts.subject.clone()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample::{facts, loaded, named};
    use crate::model::SavedModel;

    fn found(keras_metadata: bool, raises: Option<&str>) -> Option<Severity> {
        let mut facts = loaded(facts(named(&[("dense/kernel", &[2])])), Loader::Keras2Model, raises);
        facts.resolved.is_saved_model = true;
        let saved = SavedModel { keras_metadata, ..SavedModel::default() };
        facts.checkpoint.as_mut().unwrap().saved_model = Some(Box::new(saved));
        let mut findings = Findings::default();
        check(&facts, &mut findings);
        findings.list().first().map(|finding| finding.severity)
    }

    #[test]
    fn a_model_and_what_is_none() {
        assert_eq!(
            found(false, Some("Unable to create a TF-Keras model from SavedModel at m.")),
            Some(Severity::Error)
        );
        assert_eq!(found(false, None), Some(Severity::Warning));
        assert_eq!(found(true, None), None);
        assert_eq!(found(false, Some("SavedModel file does not exist")), None, "another rule's");
    }
}

//! K033: the other Keras wrote it.

use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::keras::{by_model, by_weights, from_keras2, is_foreign, of_keras2};
use crate::doctor::outlook::{call, leading};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::model::{Checkpoint, Depth, Writer};
use crate::restore::Prediction;

pub static RULE: Rule = Rule {
    code: "K033",
    name: "other-keras",
    severity: Severity::Info,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Rest(check),
    manual: Manual {
        means: "Keras 2 wrote the file and Keras 3 loads it, or the other way round. Where no other finding says \
otherwise the weights arrive. What the two keep in other ways is the optimizer: do not count on its state.",
        you_see: &["{nothing}"],
        knows: "The file says which Keras wrote it, by its version or by the way it names weights. A .weights.h5 without \
names of layers is of Keras 2, or of a Keras 3 from before names were kept.",
        fix: "Save the model once more with the Keras that you use, so that later files are its own.",
        not: "",
        ignore: "If it loads, and the model does what it did.",
        see: &["K019", "O021"],
    },
};

fn check(facts: &Facts, findings: &mut Findings) {
    let by_keras = leading(facts).filter(|prediction| by_weights(prediction) || by_model(prediction));
    let (Some(prediction), Some(checkpoint)) = (by_keras, &facts.checkpoint) else { return };
    let is_told = findings.list().iter().any(|finding| finding.causes.contains(&"keras-version"));
    let Some(wrote) = other(facts, prediction, checkpoint).filter(|_| !is_told) else { return };
    let does = if prediction.course.exception.is_some() { "is called" } else { "reads it" };
    let message = format!("{wrote} wrote this file; {} {does}", call(prediction.loader));
    findings.add(Finding::new(&RULE, message).path(facts.subject.clone()).cause("keras-version"));
}

/// The Keras that wrote it, if it is another than loads it.
fn other(facts: &Facts, prediction: &Prediction, checkpoint: &Checkpoint) -> Option<&'static str> {
    let is_newer = || facts.program().is_some_and(|program| program.writer == Writer::Keras3);
    match checkpoint.writer {
        Writer::Keras if !of_keras2(prediction) && is_newer() => Some("Keras 2, or an early Keras 3,"),
        _ if !is_foreign(checkpoint, prediction) => None,
        _ if from_keras2(checkpoint) => Some("Keras 2"),
        _ => Some("Keras 3"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample::{against, facts, loaded, named};
    use crate::restore::Loader;

    fn wrote(writer: Writer) -> Checkpoint {
        Checkpoint { writer, ..named(&[("dense/kernel", &[2])]) }
    }

    fn found(facts: Facts, loader: Loader, raises: Option<&str>) -> Option<String> {
        let mut findings = Findings::default();
        check(&loaded(facts, loader, raises), &mut findings);
        findings.list().first().map(|finding| finding.message.clone())
    }

    #[test]
    fn the_other_keras() {
        let told = |writer, loader, raises| found(facts(wrote(writer)), loader, raises);
        let reads = told(Writer::Keras2, Loader::Keras3Weights, None);
        assert_eq!(reads.as_deref(), Some("Keras 2 wrote this file; load_weights of Keras 3 reads it"));
        assert!(told(Writer::Keras3, Loader::Keras2Model, None).is_some());
        let raises = told(Writer::Keras2, Loader::Keras3Weights, Some("Layer count mismatch"));
        assert_eq!(raises.as_deref(), Some("Keras 2 wrote this file; load_weights of Keras 3 is called"));
        assert_eq!(told(Writer::Keras3, Loader::Keras3Weights, None), None);
        assert_eq!(told(Writer::Keras2, Loader::Checkpoint, None), None);
        assert_eq!(told(Writer::Saver, Loader::Keras2Weights, None), None);
    }

    #[test]
    fn a_file_without_names_is_older_than_one_with_names() {
        let into = |program, loader| found(against(wrote(Writer::Keras), wrote(program)), loader, None);
        assert!(into(Writer::Keras3, Loader::Keras3Weights).is_some_and(|it| it.starts_with("Keras 2, or an early")));
        assert_eq!(into(Writer::Keras, Loader::Keras3Weights), None);
        assert_eq!(into(Writer::Keras, Loader::Keras2Weights), None);
    }
}

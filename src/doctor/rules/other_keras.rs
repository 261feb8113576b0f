//! K033: the other Keras wrote it, and it loads all the same.

use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::keras::{by_model, by_weights, from_keras2, is_foreign};
use crate::doctor::outlook::{call, leading};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::model::Depth;

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
        knows: "The file says which Keras wrote it, by its version or by the way it names weights.",
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
    if is_told || prediction.course.exception.is_some() || !is_foreign(checkpoint, prediction) {
        return;
    }
    let wrote = if from_keras2(checkpoint) { "Keras 2" } else { "Keras 3" };
    let message = format!("{wrote} wrote this file; {} reads it", call(prediction.loader));
    findings.add(Finding::new(&RULE, message).path(facts.subject.clone()).cause("keras-version"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample::{facts, loaded, named};
    use crate::model::Writer;
    use crate::restore::Loader;

    fn found(writer: Writer, loader: Loader, raises: Option<&str>) -> bool {
        let mut checkpoint = named(&[("dense/kernel", &[2])]);
        checkpoint.writer = writer;
        let mut findings = Findings::default();
        check(&loaded(facts(checkpoint), loader, raises), &mut findings);
        !findings.list().is_empty()
    }

    #[test]
    fn only_where_it_loads() {
        assert!(found(Writer::Keras2, Loader::Keras3Weights, None));
        assert!(found(Writer::Keras3, Loader::Keras2Model, None));
        assert!(!found(Writer::Keras2, Loader::Keras3Weights, Some("Layer count mismatch")));
        assert!(!found(Writer::Keras3, Loader::Keras3Weights, None));
        assert!(!found(Writer::Keras2, Loader::Checkpoint, None));
        assert!(!found(Writer::Saver, Loader::Keras2Weights, None));
    }
}

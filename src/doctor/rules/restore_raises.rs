//! O018: the restore raises, and no other rule says why.

use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::keras::quote;
use crate::doctor::outlook::{call, caused, leading, story, told};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::model::Depth;

pub static RULE: Rule = Rule {
    code: "O018",
    name: "restore-raises",
    severity: Severity::Error,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Rest(check),
    manual: Manual {
        means: "The loader raises with this checkpoint and this program. No rule of a known failure says why, so what \
differs between the checkpoint and the program is told as it is.",
        you_see: &[
            "ValueError: A total of {n} objects could not be loaded. Example error message for object {object}:",
            "ValueError: Layer count mismatch when loading weights from file. Model expected {m} layers, found {n} saved layers.",
            "ValueError: Cannot assign value to variable '{name}': Shape mismatch.",
            "ValueError: Shape mismatch in layer #{n} (named {l}) for weight {w}.",
            "ValueError: File format not supported: filepath={p}",
            "TypeError: Error when deserializing class '{class}' using config={config}.",
            "or whatever else the finding quotes",
        ],
        knows: "The loader's own steps, followed by the files alone: what it looks for, in which order, and what it \
finds there.",
        fix: "Undo what happened to the model, or carry the variables that are the same over by hand:

    ckpt diff OLD NEW --map map.py",
        not: "Do not catch the exception and go on: some variables have their stored values then, others not.",
        ignore: "If the program calls the loader with options that the files do not show.",
        see: &["O001", "O005"],
    },
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(prediction) = leading(facts) else { return };
    let Some(exception) = &prediction.course.exception else { return };
    if told(findings, Severity::Warning) {
        return;
    }
    let finding = Finding::new(&RULE, format!("{} raises {}", call(prediction.loader), exception.class))
        .path(facts.subject.clone())
        .tensorflow(quote(exception));
    findings.add(caused(finding, story(facts)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample::{against, named};
    use crate::restore::{Course, Exception, Loader, Outcome, Prediction};

    fn prediction(exception: Option<Exception>) -> Prediction {
        Prediction {
            loader: Loader::Keras3Weights,
            outcome: if exception.is_some() { Outcome::Error } else { Outcome::Ok },
            course: Course { exception, ..Course::default() },
            not_restored: Vec::new(),
            unused: Vec::new(),
            wrong_values: Vec::new(),
        }
    }

    #[test]
    fn an_exception_that_nobody_explains_is_told() {
        let mut facts = against(named(&[("a/kernel", &[2, 3])]), named(&[("a/kernel", &[2, 3])]));
        let mut findings = Findings::default();
        facts.predictions = vec![prediction(None)];
        check(&facts, &mut findings);
        assert!(findings.list().is_empty());
        facts.predictions = vec![prediction(Some(Exception::new("ValueError", "\nLayer count mismatch")))];
        check(&facts, &mut findings);
        assert_eq!(findings.list()[0].tensorflow.as_deref(), Some("ValueError: \"Layer count mismatch\""));
        let mut announced = Findings::default();
        facts.predictions = vec![prediction(Some(Exception::new("NotFoundError", "Original error:\n\nKey a")))];
        check(&facts, &mut announced);
        let says = announced.list()[0].tensorflow.as_deref();
        assert_eq!(says, Some("NotFoundError: \"Original error: Key a\""));
        check(&facts, &mut findings);
        assert_eq!(findings.list().len(), 1, "one exception has one finding");
    }
}

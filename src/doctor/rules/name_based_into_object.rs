//! O009: one side goes by names, the other by objects.

use crate::doctor::binding::{Binding, MODEL, Way};
use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::{many, number, some};
use crate::model::{Depth, Role};

pub static RULE: Rule = Rule {
    code: "O009",
    name: "name-based-into-object",
    severity: Severity::Warning,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means: "The checkpoint and the new code are of different kinds. A name-based checkpoint (TensorFlow 1, Saver, \
Estimator) in the hands of tf.train.Checkpoint is restored by the names of variables: what has the same name gets its \
value, the rest keeps its initial one, without an exception. The other way round, a Saver given an object-based \
checkpoint looks up the names that the object graph records, and fails if one is not there.",
        you_see: &[
            "AssertionError: Some objects had attributes which were not restored: {variables}",
            "Restoring a name-based tf.train.Saver checkpoint using the object-based restore API.",
            "The specified checkpoint \"{prefix}\" does not appear to be object-based (saved with TF2) since it is missing the key \"_CHECKPOINTABLE_OBJECT_GRAPH\".",
            "NotFoundError: Existing variables not in the checkpoint: {names}",
            "Restoring an object-based checkpoint using a name-based saver. This may be somewhat fragile, and will re-build the Saver.",
        ],
        knows: "The key _CHECKPOINTABLE_OBJECT_GRAPH is there or not; then the names on both sides are compared. \
Variables that are made in eager mode without a name are all called \"Variable\", which matches nothing reliably.",
        fix: "Restore once by names, check, and save again in the new kind:

    checkpoint = tf.train.Checkpoint(model=model)
    checkpoint.restore(\"model.ckpt-1000\").assert_existing_objects_matched()
    checkpoint.save(\"converted/ckpt\")

If the names differ, read and assign by a map of your own:

    reader = tf.train.load_checkpoint(\"model.ckpt-1000\")
    model.dense.kernel.assign(reader.get_tensor(\"dense/kernel\"))",
        not: "expect_partial(): it silences the one message that tells of variables without a value.",
        ignore: "If every variable is matched, and the program asserts it.",
        see: &["N001", "O001", "O006"],
    },
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(binding) = Binding::of(facts) else { return };
    let into_objects = match binding.way {
        Way::NamesIntoObjects => true,
        Way::ObjectsIntoNames => false,
        _ => return,
    };
    let model = binding.new.variables.iter().filter(|variable| MODEL.contains(&variable.role)).count();
    let missing = if into_objects { binding.missing(&MODEL) } else { binding.missing(&Role::ALL) };
    let matched = binding.restored(&MODEL);
    let what = if into_objects {
        "saved by name (TensorFlow 1), restored into objects"
    } else {
        "saved from objects (TensorFlow 2), restored by a Saver"
    };
    let message =
        format!("{what}: {} of {} of the model have a stored name", number(matched as u64), many(model, "variable"));
    let mut finding = Finding::new(&RULE, message).path(binding.old.label.clone()).cause("name-vs-object-based");
    if !missing.is_empty() {
        finding = finding.evidence(format!("no stored name for: {}", some(&missing)));
        let unused = binding.unused(&MODEL);
        if !unused.is_empty() {
            finding = finding.evidence(format!("stored, but not used: {}", some(&unused)));
        }
    }
    let says = match (into_objects, missing.is_empty()) {
        (true, true) => "restores by names, and logs that it does".to_owned(),
        (true, false) => binding.silently(
            "these keep their initial values; the asserts raise \"Some objects had attributes which were not restored\"",
        ),
        (false, true) => "restores by the recorded names, and warns: \"This may be somewhat fragile\"".to_owned(),
        (false, false) => {
            let mut names = missing.clone();
            names.sort();
            format!("NotFoundError: \"Existing variables not in the checkpoint: {}\"", some(&names))
        }
    };
    let finding = match into_objects {
        true => finding
            .help("restore once with an assert, then save again with tf.train.Checkpoint")
            .python("checkpoint.restore(prefix).assert_existing_objects_matched()"),
        false => finding.help("restore with tf.train.Checkpoint in eager mode, or save from a Saver"),
    };
    let severity = if missing.is_empty() { Severity::Warning } else { Severity::Error };
    findings.add(Finding { severity, ..finding.variables(missing).tensorflow(says) });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample::{against, named, object};

    #[test]
    fn names_into_objects() {
        let new = object(&[("model/w", "w", &[2]), ("model/b", "other", &[2])]);
        let mut findings = Findings::default();
        check(&against(named(&[("b", &[2]), ("w", &[2])]), new), &mut findings);
        assert_eq!(findings.list()[0].causes, ["name-vs-object-based"]);
        assert_eq!(findings.list()[0].variables, ["other"]);
        assert_eq!(findings.list()[0].severity, Severity::Error);
    }

    #[test]
    fn objects_into_names() {
        let mut findings = Findings::default();
        check(&against(object(&[("model/w", "w", &[2])]), named(&[("w", &[2])])), &mut findings);
        assert_eq!(findings.list()[0].severity, Severity::Warning, "all names are there");
    }

    #[test]
    fn two_of_a_kind() {
        let mut findings = Findings::default();
        check(&against(named(&[("w", &[2])]), named(&[("w", &[2])])), &mut findings);
        assert!(findings.list().is_empty());
    }
}

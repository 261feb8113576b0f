//! F009: checkpoints without the state file that names the latest.

use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::outlook::restorable;
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::{many, own_name, python, shell, state_line, within};
use crate::model::{Depth, StateFile};

pub static RULE: Rule = Rule {
    code: "F009",
    name: "state-missing",
    severity: Severity::Warning,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means: "The directory holds checkpoints but no file named \"checkpoint\", in which TensorFlow writes down which \
one is the latest. Nothing looks at the checkpoints themselves to find out: latest_checkpoint(directory) returns None, \
and a program that restores what it returns starts from initial values without a word. Restoring by prefix is not \
affected.",
        you_see: &[
            "nothing, with restore(tf.train.latest_checkpoint(directory))",
            "ValueError: Can't load save_path when it is None.",
            "ValueError: Couldn't find 'checkpoint' file or checkpoints in given directory {directory}",
        ],
        knows: "The listing of the directory. Only said when a directory was given. A lone checkpoint without a number \
is as Checkpoint.write leaves it, and only worth an info.",
        fix: "Write the file, with the name of the prefix relative to the directory:

    echo 'model_checkpoint_path: \"ckpt-4\"' > ckpts/checkpoint

Or pass the prefix:

    checkpoint.restore(\"ckpts/ckpt-4\")

A browser may have saved it as checkpoint.txt: rename it.",
        not: "",
        ignore: "If checkpoints are always restored by prefix.",
        see: &["F001", "F010", "F011"],
    },
};

fn check(facts: &Facts, findings: &mut Findings) {
    let resolved = &facts.resolved;
    let (Some(directory), Some(_)) = (&resolved.directory, &facts.checkpoint) else { return };
    if !resolved.is_directory || resolved.is_saved_model || !matches!(directory.state, StateFile::Missing) {
        return;
    }
    let misnamed = directory.names.iter().find(|name| name.starts_with("checkpoint.") && !name.contains(".tmp"));
    // Without any such file the directory may be meant so: a released model, or what `write()` leaves.
    let severity = if misnamed.is_some() { Severity::Warning } else { Severity::Info };
    let message = match misnamed {
        Some(name) => format!("{name} should be called checkpoint: TensorFlow does not find the latest checkpoint"),
        None => format!(
            "{}, but no file named checkpoint that says which is the latest",
            many(directory.candidates.len(), "checkpoint")
        ),
    };
    let state = within(&directory.label, "checkpoint");
    let restorable = restorable(facts, findings);
    let shell_fix = match (misnamed, restorable) {
        (Some(name), _) => Some(format!("mv {} {}", shell(&within(&directory.label, name)), shell(&state))),
        (None, label) => label.map(|label| state_line(&directory.label, own_name(label)).1),
    };
    let finding = Finding::new(&RULE, message)
        .path(directory.label.clone())
        .cause("no-checkpoint-found")
        .tensorflow(format!(
            "latest_checkpoint({}) returns None, and restore(None) raises nothing: training restarts at 0",
            python(&directory.label)
        ))
        .help(match (&shell_fix, restorable) {
            (None, _) => "nothing that TensorFlow could restore is here for it to name",
            (Some(_), None) => "give the file its name",
            (Some(_), Some(_)) => "write the file, or restore by prefix",
        });
    let finding = shell_fix.into_iter().fold(finding, Finding::shell);
    let call = restorable.map(|label| format!("checkpoint.restore({})", python(label)));
    findings.add(Finding { severity, ..call.into_iter().fold(finding, Finding::python) });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::FaultKind;
    use crate::doctor::sample;

    fn run(facts: &Facts) -> Vec<Finding> {
        let mut findings = Findings::default();
        check(facts, &mut findings);
        findings.list().to_vec()
    }

    #[test]
    fn a_directory_without_a_state_file() {
        let mut facts = sample::facts(sample::named(&[("w", &[2])]));
        sample::directory(&mut facts).state = StateFile::Missing;
        assert_eq!(run(&facts)[0].severity, Severity::Info, "as write() leaves it");
        assert_eq!(run(&facts)[0].fixes[0].text, "echo 'model_checkpoint_path: \"ckpt-4\"' > ckpts/checkpoint");
        sample::directory(&mut facts).names.push("checkpoint.txt".to_owned());
        assert_eq!(run(&facts)[0].severity, Severity::Warning);
        assert_eq!(run(&facts)[0].fixes[0].text, "mv ckpts/checkpoint.txt ckpts/checkpoint");
    }

    /// Of a damaged one another finding says what to restore in its place: nothing here says otherwise.
    #[test]
    fn a_damaged_one_is_not_to_be_named() {
        let mut facts = sample::facts(sample::named(&[("w", &[2])]));
        sample::directory(&mut facts).state = StateFile::Missing;
        facts.checkpoint.as_mut().unwrap().faults.push(sample::index_fault(FaultKind::BadMagic));
        let fixes = |facts: &Facts| {
            let report = crate::doctor::examine(facts, &crate::doctor::Selection::new(&["F009".into()], &[]).unwrap());
            report.findings[0].fixes.iter().map(|fix| fix.text.clone()).collect::<Vec<_>>()
        };
        assert_eq!(fixes(&facts), [""; 0]);
        facts.whole_siblings.push("ckpts/ckpt-3".to_owned());
        let named = "echo 'model_checkpoint_path: \"ckpt-3\"' > ckpts/checkpoint";
        assert_eq!(fixes(&facts), [named, "checkpoint.restore(\"ckpts/ckpt-3\")"]);
    }

    #[test]
    fn a_name_may_hold_what_parts_paths_elsewhere() {
        let mut checkpoint = sample::named(&[("w", &[2])]);
        checkpoint.label = "ckpts/back\\slash".to_owned();
        let mut facts = sample::facts(checkpoint);
        sample::directory(&mut facts).state = StateFile::Missing;
        let line = r#"echo 'model_checkpoint_path: "back\\slash"' > ckpts/checkpoint"#;
        assert_eq!(
            run(&facts)[0].fixes[0].text,
            if cfg!(windows) { line.replace("back\\\\", "") } else { line.to_owned() }
        );
    }

    #[test]
    fn a_prefix_needs_none() {
        let mut facts = sample::facts(sample::named(&[("w", &[2])]));
        assert!(run(&facts).is_empty());
        sample::directory(&mut facts).state = StateFile::Missing;
        facts.resolved.is_directory = false;
        assert!(run(&facts).is_empty());
    }
}

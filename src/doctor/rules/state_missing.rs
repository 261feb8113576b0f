//! F009: checkpoints without the state file that names the latest.

use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::{file_name, many, python, shell, state_line, within};
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
    let (Some(directory), Some(checkpoint)) = (&resolved.directory, &facts.checkpoint) else { return };
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
    let shell_fix = match misnamed {
        Some(name) => format!("mv {} {}", shell(&within(&directory.label, name)), shell(&state)),
        None => state_line(&directory.label, file_name(&checkpoint.label)).1,
    };
    let finding = Finding::new(&RULE, message)
        .path(directory.label.clone())
        .cause("no-checkpoint-found")
        .tensorflow(format!(
            "latest_checkpoint({}) returns None, and restore(None) raises nothing: training restarts at 0",
            python(&directory.label)
        ))
        .help("write the file, or restore by prefix")
        .shell(shell_fix)
        .python(format!("checkpoint.restore({})", python(&checkpoint.label)));
    findings.add(Finding { severity, ..finding });
}

#[cfg(test)]
mod tests {
    use super::*;
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

    #[test]
    fn a_prefix_needs_none() {
        let mut facts = sample::facts(sample::named(&[("w", &[2])]));
        assert!(run(&facts).is_empty());
        sample::directory(&mut facts).state = StateFile::Missing;
        facts.resolved.is_directory = false;
        assert!(run(&facts).is_empty());
    }
}

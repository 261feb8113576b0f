//! F003: the path is a file of the checkpoint.

use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::outlook::leading;
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::python;
use crate::model::{Checkpoint, Depth, Directory, Latest};

pub static RULE: Rule = Rule {
    code: "F003",
    name: "path-is-part-file",
    severity: Severity::Warning,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means: "The path names one file of a checkpoint (.data-00000-of-00001) or the state file \"checkpoint\". \
This program looked at the checkpoint that is meant. TensorFlow given the same path raises: it wants the prefix, which \
is the part of the name that all files of the checkpoint share, and which is no file itself.",
        you_see: &[
            "DataLossError: Unable to open table file {path}: DATA_LOSS: not an sstable (bad magic number): perhaps your file is in a different file format and you need to use a different restore operator?",
            "not an sstable (bad magic number)",
        ],
        knows: "By the name alone.",
        fix: "Leave the suffix out:

    checkpoint.restore(\"ckpts/ckpt-4\")                           # not ...ckpt-4.data-00000-of-00001
    checkpoint.restore(tf.train.latest_checkpoint(\"ckpts\"))      # not ckpts/checkpoint",
        not: "Renaming ckpt-4.data-00000-of-00001 to ckpt-4, as is sometimes advised: then the checkpoint is broken for \
every reader (F008, F012).",
        ignore: "If you only gave this path to this program, for example by pressing Tab.",
        see: &["F002", "F004", "F012"],
    },
};

fn check(facts: &Facts, findings: &mut Findings) {
    let resolved = &facts.resolved;
    let Some(checkpoint) = &facts.checkpoint else { return };
    let what = match &resolved.stripped {
        Some(suffix) if suffix != ".index" => {
            format!("a file of the checkpoint, not the checkpoint ({suffix} was left out)")
        }
        None if resolved.is_state_file => "the state file, not a checkpoint".to_owned(),
        _ => return,
    };
    // A graph is given to import_meta_graph() with its suffix; with a program of its own, a Saver restores a prefix.
    let asked = leading(facts).map(|prediction| prediction.course.exception.is_some());
    if resolved.stripped.as_deref() == Some(".meta") && !(facts.program().is_some() && asked == Some(true)) {
        return;
    }
    let call = match (resolved.is_state_file, &resolved.directory) {
        (true, Some(directory)) if is_found(directory, checkpoint) => {
            format!("tf.train.latest_checkpoint({})", python(&directory.label))
        }
        _ => python(&checkpoint.label),
    };
    findings.add(
        Finding::new(&RULE, what)
            .path(resolved.given.clone())
            .cause("wrong-path")
            .evidence(format!("looked at {}", checkpoint.label))
            .tensorflow("given this path, DataLossError: \"not an sstable (bad magic number)\"")
            .help("give the prefix")
            .python(format!("checkpoint.restore({call})")),
    );
}

/// True if latest_checkpoint() returns this one.
fn is_found(directory: &Directory, checkpoint: &Checkpoint) -> bool {
    matches!(&directory.latest, Latest::Path(path) if *path == checkpoint.prefix)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample;

    fn with(stripped: Option<&str>, is_state_file: bool) -> usize {
        let mut facts = sample::facts(sample::named(&[("w", &[2])]));
        facts.resolved.stripped = stripped.map(str::to_owned);
        facts.resolved.is_state_file = is_state_file;
        let mut findings = Findings::default();
        check(&facts, &mut findings);
        findings.list().len()
    }

    #[test]
    fn part_files_and_the_state_file() {
        assert_eq!(with(Some(".data-00000-of-00001"), false), 1);
        assert_eq!(with(None, true), 1);
    }

    #[test]
    fn quiet_for_prefixes_and_for_the_index() {
        assert_eq!(with(None, false), 0);
        assert_eq!(with(Some(".index"), false), 0, "F004 speaks");
    }
}

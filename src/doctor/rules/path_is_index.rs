//! F004: the path ends in `.index`, which TensorFlow takes without an error.

use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::{file_name, python, state_line, within};
use crate::model::{Depth, Directory, Latest, StateFile};

pub static RULE: Rule = Rule {
    code: "F004",
    name: "path-is-index",
    severity: Severity::Warning,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means: "The path ends in .index. This program looked at the checkpoint that is meant; TensorFlow does not: the \
index is a table, and so is a checkpoint of the format before 2016, so it opens the index as such a checkpoint, finds \
no tensors in it, restores nothing, and reports success. The program goes on with initial values.",
        you_see: &[
            "nothing, with tf.train.Checkpoint.restore: a status object comes back as always",
            "[] from tf.train.list_variables",
            "NotFoundError: Tensor name \"{key}\" not found in checkpoint files {prefix}.index",
            "AssertionError: Some objects had attributes which were not restored",
        ],
        knows: "By the name alone: of the path that was given, or in the state file of the directory.",
        fix: "Leave .index out, and let the program say so if nothing was restored:

    checkpoint.restore(\"ckpts/ckpt-4\").assert_existing_objects_matched()",
        not: "expect_partial(), which silences the only messages there are.",
        ignore: "If you only gave this path to this program; or for Hugging Face from_pretrained(..., from_tf=True), \
which wants the .index.",
        see: &["F001", "F003"],
    },
};

/// The prefix that a state file means, where it names the index of it.
pub(super) fn meant(directory: &Directory) -> Option<&str> {
    let (Latest::Path(_), StateFile::Read(state)) = (&directory.latest, &directory.state) else { return None };
    let prefix = state.latest.strip_suffix(".index")?;
    let name = file_name(prefix);
    directory.candidates.iter().any(|candidate| candidate.name == name).then_some(prefix)
}

/// A state file that names the index: then latest_checkpoint() gives the program that path.
fn in_state(directory: &Directory, prefix: &str) -> Finding {
    let (line, command) = state_line(&directory.label, prefix);
    let finding = Finding::new(&RULE, format!("names {prefix}.index: TensorFlow restores nothing, without an error"))
        .path(within(&directory.label, "checkpoint"))
        .cause("wrong-path")
        .tensorflow(format!(
            "latest_checkpoint({}) returns the path of the index, which it takes for a checkpoint of the old format that \
             holds no tensors",
            python(&directory.label)
        ))
        .help(format!("let it say  {line}"))
        .shell(command);
    Finding { severity: Severity::Error, ..finding }
}

fn check(facts: &Facts, findings: &mut Findings) {
    let resolved = &facts.resolved;
    if let Some(directory) = resolved.directory.as_ref().filter(|_| resolved.is_directory || resolved.is_state_file)
        && let Some(prefix) = meant(directory)
    {
        return findings.add(in_state(directory, prefix));
    }
    let (Some(".index"), Some(checkpoint)) = (facts.resolved.stripped.as_deref(), &facts.checkpoint) else { return };
    findings.add(
        Finding::new(&RULE, "given this path, TensorFlow restores nothing, without an error")
            .path(facts.resolved.given.clone())
            .cause("wrong-path")
            .evidence(format!("looked at the prefix {}", checkpoint.label))
            .tensorflow("takes the index for a checkpoint of the old format that holds no tensors")
            .help("leave .index out")
            .python(format!("checkpoint.restore({})", python(&checkpoint.label))),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample;

    #[test]
    fn only_for_the_index() {
        for (stripped, expected) in [(Some(".index"), 1), (Some(".meta"), 0), (None, 0)] {
            let mut facts = sample::facts(sample::named(&[("w", &[2])]));
            facts.resolved.stripped = stripped.map(str::to_owned);
            let mut findings = Findings::default();
            check(&facts, &mut findings);
            assert_eq!(findings.list().len(), expected, "{stripped:?}");
        }
    }
}

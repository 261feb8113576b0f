//! F001: nothing is at the path.

use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::{many, shell, some};
use crate::model::{Depth, Latest, StateFile};

pub static RULE: Rule = Rule {
    code: "F001",
    name: "path-no-match",
    severity: Severity::Error,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means: "There is no checkpoint at the path, and none of a similar name near it. What happens then depends on \
the call, and the quiet ones are the dangerous ones: restore(path) raises, but latest_checkpoint(directory) returns \
None, and restore(None) accepts that without a word. The program then trains, or predicts, from initial values.",
        you_see: &[
            "NotFoundError: Error when restoring from checkpoint or SavedModel at {path}: Unsuccessful TensorSliceReader constructor: Failed to find any matching files for {path}",
            "Failed to get matching files on {path}: Not found: {directory}",
            "ValueError: The passed save_path is not a valid checkpoint: {path}",
            "ValueError: Couldn't find 'checkpoint' file or checkpoints in given directory {directory}",
            "nothing at all, with restore(tf.train.latest_checkpoint(directory))",
        ],
        knows: "Neither PATH.index nor a data file PATH.data-... exists; the path is no directory that holds a \
checkpoint; no name beside it is alike.",
        fix:
            "A checkpoint is a prefix, not a file: give ckpts/ckpt-4 for ckpts/ckpt-4.index and ckpts/ckpt-4.data-.... \
Look from the directory in which the program runs, because relative paths start there.

    ls {directory}

Make the program fail where it would start from nothing:

    latest = tf.train.latest_checkpoint(directory)
    if latest is None:
        raise FileNotFoundError(f\"no checkpoint in {directory}\")
    checkpoint.restore(latest)",
        not: "Wrapping the restore in try/except: it turns the loud failure into the silent one.",
        ignore: "On the very first start of a training, when there is nothing to restore yet.",
        see: &["F002", "F005", "F007", "F009", "F010"],
    },
};

fn check(facts: &Facts, findings: &mut Findings) {
    let resolved = &facts.resolved;
    let something = facts.checkpoint.is_some() || resolved.foreign.is_some() || resolved.is_saved_model;
    // Of what cannot be looked at F031 speaks.
    let something = something || resolved.refused.is_some();
    // Of a module of TensorFlow Hub F023 speaks.
    if something
        || !resolved.hollow.is_empty()
        || !resolved.near.is_empty()
        || super::path_is_dir::other_format(facts).is_some()
    {
        return;
    }
    let given = &resolved.given;
    if let Some(finding) = of_another_format(facts) {
        findings.add(finding);
        return;
    }
    let finding = if resolved.is_directory || resolved.is_state_file {
        let finding = Finding::new(&RULE, "there is no checkpoint in this directory").cause("no-checkpoint-found");
        empty_directory(facts, finding)
    } else {
        if resolved.exists {
            let finding = Finding::new(&RULE, "what is at this path is no checkpoint");
            // What has a name of Keras' was one, perhaps: its first bytes are all that is looked for.
            let named = [".h5", ".hdf5", ".keras"].iter().any(|end| given.ends_with(end));
            let finding = match named {
                true => finding.cause("corrupt-index").cause("not-a-checkpoint").evidence(
                    "its first bytes are not those of a file of Keras: damaged, or something else altogether",
                ),
                false => finding.cause("wrong-path"),
            };
            let says =
                "restore() raises DataLossError: \"not an sstable (bad magic number)\", or \"file is too short\"";
            findings.add(beside(facts, finding.tensorflow(says)).path(given.clone()).help(HELP));
            return;
        }
        let finding = Finding::new(&RULE, "nothing is at this path").cause("no-checkpoint-found").cause("wrong-path");
        finding.tensorflow(format!(
            "restore() raises NotFoundError: \"Failed to find any matching files for {given}\"; \
             as a directory, latest_checkpoint() returns None, and restore(None) starts from zero without a word"
        ))
    };
    findings.add(beside(facts, finding).path(given.clone()).help(HELP));
}

const HELP: &str = "look from the directory in which the program runs, and give the prefix (ckpts/ckpt-4), not a file";

/// The state file names something that is there, but that is no checkpoint.
fn of_another_format(facts: &Facts) -> Option<Finding> {
    let directory =
        facts.resolved.directory.as_ref().filter(|_| facts.resolved.is_directory || facts.resolved.is_state_file)?;
    let Latest::Path(path) = &directory.latest else { return None };
    let path = path.display().to_string();
    let finding = Finding::new(
        &RULE,
        format!("the latest checkpoint, {path}, has no index, and is none of the format before 2016 (V1)"),
    )
    .tensorflow("raises DataLossError: \"not an sstable (bad magic number)\"")
    .help(format!("look at what lies there: ckpt doctor {}", shell(&path)))
    .path(path);
    Some(finding)
}

fn empty_directory(facts: &Facts, finding: Finding) -> Finding {
    let directory = facts.resolved.directory.as_ref();
    let mut names = directory.into_iter().flat_map(|directory| &directory.names);
    let finding = match names.find(|name| name.contains(char::REPLACEMENT_CHARACTER) && name.ends_with(".index")) {
        Some(name) => finding.evidence(format!(
            "{name} is here, whose name is not UTF-8: give its prefix itself, as the shell completes it"
        )),
        None => finding,
    };
    match directory.map(|directory| (&directory.latest, &directory.state)) {
        Some((Latest::Raises, _)) => {
            finding.tensorflow("latest_checkpoint() raises ValueError: \"Invalid checkpoint state loaded from ...\"")
        }
        Some((Latest::Garbled, _)) => finding.tensorflow("latest_checkpoint() raises UnicodeDecodeError"),
        Some((Latest::Nothing(why), state)) => {
            let finding = match state {
                StateFile::Missing => finding,
                _ => finding.evidence(*why),
            };
            finding.tensorflow("latest_checkpoint() returns None, and restore(None) starts from zero without a word")
        }
        _ => finding,
    }
}

/// What does lie there, so that the right path can be seen.
fn beside(facts: &Facts, finding: Finding) -> Finding {
    let Some(directory) = &facts.resolved.directory else {
        return finding.evidence("the directory around it is not there either");
    };
    if facts.resolved.is_directory {
        return finding;
    }
    let place = if directory.label == "." { "the working directory" } else { directory.label.as_str() };
    let prefixes: Vec<&str> = directory.candidates.iter().rev().map(|candidate| candidate.name.as_str()).collect();
    match prefixes.len() {
        0 => finding.evidence(format!("{place} holds no checkpoint")),
        n => finding.evidence(format!("{place} holds {}: {}", many(n, "checkpoint"), some(&prefixes))),
    }
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
    fn nothing_there() {
        let found = run(&sample::nothing("ckpts/model"));
        assert_eq!(found.len(), 1);
        assert!(found[0].tensorflow.as_ref().unwrap().contains("Failed to find any matching files for ckpts/model"));
        assert!(found[0].causes.contains(&"wrong-path"));
        let mut facts = sample::nothing("/dev/null");
        facts.resolved.exists = true;
        assert_eq!(run(&facts)[0].message, "what is at this path is no checkpoint");
    }

    #[test]
    fn a_directory_whose_latest_is_no_checkpoint() {
        let mut facts = sample::facts(sample::named(&[]));
        facts.checkpoint = None;
        let found = run(&facts);
        assert_eq!(found[0].severity, Severity::Error);
        assert!(found[0].message.contains("has no index"), "{}", found[0].message);
        sample::directory(&mut facts).latest = Latest::Nothing("there is no file named checkpoint");
        assert_eq!(run(&facts)[0].message, "there is no checkpoint in this directory");
    }

    #[test]
    fn quiet_where_something_is_or_is_near() {
        assert!(run(&sample::facts(sample::named(&[("w", &[2])]))).is_empty());
        let mut facts = sample::nothing("ckpts/ckpt");
        facts.resolved.near = vec!["ckpts/ckpt-4".to_owned()];
        assert!(run(&facts).is_empty(), "F002 speaks");
    }
}

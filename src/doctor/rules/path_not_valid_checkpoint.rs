//! F002: nothing is at the path, but something is near it.

use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::{file_name, python, some, within};
use crate::model::Depth;

pub static RULE: Rule = Rule {
    code: "F002",
    name: "path-not-valid-checkpoint",
    severity: Severity::Error,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means: "There is no checkpoint at the path, but one lies near: the number is missing, a letter is wrong, or an \
archive was unpacked one level deeper than expected. Checkpoint.save(prefix) puts a number behind the prefix, so what \
was saved as ckpts/ckpt is found as ckpts/ckpt-1; Checkpoint.write(prefix) does not.",
        you_see: &[
            "ValueError: The passed save_path is not a valid checkpoint: {path}",
            "NotFoundError: Error when restoring from checkpoint or SavedModel at {path}: ... Please double-check that the path is correct. You may be missing the checkpoint suffix (e.g. the '-1' in 'path/to/ckpt-1').",
        ],
        knows: "The names in the directory are compared with the one that was given; folders one level down are \
looked into.",
        fix: "Give the prefix as the finding names it, or let TensorFlow read it from the state file:

    checkpoint.restore(tf.train.latest_checkpoint(\"ckpts\"))",
        not: "Renaming the files to the name that the program expects: the next save writes numbers again, and the \
state file then names what is gone (F010).",
        ignore: "Never.",
        see: &["F001", "F003", "F009"],
    },
};

fn check(facts: &Facts, findings: &mut Findings) {
    let resolved = &facts.resolved;
    let (None, None, Some(near)) = (&facts.checkpoint, &resolved.foreign, resolved.near.first()) else { return };
    let given = &resolved.given;
    let name = file_name(given);
    let number_missing = file_name(near).strip_prefix(name).is_some_and(|rest| {
        rest.strip_prefix('-').is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
    });
    // Of a module of TensorFlow Hub F023 speaks.
    if resolved.hollow.iter().any(|module| module.label == *given) {
        return;
    }
    let beside = in_directory(facts, near);
    // Of files that Keras loads F005 speaks.
    if beside && [".keras", ".h5", ".hdf5", ".weights.json"].iter().any(|end| near.ends_with(end)) {
        return;
    }
    let (message, evidence) = if number_missing {
        (format!("the number is missing: {near} is there"), Some("save() puts a number behind the prefix it is given"))
    } else if resolved.is_directory && beside {
        (format!("there is no checkpoint of TensorFlow in this directory, but {near}"), None)
    } else if resolved.is_directory {
        (format!("there is no checkpoint in this directory, but one level deeper: {near}"), None)
    } else {
        (format!("nothing is at this path; near it is {near}"), None)
    };
    let mut finding = Finding::new(&RULE, message).path(given.clone()).cause("wrong-path");
    if let Some(evidence) = evidence {
        finding = finding.evidence(evidence);
    }
    if resolved.near.len() > 1 {
        finding = finding.evidence(format!("alike: {}", some(&resolved.near)));
    }
    let directory_near = !facts.resolved.is_directory && resolved.directory.is_none();
    let fix = match near.rsplit_once("saved_model.pb") {
        Some((folder, "" | "txt")) => format!("tf.saved_model.load({})", python(folder.trim_end_matches('/'))),
        _ if near.ends_with('/') || directory_near => {
            format!("checkpoint.restore(tf.train.latest_checkpoint({}))", python(near.trim_end_matches('/')))
        }
        _ if near.ends_with(".meta") => format!("tf.compat.v1.train.import_meta_graph({})", python(near)),
        // A table of the format before 2016, or a set of those.
        _ if near.contains('?') || resolved.is_directory && beside => {
            format!("tf.compat.v1.train.Saver().restore(session, {})", python(near))
        }
        _ => format!("checkpoint.restore({})", python(near)),
    };
    let says = match resolved.is_directory {
        true => "latest_checkpoint() returns None, and restore(None) starts from zero without a word".to_owned(),
        false => format!("NotFoundError: \"Failed to find any matching files for {given}\""),
    };
    let finding = finding.tensorflow(says).help(format!("ckpt doctor {}", crate::doctor::words::shell(near)));
    findings.add(finding.python(fix));
}

/// True if what is near is in the directory itself, not in a folder of it.
fn in_directory(facts: &Facts, near: &str) -> bool {
    let Some(directory) = facts.resolved.directory.as_ref().filter(|_| facts.resolved.is_directory) else {
        return false;
    };
    near == within(&directory.label, file_name(near)) && !near.ends_with('/')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample;

    #[test]
    fn the_number_is_missing() {
        let mut facts = sample::nothing("ckpts/ckpt");
        facts.resolved.near = vec!["ckpts/ckpt-4".to_owned()];
        facts.resolved.directory = sample::facts(sample::named(&[])).resolved.directory;
        let mut findings = Findings::default();
        check(&facts, &mut findings);
        assert_eq!(findings.list()[0].message, "the number is missing: ckpts/ckpt-4 is there");
        assert_eq!(findings.list()[0].fixes[0].text, "checkpoint.restore(\"ckpts/ckpt-4\")");
    }

    #[test]
    fn a_saved_model_one_level_deeper_is_loaded_by_its_folder() {
        for graph in ["saved_model.pb", "saved_model.pbtxt"] {
            let mut facts = sample::nothing("exported");
            facts.resolved.is_directory = true;
            facts.resolved.near = vec![format!("exported/1/{graph}")];
            let mut findings = Findings::default();
            check(&facts, &mut findings);
            assert_eq!(findings.list()[0].fixes[0].text, "tf.saved_model.load(\"exported/1\")");
        }
    }

    #[test]
    fn quiet_with_nothing_near() {
        let mut findings = Findings::default();
        check(&sample::nothing("ckpts/ckpt"), &mut findings);
        assert!(findings.list().is_empty());
    }
}

//! F010: the state file names a checkpoint that is not the one to take.

use std::collections::BTreeSet;
use std::path::Path;

use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::{file_name, is_absolute, own_name, python, state_line, within};
use crate::model::{Candidate, Depth, Directory, Latest, State, StateFile};

pub static RULE: Rule = Rule {
    code: "F010",
    name: "state-points-elsewhere",
    severity: Severity::Warning,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means: "The file named \"checkpoint\" names a checkpoint that is not there, or not the newest. Either it holds an \
absolute path and the directory was moved or copied from another machine, or the checkpoint that it names was deleted \
or renamed. TensorFlow has no second choice: latest_checkpoint() logs a line and returns None, and restore(None) \
accepts that, so that training restarts at step 0.",
        you_see: &[
            "nothing, with restore(tf.train.latest_checkpoint(directory))",
            "Couldn't match files for checkpoint {path}",
            "ValueError: Can't load save_path when it is None.",
            "Failed to find any matching files for {path}",
        ],
        knows: "The path in the file is joined to the directory as TensorFlow does it, and looked for. A newer \
checkpoint than the one it names is said too, if it is whole and its number is larger.",
        fix: "Let the file say the name relative to the directory:

    model_checkpoint_path: \"ckpt-4\"

tf.train.CheckpointManager and Checkpoint.save write it so. For the TF1 saver:

    saver = tf.compat.v1.train.Saver(save_relative_paths=True)

And let the program fail where it would start from nothing:

    latest = tf.train.latest_checkpoint(directory)
    if latest is None:
        raise FileNotFoundError(directory)",
        not: "Deleting only the file \"checkpoint\": latest_checkpoint() then returns None as well (F009).",
        ignore: "If checkpoints are always restored by prefix.",
        see: &["F001", "F009", "F011", "F021"],
    },
};

fn check(facts: &Facts, findings: &mut Findings) {
    let resolved = &facts.resolved;
    let Some(directory) = &resolved.directory else { return };
    let StateFile::Read(state) = &directory.state else { return };
    if resolved.is_saved_model || directory.candidates.is_empty() {
        return;
    }
    let finding = match &directory.latest {
        _ if !(resolved.is_directory || resolved.is_state_file) => renamed(facts, directory, state),
        Latest::Nothing(_) => lost(facts, directory, state),
        Latest::Path(path) => elsewhere(directory, state)
            .or_else(|| not_newest(directory, state))
            .or_else(|| no_checkpoint(facts, directory, state, path)),
        Latest::Raises | Latest::Garbled => None,
    };
    if let Some(finding) = finding {
        findings.add(finding.path(state.file.to_string()));
    }
}

/// What the state file should say.
fn repair(finding: Finding, directory: &Directory, prefix: &str) -> Finding {
    let (line, command) = state_line(&directory.label, prefix);
    finding.help(format!("let it say  {line}  (a name relative to the directory)")).shell(command)
}

fn whole(candidate: &Candidate) -> bool {
    let of = candidate.shards.first().map_or(0, |shard| shard.of) as usize;
    candidate.index.is_some_and(|size| size > 0) && of > 0 && candidate.shards.len() >= of
}

fn lost(facts: &Facts, directory: &Directory, state: &State) -> Option<Finding> {
    // Of a checkpoint whose own path is a pattern, F006 tells.
    let is_pattern = |path: &str| path.contains(['[', ']', '*', '?']);
    if is_pattern(&state.latest) && facts.checkpoint.as_ref().is_none_or(|checkpoint| is_pattern(&checkpoint.label)) {
        return None;
    }
    let message = format!("names {}, which is not here", state.latest);
    let finding = Finding::new(&RULE, message).tensorflow(format!(
        "latest_checkpoint({}) returns None, and restore(None) raises nothing: training restarts at 0",
        python(&directory.label)
    ));
    let name = file_name(&state.latest);
    let here = directory.candidates.iter().any(|candidate| candidate.name == name && candidate.index.is_some());
    let finding = match is_absolute(&state.latest) {
        true => finding
            .cause("absolute-path-state")
            .evidence("the path is absolute: of another machine, or of before the directory was moved"),
        false => finding.cause("stale-state-file"),
    };
    let newest = directory.candidates.iter().rev().find(|candidate| whole(candidate));
    // Saves of one program have one name, and numbers.
    let stem = |name: &str| name.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned();
    let own: BTreeSet<String> = state.all.iter().chain([&state.latest]).map(|path| stem(file_name(path))).collect();
    let is_other = |candidate: &&Candidate| whole(candidate) && !own.contains(&stem(&candidate.name));
    let unlisted = directory.candidates.iter().find(is_other);
    let finding = match unlisted.filter(|_| !here) {
        Some(candidate) => finding.cause("renamed-file").evidence(format!(
            "{} is here, which it does not list: perhaps that one under another name",
            candidate.name
        )),
        None => finding,
    };
    let damaged = facts.checkpoint.as_ref().is_some_and(|checkpoint| !checkpoint.faults.is_empty())
        || !facts.digests.faults.is_empty();
    let instead = facts.whole_siblings.first().filter(|_| damaged);
    Some(match (here, newest) {
        (true, _) if instead.is_some() => {
            let instead = instead.map_or("", |sibling| own_name(sibling));
            repair(
                finding
                    .evidence(format!("{name} is here, but damaged; {instead} has its index and all its data files")),
                directory,
                instead,
            )
        }
        (true, _) => repair(finding.evidence(format!("{name} is here")), directory, name),
        (false, Some(newest)) => {
            repair(finding.evidence(format!("the newest whole one here is {}", newest.name)), directory, &newest.name)
        }
        (false, None) => match facts.whole_siblings.first() {
            Some(sibling) => finding.help(format!("restore by prefix: {sibling}")),
            None => finding.help("no whole checkpoint is here"),
        },
    })
}

/// A prefix was given, so the state file does not matter; unless it shows that the files had another name.
fn renamed(facts: &Facts, directory: &Directory, state: &State) -> Option<Finding> {
    let own = file_name(&facts.checkpoint.as_ref()?.label);
    let [only] = directory.candidates.as_slice() else { return None };
    let known = state.all.iter().chain([&state.latest]).any(|path| file_name(path) == own);
    if only.name != own || known || is_absolute(&state.latest) || state.latest.is_empty() {
        return None;
    }
    let message =
        format!("names {}, which is not here; {own}, which is, may be that one under another name", state.latest);
    let finding = Finding::new(&RULE, message).cause("renamed-file").tensorflow(format!(
        "restores {own} by its prefix all the same; latest_checkpoint({}) returns None",
        python(&directory.label)
    ));
    Some(Finding { severity: Severity::Info, ..repair(finding, directory, own) })
}

/// The path exists, but it is that of another directory.
fn elsewhere(directory: &Directory, state: &State) -> Option<Finding> {
    if !is_absolute(&state.latest) {
        return None;
    }
    let around = state.latest.rsplit_once(['/', '\\'])?.0;
    let own = file_name(&directory.label);
    if own == "." || own == ".." || file_name(around) == own {
        return None;
    }
    let name = file_name(&state.latest);
    let here = directory.candidates.iter().any(|candidate| candidate.name == name && candidate.index.is_some());
    let finding = Finding::new(&RULE, format!("names a checkpoint of another directory: {}", state.latest))
        .cause("absolute-path-state")
        .tensorflow("latest_checkpoint() returns that one, not one of this directory");
    Some(if here {
        repair(finding, directory, name)
    } else {
        finding.help("restore by prefix, if those here are meant")
    })
}

/// Something is at the path, and TensorFlow asks no more; but it is not what was examined.
fn no_checkpoint(facts: &Facts, directory: &Directory, state: &State, path: &Path) -> Option<Finding> {
    let examined = facts.resolved.prefix.as_ref().filter(|prefix| *prefix != path)?;
    if is_absolute(&state.latest) {
        return None;
    }
    let finding = Finding::new(&RULE, format!("names {}, which is there, but is no checkpoint", state.latest))
        .tensorflow("latest_checkpoint() returns that path, and restore() fails with it");
    let examined = examined.display().to_string();
    Some(repair(finding.evidence(format!("examined in its place: {examined}")), directory, file_name(&examined)))
}

fn not_newest(directory: &Directory, state: &State) -> Option<Finding> {
    let named = file_name(&state.latest);
    let named = directory.candidates.iter().find(|candidate| candidate.name == named)?;
    let stem = |candidate: &Candidate| candidate.name.rsplit_once('-').map(|(stem, _)| stem.to_owned());
    let later = |candidate: &&Candidate| {
        // A higher number that is older is of another run.
        candidate.number() > named.number() && stem(candidate) == stem(named) && candidate.modified >= named.modified
    };
    let newest = directory.candidates.iter().rev().filter(|candidate| whole(candidate)).find(later)?;
    named.number()?;
    let message = format!("names {}, but {} is newer and whole", named.name, newest.name);
    let finding = Finding::new(&RULE, message)
        .cause("stale-state-file")
        .tensorflow(format!("latest_checkpoint() returns {}", within(&directory.label, &named.name)));
    Some(repair(finding, directory, &newest.name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample;

    fn with(latest: &str, result: Latest, names: &[&str]) -> Vec<Finding> {
        let mut facts = sample::facts(sample::named(&[("w", &[2])]));
        let directory = sample::directory(&mut facts);
        let StateFile::Read(state) = &mut directory.state else { unreachable!() };
        state.latest = latest.to_owned();
        directory.latest = result;
        directory.candidates = names.iter().map(|name| sample::candidate(name)).collect();
        let mut findings = Findings::default();
        check(&facts, &mut findings);
        findings.list().to_vec()
    }

    #[test]
    fn an_absolute_path_of_another_machine() {
        let found = with("/home/alice/run7/ckpt-4", Latest::Nothing("gone"), &["ckpt-3", "ckpt-4"]);
        assert_eq!(found[0].message, "names /home/alice/run7/ckpt-4, which is not here");
        assert_eq!(found[0].causes, ["absolute-path-state"]);
        assert!(found[0].fixes[0].text.contains("\"ckpt-4\""));
    }

    #[test]
    fn the_named_one_was_deleted() {
        let found = with("ckpt-5", Latest::Nothing("gone"), &["ckpt-3", "ckpt-4"]);
        assert_eq!(found[0].causes, ["stale-state-file"]);
        assert!(found[0].fixes[0].text.contains("\"ckpt-4\""), "the newest whole one");
    }

    #[test]
    fn it_names_what_is_no_checkpoint() {
        for (latest, path) in [("checkpoint", "ckpts/checkpoint"), ("../other", "ckpts/../other"), (".", "ckpts/.")] {
            let found = with(latest, Latest::Path(path.into()), &["ckpt-4"]);
            assert_eq!(found[0].message, format!("names {latest}, which is there, but is no checkpoint"));
            assert!(found[0].fixes[0].text.contains("\"ckpt-4\""));
        }
    }

    #[test]
    fn it_names_a_pattern() {
        let nothing = Latest::Nothing("the path has glob characters");
        let found = with("ckpt[4]", nothing, &["ckpt-4"]);
        assert_eq!(found[0].message, "names ckpt[4], which is not here");
    }

    #[test]
    fn a_newer_one_is_there() {
        let found = with("ckpt-3", Latest::Path("ckpts/ckpt-3".into()), &["ckpt-3", "ckpt-4"]);
        assert_eq!(found[0].message, "names ckpt-3, but ckpt-4 is newer and whole");
    }

    #[test]
    fn files_under_another_name() {
        let mut facts = sample::facts(sample::named(&[("w", &[2])]));
        facts.resolved.is_directory = false;
        let mut findings = Findings::default();
        check(&facts, &mut findings);
        assert!(findings.list().is_empty(), "a prefix was given, and it is the named one");
        let StateFile::Read(state) = &mut sample::directory(&mut facts).state else { unreachable!() };
        (state.latest, state.all) = ("model-9".to_owned(), vec!["model-9".to_owned()]);
        check(&facts, &mut findings);
        assert_eq!(
            (findings.list()[0].severity, findings.list()[0].causes.as_slice()),
            (Severity::Info, ["renamed-file"].as_slice())
        );
    }

    #[test]
    fn quiet_when_it_is_right() {
        assert!(with("ckpt-4", Latest::Path("ckpts/ckpt-4".into()), &["ckpt-3", "ckpt-4"]).is_empty());
        assert!(with("/a/ckpts/ckpt-4", Latest::Path("/a/ckpts/ckpt-4".into()), &["ckpt-4"]).is_empty());
    }
}

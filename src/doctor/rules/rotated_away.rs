//! F021: checkpoints that the state file lists are gone.

use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::{file_name, is_absolute, many, some};
use crate::model::{Depth, StateFile};

pub static RULE: Rule = Rule {
    code: "F021",
    name: "rotated-away",
    severity: Severity::Info,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means: "The state file lists checkpoints that are not there any more. Savers keep the newest few \
(max_to_keep, 5 unless said otherwise) and delete the older; here some were deleted or moved by something else. An \
evaluation that walks the list, or a program that wants a certain step, will not find them.",
        you_see: &[
            "Failed to find any matching files for {prefix}",
            "{prefix}.data-00000-of-00001; No such file or directory",
        ],
        knows: "all_model_checkpoint_paths in the state file, against the listing of the directory. The latest one is \
F010's business.",
        fix: "Keep more, or keep some for good:

    tf.train.CheckpointManager(checkpoint, directory, max_to_keep=20, keep_checkpoint_every_n_hours=6)

Copy the best one out of the directory, under another name, as soon as it is known to be the best.",
        not: "",
        ignore: "If you deleted them yourself. The next save by a manager writes a new list.",
        see: &["F008", "F010"],
    },
};

fn check(facts: &Facts, findings: &mut Findings) {
    let resolved = &facts.resolved;
    let Some(directory) = resolved.directory.as_ref().filter(|_| resolved.is_directory && !resolved.is_saved_model)
    else {
        return;
    };
    let StateFile::Read(state) = &directory.state else { return };
    let here = |path: &str| directory.candidates.iter().any(|candidate| candidate.name == file_name(path));
    // Absolute and nested paths may lead elsewhere, where nobody looked.
    let inside = |path: &str| !is_absolute(path) && !path.contains('/');
    let listed = state.all.iter().filter(|path| **path != state.latest && inside(path));
    let gone: Vec<&String> = listed.filter(|path| !here(path)).collect();
    if gone.is_empty() {
        return;
    }
    findings.add(
        Finding::new(&RULE, format!("{} that the state file lists are not here", many(gone.len(), "older checkpoint")))
            .path(state.file.to_string())
            .cause("stale-state-file")
            .evidence(format!("gone: {}", some(&gone)))
            .tensorflow("nothing, until something asks for one of them")
            .help("nothing to do, unless you need one of them"),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample;

    fn with(all: &[&str]) -> usize {
        let mut facts = sample::facts(sample::named(&[("w", &[2])]));
        let StateFile::Read(state) = &mut sample::directory(&mut facts).state else { unreachable!() };
        state.all = all.iter().map(|path| (*path).to_owned()).collect();
        let mut findings = Findings::default();
        check(&facts, &mut findings);
        findings.list().len()
    }

    #[test]
    fn listed_but_gone() {
        assert_eq!(with(&["ckpt-2", "ckpt-3", "ckpt-4"]), 1);
    }

    #[test]
    fn listed_and_here() {
        assert_eq!(with(&["ckpt-4"]), 0);
        assert_eq!(with(&["/elsewhere/ckpt-3", "ckpt-4"]), 0, "nobody looked there");
    }
}

//! F020: a save on Windows that could not rename its files.

use super::save_interrupted::{leftovers, on_windows};
use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::{many, some};
use crate::model::Depth;

pub static RULE: Rule = Rule {
    code: "F020",
    name: "windows-rename",
    severity: Severity::Warning,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means: "A save on Windows left its temporary files: it could not rename them, most likely because another \
program held one open (TensorBoard, an evaluation, a virus scanner, a sync client), or because the path is longer than \
260 characters. The checkpoints of before are not touched.",
        you_see: &[
            "UnknownError: Failed to rename: {a} to: {b} : Access is denied. ; Input/output error [Op:MergeV2Checkpoints]",
            "Failed to create a NewWriteableFile: {path} : The system cannot find the path specified.",
        ],
        knows: "Leftovers of a save (F019) beside a state file with paths of Windows in it.",
        fix: "Keep other programs out of the directory: exclude it from the virus scanner and from cloud sync, point \
TensorBoard at another one. Use a short path:

    manager = tf.train.CheckpointManager(checkpoint, r\"C:\\ckpts\", max_to_keep=3)

Then remove the leftovers.",
        not: "Running as administrator: the file is in use, not forbidden.",
        ignore: "While a save is running.",
        see: &["F019"],
    },
};

fn check(facts: &Facts, findings: &mut Findings) {
    let leftovers = leftovers(facts);
    let Some(directory) = &facts.resolved.directory else { return };
    if leftovers.is_empty() || !on_windows(facts) {
        return;
    }
    findings.add(
        Finding::new(&RULE, format!("a save on Windows did not end: {} left over", many(leftovers.len(), "name")))
            .path(directory.label.clone())
            .cause("interrupted-save")
            .evidence(some(&leftovers))
            .tensorflow(
                "\"Failed to rename: ... Access is denied.\" at the save; ignores the leftovers when it restores",
            )
            .help(
                "close what else has the directory open (TensorBoard, virus scanner, sync), then remove the leftovers",
            ),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample;
    use crate::model::StateFile;

    #[test]
    fn leftovers_and_windows_paths() {
        let mut facts = sample::facts(sample::named(&[("w", &[2])]));
        let directory = sample::directory(&mut facts);
        directory.leftovers = vec!["ckpt-5_temp".to_owned()];
        let mut findings = Findings::default();
        check(&facts, &mut findings);
        assert!(findings.list().is_empty(), "F019 speaks");
        let directory = sample::directory(&mut facts);
        let StateFile::Read(state) = &mut directory.state else { unreachable!() };
        state.all.push("C:\\run\\ckpt-3".to_owned());
        check(&facts, &mut findings);
        assert_eq!(findings.list().len(), 1);
    }
}

//! F019: leftovers of a save that did not end.

use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::{file_name, many, shell, some, within};
use crate::model::{Depth, StateFile};

pub static RULE: Rule = Rule {
    code: "F019",
    name: "save-interrupted",
    severity: Severity::Warning,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means: "A save in this directory did not end, or is still running: it left the files into which it writes \
before it renames them. The process was killed, the machine preempted, the disk full, or a network file system failed \
to rename. The checkpoints of before are not touched by that, and latest_checkpoint() still names the last complete \
one.",
        you_see: &[
            "Not found: {prefix}_temp_{hex}/part-00000-of-00001.index",
            "{prefix}.data-00000-of-00001.tempstate{digits}; Input/output error",
            "ResourceExhaustedError: {prefix}.data-00000-of-00001.tempstate{digits}",
        ],
        knows: "Names that only a running save has: PREFIX_temp, PREFIX_temp_ and 32 hex digits, .tempstate and \
digits, checkpoint.tmp and 32 hex digits. When a prefix was given, only its own.",
        fix: "If no save is running, remove them; no reader needs them.

    rm -r ckpts/ckpt-5_temp

If it happens again and again, save to a local disk and copy from there, and make sure that there is room for one more \
checkpoint than are kept.",
        not: "Renaming the parts by hand to look like a checkpoint. Only if a data file was already renamed and the \
index was not written, the part index in PREFIX_temp is worth keeping (F007).",
        ignore: "While a save is running.",
        see: &["F007", "F015", "F020"],
    },
};

/// The leftovers that concern what is looked at.
pub(super) fn leftovers(facts: &Facts) -> Vec<&str> {
    let resolved = &facts.resolved;
    let Some(directory) = &resolved.directory else { return Vec::new() };
    let prefix = facts.checkpoint.as_ref().and_then(|checkpoint| checkpoint.prefix.file_name());
    let prefix = prefix.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let own = |name: &&str| {
        let rest = name.strip_prefix(prefix.as_str()).filter(|_| !prefix.is_empty());
        resolved.is_directory || rest.is_some_and(|rest| rest.starts_with(['_', '.']))
    };
    directory.leftovers.iter().map(String::as_str).filter(own).collect()
}

/// True if the state file was written on Windows.
pub(super) fn on_windows(facts: &Facts) -> bool {
    match facts.resolved.directory.as_ref().map(|directory| &directory.state) {
        Some(StateFile::Read(state)) => {
            state.all.iter().chain([&state.latest]).any(|path| crate::doctor::words::is_windows(path))
        }
        _ => false,
    }
}

/// The command that removes them.
pub(super) fn removal(facts: &Facts, leftovers: &[&str]) -> String {
    let directory = facts.resolved.directory.as_ref().map_or("", |directory| directory.label.as_str());
    let paths: Vec<String> = leftovers.iter().map(|name| shell(&within(directory, name))).collect();
    format!("rm -r {}", paths.join(" "))
}

/// The newest prefix of a directory, if its data were written and its index was not.
fn half_saved(facts: &Facts) -> Option<&str> {
    let directory = facts.resolved.directory.as_ref().filter(|_| facts.resolved.is_directory)?;
    let newest = directory.candidates.iter().max_by_key(|candidate| candidate.number())?;
    let is_half = newest.index.is_none() && !newest.shards.is_empty() && newest.number().is_some();
    // What the state file lists was whole once.
    let is_listed = || match &directory.state {
        StateFile::Read(state) => state.all.iter().chain([&state.latest]).any(|path| file_name(path) == newest.name),
        _ => true,
    };
    (is_half && !is_listed()).then_some(newest.name.as_str())
}

fn check(facts: &Facts, findings: &mut Findings) {
    let leftovers = leftovers(facts);
    if let Some(name) = half_saved(facts).filter(|_| leftovers.is_empty()) {
        findings.add(
            Finding::new(&RULE, format!("the save of {name} did not end: its data are here, its index is not"))
                .path(facts.resolved.given.clone())
                .cause("interrupted-save")
                .tensorflow("ignores it: latest_checkpoint() names the last save that ended")
                .help("if no save is running, remove its data files"),
        );
        return;
    }
    if leftovers.is_empty() || on_windows(facts) {
        return;
    }
    let directory = facts.resolved.directory.as_ref().map_or("", |directory| directory.label.as_str());
    findings.add(
        Finding::new(&RULE, format!("a save did not end, or is running: {} left over", many(leftovers.len(), "name")))
            .path(directory)
            .cause("interrupted-save")
            .evidence(some(&leftovers))
            .tensorflow("ignores them: latest_checkpoint() names the last save that ended")
            .help("if no save is running, remove them")
            .shell(removal(facts, &leftovers)),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample;

    fn run(leftover: &str, is_directory: bool) -> usize {
        let mut facts = sample::facts(sample::named(&[("w", &[2])]));
        facts.resolved.is_directory = is_directory;
        sample::directory(&mut facts).leftovers = vec![leftover.to_owned()];
        let mut findings = Findings::default();
        check(&facts, &mut findings);
        findings.list().len()
    }

    #[test]
    fn data_without_an_index() {
        let mut facts = sample::facts(sample::named(&[("w", &[2])]));
        let half = |name| crate::model::Candidate { index: None, ..sample::candidate(name) };
        let said = |facts: &Facts| half_saved(facts).map(str::to_owned);
        assert_eq!(said(&facts), None);
        sample::directory(&mut facts).candidates.push(half("ckpt-5"));
        assert_eq!(said(&facts).as_deref(), Some("ckpt-5"));
        sample::directory(&mut facts).candidates = vec![half("ckpt-4")];
        assert_eq!(said(&facts), None, "the state file lists it: its index was lost");
    }

    #[test]
    fn leftovers_of_the_directory_or_the_prefix() {
        assert_eq!(run("ckpt-5_temp", true), 1);
        assert_eq!(run("ckpt-4_temp", false), 1);
    }

    #[test]
    fn leftovers_of_others_do_not_concern_a_prefix() {
        assert_eq!(run("ckpt-5_temp", false), 0);
        assert_eq!(run("ckpt-40_temp", false), 0);
    }
}

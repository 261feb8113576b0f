//! F034: something was not looked at in full, and nothing else says why: data, or the program's own checkpoint.

use std::collections::BTreeSet;

use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::{many, shell, some};
use crate::model::{Depth, Entry, EntryId, Kind};

pub static RULE: Rule = Rule {
    code: "F034",
    name: "incomplete-look",
    severity: Severity::Warning,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means: "The bytes of some tensors could not be examined although their file is there and nothing is known to \
be wrong with it. This program cannot vouch for them: that it found nothing there means nothing. Or the checkpoint of \
the new code, which --against names, is damaged: what could not be read of it is not what the code lacks, so that no \
restore into it is predicted.",
        you_see: &["nothing: this is about what was examined, not about TensorFlow"],
        knows: "After a look at the data, tensors that have bytes must each have a result. Those in files of which \
another finding says what is wrong do not count here. Of the new code's checkpoint, damage that may hide variables: in \
its index, say, or its object graph.",
        fix:
            "Run it again: a file that changes while it is read (a save that is running) is the usual reason. Then ask \
TensorFlow itself:

    reader = tf.train.load_checkpoint(\"{prefix}\")
    reader.get_tensor(key)

A damaged checkpoint of the new code is saved anew.",
        not: "",
        ignore: "Never in a check that must be complete.",
        see: &["F031"],
    },
};

fn check(facts: &Facts, findings: &mut Findings) {
    if let Some(finding) = program(facts) {
        findings.add(finding);
    }
    if facts.depth >= Depth::Bytes {
        data(facts, findings);
    }
}

/// The new code's checkpoint: a gate that holds against it must not open because of its damage.
fn program(facts: &Facts) -> Option<Finding> {
    let target = facts.program().filter(|target| target.is_partial())?;
    let fault = target.faults.first()?;
    let message =
        format!("the files of {} {}: not all of the program's variables are known", target.label, target.plight());
    let finding = Finding::new(&RULE, message).at(&fault.at).evidence(fault.to_string());
    let finding = finding.evidence("what a restore into this program does is not predicted");
    let finding = finding
        .help("see to it first: save it anew, or copy it again")
        .shell(format!("ckpt doctor {}", shell(&target.label)));
    Some(Finding { severity: Severity::Error, ..finding })
}

fn data(facts: &Facts, findings: &mut Findings) {
    let Some(checkpoint) = &facts.checkpoint else { return };
    let faults = || checkpoint.faults.iter().chain(&facts.digests.faults);
    let explained: BTreeSet<&str> = faults().map(|fault| &*fault.at.file).collect();
    let in_sound_files = |id: EntryId| {
        let extents = checkpoint.entries.get(id).into_iter().flat_map(|entry| entry.extents());
        let mut files = extents.map(|(extent, _)| checkpoint.files.get(extent.file));
        files.all(|file| file.is_some_and(|file| file.size.is_some() && !explained.contains(&*file.label)))
    };
    // Of an entry whose record is wrong, that has been said.
    let record_is_right = |entry: &Entry| entry.dtype.kind() != Kind::Resource && entry.fits();
    let unread = checkpoint.entries.iter().enumerate().filter(|(id, entry)| {
        entry.stored_bytes() > 0 && facts.digests.get(*id).is_none() && in_sound_files(*id) && record_is_right(entry)
    });
    let unread: Vec<EntryId> = unread.map(|(id, _)| id).collect();
    if unread.is_empty() {
        return;
    }
    let names = facts.names(unread.iter().copied());
    findings.add(
        Finding::new(&RULE, format!("{} could not be examined", many(unread.len(), "tensor")))
            .path(checkpoint.label.clone())
            .evidence(format!("not examined: {}", some(&names)))
            .variables(names)
            .help("run it again, when no save is running"),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::FaultKind;
    use crate::doctor::sample;

    #[test]
    fn a_damaged_program() {
        let program = |kind: FaultKind| {
            let mut facts = sample::facts(sample::named(&[("w", &[2])]));
            let mut target = sample::named(&[("w", &[2])]);
            target.faults.push(sample::index_fault(kind));
            facts.lone_target = Some(target);
            let mut findings = Findings::default();
            check(&facts, &mut findings);
            findings.list().iter().map(|finding| finding.severity).collect::<Vec<_>>()
        };
        assert_eq!(program(FaultKind::BadMagic), [Severity::Error]);
        assert_eq!(program(FaultKind::FooterNotCanonical), [], "which hides no variable");
    }

    #[test]
    fn unread_without_a_reason() {
        let mut facts = sample::facts(sample::named(&[("w", &[2])]));
        let mut findings = Findings::default();
        check(&facts, &mut findings);
        assert!(findings.list().is_empty(), "everything was read");
        facts.digests.entries[0] = None;
        check(&facts, &mut findings);
        assert_eq!(findings.list()[0].message, "1 tensor could not be examined");
        assert_eq!(findings.list()[0].severity, Severity::Warning);
        let truncated = sample::data_fault(FaultKind::ShardTruncated { size: 4, needed: 8 });
        facts.checkpoint.as_mut().unwrap().faults.push(truncated);
        let mut findings = Findings::default();
        check(&facts, &mut findings);
        assert!(findings.list().is_empty(), "F015 says why");
    }
}

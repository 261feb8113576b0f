//! F034: some data were not looked at, and nothing else says why.

use std::collections::BTreeSet;

use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::{many, some};
use crate::model::{Depth, Entry, EntryId, Kind};

pub static RULE: Rule = Rule {
    code: "F034",
    name: "incomplete-look",
    severity: Severity::Warning,
    needs: Depth::Bytes,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means: "The bytes of some tensors could not be examined although their file is there and nothing is known to \
be wrong with it. This program cannot vouch for them: that it found nothing there means nothing.",
        you_see: &["nothing: this is about what was examined, not about TensorFlow"],
        knows: "After a look at the data, tensors that have bytes must each have a result. Those in files of which \
another finding says what is wrong do not count here.",
        fix:
            "Run it again: a file that changes while it is read (a save that is running) is the usual reason. Then ask \
TensorFlow itself:

    reader = tf.train.load_checkpoint(\"{prefix}\")
    reader.get_tensor(key)",
        not: "",
        ignore: "Never in a check that must be complete.",
        see: &["F031"],
    },
};

fn check(facts: &Facts, findings: &mut Findings) {
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

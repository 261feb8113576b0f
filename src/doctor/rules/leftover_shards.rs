//! F033: data files of another number of shards.

use crate::doctor::facts::Facts;
use crate::doctor::faults::{has_other_count, strays};
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::{many, shell};
use crate::model::Depth;

pub static RULE: Rule = Rule {
    code: "F033",
    name: "leftover-shards",
    severity: Severity::Info,
    needs: Depth::Files,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means: "Beside the data files of this checkpoint lie others of the same prefix, whose names say another number \
of files (...-of-00002 beside ...-of-00001). The prefix was saved again with another number of shards, and TensorFlow \
leaves the old files. Nobody reads them; they only take room.",
        you_see: &["nothing: TensorFlow never looks for them"],
        knows: "The number of data files is in the index. Files of the prefix with another number are not its own.",
        fix: "Remove them, once you are sure that the checkpoint here is the one you want:

    rm ckpts/ckpt-4.data-*-of-00002",
        not: "",
        ignore: "Always, if room does not matter.",
        see: &["F008", "F012"],
    },
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(checkpoint) = &facts.checkpoint else { return };
    let strays = strays(facts);
    let Some(of) = strays.first().map(|shard| shard.of).filter(|_| !has_other_count(facts)) else {
        return;
    };
    let bytes = strays.iter().fold(0u64, |sum, shard| sum.saturating_add(shard.size));
    let declared = checkpoint.declared_shards.unwrap_or(1);
    let size = many(usize::try_from(bytes).unwrap_or(usize::MAX), "byte");
    let message =
        format!("{} of an earlier save with another number of shards, {size}", many(strays.len(), "data file"));
    let glob = format!("{}.data-*-of-{of:05}", shell(&checkpoint.label));
    findings.add(
        Finding::new(&RULE, message)
            .path(checkpoint.label.clone())
            .evidence(format!("named -of-{of:05}; the index says {}", many(declared as usize, "data file")))
            .tensorflow("never looks at them")
            .help("remove them, once you are sure")
            .shell(format!("rm {glob}")),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample;
    use crate::model::Shard;

    #[test]
    fn another_count_beside_the_declared_one() {
        let mut facts = sample::facts(sample::named(&[("w", &[2])]));
        let mut findings = Findings::default();
        check(&facts, &mut findings);
        assert!(findings.list().is_empty());
        let candidate = &mut sample::directory(&mut facts).candidates[0];
        candidate.shards.extend([0, 1].map(|number| Shard { number, of: 2, size: 600 }));
        check(&facts, &mut findings);
        assert_eq!(
            findings.list()[0].message,
            "2 data files of an earlier save with another number of shards, 1,200 bytes"
        );
    }
}

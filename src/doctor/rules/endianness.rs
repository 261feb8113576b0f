//! V003: bytes in the order of another kind of machine.

use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::many;
use crate::model::{Depth, Endianness, Entry, Kind};

pub static RULE: Rule = Rule {
    code: "V003",
    name: "endianness",
    severity: Severity::Info,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means: "The checkpoint was written on a big-endian machine (s390x, older POWER): the most significant byte of \
each number comes first. Current TensorFlow swaps the bytes of numbers as it reads; old versions refuse the whole \
checkpoint. Variant tensors, such as the state of a tf.data iterator, cannot be swapped, and make this a warning.",
        you_see: &[
            "... is of a different endianness than this machine's hardware, and the bundle contains a variant ...",
            "Merging bundles with conflicting endianness; inputs corrupted?",
        ],
        knows: "The header of the index says so.",
        fix: "Nothing for numbers. If it holds variants, save without the iterator on the machine that wrote it:

    tf.train.Checkpoint(model=model, optimizer=optimizer).write(prefix)",
        not: "Swapping the bytes of the data file by hand: the checksums are of the bytes as they lie there.",
        ignore: "If your TensorFlow reads it.",
        see: &["F030"],
    },
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(checkpoint) = facts.checkpoint.as_ref().filter(|checkpoint| checkpoint.endianness == Endianness::Big)
    else {
        return;
    };
    let refused = |entry: &Entry| match entry.dtype.kind() {
        Kind::Variant | Kind::MiniFloat(_) => true,
        Kind::Int { bits } | Kind::UInt { bits } => bits < 8,
        _ => false,
    };
    let refused: Vec<String> =
        checkpoint.pairs().filter(|(_, entry)| refused(entry)).map(|(variable, _)| variable.name.to_string()).collect();
    let finding =
        Finding::new(&RULE, "written on a big-endian machine").path(checkpoint.label.clone()).cause("endianness");
    findings.add(if refused.is_empty() {
        finding.tensorflow("swaps the bytes of numbers as it reads them")
    } else {
        let finding = Finding { severity: Severity::Error, ..finding };
        finding
            .evidence(format!("{} that TensorFlow does not swap: variants, float8 and smaller types", many(refused.len(), "tensor")))
            .variables(refused)
            .tensorflow("raises \"... is of a different endianness than this machine's hardware ...\", or \"Byte-swapping not supported for tensors with dtype ...\"")
            .help("restore without them, or convert on the machine that wrote it")
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample;

    #[test]
    fn only_big() {
        let mut facts = sample::facts(sample::named(&[("w", &[2])]));
        let mut findings = Findings::default();
        check(&facts, &mut findings);
        assert!(findings.list().is_empty());
        facts.checkpoint.as_mut().unwrap().endianness = Endianness::Big;
        check(&facts, &mut findings);
        assert_eq!(findings.list()[0].severity, Severity::Info);
        facts.checkpoint.as_mut().unwrap().entries[0].dtype = crate::model::DType::from_name("int4").unwrap();
        check(&facts, &mut findings);
        assert_eq!(findings.list()[1].severity, Severity::Error, "which TensorFlow refuses to swap");
    }
}

//! V001: weights or statistics that are not finite.

use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::{many, number, python, shell};
use crate::model::{Depth, Role, Stats, Variable};

pub static RULE: Rule = Rule {
    code: "V001",
    name: "nan-inf",
    severity: Severity::Error,
    needs: Depth::Values,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means:
            "Weights, or the statistics of a normalisation, hold NaN or infinities. TensorFlow restores them without \
a word; the model then computes NaN wherever such a number takes part. The training had diverged before this \
checkpoint was saved, a division or logarithm met zero, or a float16 overflowed. If only moving statistics are hit, a \
single bad batch is enough.

Infinities alone can be meant (a mask that is added to scores) and are only a warning.",
        you_see: &[
            "loss: nan",
            "black images, constant predictions",
            "input_max_range must be larger than input_min_range",
        ],
        knows: "Every number of every floating-point weight and statistic is looked at. Tensors whose checksum fails \
are left out: their numbers mean nothing.",
        fix: "Go back to a checkpoint without them, and find the cause before training on:

    checkpoint.restore(\"ckpts/ckpt-3\")
    tf.debugging.enable_check_numerics()

If only moving_mean and moving_variance are hit, run some batches through the model in training mode with the weights \
kept as they are; that computes the statistics anew.",
        not: "Replacing NaN by zero in the weights: what had been learnt there is lost, and the optimizer's slots hold \
NaN as well (V005), so that the next step brings it back.",
        ignore: "Infinities in constants that are meant to mask.",
        see: &["V002", "V005", "F017"],
    },
};

/// The variables of these roles that hold numbers which are not finite, with those numbers.
pub(super) fn not_finite<'a>(facts: &'a Facts, roles: &[Role]) -> Vec<(&'a Variable, &'a Stats)> {
    let Some(checkpoint) = &facts.checkpoint else { return Vec::new() };
    let of_roles =
        checkpoint.pairs().filter(|(variable, entry)| roles.contains(&variable.role) && entry.dtype.is_float());
    let stats = of_roles.filter_map(|(variable, _)| {
        let digest = facts.digests.get(variable.entry)?;
        let stats = digest.stats.as_ref().filter(|_| digest.intact != Some(false))?;
        (stats.not_finite() > 0).then_some((variable, stats))
    });
    stats.collect()
}

/// Where and how many.
pub(super) fn line(variable: &Variable, stats: &Stats) -> String {
    let mut parts = Vec::new();
    for (count, word) in [(stats.nan, "NaN"), (stats.inf, "Inf")] {
        if count > 0 {
            parts.push(format!("{} {word}", number(count)));
        }
    }
    let first = stats.first_not_finite.map_or(String::new(), |at| format!(", the first at element {}", number(at)));
    format!("{}: {} of {} values{first}", variable.name, parts.join(" and "), number(stats.count))
}

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(checkpoint) = &facts.checkpoint else { return };
    let hit = not_finite(facts, &[Role::Weight, Role::Statistic]);
    let Some((first, stats)) = hit.first() else { return };
    let nan = hit.iter().any(|(_, stats)| stats.nan > 0);
    let statistics_only = hit.iter().all(|(variable, _)| variable.role == Role::Statistic);
    let what = if nan { "NaN" } else { "infinities" };
    let message = match hit.len() {
        1 => format!("{what} in the model: {}", line(first, stats)),
        n => format!("{what} in {} of the model", many(n, "variable")),
    };
    let mut finding = Finding::new(&RULE, message)
        .path(checkpoint.label.clone())
        .variables(facts.names(hit.iter().map(|(variable, _)| variable.entry)))
        .tensorflow("restores them without a word; the loss, or the output, is nan");
    if hit.len() > 1 {
        finding =
            hit.iter().take(5).fold(finding, |finding, (variable, stats)| finding.evidence(line(variable, stats)));
    }
    if statistics_only {
        finding = finding.evidence("only moving statistics are hit, no weight");
    }
    let finding = match facts.whole_siblings.first() {
        Some(sibling) => finding
            .help(format!(
                "go back to a checkpoint from before. The numbers of {sibling} were not looked at: ckpt doctor {} tells whether they are finite",
                shell(sibling)
            ))
            .python(format!("checkpoint.restore({})", python(sibling))),
        None if statistics_only => finding.help("run some batches in training mode: that computes the statistics anew"),
        None => finding.help("go back to a checkpoint from before the loss became nan"),
    };
    findings.add(Finding { severity: if nan { Severity::Error } else { Severity::Warning }, ..finding });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample;

    #[test]
    fn nan_in_a_weight() {
        let mut facts = sample::facts(sample::named(&[("dense/bias", &[3]), ("dense/kernel", &[2, 2])]));
        let mut findings = Findings::default();
        check(&facts, &mut findings);
        assert!(findings.list().is_empty());
        sample::fill(&mut facts, "dense/kernel", &[1.0, f64::NAN, 2.0, f64::INFINITY]);
        check(&facts, &mut findings);
        let message = "NaN in the model: dense/kernel: 1 NaN and 1 Inf of 4 values, the first at element 1";
        assert_eq!(findings.list()[0].message, message);
        assert_eq!(findings.list()[0].severity, Severity::Error);
    }

    #[test]
    fn infinities_alone_may_be_meant() {
        let mut facts = sample::facts(sample::named(&[("mask", &[2])]));
        sample::fill(&mut facts, "mask", &[0.0, f64::NEG_INFINITY]);
        let mut findings = Findings::default();
        check(&facts, &mut findings);
        assert_eq!(findings.list()[0].severity, Severity::Warning);
    }

    #[test]
    fn numbers_of_damaged_tensors_mean_nothing() {
        let mut facts = sample::facts(sample::named(&[("w", &[1])]));
        sample::fill(&mut facts, "w", &[f64::NAN]);
        facts.digests.entries[0].as_mut().unwrap().intact = Some(false);
        let mut findings = Findings::default();
        check(&facts, &mut findings);
        assert!(findings.list().is_empty());
    }
}

//! V005: the weights are finite, the optimizer's state is not.

use super::nan_inf::{line, not_finite};
use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::{many, python};
use crate::model::{Depth, Role};

pub static RULE: Rule = Rule {
    code: "V005",
    name: "nan-in-slots-only",
    severity: Severity::Warning,
    needs: Depth::Values,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means: "The weights are finite, but the optimizer's state (momentum, second moments) holds NaN or infinities. \
The model is good for inference. Training that resumes from here turns the weights into NaN at its first step.",
        you_see: &["loss: nan at the first step after the restore", "nothing at inference"],
        knows: "Every number of the slots and of what an optimizer keeps once is looked at. If weights are hit too, \
V001 speaks instead.",
        fix: "Restore the model alone and begin with a fresh optimizer:

    tf.train.Checkpoint(model=model).restore(\"ckpts/ckpt-4\").expect_partial()

With a name-based checkpoint:

    saver = tf.compat.v1.train.Saver(var_list=model_variables)
    saver.restore(session, \"ckpts/model.ckpt-4\")",
        not: "Lowering the learning rate: a NaN in the momentum is not scaled away.",
        ignore: "If the checkpoint is only used for inference.",
        see: &["V001"],
    },
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(checkpoint) = &facts.checkpoint else { return };
    let hit = not_finite(facts, &[Role::Slot, Role::Optimizer]);
    if hit.is_empty() || !not_finite(facts, &[Role::Weight, Role::Statistic]).is_empty() {
        return;
    }
    let message = format!(
        "the weights are finite, {} of the optimizer not: training would go on with NaN",
        many(hit.len(), "variable")
    );
    let finding = Finding::new(&RULE, message)
        .path(checkpoint.label.clone())
        .cause("nan-inf")
        .variables(facts.names(hit.iter().map(|(variable, _)| variable.entry)))
        .tensorflow("restores them without a word; the first step makes the weights nan")
        .help("restore the model alone, with a fresh optimizer")
        .python(format!("tf.train.Checkpoint(model=model).restore({}).expect_partial()", python(&checkpoint.label)));
    findings
        .add(hit.iter().take(5).fold(finding, |finding, (variable, stats)| finding.evidence(line(variable, stats))));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample;

    #[test]
    fn only_when_the_weights_are_finite() {
        let mut facts = sample::facts(sample::named(&[("w", &[2]), ("w/Adam", &[2]), ("w/Adam_1", &[2])]));
        sample::fill(&mut facts, "w/Adam", &[f64::NAN, 0.0]);
        let mut findings = Findings::default();
        check(&facts, &mut findings);
        assert_eq!(findings.list()[0].variables, ["w/Adam"]);
        sample::fill(&mut facts, "w", &[f64::NAN, 0.0]);
        let mut findings = Findings::default();
        check(&facts, &mut findings);
        assert!(findings.list().is_empty(), "V001 speaks");
    }
}

//! V002: values that no training has touched, in a checkpoint that was trained.

use std::collections::HashMap;

use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::{many, number};
use crate::model::{Checkpoint, Depth, Role, Variable};

pub static RULE: Rule = Rule {
    code: "V002",
    name: "never-trained-values",
    severity: Severity::Warning,
    needs: Depth::Values,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means: "The checkpoint says that steps of training were made, but some values are still what they were before \
the first one: a moving mean of all zeros beside a moving variance of all ones, or a kernel of nothing but zeros. The \
first means that the statistics of batch normalisation were never updated (in TensorFlow 1 the update ops were not \
run): the model is good in training mode and bad at inference. The second means that a layer computes nothing, most \
often after a conversion that left it out.

Optimizer slots that are all zero after training are an info: the state was reset, or this optimizer took no step.",
        you_see: &["good training accuracy, poor evaluation", "outputs that do not depend on a part of the input"],
        knows: "Only asked when a step counter in the checkpoint is above zero, so a fresh model is never accused; \
biases of zero and scales of one are normal at any time.",
        fix: "TensorFlow 1: run the update ops with the training step.

    update = tf.compat.v1.get_collection(tf.compat.v1.GraphKeys.UPDATE_OPS)
    with tf.control_dependencies(update):
        train = optimizer.minimize(loss)

TensorFlow 2: call the model with training=True in the training step. To repair a trained model, run some hundred \
batches through it with training=True and a learning rate of zero. For zero kernels: correct the map of names of the \
converter.",
        not: "",
        ignore: "Layers that are initialised with zeros on purpose and were frozen.",
        see: &["V001"],
    },
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(checkpoint) = &facts.checkpoint else { return };
    let Some((counter, steps)) = steps(facts, checkpoint) else { return };
    let fresh = fresh_statistics(facts, checkpoint);
    if !fresh.is_empty() {
        let all = checkpoint.variables.iter().filter(|variable| is_mean(variable)).count();
        let pairs = fresh.len().checked_div(2).unwrap_or(0);
        let message = format!(
            "moving mean 0 and variance 1 in {} of {} after {} steps: never updated",
            number(pairs as u64),
            many(all, "normalisation layer"),
            number(steps)
        );
        findings.add(
            said(checkpoint, message, counter, &fresh)
                .tensorflow("restores them without a word; inference normalises with the initial statistics")
                .help("run the update ops (TensorFlow 1), or call the model with training=True in the training step"),
        );
    }
    let zero: Vec<&Variable> =
        checkpoint.variables.iter().filter(|variable| is_zero_kernel(facts, checkpoint, variable)).collect();
    if !zero.is_empty() {
        let message = format!("{} of nothing but zeros after {} steps", many(zero.len(), "kernel"), number(steps));
        findings.add(
            said(checkpoint, message, counter, &zero)
                .tensorflow("restores them without a word; these layers compute nothing")
                .help("if they came out of a conversion, look for their names in its map"),
        );
    }
    let slots: Vec<&Variable> = checkpoint.variables.iter().filter(|variable| variable.role == Role::Slot).collect();
    if !slots.is_empty() && slots.iter().all(|slot| constant(facts, slot) == Some(0.0)) {
        let message = format!("all {} are zero after {} steps", many(slots.len(), "optimizer slot"), number(steps));
        let finding = said(checkpoint, message, counter, &slots).help("nothing, if the optimizer was reset on purpose");
        findings.add(Finding { severity: Severity::Info, ..finding });
    }
}

fn said(checkpoint: &Checkpoint, message: String, counter: &Variable, about: &[&Variable]) -> Finding {
    let names = about.iter().map(|variable| variable.name.to_string()).collect();
    let evidence = format!("{} says that steps were made", counter.name);
    Finding::new(&RULE, message).path(checkpoint.label.clone()).variables(names).evidence(evidence)
}

/// The steps that were made, if a counter tells of any.
fn steps<'a>(facts: &Facts, checkpoint: &'a Checkpoint) -> Option<(&'a Variable, u64)> {
    let counter = checkpoint.variables.get(checkpoint.step_variable()?)?;
    if let Some(steps) = facts.step {
        return u64::try_from(steps).ok().filter(|steps| *steps > 0).map(|steps| (counter, steps));
    }
    let value = constant(facts, counter).filter(|value| *value >= 1.0 && *value < 9e15)?;
    Some((counter, value as u64))
}

/// The one value of a sound tensor that has elements, if all are the same.
fn constant(facts: &Facts, variable: &Variable) -> Option<f64> {
    let digest = facts.digests.get(variable.entry)?;
    digest.stats.as_ref().filter(|_| digest.intact != Some(false))?.constant()
}

/// The last part of the name, or of the first path, that tells what a variable is in its layer.
fn leaf(variable: &Variable) -> &str {
    let name = variable.full_name().or(variable.paths().first().map(String::as_str)).unwrap_or(&variable.name);
    name.rsplit('/').next().unwrap_or(name).trim_start_matches('_')
}

fn is_mean(variable: &Variable) -> bool {
    variable.role == Role::Statistic && leaf(variable) == "moving_mean"
}

/// Means of 0 with their variances of 1.
fn fresh_statistics<'a>(facts: &Facts, checkpoint: &'a Checkpoint) -> Vec<&'a Variable> {
    let by_name: HashMap<&str, &Variable> =
        checkpoint.variables.iter().rev().map(|variable| (variable.name.as_str(), variable)).collect();
    let means =
        checkpoint.variables.iter().filter(|variable| is_mean(variable) && constant(facts, variable) == Some(0.0));
    let pairs = means.filter_map(|mean| {
        let layer = mean.name.strip_suffix("moving_mean")?;
        let variance = *by_name.get(format!("{layer}moving_variance").as_str())?;
        (constant(facts, variance) == Some(1.0)).then_some([mean, variance])
    });
    pairs.flatten().collect()
}

fn is_zero_kernel(facts: &Facts, checkpoint: &Checkpoint, variable: &Variable) -> bool {
    let matrix =
        checkpoint.entry(variable).is_some_and(|entry| entry.shape.rank() >= Some(2) && entry.dtype.is_float());
    let kernel = leaf(variable).ends_with("kernel") || matches!(leaf(variable), "weights" | "embeddings");
    variable.role == Role::Weight && matrix && kernel && constant(facts, variable) == Some(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample;
    use crate::model::{DType, describe};

    fn batch_norm(steps: f64) -> Facts {
        let mut checkpoint = sample::named(&[
            ("bn/beta", &[2]),
            ("bn/gamma", &[2]),
            ("bn/moving_mean", &[2]),
            ("bn/moving_variance", &[2]),
            ("dense/bias", &[2]),
            ("dense/kernel", &[2, 2]),
            ("global_step", &[]),
        ]);
        checkpoint.entries.iter_mut().filter(|entry| entry.key.text() == Some("global_step")).for_each(|entry| {
            entry.dtype = DType::INT64;
        });
        checkpoint.variables = describe(&checkpoint.entries, checkpoint.flavor, None).0;
        let mut facts = sample::facts(checkpoint);
        for (key, value) in [("bn/beta", 0.0), ("bn/gamma", 1.0), ("bn/moving_mean", 0.0), ("bn/moving_variance", 1.0)]
        {
            sample::fill(&mut facts, key, &[value, value]);
        }
        sample::fill(&mut facts, "dense/bias", &[0.0, 0.0]);
        sample::fill(&mut facts, "global_step", &[steps]);
        facts
    }

    fn run(facts: &Facts) -> Vec<Finding> {
        let mut findings = Findings::default();
        check(facts, &mut findings);
        findings.list().to_vec()
    }

    #[test]
    fn statistics_that_were_never_updated() {
        let found = run(&batch_norm(100.0));
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].message,
            "moving mean 0 and variance 1 in 1 of 1 normalisation layer after 100 steps: never updated"
        );
        assert_eq!(found[0].variables, ["bn/moving_mean", "bn/moving_variance"]);
    }

    #[test]
    fn a_fresh_model_is_sound() {
        assert!(run(&batch_norm(0.0)).is_empty());
    }

    #[test]
    fn a_kernel_of_zeros() {
        let mut facts = batch_norm(100.0);
        sample::fill(&mut facts, "bn/moving_mean", &[0.25, 0.5]);
        assert!(run(&facts).is_empty());
        sample::fill(&mut facts, "dense/kernel", &[0.0; 4]);
        assert_eq!(run(&facts)[0].variables, ["dense/kernel"]);
    }
}

//! N009: only the last layer has another number of classes.

use crate::compare::story::Size;
use crate::doctor::binding::{Binding, Way};
use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::reshape::{Reshape, reshapes};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::python;
use crate::model::Depth;

pub static RULE: Rule = Rule {
    code: "N009",
    name: "shape-head",
    severity: Severity::Error,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means: "One layer has another number of outputs, and no layer after it takes them in: it is the head, and the \
number of classes has changed. Everything before it fits. This is what happens when a training is resumed where a \
fine-tuning was meant.",
        you_see: &[
            "InvalidArgumentError: Assign requires shapes of both tensors to match. lhs shape= [{new}] rhs shape= [{stored}]",
            "Restoring from checkpoint failed. This is most likely due to a mismatch between the current graph and the graph from the checkpoint. ... Assign requires shapes of both tensors to match. lhs shape= [{new}] rhs shape= [{stored}]",
            "nothing, for resource variables: the variable silently takes the stored shape, and an op fails later with \"Matrix size-incompatible\"",
        ],
        knows: "All variables of another shape belong to one layer, and differ on their last axis alone.",
        fix: "Leave the head out of the restore, and initialise it:

    body = [v for v in tf.compat.v1.global_variables() if not v.op.name.startswith(\"head/\")]
    tf.compat.v1.train.Saver(body).restore(session, prefix)

Many projects have a switch for it (fine_tune_checkpoint, checkpoint_exclude_scopes, init_checkpoint). If the classes \
should be the same, correct the number in the configuration.",
        not: "Skipping the head at inference too: then it keeps random values, and the model detects nothing.",
        ignore: "If the saver leaves the head out.",
        see: &["N010", "O006"],
    },
};

/// The layer, if nothing but its number of outputs has changed.
pub(super) fn head(reshapes: &[Reshape]) -> Option<(&str, u64, u64)> {
    let first = reshapes.first()?;
    let Size::Units(from, to) = first.size else { return None };
    let same = |reshape: &Reshape| reshape.size == first.size && reshape.layer() == first.layer();
    (first.name.contains('/') && reshapes.len() <= 4 && reshapes.iter().all(same)).then(|| (first.layer(), from, to))
}

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(binding) = Binding::of(facts).filter(|binding| binding.way == Way::Names) else { return };
    let reshapes = reshapes(&binding);
    let (Some((layer, from, to)), Some(first)) = (head(&reshapes), reshapes.first()) else { return };
    let finding = Finding::new(&RULE, format!("the last layer {layer} has {to} outputs in the new graph, {from} are stored"))
        .path(binding.old.label.clone())
        .cause("changed-units")
        .variables(reshapes.iter().map(|reshape| reshape.name.clone()).collect())
        .tensorflow(super::shape_config::says(first))
        .help("leave this layer out of the restore and initialise it, or give the new graph the stored number of classes")
        .python(format!(
            "body = [v for v in tf.compat.v1.global_variables() if not v.op.name.startswith({})]\ntf.compat.v1.train.Saver(body).restore(session, {})",
            python(&format!("{layer}/")),
            python(&binding.old.label)
        ));
    findings.add(reshapes.iter().fold(finding, |finding, reshape| finding.evidence(reshape.line())));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample::{against, named};

    fn run(new: &[(&str, &[u64])]) -> usize {
        let old: [(&str, &[u64]); 4] =
            [("a/bias", &[5]), ("a/kernel", &[4, 5]), ("b/bias", &[3]), ("b/kernel", &[5, 3])];
        let mut findings = Findings::default();
        check(&against(named(&old), named(new)), &mut findings);
        findings.list().len()
    }

    #[test]
    fn only_the_head() {
        assert_eq!(run(&[("a/bias", &[5]), ("a/kernel", &[4, 5]), ("b/bias", &[2]), ("b/kernel", &[5, 2])]), 1);
    }

    #[test]
    fn a_hidden_layer_is_no_head() {
        assert_eq!(run(&[("a/bias", &[6]), ("a/kernel", &[4, 6]), ("b/bias", &[3]), ("b/kernel", &[6, 3])]), 0);
    }
}

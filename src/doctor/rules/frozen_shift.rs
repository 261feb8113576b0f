//! O016: a frozen layer shortens the optimizer's list, and every weight lands one layer on.

use super::layer_index_shift::{by_optimizer, shifted};
use crate::doctor::binding::{Binding, Way};
use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::{many, number};
use crate::model::{Checkpoint, Depth};

pub static RULE: Rule = Rule {
    code: "O016",
    name: "frozen-shift",
    severity: Severity::Error,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means: "Keras 3 optimizers hold a list of the variables that they train. When model and optimizer are in one \
tf.train.Checkpoint, that list is reached before the model's own layers are, and a restore goes by position in it. A \
layer that was frozen, or thawed, makes the list shorter or longer: every weight behind it lands in another layer, and \
those of the frozen layer get nothing.",
        you_see: &[
            "nothing, where the shapes agree and the program calls expect_partial()",
            "ValueError: Received incompatible tensor with shape {stored} when attempting to restore variable with shape {new} and name {name}.",
        ],
        knows: "The walk over both object graphs meets model weights in optimizer/_trainable_variables at positions \
that belong to other weights, by their names.",
        fix: "Restore before you freeze:

    model = build()                                    # everything trainable, as at the save
    optimizer.build(model.trainable_variables)
    tf.train.Checkpoint(model=model, optimizer=optimizer).restore(prefix).assert_existing_objects_matched()
    model.get_layer(\"l0\").trainable = False
    optimizer = keras.optimizers.Adam()                # a new one, for the new list

Or restore the model alone, with an optimizer that is not yet in the Checkpoint:

    tf.train.Checkpoint(model=model).restore(prefix).expect_partial()",
        not: "Freezing first and restoring then, with expect_partial() to silence the warnings.",
        ignore: "Never.",
        see: &["O001", "O005", "O008"],
    },
};

/// How many variables the optimizers list as those they train.
fn trained(checkpoint: &Checkpoint) -> usize {
    let lists = |path: &String| path.split('/').rev().nth(1) == Some("_trainable_variables");
    checkpoint.variables.iter().filter(|variable| variable.paths.iter().any(lists)).count()
}

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(binding) = Binding::of(facts).filter(|binding| binding.way == Way::Objects) else { return };
    let misplaced = binding.misplaced();
    if misplaced.is_empty() || !by_optimizer(&binding, &misplaced) {
        return;
    }
    let (was, is) = (trained(binding.old), trained(binding.new));
    let count = many(misplaced.len(), "weight");
    let (was, is) = (number(was as u64), number(is as u64));
    let message = format!(
        "the optimizer trains {is} variables in the new code, {was} in the checkpoint: {count} would land in another layer"
    );
    let finding = Finding::new(&RULE, message);
    let finding = if was == is { finding.cause("reordered-layers") } else { finding.cause("frozen-layers") };
    let finding = finding
        .help("restore before you freeze, or restore the model alone, and build the optimizer afterwards")
        .python("tf.train.Checkpoint(model=model).restore(prefix).expect_partial()");
    findings.add(shifted(&binding, &misplaced, finding));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample::{against, object};

    fn trains(names: &[&str]) -> Checkpoint {
        let paths: Vec<String> = (0..names.len()).map(|i| format!("optimizer/_trainable_variables/{i}")).collect();
        let all = paths.iter().zip(names).map(|(path, name)| (path.as_str(), *name, [2].as_slice()));
        let iterations: (&str, &str, &[u64]) = ("optimizer/_iterations", "iteration", &[]);
        let slots: (&str, &str, &[u64]) = ("optimizer/_variables/0", "adam/slot", &[2]);
        object(&all.chain([iterations, slots]).collect::<Vec<_>>())
    }

    #[test]
    fn a_frozen_layer() {
        let mut findings = Findings::default();
        check(&against(trains(&["l0/k", "l1/k", "l2/k"]), trains(&["l1/k", "l2/k"])), &mut findings);
        assert_eq!(findings.list()[0].causes, ["frozen-layers"]);
        assert!(findings.list()[0].evidence.iter().any(|line| line.starts_with("l1/k -> would fill l2/k")));
    }

    #[test]
    fn the_same_list() {
        let mut findings = Findings::default();
        check(&against(trains(&["l0/k", "l1/k"]), trains(&["l0/k", "l1/k"])), &mut findings);
        assert!(findings.list().is_empty());
    }
}

//! O016: a frozen layer shortens the optimizer's list, and every weight lands one layer on.

use std::collections::{HashMap, HashSet};

use super::layer_index_shift::{by_optimizer, shifted};
use crate::doctor::binding::{Binding, Way, without_optimizer};
use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::{many, number};
use crate::model::{Checkpoint, Depth, VariableId};

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
layer that was frozen makes the list shorter: every weight behind it lands in another layer, and those of the frozen \
layer get nothing. A layer that was thawed makes it longer, which O005 tells.",
        you_see: &[
            "nothing, where the shapes agree and the program calls expect_partial()",
            "ValueError: Received incompatible tensor with shape {stored} when attempting to restore variable with shape {new} and name {name}.",
        ],
        knows: "The walk over both object graphs meets model weights in optimizer/_trainable_variables at positions \
that belong to other weights; and the new list is the old one without weights that the new model still \
has.",
        fix: "Restore before you freeze:

    model = build()                                    # everything trainable, as at the save
    optimizer.build(model.trainable_variables)
    tf.train.Checkpoint(model=model, optimizer=optimizer).restore(prefix).assert_existing_objects_matched()
    model.get_layer(\"l0\").trainable = False
    optimizer = keras.optimizers.Adam()                # a new one, for the new list

Or restore into the model before it is compiled, since a compiled model holds its optimizer:

    model = build()
    tf.train.Checkpoint(model=model).restore(prefix).expect_partial()
    model.compile(...)",
        not: "Freezing first and restoring then, with expect_partial() to silence the warnings.",
        ignore: "Never.",
        see: &["O001", "O005", "O008"],
    },
};

/// What the optimizer lists as the variables that it trains, in the order of the list.
fn trained(checkpoint: &Checkpoint) -> Vec<VariableId> {
    let position = |path: &String| {
        let (list, position) = path.rsplit_once('/')?;
        list.ends_with("_trainable_variables").then(|| position.parse::<usize>().ok())?
    };
    let listed = checkpoint.variables.iter().enumerate();
    let mut listed: Vec<(usize, VariableId)> =
        listed.filter_map(|(id, variable)| Some((variable.paths().iter().find_map(position)?, id))).collect();
    listed.sort_unstable();
    listed.into_iter().map(|(_, id)| id).collect()
}

/// How many variables were trained and are trained now, if weights have been frozen since, and nothing
/// else explains the shift: the new list is the old one without weights that the new model still has.
pub(super) fn frozen(binding: &Binding) -> Option<(usize, usize)> {
    let (was, is) = (trained(binding.old), trained(binding.new));
    let became: HashMap<VariableId, VariableId> =
        binding.alignment.pairs.iter().map(|pair| (pair.old, pair.new)).collect();
    let listed: HashSet<VariableId> = is.iter().copied().collect();
    let mut left = is.iter().peekable();
    for old in &was {
        let new = became.get(old)?;
        if left.peek() == Some(&new) {
            left.next();
        } else if listed.contains(new) {
            return None;
        }
    }
    (left.next().is_none() && !is.is_empty() && is.len() < was.len()).then_some((was.len(), is.len()))
}

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(binding) = Binding::of(facts).filter(|binding| binding.way == Way::Objects) else { return };
    let misplaced = binding.misplaced();
    if misplaced.is_empty() || !by_optimizer(&binding, &misplaced) {
        return;
    }
    let Some((was, is)) = frozen(&binding) else { return };
    let count = many(misplaced.len(), "weight");
    let (was, is) = (number(was as u64), number(is as u64));
    let message = format!(
        "the optimizer trains {is} variables in the new code, {was} in the checkpoint: {count} would land in another layer"
    );
    let finding = Finding::new(&RULE, message)
        .cause("frozen-layers")
        .help("restore before you freeze, or restore into the model before it is compiled")
        .python(without_optimizer(&binding.old.label));
    findings.add(shifted(&binding, &misplaced, finding));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample::{against, object};

    fn trains(names: &[&str]) -> Checkpoint {
        with(names, &[])
    }

    fn with(names: &[&str], frozen: &[&str]) -> Checkpoint {
        let paths: Vec<String> = (0..names.len()).map(|i| format!("optimizer/_trainable_variables/{i}")).collect();
        let all = paths.iter().zip(names).map(|(path, name)| (path.as_str(), *name, [2].as_slice()));
        let iterations: (&str, &str, &[u64]) = ("optimizer/_iterations", "iteration", &[]);
        let slots: (&str, &str, &[u64]) = ("optimizer/_variables/0", "adam/slot", &[2]);
        let others: Vec<String> = (0..frozen.len()).map(|i| format!("model/frozen/{i}")).collect();
        let others = others.iter().zip(frozen).map(|(path, name)| (path.as_str(), *name, [2].as_slice()));
        object(&all.chain(others).chain([iterations, slots]).collect::<Vec<_>>())
    }

    #[test]
    fn a_frozen_layer() {
        let mut findings = Findings::default();
        check(&against(trains(&["l0/k", "l1/k", "l2/k"]), with(&["l1/k", "l2/k"], &["l0/k"])), &mut findings);
        assert_eq!(findings.list()[0].causes, ["frozen-layers"]);
        assert!(findings.list()[0].evidence.iter().any(|line| line.starts_with("l1/k -> would fill l2/k")));
    }

    #[test]
    fn other_shifts_are_not_freezing() {
        let old = ["l0/k", "l1/k", "l2/k"];
        let news = [
            vec!["l0/k", "x/k", "l1/k", "l2/k"],
            vec!["l1/k", "l0/k", "l2/k"],
            vec!["l1/k", "l2/k"],
            vec!["l2/k", "l0/k"],
        ];
        for new in news {
            let mut findings = Findings::default();
            let facts = against(trains(&old), trains(&new));
            check(&facts, &mut findings);
            assert!(findings.list().is_empty(), "{new:?}");
            let Check::Facts(shift) = super::super::layer_index_shift::RULE.check else { unreachable!() };
            shift(&facts, &mut findings);
            assert_eq!(findings.list()[0].rule.code, "O005", "{new:?}");
        }
    }

    #[test]
    fn the_same_list() {
        let mut findings = Findings::default();
        check(&against(trains(&["l0/k", "l1/k"]), trains(&["l0/k", "l1/k"])), &mut findings);
        assert!(findings.list().is_empty());
    }
}

//! O007: the state of an optimizer from before Keras 2.11 for a later one, or the other way round.

use crate::doctor::binding::{Binding, OPTIMIZER, Way, has, optimizer_class, without_optimizer};
use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::many;
use crate::model::{Checkpoint, Depth};

pub static RULE: Rule = Rule {
    code: "O007",
    name: "legacy-optimizer",
    severity: Severity::Error,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means: "Keras 2.11 replaced its optimizers. The old ones (now optimizers.legacy) store each slot beside its \
variable; the new ones keep a list. Neither can take the other's state. A legacy checkpoint restored into a new \
optimizer raises; a new one restored into a legacy optimizer does not, and the state begins fresh.",
        you_see: &[
            "ValueError: You are trying to restore a checkpoint from a legacy Keras optimizer into a v2.11+ Optimizer, which can cause errors. Please update the optimizer referenced in your code to be an instance of `tf.keras.optimizers.legacy.Optimizer`, e.g.: `tf.keras.optimizers.legacy.Adam`.",
            "ValueError: You are trying to restore a checkpoint from a legacy TF-Keras optimizer into a v2.11+ Optimizer, which can cause errors.",
            "nothing, from a new optimizer to a legacy one",
        ],
        knows: "Slots that hang on their variables (.OPTIMIZER_SLOT in the keys) are legacy; a list _variables is not.",
        fix: "With Keras 2, use the legacy class once more:

    optimizer = tf.keras.optimizers.legacy.Adam()

Keras 3 has none: restore the model alone there, before it is compiled, and begin with a fresh optimizer.

    model = build()                                    # not yet compiled
    tf.train.Checkpoint(model=model).restore(prefix).expect_partial()
    model.compile(...)",
        not: "Renaming keys: the lists also hold other things, in another order.",
        ignore: "If you restore the model alone.",
        see: &["O001", "O008"],
    },
};

/// True if TensorFlow refuses the stored optimizer.
pub(super) fn raises(binding: &Binding) -> bool {
    applies(binding) && is_legacy(binding.old) == Some(true)
}

fn is_legacy(checkpoint: &Checkpoint) -> Option<bool> {
    let graph = checkpoint.graph.as_ref().filter(|_| has(checkpoint, &OPTIMIZER))?;
    Some(graph.nodes.iter().any(|node| !node.slots.is_empty()))
}

/// True if one side is legacy and the other is not.
pub(super) fn applies(binding: &Binding) -> bool {
    let (old, new) = (is_legacy(binding.old), is_legacy(binding.new));
    old.is_some() && new.is_some() && old != new
}

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(binding) = Binding::of(facts).filter(|binding| binding.way == Way::Objects && applies(binding)) else {
        return;
    };
    let fresh = binding.missing(&OPTIMIZER);
    let class = |checkpoint: &Checkpoint| optimizer_class(checkpoint).unwrap_or_else(|| "optimizer".to_owned());
    let finding = if is_legacy(binding.old) == Some(true) {
        let message = format!("a legacy {} was saved, the new code has one of Keras 2.11 or later", class(binding.old));
        Finding::new(&RULE, message)
            .tensorflow("ValueError: \"You are trying to restore a checkpoint from a legacy Keras optimizer into a v2.11+ Optimizer, which can cause errors.\"")
            .help(format!("use {} once more, or restore into the model before it is compiled", legacy(binding.old)))
    } else {
        let message =
            format!("the {} of Keras 2.11 or later was saved, the new code has a legacy one", class(binding.old));
        let finding = Finding::new(&RULE, message)
            .tensorflow(binding.silently("the optimizer begins fresh"))
            .help("use the optimizer of the save, or restore into the model before it is compiled");
        Finding { severity: Severity::Warning, ..finding }
    };
    let finding = finding
        .path(binding.old.label.clone())
        .cause("legacy-optimizer")
        .evidence(format!("{} of the optimizer have no counterpart", many(fresh.len(), "variable")))
        .python(without_optimizer(&binding.old.label));
    findings.add(finding.variables(fresh));
}

/// Where the legacy optimizers are: its class, if it can be named.
fn legacy(checkpoint: &Checkpoint) -> String {
    let known = ["Adadelta", "Adagrad", "Adam", "Adamax", "Ftrl", "Nadam", "RMSprop", "SGD"];
    match optimizer_class(checkpoint).filter(|class| known.contains(&class.as_str())) {
        Some(class) => format!("tf_keras.optimizers.legacy.{class}"),
        None => "tf_keras.optimizers.legacy".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample::{against, object};
    use crate::model::{Slot, describe};

    fn with(legacy: bool) -> Checkpoint {
        let mut checkpoint = object(&[
            ("model/w", "w", &[2]),
            ("optimizer/_iterations", "iteration", &[]),
            ("optimizer/_variables/0", "adam/m/w", &[2]),
        ]);
        if legacy {
            let graph = checkpoint.graph.as_mut().unwrap();
            let optimizer = graph.nodes[0].child("optimizer").unwrap();
            let slot =
                graph.nodes.iter().position(|node| node.attributes.iter().any(|a| a.full_name == "adam/m/w")).unwrap();
            graph.nodes[optimizer].slots.push(Slot { original: 2, name: "m".to_owned(), variable: slot });
            checkpoint.variables = describe(&checkpoint.entries, checkpoint.flavor, checkpoint.graph.as_ref()).0;
        }
        checkpoint
    }

    #[test]
    fn the_help_names_the_class() {
        let mut findings = Findings::default();
        check(&against(with(true), with(false)), &mut findings);
        let help = findings.list()[0].help.clone().unwrap();
        assert!(help.starts_with("use tf_keras.optimizers.legacy"), "{help}");
    }

    #[test]
    fn either_way() {
        let severity = |old, new| {
            let mut findings = Findings::default();
            check(&against(with(old), with(new)), &mut findings);
            findings.list().first().map(|finding| finding.severity)
        };
        assert_eq!(severity(true, false), Some(Severity::Error));
        assert_eq!(severity(false, true), Some(Severity::Warning));
        assert_eq!(severity(true, true), None);
        assert_eq!(severity(false, false), None);
    }
}

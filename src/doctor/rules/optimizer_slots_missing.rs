//! N005: the model is stored, the optimizer's state is not.

use crate::doctor::binding::{Binding, MODEL, OPTIMIZER, Way, has, optimizer_class};
use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::{many, python, some};
use crate::model::{Checkpoint, Depth, Role};

pub static RULE: Rule = Rule {
    code: "N005",
    name: "optimizer-slots-missing",
    severity: Severity::Info,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means: "All variables of the model are stored; what is not are the optimizer's own: slots such as \
dense/kernel/Adam, and counters such as beta1_power. Released checkpoints are often stripped of them, which makes them \
a third of the size; or the checkpoint was saved with another optimizer. A saver of all variables fails on the first \
of them; a saver of the model's variables restores everything that matters for inference and for fine-tuning.",
        you_see: &[
            "NotFoundError: Key {variable}/Adam not found in checkpoint",
            "Key beta1_power not found in checkpoint",
            "Key {variable}/Momentum not found in checkpoint",
        ],
        knows: "Every name that the new graph asks for and the checkpoint lacks is an optimizer's: by the endings that \
TensorFlow's optimizers give their slots.",
        fix: "Restore what is stored, and let the optimizer begin anew:

    reader = tf.train.load_checkpoint(prefix)
    stored = [v for v in tf.compat.v1.global_variables() if reader.has_tensor(v.op.name)]
    session.run(tf.compat.v1.global_variables_initializer())
    tf.compat.v1.train.Saver(stored).restore(session, prefix)

Look once at what is left out: the same lines hide a misspelt scope as well.",
        not: "Adding zeros under the missing names to the checkpoint: beta1_power of zero is not what an optimizer \
starts with.",
        ignore: "If the program restores the model's variables alone.",
        see: &["N001", "O001", "O008"],
    },
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(binding) = Binding::of(facts).filter(|binding| binding.way == Way::Names) else { return };
    let missing = binding.missing(&OPTIMIZER);
    if missing.is_empty() {
        removed(&binding, findings);
        return;
    }
    let moved = super::key_missing::moved(&binding);
    let missing: Vec<String> = missing.into_iter().filter(|name| !moved.contains(name)).collect();
    if missing.is_empty() {
        // They are stored under the old scope, with the rest, of which N001 tells.
        return;
    }
    let (causes, why) = causes(&binding, &missing);
    let only = binding.missing(&Role::ALL).len() == missing.len();
    let message = if only {
        let model = binding.restored(&MODEL);
        format!("{why}; the model is complete ({})", many(model, "variable"))
    } else {
        format!("{why}: {} missing besides", many(missing.len(), "variable"))
    };
    let first = missing.iter().min().cloned().unwrap_or_default();
    let finding = causes.into_iter().fold(Finding::new(&RULE, message), Finding::cause);
    findings.add(
        finding
            .path(binding.old.label.clone())
            .evidence(format!("not stored: {}", some(&missing)))
            .variables(missing)
            .tensorflow(format!(
                "a Saver of all variables raises NotFoundError: \"Key {first} not found in checkpoint\""
            ))
            .help("restore the model's variables alone, and let the optimizer begin anew")
            .python(format!(
                "reader = tf.train.load_checkpoint({prefix})\n\
                 stored = [v for v in tf.compat.v1.global_variables() if reader.has_tensor(v.op.name)]\n\
                 tf.compat.v1.train.Saver(stored).restore(session, {prefix})",
                prefix = python(&binding.old.label)
            )),
    );
}

/// What was done to the optimizer, the main thing first and in words.
fn causes(binding: &Binding, missing: &[String]) -> (Vec<&'static str>, String) {
    let averages = missing.iter().filter(|name| is_average(name)).count();
    let stored = has(binding.old, &OPTIMIZER);
    let changed = stored && binding.old.slot_kinds() != binding.new.slot_kinds();
    let (cause, why) = match (optimizer_class(binding.old), optimizer_class(binding.new)) {
        (Some(old), Some(new)) if changed && old != new => {
            ("optimizer-changed", format!("{old} was saved, the new graph has {new}"))
        }
        _ if changed => ("optimizer-changed", "another optimizer was saved".to_owned()),
        _ if averages == missing.len() => {
            return (vec!["ema-changed"], "no moving averages of the weights are stored".to_owned());
        }
        _ if stored => ("optimizer-changed", "some of the optimizer's state is not stored".to_owned()),
        _ => ("optimizer-added", "no optimizer's state is stored".to_owned()),
    };
    let mut causes = vec![cause];
    causes.extend((averages > 0).then_some("ema-changed"));
    causes.extend((!stored && trains(binding.old)).then_some("optimizer-changed"));
    (causes, why)
}

/// The other way round: the optimizer is stored, and the new graph does not ask for it.
fn removed(binding: &Binding, findings: &mut Findings) {
    let unused = binding.unused(&OPTIMIZER);
    if unused.is_empty() || has(binding.new, &OPTIMIZER) || !binding.missing(&Role::ALL).is_empty() {
        return;
    }
    let values = many(unused.len(), "stored value");
    let finding = if unused.iter().all(|name| is_average(name)) {
        let message = format!("the new graph keeps no moving averages of the weights: {values} would not be used");
        Finding::new(&RULE, message).cause("ema-changed")
    } else if trains(binding.new) {
        let message = format!(
            "the new graph trains with an optimizer that keeps nothing, or with none: {values} would not be used"
        );
        Finding::new(&RULE, message).cause("optimizer-changed").cause("optimizer-removed")
    } else {
        let message = format!("the new graph has no optimizer: {values} of it would not be used");
        Finding::new(&RULE, message).cause("optimizer-removed")
    };
    findings.add(
        finding
            .path(binding.old.label.clone())
            .variables(unused)
            .tensorflow("nothing: a Saver leaves alone what it does not ask for"),
    );
}

/// True for the moving average of a weight.
fn is_average(name: &str) -> bool {
    name.rsplit('/').next() == Some("ExponentialMovingAverage")
}

/// True if steps of training are counted: an optimizer without variables of its own leaves no other trace.
fn trains(checkpoint: &Checkpoint) -> bool {
    checkpoint.variables.iter().any(|variable| variable.role == Role::Counter)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample::{against, named};

    fn run(old: &[(&str, &[u64])], new: &[(&str, &[u64])]) -> Vec<Finding> {
        let mut findings = Findings::default();
        check(&against(named(old), named(new)), &mut findings);
        findings.list().to_vec()
    }

    #[test]
    fn a_stripped_checkpoint() {
        let found = run(&[("w", &[3])], &[("w", &[3]), ("w/Adam", &[3]), ("w/Adam_1", &[3])]);
        assert_eq!(found[0].message, "no optimizer's state is stored; the model is complete (1 variable)");
        assert_eq!((found[0].severity, found[0].causes.as_slice()), (Severity::Info, ["optimizer-added"].as_slice()));
    }

    #[test]
    fn slots_that_moved_with_their_scope_are_not_missing() {
        let old: [(&str, &[u64]); 4] = [("a/k", &[3]), ("a/k/Adam", &[3]), ("a/b", &[2]), ("a/b/Adam", &[2])];
        let new: [(&str, &[u64]); 4] = [("n/a/k", &[3]), ("n/a/k/Adam", &[3]), ("n/a/b", &[2]), ("n/a/b/Adam", &[2])];
        assert!(run(&old, &new).is_empty());
        assert_eq!(run(&[("a/k", &[3]), ("a/b", &[2])], &new).len(), 1, "not stored at all");
    }

    #[test]
    fn another_optimizer() {
        let found = run(&[("w", &[3]), ("w/Adam", &[3]), ("w/Adam_1", &[3])], &[("w", &[3]), ("w/Momentum", &[3])]);
        assert_eq!(found[0].causes, ["optimizer-changed"]);
    }

    #[test]
    fn no_optimizer_in_the_new_graph() {
        let found = run(&[("w", &[3]), ("w/Adam", &[3]), ("w/Adam_1", &[3])], &[("w", &[3])]);
        assert_eq!(found[0].causes, ["optimizer-removed"]);
    }

    #[test]
    fn quiet_when_all_is_stored() {
        let same: [(&str, &[u64]); 2] = [("w", &[3]), ("w/Momentum", &[3])];
        assert!(run(&same, &same).is_empty());
    }
}

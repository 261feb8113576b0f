//! O005: values that would go to another variable, because positions have shifted.

use std::collections::BTreeSet;

use crate::compare::story::Event;
use crate::doctor::binding::{Binding, MODEL, Way};
use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::outlook::story;
use crate::doctor::reshape::owner;
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::{many, some};
use crate::model::{Depth, Variable};
use crate::restore::tuple;

pub static RULE: Rule = Rule {
    code: "O005",
    name: "layer-index-shift",
    severity: Severity::Error,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means: "Weights would land in the wrong layer. Sequential and functional models keep their layers in lists, and \
a restore goes by position in them: layer_with_weights-N in Keras 2, _operations/N in Keras 3, where even layers without \
weights count. One layer that is inserted, removed or moved, and every later one takes the weights of its neighbour. If \
shapes differ somewhere, an exception blames a layer that is sound; if they agree, nothing is said, and the model is \
wrong. Names of layers do not matter to TensorFlow, but they are stored, and tell what belongs where.",
        you_see: &[
            "nothing, where neighbouring layers have the same shape",
            "ValueError: Received incompatible tensor with shape {stored} when attempting to restore variable with shape {new} and name {name}.",
            "AssertionError: Found {n} Python objects that were not bound to checkpointed values, likely due to changes in the Python program.",
        ],
        knows: "The two object graphs are walked side by side as TensorFlow does it. A pair is misplaced if the stored \
value is known to be that of another variable of the new code, by its name, its place among its neighbours, its shape or \
its checksum. Names that only count on (dense is dense_1 now) are not taken for a shift.",
        fix: "Let a script put each value where it belongs:

    ckpt diff OLD NEW --map restore.py

Then save the new model. Layers that are attributes of a subclassed model are found by name, and do not shift.",
        not: "expect_partial(): it hides the only trace. Renaming layers has no effect on what goes where.",
        ignore: "If the layers were renamed among each other and their positions are right.",
        see: &["O001", "O006", "O016"],
    },
};

/// Tells of misplaced values, for either rule that does.
pub(super) fn shifted(binding: &Binding, misplaced: &[(&Variable, &Variable)], finding: Finding) -> Finding {
    let line = |(old, new): &(&Variable, &Variable)| {
        let shape = binding.old.entry(old).map_or(String::new(), |entry| format!("   {}", entry.shape));
        // Where names are places, the name of the place that it has now tells more.
        let now = match binding.became(old) {
            Some(now) if now.name != old.name => format!(" (now {})", now.name),
            _ => String::new(),
        };
        format!("{}{now} -> would fill {}{shape}", old.name, new.name)
    };
    let mut finding = misplaced.iter().take(5).fold(finding, |finding, pair| finding.evidence(line(pair)));
    let (missing, unused) = (binding.missing(&MODEL), binding.unused(&MODEL));
    if !missing.is_empty() {
        finding = finding.evidence(format!("no value for: {}", some(&missing)));
    }
    if !unused.is_empty() {
        finding = finding.evidence(format!("not used: {}", some(&unused)));
    }
    let misfits = misplaced.iter().filter_map(|(old, new)| {
        let (stored, wanted) = (binding.old.entry(old)?, binding.new.entry(new)?);
        (stored.shape != wanted.shape).then_some((stored, wanted, new))
    });
    let says = match misfits.min_by(|a, b| a.0.key.cmp(&b.0.key)) {
        Some((stored, wanted, new)) => format!(
            "ValueError: \"Received incompatible tensor with shape {} when attempting to restore variable with shape {} and name {}:0.\"",
            tuple(&stored.shape),
            tuple(&wanted.shape),
            owner(new)
        ),
        None => match binding.raises() {
            Some(first) => format!("the {first} comes first; without it, these would be in the wrong layers"),
            None => "no exception: the shapes agree, and the weights are in the wrong layers".to_owned(),
        },
    };
    let variables: BTreeSet<String> = misplaced.iter().map(|(_, new)| new.name.to_string()).collect();
    finding.path(binding.old.label.clone()).variables(variables.into_iter().collect()).tensorflow(says)
}

/// True if the values meet in the optimizer's list of what it trains, and not in a list of layers.
pub(super) fn by_optimizer(binding: &Binding, misplaced: &[(&Variable, &Variable)]) -> bool {
    let in_list = |variable: &Variable| {
        binding
            .new
            .entry(variable)
            .and_then(|entry| entry.key.text())
            .is_some_and(|key| key.contains("_trainable_variables/"))
    };
    misplaced.iter().any(|(_, new)| in_list(new))
}

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(binding) = Binding::of(facts).filter(|binding| binding.way == Way::Objects) else { return };
    let misplaced = binding.misplaced();
    if misplaced.is_empty() || by_optimizer(&binding, &misplaced) && super::frozen_shift::frozen(&binding).is_some() {
        return;
    }
    // What moved the layers leads; other sizes, names and optimizers are told by others.
    let moved: Vec<&Event> = story(facts).iter().filter(|event| event.kind.moves_layers()).collect();
    let why = match moved.first() {
        Some(event) => event.to_string(),
        None => "positions have shifted".to_owned(),
    };
    let message = format!("{why}: {} would get the value of another", many(misplaced.len(), "variable"));
    let mut finding = Finding::new(&RULE, message)
        .help(match binding.alignment.ambiguous.is_empty() {
            true => "restore with a script that puts each value where it belongs",
            false => {
                "restore with a script that puts each value where it belongs; what cannot be told apart is left to you"
            }
        })
        .shell(binding.map_command());
    for event in moved.iter().skip(1) {
        finding = finding.evidence(event.to_string());
    }
    let finding = moved.iter().flat_map(|event| event.kind.causes()).fold(finding, Finding::cause);
    findings.add(shifted(&binding, &misplaced, finding));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample::{against, object};

    type Variables<'a> = &'a [(&'a str, &'a str, &'a [u64])];

    fn run(old: Variables, new: Variables) -> Vec<Finding> {
        let mut findings = Findings::default();
        check(&against(object(old), object(new)), &mut findings);
        findings.list().to_vec()
    }

    const THREE: Variables<'static> = &[("m/0/k", "a/k", &[2]), ("m/1/k", "b/k", &[2]), ("m/2/k", "head/k", &[3])];

    #[test]
    fn an_inserted_layer() {
        let new: Variables =
            &[("m/0/k", "a/k", &[2]), ("m/1/k", "mid/k", &[2]), ("m/2/k", "b/k", &[2]), ("m/3/k", "head/k", &[3])];
        let found = run(THREE, new);
        assert_eq!(found[0].causes, ["inserted-layer"]);
        assert_eq!(found[0].message, "new: mid/k after a (1 variable): 2 variables would get the value of another");
        assert!(found[0].fixes[0].text.ends_with(" --map restore.py"), "{}", found[0].fixes[0].text);
        assert_eq!(found[0].evidence[0], "b/k -> would fill mid/k   [2]");
        assert!(
            found[0]
                .tensorflow
                .as_ref()
                .unwrap()
                .contains("shape (3,) when attempting to restore variable with shape (2,)")
        );
    }

    #[test]
    fn an_entry_without_variables_shifts_the_others() {
        let new: Variables = &[("m/0/k", "a/k", &[2]), ("m/2/k", "b/k", &[2]), ("m/3/k", "head/k", &[3])];
        let found = run(THREE, new);
        assert!(found[0].message.starts_with("positions in m have shifted by entries without"), "{}", found[0].message);
    }

    #[test]
    fn two_layers_change_places() {
        let new: Variables = &[("m/0/k", "b/k", &[2]), ("m/1/k", "a/k", &[2]), ("m/2/k", "head/k", &[3])];
        let found = run(THREE, new);
        assert_eq!(found[0].causes, ["reordered-layers"]);
        assert!(found[0].tensorflow.as_ref().unwrap().starts_with("no exception"));
    }

    #[test]
    fn renamed_or_unchanged_layers_are_in_their_places() {
        assert!(run(THREE, THREE).is_empty());
        assert!(
            run(THREE, &[("m/0/k", "a/k", &[2]), ("m/1/k", "features/k", &[2]), ("m/2/k", "head/k", &[3])]).is_empty()
        );
    }
}

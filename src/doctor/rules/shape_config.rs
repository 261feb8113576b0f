//! N010: variables of other shapes in a name-based restore.

use crate::doctor::binding::{Binding, Way};
use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::reshape::{Reshape, causes, lead, reshapes};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::model::Depth;

pub static RULE: Rule = Rule {
    code: "N010",
    name: "shape-config",
    severity: Severity::Error,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means: "Variables of the same name have other shapes in the new graph than in the checkpoint: another width, \
another vocabulary, another kernel size. If nearly all differ, the graph was built with the configuration of another \
model; if one axis of one embedding does, the vocabulary has grown.",
        you_see: &[
            "InvalidArgumentError: Assign requires shapes of both tensors to match. lhs shape= [{new}] rhs shape= [{stored}]",
            "tensor_name = {key}; shape in shape_and_slice spec [{new}] does not match the shape stored in checkpoint: [{stored}]",
            "ValueError: Shape of variable {name} ({new}) doesn't match with shape of tensor {key} ({stored}) from checkpoint reader.",
            "nothing, for resource variables: the variable silently takes the stored shape",
        ],
        knows: "The shapes in the two indexes. Which axis differs tells the kind: the last of a kernel is the layer's \
units, the one before its inputs, the first of an embedding its vocabulary.",
        fix: "Build the graph with the configuration that belongs to the checkpoint (the bert_config.json or hparams \
that came with it). If the change is meant, leave those variables out:

    kept = [v for v in tf.compat.v1.global_variables() if v.op.name not in changed]
    tf.compat.v1.train.Saver(kept).restore(session, prefix)",
        not: "Saver(reshape=True): it pours the numbers into the new shape in their stored order, which is only right \
if the number of elements is the same and the layout is.",
        ignore: "If the saver leaves these variables out.",
        see: &["N009", "N013", "O006"],
    },
};

/// What the saver says of the first of them.
pub(super) fn says(first: &Reshape) -> String {
    format!(
        "InvalidArgumentError: \"Assign requires shapes of both tensors to match. lhs shape= {} rhs shape= {}\"; \
         nothing for resource variables, which silently take the stored shape",
        first.to.to_string().replace(", ", ","),
        first.from.to_string().replace(", ", ",")
    )
}

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(binding) = Binding::of(facts).filter(|binding| binding.way == Way::Names) else { return };
    let reshapes = reshapes(&binding);
    let (Some(first), Some(lead), None) = (reshapes.first(), lead(&reshapes), super::shape_head::head(&reshapes))
    else {
        return;
    };
    let mut finding = Finding::new(&RULE, lead)
        .path(binding.old.label.clone())
        .variables(reshapes.iter().map(|reshape| reshape.name.clone()).collect())
        .tensorflow(says(first))
        .help(
            "build the new graph with the configuration of the checkpoint, or leave these variables out of the restore",
        );
    for cause in causes(&reshapes).iter().filter_map(|reshape| reshape.size.cause()) {
        finding = finding.cause(cause);
    }
    if reshapes.len() > 1 {
        finding = reshapes.iter().take(5).fold(finding, |finding, reshape| finding.evidence(reshape.line()));
    }
    findings.add(finding);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample::{against, named};

    #[test]
    fn a_wider_hidden_layer() {
        let old = named(&[("a/bias", &[5]), ("a/kernel", &[4, 5]), ("b/kernel", &[5, 3])]);
        let new = named(&[("a/bias", &[6]), ("a/kernel", &[4, 6]), ("b/kernel", &[6, 3])]);
        let mut findings = Findings::default();
        check(&against(old.clone(), new), &mut findings);
        assert_eq!(findings.list()[0].causes, ["changed-units"]);
        assert!(
            findings.list()[0].message.starts_with("a has 6 units or classes in the new code, 5 in the checkpoint")
        );
        assert_eq!(findings.list()[0].variables.len(), 3);
        let mut findings = Findings::default();
        check(&against(old.clone(), old), &mut findings);
        assert!(findings.list().is_empty());
    }
}

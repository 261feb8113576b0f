//! N013: variables of other types in a name-based restore.

use crate::doctor::binding::{Binding, Way};
use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::many;
use crate::model::{DType, Depth};
use crate::restore::type_name;

pub static RULE: Rule = Rule {
    code: "N013",
    name: "dtype",
    severity: Severity::Error,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means: "Variables are stored in another type than the new graph gives them: float16 or bfloat16 against \
float32, int32 against int64. TensorFlow never casts when it restores. It compares the types of all variables before it \
assigns any, so nothing is changed when this is raised.",
        you_see: &[
            "InvalidArgumentError: tensor_name = {key}; expected dtype {new} does not equal original dtype {stored}",
            "Expected to restore a tensor of type {new}, got a tensor of type {stored} instead: tensor_name = {key}",
        ],
        knows: "The types in the two indexes.",
        fix: "Build the graph with the stored types, or cast once:

    reader = tf.train.load_checkpoint(prefix)
    for variable in tf.compat.v1.global_variables():
        value = reader.get_tensor(variable.op.name)
        variable.load(value.astype(variable.dtype.base_dtype.as_numpy_dtype), session)

A step counter of int32 against int64 is the same matter: cast it.",
        not: "Versions before 1.11 took the bytes of one type for those of another without an error; going back to one \
is no remedy.",
        ignore: "If the saver leaves these variables out.",
        see: &["N010", "O017"],
    },
};

/// A variable of another type: name, key, stored, wanted.
pub(super) struct Retyped {
    pub name: String,
    pub key: String,
    pub from: DType,
    pub to: DType,
}

/// The variables that would get a value of another type.
pub(super) fn retyped(binding: &Binding) -> Vec<Retyped> {
    let pairs = binding.pairs.iter().filter_map(|&(old, new)| {
        let (old, new) = (binding.old.variables.get(old)?, binding.new.variables.get(new)?);
        let (from, to) = (binding.old.entry(old)?, binding.new.entry(new)?);
        let differs = from.dtype != to.dtype;
        differs.then(|| Retyped {
            name: new.name.to_string(),
            key: from.key.to_string(),
            from: from.dtype,
            to: to.dtype,
        })
    });
    pairs.collect()
}

/// The finding, for either kind of restore.
pub(super) fn finding(rule: &'static Rule, binding: &Binding, retyped: &[Retyped]) -> Option<Finding> {
    let first = retyped.first()?;
    let same = retyped.iter().all(|other| (other.from, other.to) == (first.from, first.to));
    let message = match (retyped.len(), same) {
        (1, _) => format!("{} is stored as {}, the new code has {}", first.name, first.from, first.to),
        (n, true) => format!("{} are stored as {}, the new code has {}", many(n, "variable"), first.from, first.to),
        (n, false) => format!("{} have other types in the new code", many(n, "variable")),
    };
    let says = format!(
        "InvalidArgumentError: \"tensor_name = {}; expected dtype {} does not equal original dtype {}\"; nothing is restored",
        first.key,
        type_name(first.to),
        type_name(first.from)
    );
    let finding = Finding::new(rule, message)
        .path(binding.old.label.clone())
        .cause("changed-dtype")
        .variables(retyped.iter().map(|retyped| retyped.name.clone()).collect())
        .tensorflow(says)
        .help("build the new code with the stored types, or read the values and cast them: TensorFlow does not");
    Some(if same {
        finding
    } else {
        retyped
            .iter()
            .take(5)
            .fold(finding, |finding, one| finding.evidence(format!("{} {} -> {}", one.name, one.from, one.to)))
    })
}

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(binding) = Binding::of(facts).filter(|binding| binding.way == Way::Names) else { return };
    if let Some(finding) = finding(&RULE, &binding, &retyped(&binding)) {
        findings.add(finding);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample::{against, named};

    #[test]
    fn float_and_half() {
        let old = named(&[("w", &[5])]);
        let mut new = old.clone();
        let mut findings = Findings::default();
        check(&against(old.clone(), new.clone()), &mut findings);
        assert!(findings.list().is_empty());
        new.entries[0].dtype = DType::from_name("float16").unwrap();
        check(&against(old, new), &mut findings);
        let says = "InvalidArgumentError: \"tensor_name = w; expected dtype half does not equal original dtype float\"";
        assert!(findings.list()[0].tensorflow.as_ref().unwrap().starts_with(says));
    }
}

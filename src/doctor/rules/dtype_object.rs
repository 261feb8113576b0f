//! O017: variables of other types in an object-based restore.

use super::dtype::{finding, retyped};
use crate::doctor::binding::{Binding, Way};
use crate::doctor::facts::Facts;
use crate::doctor::finding::Findings;
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::model::Depth;

pub static RULE: Rule = Rule {
    code: "O017",
    name: "dtype-object",
    severity: Severity::Error,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means: "Stored values would go to variables of another type: the dtype policy was changed (float32 to float16 or \
bfloat16), or a variable was declared with another dtype. tf.train.Checkpoint never casts. All types are compared \
before anything is assigned, so the program's variables are untouched when this is raised. (Keras' own formats, \
.weights.h5 and .keras, do cast, silently.)",
        you_see: &[
            "InvalidArgumentError: tensor_name = {key}; expected dtype {new} does not equal original dtype {stored}",
        ],
        knows: "The two object graphs are walked side by side, and the types of what meets are compared.",
        fix: "For mixed precision keep the variables in float32, as the policy mixed_float16 does:

    keras.mixed_precision.set_global_policy(\"mixed_float16\")

To change the type for good, restore into a model of the stored type, and copy:

    tf.train.Checkpoint(model=old).restore(prefix).expect_partial()
    model.set_weights(old.get_weights())        # casts",
        not: "",
        ignore: "Never.",
        see: &["N013", "O006"],
    },
};

fn check(facts: &Facts, findings: &mut Findings) {
    let objects = |binding: &Binding| matches!(binding.way, Way::Objects | Way::NamesIntoObjects);
    let Some(binding) = Binding::of(facts).filter(objects) else { return };
    let mut retyped = retyped(&binding);
    // In the order of the file, of which the message names the first.
    retyped.sort_by(|a, b| a.key.cmp(&b.key));
    if let Some(finding) = finding(&RULE, &binding, &retyped) {
        findings.add(finding);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample::{against, object};
    use crate::model::DType;

    #[test]
    fn another_policy() {
        let old = object(&[("model/d/kernel", "d/kernel", &[2])]);
        let mut new = old.clone();
        let mut findings = Findings::default();
        check(&against(old.clone(), new.clone()), &mut findings);
        assert!(findings.list().is_empty());
        new.entries.iter_mut().filter(|entry| entry.dtype == DType::FLOAT32).for_each(|entry| {
            entry.dtype = DType::from_name("float16").unwrap();
        });
        check(&against(old, new), &mut findings);
        assert_eq!(findings.list()[0].message, "d/kernel is stored as float32, the new code has float16");
    }
}

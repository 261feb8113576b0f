//! K027: the state of an optimizer that load_model will not use.

use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::many;
use crate::model::{Container, Depth, Role};

pub static RULE: Rule = Rule {
    code: "K027",
    name: "optimizer-state-skipped",
    severity: Severity::Warning,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means: "The archive has the state of an optimizer, and its configuration does not say which one. load_model() compiles the model with RMSprop, whatever it was trained with, and leaves the state out or gives it to that one. Saving as .h5 and then as .keras does this: the first save takes the optimizer out of the configuration that the second one stores (seen with Keras 3.15).",
        you_see: &[
            "UserWarning: Skipping variable loading for optimizer 'rm_sprop', because it has 4 variables whereas the saved optimizer has 6 variables.",
            "nothing, and training goes on with another optimizer",
        ],
        knows: "model.weights.h5 has variables of an optimizer, and compile_config in config.json names none.",
        fix: "Load the model without its compilation, compile it with the right optimizer, then load the weights, which brings its state:

    model = keras.models.load_model(\"model.keras\", compile=False)
    model.compile(optimizer=\"adam\", loss=\"mse\")
    model.optimizer.build(model.trainable_variables)
    model.load_weights(\"model.keras\")

Save .keras first, and .h5 after it.",
        not: "",
        ignore: "If the model is not to be trained any further.",
        see: &["K017", "O008"],
    },
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(checkpoint) = &facts.checkpoint else { return };
    let configured = checkpoint.configured().filter(|_| checkpoint.container == Container::KerasArchive);
    let Some(compiled) = configured.and_then(|configured| configured.compiled.as_ref()) else { return };
    let kept = checkpoint.variables.iter().filter(|variable| matches!(variable.role, Role::Slot | Role::Optimizer));
    let kept = kept.count();
    if compiled.optimizer.is_some() || kept == 0 {
        return;
    }
    let message =
        format!("{} of an optimizer are stored, and the configuration does not say of which", many(kept, "variable"));
    findings.add(
        Finding::new(&RULE, message)
            .path(checkpoint.label.clone())
            .tensorflow("load_model() compiles the model with RMSprop: \"Skipping variable loading for optimizer 'rm_sprop'\"")
            .help("load with compile=False, compile with the right optimizer and build it, then load_weights() from the same file"),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample::{facts, named};
    use crate::model::{Compiled, Configured, KerasFile};

    fn said(compiled: Option<Compiled>, role: Role) -> bool {
        let mut checkpoint = named(&[("optimizer/vars/0", &[2])]);
        checkpoint.container = Container::KerasArchive;
        checkpoint.variables[0].role = role;
        let configured = Some(Configured { compiled, ..Configured::default() });
        checkpoint.keras = Some(Box::new(KerasFile { configured, ..KerasFile::default() }));
        let mut findings = Findings::default();
        check(&facts(checkpoint), &mut findings);
        !findings.list().is_empty()
    }

    #[test]
    fn state_needs_an_optimizer() {
        let none = Compiled::default();
        let adam = Compiled { optimizer: Some("Adam".to_owned()), ..Compiled::default() };
        assert!(said(Some(none.clone()), Role::Optimizer));
        assert!(!said(Some(none), Role::Weight));
        assert!(!said(Some(adam), Role::Optimizer));
        assert!(!said(None, Role::Optimizer), "what was never compiled has no state to lose");
    }
}

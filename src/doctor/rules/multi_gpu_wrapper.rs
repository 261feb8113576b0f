//! K025: the wrapper of multi_gpu_model was saved.

use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::number;
use crate::model::{Depth, Role};

pub static RULE: Rule = Rule {
    code: "K025",
    name: "multi-gpu-wrapper",
    severity: Severity::Warning,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means: "What multi_gpu_model() returned was saved, not the model that was given to it. All weights lie in one layer of the file, the model inside; a plain model of the same layers finds one layer where it has many. TensorFlow removed the function in 2.4, so nobody can build the wrapper any more.",
        you_see: &[
            "ValueError: You are trying to load a weight file containing 1 layers into a model with {m} layers.",
            "ValueError: Layer count mismatch when loading weights from file. Model expected {m} layers, found 1 saved layers.",
            "ValueError: axes don't match array",
        ],
        knows: "The configuration has the layers that cut each batch into parts (a Lambda with the arguments i and parts, one for each device); without one, layers lambda_1, lambda_2 without weights beside a single layer that has all.",
        fix: "Load the group of the inner model with h5py, or where load_model() succeeds take the inner model out and save that:

    inner = next(layer for layer in model.layers if layer.weights)
    inner.save_weights(\"inner.h5\")",
        not: "skip_mismatch=True: nothing would be loaded at all.",
        ignore: "If a program of that time loads it into the same wrapper.",
        see: &["K015"],
    },
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(checkpoint) = &facts.checkpoint else { return };
    let told = checkpoint.configured().and_then(|configured| configured.replicas);
    let Some(replicas) = told.or_else(|| by_names(facts)) else { return };
    let message = format!(
        "the wrapper of multi_gpu_model was saved, with the model inside as one layer (for {} devices)",
        number(replicas)
    );
    findings.add(
        Finding::new(&RULE, message)
            .path(checkpoint.label.clone())
            .tensorflow(
                "ValueError: \"Layer count mismatch ... found 1 saved layers\" from load_weights() of the plain model",
            )
            .help("take the model inside out of it, and save that"),
    );
}

/// Without a configuration: two or more layers `lambda_N`, and one layer alone that has weights, whose names
/// are those of layers within it.
fn by_names(facts: &Facts) -> Option<u64> {
    let checkpoint = facts.checkpoint.as_ref().filter(|checkpoint| checkpoint.configured().is_none())?;
    let is_lambda = |name: &str| name.strip_prefix("lambda_").is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()));
    let lambdas = checkpoint.layers.iter().filter(|layer| is_lambda(&layer.name)).count() as u64;
    if lambdas < 2 {
        return None;
    }
    let weights = || checkpoint.pairs().filter(|(variable, _)| matches!(variable.role, Role::Weight | Role::Statistic));
    let keys: Vec<String> = weights().map(|(_, entry)| entry.key.to_string()).collect();
    let owner = keys.first()?.split('/').next()?.to_owned();
    let is_listed = checkpoint.layers.iter().any(|layer| layer.name == owner) && !is_lambda(&owner);
    let within = |key: &String| {
        let mut parts = key.split('/');
        parts.next() == Some(owner.as_str()) && parts.next().is_some_and(|layer| layer != owner)
    };
    (is_listed && keys.len() > 1 && keys.iter().all(within)).then_some(lambdas)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample::{facts, named};
    use crate::model::{Configured, KerasFile, Layer};

    fn said(layers: &[&str], keys: &[&str], configured: Option<Configured>) -> bool {
        let tensors: Vec<(&str, &[u64])> = keys.iter().map(|key| (*key, [2].as_slice())).collect();
        let mut checkpoint = named(&tensors);
        let layer = |name: &&str| Layer { name: (*name).to_owned(), ..Layer::default() };
        checkpoint.layers = layers.iter().map(layer).collect();
        checkpoint.keras = Some(Box::new(KerasFile { configured, ..KerasFile::default() }));
        let mut findings = Findings::default();
        check(&facts(checkpoint), &mut findings);
        !findings.list().is_empty()
    }

    #[test]
    fn one_layer_that_has_all() {
        let layers = ["input_1", "lambda_1", "lambda_2", "model_1", "dense_2"];
        let inside = ["model_1/dense_1/kernel:0", "model_1/dense_2/kernel:0"];
        assert!(said(&layers, &inside, None));
        assert!(!said(&["input_1", "lambda_1", "model_1"], &inside, None));
        assert!(!said(&layers, &["model_1/dense_1/kernel:0", "dense_2/dense_2/kernel:0"], None));
        assert!(!said(&layers, &["model_1/model_1/kernel:0", "model_1/model_1/bias:0"], None));
        let replicas = |replicas| Some(Configured { replicas, ..Configured::default() });
        assert!(said(&[], &[], replicas(Some(2))));
        assert!(!said(&layers, &inside, replicas(None)));
    }
}

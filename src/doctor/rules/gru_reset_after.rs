//! K026: recurrent layers as cuDNN keeps them.

use std::collections::HashMap;

use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::{many, some};
use crate::model::{Checkpoint, Container, Depth, leaf};

pub static RULE: Rule = Rule {
    code: "K026",
    name: "gru-reset-after",
    severity: Severity::Warning,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means: "The file has the weights of CuDNNGRU or CuDNNLSTM, layers of TensorFlow 1: their biases are twice as long as those of GRU and LSTM, and the order of a kernel's elements is another. Keras 2 rearranges them when it loads weights into LSTM or GRU(reset_after=True); Keras 3 does not, and has no such layers.",
        you_see: &[
            "ValueError: Unknown layer: 'CuDNNLSTM'. Please ensure you are using a `keras.utils.custom_object_scope`",
            "ValueError: Shape mismatch in layer #0 (named {l})for weight {l}/lstm_cell/bias. Weight expects shape (16,). Received saved weight with shape (32,)",
            "ValueError: CuDNNGRU is not compatible with `GRU(reset_after=False)`",
        ],
        knows: "The configuration names the classes, or a bias of one axis is twice as long as the kernel beside it is wide.",
        fix: "Convert once with Keras 2 (tf_keras), into layers that Keras 3 has too:

    model = build()      # tf_keras.layers.LSTM, tf_keras.layers.GRU(reset_after=True), recurrent_activation=\"sigmoid\"
    model.load_weights(\"model.h5\")
    model.save_weights(\"plain.h5\")",
        not: "Adding the two halves of a bias: for GRU the halves are used apart, and the kernels would still be in the wrong order.",
        ignore: "If Keras 2 alone loads it.",
        see: &["K016"],
    },
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(checkpoint) = &facts.checkpoint else { return };
    if !matches!(checkpoint.container, Container::KerasModelH5 | Container::KerasLayersH5) {
        return;
    }
    let named =
        checkpoint.layers.iter().filter(|layer| matches!(layer.class.as_deref(), Some("CuDNNGRU" | "CuDNNLSTM")));
    let mut names: Vec<String> = named.map(|layer| layer.name.clone()).collect();
    if names.is_empty() {
        names = by_shape(checkpoint);
    }
    if names.is_empty() {
        return;
    }
    findings.add(
        Finding::new(&RULE, format!("{} as cuDNN keeps them: {}", many(names.len(), "recurrent layer"), some(&names)))
            .path(checkpoint.label.clone())
            .tensorflow(
                "Keras 3 raises ValueError: \"Unknown layer\" or \"Shape mismatch\"; Keras 2 rearranges the weights",
            )
            .help("convert once with tf_keras: load into LSTM or GRU(reset_after=True), and save again"),
    );
}

/// Owners of a kernel, a recurrent kernel and a bias that is twice as long as these are wide.
fn by_shape(checkpoint: &Checkpoint) -> Vec<String> {
    let shapes = checkpoint.pairs().map(|(variable, entry)| (variable.name.as_str(), entry.shape.axes()));
    let shapes: HashMap<&str, Option<&[u64]>> = shapes.collect();
    let axes = |name: String| shapes.get(name.as_str()).copied().flatten();
    let biases = checkpoint.variables.iter().filter(|variable| leaf(&variable.name) == "bias");
    let owners = biases.filter_map(|variable| variable.name.strip_suffix("/bias"));
    let is_cudnn = |owner: &&str| {
        let [_, wide] = axes(format!("{owner}/recurrent_kernel"))? else { return None };
        let [long] = axes(format!("{owner}/bias"))? else { return None };
        Some(wide.checked_mul(2) == Some(*long))
    };
    owners.filter(|owner| is_cudnn(owner) == Some(true)).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample::{facts, named};
    use crate::model::Layer;

    fn said(tensors: &[(&str, &[u64])], class: Option<&str>) -> bool {
        let mut checkpoint = named(tensors);
        checkpoint.container = Container::KerasLayersH5;
        let layer = |class: &str| Layer { name: "one".to_owned(), class: Some(class.to_owned()), ..Layer::default() };
        checkpoint.layers = class.map(layer).into_iter().collect();
        let mut findings = Findings::default();
        check(&facts(checkpoint), &mut findings);
        !findings.list().is_empty()
    }

    #[test]
    fn biases_that_are_twice_as_long() {
        let cell = |bias: &'static [u64]| -> [(&'static str, &'static [u64]); 3] {
            [("one/kernel", &[3, 16]), ("one/recurrent_kernel", &[4, 16]), ("one/bias", bias)]
        };
        assert!(said(&cell(&[32]), None));
        assert!(!said(&cell(&[16]), None));
        // GRU(reset_after=True), which is the default since TensorFlow 2.
        assert!(!said(&cell(&[2, 16]), None));
        assert!(said(&[], Some("CuDNNGRU")));
        assert!(!said(&[], Some("GRU")));
    }
}

//! K002: as many weights in each layer of the file as in the model's, or an exception.

use crate::doctor::facts::Facts;
use crate::doctor::finding::Findings;
use crate::doctor::keras::{half_done, led, quote, raising, remedy};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::model::Depth;

pub static RULE: Rule = Rule {
    code: "K002",
    name: "weights-per-layer",
    severity: Severity::Error,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Rest(check),
    manual: Manual {
        means: "A layer of the .h5 file and the layer of the model that it is given to have different numbers of \
weights. Either an option of the layer changed (use_bias, scale or center of a BatchNormalization), or the order of the \
layers did, and the two are not the same layer.",
        you_see: &[
            "ValueError: Weight count mismatch for layer #0 (named {a} in the current model, {b} in the save file). Layer expects {m} weight(s). Received {n} saved weight(s)",
            "ValueError: Layer #0 (named \"{a}\" in the current model) was found to correspond to layer {b} in the save file. However the new layer {a} expects {m} weights, but the saved weights have {n} elements.",
        ],
        knows: "The layers of both sides were paired as Keras pairs them, by order or by name, and their weights counted.",
        fix: "Give the layer the option that it had. If the order changed, load by name:

    model.load_weights(\"weights.h5\", by_name=True)

To keep the change, skip the layers that do not fit, and train them:

    model.load_weights(\"weights.h5\", by_name=True, skip_mismatch=True)",
        not: "",
        ignore: "Never: Keras raises.",
        see: &["K001", "K003"],
    },
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some((prediction, exception)) = raising(facts, findings) else { return };
    if !exception.message.starts_with("Weight count mismatch") {
        return;
    }
    let finding = led(&RULE, facts, "a layer has another number of weights than the one in the file that it is given")
        .tensorflow(quote(exception));
    findings.add(remedy(half_done(finding, facts, prediction), facts, prediction));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample::{against, loaded, named};
    use crate::restore::Loader;

    #[test]
    fn a_bias_that_went() {
        let old = named(&[("a/bias", &[3]), ("a/kernel", &[2, 3])]);
        let text = "Weight count mismatch for layer #0 (named a in the current model, a in the save file).";
        let mut findings = Findings::default();
        let pair = against(old, named(&[("a/kernel", &[2, 3])]));
        check(&loaded(pair, Loader::Keras3Weights, Some(text)), &mut findings);
        assert_eq!(findings.list()[0].causes, ["bias-toggled"]);
        assert!(findings.list()[0].message.starts_with("a has no bias any more; "));
        check(&loaded(against(named(&[]), named(&[])), Loader::Keras3Weights, None), &mut findings);
        assert_eq!(findings.list().len(), 1);
    }
}

//! K001: as many layers in the file as in the model, or an exception.

use crate::doctor::facts::Facts;
use crate::doctor::finding::Findings;
use crate::doctor::keras::{half_done, led, quote, raising, remedy};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::model::Depth;

pub static RULE: Rule = Rule {
    code: "K001",
    name: "layer-count",
    severity: Severity::Error,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Rest(check),
    manual: Manual {
        means: "Without by_name=True, load_weights() of an .h5 file gives the first layer of the file to the first layer \
of the model, and so on, counting those that have weights. The numbers of layers differ, so Keras refuses before it \
assigns anything. A layer was added or removed, include_top or the backbone is another, or it is the wrong file.",
        you_see: &[
            "ValueError: Layer count mismatch when loading weights from file. Model expected {m} layers, found {n} saved layers.",
            "ValueError: You are trying to load a weight file containing {n} layers into a model with {m} layers.",
        ],
        knows: "The layers with weights were counted on both sides; which one is new or gone follows from names and \
shapes.",
        fix: "Load by name, and train the layers that are new:

    model.load_weights(\"weights.h5\", by_name=True)

Keras 3 takes by_name for .h5 and .hdf5, not for .weights.h5.",
        not: "Padding the model with dummy layers until the numbers agree: the order decides what goes where.",
        ignore: "If the program passes by_name=True (then tell this program --by-name).",
        see: &["K002", "K004", "K006"],
    },
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some((prediction, exception)) = raising(facts, findings) else { return };
    if !exception.message.starts_with("Layer count mismatch") {
        return;
    }
    let counts: Vec<&str> =
        exception.message.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    let consequence = match counts.as_slice() {
        [model, file] => format!("the file has {file} layers with weights, the model {model}: nothing is loaded"),
        _ => "the file has another number of layers than the model: nothing is loaded".to_owned(),
    };
    let finding = led(&RULE, facts, &consequence).tensorflow(quote(exception));
    findings.add(remedy(half_done(finding, facts, prediction), facts, prediction));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample::{against, loaded, named};
    use crate::restore::Loader;

    const TEXT: &str =
        "Layer count mismatch when loading weights from file. Model expected 3 layers, found 2 saved layers.";

    #[test]
    fn the_layer_that_came_is_named_first() {
        let old = named(&[("a/kernel", &[2, 3]), ("b/kernel", &[3, 4])]);
        let new = named(&[("a/kernel", &[2, 3]), ("b/kernel", &[3, 4]), ("mid/kernel", &[3, 3])]);
        let mut findings = Findings::default();
        check(&loaded(against(old, new), Loader::Keras2Weights, Some(TEXT)), &mut findings);
        let found = &findings.list()[0];
        assert!(found.message.starts_with("new: ") && found.message.contains("mid"), "{}", found.message);
        assert!(found.message.ends_with("the file has 2 layers with weights, the model 3: nothing is loaded"));
        assert_eq!(found.causes, ["inserted-layer"]);
    }

    #[test]
    fn another_exception_or_loader_is_none_of_it() {
        let pair = || against(named(&[("a/kernel", &[2])]), named(&[("a/kernel", &[2])]));
        let mut findings = Findings::default();
        check(&loaded(pair(), Loader::Keras2Weights, Some("Shape mismatch")), &mut findings);
        check(&loaded(pair(), Loader::Keras2Weights, None), &mut findings);
        check(&loaded(pair(), Loader::Checkpoint, Some(TEXT)), &mut findings);
        assert!(findings.list().is_empty());
    }
}

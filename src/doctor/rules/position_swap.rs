//! K008: layers of one class and shape that take each other's weights.

use crate::doctor::facts::Facts;
use crate::doctor::finding::Findings;
use crate::doctor::keras::{by_weights, half_done, led, lists_layers, loading, misplaced, remedy};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::many;
use crate::model::Depth;

pub static RULE: Rule = Rule {
    code: "K008",
    name: "position-swap",
    severity: Severity::Error,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Rest(check),
    manual: Manual {
        means: "Keras goes by positions: in .h5 by the order of all layers, in .weights.h5 and .keras by the order of \
the layers of one class (layers/dense, layers/dense_1), whatever their names are. A layer that came, went or moved lets \
later ones take the weights of a neighbour. The shapes agree, so nothing is raised, and the model computes something else.",
        you_see: &["{nothing: the loss or the accuracy is that of an untrained model}"],
        knows: "Which variable is which follows from names, shapes and checksums; which value each would take, from the \
steps of the load. The two differ.",
        fix: "Load by name, if the file is .h5:

    model.load_weights(\"weights.h5\", by_name=True)

Otherwise load into the model as it was, and copy layer by layer:

    for layer in old.layers:
        model.get_layer(layer.name).set_weights(layer.get_weights())",
        not: "Giving layers other names changes nothing: names are not looked at.",
        ignore: "If you gave the layers each other's names, and their positions are right.",
        see: &["K006", "O005", "O019"],
    },
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(prediction) = loading(facts, findings).filter(|prediction| by_weights(prediction)) else { return };
    let wrong = misplaced(facts, prediction);
    if wrong.is_empty() || prediction.course.exception.is_some() {
        return;
    }
    let by_order = facts.checkpoint.as_ref().is_some_and(lists_layers);
    let order = if by_order { "Keras goes by the order of layers" } else { "Keras counts layers of one class" };
    let consequence = format!("{order}, so {} silently take the values of others", many(wrong.len(), "variable"));
    let finding = led(&RULE, facts, &consequence)
        .variables(wrong.into_iter().map(|(_, new)| new).collect())
        .tensorflow("nothing");
    findings.add(remedy(half_done(finding, facts, prediction), facts, prediction));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample::{against, loaded, named};
    use crate::restore::{Bound, Loader};

    #[test]
    fn neighbours_of_one_shape() {
        let tensors: [(&str, &[u64]); 2] = [("a/kernel", &[3, 3]), ("b/kernel", &[3, 3])];
        let mut facts = loaded(against(named(&tensors), named(&tensors)), Loader::Keras3Weights, None);
        let mut findings = Findings::default();
        check(&facts, &mut findings);
        assert!(findings.list().is_empty());
        facts.predictions[0].wrong_values = vec![Bound { old: 0, new: 1 }];
        check(&facts, &mut findings);
        assert_eq!(findings.list()[0].evidence, ["a/kernel -> would fill b/kernel"]);
        assert_eq!(findings.list()[0].variables, ["b/kernel"]);
    }
}

//! O019: variables silently take the values of others, and no other rule says so.

use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::keras::misplaced;
use crate::doctor::outlook::{call, caused, leading, story, told};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::many;
use crate::model::Depth;

pub static RULE: Rule = Rule {
    code: "O019",
    name: "values-misplaced",
    severity: Severity::Error,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Rest(check),
    manual: Manual {
        means: "The loader goes by positions: in a list of layers, in a file, in an optimizer. A layer that came, went or \
moved lets every later one take the values of its neighbour. Where the shapes agree nothing is raised, and the model \
computes something else.",
        you_see: &["{nothing: the loss or the accuracy is that of an untrained model}"],
        knows: "Which variable is which follows from names, shapes and checksums; which value it would take, from the \
loader's own steps. The two differ.",
        fix: "Load into the model as it was, and carry the values over by name:

    for layer in old.layers:
        new.get_layer(layer.name).set_weights(layer.get_weights())",
        not: "The asserts of tf.train.Checkpoint do not help: every variable has a value.",
        ignore: "If you exchanged the layers on purpose.",
        see: &["O005", "O016"],
    },
};

/// Pairs that are written out.
const SHOWN: usize = 5;

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(prediction) = leading(facts) else { return };
    if prediction.wrong_values.is_empty() || told(findings, Severity::Error) {
        return;
    }
    let wrong = misplaced(facts, prediction);
    let message =
        format!("{} gives {} the values of others, silently", call(prediction.loader), many(wrong.len(), "variable"));
    let finding = Finding::new(&RULE, message)
        .path(facts.subject.clone())
        .variables(wrong.iter().map(|(_, new)| new.clone()).collect())
        .tensorflow("nothing");
    let mut finding = caused(finding, story(facts));
    for (old, new) in wrong.iter().take(SHOWN) {
        finding = finding.evidence(format!("{old} -> would fill {new}"));
    }
    findings.add(finding);
}

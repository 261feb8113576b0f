//! F022: a SavedModel is asked for, and something else lies there.

use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::loader;
use crate::doctor::outlook::leading;
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::model::Depth;
use crate::restore::Loader;

pub static RULE: Rule = Rule {
    code: "F022",
    name: "savedmodel-not-here",
    severity: Severity::Error,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means: "The loader wants the directory of a SavedModel, in which saved_model.pb lies, and the path is something \
else: the directory of a checkpoint, a directory one level too high or too low, or the file saved_model.pb itself. \
Keras 2 gives the same text for an .h5 file that does not exist.",
        you_see: &["OSError: SavedModel file does not exist at: {dir}/{saved_model.pbtxt|saved_model.pb}"],
        knows: "What lies at the path, and around it.",
        fix: "Give the directory itself:

    tf.saved_model.load(\"exported/1\")

A checkpoint has weights alone: build the model in code and restore them into it.",
        not: "Renaming a checkpoint's files makes no SavedModel.",
        ignore: "Never.",
        see: &["F023", "F005", "F001"],
    },
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(prediction) = leading(facts) else { return };
    let Some(exception) = &prediction.course.exception else { return };
    let wanted = matches!(prediction.loader, Loader::SavedModel | Loader::Keras2Model);
    // Keras 2 takes the file itself for HDF5.
    let names_graph = facts.resolved.is_saved_model && facts.resolved.given.ends_with(".pb");
    let is_said = exception.message.starts_with("SavedModel file does not exist") || names_graph;
    if !wanted || !facts.resolved.hollow.is_empty() || !is_said {
        return;
    }
    let finding = |message: String| {
        Finding::new(&RULE, message)
            .path(facts.subject.clone())
            .tensorflow(format!("{}: \"{}\"", exception.class, exception.message))
    };
    let found = match &facts.checkpoint {
        Some(checkpoint) => {
            let what = loader::identity(checkpoint, &facts.resolved);
            let found = finding(format!("no SavedModel is here, but this: {what}"))
                .cause("wrong-format")
                .help("load it with the call that it is made for");
            // A part of a SavedModel that is whole was named.
            let is_part = facts.resolved.is_saved_model || checkpoint.prefix.ends_with("variables/variables");
            let found = if is_part { found.cause("wrong-path") } else { found };
            match loader::advice(checkpoint, &facts.resolved).call {
                Some(call) => found.python(call),
                None => found,
            }
        }
        None if has_variables(facts) => {
            finding("a SavedModel without its saved_model.pb: variables/ is here".to_owned())
                .cause("missing-index")
                .help("copy saved_model.pb too: it holds the graph, without which the variables are a checkpoint alone")
        }
        None => finding("no SavedModel is here".to_owned())
            .cause("wrong-path")
            .help("give the directory in which saved_model.pb lies"),
    };
    findings.add(found);
}

/// True if the variables of a SavedModel lie in the directory.
fn has_variables(facts: &Facts) -> bool {
    facts.resolved.directory.as_ref().is_some_and(|directory| directory.names.iter().any(|name| name == "variables"))
}

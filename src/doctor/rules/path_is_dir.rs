//! F005: a directory that holds something else than checkpoints.

use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::outlook::leading;
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::{python, shell, within};
use crate::model::{Checkpoint, Depth, Latest};
use crate::restore::Loader;

pub static RULE: Rule = Rule {
    code: "F005",
    name: "path-is-dir",
    severity: Severity::Error,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means: "The path is a directory, and what it holds is not a TensorFlow checkpoint but something that another \
call loads: a SavedModel without its variables, a .keras or .h5 file. This program takes a directory of checkpoints as \
its newest one and says nothing about it; but TensorFlow's restore(directory) raises, even where checkpoints are in it. \
tf.train.load_checkpoint and list_variables do accept a directory.",
        you_see: &[
            "DataLossError: Unable to open table file {directory}: FAILED_PRECONDITION: {directory}; Is a directory: perhaps your file is in a different file format and you need to use a different restore operator?",
            "Failed to find any matching files for {directory}/variables/variables",
            "[Errno 21] Unable to synchronously open file (file read failed: ... error message = 'Is a directory')",
        ],
        knows: "The directory holds no files of a checkpoint, but a saved_model.pb, a .keras, .h5 or .weights.h5 file.",
        fix: "The loader that fits:

    checkpoint.restore(tf.train.latest_checkpoint(\"ckpts\"))   # a directory of checkpoints
    tf.saved_model.load(\"exported\")                           # saved_model.pb, with variables/ beside it
    keras.models.load_model(\"model.keras\")                    # .keras, or a whole model in .h5
    model.load_weights(\"model.weights.h5\")                    # weights in .h5",
        not: "",
        ignore: "If the directory is not meant to hold checkpoints.",
        see: &["F001", "F002", "F009"],
    },
};

/// The name of something else that a loader takes.
pub(super) fn other_format(facts: &Facts) -> Option<&str> {
    let resolved = &facts.resolved;
    if resolved.is_saved_model {
        return Some("saved_model.pb");
    }
    let directory = resolved.directory.as_ref().filter(|_| resolved.is_directory)?;
    // The list of a set stands for its shards.
    let ends = [".weights.json", ".keras", ".h5", ".hdf5"];
    let ending = |end: &str| directory.names.iter().find(|name| name.ends_with(end));
    ends.into_iter().find_map(ending).map(String::as_str)
}

fn check(facts: &Facts, findings: &mut Findings) {
    if let Some(checkpoint) = &facts.checkpoint {
        if let Some(finding) = of_checkpoints(facts, checkpoint) {
            findings.add(finding);
        }
        return;
    }
    let Some(name) = other_format(facts) else { return };
    let given = &facts.resolved.given;
    let path = within(given, name);
    let finding = if facts.resolved.is_saved_model {
        let message = "a SavedModel whose variables are not there: variables/variables.index is missing";
        Finding::new(&RULE, message)
            .cause("missing-shard")
            .tensorflow(format!("\"Failed to find any matching files for {}\"", within(given, "variables/variables")))
            .help("copy the directory whole, variables/ included (only a frozen model has none)")
    } else {
        let is_weights = name.ends_with(".weights.h5") || name.ends_with(".weights.json");
        let finding = Finding::new(&RULE, format!("no checkpoint in this directory, but {name}, which Keras loads"))
            .cause("wrong-format")
            .cause("wrong-path")
            .cause("no-checkpoint-found")
            .tensorflow(
                "latest_checkpoint() returns None; restore() of the directory raises DataLossError: \"Is a directory\"",
            )
            .help(format!("ckpt doctor {} says which call loads it", shell(&path)));
        if is_weights { finding.python(format!("model.load_weights({})", python(&path))) } else { finding }
    };
    findings.add(finding.path(given.clone()));
}

/// `restore(directory)`, where there are checkpoints in it.
fn of_checkpoints(facts: &Facts, checkpoint: &Checkpoint) -> Option<Finding> {
    let prediction = leading(facts).filter(|_| facts.resolved.is_directory && !facts.resolved.is_saved_model)?;
    let exception = prediction.course.exception.as_ref()?;
    if !matches!(prediction.loader, Loader::Checkpoint | Loader::Saver) || !exception.message.contains("Is a directory")
    {
        return None;
    }
    let given = &facts.resolved.given;
    Some(
        Finding::new(
            &RULE,
            format!("restore() takes a checkpoint, not the directory in which {} lies", checkpoint.label),
        )
        .path(given.clone())
        .cause("wrong-path")
        .tensorflow("DataLossError: \"Unable to open table file ...; Is a directory\"")
        .help("restore the newest one of the directory")
        .python(match facts.resolved.directory.as_ref().map(|directory| &directory.latest) {
            // restore(None) raises nothing, and restores nothing.
            Some(Latest::Nothing(_)) => format!("checkpoint.restore({})", python(&checkpoint.label)),
            _ => format!("checkpoint.restore(tf.train.latest_checkpoint({}))", python(given)),
        }),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample;

    #[test]
    fn a_directory_of_keras_files() {
        let mut facts = sample::facts(sample::named(&[]));
        facts.checkpoint = None;
        let mut findings = Findings::default();
        check(&facts, &mut findings);
        assert!(findings.list().is_empty(), "nothing that another loader takes");
        sample::directory(&mut facts).names.push("best.weights.h5".to_owned());
        check(&facts, &mut findings);
        assert_eq!(findings.list()[0].fixes[0].text, "model.load_weights(\"ckpts/best.weights.h5\")");
    }

    /// latest_checkpoint() of a directory without a state file returns None: the prefix is given then.
    #[test]
    fn the_help_restores_something() {
        let mut facts = sample::loaded(sample::facts(sample::named(&[])), Loader::Checkpoint, Some("Is a directory"));
        let fix = |facts: &Facts| {
            let mut findings = Findings::default();
            check(facts, &mut findings);
            findings.list()[0].fixes[0].text.clone()
        };
        assert_eq!(fix(&facts), "checkpoint.restore(tf.train.latest_checkpoint(\"ckpts\"))");
        sample::directory(&mut facts).latest = Latest::Nothing("there is no file named checkpoint");
        assert_eq!(fix(&facts), "checkpoint.restore(\"ckpts/ckpt-4\")");
    }

    #[test]
    fn a_directory_of_checkpoints_is_the_normal_case() {
        let mut facts = sample::facts(sample::named(&[]));
        sample::directory(&mut facts).names.push("best.keras".to_owned());
        let mut findings = Findings::default();
        check(&facts, &mut findings);
        assert!(findings.list().is_empty());
    }
}

//! F038: the loader is made for files of another kind.

use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::loader;
use crate::doctor::outlook::{call, leading};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::model::{Container, Depth};
use crate::restore::{Loader, Outcome};

pub static RULE: Rule = Rule {
    code: "F038",
    name: "other-loader",
    severity: Severity::Error,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means: "The path is of a kind that this loader does not load, or of which it takes a part that is of no use to the \
program: a SavedModel given to tf.train.Checkpoint, say, is opened, and its variables hang on objects of other names \
than the model's.",
        you_see: &[
            "{nothing, and nothing is restored}",
            "DataLossError: Unable to open table file {path}: perhaps your file is in a different file format and you need \
to use a different restore operator?",
        ],
        knows: "What lies at the path, by its content, and what the loader takes.",
        fix: "Load it with the call that it is made for: the finding names it.",
        not: "",
        ignore: "If the outcome that is told is the one that you want.",
        see: &["F005", "F022"],
    },
};

fn check(facts: &Facts, findings: &mut Findings) {
    let (Some(prediction), Some(checkpoint)) = (leading(facts), &facts.checkpoint) else { return };
    let takes = match prediction.loader {
        Loader::Checkpoint | Loader::Manager => {
            !facts.resolved.is_saved_model && matches!(checkpoint.container, Container::Bundle | Container::V1)
        }
        Loader::Saver => matches!(checkpoint.container, Container::Bundle | Container::V1 | Container::MetaGraph),
        // Keras says itself which files it takes, and F022 speaks for SavedModels.
        _ => true,
    };
    if takes || prediction.outcome == Outcome::Ok || !checkpoint.faults.is_empty() {
        return;
    }
    let what = loader::identity(checkpoint, &facts.resolved);
    let outcome = match (&prediction.course.exception, prediction.outcome) {
        (Some(exception), _) => format!("raises {}", exception.class),
        (None, Outcome::Noop) => "restores nothing, and raises nothing".to_owned(),
        (None, _) => "restores a part, and raises nothing".to_owned(),
    };
    let tensorflow = prediction.course.exception.as_ref().map_or_else(
        || "nothing".to_owned(),
        |exception| format!("{}: \"{}\"", exception.class, exception.message.lines().next().unwrap_or_default()),
    );
    let mut finding =
        Finding::new(&RULE, format!("{} {outcome}: this is another kind of file", call(prediction.loader)))
            .path(facts.subject.clone())
            .cause("wrong-format")
            .evidence(what)
            .tensorflow(tensorflow)
            .help("load it with the call that it is made for");
    if let Some(call) = loader::advice(checkpoint, &facts.resolved).call {
        finding = finding.python(call);
    }
    if prediction.loader == Loader::Manager {
        finding = finding.cause("no-checkpoint-found");
    }
    findings.add(finding);
}

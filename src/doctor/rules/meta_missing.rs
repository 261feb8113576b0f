//! F025: the graph is asked for, and there is none beside the checkpoint.

use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::outlook::leading;
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::model::Depth;
use crate::restore::Loader;

pub static RULE: Rule = Rule {
    code: "F025",
    name: "meta-missing",
    severity: Severity::Error,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means: "import_meta_graph builds the graph from the .meta file beside a checkpoint, and it is not there. Authors \
often publish the index and the data alone; a program that builds its graph in code needs no more.",
        you_see: &["OSError: File does not exist. Received: {path}.meta.", "OSError: File {path}.meta does not exist."],
        knows: "The checkpoint is there, and no file of its prefix ends in .meta.",
        fix: "Build the graph in code, and restore into it:

    build_model()
    tf.compat.v1.train.Saver().restore(session, \"model.ckpt\")",
        not: "The .meta file of another checkpoint builds another graph, whose variables need not be the same.",
        ignore: "If the program builds its graph itself.",
        see: &["F003", "F035"],
    },
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(prediction) = leading(facts).filter(|prediction| prediction.loader == Loader::Saver) else { return };
    let Some(exception) = &prediction.course.exception else { return };
    if !exception.message.starts_with("File does not exist. Received:") || facts.program().is_some() {
        return;
    }
    findings.add(
        Finding::new(&RULE, "the checkpoint is here without its graph: there is no .meta file")
            .path(facts.subject.clone())
            .cause("missing-index")
            .tensorflow(format!("{}: \"{}\"", exception.class, exception.message))
            .help("copy the .meta file too, or build the graph in code")
            .python("build_model()\ntf.compat.v1.train.Saver().restore(session, path)"),
    );
}

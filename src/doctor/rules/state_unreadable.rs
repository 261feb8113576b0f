//! F011: TensorFlow cannot read the state file.

use crate::bytes::{Fault, FaultKind, Foreign};
use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::outlook::restorable;
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::{allow, own_name, python, state_line, within};
use crate::model::{Depth, Latest, StateFile};

pub static RULE: Rule = Rule {
    code: "F011",
    name: "state-unreadable",
    severity: Severity::Error,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means: "The file named \"checkpoint\" is there, but TensorFlow cannot read it: it was edited by hand, cut off, \
is empty, or is something else. Except for the empty file it then behaves as if there were none: a line in the log, \
None from latest_checkpoint(), and a training that restarts at 0.",
        you_see: &[
            "ParseError: 1:24 : 'model_checkpoint_path: None': Expected string but found: 'None'",
            "{directory}/checkpoint: Checkpoint ignored",
            "ValueError: Invalid checkpoint state loaded from {directory}",
        ],
        knows: "The file is parsed as TensorFlow does it: protobuf text with four known fields. An unknown field is an \
error there, too.",
        fix: "Write it anew; one line is enough:

    echo 'model_checkpoint_path: \"ckpt-4\"' > ckpts/checkpoint

Then find out who writes it: two programs at once, a disk that was full, a network drive that loses renames.",
        not: "",
        ignore: "If checkpoints are always restored by prefix.",
        see: &["F009", "F010"],
    },
};

fn check(facts: &Facts, findings: &mut Findings) {
    let resolved = &facts.resolved;
    let Some(directory) = &resolved.directory else { return };
    if resolved.is_saved_model || !(resolved.is_directory || resolved.is_state_file) {
        return;
    }
    let file = within(&directory.label, "checkpoint");
    let finding = match (&directory.state, &directory.latest) {
        // Of a folder in which nothing can be looked at F031 speaks.
        (StateFile::Malformed { fault, .. }, _)
            if resolved.refused.is_some() && matches!(fault.kind, FaultKind::Unreadable { .. }) =>
        {
            return;
        }
        (StateFile::Malformed { fault, foreign }, _) => {
            let message = match (foreign, &fault.kind) {
                (Some(what), _) if !matches!(what, Foreign::Text | Foreign::StateFile) => {
                    format!("is {what}, not a state file")
                }
                (_, FaultKind::StateMalformed { error }) => format!("TensorFlow ignores this file: {error}"),
                (_, kind) => kind.to_string(),
            };
            let says = match directory.latest {
                Latest::Garbled => "latest_checkpoint() raises UnicodeDecodeError",
                _ => "logs \"Checkpoint ignored\", latest_checkpoint() returns None, and restore(None) raises nothing",
            };
            let finding = Finding::new(&RULE, message).at(&fault.at).tensorflow(says);
            match foreign {
                Some(Foreign::LfsPointer { .. }) => finding.cause("lfs-pointer"),
                Some(Foreign::Text | Foreign::StateFile) | None => finding.cause("no-checkpoint-found"),
                Some(_) => finding.cause("not-a-checkpoint").cause("no-checkpoint-found"),
            }
        }
        (StateFile::Read(_), Latest::Raises) => {
            Finding::new(&RULE, "names no checkpoint: it is empty, or has no model_checkpoint_path")
                .path(file.clone())
                .cause("truncated-file")
                .tensorflow(format!("ValueError: \"Invalid checkpoint state loaded from {}\"", directory.label))
        }
        _ => return,
    };
    let allow = match &directory.state {
        StateFile::Malformed { fault: Fault { kind: FaultKind::Unreadable { error }, .. }, .. } => allow(&file, error),
        _ => None,
    };
    let finding = match (restorable(facts, findings), allow) {
        // It may be in order.
        (label, Some((help, command))) => {
            let calls = label.map(call).into_iter();
            calls.fold(finding.help(help).shell(command), Finding::python)
        }
        (Some(label), None) => {
            let (_, command) = state_line(&directory.label, own_name(label));
            finding.help("write it anew; one line is enough").shell(command).python(call(label))
        }
        (None, None) => finding.help("nothing that TensorFlow could restore is here for it to name"),
    };
    findings.add(finding);
}

fn call(label: &str) -> String {
    format!("checkpoint.restore({})", python(label))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::Span;
    use crate::doctor::sample;

    #[test]
    fn malformed_or_empty() {
        let mut facts = sample::facts(sample::named(&[("w", &[2])]));
        let directory = sample::directory(&mut facts);
        directory.latest = Latest::Raises;
        let mut findings = Findings::default();
        check(&facts, &mut findings);
        assert!(findings.list()[0].tensorflow.as_ref().unwrap().contains("Invalid checkpoint state loaded from ckpts"));
        let kind = FaultKind::StateMalformed { error: "expected string".to_owned() };
        let fault = Fault { kind, at: Span::whole(&"ckpts/checkpoint".into()) };
        let directory = sample::directory(&mut facts);
        (directory.latest, directory.state) =
            (Latest::Nothing("unreadable"), StateFile::Malformed { fault, foreign: None });
        let mut findings = Findings::default();
        check(&facts, &mut findings);
        assert_eq!(findings.list()[0].message, "TensorFlow ignores this file: expected string");
        assert_eq!(findings.list()[0].fixes[0].text, "echo 'model_checkpoint_path: \"ckpt-4\"' > ckpts/checkpoint");
    }

    #[test]
    fn readable() {
        let mut findings = Findings::default();
        check(&sample::facts(sample::named(&[("w", &[2])])), &mut findings);
        assert!(findings.list().is_empty());
    }
}

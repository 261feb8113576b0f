//! F006: characters in the path that TensorFlow reads as a pattern.

use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::shell;
use crate::model::{Container, Depth};

pub static RULE: Rule = Rule {
    code: "F006",
    name: "glob-chars-in-prefix",
    severity: Severity::Error,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means: "The path has a character ([ ] * ? or a backslash) that TensorFlow takes for a pattern when it looks for \
the checkpoint, though not when it saves one. It writes run[200]/ckpt-1 without complaint and then cannot find it: \
[200] matches one of the characters 2 and 0, not itself.",
        you_see: &[
            "Failed to find any matching files for {path}",
            "ValueError: The passed save_path is not a valid checkpoint: {path}",
            "None from tf.train.latest_checkpoint, and then nothing: restore(None) is accepted",
        ],
        knows: "The characters are in the path of the prefix, as it was given.",
        fix: "Rename the directory or the files, all of one prefix alike. Working from inside the directory helps if \
only its name is the trouble, because the pattern is the path as given.

    mv 'run[200]' run-200",
        not: "Escaping the characters with backslashes: these do not match themselves either.",
        ignore: "If the checkpoint is only ever restored by a path that does not have these characters.",
        see: &["F001"],
    },
};

fn is_pattern(c: char) -> bool {
    // Windows' own separator stands in every path there.
    matches!(c, '[' | ']' | '*' | '?') || (c == '\\' && !cfg!(windows))
}

fn check(facts: &Facts, findings: &mut Findings) {
    // Only the path of a bundle goes through a matcher of patterns.
    let Some(checkpoint) = facts.checkpoint.as_ref().filter(|c| c.container == Container::Bundle) else { return };
    let Some(found) = checkpoint.label.chars().find(|c| is_pattern(*c)) else { return };
    let renamed: String = checkpoint.label.chars().map(|c| if is_pattern(c) { '-' } else { c }).collect();
    let mut parts = checkpoint.label.split('/').zip(renamed.split('/'));
    let mut before: Vec<&str> = Vec::new();
    let part = parts.find(|(old, new)| {
        let same = old == new;
        if same {
            before.push(old);
        }
        !same
    });
    let mut finding =
        Finding::new(&RULE, format!("TensorFlow cannot find this path again: it reads {found:?} as a pattern"))
            .path(checkpoint.label.clone())
            .tensorflow(
                "as if nothing were there: \"Failed to find any matching files\", or None from latest_checkpoint()",
            )
            .help("rename it, all files of the prefix alike");
    let is_last = |old: &str| checkpoint.label.rsplit('/').next() == Some(old);
    if let Some((old, new)) = part.filter(|(old, _)| !is_last(old)) {
        let join = |name: &str| before.iter().copied().chain([name]).collect::<Vec<_>>().join("/");
        finding = finding.shell(format!("mv {} {}", shell(&join(old)), shell(&join(new))));
    }
    findings.add(finding);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample;

    fn with(label: &str) -> Findings {
        let mut facts = sample::facts(sample::named(&[("w", &[2])]));
        facts.checkpoint.as_mut().unwrap().label = label.to_owned();
        let mut findings = Findings::default();
        check(&facts, &mut findings);
        findings
    }

    #[test]
    fn brackets() {
        let found = with("runs/lr[1e-3]/ckpt-1");
        assert_eq!(found.list()[0].fixes[0].text, "mv 'runs/lr[1e-3]' runs/lr-1e-3-");
        assert_eq!(with("ckpt*").list().len(), 1);
    }

    #[test]
    fn ordinary_paths() {
        assert!(with("runs/lr=1e-3, a (copy)/ckpt-1").list().is_empty());
    }
}

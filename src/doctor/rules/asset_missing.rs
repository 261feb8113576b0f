//! F037: a file that a SavedModel reads is not there.

use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::{many, some};
use crate::model::Depth;

pub static RULE: Rule = Rule {
    code: "F037",
    name: "asset-missing",
    severity: Severity::Error,
    needs: Depth::Files,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means: "The graph of the SavedModel reads a file of the folder assets/ when it is loaded (the words of a vocabulary, as a rule), and that file is not there. The variables may be whole.",
        you_see: &[
            "FileNotFoundError: Graph execution error: {dir}/assets/{file}; No such file or directory",
            "FailedPreconditionError: Table not initialized.",
        ],
        knows: "The graph names its assets, and the folder is listed.",
        fix: "Copy the whole directory, with its folder assets:

    cp -r model/ elsewhere/",
        not: "An empty file in its place: the table would be loaded without words, and every word be unknown.",
        ignore: "If you read the variables alone.",
        see: &["F036"],
    },
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(saved) = facts.checkpoint.as_ref().and_then(|checkpoint| checkpoint.saved_model.as_ref()) else { return };
    let missing: Vec<&String> = saved.wanted_assets.iter().filter(|name| !saved.assets.contains(name)).collect();
    let Some(first) = missing.first() else { return };
    let message = match missing.len() {
        1 => format!("the graph reads assets/{first}, which is not there"),
        n => format!("the graph reads {} of assets/ that are not there", many(n, "file")),
    };
    findings.add(
        Finding::new(&RULE, message)
            .path(facts.resolved.given.clone())
            .cause("missing-shard")
            .evidence(format!("not there: {}", some(&missing)))
            .tensorflow("FileNotFoundError: \"... No such file or directory\" from tf.saved_model.load()")
            .help("copy the whole directory, with its folder assets"),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample::{facts, named};
    use crate::model::SavedModel;

    fn found(there: &[&str]) -> Vec<String> {
        let mut checkpoint = named(&[("table", &[2])]);
        let words = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let saved =
            SavedModel { assets: words(there), wanted_assets: words(&["a.txt", "b.txt"]), ..SavedModel::default() };
        checkpoint.saved_model = Some(Box::new(saved));
        let mut findings = Findings::default();
        check(&facts(checkpoint), &mut findings);
        findings.list().iter().map(|finding| finding.message.clone()).collect()
    }

    #[test]
    fn what_the_graph_reads_must_be_there() {
        assert_eq!(found(&["a.txt", "b.txt", "c.txt"]), [""; 0]);
        assert_eq!(found(&["b.txt"]), ["the graph reads assets/a.txt, which is not there"]);
        assert_eq!(found(&[]), ["the graph reads 2 files of assets/ that are not there"]);
    }
}

//! F023: a module in the cache of TensorFlow Hub that has lost its graph.

use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::{many, shell, some};
use crate::model::{Depth, HollowModule};

pub static RULE: Rule = Rule {
    code: "F023",
    name: "hub-cache-hollow",
    severity: Severity::Error,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means: "TensorFlow Hub keeps what it fetches in a cache: a directory for each module, called by the SHA-1 of \
its address. This one is there, but not the saved_model.pb in it. The usual cause is the cache's place: it is in the \
system's temporary folder if nobody chooses another, and what cleans that folder removes old files and leaves \
directories. As long as anything is in the directory, hub.load() takes it for the module and fetches nothing.",
        you_see: &[
            "OSError: SavedModel file does not exist at: {cache}/tfhub_modules/{sha1}/{saved_model.pbtxt|saved_model.pb}",
            "ValueError: Trying to load a model of incompatible/unknown type. '{cache}/tfhub_modules/{sha1}' contains neither 'saved_model.pb' nor 'saved_model.pbtxt'.",
            "RuntimeError: Missing implementation that supports: loader(...)",
        ],
        knows: "The directory is called by 40 hexadecimal digits, lies in tfhub_modules or has a text with its address \
beside it, and has no saved_model.pb and nothing that belongs to no SavedModel.",
        fix: "Delete the directory; the program fetches the module again:

    rm -r {cache}/tfhub_modules/{sha1}

Keep the cache where nothing is cleaned away:

    export TFHUB_CACHE_DIR=$HOME/.cache/tfhub_modules",
        not: "Copying a saved_model.pb into it: its variables have to be those of the same module.",
        ignore: "Never.",
        see: &["F022", "F036"],
    },
};

fn check(facts: &Facts, findings: &mut Findings) {
    let hollow = &facts.resolved.hollow;
    let Some(first) = hollow.first() else { return };
    let message = match hollow.len() {
        1 => format!("a module of TensorFlow Hub without saved_model.pb: {}", left(first)),
        n => format!("{} of TensorFlow Hub have no saved_model.pb", many(n, "module")),
    };
    let mut finding = Finding::new(&RULE, message).path(first.label.clone());
    let labels: Vec<&str> = hollow.iter().map(|module| module.label.as_str()).collect();
    if labels.len() > 1 {
        finding = finding.path(facts.resolved.given.clone()).evidence(format!("directories: {}", some(&labels)));
    }
    let handles: Vec<&str> = hollow.iter().filter_map(|module| module.handle.as_deref()).collect();
    if !handles.is_empty() {
        finding = finding.evidence(format!("fetched from {}", some(&handles)));
    }
    let path = &first.label;
    let of_hub = if hollow.iter().all(|module| module.left.is_empty()) {
        "hub.load() fetches it again".to_owned()
    } else {
        format!(
            "hub.load() raises ValueError: \"Trying to load a model of incompatible/unknown type. '{path}' contains \
             neither 'saved_model.pb' nor 'saved_model.pbtxt'.\""
        )
    };
    let says = format!(
        "OSError: \"SavedModel file does not exist at: {path}/{{saved_model.pbtxt|saved_model.pb}}\"; {of_hub}"
    );
    let paths: Vec<String> = labels.iter().map(|label| shell(label)).collect();
    findings.add(
        finding
            .tensorflow(says)
            .help("delete it, so that it is fetched again, and let TFHUB_CACHE_DIR name a place that nothing cleans")
            .shell(format!("rm -r {}", paths.join(" "))),
    );
}

/// What is in the directory.
fn left(module: &HollowModule) -> String {
    match module.left.as_slice() {
        [] => "the directory is empty".to_owned(),
        left => format!("only {} left", some(left)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample;

    fn run(hollow: &[(&str, &[&str])]) -> Vec<Finding> {
        let mut facts = sample::nothing("tfhub_modules");
        let module = |(label, left): &(&str, &[&str])| HollowModule {
            label: (*label).to_owned(),
            left: left.iter().map(|name| (*name).to_owned()).collect(),
            handle: Some("https://tfhub.dev/x/1".to_owned()),
        };
        facts.resolved.hollow = hollow.iter().map(module).collect();
        let mut findings = Findings::default();
        check(&facts, &mut findings);
        findings.list().to_vec()
    }

    #[test]
    fn what_is_left_is_said() {
        assert!(run(&[]).is_empty());
        let found = run(&[("tfhub_modules/a", &["assets", "variables"])]);
        assert!(found[0].message.ends_with("only assets, variables left"), "{}", found[0].message);
        assert!(found[0].tensorflow.as_ref().unwrap().contains("contains neither"));
        assert_eq!(found[0].fixes[0].text, "rm -r tfhub_modules/a");
        assert_eq!(found[0].evidence, ["fetched from https://tfhub.dev/x/1"]);
    }

    #[test]
    fn an_empty_one_is_fetched_again() {
        let found = run(&[("tfhub_modules/a", &[])]);
        assert!(found[0].message.ends_with("the directory is empty"));
        assert!(found[0].tensorflow.as_ref().unwrap().ends_with("hub.load() fetches it again"));
        let found = run(&[("tfhub_modules/a", &[]), ("tfhub_modules/b", &["variables"])]);
        assert_eq!((found.len(), found[0].path.as_deref()), (1, Some("tfhub_modules")));
        assert_eq!(found[0].fixes[0].text, "rm -r tfhub_modules/a tfhub_modules/b");
    }
}

//! F036: a SavedModel whose variables are not there.

use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::{many, some};
use crate::model::{Depth, FileRole};

pub static RULE: Rule = Rule {
    code: "F036",
    name: "saved-model-without-variables",
    severity: Severity::Error,
    needs: Depth::Files,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means: "The graph of the SavedModel needs variables, and the folder variables/ is empty or missing: only saved_model.pb was copied.",
        you_see: &[
            "FileNotFoundError: Unsuccessful TensorSliceReader constructor: Failed to find any matching files for {dir}/variables/variables",
            "OSError: Cannot find variables/variables",
            "NotFoundError: Could not find checkpoint or SavedModel at {dir}/variables/variables",
        ],
        knows: "The variables that the graph names are counted, and the folder is looked into.",
        fix: "Copy the whole directory:

    cp -r model/ elsewhere/",
        not: "",
        ignore: "Never.",
        see: &["F015"],
    },
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(checkpoint) = &facts.checkpoint else { return };
    let Some(saved) = &checkpoint.saved_model else { return };
    let mut of_variables = checkpoint.files.iter().filter(|file| file.role != FileRole::Part);
    let any_file = of_variables.any(|file| file.size.is_some());
    if saved.needs.is_empty() || any_file {
        return;
    }
    let names: Vec<&str> = saved.needs.iter().map(|needed| needed.name.as_str()).collect();
    let message = format!("the graph needs {}, and there are none", many(names.len(), "variable"));
    findings.add(
        Finding::new(&RULE, message)
            .path(facts.resolved.given.clone())
            .cause("missing-shard")
            .evidence(format!("needed: {}", some(&names)))
            .tensorflow("raises when it loads the SavedModel: the files of variables/ are not found")
            .help("copy the whole directory, with its folder variables"),
    );
}

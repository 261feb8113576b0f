//! K016: classes and functions of the user's own that a model is built of.

use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::keras::raising;
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::{is_python_name, number, python, some};
use crate::model::{Checkpoint, Container, Custom, Depth, Purpose, Writer};

pub static RULE: Rule = Rule {
    code: "K016",
    name: "unknown-custom-class",
    severity: Severity::Info,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means: "The model is built of classes or functions that are not Keras' own. Their code is not in the file: load_model() has to be given them, or finds them if the module that defines them has been imported and registers them.",
        you_see: &[
            "TypeError: Could not locate class '{C}'. Make sure custom classes and functions are decorated with `@keras.saving.register_keras_serializable()`.",
            "ValueError: Unknown layer: '{C}'. Please ensure you are using a `keras.utils.custom_object_scope` and that this object is included in the scope.",
            "ValueError: Unknown activation function: '{f}'.",
            "TypeError: <class 'keras.src.models.sequential.Sequential'> could not be deserialized properly.",
        ],
        knows: "The configuration names the module and the registered name of each class; files from before Keras 2.12 name the class alone, which is looked for among those that Keras has or had. Whether the program registers them no file tells: a class that was registered at the save is taken to be registered again, and the prediction says that it rests on it.",
        fix: "Import the code that defines them, and pass them under the names that the file asks for:

    keras.models.load_model(\"model.keras\", custom_objects={\"my_package>Scale\": Scale})

Or build the model in code and load the weights alone.",
        not: "A class of the same name that computes something else: the weights load, and the results are wrong.",
        ignore: "If your program defines or imports them before it loads the model.",
        see: &["K017", "S001"],
    },
};

/// The call that passes them.
pub(super) fn call(checkpoint: &Checkpoint, custom: &[&Custom]) -> String {
    let keras = match checkpoint.writer {
        Writer::Keras3 => "keras",
        _ => "tf_keras",
    };
    // What is no name in Python is a comment to whoever pastes it.
    let value = |custom: &Custom| match is_python_name(&custom.name) {
        true => custom.name.clone(),
        false => "...".to_owned(),
    };
    let pairs: Vec<String> =
        custom.iter().map(|custom| format!("{}: {}", python(&custom.key), value(custom))).collect();
    let pairs = pairs.join(", ");
    format!("{keras}.models.load_model({}, custom_objects={{{pairs}}})", python(&checkpoint.label))
}

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(checkpoint) = &facts.checkpoint else { return };
    let Some(configured) = checkpoint.configured() else { return };
    let custom: Vec<&Custom> = configured.custom.iter().filter(|custom| custom.purpose == Purpose::Model).collect();
    if custom.is_empty() || !matches!(checkpoint.container, Container::KerasModelH5 | Container::KerasArchive) {
        return;
    }
    let names: Vec<&str> = custom.iter().map(|custom| custom.name.as_str()).collect();
    let message = format!("load_model() needs {} of yours: {}", counted(custom.len()), some(&names));
    let finding = Finding::new(&RULE, message).path(checkpoint.label.clone()).cause("custom-object-missing");
    // An error where the load is predicted to end with one of them.
    let refused = raising(facts, findings).filter(|(_, exception)| {
        let starts =
            ["Could not locate class", "Unknown layer"].iter().any(|start| exception.message.starts_with(start));
        starts && names.iter().any(|name| exception.message.contains(&format!("'{name}'")))
    });
    let severity = if refused.is_some() { Severity::Error } else { RULE.severity };
    let finding = Finding { severity, ..finding };
    let from =
        custom.iter().filter_map(|custom| Some(format!("{} comes from {}", custom.name, custom.module.as_deref()?)));
    let finding = from.take(SHOWN).fold(finding, Finding::evidence);
    findings.add(
        finding
            .tensorflow("TypeError: \"Could not locate class ...\" (Keras 2: \"Unknown layer: ...\") unless they are registered or passed")
            .help("import the code that defines them, and pass what is not registered")
            .python(call(checkpoint, &custom)),
    );
}

/// `1 class or function`, `2 classes or functions`
fn counted(n: usize) -> String {
    if n == 1 { "1 class or function".to_owned() } else { format!("{} classes or functions", number(n as u64)) }
}

/// Modules that are written out.
const SHOWN: usize = 5;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample::{facts, named};
    use crate::model::{Configured, KerasFile};

    #[test]
    fn what_is_needed_is_named() {
        let custom = |purpose, name: &str, key: &str| Custom {
            purpose,
            name: name.to_owned(),
            key: key.to_owned(),
            module: Some("example".to_owned()),
        };
        let said = |custom: Vec<Custom>| {
            let mut checkpoint = named(&[("dense/kernel", &[2])]);
            (checkpoint.container, checkpoint.writer) = (Container::KerasArchive, Writer::Keras3);
            let configured = Some(Configured { custom, ..Configured::default() });
            checkpoint.keras = Some(Box::new(KerasFile { configured, ..KerasFile::default() }));
            let mut findings = Findings::default();
            check(&facts(checkpoint), &mut findings);
            findings.list().first().map(|finding| (finding.message.clone(), finding.fixes[0].text.clone()))
        };
        let (message, call) = said(vec![custom(Purpose::Model, "Net", "Example>Net")]).unwrap();
        assert_eq!(message, "load_model() needs 1 class or function of yours: Net");
        assert_eq!(call, r#"keras.models.load_model("ckpts/ckpt-4", custom_objects={"Example>Net": Net})"#);
        assert_eq!(said(vec![custom(Purpose::Training, "loss", "loss")]), None);
        assert_eq!(said(Vec::new()), None);
        let (_, call) = said(vec![custom(Purpose::Model, "x\"; import os", "k")]).unwrap();
        assert!(call.ends_with("{\"k\": ...})"), "{call}");
    }
}

//! K017: losses and metrics that load_model does not find.

use super::unknown_custom_class::call;
use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::keras::{by_weights, from_keras2, of_keras2, quote, raising};
use crate::doctor::outlook::leading;
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::{python, some};
use crate::model::{Checkpoint, Container, Custom, Depth, Purpose, Writer};
use crate::restore::{Exception, SHORT_LOSSES, UNKNOWN_LOSS};

pub static RULE: Rule = Rule {
    code: "K017",
    name: "unknown-loss-or-metric",
    severity: Severity::Warning,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means: "The model was compiled with a loss, a metric or an optimizer that load_model() does not find by the stored name: a function of the user's own, or, in HDF5, a name that Keras 3 does not read from there: a short one such as mse, which it writes itself, or one that only Keras 2 has, such as logcosh. The layers and weights are not concerned.",
        you_see: &[
            "ValueError: Could not deserialize 'keras.metrics.{f}' because it is not a KerasSaveable subclass",
            "TypeError: Could not locate function '{f}'. Make sure custom classes are decorated with `@keras.saving.register_keras_serializable()`.",
            "TypeError: Could not locate function '{f}'.",
            "ValueError: Unknown loss function: '{f}'.",
            "TypeError: string indices must be integers, not 'str'",
        ],
        knows: "The stored compilation names losses and metrics; short names are those that Keras 3 was seen to refuse in HDF5. Own functions are worth a note only, as they may be registered.",
        fix: "Load the model without its compilation, and compile it again:

    model = keras.models.load_model(\"model.h5\", compile=False)
    model.compile(optimizer, loss=\"mse\")

The state of the optimizer is not loaded then: go on training from a file that has none of this, such as .keras.",
        not: "",
        ignore: "If you pass compile=False, or the functions as custom_objects.",
        see: &["K016", "K027"],
    },
};

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(checkpoint) = &facts.checkpoint else { return };
    let Some(configured) = checkpoint.configured() else { return };
    let raised = raising(facts, findings).map(|(_, exception)| exception);
    let raised = raised.filter(|raised| raised.message.contains("KerasSaveable") || raised.message == UNKNOWN_LOSS);
    let losses: Vec<&str> =
        configured.compiled.iter().flat_map(|compiled| &compiled.losses).map(String::as_str).collect();
    // The only loss is meant; or one of several that has a short name.
    let refused: Vec<&str> = match raised {
        Some(raised) if raised.message == UNKNOWN_LOSS => losses,
        _ => losses.into_iter().filter(|loss| SHORT_LOSSES.contains(loss)).collect(),
    };
    let own: Vec<&Custom> = configured.custom.iter().filter(|custom| custom.purpose == Purpose::Training).collect();
    let raised_for_own = raised.filter(|_| own.iter().any(|own| refused.contains(&own.name.as_str())));
    if !own.is_empty() {
        findings.add(of_own(checkpoint, &own, raised_for_own));
    }
    match raised {
        Some(_) if raised_for_own.is_some() => {}
        Some(exception) => findings.add(of_keras(checkpoint, &refused, exception)),
        None if refused.is_empty() => {}
        None => unread(facts, checkpoint, &refused).into_iter().for_each(|finding| findings.add(finding)),
    }
}

/// Functions and classes of the user's own: a note, unless the call raises for one of them.
fn of_own(checkpoint: &Checkpoint, own: &[&Custom], raised: Option<&Exception>) -> Finding {
    let names: Vec<&str> = own.iter().map(|own| own.name.as_str()).collect();
    let message = format!("it was compiled with what is not of Keras: {}", some(&names));
    let says = "TypeError: \"Could not locate function ...\" (Keras 2: \"Unknown loss function\") unless it is registered or \
                passed";
    let finding = Finding::new(&RULE, message)
        .path(checkpoint.label.clone())
        .tensorflow(raised.map_or_else(|| says.to_owned(), quote))
        .help("pass it as custom_objects, or load the model without its compilation");
    match raised {
        // Only Keras 3 is told to raise.
        Some(_) => {
            let path = python(&checkpoint.label);
            let finding = finding.python(format!("keras.models.load_model({path}, compile=False)"));
            Finding { severity: Severity::Error, ..finding }
        }
        None => {
            let finding = finding.python(call(checkpoint, own)).python(without_compilation(checkpoint));
            Finding { severity: Severity::Info, ..finding }
        }
    }
}

/// Names of Keras itself for which the call raises.
fn of_keras(checkpoint: &Checkpoint, refused: &[&str], exception: &Exception) -> Finding {
    let message = match refused {
        [] => "Keras 3 does not find the loss or metric under the name that the file has".to_owned(),
        names => not_read_back(names),
    };
    // Keras 3 reads nothing back that it wrote itself so; of Keras 2 it is the other generation's name.
    let cause = if from_keras2(checkpoint) { "keras-version" } else { "wrong-format" };
    let finding = Finding::new(&RULE, message)
        .path(checkpoint.label.clone())
        .cause(cause)
        .tensorflow(quote(exception))
        .help("load the model without its compilation, and compile it again")
        .python(format!("model = keras.models.load_model({}, compile=False)", python(&checkpoint.label)));
    Finding { severity: Severity::Error, ..finding }
}

/// Short names in what Keras 3 wrote, where nobody asked what a call would do.
fn unread(facts: &Facts, checkpoint: &Checkpoint, short: &[&str]) -> Option<Finding> {
    // Keras 2 reads them; so it does for who stays with it.
    let by_keras2 = leading(facts).is_some_and(of_keras2);
    let is_lost = checkpoint.container == Container::KerasModelH5 && checkpoint.writer == Writer::Keras3;
    if !is_lost || by_keras2 || leading(facts).is_some_and(by_weights) {
        return None;
    }
    Some(
        Finding::new(&RULE, not_read_back(short))
            .path(checkpoint.label.clone())
            .tensorflow(
                "ValueError: \"Could not deserialize 'keras.metrics.mse' because it is not a KerasSaveable subclass\"",
            )
            .help("load the model without its compilation, and compile it again; or save it as .keras")
            .python(without_compilation(checkpoint)),
    )
}

fn not_read_back(names: &[&str]) -> String {
    format!("the loss is stored as {}, a name that Keras 3 does not read back from HDF5", some(names))
}

fn without_compilation(checkpoint: &Checkpoint) -> String {
    let keras = if checkpoint.writer == Writer::Keras3 { "keras" } else { "tf_keras" };
    format!("{keras}.models.load_model({}, compile=False)", python(&checkpoint.label))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample::{facts, loaded, named};
    use crate::model::{Compiled, Configured, KerasFile};

    fn found(container: Container, writer: Writer, loss: &str, custom: &[&str]) -> Vec<Severity> {
        let mut checkpoint = named(&[("dense/kernel", &[2])]);
        (checkpoint.container, checkpoint.writer) = (container, writer);
        let own = |name: &&str| {
            let (name, key) = ((*name).to_owned(), (*name).to_owned());
            Custom { purpose: Purpose::Training, name, key, module: None }
        };
        let compiled = Some(Compiled { optimizer: Some("Adam".to_owned()), losses: vec![loss.to_owned()] });
        let custom = custom.iter().map(own).collect();
        let configured = Some(Configured { custom, compiled, ..Configured::default() });
        checkpoint.keras = Some(Box::new(KerasFile { configured, ..KerasFile::default() }));
        let mut findings = Findings::default();
        check(&facts(checkpoint), &mut findings);
        findings.list().iter().map(|finding| finding.severity).collect()
    }

    #[test]
    fn short_names_in_hdf5() {
        use Container::{KerasArchive, KerasModelH5};
        assert_eq!(found(KerasModelH5, Writer::Keras3, "mse", &[]), [Severity::Warning]);
        assert_eq!(found(KerasModelH5, Writer::Keras3, "mean_squared_error", &[]), []);
        assert_eq!(found(KerasModelH5, Writer::Keras2, "mse", &[]), []);
        assert_eq!(found(KerasArchive, Writer::Keras3, "mse", &[]), []);
    }

    /// What is said where `load_model` of Keras 3 raises this.
    fn raised(text: &str, loss: &str, own: bool) -> Vec<Finding> {
        let mut checkpoint = named(&[("dense/kernel", &[2])]);
        (checkpoint.container, checkpoint.writer) = (Container::KerasModelH5, Writer::Keras2);
        let custom = Custom { purpose: Purpose::Training, name: loss.to_owned(), key: loss.to_owned(), module: None };
        let compiled = Some(Compiled { optimizer: None, losses: vec![loss.to_owned()] });
        let custom = own.then_some(custom).into_iter().collect();
        let configured = Some(Configured { custom, compiled, ..Configured::default() });
        checkpoint.keras = Some(Box::new(KerasFile { configured, ..KerasFile::default() }));
        let mut findings = Findings::default();
        check(&loaded(facts(checkpoint), crate::restore::Loader::Keras3Model, Some(text)), &mut findings);
        findings.list().to_vec()
    }

    #[test]
    fn a_load_that_fails_for_it() {
        let text = "Could not deserialize 'keras.metrics.mse' because it is not a KerasSaveable subclass";
        for (text, loss) in [(text, "mse"), (UNKNOWN_LOSS, "logcosh")] {
            let found = raised(text, loss, false);
            assert_eq!(found.len(), 1, "{found:?}");
            assert_eq!(
                (found[0].severity, found[0].causes.as_slice()),
                (Severity::Error, ["keras-version"].as_slice())
            );
            assert!(found[0].message.starts_with(&format!("the loss is stored as {loss}, ")), "{}", found[0].message);
            assert!(found[0].fixes[0].text.contains("compile=False"));
        }
        assert!(raised("Argument(s) not recognized: {}", "huber", false).is_empty());
    }

    #[test]
    fn one_of_the_users_own_that_fails_is_told_once() {
        let found = raised(UNKNOWN_LOSS, "my_loss", true);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].severity, Severity::Error);
        assert!(found[0].fixes[0].text.starts_with("keras.") && found[0].fixes[0].text.contains("compile=False"));
        assert_eq!(raised("Argument(s) not recognized: {}", "my_loss", true)[0].severity, Severity::Info);
    }

    #[test]
    fn functions_of_the_users_own() {
        assert_eq!(found(Container::KerasArchive, Writer::Keras3, "my_loss", &["my_loss"]), [Severity::Info]);
    }
}

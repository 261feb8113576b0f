//! K017: losses and metrics that load_model does not find.

use super::unknown_custom_class::call;
use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::keras::{by_weights, from_keras2, of_keras2, quote, raising};
use crate::doctor::outlook::leading;
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::{python, some};
use crate::model::{Container, Custom, Depth, Purpose, Writer};
use crate::restore::SHORT_LOSSES;

pub static RULE: Rule = Rule {
    code: "K017",
    name: "unknown-loss-or-metric",
    severity: Severity::Warning,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means: "The model was compiled with a loss, a metric or an optimizer that load_model() does not find by the stored name: a function of the user's own, or, in HDF5, a short name such as mse, which Keras 3 writes there and does not read back. The layers and weights are not concerned.",
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
    let load = |rest: &str| {
        let keras = if checkpoint.writer == Writer::Keras3 { "keras" } else { "tf_keras" };
        format!("{keras}.models.load_model({}, {rest})", python(&checkpoint.label))
    };
    let custom: Vec<&Custom> = configured.custom.iter().filter(|custom| custom.purpose == Purpose::Training).collect();
    if !custom.is_empty() {
        let names: Vec<&str> = custom.iter().map(|custom| custom.name.as_str()).collect();
        let message = format!("it was compiled with what is not of Keras: {}", some(&names));
        let finding = Finding::new(&RULE, message)
            .path(checkpoint.label.clone())
            .tensorflow("TypeError: \"Could not locate function ...\" (Keras 2: \"Unknown loss function\") unless it is registered or passed")
            .help("pass it, or load the model without its compilation")
            .python(call(checkpoint, &custom))
            .python(load("compile=False"));
        findings.add(Finding { severity: Severity::Info, ..finding });
    }
    let losses = configured.compiled.iter().flat_map(|compiled| &compiled.losses);
    let short: Vec<&str> = losses.map(String::as_str).filter(|loss| SHORT_LOSSES.contains(loss)).collect();
    let raised = raising(facts, findings).filter(|(_, exception)| exception.message.contains("KerasSaveable"));
    if let Some((_, exception)) = raised {
        let message = match short.as_slice() {
            [] => "Keras 3 does not find the loss or metric under the name that the file has".to_owned(),
            names => format!("the loss is stored as {}, a name that Keras 3 does not read back from HDF5", some(names)),
        };
        // Keras 3 reads nothing back that it wrote itself so; of Keras 2 it is the other generation's name.
        let cause = if from_keras2(checkpoint) { "keras-version" } else { "wrong-format" };
        let finding = Finding::new(&RULE, message)
            .path(checkpoint.label.clone())
            .cause(cause)
            .tensorflow(quote(exception))
            .help("load the model without its compilation, and compile it again")
            .python(format!("model = keras.models.load_model({}, compile=False)", python(&checkpoint.label)));
        findings.add(Finding { severity: Severity::Error, ..finding });
        return;
    }
    // Keras 2 reads them; so it does for who stays with it.
    let by_keras2 = leading(facts).is_some_and(of_keras2);
    let is_lost = checkpoint.container == Container::KerasModelH5 && checkpoint.writer == Writer::Keras3;
    if short.is_empty() || !is_lost || by_keras2 || leading(facts).is_some_and(by_weights) {
        return;
    }
    findings.add(
        Finding::new(
            &RULE,
            format!("the loss is stored as {}, a name that Keras 3 does not read back from HDF5", some(&short)),
        )
        .path(checkpoint.label.clone())
        .tensorflow(
            "ValueError: \"Could not deserialize 'keras.metrics.mse' because it is not a KerasSaveable subclass\"",
        )
        .help("load the model without its compilation, and compile it again; or save it as .keras")
        .python(load("compile=False")),
    );
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

    #[test]
    fn a_load_that_fails_for_it() {
        let mut checkpoint = named(&[("dense/kernel", &[2])]);
        (checkpoint.container, checkpoint.writer) = (Container::KerasModelH5, Writer::Keras2);
        let configured = Some(Configured::default());
        checkpoint.keras = Some(Box::new(KerasFile { configured, ..KerasFile::default() }));
        let text = "Could not deserialize 'keras.metrics.mse' because it is not a KerasSaveable subclass";
        let mut findings = Findings::default();
        check(&loaded(facts(checkpoint), crate::restore::Loader::Keras3Model, Some(text)), &mut findings);
        assert_eq!(findings.list()[0].causes, ["keras-version"]);
        assert_eq!(findings.list()[0].severity, Severity::Error);
    }

    #[test]
    fn functions_of_the_users_own() {
        assert_eq!(found(Container::KerasArchive, Writer::Keras3, "my_loss", &["my_loss"]), [Severity::Info]);
    }
}

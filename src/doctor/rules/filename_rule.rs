//! K024: a file of Keras under a name by which Keras takes it for something else.

use crate::doctor::facts::Facts;
use crate::doctor::finding::{Finding, Findings};
use crate::doctor::rule::{Check, Manual, Rule, Severity};
use crate::doctor::words::{file_name, shell};
use crate::model::{Container, Depth, Writer};

pub static RULE: Rule = Rule {
    code: "K024",
    name: "filename-rule",
    severity: Severity::Error,
    needs: Depth::Index,
    since: "0.1.0",
    check: Check::Facts(check),
    manual: Manual {
        means: "Keras chooses the reader by the end of the name alone: .weights.h5 for the newer layout of weights, .h5 and .hdf5 for the older one and for whole models, .keras for archives, .weights.json for shards. A sound file under another name is read as what it is not: nothing in it is found, or it is refused.",
        you_see: &[
            "ValueError: The filename must end in `.weights.h5`. Received: filepath={p}",
            "ValueError: A total of {n} objects could not be loaded. ... Layer '{l}' expected 2 variables, but received 0 variables during loading.",
            "KeyError: \"Unable to synchronously open object (object 'vars' doesn't exist)\"",
            "ValueError: Layer count mismatch when loading weights from file. Model expected {m} layers, found 0 saved layers.",
            "ValueError: File format not supported: filepath={p}. Keras 3 only supports V3 `.keras` files, ...",
            "OSError: Unable to synchronously open file (file signature not found)",
        ],
        knows: "The layout is told by what is in the file, and held against its name.",
        fix: "Give a copy the name that fits its content:

    cp model.weights.h5 model.h5          # older layout, layer_names at its root
    cp weights.h5 model.weights.h5        # newer layout, groups called vars",
        not: "skip_mismatch=True: all layers keep their random values. Renaming between .h5, .weights.h5 and .keras as a way to convert: the content stays what it is.",
        ignore: "If another program reads it.",
        see: &["K010", "K015", "K028"],
    },
};

/// The ends of names by which Keras finds the right reader.
fn ends(container: Container) -> &'static [&'static str] {
    match container {
        Container::KerasModelH5 | Container::KerasLayersH5 => &[".h5", ".hdf5"],
        Container::KerasWeightsH5 => &[".weights.h5"],
        Container::KerasWeightsShards => &[".weights.json"],
        Container::KerasArchive => &[".keras"],
        Container::Bundle | Container::V1 | Container::MetaGraph => &[],
    }
}

/// What Keras 3 says of this content under this name.
fn says(container: Container, name: &str) -> &'static str {
    let is_model = container == Container::KerasModelH5;
    match container {
        _ if name.ends_with(".weights.h5") && is_model => {
            "load_weights() finds no weights: \"Layer ... expected 2 variables, but received 0 variables during loading\"; load_model() reads it"
        }
        _ if name.ends_with(".weights.h5") => {
            "load_weights() finds no weights: \"Layer ... expected 2 variables, but received 0 variables during loading\""
        }
        Container::KerasWeightsH5 if name.ends_with(".h5") || name.ends_with(".hdf5") => {
            "load_weights() takes it for the older layout: \"Layer count mismatch ... found 0 saved layers\""
        }
        Container::KerasArchive if name.ends_with(".h5") || name.ends_with(".hdf5") => {
            "OSError: \"Unable to synchronously open file (file signature not found)\""
        }
        _ => "Keras 3 raises ValueError: \"File format not supported: filepath=...\"",
    }
}

/// The path with the end that fits.
fn renamed(label: &str, end: &str) -> String {
    let known = [".weights.h5", ".weights.json", ".keras", ".hdf5", ".h5", ".json"];
    format!("{}{end}", known.iter().find_map(|known| label.strip_suffix(known)).unwrap_or(label))
}

fn check(facts: &Facts, findings: &mut Findings) {
    let Some(checkpoint) = &facts.checkpoint else { return };
    let (label, container) = (checkpoint.label.as_str(), checkpoint.container);
    let (name, ends) = (file_name(label), ends(container));
    let is_old = matches!(container, Container::KerasModelH5 | Container::KerasLayersH5);
    let fits = ends.iter().any(|end| name.ends_with(end)) && !(is_old && name.ends_with(".weights.h5"));
    // HDF5 that is called .keras is K010's, and a folder may have any name.
    let is_hdf5 = is_old || container == Container::KerasWeightsH5;
    let Some(end) = ends.first().filter(|_| !fits && !facts.resolved.is_directory) else { return };
    if is_hdf5 && name.ends_with(".keras") || checkpoint.entries.is_empty() || !checkpoint.faults.is_empty() {
        return;
    }
    let what = container.words();
    let message = match name.ends_with(".weights.h5") {
        true => format!("{what}, of the older layout, under a name of the newer one"),
        false => format!("{what}, under a name that does not end in {}", ends.join(" or ")),
    };
    // Keras 2 looks into whole models.
    let is_read = container == Container::KerasModelH5 && checkpoint.writer != Writer::Keras3;
    let severity = if is_read && !name.ends_with(".weights.h5") { Severity::Warning } else { Severity::Error };
    let finding = Finding::new(&RULE, message).path(label.to_owned()).cause("renamed-file").cause("wrong-format");
    findings.add(Finding {
        severity,
        ..finding.tensorflow(says(container, name)).help("give a copy the name that fits its content").shell(format!(
            "cp {} {}",
            shell(label),
            shell(&renamed(label, end))
        ))
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::sample::{facts, named};

    fn found(container: Container, label: &str) -> Option<(Severity, String)> {
        let mut checkpoint = named(&[("dense/kernel", &[2])]);
        (checkpoint.container, checkpoint.label, checkpoint.writer) = (container, label.to_owned(), Writer::Keras3);
        let mut facts = facts(checkpoint);
        facts.resolved.is_directory = false;
        let mut findings = Findings::default();
        check(&facts, &mut findings);
        findings.list().first().map(|finding| (finding.severity, finding.fixes[0].text.clone()))
    }

    #[test]
    fn the_name_must_fit_the_content() {
        use Container::*;
        let right = [
            (KerasModelH5, "m.h5"),
            (KerasModelH5, "m.hdf5"),
            (KerasLayersH5, "weights.h5"),
            (KerasWeightsH5, "m.weights.h5"),
            (KerasWeightsShards, "m.weights.json"),
            (KerasArchive, "m.keras"),
            (Bundle, "ckpt-1"),
        ];
        for (container, name) in right {
            assert_eq!(found(container, name), None, "{name}");
        }
        let wrong = [
            (KerasModelH5, "m.weights.h5", "cp m.weights.h5 m.h5"),
            (KerasLayersH5, "m.weights.h5", "cp m.weights.h5 m.h5"),
            (KerasLayersH5, "m.ckpt", "cp m.ckpt m.ckpt.h5"),
            (KerasWeightsH5, "weights.h5", "cp weights.h5 weights.weights.h5"),
            (KerasArchive, "m.h5", "cp m.h5 m.keras"),
            (KerasWeightsShards, "m.json", "cp m.json m.weights.json"),
        ];
        for (container, name, fix) in wrong {
            assert_eq!(found(container, name), Some((Severity::Error, fix.to_owned())), "{name}");
        }
        assert_eq!(found(KerasModelH5, "m.keras"), None, "K010 says it");
    }
}

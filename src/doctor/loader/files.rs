//! What loads Keras' own files. Keras goes by the end of a file's name, and what one version wrote
//! another may refuse.

use super::{Advice, file_name, is_python_name, python, within};
use crate::bytes::FaultKind;
use crate::model::{Checkpoint, Configured, Container, Kind, Purpose, Resolved, Writer};
use crate::restore::SHORT_LOSSES;

/// What loads a file of Keras'.
pub(super) fn loader(checkpoint: &Checkpoint, resolved: &Resolved) -> Advice {
    if let Some(why) = misnamed(checkpoint, resolved) {
        return Advice::none(why);
    }
    if checkpoint.faults.iter().any(|fault| is_link(&fault.kind)) {
        return Advice::none("no call of Keras 3 loads it: it refuses links, which tf_keras follows");
    }
    let path = python(&checkpoint.label);
    match (checkpoint.container, checkpoint.configured()) {
        (Container::KerasModelH5 | Container::KerasLayersH5, _) if has_bfloat16(checkpoint) => Advice::none(
            "no call loads it: Keras writes bfloat16 into this kind of file and cannot read it back (\"No cast function \
             available\"); save the model as .keras",
        ),
        (Container::KerasModelH5 | Container::KerasArchive, Some(configured)) => {
            of_model(checkpoint, configured, &path)
        }
        (Container::KerasModelH5 | Container::KerasArchive, None) => {
            Advice::call(format!("model.load_weights({path})"))
                .note("without a configuration that can be read, the model has to be built in code")
        }
        _ => of_weights(checkpoint, resolved, &path),
    }
}

fn is_link(kind: &FaultKind) -> bool {
    matches!(kind, FaultKind::LinkLeavesFile { .. } | FaultKind::LinkInFile { .. })
}

/// Why Keras does not read a file of this name; none if the name fits the content.
fn misnamed(checkpoint: &Checkpoint, resolved: &Resolved) -> Option<String> {
    let right = right_name(checkpoint, resolved)?;
    // Whatever its name, tf_keras opens a whole model.
    if checkpoint.container == Container::KerasModelH5 && checkpoint.writer == Writer::Keras2 {
        return None;
    }
    Some(format!("Keras goes by the name, and this one does not fit the content: copy it to {}", file_name(&right)))
}

/// The path that the content asks for, where the file has a name of another kind.
pub(in crate::doctor) fn right_name(checkpoint: &Checkpoint, resolved: &Resolved) -> Option<String> {
    let label = checkpoint.label.as_str();
    let is = |end: &str| label.ends_with(end);
    let old = (is(".h5") || is(".hdf5")) && !is(".weights.h5");
    let keras2 = matches!(checkpoint.writer, Writer::Keras1 | Writer::Keras2);
    let (fits, end) = match checkpoint.container {
        Container::KerasArchive => (resolved.is_directory || is(".keras"), ".keras"),
        // Keras 2 looks into the file, unless its name promises another layout.
        Container::KerasModelH5 => (old || is(".weights.h5") || (keras2 && !is(".keras")), ".h5"),
        Container::KerasLayersH5 => (old || (keras2 && !is(".weights.h5") && !is(".keras")), ".h5"),
        Container::KerasWeightsH5 => (is(".weights.h5"), ".weights.h5"),
        _ => return None,
    };
    if fits {
        return None;
    }
    let stem = [".weights.h5", ".keras", ".hdf5", ".h5"].into_iter().find_map(|end| label.strip_suffix(end));
    Some(format!("{}{end}", stem.unwrap_or(label)))
}

/// The layouts by layer keep the bytes of these numbers without their type.
fn has_bfloat16(checkpoint: &Checkpoint) -> bool {
    checkpoint.entries.iter().any(|entry| entry.dtype.kind() == Kind::BFloat16)
}

fn of_model(checkpoint: &Checkpoint, configured: &Configured, path: &str) -> Advice {
    let keras3 = checkpoint.writer == Writer::Keras3;
    let is_archive = checkpoint.container == Container::KerasArchive;
    let module = configured.module.as_deref().unwrap_or_default();
    if is_archive && module.starts_with("keras.engine.") {
        return Advice::call(format!("tf.keras.models.load_model({path})"))
            .note("needs TensorFlow 2.12: later versions do not find the classes that it names");
    }
    let mut arguments = vec![path.to_owned()];
    let mut notes = Vec::new();
    let of = |purpose| configured.custom.iter().filter(move |custom| custom.purpose == purpose);
    let pairs: Vec<String> =
        of(Purpose::Model).map(|custom| format!("{}: {}", python(&custom.key), word(&custom.name))).collect();
    if !pairs.is_empty() {
        arguments.push(format!("custom_objects={{{}}}", pairs.join(", ")));
        notes.push("the code of these classes is not in the file: define or import them first");
    }
    let losses = configured.compiled.iter().flat_map(|compiled| &compiled.losses);
    let is_lost = keras3 && !is_archive && losses.map(String::as_str).any(|loss| SHORT_LOSSES.contains(&loss));
    if is_lost || of(Purpose::Training).next().is_some() {
        arguments.push("compile=False".to_owned());
        notes.push("compile=False, as Keras does not find the loss or metric under the name that is stored");
    }
    let has_bytecode = checkpoint.layers.iter().any(|layer| layer.has_bytecode);
    if has_bytecode {
        if is_archive || keras3 {
            arguments.push("safe_mode=False".to_owned());
        }
        notes.push("this runs the Python bytecode in the file: only if you trust who wrote it");
    }
    let keras = if keras3 { "keras" } else { "tf_keras" };
    let loader = Advice::call(format!("{keras}.models.load_model({})", arguments.join(", ")));
    if notes.is_empty() { loader } else { loader.note(notes.join("; ")) }
}

/// What stands for a class in Python: its name, if it can be one.
fn word(class: &str) -> &str {
    if is_python_name(class) { class } else { "..." }
}

/// Where Keras 2.12 to 2.14 put the layers of a model.
const OLD_LAYERS: &str = "_layer_checkpoint_dependencies/";

fn of_weights(checkpoint: &Checkpoint, resolved: &Resolved, path: &str) -> Advice {
    if let Some((list, number, of)) = shard(checkpoint, resolved) {
        return Advice::call(format!("model.load_weights({})", python(&list)))
            .note(format!("this file is shard {number} of {of}, a part of the weights"));
    }
    let loader = Advice::call(format!("model.load_weights({path})"));
    let is_old = |key: String| key.starts_with(OLD_LAYERS);
    match checkpoint.entries.iter().any(|entry| is_old(entry.key.to_string())) {
        true => loader.note("needs Keras 2.12 or 2.13: other versions look for its layers under other names"),
        false => loader,
    }
}

/// The list of the set that a file of weights is one of, its number from 1, and how many there are.
fn shard(checkpoint: &Checkpoint, resolved: &Resolved) -> Option<(String, usize, usize)> {
    let directory = resolved.directory.as_ref()?;
    let name = file_name(&checkpoint.label);
    let (stem, number) = numbered(name)?;
    let list = format!("{stem}.weights.json");
    let of = directory.names.iter().filter(|name| numbered(name).is_some_and(|(other, _)| other == stem)).count();
    let list = directory.names.contains(&list).then(|| within(&directory.label, &list))?;
    Some((list, number.saturating_add(1), of))
}

/// `model_00001.weights.h5` as stem and number.
fn numbered(name: &str) -> Option<(&str, usize)> {
    let (stem, number) = name.strip_suffix(".weights.h5")?.rsplit_once('_')?;
    (number.len() == 5).then(|| number.parse().ok()).flatten().map(|number| (stem, number))
}

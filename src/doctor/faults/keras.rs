//! Findings about Keras' own files, and about graphs.

use super::super::facts::Facts;
use super::super::finding::Finding;
use super::super::rule::Severity;
use super::super::rules::{
    archive_damaged, config_malformed, graph_file_malformed, h5_malformed, h5_not_read, h5_truncated,
    hdf5_external_link, keras_file_incomplete, not_a_keras_weights_h5, parts_renamed_or_mixed, weights_misfit_config,
};
use super::super::words::{many, number, python, some};
use super::foreign::{H5, NO_HDF5};
use super::toll::fall_back;
use crate::bytes::{Fault, FaultKind};
use crate::model::{Checkpoint, Container, NO_GRAPHS, NO_OBJECT};

/// Faults that are written out; the rest is counted.
const SHOWN: usize = 5;

pub(super) fn cut(facts: &Facts, faults: &[&Fault], aside: &[&Fault]) -> Option<Finding> {
    let fault = faults.first()?;
    let FaultKind::Hdf5Truncated { size, stored_eof } = fault.kind else { return None };
    let message = format!("{} bytes are there of {}", number(size), number(stored_eof));
    let says = format!(
        "OSError: \"Unable to synchronously open file (truncated file: eof = {size}, sblock->base_addr = 0, stored_eof = \
         {stored_eof})\""
    );
    let finding = Finding::new(&h5_truncated::RULE, message).at(&fault.at).cause("truncated-file").tensorflow(says);
    let finding = match aside.len() {
        0 => finding,
        n => finding.evidence(format!("{} lie beyond the end or cannot be read", many(n, "object"))),
    };
    Some(fall_back(
        finding,
        facts,
        "fetch the file again; one that Keras downloaded lies in ~/.keras, and is to be deleted first",
    ))
}

pub(super) fn malformed(facts: &Facts, faults: &[&Fault]) -> Option<Finding> {
    let fault = faults.first()?;
    let message = match faults.len() {
        1 => fault.kind.to_string(),
        n => format!("{} cannot be read as HDF5 demands", many(n, "object")),
    };
    let finding = Finding::new(&h5_malformed::RULE, message).at(&fault.at).cause("corrupt-index");
    let finding = listed(finding, faults);
    Some(fall_back(finding, facts, "fetch the file again, or take another copy"))
}

pub(super) fn config(facts: &Facts, faults: &[&Fault]) -> Option<Finding> {
    // What Keras reads speaks first.
    let fault = faults.iter().find(|fault| !is_metadata(fault)).or(faults.first())?;
    let FaultKind::JsonMalformed { name, error } = &fault.kind else { return None };
    let message = match faults.len() {
        1 => fault.kind.to_string(),
        n => format!("{n} texts are not the JSON that Keras writes"),
    };
    let finding = listed(Finding::new(&config_malformed::RULE, message).at(&fault.at).cause("corrupt-index"), faults);
    if is_metadata(fault) {
        let finding = finding.evidence("Keras does not read it: what is lost is which version saved the model");
        return Some(Finding { severity: Severity::Info, ..finding });
    }
    let raised = match error.as_str() {
        NO_OBJECT => "ValueError or TypeError: it expects a dictionary",
        error if error.ends_with("is not UTF-8") => "UnicodeDecodeError",
        _ => "JSONDecodeError",
    };
    let says = match name.as_str() {
        "training_config" => format!("load_model() raises {raised}; with compile=False it does not read it"),
        "config.json" | "model_config" => format!("load_model() raises {raised}; load_weights() does not read it"),
        _ => format!("load_weights() raises {raised}"),
    };
    let finding = fall_back(finding.tensorflow(says), facts, "fetch the file again, or take another copy");
    Some(match name.as_str() {
        "training_config" => {
            finding.python(format!("keras.models.load_model({}, compile=False)", python(&fault.at.file)))
        }
        _ => with_weights(finding, facts),
    })
}

fn is_metadata(fault: &Fault) -> bool {
    matches!(&fault.kind, FaultKind::JsonMalformed { name, .. } if name == "metadata.json")
}

pub(super) fn archive(facts: &Facts, faults: &[&Fault]) -> Option<Finding> {
    let fault = faults.first()?;
    let (cause, says) = match &fault.kind {
        FaultKind::MemberChecksum { name } => ("corrupt-data", format!("BadZipFile: \"Bad CRC-32 for file '{name}'\"")),
        FaultKind::MemberLost { name, .. } => {
            ("corrupt-index", format!("BadZipFile: \"Bad magic number for file header\", when it reads {name}"))
        }
        FaultKind::MemberOverlaps { name } => {
            ("not-a-checkpoint", format!("BadZipFile: \"Overlapped entries: '{name}' (possible zip bomb)\""))
        }
        _ if H5.iter().any(|end| fault.at.file.ends_with(end)) => ("truncated-file", NO_HDF5.to_owned()),
        _ => {
            let says = "BadZipFile: \"File is not a zip file\"; load_model() says \"File not found: filepath=...\"";
            ("truncated-file", says.to_owned())
        }
    };
    let finding = Finding::new(&archive_damaged::RULE, fault.kind.to_string()).at(&fault.at).cause(cause);
    Some(fall_back(listed(finding, faults).tensorflow(says), facts, "fetch the file again, or take another copy"))
}

pub(super) fn not_read(faults: &[&Fault]) -> Option<Finding> {
    let fault = faults.first()?;
    let unlisted = faults.iter().filter(|fault| matches!(fault.kind, FaultKind::WeightUnlisted { .. })).count();
    let of_hdf5 = faults.iter().filter(|fault| matches!(fault.kind, FaultKind::Hdf5Unsupported { .. })).count();
    let message = match faults.len() {
        1 => fault.kind.to_string(),
        n if n == unlisted => format!("{n} datasets belong to no layer"),
        n if n == of_hdf5 => format!("{n} objects use parts of HDF5 that are not read here"),
        n => format!("{n} parts of the file are not read"),
    };
    let finding = Finding::new(&h5_not_read::RULE, message).at(&fault.at);
    Some(listed(finding, faults).help("ask h5py or Keras; what is listed is right, these parts are missing from it"))
}

pub(super) fn incomplete(facts: &Facts, faults: &[&Fault]) -> Option<Finding> {
    let fault = faults.first()?;
    let message = match faults.len() {
        1 => fault.kind.to_string(),
        n => format!("{} that it promises are not there", many(n, "part")),
    };
    let finding = Finding::new(&keras_file_incomplete::RULE, message).at(&fault.at);
    let says = match &fault.kind {
        FaultKind::WeightsMissing { layer, stored, needed } => format!(
            "ValueError: \"Layer '{layer}' expected {needed} variables, but received {stored} variables during \
             loading\", when all other layers are loaded"
        ),
        FaultKind::MemberMissing { name } if name == "model.weights.h5" => format!(
            "load_model() raises ValueError: \"Expected a {name} or model.weights.npz file.\", load_weights() KeyError: \
             \"There is no item named '{name}' in the archive\""
        ),
        FaultKind::MemberMissing { name } => format!("KeyError: \"There is no item named '{name}' in the archive\""),
        _ => "Keras raises at the first of them, with what comes before loaded".to_owned(),
    };
    let cause = match &fault.kind {
        FaultKind::MemberMissing { .. } => "missing-index",
        _ => "corrupt-index",
    };
    let finding = listed(finding, faults).tensorflow(says).cause(cause);
    Some(match nested(facts) {
        Some(help) => finding.help(help),
        None => with_weights(fall_back(finding, facts, "fetch the file again, or save the model again"), facts),
    })
}

/// What to do with an archive whose members all lie one folder too deep.
fn nested(facts: &Facts) -> Option<String> {
    let checkpoint = facts.checkpoint.as_ref()?;
    checkpoint.faults.iter().find_map(|fault| match &fault.kind {
        FaultKind::MembersBelow { folder } => {
            Some(format!("its parts lie in the folder {folder}: unpack it, and zip again what is in that folder"))
        }
        _ => None,
    })
}

/// Adds the call that still loads the weights of a model whose configuration is the only thing amiss.
fn with_weights(finding: Finding, facts: &Facts) -> Finding {
    let Some(checkpoint) = &facts.checkpoint else { return finding };
    let only_config = checkpoint.faults.iter().all(|fault| match &fault.kind {
        FaultKind::MemberMissing { name } | FaultKind::JsonMalformed { name, .. } => {
            matches!(name.as_str(), "config.json" | "metadata.json" | "model_config")
        }
        _ => false,
    });
    let holds_model = matches!(checkpoint.container, Container::KerasArchive | Container::KerasModelH5);
    if !holds_model || checkpoint.entries.is_empty() || !only_config {
        return finding;
    }
    finding
        .evidence("the weights are there: a model that is built in code can load them")
        .python(format!("model.load_weights({})", python(&checkpoint.label)))
}

pub(super) fn misfit(faults: &[&Fault]) -> Option<Finding> {
    let fault = faults.first()?;
    let message = match faults.len() {
        1 => fault.kind.to_string(),
        n => format!("{} have other shapes than the configuration in the file asks for", many(n, "weight")),
    };
    let finding = Finding::new(&weights_misfit_config::RULE, message).at(&fault.at).cause("corrupt-data");
    let names = faults.iter().filter_map(|fault| match &fault.kind {
        FaultKind::WeightMisfits { name, .. } => Some(name.clone()),
        _ => None,
    });
    let says = "load_model() raises ValueError: \"Shape mismatch in layer ...\", or \"Input 0 ... is incompatible with the \
                layer\"";
    let finding = listed(finding, faults).variables(names.collect()).tensorflow(says);
    let help = "build the model as it was when the weights were saved, and load the weights alone";
    Some(finding.help(help).python(format!("model.load_weights({})", python(&fault.at.file))))
}

pub(super) fn link(faults: &[&Fault]) -> Option<Finding> {
    let fault = faults.first()?;
    let leaves = faults.iter().filter(|fault| matches!(fault.kind, FaultKind::LinkLeavesFile { .. })).count();
    let message = match leaves {
        0 if faults.len() == 1 => "a link within the file stands where a weight should".to_owned(),
        0 => format!("{} within the file stand where weights should", many(faults.len(), "link")),
        1 => "a link leads out of the file, to another on the machine that loads it".to_owned(),
        n => format!("{} lead out of the file, to others on the machine that loads it", many(n, "link")),
    };
    let finding = Finding::new(&hdf5_external_link::RULE, message).at(&fault.at).cause("foreign-link");
    let finding = finding.evidence(fault.kind.to_string());
    let says =
        "Keras 3 raises ValueError: \"Not allowed: H5 file with ExternalLink\" (or SoftLink); Keras 2 follows it";
    let help = match leaves {
        0 => "ask for a file without links; what they lead to is listed here under their names",
        _ => "ask for a file without links; nothing outside of the file was opened here",
    };
    Some(listed(finding, faults.get(1..)?).tensorflow(says).help(help))
}

pub(super) fn graph_file(facts: &Facts, faults: &[&Fault]) -> Option<Finding> {
    let fault = faults.first()?;
    let finding =
        Finding::new(&graph_file_malformed::RULE, fault.kind.to_string()).at(&fault.at).cause("truncated-file");
    if !is_beside(facts, fault) {
        let model = facts.checkpoint.as_ref().and_then(|checkpoint| checkpoint.saved_model.as_deref());
        // A message without bytes is a message, of no graph.
        let is_empty =
            matches!(&fault.kind, FaultKind::GraphFileMalformed { error } if error == NO_GRAPHS) && model.is_some();
        let says = match model.filter(|_| is_empty) {
            Some(model) => format!("ValueError: \"{}\"", model.without_tags()),
            None => "raises DecodeError or OSError: \"Cannot parse file\" when it opens the graph".to_owned(),
        };
        return Some(fall_back(finding.tensorflow(says), facts, "fetch the file again"));
    }
    let says = "import_meta_graph() raises (UnicodeDecodeError, ParseError or DecodeError); the variables can be \
                restored without it, by a program that builds the graph";
    let severity = if meta_is_meant(facts) { Severity::Error } else { Severity::Warning };
    Some(Finding { severity, ..finding.tensorflow(says).help("fetch the .meta file again") })
}

/// True for a fault in the graph beside the checkpoint, which is none of its files.
fn is_beside(facts: &Facts, fault: &Fault) -> bool {
    let of_checkpoint = |checkpoint: &Checkpoint| {
        checkpoint.saved_model.is_some() || checkpoint.files.iter().any(|file| file.label == fault.at.file)
    };
    !facts.checkpoint.as_ref().is_some_and(of_checkpoint)
}

/// True if the graph itself was given.
fn meta_is_meant(facts: &Facts) -> bool {
    facts.resolved.stripped.as_deref() == Some(".meta")
}

pub(super) fn graph_of_another(facts: &Facts, faults: &[&Fault]) -> Option<Finding> {
    let fault = faults.first()?;
    let FaultKind::GraphOfAnother { missing } = &fault.kind else { return None };
    let message = format!("the graph beside it restores {} that it does not have", many(missing.len(), "variable"));
    let severity = if meta_is_meant(facts) { Severity::Error } else { Severity::Warning };
    let finding = Finding::new(&parts_renamed_or_mixed::RULE, message).at(&fault.at).cause("mixed-shards");
    let says = "NotFoundError from import_meta_graph(...).restore(): \"Key ... not found in checkpoint\"";
    let finding = finding.evidence(format!("not there: {}", some(missing))).tensorflow(says);
    Some(Finding { severity, ..finding.help("fetch the .meta file of this save, or build the graph in code") })
}

pub(super) fn not_keras(facts: &Facts, faults: &[&Fault]) -> Option<Finding> {
    let fault = faults.first()?;
    let checkpoint = facts.checkpoint.as_ref()?;
    let (message, help) = match (checkpoint.container, checkpoint.entries.len()) {
        (_, 0) => (
            "an HDF5 file without weights and without a list of layers",
            "save again: old versions of Keras left such a file behind when they could not write or read one",
        ),
        (Container::KerasModelH5, _) => (
            "the list of layers is not there: the save ended early, or the list was too long for the Keras that saved",
            "save again; Keras before 2.1.4 cannot write more than 64 KiB of names",
        ),
        _ => (
            "an HDF5 file in which Keras finds no layers: no attribute layer_names, and no groups that Keras makes",
            "if another program wrote it, read it with h5py and assign the arrays to the variables",
        ),
    };
    let finding = Finding::new(&not_a_keras_weights_h5::RULE, message).at(&fault.at).cause("not-a-checkpoint");
    let says = "ValueError: \"Layer count mismatch ... found 0 saved layers\"; Keras 2 raises KeyError: \
                \"... can't locate attribute: 'layer_names'\"";
    Some(finding.tensorflow(says).help(help))
}

fn listed(finding: Finding, faults: &[&Fault]) -> Finding {
    if faults.len() < 2 {
        return finding;
    }
    let mut texts: Vec<String> = faults.iter().map(|fault| fault.kind.to_string()).collect();
    texts.dedup();
    let more = texts.len().saturating_sub(SHOWN);
    let shown = texts.into_iter().take(SHOWN).fold(finding, Finding::evidence);
    match more {
        0 => shown,
        more => shown.evidence(format!("and {} more", number(more as u64))),
    }
}

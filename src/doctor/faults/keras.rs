//! Findings about Keras' own files, and about graphs.

use super::super::facts::Facts;
use super::super::finding::Finding;
use super::super::rules::{
    archive_damaged, graph_file_malformed, h5_malformed, h5_not_read, h5_truncated, hdf5_external_link,
    keras_file_incomplete,
};
use super::super::words::{many, number};
use super::toll::fall_back;
use crate::bytes::{Fault, FaultKind};

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
    let texts = faults.iter().filter(|fault| matches!(fault.kind, FaultKind::JsonMalformed { .. })).count();
    let message = match (faults.len(), texts) {
        (1, _) => fault.kind.to_string(),
        (n, 0) => format!("{} cannot be read as HDF5 demands", many(n, "object")),
        (n, texts) if n == texts => format!("{n} texts are not the JSON that Keras writes"),
        (n, _) => format!("{n} parts of the file are not what they should be"),
    };
    let finding = Finding::new(&h5_malformed::RULE, message).at(&fault.at).cause("bit-flip");
    let finding = listed(finding, faults);
    Some(fall_back(finding, facts, "fetch the file again, or take another copy"))
}

pub(super) fn archive(facts: &Facts, faults: &[&Fault]) -> Option<Finding> {
    let fault = faults.first()?;
    let (cause, says) = match &fault.kind {
        FaultKind::MemberChecksum { name } => ("bit-flip", format!("BadZipFile: \"Bad CRC-32 for file '{name}'\"")),
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
    let finding =
        listed(finding, faults).tensorflow("Keras raises at the first of them, with what comes before loaded");
    Some(fall_back(finding, facts, "fetch the file again, or save the model again"))
}

pub(super) fn link(faults: &[&Fault]) -> Option<Finding> {
    let fault = faults.first()?;
    let leaves = faults.iter().filter(|fault| matches!(fault.kind, FaultKind::LinkLeavesFile { .. })).count();
    let message = match leaves {
        _ if faults.len() == 1 => fault.kind.to_string(),
        0 => format!("{} within the file stand where weights should", many(faults.len(), "link")),
        n => format!("{} lead out of the file, to others on the machine that loads it", many(n, "link")),
    };
    let finding = Finding::new(&hdf5_external_link::RULE, message).at(&fault.at);
    let says =
        "Keras 3 raises ValueError: \"Not allowed: H5 file with ExternalLink\" (or SoftLink); Keras 2 follows it";
    Some(listed(finding, faults).tensorflow(says).help("ask for a file without links; nothing was followed here"))
}

pub(super) fn graph_file(facts: &Facts, faults: &[&Fault]) -> Option<Finding> {
    let fault = faults.first()?;
    let finding = Finding::new(&graph_file_malformed::RULE, fault.kind.to_string()).at(&fault.at);
    let says = "raises DecodeError or OSError: \"Cannot parse file\" when it opens the graph";
    Some(fall_back(finding.tensorflow(says), facts, "fetch the file again"))
}

fn listed(finding: Finding, faults: &[&Fault]) -> Finding {
    if faults.len() < 2 {
        return finding;
    }
    let shown = faults.iter().take(SHOWN).fold(finding, |finding, fault| finding.evidence(fault.kind.to_string()));
    match faults.len().saturating_sub(SHOWN) {
        0 => shown,
        more => shown.evidence(format!("and {} more", number(more as u64))),
    }
}

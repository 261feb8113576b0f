//! Findings about the data files.

use std::collections::BTreeSet;

use super::super::facts::Facts;
use super::super::finding::Finding;
use super::super::rules::{
    data_checksum, data_truncated, object_graph_broken, parts_renamed_or_mixed, shard_missing, unowned_bytes,
};
use super::super::strayed;
use super::super::words::{many, number, some};
use super::files;
use super::shares::Shares;
use super::toll::{count, fall_back};
use crate::bytes::{Fault, FaultKind};
use crate::model::{Container, EntryId, GRAPH_KEY, Shard};

/// The data files of this prefix that belong to another number of shards.
pub(in crate::doctor) fn strays(facts: &Facts) -> Vec<&Shard> {
    let Some(checkpoint) = &facts.checkpoint else { return Vec::new() };
    let of = checkpoint.declared_shards;
    let name = checkpoint.prefix.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let candidates = facts.resolved.directory.iter().flat_map(|directory| &directory.candidates);
    let own = candidates.filter(|candidate| candidate.name == name).flat_map(|candidate| &candidate.shards);
    own.filter(|shard| of.is_some_and(|of| of != shard.of)).collect()
}

/// True if none of the declared data files is there, but some of another count are.
pub(in crate::doctor) fn has_other_count(facts: &Facts) -> bool {
    let present = facts.checkpoint.iter().any(|checkpoint| checkpoint.shards().any(|(_, file)| file.size.is_some()));
    !present && !strays(facts).is_empty()
}

pub(super) fn missing(facts: &Facts, shares: &Shares, faults: &[&Fault]) -> Option<Finding> {
    let fault = faults.first()?;
    let checkpoint = facts.checkpoint.as_ref()?;
    let missing = files(faults);
    if checkpoint.container == Container::V1 {
        return Some(missing_tables(facts, fault, &missing));
    }
    let of = checkpoint.declared_shards.map_or_else(|| checkpoint.shards().count(), |of| of as usize);
    let message = match (missing.len(), of) {
        (1, 1) => "the data file is not there, only the index".to_owned(),
        (n, of) if n == of => format!("none of the {of} data files is there, only the index"),
        (n, of) => format!("{n} of {of} data files {} not there", if n == 1 { "is" } else { "are" }),
    };
    let mut finding = Finding::new(&shard_missing::RULE, message).at(&fault.at).cause("missing-shard");
    if missing.len() > 1 {
        finding = finding.evidence(format!("missing: {}", some(&missing)));
    }
    let finding = count(finding, facts, shares, &shares.lost(&missing));
    let says = match checkpoint.container {
        Container::KerasWeightsShards => {
            format!("FileNotFoundError: \"Unable to synchronously open file (... name = '{}' ...)\"", fault.at.file)
        }
        _ => format!(
            "lists every variable, then raises \"{}; No such file or directory\" when it reads one",
            fault.at.file
        ),
    };
    let help = "copy the missing data file too: a checkpoint is all its files";
    let finding = fall_back(finding.tensorflow(says), facts, help);
    Some(if missing.len() == 1 { strayed::told(finding, facts, &fault.at.file) } else { finding })
}

/// Files of a set in format V1: each tells what it holds, so that nobody misses what is not there.
fn missing_tables(facts: &Facts, fault: &Fault, missing: &[String]) -> Finding {
    let of = facts.checkpoint.iter().flat_map(|checkpoint| checkpoint.shards()).count();
    let message = match missing.len() {
        1 => format!("1 of {} is not there, with the variables in it", many(of, "file")),
        n => format!("{n} of {} are not there, with the variables in them", many(of, "file")),
    };
    let finding = Finding::new(&shard_missing::RULE, message).at(&fault.at).cause("missing-shard");
    let finding = match missing.len() {
        1 => finding,
        _ => finding.evidence(format!("missing: {}", some(missing))),
    };
    let says = "lists and restores the variables of the other files without a word; a Saver that asks for one of the \
                missing raises NotFoundError: \"Tensor name ... not found in checkpoint files\"";
    fall_back(finding.tensorflow(says), facts, "copy the missing file too: the set is all its files")
}

pub(super) fn other_count(facts: &Facts, shares: &Shares, faults: &[&Fault]) -> Option<Finding> {
    let fault = faults.first()?;
    let stray = strays(facts).first().copied()?.of;
    let declared = facts.checkpoint.as_ref()?.declared_shards.unwrap_or(1);
    let message = format!("the index asks for {}, those here say -of-{stray:05}", many(declared as usize, "data file"));
    let finding = Finding::new(&parts_renamed_or_mixed::RULE, message).at(&fault.at);
    let finding = finding.cause("renamed-file").cause("mixed-shards");
    let finding = finding.evidence("either the data files were renamed, or the index is that of another save");
    let finding = count(finding, facts, shares, &shares.lost(&files(faults)));
    let says = format!("raises \"{}; No such file or directory\"", fault.at.file);
    Some(fall_back(finding.tensorflow(says), facts, "fetch index and data again as one set"))
}

pub(super) fn cut(facts: &Facts, shares: &Shares, faults: &[&Fault]) -> Option<Finding> {
    let fault = faults.first()?;
    let share = shares.get(&fault.at.file)?;
    let (size, message) = match fault.kind {
        FaultKind::ShardTruncated { size, needed } => {
            (size, format!("{} bytes on disk, the index describes {}", number(size), number(needed)))
        }
        _ => (0, format!("empty: 0 bytes on disk, the index describes {}", number(share.needed))),
    };
    let finding = Finding::new(&data_truncated::RULE, message).at(&fault.at).cause("truncated-file");
    let lost = share.behind(size);
    let finding = count(finding, facts, shares, &lost);
    let graph = facts.checkpoint.as_ref()?.find(GRAPH_KEY.as_bytes()).map(|(id, _)| id);
    if graph.is_some_and(|graph| lost.contains(&graph)) {
        let says = "IndexError: \"Read less bytes than requested\", at once: the object graph is what it reads first";
        return Some(fall_back(finding.tensorflow(says), facts, "copy the file again"));
    }
    let says = "raises \"Read less bytes than requested\" (IndexError, or OutOfRangeError from an op), only when it reaches them";
    Some(fall_back(finding.tensorflow(says), facts, "copy the file again"))
}

pub(super) fn mixed(facts: &Facts, shares: &Shares, faults: &[&Fault]) -> Option<Finding> {
    let fault = faults.first()?;
    let files = files(faults);
    let share = shares.get(&fault.at.file)?;
    let message = format!(
        "not the data that the index was saved with: all {} fail their checksums",
        many(share.checked, "tensor")
    );
    let finding = Finding::new(&parts_renamed_or_mixed::RULE, message).path(fault.at.file.to_string());
    let finding = finding.cause("mixed-shards");
    let size = facts.checkpoint.as_ref()?.files.get(share.file)?.size.unwrap_or(0);
    let needed = share.needed;
    let finding = match size == needed {
        true => finding.evidence("the sizes agree: index and data are two saves of one program"),
        false => finding.evidence(format!("{} bytes on disk, the index describes {}", number(size), number(needed))),
    };
    let finding = if files.len() > 1 { finding.evidence(format!("so in {}", some(&files))) } else { finding };
    let finding = count(finding, facts, shares, &shares.lost(&files));
    let says = "DataLossError: \"TensorBundle at ... shard ...: Checksum does not match: stored ... vs. calculated on the restored bytes ...\"";
    Some(fall_back(finding.tensorflow(says), facts, "fetch index and data again as one set, from one save"))
}

fn key_of(fault: &Fault) -> Option<&str> {
    match &fault.kind {
        FaultKind::DataChecksum { key, .. }
        | FaultKind::StringLengths { key, .. }
        | FaultKind::PieceUndecodable { key, .. } => Some(key),
        _ => None,
    }
}

pub(super) fn checksum(facts: &Facts, shares: &Shares, faults: &[&Fault], aside: &[&Fault]) -> Option<Finding> {
    let fault = faults.first()?;
    let checkpoint = facts.checkpoint.as_ref()?;
    let share = shares.get(&fault.at.file)?;
    let keys: BTreeSet<&str> = faults.iter().filter_map(|fault| key_of(fault)).collect();
    let key = |id: EntryId| checkpoint.entries.get(id).map(|entry| entry.key.to_string()).unwrap_or_default();
    let lost: Vec<EntryId> = share.all().filter(|id| keys.contains(key(*id).as_str())).collect();
    let names = facts.names(lost.iter().copied());
    let message = match (&fault.kind, names.as_slice()) {
        (FaultKind::DataChecksum { stored, computed, .. }, [name]) => {
            format!("bytes of {name} have changed: their checksum is {computed:08x}, {stored:08x} was saved")
        }
        (kind, [] | [_]) => format!("bytes have changed: {kind}"),
        (kind, names) => {
            let how = match kind {
                FaultKind::PieceUndecodable { .. } => "they cannot be decoded",
                _ => "their checksums fail",
            };
            let (hit, all) = (number(names.len() as u64), many(share.behind(0).len(), "tensor"));
            format!("{hit} of {all} in this file have changed bytes: {how}")
        }
    };
    let finding = Finding::new(&data_checksum::RULE, message).at(&fault.at).cause("corrupt-data");
    let finding = count(finding, facts, shares, &lost);
    let excess = aside.iter().find(|fault| matches!(fault.kind, FaultKind::UnownedBytes { trailing: true }));
    let finding = match excess.map(|fault| fault.at.bytes.end.saturating_sub(fault.at.bytes.start)) {
        Some(excess) => finding.evidence(format!(
            "the file is {} larger than the index describes",
            many(usize::try_from(excess).ok()?, "byte")
        )),
        None => finding,
    };
    let (finding, first) = match shares.text_mode(&fault.at.file) {
        Some(kind) => (finding.evidence(kind.to_string()), "copy the file again, in binary mode (FTP \"binary\")"),
        None => (finding, "copy the file again, and compare checksums of the copy and the original"),
    };
    let finding = match checkpoint.container {
        Container::Bundle if keys.contains(GRAPH_KEY) => finding.tensorflow(
            "cannot read the object graph: OpError \"Checksum does not match\" or \"The length checksum does not match\", at once",
        ),
        Container::Bundle => finding.tensorflow(
            "DataLossError: \"TensorBundle at ... shard ...: Checksum does not match\", only when it reads one of them",
        ),
        Container::V1 | Container::MetaGraph => finding,
        _ => finding.tensorflow("OSError: \"Can't synchronously read data (...)\", only when it reads one of them"),
    };
    Some(fall_back(finding, facts, first))
}

pub(super) fn unowned(shares: &Shares, faults: &[&Fault]) -> Option<Finding> {
    let fault = faults.first()?;
    let bytes = faults
        .iter()
        .fold(0u64, |sum, fault| sum.saturating_add(fault.at.bytes.end.saturating_sub(fault.at.bytes.start)));
    let trailing = matches!(fault.kind, FaultKind::UnownedBytes { trailing: true });
    let between = faults.iter().any(|fault| matches!(fault.kind, FaultKind::UnownedBytes { trailing: false }));
    let place = if trailing && !between { "after the last tensor" } else { "that belong to no tensor" };
    let message = format!("{} {place}", many(usize::try_from(bytes).ok()?, "byte"));
    let finding = Finding::new(&unowned_bytes::RULE, message).at(&fault.at).cause("corrupt-data");
    let finding = match shares.text_mode(&fault.at.file) {
        Some(kind) => finding.evidence(kind.to_string()),
        None => finding,
    };
    let help = "compare the size with the original's; if nobody added these bytes on purpose, copy the file again";
    Some(finding.tensorflow("nothing: it reads only what the index describes").help(help))
}

pub(super) fn graph(facts: &Facts, faults: &[&Fault]) -> Option<Finding> {
    let fault = faults.first()?;
    let keys: Vec<String> = faults
        .iter()
        .filter_map(|fault| match &fault.kind {
            FaultKind::GraphKeyMissing { key } => Some(key.clone()),
            _ => None,
        })
        .collect();
    let (message, says) = match &fault.kind {
        FaultKind::GraphMissing => (
            fault.kind.to_string(),
            "takes it for a name-based checkpoint: tf.train.Checkpoint.restore() finds none of its names, and raises nothing",
        ),
        FaultKind::GraphMalformed { error } => (
            format!("the object graph does not parse: {error}"),
            "DecodeError of protobuf, when restore() opens the checkpoint",
        ),
        FaultKind::GraphNodeMissing { node } => {
            (format!("the object graph refers to node {node}, which it does not have"), "IndexError in restore()")
        }
        _ => (
            format!("the object graph promises {} that the index does not have", many(keys.len(), "tensor")),
            "NotFoundError: \"Key ... not found in checkpoint\"",
        ),
    };
    let finding = Finding::new(&object_graph_broken::RULE, message).at(&fault.at).cause("corrupt-index");
    let evidence = if keys.is_empty() { finding } else { finding.evidence(format!("not there: {}", some(&keys))) };
    let finding = evidence.variables(keys).tensorflow(says);
    Some(fall_back(
        finding,
        facts,
        "the tensors can still be read by key, with tf.train.load_checkpoint(prefix).get_tensor(key)",
    ))
}

//! Findings about the index file.

use super::super::facts::Facts;
use super::super::finding::Finding;
use super::super::rule::Severity;
use super::super::rules::{
    entry_invalid, index_block_corrupt, index_malformed, index_missing, index_truncated, slices_broken, version_refused,
};
use super::super::strayed;
use super::super::words::{many, number, some};
use super::toll::fall_back;
use crate::bytes::{Fault, FaultKind};
use crate::model::{Container, natural};

pub(super) fn missing(facts: &Facts, faults: &[&Fault]) -> Option<Finding> {
    let fault = faults.first()?;
    let checkpoint = facts.checkpoint.as_ref()?;
    let data = checkpoint.shards().filter(|(_, file)| file.size.is_some()).count();
    let message = format!("{} without the index: names, shapes and places are lost", many(data, "data file"));
    let finding = Finding::new(&index_missing::RULE, message).at(&fault.at).cause("missing-index");
    let name = checkpoint.prefix.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let leftovers = facts.resolved.directory.iter().flat_map(|directory| &directory.leftovers);
    let of_this_save: Vec<&String> = leftovers.filter(|left| !name.is_empty() && left.starts_with(&name)).collect();
    let finding = match of_this_save.first() {
        Some(leftover) => finding
            .cause("interrupted-save")
            .evidence(format!("{leftover} is left over: the save ended between writing the data and the index")),
        None => finding,
    };
    let says = format!("NotFoundError: \"Failed to find any matching files for {}\"", checkpoint.label);
    let finding = fall_back(finding.tensorflow(says), facts, "fetch the .index file from where the data came from");
    Some(strayed::told(finding, facts, &fault.at.file))
}

/// The number of entries that were read past the damage.
fn salvaged(faults: &[&Fault]) -> Option<u64> {
    faults.iter().find_map(|fault| match fault.kind {
        FaultKind::Salvaged { entries } => Some(entries),
        _ => None,
    })
}

pub(super) fn cut(facts: &Facts, faults: &[&Fault], aside: &[&Fault]) -> Option<Finding> {
    let fault = faults.first()?;
    let (message, says) = match fault.kind {
        FaultKind::Empty => ("the index is empty, 0 bytes".to_owned(), "file is too short to be an sstable"),
        FaultKind::TooShort { size } => (
            format!("too few bytes are left of the index for a table: {}", number(size)),
            "file is too short to be an sstable",
        ),
        _ if is_v1(facts) => {
            let message = "the end of the file is missing or damaged: its last 8 bytes are not a table's mark";
            (message.to_owned(), "not an sstable (bad magic number)")
        }
        _ => {
            let message = "the end of the index is missing or damaged: its last 8 bytes are not a table's mark";
            (message.to_owned(), "not an sstable (bad magic number)")
        }
    };
    let mut finding = Finding::new(&index_truncated::RULE, message).at(&fault.at).cause("truncated-file");
    if matches!(fault.kind, FaultKind::BadMagic) {
        finding = finding.cause("corrupt-index");
    }
    if let Some(entries) = salvaged(aside) {
        finding = finding.evidence(format!(
            "{} could be read from what is left; TensorFlow reads none",
            many(usize::try_from(entries).ok()?, "record")
        ));
    }
    let finding = finding.tensorflow(format!("OpError (DataLossError from an op): \"{says}\""));
    let first = if is_v1(facts) { "copy the file again, whole" } else { "copy the index again, whole" };
    Some(fall_back(finding, facts, first))
}

/// True for the format whose only files are tables, with the values in them.
fn is_v1(facts: &Facts) -> bool {
    facts.checkpoint.as_ref().is_some_and(|checkpoint| checkpoint.container == Container::V1)
}

pub(super) fn block(facts: &Facts, faults: &[&Fault], aside: &[&Fault]) -> Option<Finding> {
    let text_mode = |fault: &&&Fault| matches!(fault.kind, FaultKind::TextMode { .. });
    let fault = faults.iter().find(text_mode).or(faults.first())?;
    let blocks = faults.iter().filter(|fault| !text_mode(fault)).count();
    let (message, says) = match &fault.kind {
        FaultKind::TextMode { .. } => {
            (fault.kind.to_string(), "block checksum mismatch\", or IndexError: \"Read less bytes than requested")
        }
        FaultKind::BlockChecksum { block, stored, computed } => (
            format!("bytes of the {block} block have changed: checksum {computed:08x}, {stored:08x} is stored"),
            "block checksum mismatch",
        ),
        FaultKind::BlockType { block, kind } => (
            format!("the {block} block says that it is compressed in way {kind}, which does not exist"),
            "bad block type",
        ),
        FaultKind::BlockCompressed { block } => {
            (format!("the compressed {block} block does not decompress"), "corrupted compressed block contents")
        }
        _ => return None,
    };
    let mut finding = Finding::new(&index_block_corrupt::RULE, message).at(&fault.at).cause("corrupt-index");
    if blocks > 1 {
        finding = finding.evidence(format!("{} are damaged", many(blocks, "block")));
    }
    let suspects = facts.checkpoint.iter().flat_map(|checkpoint| &checkpoint.entries).filter(|entry| !entry.trusted);
    let suspects = suspects.count();
    if suspects > 0 {
        finding = finding.evidence(format!(
            "{} of its table were read all the same, and any of them may be wrong",
            many(suspects, "record")
        ));
    }
    if let Some(first) = aside.first() {
        finding =
            finding.evidence(format!("{} from it, the first: {}", many(aside.len(), "contradiction"), first.kind));
    }
    let says = match (is_v1(facts), &fault.kind) {
        (true, FaultKind::BlockChecksum { .. }) => {
            "InternalError: \"Failed to find the saved tensor slices at the beginning of the checkpoint file\""
                .to_owned()
        }
        _ => format!("OpError (DataLossError from an op): \"{says}\""),
    };
    let first = match fault.kind {
        FaultKind::TextMode { .. } => "copy the index again, in binary mode (FTP \"binary\")",
        _ if is_v1(facts) => "copy the file again: names and values lie in it together",
        _ => "copy the index again: the data file may be sound",
    };
    Some(fall_back(finding.tensorflow(says), facts, first))
}

pub(super) fn malformed(facts: &Facts, faults: &[&Fault]) -> Option<Finding> {
    // Nobody reads the padding and the gaps: that they changed is a warning of what else did.
    let idle = |fault: &&&Fault| matches!(fault.kind, FaultKind::FooterNotCanonical | FaultKind::TableGap);
    let telling = faults.iter().find(|fault| !idle(fault) && !matches!(fault.kind, FaultKind::Salvaged { .. }));
    let fault = telling.or(faults.first())?;
    let mut finding = Finding::new(&index_malformed::RULE, fault.kind.to_string()).at(&fault.at).cause("corrupt-index");
    let others: Vec<String> =
        faults.iter().filter(|other| !std::ptr::eq(**other, *fault)).map(|fault| fault.kind.to_string()).collect();
    for other in others.iter().take(4) {
        finding = finding.evidence(other.clone());
    }
    if others.len() > 4 {
        finding = finding.evidence(format!("{} more", number(others.len().saturating_sub(4) as u64)));
    }
    let all = |what: &dyn Fn(&&Fault) -> bool| faults.iter().all(|fault| idle(&fault) || what(fault));
    let only_idle = all(&|_| false);
    // Both records can be read, and a restore works: with one of the two values.
    let only_repeated = all(&|fault| matches!(fault.kind, FaultKind::KeyRepeated { .. }));
    let finding = if only_idle {
        finding.tensorflow("nothing: it does not look at these bytes")
    } else {
        let says = match &fault.kind {
            FaultKind::EntryMalformed { .. } => "the process aborts (a failed CHECK in C++) when it parses this entry",
            FaultKind::HeaderMissing => {
                "takes the first entry for the header, and looks for data files that do not exist"
            }
            FaultKind::HeaderMalformed { .. } => "OpError: \"Unable to read file ... (unable to parse header)\"",
            FaultKind::KeyOrder { .. } => {
                "NotFoundError: \"Key ... not found in checkpoint\" for a key that its search misses"
            }
            FaultKind::KeyRepeated { .. } => "takes the first record of the key, and raises nothing",
            _ => "OpError: \"bad entry in block\", \"bad block handle\" or \"truncated block read\"",
        };
        finding.tensorflow(says)
    };
    let severity = if only_repeated { Severity::Warning } else { Severity::Error };
    let finding = Finding { severity, ..finding };
    if only_repeated && !only_idle {
        return Some(
            finding
                .help("no copy does this: what wrote the index wrote the key twice; save again, or repair the writer"),
        );
    }
    Some(fall_back(finding, facts, "copy the index again"))
}

/// The keys that some faults name, each once.
fn keys(faults: &[&Fault]) -> Vec<String> {
    let key = |fault: &&Fault| match &fault.kind {
        FaultKind::TablesDisagree { key, .. }
        | FaultKind::DTypeUnknown { key, .. }
        | FaultKind::ShapeInvalid { key }
        | FaultKind::SizeMismatch { key, .. }
        | FaultKind::ExtentInvalid { key, .. }
        | FaultKind::ExtentsOverlap { key, .. }
        | FaultKind::ShardOutOfRange { key, .. }
        | FaultKind::SliceMissing { key, .. }
        | FaultKind::SlicesOverlap { key, .. }
        | FaultKind::SlicesIncomplete { key, .. }
        | FaultKind::SlicesTooMany { key, .. }
        | FaultKind::SliceOrphan { key } => Some(key.clone()),
        _ => None,
    };
    let mut keys: Vec<String> = faults.iter().filter_map(key).collect();
    keys.sort_by(|a, b| natural(a, b));
    keys.dedup();
    keys
}

pub(super) fn entry(faults: &[&Fault]) -> Option<Finding> {
    let fault = faults.first()?;
    let keys = keys(faults);
    let message = match keys.len() {
        1 => fault.kind.to_string(),
        n => format!("{n} entries contradict themselves: {}", some(&keys)),
    };
    let says = match fault.kind {
        FaultKind::SizeMismatch { .. } => {
            "\"Invalid size in bundle entry: key ...; stored size ...; expected size ...\""
        }
        FaultKind::TablesDisagree { .. } => {
            "InternalError: \"Incompatible tensor shapes (or types) detected for tensor ...\", when it opens the set"
        }
        FaultKind::ExtentsOverlap { .. } => "reads both; what does not fit its checksum raises DataLossError",
        FaultKind::ShardOutOfRange { .. } => "looks for a data file that does not exist: \"No such file or directory\"",
        _ => "the process aborts (a failed CHECK in C++), or raises, when it reads this tensor",
    };
    let evidence: Vec<String> =
        faults.iter().skip(usize::from(keys.len() == 1)).take(5).map(|f| f.kind.to_string()).collect();
    let finding = Finding::new(&entry_invalid::RULE, message).at(&fault.at).cause("corrupt-index").variables(keys);
    let finding = evidence.into_iter().fold(finding, Finding::evidence);
    let help = match fault.kind {
        FaultKind::TablesDisagree { .. } => "the files are of different saves: fetch all of one",
        _ => "no checksum is wrong, so the writer wrote this: save again, or repair the writer",
    };
    Some(finding.tensorflow(says).help(help))
}

pub(super) fn slices(faults: &[&Fault]) -> Option<Finding> {
    let fault = faults.first()?;
    let keys = keys(faults);
    let message = match faults.len() {
        1 => fault.kind.to_string(),
        n => format!("{n} contradictions in the slices of {}: {}", many(keys.len(), "tensor"), fault.kind),
    };
    let says = match fault.kind {
        FaultKind::SlicesOverlap { .. } => "\"Overlapping slices: existing slice = ..., new slice = ...\"",
        FaultKind::SlicesTooMany { .. } => "compares each slice with each other one, which takes it long too",
        FaultKind::SliceOrphan { .. } => "nothing: it never asks for this slice",
        _ => "\"Does not have sufficient slices for partitioned tensor ... to restore in slice_spec\"",
    };
    let evidence: Vec<String> = faults.iter().skip(1).take(5).map(|fault| fault.kind.to_string()).collect();
    let finding = Finding::new(&slices_broken::RULE, message).at(&fault.at).cause("corrupt-index").variables(keys);
    let finding = evidence.into_iter().fold(finding, Finding::evidence).tensorflow(says);
    let orphans = faults.iter().all(|fault| matches!(fault.kind, FaultKind::SliceOrphan { .. }));
    let severity = if orphans { Severity::Warning } else { Severity::Error };
    Some(
        Finding { severity, ..finding }
            .help("merge the shards again from all parts of the save, or use another checkpoint"),
    )
}

pub(super) fn version(faults: &[&Fault]) -> Option<Finding> {
    let fault = faults.first()?;
    let says = match fault.kind {
        FaultKind::VersionRefused { disallows_current: true, .. } => {
            "ValueError: \"Checkpoint disallows consumer version 1.  Please upgrade TensorFlow: this version is likely buggy.\""
                .to_owned()
        }
        FaultKind::VersionRefused { min_consumer, .. } => {
            format!("ValueError: \"Checkpoint min consumer version {min_consumer} above current version 1 for TensorFlow ...\"")
        }
        _ => return None,
    };
    let finding = Finding::new(&version_refused::RULE, fault.kind.to_string()).at(&fault.at).cause("corrupt-index");
    Some(finding.tensorflow(says).help("restore with the TensorFlow that wrote it, and save again"))
}

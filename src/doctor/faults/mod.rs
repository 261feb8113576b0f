//! Which rule speaks for which fault, and how the many faults of one cause become one finding.

mod data;
mod foreign;
mod index;
mod keras;
mod shares;
mod toll;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::facts::Facts;
use super::finding::Findings;
use crate::bytes::{Fault, FaultKind, Foreign, Span};
use crate::model::{Checkpoint, File, FileRole, GRAPH_KEY};
use shares::Shares;

pub(super) use data::{has_other_count, strays};

/// Every fault is heard by a finding: its own, or that of the fault which explains it.
pub(super) fn speak(facts: &Facts, findings: &mut Findings) {
    let Some(checkpoint) = &facts.checkpoint else {
        let tell = |case: Case, findings: &mut Findings| case.tell(facts, &Shares::default(), findings);
        if let Some(fault) = &facts.resolved.refused {
            tell(Case { voice: Voice::Unreadable, faults: vec![fault], aside: Vec::new() }, findings);
        } else if let Some(what) = &facts.resolved.foreign {
            let at = Span::whole(&Arc::from(facts.resolved.given.as_str()));
            let fault = Fault { kind: FaultKind::Foreign { what: what.clone() }, at };
            let voice = voice(&fault.kind, true);
            tell(Case { voice, faults: vec![&fault], aside: Vec::new() }, findings);
        }
        return;
    };
    if checkpoint.faults.is_empty() && facts.digests.faults.is_empty() {
        return;
    }
    let shares = Shares::of(facts, checkpoint);
    for case in cases(facts, checkpoint, &shares) {
        case.tell(facts, &shares, findings);
    }
}

/// Who speaks: one voice, one rule, but for [`Voice::Mixed`] and [`Voice::OtherCount`], which are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Voice {
    Unreadable,
    IndexMissing,
    ShardMissing,
    OtherCount,
    LfsPointer,
    Foreign,
    IndexCut,
    IndexBlock,
    IndexMalformed,
    Entry,
    Slices,
    Version,
    ShardCut,
    Mixed,
    Checksum,
    Unowned,
    Graph,
    State,
    Hdf5Cut,
    Hdf5,
    Hdf5NotRead,
    KerasIncomplete,
    Config,
    Misfit,
    NotKeras,
    Link,
    GraphFile,
    GraphOfAnother,
    Archive,
}

/// The owner of every fault. `index` is true for faults of the index file.
fn voice(kind: &FaultKind, index: bool) -> Voice {
    match kind {
        FaultKind::Unreadable { .. } => Voice::Unreadable,
        FaultKind::Missing if index => Voice::IndexMissing,
        FaultKind::Missing => Voice::ShardMissing,
        FaultKind::Empty if index => Voice::IndexCut,
        FaultKind::Empty => Voice::ShardCut,
        FaultKind::Foreign { what: Foreign::LfsPointer { .. } } => Voice::LfsPointer,
        FaultKind::Foreign { .. } => Voice::Foreign,
        FaultKind::TooShort { .. } | FaultKind::BadMagic => Voice::IndexCut,
        FaultKind::EndsEarly { .. } | FaultKind::VarintMalformed if !index => Voice::Checksum,
        FaultKind::EndsEarly { .. }
        | FaultKind::VarintMalformed
        | FaultKind::FooterNotCanonical
        | FaultKind::BlockOutOfRange { .. }
        | FaultKind::BlockMalformed { .. }
        | FaultKind::KeyOrder { .. }
        | FaultKind::KeyRepeated { .. }
        | FaultKind::TableGap
        | FaultKind::Salvaged { .. }
        | FaultKind::HeaderMissing
        | FaultKind::HeaderMalformed { .. }
        | FaultKind::EntryMalformed { .. } => Voice::IndexMalformed,
        FaultKind::BlockChecksum { .. } | FaultKind::BlockType { .. } | FaultKind::BlockCompressed { .. } => {
            Voice::IndexBlock
        }
        FaultKind::TextMode { .. } if index => Voice::IndexBlock,
        FaultKind::TextMode { .. } => Voice::Unowned,
        FaultKind::VersionRefused { .. } => Voice::Version,
        FaultKind::TablesDisagree { .. }
        | FaultKind::DTypeUnknown { .. }
        | FaultKind::ShapeInvalid { .. }
        | FaultKind::SizeMismatch { .. }
        | FaultKind::ExtentInvalid { .. }
        | FaultKind::ExtentsOverlap { .. }
        | FaultKind::ShardOutOfRange { .. } => Voice::Entry,
        FaultKind::ShardTruncated { .. } => Voice::ShardCut,
        FaultKind::UnownedBytes { .. } => Voice::Unowned,
        FaultKind::SliceMissing { .. }
        | FaultKind::SlicesOverlap { .. }
        | FaultKind::SlicesIncomplete { .. }
        | FaultKind::SlicesTooMany { .. }
        | FaultKind::SliceOrphan { .. } => Voice::Slices,
        FaultKind::DataChecksum { .. } | FaultKind::StringLengths { .. } | FaultKind::PieceUndecodable { .. } => {
            Voice::Checksum
        }
        FaultKind::GraphMissing
        | FaultKind::GraphMalformed { .. }
        | FaultKind::GraphNodeMissing { .. }
        | FaultKind::GraphKeyMissing { .. } => Voice::Graph,
        FaultKind::StateMalformed { .. } => Voice::State,
        FaultKind::Hdf5Truncated { .. } => Voice::Hdf5Cut,
        FaultKind::Hdf5Malformed { .. } => Voice::Hdf5,
        FaultKind::Hdf5Unsupported { .. } => Voice::Hdf5NotRead,
        FaultKind::LayerMissing { .. }
        | FaultKind::WeightMissing { .. }
        | FaultKind::WeightsMissing { .. }
        | FaultKind::MemberMissing { .. }
        | FaultKind::MembersBelow { .. } => Voice::KerasIncomplete,
        FaultKind::WeightMisfits { .. } => Voice::Misfit,
        FaultKind::LayersUnlisted => Voice::NotKeras,
        FaultKind::WeightUnlisted { .. } | FaultKind::MemberUnread { .. } => Voice::Hdf5NotRead,
        FaultKind::JsonMalformed { .. } => Voice::Config,
        FaultKind::ArchiveMalformed { .. }
        | FaultKind::MemberChecksum { .. }
        | FaultKind::MemberLost { .. }
        | FaultKind::MemberOverlaps { .. } => Voice::Archive,
        FaultKind::LinkLeavesFile { .. } | FaultKind::LinkInFile { .. } => Voice::Link,
        FaultKind::GraphFileMalformed { .. } => Voice::GraphFile,
        FaultKind::GraphOfAnother { .. } => Voice::GraphOfAnother,
    }
}

impl Voice {
    /// True if what this one says makes faults of the other one in the same file no news.
    fn explains(self, other: Self) -> bool {
        match self {
            Self::Unreadable
            | Self::IndexMissing
            | Self::ShardMissing
            | Self::OtherCount
            | Self::LfsPointer
            | Self::Foreign => true,
            Self::Hdf5Cut => matches!(
                other,
                Self::Hdf5 | Self::Hdf5NotRead | Self::KerasIncomplete | Self::Config | Self::NotKeras | Self::ShardCut
            ),
            // What the index of a dataset does not tell any more is missing from the dataset.
            Self::Hdf5 => matches!(other, Self::KerasIncomplete | Self::Config | Self::NotKeras | Self::Slices),
            Self::IndexCut => matches!(other, Self::IndexBlock | Self::IndexMalformed | Self::Entry | Self::Slices),
            Self::IndexBlock => matches!(other, Self::IndexMalformed | Self::Entry | Self::Slices),
            Self::Mixed => matches!(other, Self::ShardCut | Self::Checksum | Self::Unowned | Self::Graph),
            Self::ShardCut | Self::Checksum => matches!(other, Self::Unowned),
            _ => false,
        }
    }

    /// True if the index cannot be relied upon after this: what other files lack may be its doing.
    fn spoils_index(self) -> bool {
        matches!(self, Self::IndexMissing | Self::IndexCut | Self::IndexBlock | Self::IndexMalformed)
    }

    /// True if several files of a checkpoint suffer this by one cause.
    fn folds(self) -> bool {
        matches!(self, Self::ShardMissing | Self::OtherCount | Self::LfsPointer | Self::Foreign | Self::Mixed)
    }
}

/// Faults of one cause.
struct Case<'a> {
    voice: Voice,
    faults: Vec<&'a Fault>,
    /// Faults that follow from it.
    aside: Vec<&'a Fault>,
}

impl Case<'_> {
    fn file(&self) -> Option<&Arc<str>> {
        self.faults.first().map(|fault| &fault.at.file)
    }

    fn tell(&self, facts: &Facts, shares: &Shares, findings: &mut Findings) {
        let finding = match self.voice {
            Voice::Unreadable => foreign::unreadable(facts, &self.faults),
            Voice::LfsPointer => foreign::lfs_pointer(facts, &self.faults),
            Voice::Foreign => foreign::foreign(facts, &self.faults),
            Voice::IndexMissing => index::missing(facts, &self.faults),
            Voice::IndexCut => index::cut(facts, &self.faults, &self.aside),
            Voice::IndexBlock => index::block(facts, &self.faults, &self.aside),
            Voice::IndexMalformed => index::malformed(facts, &self.faults),
            Voice::Entry => index::entry(&self.faults),
            Voice::Slices => index::slices(&self.faults),
            Voice::Version => index::version(&self.faults),
            Voice::ShardMissing => data::missing(facts, shares, &self.faults),
            Voice::OtherCount => data::other_count(facts, shares, &self.faults),
            Voice::ShardCut => data::cut(facts, shares, &self.faults),
            Voice::Mixed => data::mixed(facts, shares, &self.faults),
            Voice::Checksum => data::checksum(facts, shares, &self.faults, &self.aside),
            Voice::Unowned => data::unowned(shares, &self.faults),
            Voice::Graph => data::graph(facts, &self.faults),
            Voice::Hdf5Cut => keras::cut(facts, &self.faults, &self.aside),
            Voice::Hdf5 => keras::malformed(facts, &self.faults),
            Voice::Hdf5NotRead => keras::not_read(&self.faults),
            Voice::KerasIncomplete => keras::incomplete(facts, &self.faults),
            Voice::Config => keras::config(facts, &self.faults),
            Voice::Misfit => keras::misfit(&self.faults),
            Voice::NotKeras => keras::not_keras(facts, &self.faults),
            Voice::Link => keras::link(&self.faults),
            Voice::GraphFile => keras::graph_file(facts, &self.faults),
            Voice::GraphOfAnother => keras::graph_of_another(facts, &self.faults),
            Voice::Archive => keras::archive(facts, &self.faults),
            // The state file is not a file of the checkpoint; its rule reads it from the directory.
            Voice::State => None,
        };
        if let Some(finding) = finding {
            findings.add(finding);
        }
    }
}

/// The faults by cause: by file and voice first, then what follows goes to what it follows from.
fn cases<'a>(facts: &'a Facts, checkpoint: &'a Checkpoint, shares: &Shares) -> Vec<Case<'a>> {
    let files: HashMap<&str, &File> = checkpoint.files.iter().rev().map(|file| (&*file.label, file)).collect();
    let other_count = data::has_other_count(facts);
    let mut cases: Vec<Case> = Vec::new();
    // There may be a case for each of a hundred thousand files.
    let mut known_cases: HashMap<(&str, Voice), usize> = HashMap::new();
    // The object graph is read twice: when the checkpoint is opened, and with all the data.
    let known: Vec<&Fault> = checkpoint.faults.iter().filter(graph_bytes).collect();
    let of_data = facts.digests.faults.iter().filter(|fault| !graph_bytes(fault) || !known.contains(fault));
    for fault in checkpoint.faults.iter().chain(of_data) {
        let file = files.get(&*fault.at.file);
        let voice = match voice(&fault.kind, file.is_some_and(|file| checkpoint.is_table(file))) {
            // Of a set of tables one may be missing while others are there.
            Voice::IndexMissing if file.is_some_and(|file| matches!(file.role, FileRole::Shard { .. })) => {
                Voice::ShardMissing
            }
            Voice::ShardMissing if other_count => Voice::OtherCount,
            Voice::Checksum if shares.is_mixed(&fault.at.file) => Voice::Mixed,
            voice => voice,
        };
        let number = *known_cases.entry((&*fault.at.file, voice)).or_insert(cases.len());
        match cases.get_mut(number) {
            Some(case) => case.faults.push(fault),
            None => cases.push(Case { voice, faults: vec![fault], aside: Vec::new() }),
        }
    }
    let trusted = checkpoint.entries.iter().all(|entry| entry.trusted);
    fold(explain(cases, trusted))
}

/// True for bytes of the object graph that have changed.
fn graph_bytes(fault: &&Fault) -> bool {
    match &fault.kind {
        FaultKind::DataChecksum { key, .. } | FaultKind::StringLengths { key, .. } => key == GRAPH_KEY,
        _ => false,
    }
}

/// Gives the faults of cases that another case explains to that one. `trusted` is true if every entry of
/// the index was read out of a sound block.
fn explain(cases: Vec<Case<'_>>, trusted: bool) -> Vec<Case<'_>> {
    let spoilt = cases.iter().position(|case| case.voice.spoils_index());
    let graph = cases.iter().position(|case| case.voice == Voice::Checksum && case.faults.iter().any(graph_bytes));
    let mut of_files: HashMap<Option<&Arc<str>>, Vec<(usize, Voice)>> = HashMap::new();
    for (position, case) in cases.iter().enumerate() {
        of_files.entry(case.file()).or_default().push((position, case.voice));
    }
    let cause = |position: usize, case: &Case| {
        // Of two that explain each other the first stays.
        let explains = |(at, other): &&(usize, Voice)| {
            let mutual = case.voice.explains(*other);
            *other != case.voice && other.explains(case.voice) && (!mutual || *at < position)
        };
        let same_file = of_files.get(&case.file()).and_then(|cases| cases.iter().find(explains)).map(|(at, _)| *at);
        let elsewhere = match case.voice {
            Voice::Graph => spoilt.or(graph),
            Voice::Unowned => spoilt,
            // A wrong bit in an entry makes sound bytes look damaged.
            Voice::Checksum | Voice::Mixed | Voice::ShardCut | Voice::ShardMissing if !trusted => spoilt,
            _ => None,
        };
        same_file.or(elsewhere).filter(|&cause| cause != position)
    };
    let causes: Vec<Option<usize>> = cases.iter().enumerate().map(|(position, case)| cause(position, case)).collect();
    let mut aside: Vec<Vec<&Fault>> = vec![Vec::new(); cases.len()];
    for (case, cause) in cases.iter().zip(&causes) {
        if let Some(of_cause) = cause.and_then(|cause| aside.get_mut(cause)) {
            of_cause.extend(&case.faults);
        }
    }
    let kept = cases.into_iter().zip(causes).zip(aside).filter(|((_, cause), _)| cause.is_none());
    kept.map(|((case, _), aside)| Case { aside, ..case }).collect()
}

/// Makes one case of those that befell several files at once.
fn fold(cases: Vec<Case<'_>>) -> Vec<Case<'_>> {
    let mut folded: Vec<Case> = Vec::new();
    let mut first: HashMap<Voice, usize> = HashMap::new();
    for case in cases {
        let known = if case.voice.folds() { *first.entry(case.voice).or_insert(folded.len()) } else { folded.len() };
        match folded.get_mut(known) {
            Some(known) => {
                known.faults.extend(case.faults);
                known.aside.extend(case.aside);
            }
            None => folded.push(case),
        }
    }
    folded
}

/// The files of some faults, each once.
fn files(faults: &[&Fault]) -> Vec<String> {
    let mut seen: HashSet<&str> = HashSet::new();
    let new = faults.iter().map(|fault| &*fault.at.file).filter(|file| seen.insert(file));
    new.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests;

//! What damage leaves unknown: whether a checkpoint may have held more than could be read of it.

use super::GRAPH_KEY;
use super::checkpoint::{Checkpoint, FileRole, Flavor};
use super::container::Container;
use crate::bytes::{Fault, FaultKind};

impl Checkpoint {
    /// True if faults may keep variables from being seen, or their names, types or shapes: then nothing follows
    /// from one that is not there.
    pub fn is_partial(&self) -> bool {
        let has_lost_graph = self.flavor == Flavor::ObjectBased && self.graph.is_none() && !self.listed;
        self.faults.iter().any(|fault| self.hides(fault)) || has_lost_graph && !self.faults.is_empty()
    }

    /// What its faults come to: that one may not read a file is no damage.
    pub fn plight(&self) -> &'static str {
        let refused = |fault: &Fault| matches!(fault.kind, FaultKind::Unreadable { .. });
        if self.faults.iter().all(refused) { "cannot be read" } else { "are damaged" }
    }

    fn hides(&self, fault: &Fault) -> bool {
        match &fault.kind {
            // Of a file that is gone it depends on what was in it.
            FaultKind::Unreadable { .. } | FaultKind::Missing | FaultKind::Empty | FaultKind::Foreign { .. } => {
                self.tells(&fault.at.file)
            }
            FaultKind::DataChecksum { key, .. } | FaultKind::StringLengths { key, .. } => key == GRAPH_KEY,
            // Only where nothing else tells the variables.
            FaultKind::GraphFileMalformed { .. } => self.container == Container::MetaGraph,
            // What the records say of names, types and shapes stands, or nothing of it is in this file.
            FaultKind::FooterNotCanonical
            | FaultKind::VersionRefused { .. }
            | FaultKind::SizeMismatch { .. }
            | FaultKind::ExtentInvalid { .. }
            | FaultKind::ShardOutOfRange { .. }
            | FaultKind::ExtentsOverlap { .. }
            | FaultKind::ShardTruncated { .. }
            | FaultKind::UnownedBytes { .. }
            | FaultKind::TextMode { .. }
            | FaultKind::SliceMissing { .. }
            | FaultKind::SlicesOverlap { .. }
            | FaultKind::SlicesIncomplete { .. }
            | FaultKind::SlicesTooMany { .. }
            | FaultKind::GraphOfAnother { .. }
            | FaultKind::StateMalformed { .. }
            | FaultKind::PieceUndecodable { .. }
            | FaultKind::LinkInFile { .. }
            | FaultKind::LayersUnlisted
            | FaultKind::WeightUnlisted { .. }
            | FaultKind::WeightMisfits { .. }
            | FaultKind::MembersBelow { .. } => false,
            FaultKind::TooShort { .. }
            | FaultKind::BadMagic
            | FaultKind::EndsEarly { .. }
            | FaultKind::VarintMalformed
            | FaultKind::BlockOutOfRange { .. }
            | FaultKind::BlockChecksum { .. }
            | FaultKind::BlockType { .. }
            | FaultKind::BlockCompressed { .. }
            | FaultKind::BlockMalformed { .. }
            | FaultKind::KeyOrder { .. }
            | FaultKind::KeyRepeated { .. }
            | FaultKind::TableGap
            | FaultKind::Salvaged { .. }
            | FaultKind::HeaderMissing
            | FaultKind::HeaderMalformed { .. }
            | FaultKind::EntryMalformed { .. }
            | FaultKind::TablesDisagree { .. }
            | FaultKind::DTypeUnknown { .. }
            | FaultKind::ShapeInvalid { .. }
            | FaultKind::SliceOrphan { .. }
            | FaultKind::GraphMissing
            | FaultKind::GraphMalformed { .. }
            | FaultKind::GraphNodeMissing { .. }
            | FaultKind::GraphKeyMissing { .. }
            | FaultKind::Hdf5Truncated { .. }
            | FaultKind::Hdf5Malformed { .. }
            | FaultKind::Hdf5Unsupported { .. }
            | FaultKind::LinkLeavesFile { .. }
            | FaultKind::LayerMissing { .. }
            | FaultKind::WeightMissing { .. }
            | FaultKind::WeightsMissing { .. }
            | FaultKind::MemberMissing { .. }
            | FaultKind::ArchiveMalformed { .. }
            | FaultKind::MemberChecksum { .. }
            | FaultKind::MemberLost { .. }
            | FaultKind::MemberOverlaps { .. }
            | FaultKind::MemberUnread { .. }
            | FaultKind::JsonMalformed { .. } => true,
        }
    }

    /// True for a file that tells which variables there are. A bundle's index does, and all of it.
    fn tells(&self, label: &str) -> bool {
        let file = self.files.iter().find(|file| *file.label == *label);
        self.container != Container::Bundle || file.is_none_or(|file| file.role == FileRole::Index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::Span;
    use crate::model::sample::{DATA, INDEX, named, object};

    fn with(mut checkpoint: Checkpoint, file: &str, kind: FaultKind) -> Checkpoint {
        checkpoint.faults.push(Fault { kind, at: Span::whole(&file.into()) });
        checkpoint
    }

    #[test]
    fn the_index_tells_what_there_is() {
        let sound = || named(&[("w", &[2])]);
        assert!(!sound().is_partial());
        assert!(with(sound(), INDEX, FaultKind::BadMagic).is_partial());
        assert!(with(sound(), INDEX, FaultKind::Empty).is_partial());
        assert!(!with(sound(), DATA, FaultKind::Missing).is_partial());
        assert!(!with(sound(), DATA, FaultKind::ShardTruncated { size: 4, needed: 8 }).is_partial());
    }

    #[test]
    fn objects_are_told_by_the_graph_too() {
        let sound = || object(&[("w", "w", &[2])]);
        let cut = FaultKind::ShardTruncated { size: 4, needed: 8 };
        assert!(!with(sound(), DATA, cut.clone()).is_partial(), "the graph lies before the cut");
        let lost = Checkpoint { graph: None, ..sound() };
        assert!(with(lost, DATA, cut).is_partial());
        let checksum = |key: &str| FaultKind::DataChecksum { key: key.to_owned(), stored: 1, computed: 2 };
        assert!(with(sound(), DATA, checksum(GRAPH_KEY)).is_partial());
        assert!(!with(sound(), DATA, checksum("w/.ATTRIBUTES/VARIABLE_VALUE")).is_partial());
    }
}

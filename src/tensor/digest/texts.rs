//! Strings and variants, which carry checksums of their own among their bytes.

use rayon::prelude::*;

use super::{Looked, Pass, slices};
use crate::bytes::strings::{strings, variants};
use crate::bytes::{Cursor, Fault, FaultKind, limits};
use crate::model::{Digest, Endianness, Entry, EntryId, Extent, Kind, Payload};
use crate::tensor::stream;

impl Pass<'_> {
    /// Each is read whole.
    pub(super) fn texts(&self, ids: &[EntryId]) -> Vec<(EntryId, Looked)> {
        ids.par_iter().map(|id| (*id, self.entry(*id).map_or_else(Looked::default, |entry| self.text(entry)))).collect()
    }

    fn text(&self, entry: &Entry) -> Looked {
        let mut all = Looked::default();
        let mut intact = true;
        let mut crc32c = None;
        let mut complete = !matches!(entry.payload, Payload::Nowhere);
        let slices = slices(entry);
        for (number, (extent, stored)) in entry.extents().enumerate() {
            let count = slices.get(number).map_or(entry.elements(), |slice| slice.elements().unwrap_or(0));
            match self.strings(entry, extent, stored, count) {
                Some((computed, faults)) => {
                    intact &= faults.is_empty();
                    crc32c = computed.filter(|_| matches!(entry.payload, Payload::Extent(_)));
                    all.bytes += extent.length;
                    all.faults.extend(faults);
                }
                None => complete = false,
            }
        }
        all.digest = complete.then_some(Digest { crc32c, intact: Some(intact), stats: None, sha256: None });
        all
    }

    /// The checksum of one stretch of strings, and what is wrong with it. None if it cannot be read,
    /// which has been said of the file.
    fn strings(
        &self,
        entry: &Entry,
        extent: Extent,
        stored: Option<u32>,
        count: u64,
    ) -> Option<(Option<u32>, Vec<Fault>)> {
        let there = self.checkpoint.files.get(extent.file).and_then(|file| file.size);
        let readable =
            matches!(entry.dtype.kind(), Kind::Str | Kind::Variant) && extent.length <= limits::STRING_TENSOR;
        if !readable || there.is_none_or(|size| size < extent.end()) {
            return None;
        }
        let span = stream::place(self.checkpoint, extent);
        let mut bytes = vec![0; extent.length as usize];
        if let Err(fault) = self.opened.fill(extent, &mut bytes) {
            return Some((None, vec![fault]));
        }
        (self.progress)(extent.length);
        let wrong =
            |what| Fault { kind: FaultKind::StringLengths { key: entry.key.to_string(), what }, at: span.clone() };
        let cursor = Cursor::new(&span.file, &bytes, extent.offset);
        let parsed = match entry.dtype.kind() {
            Kind::Variant => variants(cursor, count),
            _ => strings(cursor, count, entry.endianness == Endianness::Big),
        };
        Some(match parsed {
            Ok(parsed) => {
                let mut faults: Vec<Fault> = parsed.wrong.map(wrong).into_iter().collect();
                if let Some(stored) = stored.filter(|stored| *stored != parsed.crc32c && parsed.wrong.is_none()) {
                    faults.push(self.wrong_checksum(entry, extent, stored, parsed.crc32c));
                }
                (Some(parsed.crc32c), faults)
            }
            Err(what) => (None, vec![wrong(what)]),
        })
    }
}

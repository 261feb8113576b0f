//! One parallel pass over the data: every byte is read once, its checksum compared, its numbers looked
//! at if asked for.

mod texts;

use std::collections::HashSet;

use rayon::prelude::*;
use sha2::{Digest as _, Sha256};

use super::gaps::gaps;
use super::opened::{Opened, with_buffers};
use super::pieces::Pieces;
use super::read::{Elements, read};
use super::stream::{self, Stream};
use super::tally::Tally;
use super::{PIECE, STRETCH, boxes, pieces};
use crate::bytes::{Crc32c, Fault, FaultKind, limits};
use crate::model::{
    Checkpoint, Container, Depth, Digest, Digests, Entry, EntryId, Extent, FileRole, Kind, Payload, Slice, Stats,
};
use crate::store::Store;

/// What to look at.
#[derive(Clone, Debug)]
pub struct Request {
    /// [`Depth::Bytes`] compares checksums, [`Depth::Values`] looks at the numbers too. Nothing is read
    /// for less, unless `sha256` is set.
    pub depth: Depth,
    /// Whether to compute the SHA-256 of each tensor's elements.
    pub sha256: bool,
    /// The entries to look at; all if none.
    pub entries: Option<Vec<EntryId>>,
}

/// Reads the data of a checkpoint. `progress` is told of bytes as they have been read.
pub fn digest(
    store: &dyn Store,
    checkpoint: &Checkpoint,
    request: &Request,
    progress: &(dyn Fn(u64) + Sync),
) -> Digests {
    let mut digests = Digests::none(request.depth);
    if request.depth < Depth::Bytes && !request.sha256 {
        return digests;
    }
    digests.entries = vec![None; checkpoint.entries.len()];
    let chosen: Vec<EntryId> = match &request.entries {
        Some(entries) => entries.clone(),
        None => (0..checkpoint.entries.len()).collect(),
    };
    // What several names share is looked at once.
    let is_chosen: HashSet<EntryId> = chosen.iter().copied().collect();
    let mut aliases = checkpoint.aliases();
    aliases.retain(|(alias, owner)| is_chosen.contains(alias) && is_chosen.contains(owner));
    let is_alias: HashSet<EntryId> = aliases.iter().map(|(alias, _)| *alias).collect();
    let chosen = chosen.into_iter().filter(|id| !is_alias.contains(id)).collect();
    let chosen = bounded(checkpoint, chosen);
    let opened = Opened::new(store, checkpoint);
    let pass = Pass { store, opened, checkpoint, values: request.depth >= Depth::Values, progress };
    let is = |id: &EntryId, what: fn(&Entry) -> bool| checkpoint.entries.get(*id).is_some_and(what);
    let (coded, plain): (Vec<EntryId>, Vec<EntryId>) =
        chosen.iter().partition(|id| is(id, |entry| matches!(entry.payload, Payload::Coded(_))));
    let (numbers, texts): (Vec<EntryId>, Vec<EntryId>) =
        plain.into_iter().partition(|id| is(id, |entry| entry.dtype.is_numeric()));

    let looked = pass.numbers(&numbers).into_iter().chain(pass.texts(&texts)).chain(pass.coded(&coded));
    for (id, result) in looked {
        let Some(slot) = digests.entries.get_mut(id) else { continue };
        *slot = result.digest;
        digests.faults.extend(result.faults);
        digests.bytes_read += result.bytes;
    }
    if request.sha256 {
        pass.sha256(&chosen, &mut digests);
    }
    for (alias, owner) in aliases {
        let digest = digests.entries.get(owner).cloned().flatten();
        if let Some(slot) = digests.entries.get_mut(alias) {
            *slot = digest;
        }
    }
    // Where the index is damaged, bytes without an owner are no surprise; files of other kinds have their
    // structure between the tensors.
    let index = checkpoint.index_file().map(|file| &file.label);
    let index_is_whole = checkpoint.faults.iter().all(|fault| Some(&fault.at.file) != index);
    if request.entries.is_none() && index_is_whole && checkpoint.container == Container::Bundle {
        digests.faults.extend(gaps(&pass.opened, checkpoint));
    }
    digests
}

struct Pass<'a> {
    store: &'a dyn Store,
    opened: Opened<'a>,
    checkpoint: &'a Checkpoint,
    values: bool,
    progress: &'a (dyn Fn(u64) + Sync),
}

/// What was found of one entry.
#[derive(Default)]
struct Looked {
    digest: Option<Digest>,
    faults: Vec<Fault>,
    bytes: u64,
}

/// A stretch of a tensor that is read at once.
#[derive(Clone, Copy, Debug)]
struct Piece {
    entry: EntryId,
    /// Which of the entry's extents.
    part: usize,
    extent: Extent,
}

/// A piece, and what was found of it.
type Look = (Piece, Result<Seen, Fault>);

/// What was found of a piece.
#[derive(Default)]
struct Seen {
    crc: u32,
    tally: Option<Tally>,
}

impl Pass<'_> {
    fn entry(&self, id: EntryId) -> Option<&Entry> {
        self.checkpoint.entries.get(id)
    }

    // ------------------------------------------------------------ numbers

    /// Tensors of numbers are cut into pieces; neighbouring small pieces are read in one go.
    fn numbers(&self, ids: &[EntryId]) -> Vec<(EntryId, Looked)> {
        let pieces = self.pieces(ids);
        // Handed out from front to back, so that the disk is read in order by all threads together.
        let mut seen: Vec<Look> = runs(&pieces).into_iter().par_bridge().flat_map_iter(|run| self.run(run)).collect();
        // From the order of the files to that of the tensors.
        seen.sort_by_key(|(piece, _)| (piece.entry, piece.part, piece.extent.offset));
        // To put the checksums of a large tensor together takes a while, too.
        let of_entries: Vec<&[Look]> = seen.chunk_by(|(a, _), (b, _)| a.entry == b.entry).collect();
        of_entries
            .into_par_iter()
            .filter_map(|looks| Some((looks.first()?.0.entry, looks)))
            .map(|(id, looks)| (id, self.conclude(id, looks)))
            .collect()
    }

    fn pieces(&self, ids: &[EntryId]) -> Vec<Piece> {
        let mut pieces = Vec::with_capacity(ids.len());
        for &id in ids {
            for (part, (extent, _)) in self.entry(id).into_iter().flat_map(Entry::extents).enumerate() {
                let end = extent.end();
                // What the file is too short for has been said of the file.
                if self.checkpoint.files.get(extent.file).and_then(|file| file.size).is_none_or(|size| size < end) {
                    continue;
                }
                let mut offset = extent.offset;
                loop {
                    let length = (end - offset).min(STRETCH);
                    pieces.push(Piece { entry: id, part, extent: Extent { file: extent.file, offset, length } });
                    offset += length;
                    if offset >= end {
                        break;
                    }
                }
            }
        }
        pieces.sort_by_key(|piece| (piece.extent.file, piece.extent.offset, piece.extent.length));
        pieces
    }

    /// Reads the stretch of file that some pieces lie in, and looks at each.
    fn run(&self, pieces: &[Piece]) -> Vec<Look> {
        let (Some(first), Some(end)) = (pieces.first(), pieces.iter().map(|piece| piece.extent.end()).max()) else {
            return Vec::new();
        };
        let start = first.extent.offset;
        let whole = Extent { length: end - start, ..first.extent };
        let looks = with_buffers(|[buffer]| match pieces {
            [piece] => vec![(*piece, self.stretch(piece, buffer))],
            _ => {
                let mut read = self.opened.read(whole, buffer);
                let look = |piece: &Piece| {
                    let seen = match &mut read {
                        Ok(bytes) => {
                            let from = (piece.extent.offset - start) as usize;
                            let bytes = bytes.get_mut(from..from + piece.extent.length as usize);
                            Ok(bytes.map_or(Seen::default(), |bytes| self.look(piece, bytes)))
                        }
                        Err(fault) => Err(fault.clone()),
                    };
                    (*piece, seen)
                };
                pieces.iter().map(look).collect()
            }
        });
        (self.progress)(whole.length);
        looks
    }

    /// Reads and looks at a piece, as much at a time as stays in a core's cache.
    fn stretch(&self, piece: &Piece, buffer: &mut Vec<u8>) -> Result<Seen, Fault> {
        let mut crc = Crc32c::default();
        let mut tally: Option<Tally> = None;
        for from in (0..piece.extent.length.max(1)).step_by(PIECE) {
            let length = (piece.extent.length - from).min(PIECE as u64);
            let bytes =
                self.opened.read(Extent { offset: piece.extent.offset + from, length, ..piece.extent }, buffer)?;
            crc.update(bytes);
            if let Some(next) = self.tally(piece, bytes) {
                tally.get_or_insert_default().append(&next);
            }
        }
        Ok(Seen { crc: crc.value(), tally })
    }

    fn look(&self, piece: &Piece, bytes: &mut [u8]) -> Seen {
        Seen { crc: Crc32c::of(bytes), tally: self.tally(piece, bytes) }
    }

    /// What the numbers of a piece tell, if they are looked at; turns them little-endian.
    fn tally(&self, piece: &Piece, bytes: &mut [u8]) -> Option<Tally> {
        let entry = self.entry(piece.entry).filter(|_| self.values)?;
        stream::to_little_endian(entry.endianness, entry.dtype, bytes);
        Tally::of(entry.dtype, bytes)
    }

    /// Takes the pieces of an entry together.
    fn conclude(&self, id: EntryId, looks: &[Look]) -> Looked {
        let Some(entry) = self.entry(id) else { return Looked::default() };
        let mut looked = Looked::default();
        let mut tally = Tally::default();
        let mut intact = Some(true);
        let mut whole_crc = None;
        let mut parts = looks.chunk_by(|(a, _), (b, _)| a.part == b.part).peekable();
        let mut complete = true;
        let numbers = numbers(entry);
        let slices = slices(entry);
        for (number, (extent, stored)) in entry.extents().enumerate() {
            let pieces = parts.next_if(|looks| looks.first().is_some_and(|(piece, _)| piece.part == number));
            let Some((crc, of_part)) = pieces.and_then(|pieces| join(pieces, &mut looked)) else {
                complete = false;
                continue;
            };
            match slices.get(number) {
                Some(slice) => {
                    let axes = entry.shape.axes().unwrap_or_default();
                    tally.scatter(&of_part, |index| boxes::position(axes, &slice.extents, index / numbers) * numbers);
                }
                None => {
                    tally.append(&of_part);
                    whole_crc = Some(crc);
                }
            }
            match stored {
                Some(stored) if stored != crc => {
                    intact = Some(false);
                    looked.faults.push(self.wrong_checksum(entry, extent, stored, crc));
                }
                Some(_) => {}
                None => intact = intact.filter(|intact| !intact),
            }
        }
        // Of a stretch that is not as long as its tensor neither checksum nor numbers mean anything; that
        // it is not has been said of the index.
        let expected = entry.dtype.bytes().and_then(|bytes| entry.shape.elements()?.checked_mul(bytes));
        if matches!(entry.payload, Payload::Extent(extent) if expected.is_some_and(|bytes| bytes != extent.length)) {
            return Looked { bytes: looked.bytes, ..Looked::default() };
        }
        if complete {
            let stats = self.values.then(|| stats(entry, &tally));
            looked.digest = Some(Digest { crc32c: whole_crc, intact, stats, sha256: None });
        }
        looked
    }

    fn wrong_checksum(&self, entry: &Entry, extent: Extent, stored: u32, computed: u32) -> Fault {
        let kind = FaultKind::DataChecksum { key: entry.key.to_string(), stored, computed };
        Fault { kind, at: stream::place(self.checkpoint, extent) }
    }

    // -------------------------------------------------------------- coded

    /// Tensors in pieces that have to be decoded are put together, each by itself.
    fn coded(&self, ids: &[EntryId]) -> Vec<(EntryId, Looked)> {
        let entries: Vec<(EntryId, &Entry)> = ids.iter().filter_map(|id| Some((*id, self.entry(*id)?))).collect();
        entries.into_par_iter().map(|(id, entry)| (id, self.decoded(entry))).collect()
    }

    fn decoded(&self, entry: &Entry) -> Looked {
        let tally = if entry.dtype.is_numeric() {
            Pieces::open(&self.opened, entry).and_then(|pieces| pieces.tally()).map(Some)
        } else {
            read(self.store, self.checkpoint, entry).map(|_| None)
        };
        let tally = match tally {
            Ok(tally) => tally,
            Err(fault) => return Looked { faults: self.news(fault).into_iter().collect(), ..Looked::default() },
        };
        let bytes = entry.stored_bytes();
        (self.progress)(bytes);
        let stats = tally.filter(|_| self.values).map(|tally| stats(entry, &tally));
        let digest = Digest { crc32c: None, intact: None, stats, sha256: None };
        Looked { digest: Some(digest), faults: Vec::new(), bytes }
    }

    /// A fault, but for what has been said when the file was opened: that it is short, or lacks slices.
    fn news(&self, fault: Fault) -> Option<Fault> {
        let is_known = match &fault.kind {
            // Unless it was cut since.
            FaultKind::ShardTruncated { size, .. } => {
                let files = &self.checkpoint.files;
                files.iter().any(|file| file.label == fault.at.file && file.size == Some(*size))
            }
            FaultKind::EntryMalformed { .. } => true,
            FaultKind::SlicesIncomplete { .. } => self.checkpoint.container == Container::V1,
            _ => false,
        };
        (!is_known).then_some(fault)
    }

    // ------------------------------------------------------------- sha256

    /// A second reading, in element order: what a checksum by pieces cannot give.
    fn sha256(&self, ids: &[EntryId], digests: &mut Digests) {
        // What was never written is gone through here, if not without end.
        let mut left = on_disk(self.checkpoint).saturating_mul(limits::EXPANSION).saturating_add(limits::FILLED);
        let mut is_affordable = |entry: &Entry| {
            let size = entry.dtype.bytes().filter(|_| matches!(entry.payload, Payload::Coded(_))).unwrap_or(0);
            let rest = left.checked_sub(entry.elements().saturating_mul(size));
            left = rest.unwrap_or(left);
            rest.is_some()
        };
        let entries = ids.iter().filter_map(|id| Some((*id, self.entry(*id)?)));
        let entries: Vec<(EntryId, &Entry)> = entries.filter(|(_, entry)| is_affordable(entry)).collect();
        let hashed: Vec<(EntryId, Result<[u8; 32], Fault>)> =
            entries.into_par_iter().map(|(id, entry)| (id, self.hash(entry))).collect();
        for (id, hash) in hashed {
            // What could not be read the first time either has been told.
            let Some(Some(digest)) = digests.entries.get_mut(id) else { continue };
            match hash {
                Ok(hash) => digest.sha256 = Some(hash),
                Err(fault) => digests.faults.extend(self.news(fault)),
            }
        }
    }

    fn hash(&self, entry: &Entry) -> Result<[u8; 32], Fault> {
        let mut sha = Sha256::new();
        if entry.dtype.is_numeric() {
            let mut stream = Stream::open(&self.opened, entry)?.each()?;
            loop {
                let piece = stream.next()?;
                if piece.is_empty() {
                    break;
                }
                sha.update(piece);
            }
        } else if let Elements::Strings(strings) = read(self.store, self.checkpoint, entry)? {
            for string in strings {
                sha.update((string.len() as u64).to_le_bytes());
                sha.update(&string);
            }
        }
        Ok(sha.finalize().into())
    }
}

/// Of the chosen entries, those to read: all, unless they share bytes, of which the index has been told.
/// Then they may take together twice as many bytes as the files have: an honest mistake is looked at on
/// both sides, and a thousand names for one stretch are not a thousand readings. Nor may a thousand tensors
/// in chunks be more work than compressed ones of this size could be.
fn bounded(checkpoint: &Checkpoint, chosen: Vec<EntryId>) -> Vec<EntryId> {
    let on_disk = on_disk(checkpoint);
    let mut left = on_disk.saturating_mul(2);
    let mut left_decoded = on_disk.saturating_mul(limits::EXPANSION).saturating_add(limits::FILLED);
    // What lies beyond the end of a file is not read in any case.
    let is_there = |extent: &Extent| checkpoint.files.get(extent.file).and_then(|file| file.size) >= Some(extent.end());
    let mut take = |id: &EntryId| {
        let Some(entry) = checkpoint.entries.get(*id) else { return false };
        let extents = entry.extents().map(|(extent, _)| extent).filter(is_there);
        let wanted = extents.map(|extent| extent.length).fold(0, u64::saturating_add);
        let rest = left.checked_sub(wanted).zip(left_decoded.checked_sub(pieces::decoded(entry)));
        (left, left_decoded) = rest.unwrap_or((left, left_decoded));
        rest.is_some()
    };
    chosen.into_iter().filter(|id| take(id)).collect()
}

/// Bytes of the files that tensors lie in.
fn on_disk(checkpoint: &Checkpoint) -> u64 {
    let data = checkpoint.files.iter().filter(|file| matches!(file.role, FileRole::Whole | FileRole::Shard { .. }));
    data.filter_map(|file| file.size).fold(0, u64::saturating_add)
}

/// The slices of a partitioned tensor that have bytes, in the order of [`Entry::extents`].
fn slices(entry: &Entry) -> Vec<&Slice> {
    match &entry.payload {
        Payload::Slices(parts) => parts.iter().filter(|part| part.extent.is_some()).map(|part| &part.slice).collect(),
        Payload::Extent(_) | Payload::Coded(_) | Payload::Nowhere => Vec::new(),
    }
}

/// Numbers in an element: a complex one is two.
fn numbers(entry: &Entry) -> u64 {
    if matches!(entry.dtype.kind(), Kind::Complex { .. }) { 2 } else { 1 }
}

fn stats(entry: &Entry, tally: &Tally) -> Stats {
    let stats = tally.stats();
    Stats { first_not_finite: stats.first_not_finite.map(|at| at / numbers(entry)), ..stats }
}

/// Takes the pieces of one extent together. None if one could not be read; why goes to `looked`.
fn join(pieces: &[Look], looked: &mut Looked) -> Option<(u32, Tally)> {
    let mut crc = Crc32c::default();
    let mut tally = Tally::default();
    for (piece, seen) in pieces {
        match seen {
            Ok(seen) => {
                crc.append(seen.crc, piece.extent.length);
                tally.append(&seen.tally.unwrap_or_default());
                looked.bytes += piece.extent.length;
            }
            Err(fault) => {
                looked.faults.push(fault.clone());
                return None;
            }
        }
    }
    Some((crc.value(), tally))
}

/// Splits sorted pieces into runs that are read in one go: of one file, without gaps, of at most [`PIECE`]
/// bytes. Pieces that overlap are read apart: a look may turn the byte order of what it looks at.
fn runs(pieces: &[Piece]) -> Vec<&[Piece]> {
    let mut start = pieces.first().map_or(0, |piece| piece.extent.offset);
    pieces
        .chunk_by(|a, b| {
            let together = a.extent.file == b.extent.file
                && b.extent.offset == a.extent.end()
                && b.extent.end().saturating_sub(start) <= PIECE as u64;
            if !together {
                start = b.extent.offset;
            }
            together
        })
        .collect()
}

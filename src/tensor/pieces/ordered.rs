//! The elements of a tensor in pieces, in its own order. Several pieces are then read side by side, a few rows of each
//! at a time: held in memory where there is room, kept open where there is room for that, or else opened again and
//! again.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use super::Pieces;
use crate::bytes::Fault;
use crate::model::Coding;
use crate::tensor::boxes::Runs;
use crate::tensor::chunk::{self, WHOLE};
use crate::tensor::source::{Ahead, Held};
use crate::tensor::stream;

/// Bytes of elements that are put together at a time.
const WINDOW: u64 = 2 << 20;

/// Stretches that are put together at a time.
const STRETCHES: usize = 1 << 15;

/// Elements in a row that no piece covers, from which on they are told as such.
const GAP: u64 = 64;

/// How many times the bytes of all pieces may be read once more, and how many bytes in any case.
const AGAIN: u64 = 16;
const AGAIN_LEAST: u64 = 1 << 30;

/// Elements in order.
pub(in crate::tensor) struct Ordered<'a> {
    pieces: Pieces<'a>,
    /// Pieces that have begun: how many, those that have not ended, and where each goes on.
    begun: usize,
    live: BTreeMap<usize, Live<'a>>,
    upcoming: BinaryHeap<Reverse<(u64, usize)>>,
    /// The next element.
    at: u64,
    window: Vec<u8>,
    /// Elements that fit in it.
    most: u64,
    keep: Keep,
    /// Bytes that may still be read once more.
    again: u64,
}

/// What is kept of a piece that will be read on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keep {
    /// All its elements.
    Elements,
    /// The reader that goes on.
    Reader,
    /// Nothing.
    Nothing,
}

/// What comes next.
pub(in crate::tensor) enum Step {
    /// The elements of the window.
    Window,
    /// So many times the fill value.
    Unwritten(u64),
    /// Nothing.
    End,
}

/// A piece that has begun and not ended.
struct Live<'a> {
    runs: Runs,
    /// The next run, and how many elements of it are done.
    run: u64,
    done: u64,
    reader: Option<Reader<'a>>,
}

/// A piece that is being read.
struct Reader<'a> {
    source: Ahead<'a>,
    /// Bytes that were read.
    at: u64,
}

/// Elements of a piece that follow each other in the tensor.
struct Stretch {
    piece: usize,
    /// Where they begin in the piece, and in the window, in bytes.
    from: u64,
    to: usize,
    length: usize,
}

impl<'a> Ordered<'a> {
    /// From the first element on, with so many bytes of memory for pieces that are being read.
    pub fn new(pieces: Pieces<'a>, room: u64) -> Self {
        let sizes = || pieces.pieces.iter().map(|piece| pieces.bytes_of(piece));
        let (decoded, largest) = (sizes().fold(0, u64::saturating_add), sizes().max().unwrap_or(0));
        let reader = match pieces.coding {
            Coding::Filters(filters) => chunk::cost(filters),
            // A message is decoded whole, and never again.
            Coding::TensorProto => 0,
        };
        let beside = pieces.beside();
        let keep = if largest <= WHOLE && beside.saturating_mul(largest) <= room {
            Keep::Elements
        } else if beside.saturating_mul(reader) <= room {
            Keep::Reader
        } else {
            Keep::Nothing
        };
        let window = if keep == Keep::Nothing { WINDOW.max(room) } else { WINDOW };
        Self {
            most: (window / pieces.size.max(1)).max(1),
            keep,
            pieces,
            begun: 0,
            live: BTreeMap::new(),
            upcoming: BinaryHeap::new(),
            at: 0,
            window: Vec::new(),
            again: decoded.saturating_mul(AGAIN).max(AGAIN_LEAST),
        }
    }

    /// The pieces.
    pub fn pieces(&self) -> &Pieces<'a> {
        &self.pieces
    }

    /// The elements that were put together.
    pub fn window(&self) -> &[u8] {
        &self.window
    }

    /// Gives back the window.
    pub fn clear(&mut self) {
        self.window = Vec::new();
    }

    /// What stands for elements that no piece covers.
    pub fn fill(&self) -> &'a [u8] {
        self.pieces.fill.unwrap_or_default()
    }

    /// Goes on.
    ///
    /// # Errors
    /// If a piece cannot be read or decoded, or they overlap.
    pub fn advance(&mut self) -> Result<Step, Fault> {
        let start = self.at;
        if start >= self.pieces.elements {
            return Ok(Step::End);
        }
        let mut plan = self.plan()?;
        if plan.is_empty() {
            // Where something is to be everywhere, something else lies in its place.
            return if self.fill().is_empty() { Err(self.overlap()) } else { Ok(Step::Unwritten(self.at - start)) };
        }
        let length = ((self.at - start) * self.pieces.size) as usize;
        self.window.clear();
        match self.fill() {
            fill if fill.iter().all(|byte| *byte == 0) => self.window.resize(length, 0),
            fill => self.window.extend(fill.iter().cycle().take(length)),
        }
        // Each piece in one go, front to back.
        plan.sort_by_key(|stretch| stretch.piece);
        for of_piece in plan.chunk_by(|a, b| a.piece == b.piece) {
            self.gather(of_piece)?;
        }
        Ok(Step::Window)
    }

    /// Where the elements from here on lie, as many as fit in the window; none if the next ones lie nowhere.
    fn plan(&mut self) -> Result<Vec<Stretch>, Fault> {
        let (start, size) = (self.at, self.pieces.size);
        let end = self.pieces.elements.min(start + self.most);
        let mut plan = Vec::new();
        while self.at < end && plan.len() < STRETCHES {
            let next = self.next_written();
            let gap = next.checked_sub(self.at).ok_or_else(|| self.overlap())?;
            if gap > 0 && (plan.is_empty() || gap > GAP || next >= end) {
                if plan.is_empty() {
                    self.at = next;
                }
                break;
            }
            let Some(Reverse((_, piece))) = self.upcoming.pop() else { break };
            let Some(live) = self.live.get_mut(&piece) else { break };
            let count = (live.runs.length - live.done).min(end - next);
            let (_, within) = live.runs.start(live.run);
            plan.push(Stretch {
                piece,
                from: (within + live.done) * size,
                to: ((next - start) * size) as usize,
                length: (count * size) as usize,
            });
            live.done += count;
            if live.done == live.runs.length {
                (live.run, live.done) = (live.run + 1, 0);
            }
            if live.run < live.runs.count {
                self.upcoming.push(Reverse((live.runs.start(live.run).0 + live.done, piece)));
            }
            self.at = next + count;
        }
        Ok(plan)
    }

    /// The next element that a piece covers; the end if none does. Its piece has then begun.
    fn next_written(&mut self) -> u64 {
        loop {
            let upcoming = self.upcoming.peek().map_or(self.pieces.elements, |Reverse((at, _))| *at);
            let Some(piece) = self.pieces.pieces.get(self.begun).filter(|piece| piece.first <= upcoming) else {
                return upcoming;
            };
            let runs = self.pieces.runs(piece);
            self.upcoming.push(Reverse((piece.first, self.begun)));
            self.live.insert(self.begun, Live { runs, run: 0, done: 0, reader: None });
            self.begun += 1;
        }
    }

    fn overlap(&self) -> Fault {
        stream::incomplete(self.pieces.opened.checkpoint(), self.pieces.entry, self.at)
    }

    /// Puts stretches of one piece into the window.
    fn gather(&mut self, stretches: &[Stretch]) -> Result<(), Fault> {
        let Some(number) = stretches.first().map(|stretch| stretch.piece) else { return Ok(()) };
        let Some(mut live) = self.live.remove(&number) else { return Ok(()) };
        let mut reader = match live.reader.take() {
            Some(reader) => reader,
            None => self.open(number, stretches.first().map_or(0, |stretch| stretch.from))?,
        };
        let Some(piece) = self.pieces.pieces.get(number) else { return Ok(()) };
        let fault = |broken| self.pieces.fault(piece, broken);
        for stretch in stretches {
            reader.source.skip_to(&mut reader.at, stretch.from).map_err(fault)?;
            let into = self.window.get_mut(stretch.to..stretch.to + stretch.length).unwrap_or_default();
            reader.source.exactly(into).map_err(fault)?;
            reader.at += stretch.length as u64;
            self.pieces.to_little_endian(into);
        }
        if live.run >= live.runs.count {
            return reader.source.end().map_err(fault);
        }
        live.reader = Some(reader).filter(|_| self.keep != Keep::Nothing);
        self.live.insert(number, live);
        Ok(())
    }

    /// Opens a piece, of which all before `from` is known.
    fn open(&mut self, number: usize, from: u64) -> Result<Reader<'a>, Fault> {
        self.again = self.again.checked_sub(from).ok_or_else(|| {
            self.pieces.not_read("chunks that are too many and too large to be put in order".to_owned())
        })?;
        let Some(piece) = self.pieces.pieces.get(number) else { return Err(self.overlap()) };
        let whole = if self.keep == Keep::Reader { 0 } else { WHOLE };
        let mut source = self.pieces.source(piece, whole)?;
        if self.keep == Keep::Elements {
            let mut all = vec![0; self.pieces.bytes_of(piece) as usize];
            let read = source.fill(&mut all).and_then(|_| source.read(&mut [0]));
            read.map_err(|broken| self.pieces.fault(piece, broken))?;
            source = Box::new(Held::new(all));
        }
        Ok(Reader { source: Ahead::new(source), at: 0 })
    }
}

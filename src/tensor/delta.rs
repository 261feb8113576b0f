//! How much the values of a variable differ between two checkpoints.

mod block;

use half::{bf16, f16};
use rayon::prelude::*;

use super::opened::{Opened, with_buffers};
use super::products::Products;
use super::stream::{self, Run, Stream, nowhere, repeat};
use super::{PIECE, STRETCH, decode};
use crate::bytes::{Fault, FaultKind};
use crate::model::{Checkpoint, DType, Delta, Entry, Extent, Kind, Payload, Tolerance};
use crate::store::Store;
use block::{BLOCK, Block};

/// Two checkpoints whose values are held against each other.
pub struct Deltas<'a> {
    old: &'a Checkpoint,
    new: &'a Checkpoint,
    opened: [Opened<'a>; 2],
    tolerance: Tolerance,
}

impl<'a> Deltas<'a> {
    /// Reads nothing yet.
    pub fn new(store: &'a dyn Store, old: &'a Checkpoint, new: &'a Checkpoint, tolerance: Tolerance) -> Self {
        let opened = [old, new].map(|checkpoint| Opened::new(store, checkpoint));
        Self { old, new, opened, tolerance }
    }

    /// Reads two tensors of one shape side by side, on all threads. None for strings and their like, and for
    /// complex numbers beside others.
    ///
    /// # Errors
    /// If the bytes of either cannot be read, or one has fewer numbers than the other.
    pub fn of(&self, old: &Entry, new: &Entry) -> Result<Option<Delta>, Fault> {
        let is_complex = |entry: &Entry| matches!(entry.dtype.kind(), Kind::Complex { .. });
        let sizes = (number(old.dtype), number(new.dtype));
        let ((Some(of_old), Some(of_new)), true) = (sizes, is_complex(old) == is_complex(new)) else {
            return Ok(None);
        };
        let tally = match (plain(old, of_old.1), plain(new, of_new.1)) {
            (Some(a), Some(b)) if a.1 == b.1 => self.pieces((old, a.0, of_old.1), (new, b.0, of_new.1), a.1)?,
            _ => self.streams(old, new)?,
        };
        Ok(Some(tally.finish()))
    }

    /// Tensors that lie in one stretch each, with the bytes of a number: of so many numbers.
    fn pieces(&self, old: (&Entry, Extent, usize), new: (&Entry, Extent, usize), count: u64) -> Result<Tally, Fault> {
        let [opened_old, opened_new] = &self.opened;
        // A record may claim more than any disk holds: both are there as a whole, or nothing is begun.
        opened_old.size(old.1)?;
        opened_new.size(new.1)?;
        let [step, of_old, of_new] = [PIECE / old.2.max(new.2).max(1), old.2, new.2].map(|size| size as u64);
        let stretch = STRETCH / PIECE as u64 * step;
        let part = |extent: Extent, size: u64, from: u64, to: u64| Extent {
            offset: extent.offset + from * size,
            length: (to - from) * size,
            ..extent
        };
        let look = |from: u64| -> Result<(u64, Tally), Fault> {
            let mut tally = self.tally(old.0, new.0);
            let end = count.min(from + stretch);
            with_buffers(|[a, b]| {
                for from in (from..end).step_by(step as usize) {
                    let to = end.min(from + step);
                    let a = opened_old.read(part(old.1, of_old, from, to), a)?;
                    let b = opened_new.read(part(new.1, of_new, from, to), b)?;
                    stream::to_little_endian(old.0.endianness, old.0.dtype, a);
                    stream::to_little_endian(new.0.endianness, new.0.dtype, b);
                    tally.add(a, b);
                }
                Ok((from, tally))
            })
        };
        // Handed out from front to back, and taken together in that order: sums do not depend on the threads.
        let stretches = (0..count.div_ceil(stretch)).par_bridge().map(|number| look(number * stretch));
        let mut looks: Vec<(u64, Tally)> = stretches.collect::<Result<_, _>>()?;
        looks.sort_unstable_by_key(|(from, _)| *from);
        let mut tally = self.tally(old.0, new.0);
        looks.iter().for_each(|(_, look)| tally.append(look));
        Ok(tally)
    }

    /// Tensors that are in slices or pieces.
    fn streams(&self, old: &Entry, new: &Entry) -> Result<Tally, Fault> {
        let mut tally = self.tally(old, new);
        let [opened_old, opened_new] = &self.opened;
        let (mut a, mut b) = (Side::open(opened_old, old)?, Side::open(opened_new, new)?);
        loop {
            let (of_a, of_b) = (a.available()?, b.available()?);
            if of_a == 0 && of_b == 0 {
                return Ok(tally);
            }
            if of_a == 0 || of_b == 0 {
                let sides = if of_a == 0 { (self.old, old, new) } else { (self.new, new, old) };
                let (checkpoint, entry, other) = sides;
                let (stored, expected) = (entry.stored_bytes(), other.stored_bytes());
                let kind = FaultKind::SizeMismatch { key: entry.key.to_string(), stored, expected };
                return Err(Fault { kind, at: nowhere(checkpoint, entry).at });
            }
            let count = of_a.min(of_b);
            if let Some((x, y)) = a.same().zip(b.same()) {
                tally.repeat(x, y, count);
                (a.left, b.left) = (a.left - count, b.left - count);
            } else {
                let count = count.min(a.most()).min(b.most());
                tally.add(a.take(count), b.take(count));
            }
        }
    }

    fn tally(&self, old: &Entry, new: &Entry) -> Tally {
        Tally::new(old.dtype, new.dtype, self.tolerance)
    }
}

/// The stretch that a tensor lies in, and how many numbers of `size` bytes it has; none if it is in several, or
/// is not as long as it should be.
fn plain(entry: &Entry, size: usize) -> Option<(Extent, u64)> {
    let Payload::Extent(extent) = entry.payload else { return None };
    let is_whole = entry.dtype.bytes()?.checked_mul(entry.shape.elements()?)? == extent.length;
    is_whole.then_some((extent, extent.length.checked_div(size as u64)?))
}

/// What the single numbers of a type are, and the bytes of one. None for what has none.
fn number(dtype: DType) -> Option<(Kind, usize)> {
    let size = dtype.bytes()? as usize;
    Some(match dtype.kind() {
        Kind::Complex { bits } => (Kind::Float { bits }, size / 2),
        kind => (kind, size),
    })
}

/// One of the two tensors: the elements that are being looked at.
struct Side<'a> {
    stream: Stream<'a>,
    /// Bytes of an element.
    size: usize,
    /// Elements at hand, and how many are left; of those that are all the same, one.
    bytes: Vec<u8>,
    left: u64,
    is_same: bool,
    /// Of those that are all the same, as many as are taken.
    repeated: Vec<u8>,
}

impl<'a> Side<'a> {
    fn open(opened: &'a Opened<'a>, entry: &'a Entry) -> Result<Self, Fault> {
        let size = entry.dtype.bytes().map_or(1, |size| size as usize).max(1);
        let stream = Stream::open(opened, entry)?;
        Ok(Self { stream, size, bytes: Vec::new(), left: 0, is_same: false, repeated: Vec::new() })
    }

    /// How many elements are at hand; 0 at the end.
    fn available(&mut self) -> Result<u64, Fault> {
        if self.left == 0 {
            self.bytes.clear();
            let (bytes, count) = match self.stream.run()? {
                Run::Bytes(bytes) => (bytes, None),
                Run::Same { element, count } => (element, Some(count)),
            };
            self.bytes.extend_from_slice(bytes);
            self.is_same = count.is_some();
            self.left = count.unwrap_or((self.bytes.len() / self.size) as u64);
        }
        Ok(self.left)
    }

    /// Elements that may be taken in one go.
    fn most(&self) -> u64 {
        if self.is_same { (PIECE / self.size) as u64 } else { self.left }
    }

    /// The one that the next elements are, if they are all the same.
    fn same(&self) -> Option<&[u8]> {
        self.is_same.then_some(self.bytes.as_slice())
    }

    fn take(&mut self, count: u64) -> &[u8] {
        if self.is_same {
            self.left -= count;
            self.repeated.clear();
            repeat(&self.bytes, count, &mut self.repeated);
            return &self.repeated;
        }
        let start = self.bytes.len() / self.size - self.left as usize;
        self.left -= count;
        self.bytes.get(start * self.size..(start + count as usize) * self.size).unwrap_or_default()
    }
}

/// What is known of the numbers that were compared.
struct Tally {
    delta: Delta,
    tolerance: Tolerance,
    /// What the numbers are, and the bytes of one: old, new.
    of: [(Kind, usize); 2],
    /// Squares of the old, of the new, and of the difference; the two sides multiplied.
    squares: [Products; 3],
    dot: Products,
    /// Sizes of differences, and of relative ones.
    sums: [Products; 2],
    finite: u64,
    not_zero: u64,
    rounding: Option<Rounding>,
}

impl Tally {
    fn new(old: DType, new: DType, tolerance: Tolerance) -> Self {
        Self {
            delta: Delta::default(),
            tolerance,
            of: [old, new].map(|dtype| number(dtype).unwrap_or((Kind::Resource, 1))),
            squares: Default::default(),
            dot: Products::default(),
            sums: Default::default(),
            finite: 0,
            not_zero: 0,
            rounding: Rounding::between(old, new),
        }
    }

    /// Takes in the numbers of both sides that stand beside each other.
    fn add(&mut self, old: &[u8], new: &[u8]) {
        let [(of_old, a), (of_new, b)] = self.of;
        for (old, new) in old.chunks(BLOCK * a).zip(new.chunks(BLOCK * b)) {
            let block = if of_old == of_new { block::of(of_old, old, new, self.tolerance) } else { None };
            match block {
                Some(block) => self.add_block(&block),
                None => old.chunks_exact(a).zip(new.chunks_exact(b)).for_each(|(x, y)| self.pair(x, y)),
            }
        }
    }

    /// Takes in two elements that stand beside each other so many times.
    fn repeat(&mut self, old: &[u8], new: &[u8], count: u64) {
        let mut once = Self {
            delta: Delta::default(),
            squares: Default::default(),
            dot: Products::default(),
            sums: Default::default(),
            finite: 0,
            not_zero: 0,
            ..*self
        };
        once.add(old, new);
        let delta = &mut once.delta;
        let counts = [&mut delta.total, &mut delta.changed, &mut delta.outside, &mut delta.new_nan, &mut delta.new_inf];
        let counts = counts.into_iter().chain([&mut once.finite, &mut once.not_zero]);
        counts.for_each(|some| *some = some.saturating_mul(count));
        once.squares = once.squares.map(|sum| sum.times(count));
        once.sums = once.sums.map(|sum| sum.times(count));
        once.dot = once.dot.times(count);
        self.append(&once);
    }

    fn add_block(&mut self, block: &Block) {
        self.delta.total += block.total;
        self.delta.changed += block.changed;
        self.delta.outside += block.outside;
        self.finite += block.total;
        self.not_zero += block.not_zero;
        let ([old, new, difference], [sizes, relative]) = (&mut self.squares, &mut self.sums);
        old.add_sum(block.old);
        new.add_sum(block.new);
        difference.add_sum(block.difference);
        self.dot.add_sum(block.dot);
        sizes.add_sum(block.sizes);
        relative.add_sum(block.relative);
        self.delta.max_abs = self.delta.max_abs.max(block.max_abs);
        self.delta.max_rel = self.delta.max_rel.max(block.max_rel);
    }

    /// Takes in the numbers that follow.
    fn append(&mut self, next: &Self) {
        let (delta, more) = (&mut self.delta, &next.delta);
        delta.total += more.total;
        delta.changed += more.changed;
        delta.outside += more.outside;
        delta.new_nan += more.new_nan;
        delta.new_inf += more.new_inf;
        delta.max_abs = delta.max_abs.max(more.max_abs);
        delta.max_rel = delta.max_rel.max(more.max_rel);
        self.finite += next.finite;
        self.not_zero += next.not_zero;
        self.squares.iter_mut().zip(&next.squares).for_each(|(sum, more)| sum.append(more));
        self.sums.iter_mut().zip(&next.sums).for_each(|(sum, more)| sum.append(more));
        self.dot.append(&next.dot);
        self.rounding = self.rounding.filter(|_| next.rounding.is_some());
    }

    /// Takes in one number of each side, whatever they are.
    fn pair(&mut self, a: &[u8], b: &[u8]) {
        let [(of_a, _), (of_b, _)] = self.of;
        let Some((x, y)) = decode::number(of_a, a).zip(decode::number(of_b, b)) else { return };
        self.delta.total += 1;
        let differs = if of_a == of_b { a != b } else { !decode::is_equal((of_a, a), (of_b, b)) };
        self.delta.changed += u64::from(differs);
        self.delta.outside += u64::from(differs && !self.tolerance.allows(x, y));
        self.rounding = self.rounding.filter(|rounding| rounding.holds(x, y));
        if x.is_finite() {
            let [old, ..] = &mut self.squares;
            old.add(x, x);
            self.delta.new_nan += u64::from(y.is_nan());
            self.delta.new_inf += u64::from(y.is_infinite());
        }
        if y.is_finite() {
            let [_, new, _] = &mut self.squares;
            new.add(y, y);
        }
        if x.is_finite() && y.is_finite() {
            self.difference(x, y);
        }
    }

    fn difference(&mut self, x: f64, y: f64) {
        self.finite += 1;
        self.not_zero += u64::from(x != 0.0);
        self.dot.add(x, y);
        if x == y {
            return;
        }
        // Of opposite ends of the range the difference is beyond it.
        let size = (y - x).abs().min(f64::MAX);
        let ([.., squares], [sizes, relative]) = (&mut self.squares, &mut self.sums);
        squares.add(size, size);
        sizes.add(size, 1.0);
        self.delta.max_abs = self.delta.max_abs.max(size);
        if x != 0.0 {
            let part = (size / x.abs()).min(f64::MAX);
            relative.add(part, 1.0);
            self.delta.max_rel = self.delta.max_rel.max(part);
        }
    }

    fn finish(self) -> Delta {
        let [old, new, difference] = self.squares.map(|squares| squares.root());
        let [sizes, relative] = self.sums.map(|sums| sums.sum());
        let rel_l2 = if difference.value() == 0.0 { 0.0 } else { difference.over(old) };
        Delta {
            mean_abs: sizes.mean(self.finite),
            mean_rel: relative.mean(self.not_zero),
            rel_l2,
            cosine: self.dot.sum().over(old.times(new)).clamp(-1.0, 1.0),
            norms: [old.value(), new.value()],
            rounded: self.rounding.filter(|_| self.delta.total > 0).map(|rounding| rounding.narrow),
            ..self.delta
        }
    }
}

/// The numbers of one float type as those of another that has fewer digits, rounded to the nearest.
#[derive(Clone, Copy)]
struct Rounding {
    narrow: DType,
    from_old: bool,
}

impl Rounding {
    /// None unless one of the two holds all numbers of the other.
    fn between(old: DType, new: DType) -> Option<Self> {
        let rank = |dtype: DType| match dtype.kind() {
            Kind::Float { bits: 64 } => Some(3),
            Kind::Float { bits: 32 } => Some(2),
            Kind::Float { bits: 16 } | Kind::BFloat16 => Some(1),
            _ => None,
        };
        let (a, b) = (rank(old)?, rank(new)?);
        (a != b).then_some(Self { narrow: if a > b { new } else { old }, from_old: a > b })
    }

    fn holds(self, old: f64, new: f64) -> bool {
        let (wide, narrow) = if self.from_old { (old, new) } else { (new, old) };
        // In software: some processors round on the way from 64 to 16 bits twice.
        let rounded = match self.narrow.kind() {
            Kind::BFloat16 => bf16::from_f64_const(wide).to_f64_const(),
            Kind::Float { bits: 16 } => f16::from_f64_const(wide).to_f64_const(),
            _ => f64::from(wide as f32),
        };
        rounded.to_bits() == narrow.to_bits() || rounded.is_nan() && narrow.is_nan()
    }
}

#[cfg(test)]
mod tests;

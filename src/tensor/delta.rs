//! How much the values of a variable differ between two checkpoints.

use half::{bf16, f16};

use super::decode;
use super::products::Products;
use super::stream::{Stream, nowhere};
use crate::bytes::{Fault, FaultKind};
use crate::model::{Checkpoint, DType, Delta, Entry, Kind, Tolerance};
use crate::store::Store;

/// Reads both tensors, of one shape, side by side. None for strings and their like, and for complex numbers
/// beside others.
///
/// # Errors
/// If the bytes of either cannot be read, or one has fewer numbers than the other.
pub fn delta(
    store: &dyn Store,
    old: (&Checkpoint, &Entry),
    new: (&Checkpoint, &Entry),
    tolerance: Tolerance,
) -> Result<Option<Delta>, Fault> {
    let is_complex = |entry: &Entry| matches!(entry.dtype.kind(), Kind::Complex { .. });
    let sizes = (number(old.1.dtype), number(new.1.dtype));
    let ((Some(of_old), Some(of_new)), true) = (sizes, is_complex(old.1) == is_complex(new.1)) else {
        return Ok(None);
    };
    let mut a = Side::open(store, old, of_old)?;
    let mut b = Side::open(store, new, of_new)?;
    let mut tally = Tally::new(old.1.dtype, new.1.dtype, tolerance);
    loop {
        let numbers = match (a.available()?, b.available()?) {
            (0, 0) => return Ok(Some(tally.finish())),
            (0, _) | (_, 0) => {
                let ((checkpoint, entry), other) = if a.available()? == 0 { (old, new.1) } else { (new, old.1) };
                let (stored, expected) = (entry.stored_bytes(), other.stored_bytes());
                let kind = FaultKind::SizeMismatch { key: entry.key.to_string(), stored, expected };
                return Err(Fault { kind, at: nowhere(checkpoint, entry).at });
            }
            (a, b) => a.min(b),
        };
        let sides = a.take(numbers).chunks_exact(of_old.1).zip(b.take(numbers).chunks_exact(of_new.1));
        sides.for_each(|(a, b)| tally.add((of_old.0, a), (of_new.0, b)));
    }
}

/// What the single numbers of a type are, and the bytes of one. None for what has none.
fn number(dtype: DType) -> Option<(Kind, usize)> {
    let size = dtype.bytes()? as usize;
    Some(match dtype.kind() {
        Kind::Complex { bits } => (Kind::Float { bits }, size / 2),
        kind => (kind, size),
    })
}

/// One of the two tensors: the piece that is being looked at.
struct Side {
    stream: Stream,
    size: usize,
    piece: Vec<u8>,
    at: usize,
}

impl Side {
    fn open(store: &dyn Store, (checkpoint, entry): (&Checkpoint, &Entry), of: (Kind, usize)) -> Result<Self, Fault> {
        Ok(Self { stream: Stream::open(store, checkpoint, entry)?, size: of.1.max(1), piece: Vec::new(), at: 0 })
    }

    /// How many numbers are at hand; 0 at the end.
    fn available(&mut self) -> Result<usize, Fault> {
        if self.at >= self.piece.len() {
            self.piece.clear();
            self.piece.extend_from_slice(self.stream.next()?);
            self.at = 0;
        }
        Ok((self.piece.len() - self.at) / self.size)
    }

    fn take(&mut self, numbers: usize) -> &[u8] {
        let start = self.at;
        self.at = self.piece.len().min(start + numbers * self.size);
        self.piece.get(start..self.at).unwrap_or_default()
    }
}

/// What is known of the numbers that were compared.
struct Tally {
    delta: Delta,
    tolerance: Tolerance,
    same_type: bool,
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
            same_type: old == new,
            squares: Default::default(),
            dot: Products::default(),
            sums: Default::default(),
            finite: 0,
            not_zero: 0,
            rounding: Rounding::between(old, new),
        }
    }

    fn add(&mut self, (of_a, a): (Kind, &[u8]), (of_b, b): (Kind, &[u8])) {
        let Some((x, y)) = decode::number(of_a, a).zip(decode::number(of_b, b)) else { return };
        self.delta.total += 1;
        let differs = if self.same_type { a != b } else { !decode::is_equal((of_a, a), (of_b, b)) };
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

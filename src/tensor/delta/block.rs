//! Pairs of numbers of one type, many side by side.

use crate::model::{Kind, Tolerance};
use crate::tensor::numbers::{Loop, numbers};
use crate::tensor::widest::widest;

/// Pairs that are looked at together: if one of them has to be looked at by itself, so are the others.
pub(super) const BLOCK: usize = 4096;
/// Lanes that are worked on side by side, so that the compiler can use vector instructions.
const LANES: usize = 8;
/// Sums of squares from here on have not lost what was too small to be squared.
const SMALL: f64 = 1e-200;

/// What some pairs of finite numbers come to, whose squares a float64 holds. Sizes are of differences.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Block {
    pub total: u64,
    pub changed: u64,
    pub outside: u64,
    /// Old numbers that are not zero.
    pub not_zero: u64,
    /// Sums of squares, and of the two sides multiplied.
    pub old: f64,
    pub new: f64,
    pub difference: f64,
    pub dot: f64,
    /// Sums of sizes, and of relative ones.
    pub sizes: f64,
    pub relative: f64,
    pub max_abs: f64,
    pub max_rel: f64,
}

impl Block {
    /// Both together.
    #[inline(always)]
    fn and(&self, other: &Self) -> Self {
        Self {
            total: self.total + other.total,
            changed: self.changed + other.changed,
            outside: self.outside + other.outside,
            not_zero: self.not_zero + other.not_zero,
            old: self.old + other.old,
            new: self.new + other.new,
            difference: self.difference + other.difference,
            dot: self.dot + other.dot,
            sizes: self.sizes + other.sizes,
            relative: self.relative + other.relative,
            max_abs: self.max_abs.max(other.max_abs),
            max_rel: self.max_rel.max(other.max_rel),
        }
    }
}

/// Looks at the pairs in little-endian bytes of two sides. None if some number is not finite, or so small or large
/// that sums of squares would lose it.
pub(super) fn of(kind: Kind, old: &[u8], new: &[u8], tolerance: Tolerance) -> Option<Block> {
    let block = numbers(kind, Pairs { old, new, tolerance })?;
    let sums = [block.old, block.new, block.difference, block.dot, block.sizes, block.relative];
    let holds_old = block.old >= SMALL || block.not_zero == 0;
    let holds_new = block.new >= SMALL || block.changed == 0;
    let holds = holds_old && holds_new && (block.difference >= SMALL || block.changed == 0);
    (sums.iter().all(|sum| sum.is_finite()) && holds).then_some(block)
}

struct Pairs<'a> {
    old: &'a [u8],
    new: &'a [u8],
    tolerance: Tolerance,
}

impl Loop for Pairs<'_> {
    type Outcome = Block;

    fn over<const N: usize>(self, value: impl Fn([u8; N]) -> f64) -> Block {
        let ((old, _), (new, _)) = (self.old.as_chunks::<N>(), self.new.as_chunks::<N>());
        widest(
            #[inline(always)]
            || {
                let ((groups, rest), (beside, rest_beside)) = (old.as_chunks::<LANES>(), new.as_chunks::<LANES>());
                let block = side_by_side(groups, beside, &value, self.tolerance);
                // What is left over goes one by one.
                let ((rest, _), (rest_beside, _)) = (rest.as_chunks::<1>(), rest_beside.as_chunks::<1>());
                block.and(&side_by_side(rest, rest_beside, &value, self.tolerance))
            },
        )
    }
}

/// Groups of `L` numbers of two sides.
#[inline(always)]
#[expect(clippy::indexing_slicing, reason = "a count up to L is what the compiler unrolls")]
fn side_by_side<const N: usize, const L: usize>(
    old: &[[[u8; N]; L]],
    new: &[[[u8; N]; L]],
    value: impl Fn([u8; N]) -> f64,
    tolerance: Tolerance,
) -> Block {
    let mut lanes = Lanes::<L>::new();
    for (old, new) in old.iter().zip(new) {
        for lane in 0..L {
            let (a, b) = (old[lane], new[lane]);
            lanes.take(lane, value(a), value(b), a != b, tolerance);
        }
    }
    lanes.block((old.len().min(new.len()) * L) as u64)
}

/// Running sums, apart for each lane.
struct Lanes<const L: usize> {
    changed: [u64; L],
    outside: [u64; L],
    not_zero: [u64; L],
    old: [f64; L],
    new: [f64; L],
    difference: [f64; L],
    dot: [f64; L],
    sizes: [f64; L],
    relative: [f64; L],
    max_abs: [f64; L],
    max_rel: [f64; L],
}

impl<const L: usize> Lanes<L> {
    #[inline(always)]
    fn new() -> Self {
        let (none, sum) = ([0; L], [0.0; L]);
        Self {
            changed: none,
            outside: none,
            not_zero: none,
            old: sum,
            new: sum,
            difference: sum,
            dot: sum,
            sizes: sum,
            relative: sum,
            max_abs: sum,
            max_rel: sum,
        }
    }

    #[inline(always)]
    #[expect(clippy::indexing_slicing, reason = "callers count lanes from 0 to L; a check would cost the vectors")]
    fn take(&mut self, lane: usize, x: f64, y: f64, differs: bool, tolerance: Tolerance) {
        let size = (y - x).abs();
        let is_allowed = size <= tolerance.absolute + tolerance.relative * y.abs();
        let part = if x == 0.0 { 0.0 } else { size / x.abs() };
        self.changed[lane] += u64::from(differs);
        self.outside[lane] += u64::from(differs & !is_allowed);
        self.not_zero[lane] += u64::from(x != 0.0);
        self.old[lane] += x * x;
        self.new[lane] += y * y;
        self.difference[lane] += size * size;
        self.dot[lane] += x * y;
        self.sizes[lane] += size;
        self.relative[lane] += part;
        self.max_abs[lane] = if size > self.max_abs[lane] { size } else { self.max_abs[lane] };
        self.max_rel[lane] = if part > self.max_rel[lane] { part } else { self.max_rel[lane] };
    }

    #[inline(always)]
    fn block(&self, total: u64) -> Block {
        let largest = |lanes: [f64; L]| lanes.into_iter().fold(0.0, f64::max);
        Block {
            total,
            changed: self.changed.iter().sum(),
            outside: self.outside.iter().sum(),
            not_zero: self.not_zero.iter().sum(),
            old: self.old.iter().sum(),
            new: self.new.iter().sum(),
            difference: self.difference.iter().sum(),
            dot: self.dot.iter().sum(),
            sizes: self.sizes.iter().sum(),
            relative: self.relative.iter().sum(),
            max_abs: largest(self.max_abs),
            max_rel: largest(self.max_rel),
        }
    }
}

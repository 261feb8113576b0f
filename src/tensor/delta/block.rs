//! Pairs of numbers of one type, many side by side.

use fearless_simd::prelude::*;
use fearless_simd::{Level, dispatch, f64x8, u64x8};

use crate::model::{Kind, Tolerance};
use crate::tensor::numbers::{LANES, Loop, eight, numbers};

/// Pairs that are looked at together: if one of them has to be looked at by itself, so are the others.
pub(super) const BLOCK: usize = 4096;
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
        let block = dispatch!(Level::new(), simd => simd.vectorize(
            #[inline(always)]
            || side_by_side(simd, old, new, &value, self.tolerance)
        ));
        block
    }
}

#[inline(always)]
fn side_by_side<S: Simd, const N: usize>(
    simd: S,
    old: &[[u8; N]],
    new: &[[u8; N]],
    value: impl Fn([u8; N]) -> f64,
    tolerance: Tolerance,
) -> Block {
    let ((groups, rest), (beside, rest_beside)) = (old.as_chunks::<LANES>(), new.as_chunks::<LANES>());
    let mut lanes = Lanes::new(simd);
    for (old, new) in groups.iter().zip(beside) {
        lanes.take(simd, old, new, &value, tolerance);
    }
    // What is left over is filled up with zeros, which add nothing.
    let filled = |rest: &[[u8; N]]| {
        let mut group = [[0; N]; LANES];
        group.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        group
    };
    lanes.take(simd, &filled(rest), &filled(rest_beside), &value, tolerance);
    lanes.block(old.len().min(new.len()) as u64)
}

/// Running sums, apart for each lane. Counts are floats too: they stay far below 2^53.
struct Lanes<S: Simd> {
    changed: f64x8<S>,
    outside: f64x8<S>,
    not_zero: f64x8<S>,
    old: f64x8<S>,
    new: f64x8<S>,
    difference: f64x8<S>,
    dot: f64x8<S>,
    sizes: f64x8<S>,
    relative: f64x8<S>,
    max_abs: f64x8<S>,
    max_rel: f64x8<S>,
}

impl<S: Simd> Lanes<S> {
    #[inline(always)]
    fn new(simd: S) -> Self {
        let none = f64x8::splat(simd, 0.0);
        Self {
            changed: none,
            outside: none,
            not_zero: none,
            old: none,
            new: none,
            difference: none,
            dot: none,
            sizes: none,
            relative: none,
            max_abs: none,
            max_rel: none,
        }
    }

    #[inline(always)]
    fn take<const N: usize>(
        &mut self,
        simd: S,
        old: &[[u8; N]; LANES],
        new: &[[u8; N]; LANES],
        value: impl Fn([u8; N]) -> f64,
        tolerance: Tolerance,
    ) {
        let (x, y) = (eight(simd, old, &value), eight(simd, new, &value));
        let (zero, one) = (f64x8::splat(simd, 0.0), f64x8::splat(simd, 1.0));
        let size = (y - x).abs();
        let is_same = bits(simd, old).simd_eq(bits(simd, new));
        let is_allowed = size.simd_le(y.abs() * tolerance.relative + tolerance.absolute);
        let is_zero = x.simd_eq(zero);
        let part = is_zero.select(zero, size / x.abs());
        self.changed += is_same.select(zero, one);
        self.outside += (is_same | is_allowed).select(zero, one);
        self.not_zero += is_zero.select(zero, one);
        self.old += x * x;
        self.new += y * y;
        self.difference += size * size;
        self.dot += x * y;
        self.sizes += size;
        self.relative += part;
        self.max_abs = self.max_abs.max(size);
        self.max_rel = self.max_rel.max(part);
    }

    #[inline(always)]
    fn block(&self, total: u64) -> Block {
        let sum = |lanes: f64x8<S>| lanes.as_slice().iter().sum::<f64>();
        let largest = |lanes: f64x8<S>| lanes.as_slice().iter().copied().fold(0.0, f64::max);
        Block {
            total,
            changed: sum(self.changed) as u64,
            outside: sum(self.outside) as u64,
            not_zero: sum(self.not_zero) as u64,
            old: sum(self.old),
            new: sum(self.new),
            difference: sum(self.difference),
            dot: sum(self.dot),
            sizes: sum(self.sizes),
            relative: sum(self.relative),
            max_abs: largest(self.max_abs),
            max_rel: largest(self.max_rel),
        }
    }
}

/// The bytes of eight numbers, to tell whether they are the same.
#[inline(always)]
fn bits<S: Simd, const N: usize>(simd: S, group: &[[u8; N]; LANES]) -> u64x8<S> {
    let bits = |number: [u8; N]| {
        let mut bytes = [0; 8];
        bytes.iter_mut().zip(number).for_each(|(to, from)| *to = from);
        u64::from_le_bytes(bytes)
    };
    let [a, b, c, d, e, f, g, h] = *group;
    u64x8::from_slice(simd, &[bits(a), bits(b), bits(c), bits(d), bits(e), bits(f), bits(g), bits(h)])
}

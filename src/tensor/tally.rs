//! Statistics of numbers in one pass, piece by piece.

use fearless_simd::prelude::*;
use fearless_simd::{Level, dispatch, f64x8};

use super::numbers::{LANES, Loop, eight, numbers};
use crate::model::{DType, Stats};

/// Statistics of a piece of a tensor; pieces can be taken together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Tally {
    count: u64,
    finite: u64,
    zeros: u64,
    nan: u64,
    min: f64,
    max: f64,
    mean: f64,
    /// Standard deviation. Not its square, for which a float64 has no room from 1e154 on.
    std: f64,
    /// Position in the piece.
    first_not_finite: Option<u64>,
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            count: 0,
            finite: 0,
            zeros: 0,
            nan: 0,
            min: f64::INFINITY,
            max: f64::NEG_INFINITY,
            mean: 0.0,
            std: 0.0,
            first_not_finite: None,
        }
    }
}

impl Tally {
    /// Looks at the numbers in little-endian `bytes`. None for types without numbers.
    pub fn of(dtype: DType, bytes: &[u8]) -> Option<Self> {
        numbers(dtype.kind(), Each(bytes))
    }

    /// What so many pieces like this one tell together.
    pub fn times(self, count: u64) -> Self {
        let times = |some: u64| some.saturating_mul(count);
        Self {
            count: times(self.count),
            finite: times(self.finite),
            zeros: times(self.zeros),
            nan: times(self.nan),
            ..self
        }
    }

    /// Takes in the piece that follows.
    pub fn append(&mut self, next: &Self) {
        if self.first_not_finite.is_none() {
            self.first_not_finite = next.first_not_finite.map(|at| at + self.count);
        }
        self.add(next);
    }

    /// Takes in a piece whose elements lie elsewhere: `place` gives their positions in the tensor.
    pub fn scatter(&mut self, part: &Self, place: impl Fn(u64) -> u64) {
        let first = part.first_not_finite.map(place);
        self.first_not_finite = [self.first_not_finite, first].into_iter().flatten().min();
        self.add(part);
    }

    /// False if squares were lost on the way to the deviation.
    fn has_exact_spread(&self) -> bool {
        self.min >= self.max || (1e-140..f64::INFINITY).contains(&self.std)
    }

    fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.zeros += other.zeros;
        self.nan += other.nan;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        // Chan et al.: means and deviations of two sets make those of both.
        let (a, b) = (self.finite as f64, other.finite as f64);
        self.finite += other.finite;
        if other.finite > 0 {
            // In halves, since the distance of two numbers may be larger than any number.
            let half = other.mean / 2.0 - self.mean / 2.0;
            let (of_a, of_b) = (a / (a + b), b / (a + b));
            let between = half * (2.0 * (of_a * of_b).sqrt());
            self.mean = self.mean + half * of_b + half * of_b;
            self.std = (self.std * of_a.sqrt()).hypot(other.std * of_b.sqrt()).hypot(between);
        }
    }

    /// What all pieces together tell.
    pub fn stats(&self) -> Stats {
        let some = |value: f64| if self.finite > 0 { value } else { f64::NAN };
        Stats {
            count: self.count,
            min: some(self.min),
            max: some(self.max),
            mean: some(self.mean),
            std: some(self.std),
            zeros: self.zeros,
            nan: self.nan,
            inf: self.count - self.finite - self.nan,
            first_not_finite: self.first_not_finite,
        }
    }
}

/// A look at each of these numbers.
struct Each<'a>(&'a [u8]);

impl Loop for Each<'_> {
    type Outcome = Tally;

    fn over<const N: usize>(self, value: impl Fn([u8; N]) -> f64) -> Tally {
        each(self.0, value)
    }
}

/// One pass over the numbers of `N` bytes each. Sums are taken of distances from the first finite one, which keeps
/// them exact where numbers are large and close together.
fn each<const N: usize>(bytes: &[u8], value: impl Fn([u8; N]) -> f64) -> Tally {
    let (elements, _) = bytes.as_chunks::<N>();
    let shift = elements.iter().map(|element| value(*element)).find(|x| x.is_finite()).unwrap_or(0.0);
    // As if all were finite, which is told by the sum; if they are not, with a look at each.
    let mut tally = dispatch!(Level::new(), simd => simd.vectorize(
        #[inline(always)]
        || side_by_side(simd, elements, &value, shift)
    ));
    if !tally.std.is_finite() {
        tally = one_by_one(elements, &value, shift);
    }
    if !tally.has_exact_spread() {
        // Squares of such numbers are too large or too small to be summed: another look at them all,
        // brought to a size near 1.
        let scale = scale(tally.min.abs().max(tally.max.abs()));
        let scaled = one_by_one(elements, |element| value(element) * scale, shift * scale);
        (tally.mean, tally.std) = (scaled.mean / scale, scaled.std / scale);
    }
    if tally.finite < tally.count {
        let first = elements.iter().position(|element| !value(*element).is_finite());
        tally.first_not_finite = first.map(|at| at as u64);
        tally.nan = elements.iter().filter(|element| value(**element).is_nan()).count() as u64;
    }
    tally
}

/// The numbers, taken for finite ones.
#[inline(always)]
fn side_by_side<S: Simd, const N: usize>(
    simd: S,
    elements: &[[u8; N]],
    value: impl Fn([u8; N]) -> f64,
    shift: f64,
) -> Tally {
    // Two vectors at a time: a sum need not wait for the one before.
    let (groups, rest) = elements.as_chunks::<LANES>();
    let (pairs, odd) = groups.as_chunks::<2>();
    let mut lanes = [Lanes::new(simd), Lanes::new(simd)];
    let [even, other] = &mut lanes;
    for [a, b] in pairs {
        even.take(simd, eight(simd, a, &value), shift);
        other.take(simd, eight(simd, b, &value), shift);
    }
    for group in odd {
        even.take(simd, eight(simd, group, &value), shift);
    }
    let mut tally = even.tally((pairs.len() + odd.len()) * LANES, shift);
    tally.add(&other.tally(pairs.len() * LANES, shift));
    tally.add(&one_by_one(rest, value, shift));
    tally
}

/// Running sums, apart for each lane.
struct Lanes<S: Simd> {
    zeros: f64x8<S>,
    min: f64x8<S>,
    max: f64x8<S>,
    sum: f64x8<S>,
    squares: f64x8<S>,
}

impl<S: Simd> Lanes<S> {
    #[inline(always)]
    fn new(simd: S) -> Self {
        let all = |value| f64x8::splat(simd, value);
        Self { zeros: all(0.0), min: all(f64::INFINITY), max: all(f64::NEG_INFINITY), sum: all(0.0), squares: all(0.0) }
    }

    #[inline(always)]
    fn take(&mut self, simd: S, x: f64x8<S>, shift: f64) {
        let (zero, one) = (f64x8::splat(simd, 0.0), f64x8::splat(simd, 1.0));
        let distance = x - shift;
        self.zeros += x.simd_eq(zero).select(one, zero);
        self.min = self.min.min(x);
        self.max = self.max.max(x);
        self.sum += distance;
        self.squares += distance * distance;
    }

    #[inline(always)]
    fn tally(&self, count: usize, shift: f64) -> Tally {
        Sums {
            count: count as u64,
            finite: count as u64,
            zeros: self.zeros.as_slice().iter().sum::<f64>() as u64,
            min: self.min.as_slice().iter().copied().fold(f64::INFINITY, f64::min),
            max: self.max.as_slice().iter().copied().fold(f64::NEG_INFINITY, f64::max),
            sum: self.sum.as_slice().iter().sum(),
            squares: self.squares.as_slice().iter().sum(),
        }
        .tally(shift)
    }
}

/// The numbers, of which those that are not finite are left out.
fn one_by_one<const N: usize>(elements: &[[u8; N]], value: impl Fn([u8; N]) -> f64, shift: f64) -> Tally {
    let mut sums = Sums { min: f64::INFINITY, max: f64::NEG_INFINITY, count: elements.len() as u64, ..Sums::default() };
    for x in elements.iter().map(|element| value(*element)).filter(|x| x.is_finite()) {
        let distance = x - shift;
        sums.finite += 1;
        sums.zeros += u64::from(x == 0.0);
        sums.min = sums.min.min(x);
        sums.max = sums.max.max(x);
        sums.sum += distance;
        sums.squares += distance * distance;
    }
    sums.tally(shift)
}

/// Sums of distances from a number.
#[derive(Default)]
struct Sums {
    count: u64,
    finite: u64,
    zeros: u64,
    min: f64,
    max: f64,
    sum: f64,
    squares: f64,
}

impl Sums {
    fn tally(self, shift: f64) -> Tally {
        let mean = self.sum / self.finite.max(1) as f64;
        let spread = self.squares - self.sum * mean;
        Tally {
            count: self.count,
            finite: self.finite,
            zeros: self.zeros,
            nan: 0,
            min: self.min,
            max: self.max,
            mean: shift + mean,
            // A hair below zero by rounding; what is not a number stays so.
            std: if spread < 0.0 { 0.0 } else { (spread / self.finite.max(1) as f64).sqrt() },
            first_not_finite: None,
        }
    }
}

/// The power of two that brings a number near 1, as far as there is one.
fn scale(largest: f64) -> f64 {
    2f64.powi(-(largest.log2().clamp(-1000.0, 1000.0) as i32))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stats(numbers: &[f32], pieces: usize) -> Stats {
        let mut all = Tally::default();
        for piece in numbers.chunks(pieces) {
            let bytes: Vec<u8> = piece.iter().flat_map(|x| x.to_le_bytes()).collect();
            all.append(&Tally::of(DType::FLOAT32, &bytes).unwrap());
        }
        all.stats()
    }

    #[test]
    fn pieces_of_any_size_tell_the_same() {
        let numbers: Vec<f32> = (0..1000).map(|i| 1e6 + (i as f32 * 0.37).sin()).collect();
        let whole = stats(&numbers, 1000);
        let exact = numbers.iter().map(|x| f64::from(*x)).sum::<f64>() / 1000.0;
        let spread = numbers.iter().map(|x| (f64::from(*x) - exact).powi(2)).sum::<f64>() / 1000.0;
        assert!((whole.mean - exact).abs() < 1e-9);
        assert!((whole.std - spread.sqrt()).abs() < 1e-9);
        for pieces in [1, 7, 8, 64, 999] {
            let other = stats(&numbers, pieces);
            assert!((other.std - whole.std).abs() < 1e-9 && (other.mean - whole.mean).abs() < 1e-9, "{pieces}");
            assert_eq!((other.min, other.max, other.count), (whole.min, whole.max, whole.count));
        }
    }

    #[test]
    fn what_is_not_finite_is_counted_and_left_out() {
        let s = stats(&[1.0, 0.0, f32::INFINITY, -0.0, f32::NAN, 3.0, f32::NAN], 3);
        assert_eq!((s.nan, s.inf, s.zeros, s.first_not_finite), (2, 1, 2, Some(2)));
        assert_eq!((s.min, s.max, s.mean), (0.0, 3.0, 1.0));
        let all_nan = stats(&[f32::NAN; 20], 9);
        assert!(all_nan.min.is_nan() && all_nan.mean.is_nan());
        assert_eq!((all_nan.nan, all_nan.inf, all_nan.first_not_finite), (20, 0, Some(0)));
    }

    #[test]
    fn numbers_near_the_ends_of_float64() {
        let stats = |numbers: &[f64], pieces: usize| {
            let mut all = Tally::default();
            for piece in numbers.chunks(pieces) {
                let bytes: Vec<u8> = piece.iter().flat_map(|x| x.to_le_bytes()).collect();
                all.append(&Tally::of(DType::from_name("float64").unwrap(), &bytes).unwrap());
            }
            all.stats()
        };
        for size in [1e-300, 1e-160, 1.0, 1e154, 1e200, 1.7e308] {
            // Half of them at `size`, half at `-size`: the deviation is `size`, the mean 0.
            let numbers: Vec<f64> = (0..40).map(|i| if i % 2 == 0 { size } else { -size }).collect();
            for pieces in [1, 3, 20, 40] {
                let s = stats(&numbers, pieces);
                assert!((s.std / size - 1.0).abs() < 1e-9, "{size} in pieces of {pieces}: {}", s.std);
                assert!((s.mean / size).abs() < 1e-9, "{size} in pieces of {pieces}: {}", s.mean);
            }
        }
        let s = stats(&[f64::MAX; 10], 3);
        assert_eq!((s.mean, s.std), (f64::MAX, 0.0));
        assert!(stats(&[1e300, f64::NAN, 3e300], 3).std / 1e300 - 1.0 < 1e-9);
    }

    #[test]
    fn a_constant_has_no_deviation() {
        let s = stats(&[0.1; 100], 10);
        assert_eq!((s.std, s.constant()), (0.0, Some(f64::from(0.1f32))));
    }
}

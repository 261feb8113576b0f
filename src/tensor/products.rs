//! Sums of products of numbers of any size.

/// A sum of products that neither overflows nor vanishes. Numbers far from 1 are scaled by a power of two,
/// and products of each scale are summed apart.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Products([f64; 5]);

/// `mantissa` times 2 to the power of 300 for each step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wide {
    mantissa: f64,
    steps: i32,
}

/// 2^300; a scale is two steps.
const STEP: f64 = f64::from_bits((1023 + 300) << 52);
const SCALE: f64 = STEP * STEP;
/// 2^400: squares of what lies between this and its inverse can be summed as they are.
const LARGE: f64 = f64::from_bits((1023 + 400) << 52);

impl Products {
    /// Adds the product of two finite numbers.
    pub fn add(&mut self, x: f64, y: f64) {
        let ((x, up), (y, too)) = (scaled(x), scaled(y));
        if let Some(sum) = self.0.get_mut(up + too) {
            *sum += x * y;
        }
    }

    /// Adds a sum of products that a float64 holds as it is.
    pub fn add_sum(&mut self, products: f64) {
        let [_, _, plain, ..] = &mut self.0;
        *plain += products;
    }

    /// Adds what another has summed.
    pub fn append(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(sum, more)| *sum += more);
    }

    /// The same sum, so many times.
    pub fn times(mut self, count: u64) -> Self {
        self.0.iter_mut().for_each(|sum| *sum *= count as f64);
        self
    }

    /// The sum.
    pub fn sum(&self) -> Wide {
        let Some(top) = self.0.iter().rposition(|sum| *sum != 0.0) else { return Wide { mantissa: 0.0, steps: 0 } };
        let mantissa = self.0.iter().take(top + 1).fold(0.0, |below, sum| below / SCALE + sum);
        Wide { mantissa, steps: (top as i32 - 2) * 2 }
    }

    /// The root of the sum, of squares.
    pub fn root(&self) -> Wide {
        let Wide { mantissa, steps } = self.sum();
        Wide { mantissa: mantissa.sqrt(), steps: steps / 2 }
    }
}

/// The number near 1, and how it was scaled: 0 up, 1 not, 2 down.
fn scaled(x: f64) -> (f64, usize) {
    match x.abs() {
        size if size > LARGE => (x / SCALE, 2),
        size if size < 1.0 / LARGE && size > 0.0 => (x * SCALE, 0),
        _ => (x, 1),
    }
}

impl Wide {
    /// The number; infinite if there is no such number.
    pub fn value(self) -> f64 {
        let factor = if self.steps > 0 { STEP } else { 1.0 / STEP };
        (0..self.steps.abs()).fold(self.mantissa, |value, _| value * factor)
    }

    /// This number over another.
    pub fn over(self, other: Self) -> f64 {
        Self { mantissa: self.mantissa / other.mantissa, steps: self.steps - other.steps }.value()
    }

    /// This number times another.
    pub fn times(self, other: Self) -> Self {
        Self { mantissa: self.mantissa * other.mantissa, steps: self.steps + other.steps }
    }

    /// The mean of so many numbers, of which this is the sum.
    pub fn mean(self, of: u64) -> f64 {
        if of == 0 { 0.0 } else { Self { mantissa: self.mantissa / of as f64, ..self }.value() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn norm(numbers: &[f64]) -> f64 {
        let mut sum = Products::default();
        numbers.iter().for_each(|x| sum.add(*x, *x));
        sum.root().value()
    }

    #[test]
    fn norms_of_any_size() {
        for size in [1.0, 1e-300, 1e-160, 1e-150, 1e150, 1e160, 1e300] {
            let found = norm(&[3.0 * size, -4.0 * size, 0.0]);
            assert!((found / size - 5.0).abs() < 1e-12, "{size:e}: {found:e}");
        }
        assert_eq!(norm(&[]), 0.0);
        // Beside the large, the small has no part; beside each other, all have.
        assert_eq!(norm(&[1e200, 1.0, 1e-200]), 1e200);
        let near = norm(&[1e-121, 3e-121]);
        assert!((near / 1e-121 - 10f64.sqrt()).abs() < 1e-12, "{near:e}");
        assert_eq!(norm(&[f64::MAX, f64::MAX]), f64::INFINITY);
    }

    #[test]
    fn products_of_different_sizes() {
        let mut sum = Products::default();
        sum.add(1e200, 1e-200);
        sum.add(1e300, 1e300);
        sum.add(1e300, -1e300);
        assert!((sum.sum().value() - 1.0).abs() < 1e-12, "{:?}", sum.sum());
    }
}

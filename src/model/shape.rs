//! Shapes of tensors, and slices of them.

use std::fmt;

use smallvec::SmallVec;

/// The size of each axis; or nothing known, not even how many axes there are.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Shape(Axes);

/// As a small vector has it, but a word shorter: there is one for each tensor.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Axes {
    Unknown,
    /// At most two: how many, and their sizes; 0 for what is not there.
    Few(u8, [u64; 2]),
    More(Box<[u64]>),
}

impl Shape {
    /// A shape of known rank; no axes for a scalar.
    pub fn new(axes: impl IntoIterator<Item = u64>) -> Self {
        axes.into_iter().collect::<SmallVec<[u64; 4]>>().as_slice().into()
    }

    /// A shape of unknown rank.
    pub fn unknown() -> Self {
        Self(Axes::Unknown)
    }

    /// The axes; none if the rank is unknown.
    pub fn axes(&self) -> Option<&[u64]> {
        match &self.0 {
            Axes::Unknown => None,
            Axes::Few(rank, axes) => axes.get(..usize::from(*rank)),
            Axes::More(axes) => Some(axes),
        }
    }

    /// Number of axes, if known.
    pub fn rank(&self) -> Option<usize> {
        self.axes().map(<[u64]>::len)
    }

    /// The index of the element at a row-major position: `[3, 4]`.
    pub fn index(&self, position: u64) -> Vec<u64> {
        let mut rest = position;
        let mut index: Vec<u64> = Vec::new();
        for axis in self.axes().unwrap_or_default().iter().rev().map(|axis| (*axis).max(1)) {
            index.push(rest % axis);
            rest /= axis;
        }
        index.reverse();
        index
    }

    /// Number of elements: 1 for a scalar and, as TensorFlow takes it, for an unknown rank;
    /// none if it does not fit 63 bits.
    pub fn elements(&self) -> Option<u64> {
        let axes = self.axes().unwrap_or_default();
        let product = axes.iter().try_fold(1u64, |product, &axis| product.checked_mul(axis));
        match product.filter(|product| *product <= i64::MAX as u64) {
            // Whatever the other axes would multiply to.
            None if axes.contains(&0) => Some(0),
            product => product,
        }
    }
}

impl From<&[u64]> for Shape {
    fn from(axes: &[u64]) -> Self {
        Self(match axes {
            [] => Axes::Few(0, [0; 2]),
            [only] => Axes::Few(1, [*only, 0]),
            [first, second] => Axes::Few(2, [*first, *second]),
            more => Axes::More(more.into()),
        })
    }
}

impl fmt::Display for Shape {
    /// As TensorFlow and Python write it: `[10, 64]`, `[]` for a scalar, `unknown`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(axes) = self.axes() else { return f.write_str("unknown") };
        f.write_str("[")?;
        for (i, axis) in axes.iter().enumerate() {
            let comma = if i > 0 { ", " } else { "" };
            write!(f, "{comma}{axis}")?;
        }
        f.write_str("]")
    }
}

/// A box cut out of a tensor: on each axis, where it starts and how long it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slice {
    /// `(start, length)` for each axis.
    pub extents: SmallVec<[(u64, u64); 4]>,
}

impl Slice {
    /// Number of elements in it, if it can be counted.
    pub fn elements(&self) -> Option<u64> {
        self.extents.iter().try_fold(1u64, |product, &(_, length)| product.checked_mul(length))
    }

    /// True if it covers at least one element that the other one covers too.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.extents.len() == other.extents.len()
            && self
                .extents
                .iter()
                .zip(&other.extents)
                .all(|(a, b)| a.0 < b.0.saturating_add(b.1) && b.0 < a.0.saturating_add(a.1))
    }
}

impl fmt::Display for Slice {
    /// As in TensorFlow's slice specifications: `0,6:2,4`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (start, length)) in self.extents.iter().enumerate() {
            let colon = if i > 0 { ":" } else { "" };
            write!(f, "{colon}{start},{length}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts() {
        assert_eq!(Shape::new([]).elements(), Some(1));
        assert_eq!(Shape::new([3, 0, 1 << 40, 1 << 40]).elements(), Some(0));
        assert_eq!(Shape::new([1 << 40, 1 << 40]).elements(), None);
        assert_eq!(Shape::new([10, 64]).to_string(), "[10, 64]");
        assert_eq!(Shape::new([2, 3, 4]).index(23), [1, 2, 3]);
        assert!(Shape::new([]).index(0).is_empty());
    }
}

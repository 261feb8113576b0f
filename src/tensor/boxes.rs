//! Boxes of a tensor, and where their elements lie in the whole.

use crate::model::Slice;

/// The part of a box that lies within the tensor: on each axis, where it starts and how long it is.
pub(super) fn clip(axes: &[u64], slice: &Slice) -> Vec<(u64, u64)> {
    let inside = axes.iter().zip(&slice.extents);
    inside.map(|(axis, (start, length))| (*start, (*length).min(axis.saturating_sub(*start)))).collect()
}

/// Elements of a box; a number that no tensor reaches if they cannot be counted.
pub(super) fn volume(extents: &[(u64, u64)]) -> u64 {
    extents.iter().fold(1, |product, (_, length)| product.saturating_mul(*length))
}

/// The stretches of a tensor that a box is made of, the part of it that lies within the tensor. Both the tensor and the
/// box have them in one order.
#[derive(Debug)]
pub(super) struct Runs {
    axes: Vec<u64>,
    lengths: Vec<u64>,
    /// The part within the tensor, by its places in the tensor and in the box.
    inside: Vec<(u64, u64)>,
    within: Vec<(u64, u64)>,
    /// Elements of each.
    pub length: u64,
    /// How many there are.
    pub count: u64,
}

impl Runs {
    /// Those of a box of a tensor.
    pub fn new(axes: &[u64], slice: &Slice) -> Self {
        let inside = clip(axes, slice);
        let lengths: Vec<u64> = slice.extents.iter().map(|(_, length)| *length).collect();
        let mut length = 1u64;
        for ((axis, of_box), (start, of_run)) in axes.iter().zip(&lengths).zip(&inside).rev() {
            length = length.saturating_mul(*of_run);
            // An axis that is whole goes on in the one before it.
            if *start != 0 || of_run != axis || of_box != axis {
                break;
            }
        }
        let count = volume(&inside).checked_div(length).unwrap_or(0);
        let within = inside.iter().map(|(_, length)| (0, *length)).collect();
        Self { axes: axes.to_vec(), lengths, inside, within, length, count }
    }

    /// Where a stretch begins in the tensor, and where in the box.
    pub fn start(&self, number: u64) -> (u64, u64) {
        let first = number.saturating_mul(self.length);
        (position(&self.axes, &self.inside, first), position(&self.lengths, &self.within, first))
    }

    /// Where an element of the part within the tensor lies in the tensor.
    pub fn position(&self, index: u64) -> u64 {
        position(&self.axes, &self.inside, index)
    }

    /// True if no part of the box lies beyond the tensor: then it is one stretch of its own elements.
    pub fn is_whole(&self) -> bool {
        self.lengths.iter().zip(&self.inside).all(|(length, (_, inside))| length == inside)
    }
}

/// Position in the whole tensor (in elements) of element `index` of a box.
pub(super) fn position(axes: &[u64], extents: &[(u64, u64)], index: u64) -> u64 {
    let (mut rest, mut stride, mut at) = (index, 1u64, 0u64);
    for (axis, (start, length)) in axes.iter().zip(extents).rev() {
        let length = (*length).max(1);
        at = at.saturating_add(start.saturating_add(rest % length).saturating_mul(stride));
        rest /= length;
        stride = stride.saturating_mul(*axis);
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_in_the_whole() {
        // The slice [2..4, 1..4] of a [6, 5] tensor.
        let of = |index| position(&[6, 5], &[(2, 2), (1, 3)], index);
        assert_eq!([0, 1, 2, 3, 4, 5].map(of), [11, 12, 13, 16, 17, 18]);
        assert_eq!(position(&[], &[], 0), 0);
    }

    fn runs(axes: &[u64], extents: &[(u64, u64)]) -> (u64, Vec<(u64, u64)>) {
        let runs = Runs::new(axes, &Slice { extents: extents.into() });
        (runs.length, (0..runs.count).map(|number| runs.start(number)).collect())
    }

    #[test]
    fn stretches_are_as_long_as_they_can_be() {
        assert_eq!(runs(&[6, 5], &[(2, 2), (1, 3)]), (3, vec![(11, 0), (16, 3)]));
        assert_eq!(runs(&[6, 5], &[(2, 2), (0, 5)]), (10, vec![(10, 0)]));
        assert_eq!(runs(&[4, 2, 3], &[(1, 2), (1, 1), (0, 3)]), (3, vec![(9, 0), (15, 3)]));
        assert_eq!(runs(&[], &[]), (1, vec![(0, 0)]));
        assert_eq!(runs(&[0, 3], &[(0, 0), (0, 3)]), (0, vec![]));
    }

    #[test]
    fn what_lies_beyond_the_tensor_is_left_out() {
        // The box [1..3, 2..4] of a [2, 3] tensor has one element in it.
        assert_eq!(runs(&[2, 3], &[(1, 2), (2, 2)]), (1, vec![(5, 0)]));
        assert_eq!(runs(&[3, 3], &[(0, 2), (2, 2)]), (1, vec![(2, 0), (5, 2)]));
        assert_eq!(runs(&[2, 3], &[(u64::MAX, u64::MAX), (0, 3)]), (0, vec![]));
        assert_eq!(runs(&[3], &[(2, 5)]), (1, vec![(2, 0)]));
    }
}

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

/// Copies the elements of a box, of `size` bytes each, to their places in the whole. What of the box lies
/// beyond the tensor is left out.
pub(super) fn place(whole: &mut [u8], axes: &[u64], size: u64, slice: &Slice, elements: &[u8]) {
    let inside = clip(axes, slice);
    let lengths: Vec<u64> = slice.extents.iter().map(|(_, length)| *length).collect();
    let within: Vec<(u64, u64)> = inside.iter().map(|(_, length)| (0, *length)).collect();
    let row = inside.last().map_or(1, |(_, length)| *length);
    for number in 0..volume(&inside).checked_div(row).unwrap_or(0) {
        let first = number.saturating_mul(row);
        let from = bytes(elements.len(), position(&lengths, &within, first), row, size);
        let to = bytes(whole.len(), position(axes, &inside, first), row, size);
        let Some((from, to)) = elements.get(from).zip(whole.get_mut(to)) else { return };
        to.copy_from_slice(from);
    }
}

/// The bytes of a row of elements; beyond the end of `all` if they do not lie in it.
fn bytes(all: usize, first: u64, count: u64, size: u64) -> std::ops::Range<usize> {
    let start = usize::try_from(first.saturating_mul(size)).unwrap_or(usize::MAX);
    let length = usize::try_from(count.saturating_mul(size)).unwrap_or(usize::MAX);
    match start.checked_add(length) {
        Some(end) => start..end,
        None => all..usize::MAX,
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

    #[test]
    fn what_lies_beyond_the_tensor_is_left_out() {
        let slice = |extents: &[(u64, u64)]| Slice { extents: extents.into() };
        let mut whole = [0; 6];
        // The box [1..3, 2..4] of a [2, 3] tensor has one element in it.
        place(&mut whole, &[2, 3], 1, &slice(&[(1, 2), (2, 2)]), &[1, 2, 3, 4]);
        assert_eq!(whole, [0, 0, 0, 0, 0, 1]);
        place(&mut whole, &[2, 3], 1, &slice(&[(u64::MAX, u64::MAX), (0, 3)]), &[9; 6]);
        place(&mut whole, &[2, 3], 1, &slice(&[(0, 2), (0, 3)]), &[7, 7, 7]);
        assert_eq!(whole, [7, 7, 7, 0, 0, 1], "the second row is not there");
    }
}

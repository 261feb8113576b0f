//! The order of names: numbers in them count by value.

use std::cmp::Ordering;

/// Compares names with their numbers by value: `layer_2` before `layer_10`.
pub fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    loop {
        let Some(differ) = difference(a, b) else { return a.len().cmp(&b.len()) };
        // The difference may lie within a number: then that counts as a whole.
        let same = a.get(..differ).unwrap_or_default();
        let start = differ.saturating_sub(same.iter().rev().take_while(|byte| byte.is_ascii_digit()).count());
        let (from_a, from_b) = (a.get(start..).unwrap_or_default(), b.get(start..).unwrap_or_default());
        let digit = |text: &[u8]| text.first().is_some_and(u8::is_ascii_digit);
        if !digit(from_a) || !digit(from_b) {
            return a.get(differ).cmp(&b.get(differ));
        }
        let ((number_a, rest_a), (number_b, rest_b)) = (number(from_a), number(from_b));
        // Without leading zeros the longer number is the larger; 07 and 7 are one number, not one name.
        let length = |text: &[u8], rest: &[u8]| text.len().saturating_sub(rest.len());
        let order = number_a.len().cmp(&number_b.len()).then_with(|| number_a.cmp(number_b));
        match order.then_with(|| length(from_a, rest_a).cmp(&length(from_b, rest_b))) {
            Ordering::Equal => (a, b) = (rest_a, rest_b),
            order => return order,
        }
    }
}

/// Where two texts first differ; none if one begins with the other. Names share long beginnings, so
/// they are compared in words first.
fn difference(a: &[u8], b: &[u8]) -> Option<usize> {
    let words = a.as_chunks::<8>().0.iter().zip(b.as_chunks::<8>().0);
    for (number, (x, y)) in words.enumerate() {
        let differ = u64::from_le_bytes(*x) ^ u64::from_le_bytes(*y);
        if differ != 0 {
            return Some(number.saturating_mul(8).saturating_add((differ.trailing_zeros() / 8) as usize));
        }
    }
    let same = a.len().min(b.len()) / 8 * 8;
    let mut rest = a.iter().zip(b).skip(same);
    rest.position(|(x, y)| x != y).map(|at| at.saturating_add(same))
}

/// The digits at the start of a text, without leading zeros, and the rest.
fn number(text: &[u8]) -> (&[u8], &[u8]) {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, rest) = text.split_at_checked(digits).unwrap_or((text, &[]));
    let zeros = number.iter().take_while(|byte| **byte == b'0').count();
    (number.get(zeros..).unwrap_or_default(), rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_count_by_value() {
        let mut names = ["layer_10/b", "layer_2/b", "layer_02/b", "layer_2/a", "layer", "layer_10", "layer_9"];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(names, ["layer", "layer_2/a", "layer_2/b", "layer_02/b", "layer_9", "layer_10", "layer_10/b"]);
    }
}

//! Numbers within names, as they are spelt.

/// Bits of a number that hold its value; above them stands its width, if it has leading zeros.
const VALUE: u32 = 52;

/// The number that digits spell: `07` is 7 of width 2, and not 7. None for more than 15 digits, which
/// are text.
pub(super) fn number(digits: &str) -> Option<u64> {
    let add = |number: u64, byte: u8| number.saturating_mul(10).saturating_add(u64::from(byte.wrapping_sub(b'0')));
    let width = if digits.len() > 1 && digits.starts_with('0') { digits.len() as u64 } else { 0 };
    (digits.len() < 16).then(|| digits.bytes().fold(0, add) | width << VALUE)
}

pub(super) fn value(number: u64) -> u64 {
    number & ((1 << VALUE) - 1)
}

fn padded(number: u64) -> bool {
    number >> VALUE > 0
}

/// A number as it was spelt.
pub(super) fn spelt(number: u64) -> String {
    let width = usize::try_from(number >> VALUE).unwrap_or(0);
    format!("{:0width$}", value(number))
}

/// Numbers in order, three or more in a row as a range: `0..6,8..11`, `08..11`. A range that begins
/// with a zero has numbers of one width.
pub(super) fn ranges(numbers: &[u64]) -> String {
    let mut runs: Vec<Vec<u64>> = Vec::new();
    for &number in numbers {
        let follows = |run: &&mut Vec<u64>| {
            let (Some(&first), Some(&last)) = (run.first(), run.last()) else { return false };
            let in_a_row = value(last).checked_add(1) == Some(value(number));
            // 09 is followed by 10, but 099 not by 0100, and 9 not by 010.
            in_a_row && (!padded(first) && !padded(number) || spelt(last).len() == spelt(number).len())
        };
        match runs.last_mut().filter(follows) {
            Some(run) => run.push(number),
            None => runs.push(vec![number]),
        }
    }
    let text = |run: &Vec<u64>| match run.as_slice() {
        [first, _, .., last] => format!("{}..{}", spelt(*first), spelt(*last)),
        run => run.iter().map(|number| spelt(*number)).collect::<Vec<_>>().join(","),
    };
    runs.iter().map(text).collect::<Vec<_>>().join(",")
}

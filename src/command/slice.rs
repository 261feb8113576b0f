//! `NAME[0, :, 2:5]`: a part of a tensor, as NumPy writes it.

use crate::error::Error;

/// What is taken of one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pick {
    /// One position; the axis goes away. Below zero it counts from the end.
    At(i64),
    /// From, to (not included), in steps.
    Range(Option<i64>, Option<i64>, u64),
}

/// A part of a tensor, not yet held against a shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Slicing {
    picks: Vec<Pick>,
}

/// A part of a tensor of a known shape.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sliced {
    /// Shape of the part.
    pub shape: Vec<u64>,
    /// Elements of the part.
    pub count: u64,
    /// What is taken of each axis.
    taken: Vec<Taken>,
}

/// Positions on one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Taken {
    first: u64,
    step: u64,
    count: u64,
    /// Positions of the axis.
    of: u64,
}

impl Sliced {
    /// All of a tensor of this shape.
    pub fn whole(axes: &[u64]) -> Self {
        let taken = axes.iter().map(|axis| Taken { first: 0, step: 1, count: *axis, of: *axis }).collect();
        Self { shape: axes.to_vec(), count: axes.iter().fold(1, |count, axis| count.saturating_mul(*axis)), taken }
    }

    /// Positions in the whole tensor, row-major: they ascend.
    pub fn positions(&self) -> impl Iterator<Item = u64> + use<'_> {
        (0..self.count).map(|index| {
            let (mut rest, mut stride, mut at) = (index, 1u64, 0u64);
            for axis in self.taken.iter().rev() {
                let count = axis.count.max(1);
                let on_axis = axis.first.saturating_add((rest % count).saturating_mul(axis.step));
                at = at.saturating_add(on_axis.saturating_mul(stride));
                stride = stride.saturating_mul(axis.of);
                rest /= count;
            }
            at
        })
    }
}

/// Splits a name from the slice behind it. Names may have brackets themselves: only a bracket at the
/// end that reads as a slice counts as one.
pub(super) fn split(text: &str) -> (&str, Option<Slicing>) {
    let Some((name, inside)) = text.strip_suffix(']').and_then(|text| text.rsplit_once('[')) else {
        return (text, None);
    };
    match parse(inside) {
        Some(slicing) if !name.is_empty() => (name, Some(slicing)),
        _ => (text, None),
    }
}

fn parse(inside: &str) -> Option<Slicing> {
    let picks = inside.split(',').map(|axis| {
        let axis = axis.trim();
        let Some((from, rest)) = axis.split_once(':') else { return axis.parse().ok().map(Pick::At) };
        let (to, step) = rest.split_once(':').unwrap_or((rest, ""));
        let bound = |text: &str| match text.trim() {
            "" => Some(None),
            text => text.parse().ok().map(Some),
        };
        let step = if step.trim().is_empty() { 1 } else { step.trim().parse().ok().filter(|step| *step > 0)? };
        Some(Pick::Range(bound(from)?, bound(to)?, step))
    });
    Some(Slicing { picks: picks.collect::<Option<_>>()? })
}

impl Slicing {
    /// Holds the slice against a shape.
    ///
    /// # Errors
    /// If it has more axes than the tensor, or a position lies outside.
    pub fn of(&self, axes: &[u64]) -> Result<Sliced, Error> {
        if self.picks.len() > axes.len() {
            let (wanted, there) = (self.picks.len(), axes.len());
            return Err(Error::new(format!("a slice of {wanted} axes, but the tensor has {there}")));
        }
        let mut shape = Vec::new();
        let mut all = Vec::new();
        for (number, &axis) in axes.iter().enumerate() {
            let pick = self.picks.get(number).copied().unwrap_or(Pick::Range(None, None, 1));
            let taken = match pick {
                Pick::At(at) => {
                    let from_end = i64::try_from(axis).ok().and_then(|axis| at.checked_add(axis));
                    let found = if at < 0 { from_end } else { Some(at) };
                    let found = found.and_then(|at| u64::try_from(at).ok()).filter(|at| *at < axis);
                    let first = found.ok_or_else(|| {
                        Error::new(format!("position {at} is outside axis {number}, which has {axis}"))
                    })?;
                    Taken { first, step: 1, count: 1, of: axis }
                }
                Pick::Range(from, to, step) => {
                    let clamp = |bound: Option<i64>, default: u64| match bound {
                        None => default,
                        Some(bound) if bound < 0 => axis.saturating_sub(bound.unsigned_abs()),
                        Some(bound) => axis.min(bound.unsigned_abs()),
                    };
                    let (first, end) = (clamp(from, 0), clamp(to, axis));
                    let count = end.saturating_sub(first).div_ceil(step.max(1));
                    shape.push(count);
                    Taken { first, step, count, of: axis }
                }
            };
            all.push(taken);
        }
        let count = all.iter().fold(1u64, |count, taken| count.saturating_mul(taken.count));
        Ok(Sliced { shape, count, taken: all })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, axes: &[u64]) -> (Vec<u64>, Vec<u64>) {
        let sliced = split(text).1.unwrap().of(axes).unwrap();
        (sliced.shape.clone(), sliced.positions().collect())
    }

    /// What NumPy gives for the positions of an array of its own positions.
    #[test]
    fn as_numpy() {
        assert_eq!(of("v[1]", &[2, 3]), (vec![3], vec![3, 4, 5]));
        assert_eq!(of("v[-1, ::2]", &[2, 3]), (vec![2], vec![3, 5]));
        assert_eq!(of("v[:, 1]", &[2, 3]), (vec![2], vec![1, 4]));
        assert_eq!(of("v[:1, -2:]", &[2, 3]), (vec![1, 2], vec![1, 2]));
        assert_eq!(of("v[5:]", &[3]), (vec![0], vec![]));
    }

    #[test]
    fn names_with_brackets() {
        assert_eq!(split("d[\"a\"]").0, "d[\"a\"]");
        assert_eq!(split("model._operations[1]._kernel"), ("model._operations[1]._kernel", None));
        assert_eq!(split("v[0, :5]").0, "v");
    }

    #[test]
    fn outside() {
        assert!(split("v[3]").1.unwrap().of(&[3]).is_err());
        assert!(split("v[-4]").1.unwrap().of(&[3]).is_err());
        assert!(split("v[0,0]").1.unwrap().of(&[3]).is_err());
    }
}

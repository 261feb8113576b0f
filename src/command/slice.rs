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
    /// Positions in the whole tensor, row-major.
    pub positions: Vec<u64>,
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
        let mut positions = vec![0u64];
        for (number, &axis) in axes.iter().enumerate() {
            let pick = self.picks.get(number).copied().unwrap_or(Pick::Range(None, None, 1));
            let taken: Vec<u64> = match pick {
                Pick::At(at) => {
                    let from_end = i64::try_from(axis).ok().and_then(|axis| at.checked_add(axis));
                    let found = if at < 0 { from_end } else { Some(at) };
                    let found = found.and_then(|at| u64::try_from(at).ok()).filter(|at| *at < axis);
                    vec![found.ok_or_else(|| {
                        Error::new(format!("position {at} is outside axis {number}, which has {axis}"))
                    })?]
                }
                Pick::Range(from, to, step) => {
                    let clamp = |bound: Option<i64>, default: u64| match bound {
                        None => default,
                        Some(bound) if bound < 0 => axis.saturating_sub(bound.unsigned_abs()),
                        Some(bound) => axis.min(bound.unsigned_abs()),
                    };
                    let step = usize::try_from(step).unwrap_or(usize::MAX);
                    let taken: Vec<u64> = (clamp(from, 0)..clamp(to, axis)).step_by(step).collect();
                    shape.push(taken.len() as u64);
                    taken
                }
            };
            positions = positions
                .iter()
                .flat_map(|before| taken.iter().map(move |at| before.saturating_mul(axis).saturating_add(*at)))
                .collect();
        }
        Ok(Sliced { shape, positions })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, axes: &[u64]) -> (Vec<u64>, Vec<u64>) {
        let sliced = split(text).1.unwrap().of(axes).unwrap();
        (sliced.shape, sliced.positions)
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

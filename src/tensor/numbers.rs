//! The numbers of every type, for loops over many of them.

use fearless_simd::f64x8;
use fearless_simd::prelude::*;

use super::decode;
use crate::model::Kind;

/// Numbers in a vector, as wide as the widest that processors have.
pub(super) const LANES: usize = 8;

/// A loop over numbers, compiled once for each type: so that the compiler can take several side by side.
pub(super) trait Loop {
    /// What comes of it.
    type Outcome;

    /// The loop over numbers of `N` little-endian bytes each, of which `value` tells the value.
    fn over<const N: usize>(self, value: impl Fn([u8; N]) -> f64) -> Self::Outcome;
}

/// Runs a loop over numbers of a kind; those of complex ones are the two parts, one after the other. None for
/// types without numbers.
pub(super) fn numbers<L: Loop>(kind: Kind, work: L) -> Option<L::Outcome> {
    Some(match kind {
        Kind::Float { bits: 32 } | Kind::Complex { bits: 32 } => work.over(|b| f64::from(f32::from_le_bytes(b))),
        Kind::Float { bits: 64 } | Kind::Complex { .. } => work.over(f64::from_le_bytes),
        Kind::Float { .. } => work.over(|b| decode::half(u16::from_le_bytes(b))),
        Kind::BFloat16 => work.over(|b| decode::brain(u16::from_le_bytes(b))),
        Kind::Int { bits: 64 } => work.over(|b| i64::from_le_bytes(b) as f64),
        Kind::UInt { bits: 64 } => work.over(|b| u64::from_le_bytes(b) as f64),
        Kind::Int { bits: 32 } => work.over(|b| i32::from_le_bytes(b).into()),
        Kind::UInt { bits: 32 } => work.over(|b| u32::from_le_bytes(b).into()),
        Kind::Int { bits: 16 } => work.over(|b| i16::from_le_bytes(b).into()),
        Kind::UInt { bits: 16 } => work.over(|b| u16::from_le_bytes(b).into()),
        Kind::Int { .. } | Kind::UInt { .. } | Kind::Bool | Kind::MiniFloat(_) => {
            let values = decode::of_bytes(kind);
            work.over(|[byte]| values.get(usize::from(byte)).copied().unwrap_or(f64::NAN))
        }
        Kind::Str | Kind::Variant | Kind::Resource => return None,
    })
}

/// Eight numbers side by side. Written out, since a loop over them may be left a loop.
#[inline(always)]
pub(super) fn eight<S: Simd, const N: usize>(
    simd: S,
    group: &[[u8; N]; LANES],
    value: impl Fn([u8; N]) -> f64,
) -> f64x8<S> {
    let [a, b, c, d, e, f, g, h] = *group;
    let values = [value(a), value(b), value(c), value(d), value(e), value(f), value(g), value(h)];
    f64x8::from_slice(simd, &values)
}

//! One element of any type: as a number, as text.

use half::{bf16, f16};

use crate::model::{DType, Kind, MiniFloat};

/// The value of an element whose little-endian bytes are `bytes`. Complex numbers are taken apart
/// before. None for types without numbers, or too few bytes.
pub(super) fn number(kind: Kind, bytes: &[u8]) -> Option<f64> {
    Some(match kind {
        Kind::Float { bits: 16 } => f16::from_le_bytes(bytes.try_into().ok()?).to_f64(),
        Kind::Float { bits: 32 } => f32::from_le_bytes(bytes.try_into().ok()?).into(),
        Kind::Float { .. } => f64::from_le_bytes(bytes.try_into().ok()?),
        Kind::BFloat16 => bf16::from_le_bytes(bytes.try_into().ok()?).to_f64(),
        Kind::MiniFloat(layout) => mini(layout, *bytes.first()?),
        Kind::Bool => f64::from(*bytes.first()?),
        Kind::Int { bits } => signed(bits, bytes)? as f64,
        Kind::UInt { bits } => unsigned(bits, bytes)? as f64,
        Kind::Complex { .. } | Kind::Str | Kind::Variant | Kind::Resource => return None,
    })
}

/// A float of 16 bits, without a branch: so that many can be taken side by side.
#[inline(always)]
pub(super) fn half(bits: u16) -> f64 {
    let (sign, rest) = (u32::from(bits & 0x8000) << 16, u32::from(bits & 0x7fff));
    // Infinities and NaNs have the highest exponent; all others are numbers whose exponent counts from elsewhere.
    let beyond = if rest >= 0x7c00 { 0x7f80_0000 } else { 0 };
    let magnitude = f32::from_bits(rest << 13) * f32::from_bits((127 + 112) << 23);
    f64::from(f32::from_bits(magnitude.to_bits() | beyond | sign))
}

/// A bfloat16, as [`half`].
#[inline(always)]
pub(super) fn brain(bits: u16) -> f64 {
    f64::from(f32::from_bits(u32::from(bits) << 16))
}

/// What each byte stands for in a type of one byte.
pub(super) fn of_bytes(kind: Kind) -> [f64; 256] {
    let mut values = [f64::NAN; 256];
    for (byte, value) in (0..=u8::MAX).zip(&mut values) {
        *value = number(kind, &[byte]).unwrap_or(f64::NAN);
    }
    values
}

/// True for two numbers of one value, whatever their types; integers are not rounded for it. NaN equals NaN.
pub(super) fn is_equal(a: (Kind, &[u8]), b: (Kind, &[u8])) -> bool {
    match (integer(a.0, a.1), integer(b.0, b.1)) {
        (Some(x), Some(y)) => x == y,
        (Some(x), None) => number(b.0, b.1).is_some_and(|y| is_integer(x, y)),
        (None, Some(y)) => number(a.0, a.1).is_some_and(|x| is_integer(y, x)),
        (None, None) => {
            let sides = number(a.0, a.1).zip(number(b.0, b.1));
            sides.is_some_and(|(x, y)| x == y || x.is_nan() && y.is_nan())
        }
    }
}

/// True if a float is exactly this integer, of 64 bits at most.
fn is_integer(integer: i128, float: f64) -> bool {
    float.fract() == 0.0 && float.abs() < 2f64.powi(65) && float as i128 == integer
}

fn integer(kind: Kind, bytes: &[u8]) -> Option<i128> {
    match kind {
        Kind::Int { bits } => signed(bits, bytes).map(i128::from),
        Kind::UInt { bits } => unsigned(bits, bytes).map(i128::from),
        Kind::Bool => bytes.first().map(|byte| i128::from(*byte)),
        _ => None,
    }
}

fn signed(bits: u8, bytes: &[u8]) -> Option<i64> {
    Some(match bits {
        64 => i64::from_le_bytes(bytes.try_into().ok()?),
        32 => i32::from_le_bytes(bytes.try_into().ok()?).into(),
        16 => i16::from_le_bytes(bytes.try_into().ok()?).into(),
        8 => i8::from_le_bytes(bytes.try_into().ok()?).into(),
        // Below a byte the sign is the highest of the bits that count; the others are ignored.
        bits => {
            let unused = 8u32.saturating_sub(bits.into());
            i64::from((bytes.first()?.wrapping_shl(unused) as i8).wrapping_shr(unused))
        }
    })
}

fn unsigned(bits: u8, bytes: &[u8]) -> Option<u64> {
    Some(match bits {
        64 => u64::from_le_bytes(bytes.try_into().ok()?),
        32 => u32::from_le_bytes(bytes.try_into().ok()?).into(),
        16 => u16::from_le_bytes(bytes.try_into().ok()?).into(),
        8 => (*bytes.first()?).into(),
        bits => {
            let unused = 8u32.saturating_sub(bits.into());
            u64::from(bytes.first()?.wrapping_shl(unused).wrapping_shr(unused))
        }
    })
}

/// A float of 8 or 4 bits.
fn mini(layout: MiniFloat, byte: u8) -> f64 {
    struct Layout {
        exponent: u32,
        mantissa: u32,
        bias: i32,
    }
    let l = match layout {
        MiniFloat::E5M2 => Layout { exponent: 5, mantissa: 2, bias: 15 },
        MiniFloat::E4M3Fn => Layout { exponent: 4, mantissa: 3, bias: 7 },
        MiniFloat::E4M3Fnuz => Layout { exponent: 4, mantissa: 3, bias: 8 },
        MiniFloat::E4M3B11Fnuz => Layout { exponent: 4, mantissa: 3, bias: 11 },
        MiniFloat::E5M2Fnuz => Layout { exponent: 5, mantissa: 2, bias: 16 },
        MiniFloat::E2M1Fn => Layout { exponent: 2, mantissa: 1, bias: 1 },
    };
    let (exponent_max, mantissa_max) = ((1u32 << l.exponent) - 1, (1u32 << l.mantissa) - 1);
    let sign = u32::from(byte) >> (l.exponent + l.mantissa) & 1;
    let exponent = u32::from(byte) >> l.mantissa & exponent_max;
    let mantissa = u32::from(byte) & mantissa_max;
    let fnuz = matches!(layout, MiniFloat::E4M3Fnuz | MiniFloat::E4M3B11Fnuz | MiniFloat::E5M2Fnuz);
    if fnuz && sign == 1 && exponent == 0 && mantissa == 0 {
        return f64::NAN;
    }
    let magnitude = match (layout, exponent, mantissa) {
        (MiniFloat::E5M2, 31, 0) => f64::INFINITY,
        (MiniFloat::E5M2, 31, _) | (MiniFloat::E4M3Fn, 15, 7) => f64::NAN,
        (_, 0, mantissa) => f64::from(mantissa) * 2f64.powi(1 - l.bias - l.mantissa as i32),
        (_, exponent, mantissa) => {
            let one = f64::from(1u32 << l.mantissa);
            (one + f64::from(mantissa)) * 2f64.powi(exponent as i32 - l.bias - l.mantissa as i32)
        }
    };
    if sign == 1 { -magnitude } else { magnitude }
}

/// An element as text: the shortest decimal that stands for it, or `precision` digits behind the
/// point if given. Complex numbers as Python writes them. None for strings and their like.
pub fn text(dtype: DType, bytes: &[u8], precision: Option<usize>) -> Option<String> {
    Some(match dtype.kind() {
        Kind::Int { bits } => signed(bits, bytes)?.to_string(),
        Kind::UInt { bits } => unsigned(bits, bytes)?.to_string(),
        Kind::Bool => match bytes.first()? {
            0 => "False".to_owned(),
            1 => "True".to_owned(),
            // Not a boolean that TensorFlow writes: say what is there.
            other => format!("{other}"),
        },
        Kind::Complex { bits } => {
            let half = Kind::Float { bits };
            let (re, im) = bytes.split_at_checked(bytes.len() / 2)?;
            let (re, im) = (number(half, re)?, number(half, im)?);
            let shortest = |x: f64| {
                if bits == 32 { float(x, f64::from(x as f32), precision, true) } else { float(x, x, precision, false) }
            };
            let sign = if im.is_sign_negative() && !im.is_nan() { "" } else { "+" };
            format!("({}{sign}{}j)", shortest(re), shortest(im))
        }
        kind @ (Kind::Float { .. } | Kind::BFloat16 | Kind::MiniFloat(_)) => {
            let value = number(kind, bytes)?;
            float(value, value, precision, kind == Kind::Float { bits: 32 })
        }
        Kind::Str | Kind::Variant | Kind::Resource => return None,
    })
}

fn float(value: f64, rounded: f64, precision: Option<usize>, single: bool) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let extreme = value != 0.0 && !(1e-4..1e16).contains(&value.abs());
    match (precision, extreme, single) {
        (Some(digits), true, _) => format!("{value:.digits$e}"),
        (Some(digits), false, _) => format!("{value:.digits$}"),
        (None, true, true) => format!("{:e}", rounded as f32),
        (None, true, false) => format!("{value:e}"),
        (None, false, true) => format!("{:?}", rounded as f32),
        (None, false, false) => format!("{value:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minis(layout: MiniFloat, bytes: &[u8]) -> Vec<f64> {
        bytes.iter().map(|byte| mini(layout, *byte)).collect()
    }

    /// Values of the types as the OCP and ML-hardware papers define them.
    #[test]
    fn small_floats() {
        assert_eq!(
            minis(MiniFloat::E2M1Fn, &[0, 1, 2, 3, 4, 5, 6, 7, 9, 15]),
            [0., 0.5, 1., 1.5, 2., 3., 4., 6., -0.5, -6.]
        );
        assert_eq!(minis(MiniFloat::E4M3Fn, &[0x38, 0x7e, 0x01]), [1., 448., 2f64.powi(-9)]);
        assert!(mini(MiniFloat::E4M3Fn, 0x7f).is_nan());
        assert_eq!(minis(MiniFloat::E5M2, &[0x3c, 0x7b, 0xfc]), [1., 57344., f64::NEG_INFINITY]);
        assert_eq!(minis(MiniFloat::E4M3Fnuz, &[0x40, 0x7f]), [1., 240.]);
        assert_eq!(minis(MiniFloat::E4M3B11Fnuz, &[0x58, 0x7f]), [1., 30.]);
        assert_eq!(minis(MiniFloat::E5M2Fnuz, &[0x40, 0x7f]), [1., 57344.]);
        assert!(mini(MiniFloat::E5M2Fnuz, 0x80).is_nan());
    }

    #[test]
    fn floats_of_16_bits() {
        let is = |found: f64, expected: f64| found == expected || found.is_nan() && expected.is_nan();
        for bits in 0..=u16::MAX {
            assert!(is(half(bits), f16::from_bits(bits).to_f64()), "{bits:04x}");
            assert!(is(brain(bits), bf16::from_bits(bits).to_f64()), "{bits:04x}");
        }
        assert!(half(0x8000).is_sign_negative());
    }

    #[test]
    fn small_integers() {
        assert_eq!([0x08, 0x0f, 0x00, 0x07].map(|byte| signed(4, &[byte]).unwrap()), [-8, -1, 0, 7]);
        assert_eq!([0x02, 0x03, 0xf0].map(|byte| signed(2, &[byte]).unwrap()), [-2, -1, 0]);
        assert_eq!(unsigned(4, &[0xff]), Some(15));
    }

    #[test]
    fn texts() {
        let f32_ = |x: f32, precision| text(DType::FLOAT32, &x.to_le_bytes(), precision).unwrap();
        assert_eq!(f32_(0.1, None), "0.1");
        assert_eq!(f32_(1.0, None), "1.0");
        assert_eq!(f32_(-2.5e-7, None), "-2.5e-7");
        assert_eq!(f32_(0.123456, Some(4)), "0.1235");
        assert_eq!(f32_(f32::NAN, None), "nan");
        let complex = [1.5f32.to_le_bytes(), (-2f32).to_le_bytes()].concat();
        assert_eq!(text(DType::from_name("complex64").unwrap(), &complex, None).unwrap(), "(1.5-2.0j)");
        assert_eq!(text(DType::INT64, &i64::MIN.to_le_bytes(), None).unwrap(), "-9223372036854775808");
    }
}

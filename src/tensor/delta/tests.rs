use super::*;

fn dtype(name: &str) -> DType {
    DType::from_name(name).unwrap()
}

fn compare(old: DType, new: DType, pairs: &[(Vec<u8>, Vec<u8>)], tolerance: Tolerance) -> Delta {
    let mut tally = Tally::new(old, new, tolerance);
    let (a, b): (Vec<_>, Vec<_>) = pairs.iter().cloned().unzip();
    tally.add(&a.concat(), &b.concat());
    let mut apart = Tally::new(old, new, tolerance);
    pairs.iter().for_each(|(x, y)| apart.pair(x, y));
    let (side_by_side, one_by_one) = (tally.finish(), apart.finish());
    same(&side_by_side, &one_by_one);
    side_by_side
}

/// Two ways to one result, but for rounding.
fn same(a: &Delta, b: &Delta) {
    let counts = |delta: &Delta| (delta.total, delta.changed, delta.outside, delta.new_nan, delta.new_inf);
    assert_eq!(counts(a), counts(b));
    assert_eq!((a.max_abs, a.max_rel, a.rounded), (b.max_abs, b.max_rel, b.rounded));
    let figures =
        |delta: &Delta| [delta.mean_abs, delta.mean_rel, delta.rel_l2, delta.cosine, delta.norms[0], delta.norms[1]];
    for (x, y) in figures(a).into_iter().zip(figures(b)) {
        assert!(x == y || x.is_nan() && y.is_nan() || (x - y).abs() <= 1e-12 * y.abs(), "{x:e} is not {y:e}");
    }
}

fn doubles(old: &[f64], new: &[f64], tolerance: Tolerance) -> Delta {
    let bytes = |x: &f64| x.to_le_bytes().to_vec();
    let pairs: Vec<_> = old.iter().zip(new).map(|(x, y)| (bytes(x), bytes(y))).collect();
    compare(dtype("float64"), dtype("float64"), &pairs, tolerance)
}

fn near(found: f64, expected: f64) {
    assert!((found - expected).abs() <= 1e-12 * expected.abs(), "{found:e} is not {expected:e}");
}

/// Figures worked out by hand.
#[test]
fn figures() {
    let delta = doubles(&[3.0, 4.0, 0.0, 1.0], &[3.0, 2.0, 1.0, 1.0], Tolerance::default());
    assert_eq!((delta.total, delta.changed, delta.outside), (4, 2, 2));
    assert_eq!((delta.max_abs, delta.mean_abs), (2.0, 0.75));
    // Of the three that were not zero.
    assert_eq!(delta.max_rel, 0.5);
    near(delta.mean_rel, 0.5 / 3.0);
    near(delta.rel_l2, (5.0f64 / 26.0).sqrt());
    near(delta.norms[0], 26f64.sqrt());
    near(delta.norms[1], 15f64.sqrt());
    near(delta.cosine, 18.0 / (26f64 * 15.0).sqrt());
}

#[test]
fn numbers_whose_squares_no_float_holds() {
    for size in [1e-200, 1e-160, 1.0, 1e154, 1e160, 1e300] {
        let delta = doubles(&[3.0 * size, -4.0 * size], &[3.0 * size, 4.0 * size], Tolerance::default());
        near(delta.rel_l2, 1.6);
        near(delta.cosine, -7.0 / 25.0);
        near(delta.norms[0], 5.0 * size);
        near(delta.mean_abs, 4.0 * size);
    }
    let far = doubles(&[-1.7e308], &[1.7e308], Tolerance::default());
    assert_eq!((far.max_abs, far.mean_abs, far.cosine), (f64::MAX, f64::MAX, -1.0));
}

#[test]
fn what_is_no_longer_finite_is_told_apart() {
    let (nan, inf) = (f64::NAN, f64::INFINITY);
    let delta = doubles(&[1.0, 1.0, nan, inf, nan, 2.0], &[nan, -inf, nan, inf, 1.0, 2.0], Tolerance::default());
    assert_eq!((delta.new_nan, delta.new_inf, delta.lost_finite()), (1, 1, 2));
    assert_eq!((delta.changed, delta.max_abs), (3, 0.0));
    assert!(delta.rel_l2 == 0.0 && delta.norms.iter().all(|norm| norm.is_finite()));
}

#[test]
fn tolerances_are_those_of_numpy() {
    let tolerance = Tolerance { absolute: 0.1, relative: 0.0 };
    assert_eq!(doubles(&[1.0, 2.0], &[1.05, 2.2], tolerance).outside, 1);
    // Relative to the new number.
    let tolerance = Tolerance { absolute: 0.0, relative: 0.5 };
    assert_eq!(doubles(&[1.0], &[2.0], tolerance).outside, 0);
    assert_eq!(doubles(&[2.0], &[1.0], tolerance).outside, 1);
    let other_nan = f64::from_bits(f64::NAN.to_bits() | 1);
    let delta = doubles(&[f64::NAN, 0.0, f64::INFINITY], &[other_nan, -0.0, f64::INFINITY], tolerance);
    assert_eq!((delta.changed, delta.outside), (2, 0));
    assert_eq!(doubles(&[f64::INFINITY, f64::NAN], &[1.0, 1.0], Tolerance { absolute: 1e9, relative: 1.0 }).outside, 2);
}

#[test]
fn rounding_is_told_both_ways() {
    let (wide, narrow) = (dtype("float32"), dtype("bfloat16"));
    let pair = |x: f32, y: bf16| (x.to_le_bytes().to_vec(), y.to_le_bytes().to_vec());
    let rounded: Vec<_> = [0.1f32, -3.7, 1e-40, f32::NAN].iter().map(|x| pair(*x, bf16::from_f32(*x))).collect();
    let delta = compare(wide, narrow, &rounded, Tolerance::default());
    assert_eq!(delta.rounded, Some(narrow));
    assert!(delta.changed > 0);
    let back: Vec<_> = rounded.iter().map(|(x, y)| (y.clone(), x.clone())).collect();
    assert_eq!(compare(narrow, wide, &back, Tolerance::default()).rounded, Some(narrow));
    let cut = vec![pair(0.1, bf16::from_bits(bf16::from_f32(0.1).to_bits() - 1))];
    assert_eq!(compare(wide, narrow, &cut, Tolerance::default()).rounded, None);
    assert_eq!(compare(dtype("float16"), narrow, &[], Tolerance::default()).rounded, None);
}

#[test]
fn integers_beside_floats_are_compared_by_value() {
    let pairs = |x: i64, y: f64| vec![(x.to_le_bytes().to_vec(), y.to_le_bytes().to_vec())];
    let changed = |x, y| compare(DType::INT64, dtype("float64"), &pairs(x, y), Tolerance::default()).changed;
    assert_eq!(changed(7, 7.0), 0);
    assert_eq!(changed(7, 7.5), 1);
    // As floats the two would be one.
    assert_eq!(changed((1 << 53) + 1, (1u64 << 53) as f64), 1);
    assert_eq!(changed(i64::MAX, i64::MAX as f64), 1);
}

/// Every type, numbers of every size, with and without those that are not finite.
#[test]
fn side_by_side_is_as_one_by_one() {
    let mut seed = 1u64;
    let mut bytes = |count: usize| -> Vec<u8> {
        let mut next = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 56) as u8
        };
        (0..count).map(|_| next()).collect()
    };
    let types = ["float32", "float64", "float16", "bfloat16", "int64", "uint32", "int8", "bool", "float8_e4m3fn"];
    for dtype in types.map(dtype) {
        let size = number(dtype).unwrap().1;
        // Random bytes have some of all: also what is not finite, and the smallest.
        let (wild, other) = (bytes(size * 3000), bytes(size * 3000));
        let tame = |bytes: &[u8]| -> Vec<u8> {
            let finite = |number: &&[u8]| decode::number(number_kind(dtype), number).is_some_and(f64::is_finite);
            bytes.chunks_exact(size).filter(finite).flatten().copied().collect()
        };
        let some = [wild[..size * 1500].to_vec(), other[size * 1500..].to_vec()].concat();
        for (a, b) in [(&wild, &other), (&wild, &wild), (&wild, &some), (&tame(&wild), &tame(&other))] {
            let pairs: Vec<_> =
                a.chunks_exact(size).zip(b.chunks_exact(size)).map(|(a, b)| (a.to_vec(), b.to_vec())).collect();
            compare(dtype, dtype, &pairs, Tolerance { absolute: 1e-3, relative: 0.1 });
        }
    }
}

fn number_kind(dtype: DType) -> Kind {
    number(dtype).unwrap().0
}

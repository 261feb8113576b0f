//! Numbers for people.

pub use crate::model::thousands as count;

/// How many of what: `1 finding`, `1,354 tensors`.
pub fn plural(number: u64, what: &str) -> String {
    format!("{} {what}{}", count(number), if number == 1 { "" } else { "s" })
}

/// A number of bytes: `40 B`, `2.5 KiB`, `324.5 MiB`; in full with `exact`.
pub fn size(bytes: u64, exact: bool) -> String {
    if exact || bytes < 1024 {
        return if exact { count(bytes) } else { format!("{bytes} B") };
    }
    let mut value = bytes as f64;
    let mut unit = "";
    for next in ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"] {
        value /= 1024.0;
        unit = next;
        // 1023.96 would print as 1024.0.
        if value < 1023.95 {
            break;
        }
    }
    format!("{value:.1} {unit}")
}

/// Four figures that count: as a decimal where that is short, else with an exponent.
pub fn number(value: f64) -> String {
    if value.is_nan() {
        return "-".to_owned();
    }
    let magnitude = value.abs();
    if value == 0.0 {
        "0".to_owned()
    } else if value.fract() == 0.0 && magnitude < 1e6 {
        format!("{value}")
    } else if (1e-3..1e5).contains(&magnitude) {
        let digits = if magnitude < 1.0 {
            4
        } else if magnitude < 100.0 {
            3
        } else {
            1
        };
        format!("{value:.digits$}")
    } else {
        format!("{value:.2e}")
    }
}

/// `19.7 %`; a change too small for that is not shown as none.
pub fn percent(ratio: f64) -> String {
    let percent = ratio * 100.0;
    if !percent.is_finite() {
        "-".to_owned()
    } else if percent > 0.0 && percent < 0.1 {
        "< 0.1 %".to_owned()
    } else if percent < 1e5 {
        format!("{percent:.1} %")
    } else {
        format!("{percent:.1e} %")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_counts() {
        assert_eq!(size(0, false), "0 B");
        assert_eq!(size(1023, false), "1023 B");
        assert_eq!(size(2560, false), "2.5 KiB");
        assert_eq!(size(1 << 20, false), "1.0 MiB");
        assert_eq!(size((1 << 20) - 1, false), "1.0 MiB");
        assert_eq!(size(2560, true), "2,560");
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(109_482_240), "109,482,240");
    }

    #[test]
    fn a_small_change_is_not_none() {
        assert_eq!(percent(0.0), "0.0 %");
        assert_eq!(percent(1e-7), "< 0.1 %");
        assert_eq!(percent(1.0), "100.0 %");
        assert_eq!(percent(f64::INFINITY), "-");
    }
}

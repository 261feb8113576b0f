//! Numbers for people.

pub use crate::model::thousands as count;

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
}

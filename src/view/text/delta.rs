//! How much values changed, in columns.

use super::wrap::{pad_left, width};
use crate::model::Delta;
use crate::view::count;

const HEADINGS: [&str; 3] = ["rel. L2", "max |d|", "values changed"];

/// Widths of the columns; all 0 where nothing was measured.
#[derive(Default)]
pub(super) struct Columns([usize; 3]);

impl Columns {
    pub(super) fn of<'a>(deltas: impl Iterator<Item = &'a Delta>) -> Self {
        let mut widths: Option<[usize; 3]> = None;
        for delta in deltas {
            let widths = widths.get_or_insert(HEADINGS.map(width));
            for (widest, cell) in widths.iter_mut().zip(cells(delta)) {
                *widest = width(&cell).max(*widest);
            }
        }
        Self(widths.unwrap_or_default())
    }

    /// What stands above the columns; nothing above none.
    pub(super) fn heading(&self) -> String {
        if self.0 == [0; 3] { String::new() } else { self.join(HEADINGS.map(str::to_owned)) }
    }

    pub(super) fn cells(&self, delta: &Delta) -> String {
        self.join(cells(delta))
    }

    fn join(&self, cells: [String; 3]) -> String {
        let padded = cells.iter().zip(self.0).map(|(cell, width)| pad_left(cell, width));
        padded.collect::<Vec<_>>().join("  ")
    }
}

fn cells(delta: &Delta) -> [String; 3] {
    let changed = format!("{} of {}", count(delta.changed), count(delta.total));
    // The figures are of the finite numbers alone: beside lost ones they would reassure.
    if delta.lost_finite > 0 {
        return ["nan".to_owned(), "nan".to_owned(), changed];
    }
    let max = if delta.max_abs == 0.0 { "0".to_owned() } else { format!("{:.1e}", delta.max_abs) };
    [percent(delta.rel_l2), max, changed]
}

fn percent(ratio: f64) -> String {
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

/// What is worse than a change.
pub(super) fn alarm(delta: &Delta) -> Option<String> {
    let s = if delta.lost_finite == 1 { "" } else { "s" };
    (delta.lost_finite > 0).then(|| format!("{} value{s} became NaN or Inf", count(delta.lost_finite)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let small = Delta { total: 64, changed: 64, max_abs: 1.5e-3, rel_l2: 0.197, lost_finite: 0 };
        let large = Delta { total: 1_000_000, changed: 999_999, max_abs: 0.0, rel_l2: f64::INFINITY, lost_finite: 1 };
        let columns = Columns::of([&small, &large].into_iter());
        assert_eq!(columns.heading(), "rel. L2  max |d|        values changed");
        assert_eq!(columns.cells(&small), " 19.7 %   1.5e-3              64 of 64");
        assert_eq!(columns.cells(&large), "    nan      nan  999,999 of 1,000,000");
        assert_eq!(alarm(&small), None);
        assert_eq!(alarm(&large).unwrap(), "1 value became NaN or Inf");
        assert_eq!(Columns::of([].into_iter()).heading(), "");
    }

    #[test]
    fn a_small_change_is_not_none() {
        assert_eq!(percent(0.0), "0.0 %");
        assert_eq!(percent(1e-7), "< 0.1 %");
        assert_eq!(percent(1.0), "100.0 %");
        assert_eq!(percent(f64::INFINITY), "-");
    }
}

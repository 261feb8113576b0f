//! How much values changed, in columns and in words.

use super::wrap::{pad_left, width};
use crate::model::Delta;
use crate::view::count;
use crate::view::units::percent;

/// The columns, in the order in which they stand.
const HEADINGS: [&str; 6] = ["rel. L2", "max |d|", "mean |d|", "max rel.", "cosine", "values changed"];
/// Their positions, the first to give way where not all fit first.
const DISPENSABLE: [usize; 5] = [3, 4, 2, 5, 1];
/// Blanks between columns.
const GAP: usize = 2;

/// The columns that are shown, with their widths; none where nothing was measured.
#[derive(Default)]
pub(super) struct Columns(Vec<(usize, usize)>);

impl Columns {
    /// As many as fit into `room`.
    pub(super) fn of<'a>(deltas: impl Iterator<Item = &'a Delta>, room: Option<usize>) -> Self {
        let mut widths: Option<[usize; 6]> = None;
        for delta in deltas {
            let widths = widths.get_or_insert(HEADINGS.map(width));
            for (widest, cell) in widths.iter_mut().zip(cells(delta)) {
                *widest = width(&cell).max(*widest);
            }
        }
        let mut columns: Vec<(usize, usize)> = widths.into_iter().flatten().enumerate().collect();
        let mut dispensable = DISPENSABLE.iter();
        while room.is_some_and(|room| columns.iter().map(|(_, width)| width.saturating_add(GAP)).sum::<usize>() > room)
        {
            let Some(next) = dispensable.next() else { break };
            columns.retain(|(column, _)| column != next);
        }
        Self(columns)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What stands above the columns; nothing above none.
    pub(super) fn heading(&self) -> String {
        self.join(&HEADINGS.map(str::to_owned))
    }

    pub(super) fn cells(&self, delta: &Delta) -> String {
        self.join(&cells(delta))
    }

    fn join(&self, cells: &[String; 6]) -> String {
        let shown = self.0.iter().filter_map(|(column, width)| Some(pad_left(cells.get(*column)?, *width)));
        shown.collect::<Vec<_>>().join("  ")
    }
}

fn cells(delta: &Delta) -> [String; 6] {
    let changed = format!("{} of {}", count(delta.changed), count(delta.total));
    // The figures are of the finite numbers alone: beside lost ones they would reassure.
    if delta.lost_finite() > 0 {
        let lost = || "nan".to_owned();
        return [lost(), lost(), lost(), lost(), lost(), changed];
    }
    [
        percent(delta.rel_l2),
        short(delta.max_abs),
        short(delta.mean_abs),
        percent(delta.max_rel),
        cosine(delta.cosine),
        changed,
    ]
}

fn short(number: f64) -> String {
    if number == 0.0 { "0".to_owned() } else { format!("{number:.1e}") }
}

/// What is almost 1 is not said to be 1.
fn cosine(cosine: f64) -> String {
    match cosine {
        cosine if cosine.is_nan() => "-".to_owned(),
        cosine if (0.9999995..1.0).contains(&cosine) => "> .999999".to_owned(),
        cosine => format!("{cosine:.6}"),
    }
}

/// What the values say of a variable of another type.
pub(super) fn across_types(delta: &Delta) -> String {
    match delta.rounded {
        _ if delta.changed == 0 => "equal in value".to_owned(),
        Some(dtype) => format!("equal after rounding to {dtype}"),
        None => format!("{} of {} differ, rel. L2 {}", count(delta.changed), count(delta.total), percent(delta.rel_l2)),
    }
}

/// What is worse than a change.
pub(super) fn alarm(delta: &Delta) -> Option<String> {
    let became = |number: u64, what: &str| {
        let s = if number == 1 { "" } else { "s" };
        (number > 0).then(|| format!("{} value{s} became {what}", count(number)))
    };
    let told: Vec<String> =
        [became(delta.new_nan, "NaN"), became(delta.new_inf, "infinite")].into_iter().flatten().collect();
    (!told.is_empty()).then(|| told.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn small() -> Delta {
        let base = Delta { total: 64, changed: 64, outside: 64, max_abs: 1.5e-3, mean_abs: 2e-4, ..Delta::default() };
        Delta { max_rel: 0.5, rel_l2: 0.197, cosine: 0.9999999, ..base }
    }

    #[test]
    fn columns_are_aligned() {
        let large = Delta { total: 1_000_000, changed: 999_999, new_nan: 1, new_inf: 2, ..Delta::default() };
        let columns = Columns::of([&small(), &large].into_iter(), None);
        let lines = [columns.heading(), columns.cells(&small()), columns.cells(&large)];
        let expected = [
            "rel. L2  max |d|  mean |d|  max rel.     cosine        values changed",
            " 19.7 %   1.5e-3    2.0e-4    50.0 %  > .999999              64 of 64",
            "    nan      nan       nan       nan        nan  999,999 of 1,000,000",
        ];
        assert_eq!(lines, expected);
        assert_eq!(alarm(&small()), None);
        assert_eq!(alarm(&large).unwrap(), "1 value became NaN, 2 values became infinite");
        assert_eq!(Columns::of([].into_iter(), None).heading(), "");
    }

    #[test]
    fn columns_give_way() {
        let headings = |room| Columns::of([&small()].into_iter(), Some(room)).heading();
        assert_eq!(headings(80), "rel. L2  max |d|  mean |d|  max rel.     cosine  values changed");
        assert_eq!(headings(50), "rel. L2  max |d|  mean |d|  values changed");
        assert_eq!(headings(36), "rel. L2  max |d|  values changed");
        assert_eq!(headings(1), "rel. L2");
    }

    #[test]
    fn another_type_may_be_nothing_but_that() {
        let bf16 = crate::model::DType::from_name("bfloat16");
        assert_eq!(across_types(&Delta { changed: 0, ..small() }), "equal in value");
        assert_eq!(across_types(&Delta { rounded: bf16, ..small() }), "equal after rounding to bfloat16");
        assert_eq!(across_types(&small()), "64 of 64 differ, rel. L2 19.7 %");
    }
}

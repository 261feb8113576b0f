//! How the numbers of one variable are spread, the old side over the new one.

use maud::{Markup, html};

use crate::model::Histogram;
use crate::view::units::number;

/// Units of the drawing; the page stretches it.
const WIDTH: f64 = 320.0;
const HALF: f64 = 48.0;

/// Two histograms over one range, the old one upwards, the new one downwards.
pub(super) fn mirrored(old: &Histogram, new: &Histogram) -> Markup {
    let tallest = old.counts.iter().chain(&new.counts).copied().max().unwrap_or(0).max(1) as f64;
    let label = format!("values from {} to {}, before above, after below", number(old.low), number(old.high));
    html! {
        svg.chart role="img" aria-label=(label) viewBox={"0 0 " (WIDTH) " " (2.0 * HALF)} preserveAspectRatio="none" {
            (bars(old, "old", |height| HALF - height, tallest))
            (bars(new, "new", |_| HALF, tallest))
            line x1="0" y1=(HALF) x2=(WIDTH) y2=(HALF) {}
        }
        div.axis { span { (number(old.low)) } span { (number(old.high)) } }
    }
}

fn bars(histogram: &Histogram, class: &str, top: impl Fn(f64) -> f64, tallest: f64) -> Markup {
    let step = WIDTH / histogram.counts.len().max(1) as f64;
    html! {
        g.(class) {
            @for (position, count) in histogram.counts.iter().enumerate().filter(|(_, count)| **count > 0) {
                // The rarest value is still to be seen.
                @let height = (*count as f64 / tallest * (HALF - 2.0)).max(0.75);
                rect x={(short(position as f64 * step))} y={(short(top(height)))}
                    width={(short(step * 0.9))} height={(short(height))} {}
            }
        }
    }
}

/// A tenth of a unit is less than anybody sees.
fn short(number: f64) -> String {
    format!("{number:.1}")
}

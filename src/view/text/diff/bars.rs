//! How much each layer changed, as bars: on a terminal alone, where they can be seen at a glance.

use std::collections::HashMap;
use std::io::{self, Write};

use super::super::delta::percent;
use super::super::fit::fit;
use super::super::paint::Paint;
use super::super::wrap::{pad, pad_left, width};
use super::sides::Sides;
use crate::compare::change::ChangeKind;
use crate::model::{Delta, Group, natural, scope};
use crate::view::{Diff, Style, clean, count};

/// Layers that are shown unless all are asked for.
const LAYERS: usize = 10;
/// Columns of the longest bar, and what a percentage takes.
const BAR: usize = 24;
const PERCENT: usize = 9;

/// Writes a bar for each layer whose values were measured; nothing for a single one.
pub(super) fn write(diff: &Diff, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let Some(columns) = style.width else { return Ok(()) };
    let layers = layers(diff);
    let most = layers.iter().map(|layer| layer.1).filter(|part| part.is_finite()).fold(0.0, f64::max);
    if layers.len() < 2 || most == 0.0 {
        return Ok(());
    }
    writeln!(out, "{}", Paint::new(style).dim("  how much, by layer: rel. L2"))?;
    let shown = if style.verbose { layers.len() } else { LAYERS };
    let room = columns.saturating_sub(PERCENT).saturating_sub(6);
    let name = layers.iter().take(shown).map(|layer| width(&layer.0)).max().unwrap_or(0).min(room / 2);
    let longest = BAR.min(room.saturating_sub(name));
    for (layer, part) in layers.iter().take(shown) {
        let bar = pad(&bar(part / most, longest, style.unicode), longest);
        let layer = pad(&fit(layer, name, style.unicode), name);
        writeln!(out, "  {layer}  {bar}  {}", pad_left(&percent(*part), PERCENT))?;
    }
    let more = layers.len().saturating_sub(shown);
    if more > 0 {
        writeln!(out, "  {} more   -v", count(more as u64))?;
    }
    writeln!(out)
}

/// Norm of the differences over the norm of the old values, by layer of the model; the largest first.
fn layers(diff: &Diff) -> Vec<(String, f64)> {
    let measured = diff.changes.list.iter().filter(|change| change.kind == ChangeKind::Revalued);
    let sides = measured.filter_map(|change| Some((Sides::of(diff, change)?, change.delta?)));
    let mut by_layer: HashMap<String, Vec<Delta>> = HashMap::new();
    for (sides, delta) in sides.filter(|(sides, _)| sides.role().group() == Group::Model) {
        let name = clean(sides.new.map_or("", |new| new.variable.name.as_str()));
        let layer = scope(&name);
        by_layer.entry(layer.to_owned()).or_default().push(delta);
    }
    let mut layers: Vec<(String, f64)> = by_layer.into_iter().map(|(layer, all)| (layer, together(&all))).collect();
    layers.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| natural(&a.0, &b.0)));
    layers
}

/// As if the variables were one. Sums are taken of parts of the largest, which no square overflows.
fn together(deltas: &[Delta]) -> f64 {
    let old = deltas.iter().map(|delta| delta.norms[0]).fold(0.0, f64::max);
    if old == 0.0 {
        return f64::INFINITY;
    }
    let squares = |of: fn(&Delta) -> f64| deltas.iter().map(|delta| (of(delta) / old).powi(2)).sum::<f64>();
    // Of a variable that was all zero the difference is the new side.
    let difference =
        squares(|delta| if delta.norms[0] == 0.0 { delta.norms[1] } else { delta.rel_l2 * delta.norms[0] });
    (difference / squares(|delta| delta.norms[0])).sqrt()
}

/// A bar of this part of the longest, in eighths of a column where they can be drawn.
fn bar(part: f64, longest: usize, unicode: bool) -> String {
    let eighths = (part.clamp(0.0, 1.0) * longest as f64 * 8.0).ceil() as usize;
    if !unicode {
        return "#".repeat(eighths.div_ceil(8));
    }
    let rest = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    format!("{}{}", "█".repeat(eighths / 8), rest.get(eighths % 8).unwrap_or(&""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_their_part() {
        assert_eq!(bar(1.0, 4, true), "████");
        assert_eq!(bar(0.5, 3, true), "█▌");
        assert_eq!(bar(0.5, 3, false), "##");
        // The smallest change is one.
        assert_eq!(bar(1e-9, 10, true), "▏");
        assert_eq!(bar(1e-9, 10, false), "#");
        assert_eq!(bar(0.0, 10, true), "");
    }

    #[test]
    fn variables_of_a_layer_count_by_their_size() {
        let delta = |old: f64, rel_l2: f64| Delta { norms: [old, old], rel_l2, ..Delta::default() };
        assert!((together(&[delta(3.0, 1.0), delta(4.0, 0.0)]) - 0.6).abs() < 1e-12);
        assert!((together(&[delta(3e300, 1.0), delta(4e300, 0.0)]) - 0.6).abs() < 1e-12);
        let from_zero = Delta { norms: [0.0, 4.0], rel_l2: f64::INFINITY, ..Delta::default() };
        assert!((together(&[delta(3.0, 0.0), from_zero]) - 4.0 / 3.0).abs() < 1e-12);
        assert_eq!(together(&[from_zero]), f64::INFINITY);
    }
}

//! Events in words.

use std::fmt;

use super::{Class, Event, EventKind, OptimizerChange, RenameKind};
use crate::model::thousands;

impl fmt::Display for Event {
    /// One line, without its cause's name: `head has 12 classes or units, 10 before (2 variables)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.old.len().max(self.new.len());
        match &self.kind {
            EventKind::Renamed { kind, from, to, .. } => {
                renamed(f, *kind, from, to)?;
                write!(f, " ({})", variables(count))
            }
            EventKind::Inserted { layers, class, after, beside } => {
                write!(f, "new: {}", inserted(layers, *class, after.as_deref(), beside.as_deref()))?;
                write!(f, " ({})", variables(count))
            }
            EventKind::Filled { layer, on: true } => write!(f, "{layer} has {}, none before", variables(count)),
            EventKind::Filled { layer, on: false } => write!(f, "{layer} has no variables, {count} before"),
            EventKind::Removed { layers, class, beside } => {
                write!(f, "gone: {} ({})", removed(layers, *class, beside.as_deref()), variables(count))
            }
            EventKind::Replaced { layer, from, to } => {
                write!(f, "{layer} is another layer now")?;
                if let (Some(from), Some(to)) = (from, to)
                    && from != to
                {
                    write!(f, ": {from} before, {to} now")?;
                }
                Ok(())
            }
            EventKind::Undecided { old, new } => undecided(f, old, new),
            EventKind::Shifted { list, layer, from, to } => write!(
                f,
                "positions in {list} have shifted by entries without variables (a Dropout, say): {layer} is number \
                 {to} now, {from} before ({})",
                variables(count)
            ),
            EventKind::Frozen { layers, on } => {
                let (are, them) = if layers.len() == 1 { ("is", "it") } else { ("are", "them") };
                let layers = list(layers);
                match on {
                    true => write!(f, "{layers} {are} frozen: the optimizer no longer trains {them} "),
                    false => write!(
                        f,
                        "{layers} {are} trained now, and {} not before ",
                        if are == "is" { "was" } else { "were" }
                    ),
                }?;
                write!(f, "({})", variables(count))
            }
            EventKind::Reordered { layers } => write!(f, "in another order: {}", list(layers)),
            EventKind::Resized { layers, size } => {
                write!(f, "{} ({})", size.sentence(layers, "", "before"), variables(count))
            }
            EventKind::Toggled { layers, leaf, on, .. } => {
                let have = if layers.len() == 1 { "has" } else { "have" };
                let layers = list(layers);
                match on {
                    true => write!(f, "{layers} {have} a {leaf} that was not there"),
                    false => write!(f, "{layers} {have} no {leaf} any more"),
                }
            }
            EventKind::Retyped { from, to } => write!(f, "{} in {to}, {from} before", variables(count)),
            EventKind::Optimizer(OptimizerChange::Averaged) if count > 0 => {
                write!(f, "{} ({})", OptimizerChange::Averaged, variables(count))
            }
            EventKind::Optimizer(change) => write!(f, "{change}"),
            EventKind::Repartitioned => write!(f, "{} stored in other parts", variables(count)),
        }
    }
}

/// How many of equal layers came or went.
fn undecided(f: &mut fmt::Formatter<'_>, old: &[String], new: &[String]) -> fmt::Result {
    let (more, what) = if new.len() < old.len() { (old, "gone") } else { (new, "new") };
    let (Some(first), Some(last)) = (more.first(), more.last()) else { return Ok(()) };
    let all = more.len();
    match old.len().abs_diff(new.len()) {
        0 if all == 1 => write!(f, "{first} may be another now; that cannot be told"),
        0 => write!(f, "{all} equal layers ({first} to {last}): which is which cannot be told"),
        1 => write!(f, "one of {all} equal layers is {what} ({first} to {last}); which one cannot be told"),
        several => {
            write!(f, "{several} of {all} equal layers are {what} ({first} to {last}); which ones cannot be told")
        }
    }
}

fn renamed(f: &mut fmt::Formatter<'_>, kind: RenameKind, from: &str, to: &str) -> fmt::Result {
    match (kind, from, to) {
        (RenameKind::KerasVersion, ..) => f.write_str("Keras 2 and Keras 3 reach layers by other paths"),
        (RenameKind::KerasFile, from, to) => write!(f, "saved by {from}, the program is of {to}"),
        (RenameKind::Unnamed, side, _) => {
            write!(f, "the {side} file has no names of layers, as Keras before 3.8 wrote it: its layers are counted")
        }
        (RenameKind::Root, "", to) => write!(f, "held as {to} now, the root itself before"),
        (RenameKind::Root, from, "") => write!(f, "the root itself now, held as {from} before"),
        (RenameKind::Root, from, to) => write!(f, "held as {to} now, as {from} before"),
        (RenameKind::ModelKind, from, to) => {
            f.write_str("another kind of model (Sequential, functional, subclassed): ")?;
            match (from, to) {
                ("", to) => write!(f, "layers are reached through {to} now, not before"),
                (from, "") => write!(f, "layers were reached through {from} before, not now"),
                (from, to) => write!(f, "layers are reached through {to} now, through {from} before"),
            }
        }
        (RenameKind::Nesting, "", to) => write!(f, "moved{} into {to}", levels(to)),
        (RenameKind::Nesting, from, "") => write!(f, "moved{} out of {from}", levels(from)),
        (RenameKind::Nesting, from, to) => write!(f, "moved from {from} to {to}"),
        (RenameKind::Drift, from, to) => write!(f, "automatic name, counted on: {to} now, {from} before"),
        (_, "", to) => write!(f, "renamed by adding {to}/"),
        (_, from, "") => write!(f, "renamed by dropping {from}/"),
        (_, from, to) => write!(f, "renamed from {from} to {to}"),
    }
}

/// Keras' own lists say nothing to a reader but how deep they are.
fn levels(path: &str) -> String {
    let is_list = |part: &&str| matches!(*part, "_operations" | "_layers") || part.starts_with("layer-");
    let lists = path.split('/').filter(is_list).count();
    match lists {
        0 => String::new(),
        1 => " one level".to_owned(),
        several => format!(" {several} levels"),
    }
}

fn variables(count: usize) -> String {
    match count {
        1 => "1 variable".to_owned(),
        count => format!("{} variables", thousands(count as u64)),
    }
}

impl EventKind {
    /// What came or went, in a few words: `Dense top after pool`.
    pub fn what(&self) -> Option<String> {
        match self {
            Self::Inserted { layers, class, after, beside } => {
                Some(inserted(layers, *class, after.as_deref(), beside.as_deref()))
            }
            Self::Removed { layers, class, beside } => Some(removed(layers, *class, beside.as_deref())),
            _ => None,
        }
    }
}

fn removed(layers: &[String], class: Option<Class>, beside: Option<&str>) -> String {
    let layers = of_class(layers, class);
    match beside {
        Some(beside) => format!("{layers} beside {beside}, of the same sizes"),
        None => layers,
    }
}

fn inserted(layers: &[String], class: Option<Class>, after: Option<&str>, beside: Option<&str>) -> String {
    let layers = of_class(layers, class);
    match (beside, after) {
        (Some(beside), _) => format!("{layers} beside {beside}, of the same sizes"),
        (None, Some(after)) => format!("{layers} after {after}"),
        (None, None) => layers,
    }
}

fn of_class(layers: &[String], class: Option<Class>) -> String {
    match (class, layers) {
        (Some(class), [first, .., last]) if layers.len() > 2 => {
            format!("{} {class} layers from {first} to {last}", layers.len())
        }
        (Some(class), layers) => format!("{class} {}", list(layers)),
        (None, layers) => list(layers),
    }
}

/// Names: all of a few, the ends of many.
pub(super) fn list(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [one, other] => format!("{one} and {other}"),
        [first, .., last] => format!("{} layers from {first} to {last}", names.len()),
    }
}

impl fmt::Display for OptimizerChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let slots = |names: &[String]| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        match self {
            Self::Added(class) => write!(f, "state of {} is new", named(class)),
            Self::Removed(class) => write!(f, "the state of {} is gone", named(class)),
            Self::Class(from, to) => write!(f, "the optimizer is {to}, {from} before"),
            Self::Slots(from, to) => {
                write!(f, "the optimizer keeps other slots: {}, {} before", slots(to), slots(from))
            }
            Self::Schedule(true) => f.write_str("the learning rate is a schedule now, a variable before"),
            Self::Schedule(false) => f.write_str("the learning rate is a variable now, a schedule before"),
            Self::LossScale(true) => f.write_str("the optimizer is wrapped in a LossScaleOptimizer"),
            Self::LossScale(false) => f.write_str("the optimizer is no longer wrapped in a LossScaleOptimizer"),
            Self::Averaged => f.write_str("moving averages stand in the place of the weights"),
            Self::Averages(true) => f.write_str("moving averages of the weights are kept"),
            Self::Averages(false) => f.write_str("moving averages of the weights are no longer kept"),
        }
    }
}

/// An optimizer that cannot be named is one all the same.
fn named(class: &str) -> &str {
    if class == "optimizer" { "an optimizer" } else { class }
}

#[cfg(test)]
mod tests {
    use super::super::Size;
    use super::*;

    fn said(kind: EventKind, variables: usize) -> String {
        let ids: Vec<usize> = (0..variables).collect();
        Event { kind, old: ids.clone(), new: ids }.to_string()
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn renames() {
        let renamed = |kind, from: &str, to: &str| {
            said(EventKind::Renamed { kind, from: from.to_owned(), to: to.to_owned(), each: Vec::new() }, 1_200)
        };
        assert_eq!(renamed(RenameKind::Scope, "", "model"), "renamed by adding model/ (1,200 variables)");
        assert_eq!(renamed(RenameKind::Scope, "model", ""), "renamed by dropping model/ (1,200 variables)");
        assert_eq!(renamed(RenameKind::Layer, "a", "b"), "renamed from a to b (1,200 variables)");
        assert_eq!(renamed(RenameKind::Nesting, "", "core"), "moved into core (1,200 variables)");
        assert_eq!(renamed(RenameKind::Nesting, "tower", "towers/0"), "moved from tower to towers/0 (1,200 variables)");
        assert_eq!(renamed(RenameKind::Root, "model", "net"), "held as net now, as model before (1,200 variables)");
    }

    #[test]
    fn layers() {
        let inserted = |layers: &[&str], class, after: Option<&str>| {
            let kind =
                EventKind::Inserted { layers: names(layers), class, after: after.map(str::to_owned), beside: None };
            said(kind, layers.len() * 2)
        };
        let dense = Class::of(&[("kernel", &[2, 3])]);
        assert_eq!(inserted(&["a"], dense, Some("b")), "new: Dense a after b (2 variables)");
        assert_eq!(inserted(&["a", "b"], None, None), "new: a and b (4 variables)");
        assert_eq!(inserted(&["a", "b", "c"], dense, None), "new: 3 Dense layers from a to c (6 variables)");
        assert_eq!(inserted(&["a", "b", "c"], None, None), "new: 3 layers from a to c (6 variables)");
        let gone = EventKind::Removed { layers: names(&["a"]), class: dense, beside: None };
        assert_eq!(said(gone, 1), "gone: Dense a (1 variable)");
    }

    #[test]
    fn equal_layers() {
        let undecided = |old: &[&str], new: &[&str]| said(EventKind::Undecided { old: names(old), new: names(new) }, 2);
        assert_eq!(
            undecided(&["a", "b"], &["a", "b", "c"]),
            "one of 3 equal layers is new (a to c); which one cannot be told"
        );
        assert_eq!(
            undecided(&["a", "b", "c", "d"], &["a", "b"]),
            "2 of 4 equal layers are gone (a to d); which ones cannot be told"
        );
        assert_eq!(undecided(&["a", "b"], &["c", "d"]), "2 equal layers (c to d): which is which cannot be told");
    }

    #[test]
    fn sizes() {
        let resized = |layers: &[&str], size| said(EventKind::Resized { layers: names(layers), size }, 2);
        assert_eq!(resized(&["head"], Size::Units(10, 12)), "head has 12 units or classes, 10 before (2 variables)");
        assert_eq!(resized(&["a", "b"], Size::Input(4, 6)), "a and b have 6 inputs, 4 before (2 variables)");
        let vocabulary = "the vocabulary of table has 12 rows, 10 before (2 variables)";
        assert_eq!(resized(&["table"], Size::Vocabulary(10, 12)), vocabulary);
        assert_eq!(resized(&["a"], Size::Transposed), "a is transposed (2 variables)");
        assert_eq!(resized(&["a", "b"], Size::Transposed), "a and b are transposed (2 variables)");
        let toggled =
            |on| said(EventKind::Toggled { layers: names(&["a"]), leaf: "bias".to_owned(), on, is_own: false }, 1);
        assert_eq!([toggled(true), toggled(false)], ["a has a bias that was not there", "a has no bias any more"]);
    }
}

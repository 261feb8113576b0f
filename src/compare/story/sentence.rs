//! Events in words.

use std::fmt;

use super::{Event, EventKind, OptimizerChange, RenameKind, Size};

impl fmt::Display for Event {
    /// One line, without its cause's name: `head has 12 classes or units, 10 before (2 variables)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.old.len().max(self.new.len());
        match &self.kind {
            EventKind::Renamed { kind, from, to } => {
                renamed(f, *kind, from, to)?;
                write!(f, ": {}", variables(count))
            }
            EventKind::Inserted { layers, class, after, beside } => {
                f.write_str("new: ")?;
                of_class(f, *class, layers)?;
                match (beside, after) {
                    (Some(beside), _) => write!(f, " beside {beside}, of the same sizes"),
                    (None, Some(after)) => write!(f, " after {after}"),
                    (None, None) => Ok(()),
                }?;
                write!(f, " ({})", variables(count))
            }
            EventKind::Filled { layer, on: true } => write!(f, "{layer} has {}, none before", variables(count)),
            EventKind::Filled { layer, on: false } => write!(f, "{layer} has no variables, {count} before"),
            EventKind::Removed { layers, class } => {
                f.write_str("gone: ")?;
                of_class(f, *class, layers)?;
                write!(f, " ({})", variables(count))
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
            EventKind::Reordered { layers } => write!(f, "in another order: {}", list(layers)),
            EventKind::Resized { layers, size } => {
                let have = if layers.len() == 1 { "has" } else { "have" };
                let layers = list(layers);
                match size {
                    Size::Units(from, to) => write!(f, "{layers} {have} {to} units or classes, {from} before"),
                    Size::Vocabulary(from, to) => {
                        write!(f, "the vocabulary of {layers} has {to} rows, {from} before")
                    }
                    Size::Input(from, to) => write!(f, "{layers} {have} {to} inputs, {from} before"),
                    Size::Kernel => write!(f, "{layers} {have} another kernel size"),
                    Size::Transposed => write!(f, "transposed: {layers}"),
                    Size::Layout => write!(f, "{layers} {have} another layout of variables"),
                    Size::Other => write!(f, "{layers} {have} another shape"),
                }?;
                write!(f, " ({})", variables(count))
            }
            EventKind::Toggled { layers, leaf, on } => {
                let have = if layers.len() == 1 { "has" } else { "have" };
                let layers = list(layers);
                match on {
                    true => write!(f, "{layers} {have} a {leaf} that was not there"),
                    false => write!(f, "{layers} {have} no {leaf} any more"),
                }
            }
            EventKind::Retyped { from, to } => write!(f, "{} in {to}, {from} before", variables(count)),
            EventKind::Optimizer(change) => write!(f, "{change}"),
            EventKind::Repartitioned => write!(f, "{} in other parts", variables(count)),
        }
    }
}

fn renamed(f: &mut fmt::Formatter<'_>, kind: RenameKind, from: &str, to: &str) -> fmt::Result {
    match (kind, from, to) {
        (RenameKind::KerasVersion, ..) => f.write_str("Keras 2 and Keras 3 reach layers by other paths"),
        (RenameKind::KerasFile, from, to) => write!(f, "saved by {from}, the program is of {to}"),
        (RenameKind::Root, "", to) => write!(f, "held as {to} now, the root itself before"),
        (RenameKind::Root, from, "") => write!(f, "the root itself now, held as {from} before"),
        (RenameKind::Root, from, to) => write!(f, "held as {to} now, as {from} before"),
        (RenameKind::ModelKind, from, to) => {
            write!(f, "another kind of model (Sequential, functional, subclassed): {}", change(from, to))
        }
        (RenameKind::Nesting, from, to) => write!(f, "nested otherwise: {}", change(from, to)),
        (RenameKind::Drift, from, to) => write!(f, "automatic names counted on: {}", change(from, to)),
        (_, "", to) => write!(f, "renamed by adding {to}/"),
        (_, from, "") => write!(f, "renamed by dropping {from}/"),
        (_, from, to) => write!(f, "renamed: {from} -> {to}"),
    }
}

fn change(from: &str, to: &str) -> String {
    let side = |text: &str| if text.is_empty() { "(nothing)".to_owned() } else { text.to_owned() };
    format!("{} -> {}", side(from), side(to))
}

fn variables(count: usize) -> String {
    match count {
        1 => "1 variable".to_owned(),
        count => format!("{count} variables"),
    }
}

fn of_class(f: &mut fmt::Formatter<'_>, class: Option<super::Class>, layers: &[String]) -> fmt::Result {
    if let Some(class) = class {
        write!(f, "{class} ")?;
    }
    f.write_str(&list(layers))
}

/// Names: all of a few, the ends of many.
fn list(names: &[String]) -> String {
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

//! What happened to the model between two checkpoints, in the words of those who build models: which
//! layer came, went, grew or got another name. Concluded from the alignment, names and shapes alone.

mod class;
mod layers;
mod names;
mod optimizer;
mod order;
mod patterns;
mod positions;
mod sentence;
mod sizes;
mod trained;
mod twins;

pub use class::Class;
pub use names::RenameKind;
pub use optimizer::OptimizerChange;
pub use sizes::Size;

use std::cmp::Ordering;
use std::collections::BTreeMap;

use self::layers::Layers;
use super::align::Alignment;
use crate::model::{Checkpoint, DType, Group, Payload, VariableId};

/// One thing that happened, with every variable that it concerns.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// What it is.
    pub kind: EventKind,
    /// The variables of the old checkpoint that it concerns.
    pub old: Vec<VariableId>,
    /// Those of the new one.
    pub new: Vec<VariableId>,
}

/// What can happen.
#[derive(Clone, Debug, PartialEq)]
pub enum EventKind {
    /// A part of many names, or one name, is another.
    Renamed {
        /// What sort of name.
        kind: RenameKind,
        /// The part that was; empty if one was added.
        from: String,
        /// The part that is; empty if one was dropped.
        to: String,
        /// Where `from` and `to` are patterns: each name, as it was and is; else the two themselves.
        each: Vec<(String, String)>,
    },
    /// Layers came, or whole scopes of layers; several if their names differ by numbers alone.
    Inserted {
        /// Their names.
        layers: Vec<String>,
        /// What they are, as their variables tell.
        class: Option<Class>,
        /// The layer before the first, if their order is known.
        after: Option<String>,
        /// A layer of the same sizes that it cannot follow, so that it stands beside it: weights that both
        /// shared before, perhaps.
        beside: Option<String>,
    },
    /// Layers went.
    Removed {
        /// Their names.
        layers: Vec<String>,
        /// What they were, as their variables tell.
        class: Option<Class>,
        /// A layer of the same sizes that they could not follow: perhaps both share its weights now.
        beside: Option<String>,
    },
    /// A layer that was there without variables has some, or the other way round.
    Filled {
        /// Its name.
        layer: String,
        /// True if it has them now.
        on: bool,
    },
    /// A layer is of another class.
    Replaced {
        /// Its name in the new checkpoint.
        layer: String,
        /// What it was.
        from: Option<Class>,
        /// What it is.
        to: Option<Class>,
    },
    /// Equal layers, of which any could be any.
    Undecided {
        /// Their names in the old checkpoint.
        old: Vec<String>,
        /// Their names in the new one.
        new: Vec<String>,
    },
    /// Layers changed places.
    Reordered {
        /// Their names, in the new order.
        layers: Vec<String>,
    },
    /// Entries without variables came or went among layers, which stand at other numbers since.
    Shifted {
        /// The path to the list in which they stand.
        list: String,
        /// The first layer that stands elsewhere.
        layer: String,
        /// Where it was.
        from: u64,
        /// Where it is.
        to: u64,
    },
    /// The optimizer no longer trains layers, or trains them again.
    Frozen {
        /// Their names.
        layers: Vec<String>,
        /// True if they are no longer trained.
        on: bool,
    },
    /// Variables of layers have another shape.
    Resized {
        /// The layers of which it is so.
        layers: Vec<String>,
        /// Which size it is.
        size: Size,
    },
    /// A variable of a layer came or went: its bias, say.
    Toggled {
        /// The layers of which it is so.
        layers: Vec<String>,
        /// The last part of the variable's name.
        leaf: String,
        /// True if it came.
        on: bool,
        /// True if the layers are of no class of Keras'.
        is_own: bool,
    },
    /// The same variables in another type.
    Retyped {
        /// The type that was.
        from: DType,
        /// The type that is.
        to: DType,
    },
    /// The optimizer's state.
    Optimizer(OptimizerChange),
    /// The same variables, saved in other parts.
    Repartitioned,
}

impl EventKind {
    /// The terms for what the person did, of the restore oracle's taxonomy (`inserted-layer`), the likeliest
    /// first where there are several.
    pub fn causes(&self) -> Vec<&'static str> {
        match self {
            Self::Inserted { beside: Some(_), .. } => vec!["inserted-layer", "sharing-changed"],
            Self::Removed { beside: Some(_), .. } => vec!["removed-layer", "sharing-changed"],
            // One of the two ways through a sequence is not a layer of its own.
            Self::Inserted { layers, .. } if layers.iter().any(|layer| is_way_back(layer)) => {
                vec!["inserted-layer", "changed-layer-type"]
            }
            Self::Removed { layers, .. } if layers.iter().any(|layer| is_way_back(layer)) => {
                vec!["removed-layer", "changed-layer-type"]
            }
            Self::Undecided { old, new } => match old.len().cmp(&new.len()) {
                Ordering::Less => vec!["inserted-layer"],
                Ordering::Greater if old.iter().any(|layer| is_way_back(layer)) => {
                    vec!["removed-layer", "changed-layer-type"]
                }
                Ordering::Greater => vec!["removed-layer"],
                Ordering::Equal => Vec::new(),
            },
            _ => self.cause().into_iter().collect(),
        }
    }

    /// True for what lets layers stand elsewhere than before.
    pub fn moves_layers(&self) -> bool {
        matches!(
            self,
            Self::Inserted { .. }
                | Self::Removed { .. }
                | Self::Replaced { .. }
                | Self::Reordered { .. }
                | Self::Shifted { .. }
                | Self::Filled { .. }
                | Self::Undecided { .. }
        )
    }

    fn cause(&self) -> Option<&'static str> {
        let cause = match self {
            Self::Undecided { .. } => return None,
            Self::Renamed { kind, .. } => kind.cause(),
            Self::Filled { .. } => "custom-layer-changed",
            Self::Inserted { .. } => "inserted-layer",
            Self::Removed { .. } => "removed-layer",
            Self::Replaced { .. } => "changed-layer-type",
            Self::Reordered { .. } => "reordered-layers",
            Self::Shifted { from, to, .. } if from < to => "inserted-layer",
            Self::Shifted { .. } => "removed-layer",
            Self::Frozen { .. } => "frozen-layers",
            Self::Resized { size, .. } => return size.cause(),
            Self::Toggled { leaf, is_own, .. } => layers::toggle_cause(leaf, *is_own),
            Self::Retyped { .. } => "changed-dtype",
            Self::Optimizer(change) => change.cause(),
            Self::Repartitioned => "partitioner-changed",
        };
        Some(cause)
    }
}

/// True for the half of a `Bidirectional` layer that reads a sequence from its end.
fn is_way_back(layer: &str) -> bool {
    layer.split('/').any(|part| part.starts_with("backward_"))
}

/// What happened, the most telling first; nothing, where of one side not all could be read.
pub fn tell(old: &Checkpoint, new: &Checkpoint, alignment: &Alignment) -> Vec<Event> {
    if old.is_partial() || new.is_partial() {
        return Vec::new();
    }
    let layers = Layers::of(old, new, alignment);
    let mut events = names::renames(old, new, alignment);
    events.extend(layers.events());
    events.extend(order::reordered(&layers));
    events.extend(positions::shifted(&layers));
    events.extend(trained::frozen(old, new, alignment, &layers));
    events.extend(sizes::resized(old, new, alignment, &layers));
    events.extend(retyped(old, new, alignment));
    events.extend(optimizer::changes(old, new, alignment));
    events.extend(repartitioned(old, new, alignment));
    events
}

/// Variables of the model whose type changed, by the two types.
fn retyped(old: &Checkpoint, new: &Checkpoint, alignment: &Alignment) -> Vec<Event> {
    let mut by_types: BTreeMap<(&str, &str), Event> = BTreeMap::new();
    for pair in &alignment.pairs {
        let (Some(a), Some(b)) = (old.variables.get(pair.old), new.variables.get(pair.new)) else { continue };
        let (Some(was), Some(is)) = (old.entry(a), new.entry(b)) else { continue };
        if was.dtype == is.dtype || b.role.group() != Group::Model {
            continue;
        }
        let kind = EventKind::Retyped { from: was.dtype, to: is.dtype };
        let event = by_types.entry((was.dtype.name(), is.dtype.name())).or_insert_with(|| Event {
            kind,
            old: Vec::new(),
            new: Vec::new(),
        });
        event.old.push(pair.old);
        event.new.push(pair.new);
    }
    by_types.into_values().collect()
}

/// Variables that are stored in other slices than before.
fn repartitioned(old: &Checkpoint, new: &Checkpoint, alignment: &Alignment) -> Option<Event> {
    let slices = |checkpoint: &Checkpoint, id: VariableId| {
        let (_, entry) = checkpoint.pair(id)?;
        let Payload::Slices(parts) = &entry.payload else { return Some(Vec::new()) };
        Some(parts.iter().map(|part| part.slice.clone()).collect::<Vec<_>>())
    };
    let other = |pair: &&super::align::Pair| {
        let (was, is) = (slices(old, pair.old), slices(new, pair.new));
        was.zip(is).is_some_and(|(was, is)| was != is)
    };
    let pairs: Vec<_> = alignment.pairs.iter().filter(other).collect();
    let (old, new) = pairs.iter().map(|pair| (pair.old, pair.new)).unzip();
    (!pairs.is_empty()).then_some(Event { kind: EventKind::Repartitioned, old, new })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::{Fault, FaultKind, Span};
    use crate::compare::align::align;
    use crate::model::sample::{named, object};

    fn told(old: &Checkpoint, new: &Checkpoint) -> Vec<String> {
        tell(old, new, &align(old, new)).iter().map(ToString::to_string).collect()
    }

    /// Nothing but their number tells that one of them came: not which.
    #[test]
    fn equal_layers_are_told_by_their_number() {
        let block = |at: usize| (format!("model/blocks/{at}/w"), format!("model/blocks/{at}/w"));
        let blocks = |count: usize| {
            let owned: Vec<(String, String)> = (0..count).map(block).collect();
            let axes: &[u64] = &[3, 3];
            object(&owned.iter().map(|(path, name)| (path.as_str(), name.as_str(), axes)).collect::<Vec<_>>())
        };
        let doubt = |old: &Checkpoint, new: &Checkpoint| {
            let all = |checkpoint: &Checkpoint| -> Vec<usize> {
                let w = |id: &usize| checkpoint.variables[*id].name.ends_with("/w");
                (0..checkpoint.variables.len()).filter(w).collect()
            };
            let ambiguous = vec![crate::compare::align::Ambiguity { old: all(old), new: all(new) }];
            let alignment = Alignment { gone: all(old), added: all(new), ambiguous, ..Alignment::default() };
            let events = tell(old, new, &alignment);
            (events[0].to_string(), events[0].kind.causes(), events.len())
        };
        let (two, three) = (blocks(2), blocks(3));
        let new = "one of 3 equal layers is new (model/blocks/0 to model/blocks/2); which one cannot be told";
        assert_eq!(doubt(&two, &three), (new.to_owned(), vec!["inserted-layer"], 1));
        assert_eq!(doubt(&three, &two), (new.replace("new", "gone"), vec!["removed-layer"], 1));
    }

    #[test]
    fn a_bare_variable_is_no_layer() {
        let old: [(&str, &[u64]); 1] = [("enc/kernel", &[3, 4])];
        let new: [(&str, &[u64]); 2] = [("enc/kernel", &[3, 4]), ("head/w", &[4, 2])];
        assert_eq!(told(&named(&old), &named(&new)), ["new: head/w (1 variable)"]);
    }

    #[test]
    fn a_file_that_could_not_be_read_has_no_story() {
        let new = named(&[("enc/kernel", &[3, 4])]);
        let mut old = named(&[]);
        assert_eq!(told(&old, &new).len(), 1, "an empty checkpoint is one");
        let kind = FaultKind::TableGap;
        old.faults.push(Fault { kind, at: Span { file: "ckpt.index".into(), bytes: 0..8 } });
        assert!(told(&old, &new).is_empty());
    }
}

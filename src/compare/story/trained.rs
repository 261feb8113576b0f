//! Layers that the optimizer no longer trains, or trains again.

use super::layers::Layers;
use super::optimizer::is_average;
use super::{Event, EventKind};
use crate::compare::align::Alignment;
use crate::model::{Checkpoint, Role, VariableId, tells_place};

/// Layers that were frozen, and those that were thawed. Told only if the optimizers of both sides train
/// something that is on both: one that has not trained yet may keep nothing at all.
pub(super) fn frozen(old: &Checkpoint, new: &Checkpoint, alignment: &Alignment, layers: &Layers) -> Vec<Event> {
    let (was, is) = (trained(old), trained(new));
    let trains = |of: &[bool], id: VariableId| of.get(id) == Some(&true);
    let is_weight = |id: VariableId| new.variables.get(id).is_some_and(|variable| variable.role == Role::Weight);
    let weights = || alignment.pairs.iter().filter(|pair| is_weight(pair.new));
    if !weights().any(|pair| trains(&was, pair.old) && trains(&is, pair.new)) {
        return Vec::new();
    }
    let event = |on: bool| {
        let pairs: Vec<_> =
            weights().filter(|pair| trains(&was, pair.old) == on && trains(&is, pair.new) != on).collect();
        let (_, side) = layers.sides();
        let mut names: Vec<String> = Vec::new();
        for layer in pairs.iter().filter_map(|pair| side.layers.get(side.layer_of(pair.new)?)) {
            // Variables of one layer follow each other.
            if names.last().is_none_or(|last| last != layer.name) {
                names.push(layer.name.to_owned());
            }
        }
        let (old, new) = pairs.iter().map(|pair| (pair.old, pair.new)).unzip();
        (!pairs.is_empty()).then_some(Event { kind: EventKind::Frozen { layers: names, on }, old, new })
    };
    [true, false].into_iter().filter_map(event).collect()
}

/// The variables that the optimizer trains: those of which it keeps slots, and those in its own list.
fn trained(checkpoint: &Checkpoint) -> Vec<bool> {
    let listed = |path: &String| !tells_place(path) && path.contains("_trainable_variables");
    let mut trained: Vec<bool> =
        checkpoint.variables.iter().map(|variable| variable.paths().iter().any(listed)).collect();
    for slot in checkpoint.variables.iter().filter(|slot| slot.slot_name().is_none_or(|name| !is_average(name))) {
        if let Some(mark) = slot.slot_of().and_then(|owner| trained.get_mut(owner)) {
            *mark = true;
        }
    }
    trained
}

#[cfg(test)]
mod tests {
    use crate::compare::align::align;
    use crate::compare::story::tell;
    use crate::model::Checkpoint;
    use crate::model::sample::named;

    fn told(old: &[&str], new: &[&str]) -> Vec<String> {
        let side = |trained: &[&str]| -> Checkpoint {
            let weights = ["a/bias", "a/kernel", "b/kernel"].map(str::to_owned);
            let slots = trained.iter().flat_map(|name| [format!("{name}/Adam"), format!("{name}/Adam_1")]);
            let names: Vec<String> = weights.into_iter().chain(slots).collect();
            named(&names.iter().map(|name| (name.as_str(), [2].as_slice())).collect::<Vec<_>>())
        };
        let (old, new) = (side(old), side(new));
        tell(&old, &new, &align(&old, &new)).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_layer_without_slots_is_frozen() {
        let (all, head) = (["a/bias", "a/kernel", "b/kernel"], ["b/kernel"]);
        assert_eq!(told(&all, &head), ["a is frozen: the optimizer no longer trains it (2 variables)"]);
        assert_eq!(told(&head, &all), ["a is trained now, and was not before (2 variables)"]);
        assert_eq!(told(&all, &all), [""; 0]);
        assert!(told(&all, &[]).iter().all(|line| !line.contains("frozen")), "another optimizer, or none");
    }
}

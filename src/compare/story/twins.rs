//! Layers with variables of the same names and shapes as another one: weights that both share, or shared, perhaps.

use foldhash::{HashMap, HashMapExt, HashSet};

use super::layers::Side;
use crate::model::leaf;

/// What tells the kind of a layer: names and shapes of its variables.
pub(super) type Signature<'a> = Vec<(&'a str, &'a [u64])>;

/// A layer that stayed, with variables of the same names and shapes, which cannot feed this one.
pub(super) fn of(side: &Side, at: usize, twins: &HashMap<Signature, Option<usize>>) -> Option<String> {
    let own = signature(side, at);
    // What goes in has another width than what comes out: the two do not stand behind one another.
    let kernel = own.iter().find(|(_, axes)| axes.len() >= 2)?.1;
    let width = kernel.get(kernel.len().checked_sub(2)?)?;
    let beside = *width != *kernel.last()?;
    let twin = (*twins.get(&own)?).filter(|_| beside)?;
    side.layers.get(twin).map(|layer| layer.name.to_owned())
}

/// The layers that stayed, by their variables; none where several have the same.
pub(super) fn all<'a>(side: &Side<'a>, stayed: &HashSet<usize>) -> HashMap<Signature<'a>, Option<usize>> {
    let mut twins = HashMap::new();
    for at in stayed {
        twins.entry(signature(side, *at)).and_modify(|known| *known = None).or_insert(Some(*at));
    }
    twins
}

/// The names and shapes of the variables of a layer.
fn signature<'a>(side: &Side<'a>, at: usize) -> Signature<'a> {
    let checkpoint = side.checkpoint;
    let variables = side.layers.get(at).into_iter().flat_map(|layer| &layer.variables);
    let known = variables.filter_map(|id| {
        let variable = checkpoint.variables.get(*id)?;
        Some((leaf(&variable.name), checkpoint.entry(variable)?.shape.axes()?))
    });
    known.collect()
}

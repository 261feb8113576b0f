//! The two ways in which variables are named: by their owners, and by the way through the object graph.

use foldhash::HashMap;

use super::matching::{Matching, Side, of_model};
use super::slots;
use super::tree::Tree;
use crate::model::{Container, Role, Variable, VariableId, natural, tells_place};

/// A way of naming, of both sides.
pub(super) struct Names<'a> {
    pub old: Tree<'a>,
    pub new: Tree<'a>,
    /// True for object paths.
    pub paths: bool,
}

/// Names and object paths, the more telling first.
pub(super) fn trees<'a>(matching: &Matching<'a>) -> (Names<'a>, Names<'a>) {
    let tree = |side, paths| Tree::new(matching, side, names(matching, side, paths));
    let both = |paths| Names { old: tree(Side::Old, paths), new: tree(Side::New, paths), paths };
    let (by_name, by_path) = (both(false), both(true));
    if explicit(&by_path) > explicit(&by_name) { (by_path, by_name) } else { (by_name, by_path) }
}

/// What a variable is called, and the list around it if the name alone is not its own.
pub(super) type Called<'a> = (Option<&'a str>, &'a str);

/// The names of the model's variables in one of the ways.
fn names<'a>(
    matching: &Matching<'a>,
    side: Side,
    paths: bool,
) -> impl Iterator<Item = (VariableId, Called<'a>)> + use<'a> {
    let checkpoint = matching.checkpoint(side);
    let keyed = keyed(matching);
    let named = checkpoint.variables.iter().enumerate().filter(|(_, variable)| of_model(variable));
    let averages = averages(matching, side);
    named.filter_map(move |(id, variable)| {
        let id = averages.get(&id).copied().unwrap_or(id);
        if paths && keyed {
            return Some((id, (None, checkpoint.entry(variable)?.key.text()?)));
        }
        if paths {
            return Some((id, (None, best_path(variable.paths())?)));
        }
        let own = variable.full_name().is_none_or(|name| name == variable.name.as_str());
        let lost = variable.full_name().is_none() && !variable.paths().is_empty();
        if !own {
            return Some((id, in_list(variable)?));
        }
        (!lost).then(|| (id, (None, variable.name.strip_suffix(":0").unwrap_or(&variable.name))))
    })
}

/// A variable that only a list leads to, and that shares its name with one elsewhere: within its list the
/// name is its own. Keras 3 exports a model so, with a second copy of each weight in `_all_variables`.
fn in_list(variable: &Variable) -> Option<Called<'_>> {
    let paths = variable.paths();
    if best_path(paths).is_some() {
        return None;
    }
    let (list, _) = paths.first()?.rsplit_once('/')?;
    Some((Some(list), variable.full_name()?))
}

/// True if the keys of both sides are the paths of objects: `.weights.h5` and what is made of it.
pub(super) fn keyed(matching: &Matching) -> bool {
    [matching.old, matching.new].into_iter().all(|one| {
        matches!(one.container, Container::KerasWeightsH5 | Container::KerasWeightsShards | Container::KerasArchive)
    })
}

/// The moving averages by their variables, where such have become weights on the other side: then they
/// are what is known under the names of the variables.
fn averages(matching: &Matching, side: Side) -> HashMap<VariableId, VariableId> {
    let slot = |side: Side, id: VariableId| matching.variable(side, id).filter(|one| one.role == Role::Slot);
    let taken = matching.pairs().any(|(a, b, _)| match side {
        Side::Old => slot(Side::Old, a).is_some() && slot(Side::New, b).is_none(),
        Side::New => slot(Side::New, b).is_some() && slot(Side::Old, a).is_none(),
    });
    let all = matching.checkpoint(side).variables.iter().enumerate().filter(|_| taken);
    all.filter(|(_, one)| one.slot_name().is_some_and(|name| slots::canonical(name) == "ExponentialMovingAverage"))
        .filter_map(|(id, one)| Some((one.slot_of()?, id)))
        .collect()
}

/// The path that tells most: by attributes rather than by positions.
fn best_path(paths: &[String]) -> Option<&str> {
    let rank = |path: &&String| {
        let counted = path.split('/').filter(|part| positional(part)).count();
        (!tells_place(path), counted, !path.contains("layer_with_weights-"), path.split('/').count())
    };
    paths.iter().filter(|path| tells_place(path)).min_by_key(rank).map(String::as_str)
}

/// True for a part that says where something stands.
pub(super) fn positional(part: &str) -> bool {
    let (stem, number) = counted(part);
    number.is_some() && matches!(stem, "" | "layer-" | "layer_with_weights-")
}

/// A part of a name and the number at its end: `dense_1` is `dense` and 1.
pub(in crate::compare) fn counted(part: &str) -> (&str, Option<u64>) {
    let stem = part.trim_end_matches(|c: char| c.is_ascii_digit());
    let number = part.get(stem.len()..).and_then(|digits| digits.parse().ok());
    (if number.is_some() { stem.strip_suffix('_').unwrap_or(stem) } else { part }, number)
}

/// True for the names that Keras and TensorFlow give to what has none.
pub(super) fn automatic(stem: &str) -> bool {
    const CLASSES: [&str; 49] = [
        "",
        "layer-",
        "layer_with_weights-",
        "Variable",
        "sequential",
        "functional",
        "model",
        "dense",
        "embedding",
        "batch_normalization",
        "layer_normalization",
        "group_normalization",
        "unit_normalization",
        "normalization",
        "conv1d",
        "conv2d",
        "conv3d",
        "conv1d_transpose",
        "conv2d_transpose",
        "conv3d_transpose",
        "depthwise_conv1d",
        "depthwise_conv2d",
        "separable_conv1d",
        "separable_conv2d",
        "simple_rnn",
        "lstm",
        "gru",
        "rnn",
        "bidirectional",
        "time_distributed",
        "lstm_cell",
        "gru_cell",
        "simple_rnn_cell",
        "conv_lstm1d",
        "conv_lstm2d",
        "conv_lstm3d",
        "stacked_rnn_cells",
        "multi_head_attention",
        "attention",
        "additive_attention",
        "grouped_query_attention",
        "einsum_dense",
        "p_re_lu",
        "prelu",
        "spectral_normalization",
        "batch_norm",
        "Conv",
        "fully_connected",
        "rms_normalization",
    ];
    CLASSES.contains(&stem)
}

/// How many variables have a name that someone gave to their layer.
fn explicit(names: &Names) -> usize {
    let of = |tree: &Tree| {
        let given = |node: &usize| {
            let layer = tree.upwards(*node).nth(1).unwrap_or(0);
            !automatic(counted(tree.part(layer)).0)
        };
        tree.leaves().filter(|(_, node)| given(node)).count()
    };
    of(&names.old).min(of(&names.new))
}

/// Where a variable stands in the model, if its order is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place<'a> {
    /// The position of its layer.
    Layer(usize),
    /// The path through positions.
    Path(&'a str),
}

impl Place<'_> {
    pub fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        match (self, other) {
            (Self::Layer(a), Self::Layer(b)) => a.cmp(b),
            (Self::Path(a), Self::Path(b)) => natural(a, b),
            (Self::Layer(_), Self::Path(_)) => std::cmp::Ordering::Less,
            (Self::Path(_), Self::Layer(_)) => std::cmp::Ordering::Greater,
        }
    }
}

/// The place of a variable.
pub(super) fn place<'a>(matching: &Matching<'a>, side: Side, id: VariableId) -> Option<Place<'a>> {
    let checkpoint = matching.checkpoint(side);
    let variable = checkpoint.variables.get(id)?;
    if matches!(checkpoint.container, Container::Bundle | Container::V1 | Container::MetaGraph) {
        return variable.paths().iter().find(|path| path.split('/').any(positional)).map(|path| Place::Path(path));
    }
    let mut parts = variable.name.split('/');
    parts.find_map(|part| checkpoint.layers.iter().position(|layer| layer.name == part)).map(Place::Layer)
}

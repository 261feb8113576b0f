//! Which stored name is which new one, for programs: as JSON, or as Python that restores by it.

use serde::Serialize;

use super::Diff;
use super::json::Layout;
use crate::doctor::python;
use crate::model::{Checkpoint, Container, Entry, Flavor, GRAPH_KEY, Group, Variable, VariableId};

/// The kinds of maps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapKind {
    /// For programs.
    Json,
    /// A script that restores.
    Python,
}

/// Variables left out that a script names; more are counted.
const NAMED: usize = 20;

/// The map of what one checkpoint's variables are in another. None if there is no call that could use it.
pub fn map(diff: &Diff, kind: MapKind) -> Option<String> {
    match kind {
        MapKind::Json => {
            let mut text = Vec::new();
            Layout::pretty().write(&Map::of(diff), &mut text).ok()?;
            String::from_utf8(text).ok()
        }
        MapKind::Python => script(diff),
    }
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(super) struct Map<'a> {
    schema: &'static str,
    old: String,
    new: String,
    /// Of variables that can be taken over, under which key each is stored, and under which the new program has it.
    renames: Vec<Rename<'a>>,
    /// Those of which it is the same key.
    kept: Vec<&'a str>,
    /// Variables of the new program for which nothing is stored, or nothing of their shape and type.
    left_out: Vec<String>,
}

#[derive(Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
struct Rename<'a> {
    from: &'a str,
    to: &'a str,
    proof: &'static str,
}

impl<'a> Map<'a> {
    fn of(diff: &'a Diff) -> Self {
        let (mut renames, mut kept) = (Vec::new(), Vec::new());
        for (pair, proof) in pairs(diff) {
            match (pair.0.entry.key.text(), pair.1.entry.key.text()) {
                (Some(from), Some(to)) if from == to => kept.push(from),
                (Some(from), Some(to)) => renames.push(Rename { from, to, proof }),
                _ => {}
            }
        }
        let path = |checkpoint: &Checkpoint| checkpoint.prefix.display().to_string();
        Self {
            schema: "ckpt/map/1",
            old: path(&diff.old),
            new: path(&diff.new),
            renames,
            kept,
            left_out: left_out(diff),
        }
    }
}

/// A variable with its entry.
#[derive(Clone, Copy)]
struct Side<'a> {
    variable: &'a Variable,
    entry: &'a Entry,
}

fn side(checkpoint: &Checkpoint, id: VariableId) -> Option<Side<'_>> {
    let (variable, entry) = checkpoint.pair(id)?;
    Some(Side { variable, entry })
}

/// Variables of one shape and type, whose values can be taken over, and why they are said to be one.
fn pairs(diff: &Diff) -> impl Iterator<Item = ((Side<'_>, Side<'_>), &'static str)> {
    diff.alignment.pairs.iter().filter_map(|pair| {
        let (old, new) = (side(&diff.old, pair.old)?, side(&diff.new, pair.new)?);
        let fits = old.entry.shape == new.entry.shape && old.entry.dtype == new.entry.dtype;
        let is_graph = new.entry.key.bytes() == GRAPH_KEY.as_bytes();
        (fits && !is_graph).then_some(((old, new), pair.proof.word()))
    })
}

/// Variables of the new program that the map does not fill, by key.
fn left_out(diff: &Diff) -> Vec<String> {
    let misfit = diff.alignment.pairs.iter().filter(|pair| {
        let sides = side(&diff.old, pair.old).zip(side(&diff.new, pair.new));
        sides.is_some_and(|(a, b)| a.entry.shape != b.entry.shape || a.entry.dtype != b.entry.dtype)
    });
    let ids = diff.alignment.added.iter().copied().chain(misfit.map(|pair| pair.new));
    ids.filter_map(|id| Some(side(&diff.new, id)?.entry.key.to_string())).collect()
}

/// How a script finds the variables of the new program.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Names,
    Objects,
    Layers,
}

fn script(diff: &Diff) -> Option<String> {
    let hdf5 = match diff.old.container {
        Container::Bundle | Container::V1 => false,
        Container::KerasWeightsShards | Container::MetaGraph => return None,
        _ => true,
    };
    let way = match diff.new.flavor {
        // A Saver reads no HDF5.
        Flavor::NameBased if hdf5 => return None,
        Flavor::NameBased => Way::Names,
        Flavor::ObjectBased => Way::Objects,
        Flavor::LayerBased => Way::Layers,
    };
    let lines = pairs(diff).filter_map(|((old, new), _)| line(way, old, new));
    let template = match way {
        Way::Names => include_str!("names.py"),
        Way::Objects => include_str!("objects.py"),
        Way::Layers => include_str!("layers.py"),
    };
    let reader = match (way, hdf5) {
        (Way::Names, _) => "",
        (_, true) => include_str!("hdf5.py"),
        (_, false) => include_str!("tensors.py"),
    };
    let body = template.replace("@pairs@", &lines.collect::<String>());
    Some(format!("{}{reader}{body}", head(diff, way, hdf5)))
}

/// What the script is, what it leaves out, and what it needs.
fn head(diff: &Diff, way: Way, hdf5: bool) -> String {
    let label = |checkpoint: &Checkpoint| python(&checkpoint.label);
    let mut head = format!("# Values of {} for the variables of {}.\n", label(&diff.old), label(&diff.new));
    let left = left_out(diff);
    for name in left.iter().take(NAMED) {
        head.push_str(&format!("# Not filled: {}\n", python(name)));
    }
    let more = left.len().saturating_sub(NAMED);
    if more > 0 {
        head.push_str(&format!("# Not filled: {more} more\n"));
    }
    let modules: &[&str] = match (way, hdf5) {
        (Way::Objects, true) => &["io", "re", "zipfile", "", "h5py"],
        (Way::Objects, false) => &["re", "", "tensorflow as tf"],
        (Way::Layers, true) => &["io", "zipfile", "", "h5py"],
        (Way::Layers | Way::Names, _) => &["tensorflow as tf"],
    };
    for module in modules {
        head.push_str(&if module.is_empty() { "\n".to_owned() } else { format!("import {module}\n") });
    }
    head.push_str(&format!("\nCHECKPOINT = {}\n\n", python(&diff.old.prefix.display().to_string())));
    if way != Way::Names {
        head.push('\n');
    }
    head
}

/// One entry of the script's dictionary.
fn line(way: Way, old: Side, new: Side) -> Option<String> {
    let (stored, key) = (old.entry.key.text()?, new.entry.key.text()?);
    let (from, to) = match way {
        Way::Names => (stored, key),
        Way::Objects => (key.split_once("/.ATTRIBUTES/")?.0, stored),
        Way::Layers if new.variable.role.group() == Group::Model => (new.variable.name.as_str(), stored),
        Way::Layers => return None,
    };
    Some(format!("    {}: {},\n", python(from), python(to)))
}

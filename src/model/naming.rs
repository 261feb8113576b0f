//! From entries to variables: the name a person knows, every path, the role.

use foldhash::{HashMap, HashMapExt};
use rayon::prelude::*;

use super::checkpoint::{Flavor, Writer};
use super::entry::{Entry, EntryId, Key};
use super::graph::{NodeId, ObjectGraph};
use super::roles::{self, ObjectRole};
use super::text::Text;
use super::variable::{Relations, Role, Variable};
use crate::bytes::limits;

/// Entries whose roles are worth more than one thread.
const MANY: usize = 1 << 14;

/// Names every entry and says what it is for. In key order.
pub fn describe(entries: &[Entry], flavor: Flavor, graph: Option<&ObjectGraph>) -> (Vec<Variable>, Writer) {
    match (graph, flavor) {
        (Some(graph), _) => (by_object(entries, graph), roles::writer(graph)),
        (None, Flavor::NameBased | Flavor::LayerBased) => (by_key(entries), Writer::Saver),
        (None, Flavor::ObjectBased) => (by_key(entries), writer_by_keys(entries)),
    }
}

/// The last part of a name: `kernel` of `dense/kernel`.
pub fn leaf(name: &str) -> &str {
    // Bytes, not characters: this is asked of every variable several times.
    let start = name.bytes().rposition(|byte| byte == b'/').map_or(0, |slash| slash.saturating_add(1));
    name.get(start..).unwrap_or(name)
}

/// All but the last part of a name; of a name of one part that part.
pub fn scope(name: &str) -> &str {
    name.rsplit_once('/').map_or(name, |(scope, _)| scope)
}

/// A part of a name without the number with which Keras and TensorFlow tell equal names apart: `dense` of
/// `dense_12`.
pub fn uncounted(part: &str) -> &str {
    match part.rsplit_once('_') {
        Some((word, number)) if !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()) => word,
        _ => part,
    }
}

/// False for a path through a list that counts an optimizer's variables: it says nothing of where they belong.
pub fn tells_place(path: &str) -> bool {
    !path.split('/').any(|part| matches!(part, "_trainable_variables" | "_variables" | "_all_variables"))
}

/// Without a graph the key is the name.
fn by_key(entries: &[Entry]) -> Vec<Variable> {
    let variable = |(id, entry): (EntryId, &Entry)| {
        let role = roles::by_name(entries, entry);
        let variable = Variable::new(name_in_key(&entry.key), id, role.role);
        match role {
            ObjectRole { slot_of: None, slot_name: None, .. } => variable,
            ObjectRole { slot_of, slot_name, .. } => {
                variable.with(Relations { slot_of, slot_name, ..Relations::default() })
            }
        }
    };
    // Short lists are not worth the start of threads.
    if entries.len() < MANY {
        entries.iter().enumerate().map(variable).collect()
    } else {
        entries.par_iter().enumerate().map(variable).collect()
    }
}

/// The key; of a variable whose object graph is lost, the path in it.
fn name_in_key(key: &Key) -> Text {
    let Some(text) = key.shared() else { return key.to_string().into() };
    text.strip_suffix("/.ATTRIBUTES/VARIABLE_VALUE").map_or_else(|| text.clone(), Text::from)
}

/// Keys alone, when the graph cannot be read.
fn writer_by_keys(entries: &[Entry]) -> Writer {
    let keys = || entries.iter().filter_map(|entry| entry.key.text());
    if keys().any(|key| key.contains("/_operations/") || key.contains("/_trainable_variables/")) {
        Writer::Keras3
    } else if keys().any(|key| key.contains("layer_with_weights-")) {
        Writer::Keras2
    } else {
        Writer::Trackable
    }
}

fn by_object(entries: &[Entry], graph: &ObjectGraph) -> Vec<Variable> {
    let owners = owners(entries, graph);
    let roles = roles::by_object(entries, graph, &owners);
    let parents = graph.parents();

    let mut uses: HashMap<&str, usize> = HashMap::new();
    for full_name in owners.iter().flatten().map(|owner| owner.full_name) {
        let count = uses.entry(full_name).or_default();
        *count = count.saturating_add(1);
    }

    let mut budget = limits::ALL_PATH_STEPS;
    let mut variables: Vec<Variable> = Vec::with_capacity(entries.len());
    for (id, (entry, role)) in entries.iter().zip(roles).enumerate() {
        let owner = owners.get(id).copied().flatten();
        let (paths, more_paths) = owner.map(|owner| graph.paths(owner.node, &parents, &mut budget)).unwrap_or_default();
        let full_name = owner.map(|owner| owner.full_name).filter(|name| !name.is_empty());
        let several = owner.is_some_and(|owner| owner.several);
        let unique = full_name.filter(|name| uses.get(name) == Some(&1) && !several);
        let name = unique.map(Text::from).unwrap_or_else(|| path_name(entry, &paths, &role).into());
        let full_name = full_name.map(Into::into);
        let (slot_of, slot_name) = (role.slot_of, role.slot_name);
        let relations = Relations { paths, more_paths, full_name, slot_of, slot_name };
        variables.push(Variable::new(name, id, role.role).with(relations));
    }
    tell_apart(&mut variables, entries);
    variables
}

/// The most telling path as a name: for what belongs to the model, one that does not lead through
/// an optimizer's list.
fn path_name(entry: &Entry, paths: &[String], role: &ObjectRole) -> String {
    let through_optimizer = |path: &&String| path.split('/').any(|part| part == "_trainable_variables");
    let own = paths.iter().find(|path| role.role.group() != Role::Weight.group() || !through_optimizer(path));
    let Some(path) = own.or(paths.first()) else { return entry.key.to_string() };
    // One object may own several tensors (a table has keys and values): the key's end tells which.
    let attribute = entry.key.text().and_then(|key| key.split_once("/.ATTRIBUTES/")).map(|(_, attribute)| attribute);
    match attribute {
        Some("VARIABLE_VALUE") | None => path.clone(),
        Some(attribute) => format!("{path}/{attribute}"),
    }
}

/// A name that two variables share names none of them: the second choice is the key.
fn tell_apart(variables: &mut [Variable], entries: &[Entry]) {
    let mut uses: HashMap<Text, usize> = HashMap::new();
    for variable in variables.iter() {
        let count = uses.entry(variable.name.clone()).or_default();
        *count = count.saturating_add(1);
    }
    for variable in variables.iter_mut() {
        if uses.get(&variable.name).is_some_and(|&count| count > 1)
            && let Some(entry) = entries.get(variable.entry)
        {
            variable.name = entry.key.to_string().into();
        }
    }
}

/// Which object an entry belongs to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owner<'a> {
    pub node: NodeId,
    pub full_name: &'a str,
    /// True if the attribute stands for several entries.
    pub several: bool,
}

/// The owner of each entry. An attribute's `checkpoint_key` is the key of one tensor or, for tables
/// and iterators, the beginning of the keys of several.
fn owners<'a>(entries: &[Entry], graph: &'a ObjectGraph) -> Vec<Option<Owner<'a>>> {
    let mut by_key: HashMap<&str, Owner<'a>> = HashMap::new();
    for (node, object) in graph.nodes.iter().enumerate() {
        for attribute in &object.attributes {
            let owner = Owner { node, full_name: &attribute.full_name, several: false };
            by_key.entry(&attribute.key).or_insert(owner);
        }
    }
    let owner = |entry: &Entry| {
        let key = entry.key.text()?;
        if let Some(owner) = by_key.get(key) {
            return Some(*owner);
        }
        let begins = SUFFIXES.iter().find_map(|suffix| by_key.get(key.strip_suffix(suffix)?));
        begins.map(|owner| Owner { several: true, ..*owner })
    };
    entries.iter().map(owner).collect()
}

/// What TensorFlow puts behind the key of an attribute that has several tensors (tables), or one
/// of another name (iterators).
pub(crate) const SUFFIXES: [&str; 3] = ["-keys", "-values", "_STATE"];

/// True if some entry holds what the attribute with this key promises.
pub(crate) fn promised(key: &str, exists: impl Fn(&str) -> bool) -> bool {
    exists(key) || SUFFIXES.iter().any(|suffix| exists(&format!("{key}{suffix}")))
}

/// An entry's position by its key, for role rules.
pub(super) fn position(entries: &[Entry], key: &[u8]) -> Option<EntryId> {
    entries.binary_search_by(|entry| entry.key.bytes().cmp(key)).ok()
}

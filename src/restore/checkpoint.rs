//! `tf.train.Checkpoint(...).restore(path)`, and `read(path)`, which it is made of.

use std::collections::HashSet;

use super::assign::assign;
use super::object_graph::Walk;
use super::reader::{self, Data, Opened};
use super::tensors::{Tensors, Wanted};
use super::{Asserts, Course, Exception, Scene, by_name, saver};
use crate::model::{Attribute, Checkpoint, GRAPH_KEY, Node, ObjectGraph};

/// `restore`: the directory of a SavedModel stands for its variables, and what is not found is said to be
/// not found at this path.
pub(super) fn course(scene: &Scene) -> Course {
    let resolved = scene.resolved;
    let saved_model =
        resolved.is_saved_model && !resolved.given.ends_with(".pb") && !resolved.given.ends_with(".pbtxt");
    let prefix = resolved.prefix.as_ref().filter(|_| saved_model).map(|prefix| prefix.display().to_string());
    let opened = match &prefix {
        Some(prefix) => reader::prefix(scene, prefix),
        None => reader::open(scene),
    };
    restore(scene, opened, &resolved.given)
}

/// `restore` of what a path opened as. The program counts its saves from then on, if it did not before.
pub(super) fn restore(scene: &Scene, opened: Opened, path: &str) -> Course {
    wrapped(from(scene, opened, Counter::Made), path)
}

/// `read` of what a path opened as, which is content without a count of saves.
pub(super) fn read(scene: &Scene, opened: Opened) -> Course {
    from(scene, opened, Counter::AsSaved)
}

/// Whether the program has a count of saves.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Counter {
    /// If the target has one.
    AsSaved,
    /// In any case: one is made for the restore.
    Made,
}

/// What `restore` makes of an exception of `read`.
fn wrapped(mut course: Course, path: &str) -> Course {
    if let Some(exception) = course.exception.as_mut().filter(|exception| exception.class == "NotFoundError") {
        exception.message = format!(
            "Error when restoring from checkpoint or SavedModel at {path}: {}\nPlease double-check that the path is \
             correct. You may be missing the checkpoint suffix (e.g. the '-1' in 'path/to/ckpt-1').",
            exception.message
        );
    }
    course
}

/// `restore(None)`: nothing, but for the asserts.
pub(super) fn nothing() -> Course {
    let asserts = Asserts { consumed: true, existing_objects_matched: true, nontrivial_match: true };
    Course { asserts: Some(asserts), ..Course::default() }
}

fn from(scene: &Scene, opened: Opened, counter: Counter) -> Course {
    let old = match opened {
        Opened::Trouble(trouble) => return raising(trouble.in_reader()),
        Opened::Nothing => return by_name::course(scene, None),
        Opened::Checkpoint(old) => old,
    };
    let Some((graph, _)) = reader::find(old, GRAPH_KEY) else { return by_name::course(scene, Some(old)) };
    if let Some(trouble) = Data::of(scene, old).trouble(graph) {
        return raising(trouble.in_reader());
    }
    match &old.graph {
        None => raising(Exception::new("DecodeError", "Error parsing message")),
        Some(graph) if graph.nodes.is_empty() => raising(Exception::new("IndexError", "list index out of range")),
        Some(graph) => by_object(scene, old, graph, counter),
    }
}

fn raising(exception: Exception) -> Course {
    Course { exception: Some(exception), ..Course::default() }
}

/// From object to object.
fn by_object(scene: &Scene, old: &Checkpoint, old_graph: &ObjectGraph, counter: Counter) -> Course {
    // Without a target the program is the one that saved.
    let new = scene.target.unwrap_or(old);
    let Some(new_graph) = &new.graph else { return into_names(old, new) };
    let counted = (counter == Counter::Made).then(|| with_counter(new_graph)).flatten();
    let new_graph = counted.as_ref().unwrap_or(new_graph);
    let walk = Walk::new(old_graph, new_graph);
    let tensors = Tensors::of(new, new_graph);
    if walk.refused {
        return raising(legacy(new));
    }
    let mut wanted: Vec<Wanted> = walk.visits.iter().flat_map(|visit| tensors.wanted(*visit, old_graph)).collect();
    match registered(&walk, old_graph, new_graph) {
        Registered::None => {}
        Registered::Taken => wanted.extend(tensors.loose(old)),
        Registered::Refused(name) => {
            let text = format!(
                "Object was saved with the registered saver named '{name}'. However, this saver cannot be used to \
                 restore the object because the predicate does not pass."
            );
            return raising(Exception::new("ValueError", text));
        }
    }
    let mut course = Course::default();
    match assign(scene, old, new, wanted, &mut course.bound) {
        Ok(()) => course.asserts = Some(walk.asserts(old_graph, new_graph)),
        Err(exception) => course.exception = Some(exception),
    }
    course
}

/// The graph with a count of saves at its root, if it has none.
fn with_counter(graph: &ObjectGraph) -> Option<ObjectGraph> {
    let root = graph.nodes.first().filter(|root| root.child(COUNTER).is_none())?;
    let attribute = Attribute { name: "VARIABLE_VALUE".to_owned(), full_name: COUNTER.to_owned(), key: String::new() };
    let mut root = root.clone();
    root.children.push((COUNTER.to_owned(), graph.nodes.len()));
    let counter = Node { attributes: vec![attribute], ..Node::default() };
    let rest = graph.nodes.iter().skip(1).cloned();
    Some(ObjectGraph { nodes: std::iter::once(root).chain(rest).chain([counter]).collect() })
}

const COUNTER: &str = "save_counter";

/// What becomes of objects that were saved by savers of their own.
enum Registered<'a> {
    /// There are none, or the program does not know their savers: it skips them.
    None,
    /// Their savers read what they wrote.
    Taken,
    /// One has no use for the saver, which the program knows.
    Refused(&'a str),
}

fn registered<'a>(walk: &Walk, old: &'a ObjectGraph, new: &ObjectGraph) -> Registered<'a> {
    let savers = new.nodes.iter().filter_map(|node| node.registered_saver.as_ref());
    let known: HashSet<&str> = savers.map(|(saver, _)| saver.as_str()).collect();
    let mut found = Registered::None;
    for visit in &walk.visits {
        let (Some(node), Some(object)) = (old.nodes.get(visit.old), new.nodes.get(visit.new)) else { continue };
        let Some((saver, _)) = &node.registered_saver else { continue };
        if object.registered_saver.as_ref().is_some_and(|(own, _)| own == saver) {
            found = Registered::Taken;
        } else if known.contains(saver.as_str()) {
            return Registered::Refused(saver);
        }
    }
    found
}

/// What a later optimizer of Keras 2 says to the state of a legacy one.
fn legacy(new: &Checkpoint) -> Exception {
    let class = new.optimizer().filter(|class| class != "optimizer");
    let example = class.map(|class| format!(", e.g.: `tf.keras.optimizers.legacy.{class}`")).unwrap_or_default();
    let text = format!(
        "You are trying to restore a checkpoint from a legacy TF-Keras optimizer into a v2.11+ Optimizer, which can \
         cause errors. Please update the optimizer referenced in your code to be an instance of \
         `tf.keras.optimizers.legacy.Optimizer`{example}."
    );
    Exception::new("ValueError", text)
}

/// A target that saves by name has no objects to tell: what has one name is taken for one variable.
fn into_names(old: &Checkpoint, new: &Checkpoint) -> Course {
    Course { bound: saver::by_full_name(old, new), ..Course::default() }
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Stage, fault};
    use super::*;
    use crate::bytes::FaultKind;
    use crate::model::sample::{DATA, INDEX, object};
    use crate::model::{DType, FileRole, Payload};

    fn key(path: &str) -> String {
        format!("{path}/.ATTRIBUTES/VARIABLE_VALUE")
    }

    fn restored(course: &Course, new: &Checkpoint) -> Vec<String> {
        course.bound.iter().map(|bound| new.variables[bound.new].name.to_string()).collect()
    }

    fn raised(course: &Course) -> (&str, &str) {
        course.exception.as_ref().map_or(("", ""), |exception| (exception.class, &exception.message))
    }

    fn into(old: &Checkpoint, new: &Checkpoint) -> Course {
        course(&Stage::at("ckpts/ckpt-4").scene(Some(old), Some(new)))
    }

    const TWO: [(&str, &str, &[u64]); 3] = [("m/b", "b", &[2]), ("m/a", "a", &[3]), (COUNTER, COUNTER, &[])];

    #[test]
    fn the_same_program_gets_everything() {
        let old = object(&TWO);
        for target in [None, Some(&old)] {
            let course = course(&Stage::at("ckpts/ckpt-4").scene(Some(&old), target));
            assert_eq!(restored(&course, &old), ["a", "b", "save_counter"]);
            assert_eq!((course.asserts, course.exception), (Some(Asserts::default()), None));
        }
    }

    #[test]
    fn restore_counts_saves_and_read_does_not() {
        let (written, saved) = (object(&TWO[..2]), object(&TWO));
        let asserts = |old: &Checkpoint, new: &Checkpoint| into(old, new).asserts.unwrap();
        let unmatched = Asserts { consumed: true, existing_objects_matched: true, nontrivial_match: false };
        assert_eq!(asserts(&written, &written), unmatched);
        assert_eq!(asserts(&written, &saved), unmatched);
        assert_eq!(asserts(&saved, &written), Asserts::default());
        let stage = Stage::at("ckpts/ckpt-4");
        let scene = stage.scene(Some(&written), Some(&written));
        assert_eq!(read(&scene, reader::open(&scene)).asserts, Some(Asserts::default()));
        let scene = stage.scene(Some(&saved), Some(&written));
        let consumed = Asserts { consumed: true, ..Asserts::default() };
        assert_eq!(read(&scene, reader::open(&scene)).asserts, Some(consumed));
    }

    #[test]
    fn a_shape_stops_the_restore_where_it_is_in_the_order_of_keys() {
        let new = object(&[("m/b", "b", &[2, 2]), ("m/a", "a", &[3])]);
        let course = into(&object(&TWO), &new);
        let text = "Received incompatible tensor with shape (2,) when attempting to restore variable with shape \
                    (2, 2) and name b:0.";
        assert_eq!(raised(&course), ("ValueError", text));
        assert_eq!(restored(&course, &new), ["a"]);
        assert_eq!(course.asserts, None);
    }

    #[test]
    fn types_stop_it_before_anything_is_assigned() {
        let mut new = object(&[("m/b", "b", &[9]), ("m/a", "a", &[9])]);
        for entry in new.entries.iter_mut().filter(|entry| entry.dtype == DType::FLOAT32) {
            entry.dtype = DType::INT64;
        }
        let course = into(&object(&TWO), &new);
        let line =
            |path| format!("tensor_name = {}; expected dtype int64 does not equal original dtype float", key(path));
        assert_eq!(raised(&course), ("InvalidArgumentError", [line("m/b"), line("m/a")].join("\n").as_str()));
        assert!(course.bound.is_empty());
    }

    #[test]
    fn a_promised_key_that_is_missing_comes_before_all() {
        let mut old = object(&TWO);
        old.entries.retain(|entry| entry.key.bytes() != key("m/b").as_bytes());
        let course = into(&old, &object(&[("m/b", "b", &[2]), ("m/a", "a", &[9])]));
        let (class, text) = raised(&course);
        assert_eq!(class, "NotFoundError");
        assert!(
            text.contains("Error when restoring from checkpoint or SavedModel at ckpts/ckpt-4: Key m/b/"),
            "{text}"
        );
    }

    #[test]
    fn what_paths_that_are_no_prefix_do() {
        let old = object(&TWO);
        let at = |given: &str, change: &dyn Fn(&mut Stage)| {
            let mut stage = Stage::at(given);
            change(&mut stage);
            let exists = stage.resolved.exists;
            course(&stage.scene(Some(&old).filter(|_| exists), Some(&old)))
        };
        let missing = at("ckpts/ckpt", &|stage| stage.resolved.exists = false);
        assert!(raised(&missing).1.contains("Failed to find any matching files for ckpts/ckpt\n"));
        assert_eq!(raised(&at("ckpts/ckpt[4]", &|_| {})).0, "NotFoundError");
        let directory = at("ckpts", &|stage| stage.resolved.is_directory = true);
        assert_eq!(raised(&directory).0, "DataLossError");
        let data = at(DATA, &|stage| stage.resolved.stripped = Some(".data-00000-of-00001".to_owned()));
        assert!(raised(&data).1.contains("not an sstable"));
        let index = at(INDEX, &|stage| stage.resolved.stripped = Some(".index".to_owned()));
        assert_eq!((raised(&index).0, index.bound.len()), ("", 0));
        assert!(index.asserts.unwrap().nontrivial_match);
    }

    #[test]
    fn damage_counts_where_it_is_read() {
        let (old, new) = (object(&TWO), object(&[("m/a", "a", &[3])]));
        let hurt = |path: &str| {
            let mut old = old.clone();
            let key = if path == GRAPH_KEY { path.to_owned() } else { key(path) };
            old.faults.push(fault(DATA, FaultKind::DataChecksum { key, stored: 1, computed: 2 }));
            into(&old, &new)
        };
        assert_eq!(raised(&hurt("m/b")).0, "", "nobody asks for it");
        let (class, text) = (raised(&hurt("m/a")).0.to_owned(), raised(&hurt("m/a")).1.to_owned());
        assert_eq!(class, "DataLossError");
        assert!(text.contains("ckpts/ckpt-4 shard 0 (12 bytes)") && text.contains("stored 1 vs."), "{text}");
        assert_eq!(raised(&hurt(GRAPH_KEY)).0, "OpError", "the graph is read by the reader");
    }

    #[test]
    fn files_that_are_short_or_gone() {
        let sized = |size| {
            let mut old = object(&TWO);
            old.files[1].size = size;
            into(&old, &old.clone())
        };
        assert_eq!(raised(&sized(None)), ("OpError", "ckpts/ckpt-4.data-00000-of-00001; No such file or directory"));
        assert_eq!(raised(&sized(Some(0))), ("IndexError", "Read less bytes than requested"));
        assert_eq!(raised(&sized(Some(4))), ("OutOfRangeError", "Read less bytes than requested"));
        let mut two = object(&TWO);
        two.files.push(crate::model::File {
            size: None,
            role: FileRole::Shard { number: 1, of: 2 },
            ..two.files[1].clone()
        });
        let (last, _) = two.find(key("m/a").as_bytes()).unwrap();
        if let Payload::Extent(extent) = &mut two.entries[last].payload {
            extent.file = 2;
        }
        assert_eq!(raised(&into(&two, &object(&TWO))).0, "NotFoundError", "the op says it of another shard");
    }

    #[test]
    fn damage_of_the_index() {
        let with = |kind: FaultKind| {
            let mut old = object(&TWO);
            old.faults.push(fault(INDEX, kind));
            into(&old, &object(&TWO))
        };
        assert_eq!(raised(&with(FaultKind::BadMagic)), ("OpError", "not an sstable (bad magic number)"));
        let block = |block| FaultKind::BlockChecksum { block, stored: 1, computed: 2 };
        assert_eq!(raised(&with(block("index"))), ("OpError", "block checksum mismatch"));
        assert!(raised(&with(block("data"))).1.ends_with("(failed to seek to header entry): block checksum mismatch"));
        assert_eq!(raised(&with(block("metaindex"))).0, "", "nobody reads it");
        assert_eq!(raised(&with(FaultKind::FooterNotCanonical)).0, "");
        let refused = FaultKind::VersionRefused { min_consumer: 9, disallows_current: false };
        assert_eq!(raised(&with(refused)).0, "ValueError");
    }
}

//! `tf.compat.v1.train.Saver().restore(session, path)`: by the names of variables.
//!
//! Without a target the program is the graph in the `.meta` file, which `import_meta_graph` reads first. A directory
//! is taken for `restore(session, latest_checkpoint(directory))`: that is how people call it.

use std::collections::{BTreeSet, HashMap};

use super::assign::{compatible, read};
use super::manager::{self, Latest};
use super::reader::{self, Code, Data, Opened, Trouble};
use super::tensors::Wanted;
use super::{Bound, Course, Exception, Scene};
use crate::model::{Checkpoint, Container, Flavor, GRAPH_KEY, GraphFile, ObjectGraph, Payload, VariableId};

pub(super) fn course(scene: &Scene) -> Course {
    let mut course = Course::default();
    match restore(scene, &mut course) {
        Ok(bound) => course.bound = bound,
        Err(exception) => course.exception = Some(exception),
    }
    course
}

fn restore(scene: &Scene, course: &mut Course) -> Result<Vec<Bound>, Exception> {
    let path = scene.resolved.given.as_str();
    if scene.target.is_none() {
        match scene.graph {
            Some(GraphFile::Missing) => {
                return Err(Exception::new("OSError", format!("File does not exist. Received: {path}.meta.")));
            }
            Some(GraphFile::Garbled) => {
                return Err(Exception::new("UnicodeDecodeError", "'utf-8' codec can't decode byte"));
            }
            Some(GraphFile::Read(needs)) if needs.is_empty() => {
                return Err(Exception::new("AttributeError", "'NoneType' object has no attribute 'restore'"));
            }
            Some(GraphFile::Malformed) => {
                return Err(Exception::new("OSError", format!("Cannot parse file {path}.meta")));
            }
            _ => {}
        }
    }
    let (path, opened) = match newest(scene)? {
        Some((label, opened)) => (label, opened),
        None => (path.to_owned(), reader::open(scene)),
    };
    let old = match opened {
        Opened::Checkpoint(old) => old,
        Opened::Nothing => {
            let text = format!("Tensor name \"\" not found in checkpoint files {path}");
            return Err(missing(&text));
        }
        Opened::Trouble(Trouble { code: Code::NotFound, .. }) => {
            let text = format!("The passed save_path is not a valid checkpoint: {path}");
            return Err(Exception::new("ValueError", text));
        }
        Opened::Trouble(trouble) => return Err(in_saver(trouble)),
    };
    let new = scene.target.unwrap_or(old);
    let found = assigned(scene, old, new, course);
    // A Saver of fewer variables might get what it asks for; where all are found, nothing depends on it.
    if found.is_err() && scene.target.is_some() {
        course.rests_on.insert(0, OF_ALL.to_owned());
    }
    found
}

/// What is assigned to the variables of the program, by their names or, where that fails, through the objects of the
/// checkpoint.
fn assigned(scene: &Scene, old: &Checkpoint, new: &Checkpoint, course: &mut Course) -> Result<Vec<Bound>, Exception> {
    let mut names = names(new);
    names.sort();
    let by_name = names.iter().map(|(name, new)| Wanted { key: name.clone(), new: *new }).collect();
    match values(scene, old, new, by_name, &mut course.rests_on) {
        Err(Trouble { code: Code::NotFound, text }) => {
            let keys = keys_by_name(scene, old, &text)?;
            course.warnings.push(BY_OBJECT.to_owned());
            values(scene, old, new, mapped(&names, &keys)?, &mut course.rests_on).map_err(in_saver)
        }
        found => found.map_err(in_saver),
    }
}

const OF_ALL: &str = "the Saver is one of all variables that the new program saved: tf.compat.v1.train.Saver()";

const OF_TF1: &str = "the variables are of the kind that TensorFlow 1 makes, as no .meta file tells it; resource variables \
                      would silently take the stored shapes";

/// The newest checkpoint of a directory; none if the path is no directory of checkpoints.
fn newest<'a>(scene: &Scene<'a>) -> Result<Option<(String, Opened<'a>)>, Exception> {
    if !scene.resolved.is_directory || scene.resolved.is_saved_model {
        return Ok(None);
    }
    match manager::latest(scene) {
        Latest::Nothing => Err(Exception::new("ValueError", "Can't load save_path when it is None.")),
        Latest::Raises(exception) => Err(exception),
        Latest::Path(label, opened) => Ok(Some((label, opened))),
    }
}

const BY_OBJECT: &str = "Restoring an object-based checkpoint using a name-based saver. This may be somewhat fragile, \
                         and will re-build the Saver. Instead, consider loading object-based checkpoints using \
                         tf.train.Checkpoint().";

/// What the graph calls its variables: their keys, or where the target is saved by object, their own names.
fn names(new: &Checkpoint) -> Vec<(String, VariableId)> {
    let by_object = new.flavor == Flavor::ObjectBased;
    let name = |(id, (variable, entry)): (VariableId, (&crate::model::Variable, &crate::model::Entry))| {
        let name = if by_object { variable.full_name()?.to_owned() } else { entry.key.to_string() };
        (name != GRAPH_KEY).then_some((name, id))
    };
    new.pairs().enumerate().filter_map(name).collect()
}

/// What is read for these names, if it can be assigned. What that rests on is added to the last.
fn values(
    scene: &Scene,
    old: &Checkpoint,
    new: &Checkpoint,
    wanted: Vec<Wanted>,
    rests_on: &mut Vec<String>,
) -> Result<Vec<Bound>, Trouble> {
    let found = read(scene, old, new, &wanted)?;
    for bound in &found {
        let declared = new.pair(bound.new).map(|(_, entry)| entry);
        let Some((stored, declared)) = old.entries.get(bound.old).zip(declared) else { continue };
        if compatible(&stored.shape, &declared.shape) {
            continue;
        }
        // A slice says of what it is one; every other variable is asked only when it is assigned.
        if matches!(declared.payload, Payload::Slices(_)) {
            let text = format!(
                "tensor_name = {}; shape in shape_and_slice spec {} does not match the shape stored in checkpoint: {}",
                stored.key, declared.shape, stored.shape
            );
            return Err(Trouble::new(Code::InvalidArgument, text));
        }
        if keeps_shape(scene, &declared.key.to_string()) {
            if !matches!(scene.graph, Some(GraphFile::Read(_))) {
                rests_on.push(OF_TF1.to_owned());
            }
            let text = format!(
                "Assign requires shapes of both tensors to match. lhs shape= {} rhs shape= {}",
                brackets(&declared.shape),
                brackets(&stored.shape)
            );
            return Err(Trouble::new(Code::InvalidArgument, text));
        }
    }
    Ok(found)
}

/// A shape as messages of TensorFlow's own code write it.
fn brackets(shape: &crate::model::Shape) -> String {
    shape.to_string().replace(", ", ",")
}

/// True for a variable of TensorFlow 1: a resource variable silently takes the shape of what it is given.
/// Only a graph tells which it is; without one it is taken for what code of TensorFlow 1 makes.
fn keeps_shape(scene: &Scene, name: &str) -> bool {
    match scene.graph {
        Some(GraphFile::Read(needs)) => {
            let found = needs.binary_search_by(|need| need.name.as_str().cmp(name)).ok();
            found.and_then(|at| needs.get(at)).is_none_or(|need| need.is_reference)
        }
        _ => true,
    }
}

/// What a Saver makes of the trouble of the op.
fn in_saver(trouble: Trouble) -> Exception {
    match trouble.code {
        Code::NotFound => missing(&trouble.text),
        Code::InvalidArgument => {
            failed("InvalidArgumentError", "a mismatch between the current graph and the graph", &trouble.text)
        }
        _ => trouble.in_op(),
    }
}

fn missing(text: &str) -> Exception {
    failed("NotFoundError", "a Variable name or other graph key that is missing", text)
}

fn failed(class: &'static str, likely: &str, text: &str) -> Exception {
    let text = format!(
        "Restoring from checkpoint failed. This is most likely due to {likely} from the checkpoint. Please ensure that \
         you have not altered the graph expected based on the checkpoint. Original error:\n\n{text}"
    );
    Exception::new(class, text)
}

/// The keys of an object-based checkpoint by the names of the variables. Of every other, what was not found
/// is not there.
fn keys_by_name<'a>(scene: &Scene, old: &'a Checkpoint, text: &str) -> Result<HashMap<&'a str, &'a str>, Exception> {
    let graph = old.find(GRAPH_KEY.as_bytes()).filter(|_| old.container == Container::Bundle);
    let Some((graph, _)) = graph else { return Err(missing(text)) };
    if let Some(trouble) = Data::of(scene, old).trouble(graph) {
        return Err(trouble.in_reader());
    }
    match &old.graph {
        Some(graph) => Ok(full_names(graph)),
        None => Err(Exception::new("DecodeError", "Error parsing message")),
    }
}

/// Keys by the names of variables; of several that have one name, the last counts.
fn full_names(graph: &ObjectGraph) -> HashMap<&str, &str> {
    let attributes = graph.nodes.iter().flat_map(|node| &node.attributes);
    attributes.map(|attribute| (attribute.full_name.as_str(), attribute.key.as_str())).collect()
}

/// What an object-based checkpoint has for the names of a program that saves by name.
pub(super) fn by_full_name(old: &Checkpoint, new: &Checkpoint) -> Vec<Bound> {
    let keys = old.graph.as_ref().map(full_names).unwrap_or_default();
    let found = |(name, new): (String, VariableId)| {
        let (held, _) = old.find(keys.get(name.as_str())?.as_bytes())?;
        Some(Bound { old: held, new })
    };
    names(new).into_iter().filter_map(found).collect()
}

/// The keys for these names, if there is one for each.
fn mapped(names: &[(String, VariableId)], keys: &HashMap<&str, &str>) -> Result<Vec<Wanted>, Exception> {
    let wanted = names
        .iter()
        .filter_map(|(name, new)| keys.get(name.as_str()).map(|key| Wanted { key: (*key).to_owned(), new: *new }));
    let wanted: Vec<Wanted> = wanted.collect();
    if wanted.len() == names.len() {
        return Ok(wanted);
    }
    let current: BTreeSet<&str> = names.iter().map(|(name, _)| name.as_str()).collect();
    let previous: BTreeSet<&str> = keys.keys().copied().collect();
    let list = |of: &BTreeSet<&str>, without: &BTreeSet<&str>| {
        of.difference(without).copied().collect::<Vec<&str>>().join(", ")
    };
    let text = format!(
        "\n\nExisting variables not in the checkpoint: {}\n\nVariables names when this checkpoint was written which \
         don't exist now: {}\n\n({} variable name(s) did match)\n\nCould not find some variables in the checkpoint (see \
         names above). Saver was attempting to load an object-based checkpoint (saved using tf.train.Checkpoint or \
         tf.keras.Model.save_weights) using variable names.",
        list(&current, &previous),
        list(&previous, &current),
        previous.intersection(&current).count()
    );
    Err(Exception::new("NotFoundError", text))
}

#[cfg(test)]
mod tests {
    use super::super::sample::Stage;
    use super::*;
    use crate::model::sample::{named, object};
    use crate::model::{self, DType, Needed, Shape};

    fn graph(name: &str, is_reference: bool) -> GraphFile {
        let need = Needed { name: name.to_owned(), dtype: DType::FLOAT32, shape: Shape::new([3]), is_reference };
        GraphFile::Read(vec![need])
    }

    fn into(old: &Checkpoint, new: Option<&Checkpoint>, graph: Option<GraphFile>) -> Course {
        let stage = Stage { graph, ..Stage::at("ckpts/ckpt-4") };
        course(&stage.scene(Some(old), new))
    }

    fn raised(course: &Course) -> (&str, &str) {
        course.exception.as_ref().map_or(("", ""), |exception| (exception.class, &exception.message))
    }

    #[test]
    fn the_first_name_that_is_missing_is_told() {
        let old = named(&[("w", &[2]), ("z", &[1])]);
        assert_eq!(into(&old, Some(&named(&[("w", &[2])])), None).bound.len(), 1, "what is too much is ignored");
        let course = into(&old, Some(&named(&[("y", &[2]), ("b", &[2]), ("w", &[2])])), None);
        let (class, text) = raised(&course);
        assert_eq!(class, "NotFoundError");
        assert!(
            text.starts_with("Restoring from checkpoint failed.")
                && text.ends_with("\n\nKey b not found in checkpoint")
        );
    }

    #[test]
    fn a_resource_variable_takes_any_shape() {
        let (old, new) = (named(&[("w", &[2])]), named(&[("w", &[3])]));
        let kept = into(&old, Some(&new), Some(graph("w", true)));
        assert_eq!(raised(&kept).0, "InvalidArgumentError");
        assert!(raised(&kept).1.ends_with("lhs shape= [3] rhs shape= [2]"));
        assert_eq!(into(&old, Some(&new), Some(graph("w", false))).bound.len(), 1);
        assert_eq!(raised(&into(&old, Some(&new), None)).0, "InvalidArgumentError", "as TensorFlow 1 makes them");
    }

    #[test]
    fn what_no_graph_tells_is_said() {
        let (old, new) = (named(&[("w", &[2])]), named(&[("w", &[3])]));
        assert_eq!(into(&old, Some(&new), None).rests_on, [OF_ALL, OF_TF1]);
        assert_eq!(into(&old, Some(&new), Some(graph("w", true))).rests_on, [OF_ALL], "the graph tells the kind");
        assert_eq!(into(&old, Some(&old), None).rests_on, [""; 0], "nothing depends on it");
        let more = named(&[("w", &[2]), ("b", &[1])]);
        assert_eq!(into(&old, Some(&more), None).rests_on, [OF_ALL], "b may be no part of the Saver");
        assert_eq!(into(&more, Some(&old), None).rests_on, [""; 0]);
        assert_eq!(into(&new, None, Some(graph("w", true))).rests_on, [""; 0], "the graph is the program");
    }

    #[test]
    fn a_slice_knows_its_whole() {
        let (old, mut new) = (named(&[("w", &[2])]), named(&[("w", &[3])]));
        new.entries[0].payload = Payload::Slices(Box::default());
        let course = into(&old, Some(&new), Some(graph("w", false)));
        assert!(raised(&course).1.ends_with("spec [3] does not match the shape stored in checkpoint: [2]"));
    }

    #[test]
    fn objects_by_their_full_names() {
        let old = object(&[("m/a", "w", &[2]), ("m/b", "Variable", &[2]), ("m/c", "Variable", &[5])]);
        let found = into(&old, Some(&named(&[("Variable", &[5])])), None);
        let stored = old.entries[found.bound[0].old].key.to_string();
        assert_eq!(stored, "m/c/.ATTRIBUTES/VARIABLE_VALUE", "the last of one name");
        assert_eq!(found.warnings.len(), 1);
        let course = into(&old, Some(&named(&[("w", &[2]), ("x", &[2])])), None);
        let (class, text) = raised(&course);
        assert_eq!(class, "NotFoundError");
        assert!(text.starts_with("\n\nExisting variables not in the checkpoint: x\n\n"), "{text}");
        assert!(text.contains("don't exist now: Variable\n\n(1 variable name(s) did match)"), "{text}");
    }

    #[test]
    fn without_a_target_the_graph_is_the_program() {
        let old = named(&[("w", &[3])]);
        assert_eq!(into(&old, None, Some(graph("w", true))).bound.len(), 1);
        let missing = into(&old, None, Some(GraphFile::Missing));
        assert_eq!(raised(&missing), ("OSError", "File does not exist. Received: ckpts/ckpt-4.meta."));
        assert_eq!(raised(&into(&old, None, Some(GraphFile::Garbled))).0, "UnicodeDecodeError");
        assert_eq!(raised(&into(&old, None, Some(GraphFile::Malformed))).0, "OSError");
        assert_eq!(raised(&into(&old, None, Some(GraphFile::Read(Vec::new())))).0, "AttributeError");
    }

    #[test]
    fn a_directory_stands_for_its_newest() {
        let old = named(&[("w", &[3])]);
        let at = |latest| course(&Stage::directory(latest).scene(Some(&old), Some(&old)));
        assert_eq!(at(model::Latest::Path("ckpts/ckpt-4".into())).bound.len(), 1);
        let none = at(model::Latest::Nothing("there is no file named checkpoint"));
        assert_eq!(raised(&none), ("ValueError", "Can't load save_path when it is None."));
    }

    #[test]
    fn a_path_that_is_none() {
        let mut stage = Stage::at("ckpts/ckpt");
        stage.resolved.exists = false;
        let new = named(&[("w", &[3])]);
        let course = course(&stage.scene(None, Some(&new)));
        assert_eq!(raised(&course), ("ValueError", "The passed save_path is not a valid checkpoint: ckpts/ckpt"));
    }
}

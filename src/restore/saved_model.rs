//! `tf.saved_model.load(path)`: the file brings its own program, so every variable is there and is restored.

use super::reader::{self, Data, Opened};
use super::{Bound, Course, Exception, Scene};
use crate::bytes::FaultKind;
use crate::model::{Checkpoint, GRAPH_KEY, NO_GRAPHS};

pub(super) fn course(scene: &Scene) -> Course {
    match load(scene) {
        Ok(bound) => Course { bound, ..Course::default() },
        Err(exception) => Course { exception: Some(exception), ..Course::default() },
    }
}

fn load(scene: &Scene) -> Result<Vec<Bound>, Exception> {
    let path = scene.resolved.given.trim_end_matches('/');
    let names_file = path.ends_with(".pb") || path.ends_with(".pbtxt");
    if !scene.resolved.is_saved_model || names_file {
        let text = format!("SavedModel file does not exist at: {path}/{{saved_model.pbtxt|saved_model.pb}}");
        return Err(Exception::new("OSError", text));
    }
    if let Some(file) = scene.checkpoint.and_then(broken_graph) {
        return Err(Exception::new("OSError", format!("Cannot parse file b'{file}'")));
    }
    let model = scene.checkpoint.and_then(|checkpoint| checkpoint.saved_model.as_deref());
    if let Some(model) = model.filter(|model| model.graphs.len() != 1) {
        return Err(Exception::new("ValueError", model.without_tags()));
    }
    let prefix = format!("{path}/variables/variables");
    let old = match reader::prefix(scene, &prefix) {
        Opened::Checkpoint(old) => old,
        // A graph of TensorFlow 1 need not have variables.
        _ if model.is_some_and(|model| model.needs.is_empty()) => return Ok(Vec::new()),
        Opened::Nothing => return Ok(Vec::new()),
        Opened::Trouble(trouble) => return Err(not_a_file(trouble.in_reader())),
    };
    let graph = old.find(GRAPH_KEY.as_bytes()).map(|(graph, _)| graph);
    let data = Data::of(scene, old);
    if let Some(trouble) = graph.and_then(|graph| data.trouble(graph)) {
        return Err(not_a_file(trouble.in_reader()));
    }
    let mut rest = (0..old.entries.len()).filter(|id| Some(*id) != graph);
    if let Some(trouble) = rest.find_map(|id| data.trouble(id)) {
        return Err(not_a_file(trouble.in_op()));
    }
    Ok((0..old.variables.len()).map(|id| Bound { old: id, new: id }).collect())
}

/// The file of the graph, if it cannot be parsed.
fn broken_graph(checkpoint: &Checkpoint) -> Option<&str> {
    let wrong = |kind: &FaultKind| match kind {
        FaultKind::Foreign { .. } => true,
        // A message without bytes is a message, of no graph.
        FaultKind::GraphFileMalformed { error } => error != NO_GRAPHS,
        FaultKind::Unreadable { .. } => true,
        _ => false,
    };
    let graph =
        checkpoint.faults.iter().find(|fault| wrong(&fault.kind) && fault.at.file.contains("saved_model.pb"))?;
    Some(&graph.at.file)
}

/// What is not found is a file, to whoever loads a SavedModel.
fn not_a_file(exception: Exception) -> Exception {
    if exception.class != "NotFoundError" {
        return exception;
    }
    let text = format!(
        "{}\n You may be trying to load on a different device from the computational device. Consider setting the \
         `experimental_io_device` option in `tf.saved_model.LoadOptions` to the io_device such as '/job:localhost'.",
        exception.message
    );
    Exception::new("FileNotFoundError", text)
}

#[cfg(test)]
mod tests {
    use super::super::sample::{Stage, fault};
    use super::*;
    use crate::model::sample::object;
    use crate::model::{MetaGraph, SavedModel};

    fn loaded(change: impl Fn(&mut Stage, &mut Checkpoint)) -> Course {
        let mut stage = Stage::at("saved");
        stage.resolved.is_saved_model = true;
        let mut old = object(&[("w", "w", &[2])]);
        let graphs = vec![MetaGraph::default()];
        old.saved_model = Some(Box::new(SavedModel { graphs, needs: vec![], ..SavedModel::default() }));
        change(&mut stage, &mut old);
        course(&stage.scene(Some(&old), None))
    }

    fn raised(course: &Course) -> &str {
        course.exception.as_ref().map_or("", |exception| exception.class)
    }

    #[test]
    fn everything_is_restored_or_it_raises() {
        assert_eq!(loaded(|_, _| {}).bound.len(), 2);
        let elsewhere = loaded(|stage, _| stage.resolved.is_saved_model = false);
        assert_eq!(raised(&elsewhere), "OSError");
        let data = loaded(|_, old| old.files[1].size = None);
        assert_eq!(raised(&data), "OpError", "the graph of objects is read first");
        let malformed = FaultKind::GraphFileMalformed { error: "it ends early".to_owned() };
        assert_eq!(
            raised(&loaded(|_, old| old.faults.push(fault("saved/saved_model.pb", malformed.clone())))),
            "OSError"
        );
        let two = loaded(|_, old| old.saved_model.as_mut().unwrap().graphs.push(MetaGraph::default()));
        assert_eq!(raised(&two), "ValueError");
    }

    #[test]
    fn variables_that_are_missing_are_a_missing_file() {
        let gone = |needs: bool| {
            loaded(move |_, old| {
                old.files[0].size = None;
                if needs {
                    let need = crate::model::Needed {
                        name: "w".to_owned(),
                        dtype: crate::model::DType::FLOAT32,
                        shape: crate::model::Shape::new([2]),
                        is_reference: false,
                    };
                    old.saved_model.as_mut().unwrap().needs.push(need);
                }
            })
        };
        assert_eq!(raised(&gone(true)), "FileNotFoundError");
        assert_eq!(raised(&gone(false)), "", "a graph without variables needs none");
    }
}

//! `tf.saved_model.load(path)`: the file brings its own program, so every variable is there and is restored.

use super::reader::{self, Opened, trouble};
use super::{Bound, Course, Exception, Scene};
use crate::bytes::FaultKind;
use crate::model::{Checkpoint, GRAPH_KEY};

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
    let prefix = format!("{path}/variables/variables");
    let old = match reader::prefix(scene, &prefix) {
        Opened::Checkpoint(old) => old,
        // A graph of TensorFlow 1 need not have variables.
        _ if scene.checkpoint.and_then(|it| it.saved_model.as_ref()).is_some_and(|it| it.needs.is_empty()) => {
            return Ok(Vec::new());
        }
        Opened::Nothing => return Ok(Vec::new()),
        Opened::Trouble(trouble) => return Err(not_a_file(trouble.in_reader())),
    };
    let graph = old.find(GRAPH_KEY.as_bytes()).map(|(graph, _)| graph);
    if let Some(trouble) = graph.and_then(|graph| trouble(scene, old, graph)) {
        return Err(not_a_file(trouble.in_reader()));
    }
    let mut rest = (0..old.entries.len()).filter(|id| Some(*id) != graph);
    if let Some(trouble) = rest.find_map(|id| trouble(scene, old, id)) {
        return Err(not_a_file(trouble.in_op()));
    }
    Ok((0..old.variables.len()).map(|id| Bound { old: id, new: id }).collect())
}

/// The file of the graph, if it cannot be parsed.
fn broken_graph(checkpoint: &Checkpoint) -> Option<&str> {
    let wrong = |kind: &FaultKind| {
        matches!(kind, FaultKind::GraphFileMalformed { .. } | FaultKind::Foreign { .. } | FaultKind::Unreadable { .. })
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

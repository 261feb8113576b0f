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
        let text = format!(
            "Importing a SavedModel with `tf.saved_model.load` requires a `tags=` argument if there is more than one \
             MetaGraph. Got `tags=None`, but there are {} MetaGraphs in the SavedModel",
            model.graphs.len()
        );
        return Err(Exception::new("ValueError", text));
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

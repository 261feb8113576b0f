//! `tf.train.latest_checkpoint(directory)`, and what is restored then; `CheckpointManager` does the same.

use super::reader::{self, Opened, Trouble};
use super::{Course, Exception, Scene, checkpoint};
use crate::model::Latest;

pub(super) fn course(scene: &Scene) -> Course {
    let resolved = scene.resolved;
    // A SavedModel has no state file, nor has what is no directory.
    let asked = resolved.is_directory && !resolved.is_saved_model;
    let Some(directory) = resolved.directory.as_ref().filter(|_| asked) else { return checkpoint::nothing() };
    let path = match &directory.latest {
        Latest::Nothing(_) => return checkpoint::nothing(),
        Latest::Raises => {
            let text = format!("Invalid checkpoint state loaded from {}", resolved.given);
            return Course { exception: Some(Exception::new("ValueError", text)), ..Course::default() };
        }
        Latest::Path(path) => path,
    };
    let label = path.display().to_string();
    let opened = if resolved.prefix.as_ref() == Some(path) {
        reader::prefix(scene, &label)
    } else {
        Opened::Trouble(Trouble::no_files(&label))
    };
    checkpoint::wrapped(checkpoint::restore(scene, opened), &label)
}

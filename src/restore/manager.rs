//! `tf.train.latest_checkpoint(directory)`, and what is restored then; `CheckpointManager` does the same.

use super::reader::{self, Opened, Trouble};
use super::{Course, Exception, Scene, checkpoint};
use crate::model::Latest;

pub(super) fn course(scene: &Scene) -> Course {
    let resolved = scene.resolved;
    // A SavedModel has no state file, nor has what is no directory.
    let asked = resolved.is_directory && !resolved.is_saved_model;
    let Some(directory) = resolved.directory.as_ref().filter(|_| asked) else { return checkpoint::nothing() };
    let raising = |class, text| Course { exception: Some(Exception::new(class, text)), ..Course::default() };
    let path = match &directory.latest {
        Latest::Nothing(_) => return checkpoint::nothing(),
        Latest::Raises => {
            return raising("ValueError", format!("Invalid checkpoint state loaded from {}", resolved.given));
        }
        Latest::Garbled => return raising("UnicodeDecodeError", "'utf-8' codec can't decode byte".to_owned()),
        Latest::Path(path) => path,
    };
    let label = path.display().to_string();
    // The state file may name the index itself.
    let index = label.strip_suffix(".index").is_some_and(|prefix| resolved.prefix.as_deref() == Some(prefix.as_ref()));
    let opened = if resolved.prefix.as_ref() == Some(path) {
        reader::prefix(scene, &label)
    } else if index {
        reader::index(scene, &label)
    } else {
        Opened::Trouble(Trouble::no_files(&label))
    };
    checkpoint::restore(scene, opened, &label)
}

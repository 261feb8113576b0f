//! `tf.train.latest_checkpoint(directory)`, and what is restored then; `CheckpointManager` does the same.

use super::reader::{self, Opened, Trouble};
use super::{Course, Exception, Scene, checkpoint};
use crate::model::{self, Resolved};

/// True if `latest_checkpoint` returns None: nothing is restored then, and nothing raised.
pub(super) fn finds_nothing(resolved: &Resolved) -> bool {
    let asked = resolved.is_directory && !resolved.is_saved_model;
    let directory = resolved.directory.as_ref().filter(|_| asked);
    directory.is_none_or(|directory| matches!(directory.latest, model::Latest::Nothing(_)))
}

/// What `latest_checkpoint` comes to.
pub(super) enum Latest<'a> {
    /// None.
    Nothing,
    /// An exception.
    Raises(Exception),
    /// A path, and what it opens as.
    Path(String, Opened<'a>),
}

/// `tf.train.latest_checkpoint(directory)`.
pub(super) fn latest<'a>(scene: &Scene<'a>) -> Latest<'a> {
    let resolved = scene.resolved;
    // A SavedModel has no state file, nor has what is no directory.
    let asked = resolved.is_directory && !resolved.is_saved_model;
    let Some(directory) = resolved.directory.as_ref().filter(|_| asked) else { return Latest::Nothing };
    let raising = |class, text| Latest::Raises(Exception::new(class, text));
    let path = match &directory.latest {
        model::Latest::Nothing(_) => return Latest::Nothing,
        model::Latest::Raises => {
            return raising("ValueError", format!("Invalid checkpoint state loaded from {}", resolved.given));
        }
        model::Latest::Garbled => return raising("UnicodeDecodeError", "'utf-8' codec can't decode byte".to_owned()),
        model::Latest::Path(path) => path,
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
    Latest::Path(label, opened)
}

pub(super) fn course(scene: &Scene) -> Course {
    match latest(scene) {
        Latest::Nothing => checkpoint::nothing(),
        Latest::Raises(exception) => Course { exception: Some(exception), ..Course::default() },
        Latest::Path(label, opened) => checkpoint::restore(scene, opened, &label),
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::Stage;
    use super::course;
    use crate::model::Latest;
    use crate::model::sample::object;

    #[test]
    fn the_state_file_decides() {
        let old = object(&[("w", "w", &[2]), ("save_counter", "save_counter", &[])]);
        let with = |latest| course(&Stage::directory(latest).scene(Some(&old), Some(&old)));
        assert_eq!(with(Latest::Path("ckpts/ckpt-4".into())).bound.len(), 2);
        let none = with(Latest::Nothing("there is no file named checkpoint"));
        assert!(none.bound.is_empty() && none.exception.is_none() && none.asserts.unwrap().nontrivial_match);
        assert_eq!(with(Latest::Raises).exception.unwrap().class, "ValueError");
        assert_eq!(with(Latest::Garbled).exception.unwrap().class, "UnicodeDecodeError");
        let index = with(Latest::Path("ckpts/ckpt-4.index".into()));
        assert!(index.bound.is_empty() && index.exception.is_none(), "an index by its own name is an empty checkpoint");
        assert_eq!(with(Latest::Path("ckpts/ckpt-5".into())).exception.unwrap().class, "NotFoundError");
    }

    #[test]
    fn what_is_no_directory_has_no_state_file() {
        let old = object(&[("w", "w", &[2])]);
        let course = course(&Stage::at("ckpts/ckpt-4").scene(Some(&old), Some(&old)));
        assert!(course.bound.is_empty() && course.exception.is_none());
    }
}

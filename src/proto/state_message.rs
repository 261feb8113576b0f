//! The `checkpoint` state file: a protobuf message in text form.

use std::sync::Arc;

use super::checkpoint_state::{CheckpointState, RepeatedCheckpointState};
use super::text::parse;
use crate::model::State;

/// Reads the text of a state file, as strictly as TensorFlow: one unknown field and it is ignored. Of a
/// singular field that is given more than once, TensorFlow takes the last value.
///
/// # Errors
/// What is wrong with the text, with its line and column.
pub(crate) fn state(file: &Arc<str>, text: &str) -> Result<State, String> {
    let message = match parse("ckpt.state.CheckpointState", text) {
        Err(error) if error.contains("is already set") => repeated(text)?,
        Err(error) => return Err(unknown_field(&error).unwrap_or(error)),
        Ok(message) => message.transcode_to().map_err(|error| error.to_string())?,
    };
    Ok(State {
        file: file.clone(),
        latest: message.model_checkpoint_path,
        all: message.all_model_checkpoint_paths,
        timestamps: message.all_model_checkpoint_timestamps,
        last_preserved: Some(message.last_preserved_timestamp).filter(|time| *time != 0.0),
    })
}

/// A field that a state file does not have, without the names that its message has here.
fn unknown_field(error: &str) -> Option<String> {
    let (before, _) = error.split_once("' not found for message")?;
    let (_, name) = before.rsplit_once("field '")?;
    Some(format!("unknown field `{name}`"))
}

fn repeated(text: &str) -> Result<CheckpointState, String> {
    let message = parse("ckpt.state.RepeatedCheckpointState", text)?;
    let message: RepeatedCheckpointState = message.transcode_to().map_err(|error| error.to_string())?;
    Ok(CheckpointState {
        model_checkpoint_path: message.model_checkpoint_path.last().cloned().unwrap_or_default(),
        all_model_checkpoint_paths: message.all_model_checkpoint_paths,
        all_model_checkpoint_timestamps: message.all_model_checkpoint_timestamps,
        last_preserved_timestamp: message.last_preserved_timestamp.last().copied().unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<State, String> {
        state(&"checkpoint".into(), text)
    }

    #[test]
    fn as_tensorflow_writes_it() {
        let state = read(
            "model_checkpoint_path: \"ckpt-2\"\nall_model_checkpoint_paths: \"ckpt-1\"\n\
             all_model_checkpoint_paths: \"ckpt-2\"\nall_model_checkpoint_timestamps: 1795208213.0277739\n\
             last_preserved_timestamp: 1795208211.8125384\n",
        )
        .unwrap();
        assert_eq!(state.latest, "ckpt-2");
        assert_eq!(state.all, ["ckpt-1", "ckpt-2"]);
        assert_eq!(state.timestamps, [1_795_208_213.027_773_9]);
    }

    #[test]
    fn every_spelling_of_a_string() {
        assert_eq!(read(r#"model_checkpoint_path: 'a\'b'"#).unwrap().latest, "a'b");
        assert_eq!(read(r#"model_checkpoint_path: "a" "b""#).unwrap().latest, "ab");
        assert_eq!(read(r#"model_checkpoint_path: "\303\244\t\\""#).unwrap().latest, "ä\t\\");
    }

    #[test]
    fn an_unknown_field_spoils_it() {
        assert!(read("model_checkpoint_path: \"a\"\nmodel: \"b\"\n").is_err());
        assert!(read("model_checkpoint_path: None").is_err());
    }

    #[test]
    fn of_a_repeated_field_the_last_value_counts() {
        let state = read(
            "model_checkpoint_path: \"a\"\nlast_preserved_timestamp: 1\nall_model_checkpoint_paths: \"a\"\n\
             model_checkpoint_path: \"b\"\nlast_preserved_timestamp: 2\nall_model_checkpoint_paths: \"b\"\n",
        )
        .unwrap();
        assert_eq!((state.latest.as_str(), state.last_preserved), ("b", Some(2.0)));
        assert_eq!(state.all, ["a", "b"]);
        assert!(read("model_checkpoint_path: \"a\"\nmodel_checkpoint_path: \"b\"\nmodel: \"c\"").is_err());
        assert!(read("model_checkpoint_path: [\"a\"]").is_err());
    }

    #[test]
    fn an_empty_file_is_a_state_that_names_nothing() {
        assert_eq!(read("").unwrap().latest, "");
    }
}

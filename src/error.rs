//! Errors: *we could not look*. They end the program with exit code 2.
//! What is wrong with a checkpoint is never an error but a [`crate::bytes::Fault`].

use std::fmt;

/// Why we could not look, and what would help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// One sentence that names the thing.
    pub message: String,
    /// What to do next: a command, a nearby path.
    pub hint: Option<String>,
}

impl Error {
    /// An error without a hint.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    /// Adds what to do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

//! Colours, where they are wanted.

use owo_colors::OwoColorize;

use crate::doctor::Severity;
use crate::view::Style;

/// Colours text, or leaves it as it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paint {
    on: bool,
}

impl Paint {
    pub fn new(style: &Style) -> Self {
        Self { on: style.color }
    }

    pub fn plain(on: bool) -> Self {
        Self { on }
    }

    pub fn bold(self, text: &str) -> String {
        if self.on { text.bold().to_string() } else { text.to_owned() }
    }

    pub fn dim(self, text: &str) -> String {
        if self.on { text.dimmed().to_string() } else { text.to_owned() }
    }

    pub fn red(self, text: &str) -> String {
        if self.on { text.red().to_string() } else { text.to_owned() }
    }

    pub fn green(self, text: &str) -> String {
        if self.on { text.green().to_string() } else { text.to_owned() }
    }

    pub fn yellow(self, text: &str) -> String {
        if self.on { text.yellow().to_string() } else { text.to_owned() }
    }

    pub fn cyan(self, text: &str) -> String {
        if self.on { text.cyan().to_string() } else { text.to_owned() }
    }

    /// In the colour of a severity.
    pub fn severity(self, severity: Severity, text: &str) -> String {
        let text = self.bold(text);
        match severity {
            Severity::Error => self.red(&text),
            Severity::Warning => self.yellow(&text),
            Severity::Info => self.cyan(&text),
        }
    }
}

//! What a rule is.

use super::facts::Facts;
use super::finding::Findings;
use crate::model::Depth;

/// One thing that can be wrong, with its manual.
#[derive(Debug)]
pub struct Rule {
    /// A letter for the family and three digits. Never reused.
    pub code: &'static str,
    /// Says what is wrong, and reads after "ignore": `data-truncated`.
    pub name: &'static str,
    /// How bad it is unless configured otherwise.
    pub severity: Severity,
    /// How deep a look it takes to see it.
    pub needs: Depth,
    /// The first version of this program that knows it.
    pub since: &'static str,
    /// How it is seen.
    pub check: Check,
    /// Its page in the book.
    pub manual: Manual,
}

impl Rule {
    /// The family that its code begins with.
    pub fn family(&self) -> Family {
        match self.code.as_bytes().first() {
            Some(b'N') => Family::NameBased,
            Some(b'O') => Family::ObjectBased,
            Some(b'K') => Family::Keras,
            Some(b'V') => Family::Values,
            Some(b'D') => Family::Distribution,
            Some(b'S') => Family::Safety,
            _ => Family::Files,
        }
    }
}

/// How a rule sees what is wrong.
#[derive(Clone, Copy, Debug)]
pub enum Check {
    /// It judges the facts.
    Facts(fn(&Facts, &mut Findings)),
    /// It judges the facts when all others have, and speaks only of what none of them told.
    Rest(fn(&Facts, &mut Findings)),
    /// It speaks for faults that reading met; `doctor/faults.rs` says for which.
    Faults,
}

/// The page of a rule. One text, many readers: `ckpt explain`, and the rule tables of other outputs.
/// Paragraphs are separated by an empty line; lines that begin with four spaces are code.
#[derive(Debug)]
pub struct Manual {
    /// What it means.
    pub means: &'static str,
    /// What TensorFlow or Keras says, in the words that people search for.
    pub you_see: &'static [&'static str],
    /// How this program knows.
    pub knows: &'static str,
    /// What to do.
    pub fix: &'static str,
    /// What not to do: remedies that go round and harm. Empty if there is none.
    pub not: &'static str,
    /// When to ignore it.
    pub ignore: &'static str,
    /// Codes of related rules.
    pub see: &'static [&'static str],
}

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// A surprise is likely.
    Warning,
    /// A restore fails or is wrong.
    Error,
}

impl Severity {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Groups of rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// Files and paths.
    Files,
    /// Restoring by name.
    NameBased,
    /// Restoring through an object graph.
    ObjectBased,
    /// What Keras does by itself.
    Keras,
    /// The numbers.
    Values,
    /// Several hosts.
    Distribution,
    /// What loading could do to you.
    Safety,
}

impl Family {
    /// A heading for it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Files => "Files and paths",
            Self::NameBased => "Restoring by name",
            Self::ObjectBased => "Restoring through an object graph",
            Self::Keras => "Keras",
            Self::Values => "Values",
            Self::Distribution => "Several hosts",
            Self::Safety => "Safety",
        }
    }
}

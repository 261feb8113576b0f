//! Which rules are asked.

use super::rule::Rule;
use super::rules;
use crate::model::Depth;

/// A choice of rules.
#[derive(Clone, Debug)]
pub struct Selection {
    chosen: Vec<bool>,
}

/// A word that names no rule, with the nearest that does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownRule {
    /// The word.
    pub word: String,
    /// The nearest code or name.
    pub near: Option<&'static str>,
}

impl Selection {
    /// Every rule.
    pub fn all() -> Self {
        Self { chosen: vec![true; rules::ALL.len()] }
    }

    /// The rules that `select` names (all if it is empty), less those that `ignore` names. A word is
    /// a code (`F015`), a name (`data-truncated`), the beginning of codes (`F`, `F01`) or `ALL`.
    ///
    /// # Errors
    /// [`UnknownRule`] for the first word that names none.
    pub fn new(select: &[String], ignore: &[String]) -> Result<Self, UnknownRule> {
        let mut chosen = vec![select.is_empty(); rules::ALL.len()];
        for (words, on) in [(select, true), (ignore, false)] {
            for word in words {
                let named = matches(word)?;
                for (mark, _) in chosen.iter_mut().zip(named).filter(|(_, named)| *named) {
                    *mark = on;
                }
            }
        }
        Ok(Self { chosen })
    }

    /// True if the rule is chosen.
    pub fn has(&self, rule: &Rule) -> bool {
        let position = rules::ALL.iter().position(|known| known.code == rule.code);
        position.and_then(|position| self.chosen.get(position)).copied().unwrap_or(false)
    }

    /// The deepest look that a chosen rule needs.
    pub fn depth(&self) -> Depth {
        let chosen = rules::ALL.iter().zip(&self.chosen).filter(|(_, chosen)| **chosen);
        chosen.map(|(rule, _)| rule.needs).max().unwrap_or(Depth::Index)
    }
}

fn matches(word: &str) -> Result<Vec<bool>, UnknownRule> {
    let code = word.to_ascii_uppercase();
    let is =
        |rule: &&'static Rule| code == "ALL" || rule.name == word || (!code.is_empty() && rule.code.starts_with(&code));
    let named: Vec<bool> = rules::ALL.iter().map(is).collect();
    if named.iter().any(|named| *named) {
        Ok(named)
    } else {
        Err(UnknownRule { word: word.to_owned(), near: nearest(word) })
    }
}

/// The code or name that is most like a word.
fn nearest(word: &str) -> Option<&'static str> {
    let words = rules::ALL.iter().flat_map(|rule| [rule.code, rule.name]);
    let scored = words.map(|known| (strsim::jaro_winkler(known, word), known));
    scored.filter(|(score, _)| *score > 0.75).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, known)| known)
}

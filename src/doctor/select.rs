//! Which rules are asked, and how bad what they say is.

use super::rule::{Rule, Severity};
use super::rules;
use crate::model::{Depth, NameGlob};

/// A choice of rules.
#[derive(Clone, Debug)]
pub struct Selection {
    chosen: Vec<bool>,
    /// Of each rule how bad what it says is, if that is not left to it.
    levels: Vec<Option<Severity>>,
    /// Variables that may be missing in a restore.
    allowed: Vec<NameGlob>,
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
        Self { chosen: vec![true; rules::ALL.len()], levels: vec![None; rules::ALL.len()], allowed: Vec::new() }
    }

    /// The rules that `select` names (all if it is empty), less those that `ignore` names. A word is
    /// a code (`F015`), a name (`data-truncated`), the beginning of codes (`F`, `F01`) or `ALL`.
    ///
    /// # Errors
    /// [`UnknownRule`] for the first word that names none.
    pub fn new(select: &[String], ignore: &[String]) -> Result<Self, UnknownRule> {
        let mut selection = Self { chosen: vec![select.is_empty(); rules::ALL.len()], ..Self::all() };
        for (words, on) in [(select, true), (ignore, false)] {
            words.iter().try_for_each(|word| selection.choose(word, on))?;
        }
        Ok(selection)
    }

    /// Chooses the rules that a word names, or leaves them out.
    ///
    /// # Errors
    /// [`UnknownRule`] if it names none.
    pub fn choose(&mut self, word: &str, on: bool) -> Result<(), UnknownRule> {
        for (mark, _) in self.chosen.iter_mut().zip(matches(word)?).filter(|(_, named)| *named) {
            *mark = on;
        }
        Ok(())
    }

    /// Settles how bad it is what the rules say that words name; of several words the nearest one counts.
    ///
    /// # Errors
    /// [`UnknownRule`] for a word that names none.
    pub fn level<'a>(&mut self, levels: impl Iterator<Item = (&'a str, Severity)>) -> Result<(), UnknownRule> {
        let mut levels: Vec<(&str, Severity)> = levels.collect();
        levels.sort_by_key(|(word, _)| nearness(word));
        for (word, severity) in levels {
            for (level, _) in self.levels.iter_mut().zip(matches(word)?).filter(|(_, named)| *named) {
                *level = Some(severity);
            }
        }
        Ok(())
    }

    /// Lets variables be missing in a restore: that is worth knowing then, and no more.
    pub fn allow(&mut self, names: impl IntoIterator<Item = NameGlob>) {
        self.allowed.extend(names);
    }

    /// How bad what a rule says is, if that is not left to the rule.
    pub(super) fn severity(&self, rule: &Rule) -> Option<Severity> {
        self.levels.get(position(rule)?).copied().flatten()
    }

    /// True if a variable may be missing in a restore.
    pub(super) fn allows(&self, name: &str) -> bool {
        self.allowed.iter().any(|glob| glob.matches(name))
    }

    /// True if the rule is chosen.
    pub fn has(&self, rule: &Rule) -> bool {
        position(rule).and_then(|position| self.chosen.get(position)).copied().unwrap_or(false)
    }

    /// The deepest look that a chosen rule needs.
    pub fn depth(&self) -> Depth {
        let chosen = rules::ALL.iter().zip(&self.chosen).filter(|(_, chosen)| **chosen);
        chosen.map(|(rule, _)| rule.needs).max().unwrap_or(Depth::Index)
    }
}

/// Where a rule stands in the register, which holds each once: so its place in memory tells it.
fn position(rule: &Rule) -> Option<usize> {
    rules::ALL.iter().position(|known| std::ptr::eq(*known, rule))
}

/// A code is nearer than the beginning of codes, and that nearer than a word for all.
fn nearness(word: &str) -> usize {
    let is_name = rules::ALL.iter().any(|rule| rule.name == word);
    match word.to_ascii_uppercase().as_str() {
        _ if is_name => usize::MAX,
        "ALL" => 0,
        code => code.len(),
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

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(code: &str) -> &'static Rule {
        rules::ALL.iter().find(|rule| rule.code == code).unwrap()
    }

    #[test]
    fn words_add_up() {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let selection = Selection::new(&words(&["F", "nan-inf"]), &words(&["F01"])).unwrap();
        let has = |code| selection.has(rule(code));
        assert!(has("F001") && has("V001") && !has("F015") && !has("V002"));
        let unknown = Selection::new(&words(&["nan-inv"]), &[]).unwrap_err();
        assert_eq!(unknown.near, Some("nan-inf"));
    }

    #[test]
    fn the_nearest_word_says_how_bad() {
        let mut selection = Selection::all();
        let levels = [("V001", Severity::Info), ("ALL", Severity::Error), ("V", Severity::Warning)];
        selection.level(levels.into_iter()).unwrap();
        let of = |selection: &Selection, code| selection.severity(rule(code)).unwrap();
        let all = ["V001", "V002", "F015"].map(|code| of(&selection, code));
        assert_eq!(all, [Severity::Info, Severity::Warning, Severity::Error]);
        selection.level([("nan-inf", Severity::Error)].into_iter()).unwrap();
        assert_eq!(of(&selection, "V001"), Severity::Error, "what is said later counts more");
    }
}

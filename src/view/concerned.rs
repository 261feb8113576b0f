//! Which variables a finding is about, beside those that its own lines name: a name is said once.

use std::collections::HashSet;

use crate::doctor::Finding;

/// The variables of a finding that none of its lines names.
pub(super) struct Concerned<'a> {
    /// In their order; not yet cleaned.
    pub names: Vec<&'a str>,
    /// True if others of its variables are named.
    pub besides: bool,
}

impl<'a> Concerned<'a> {
    /// Those of this finding; none if all are named, or there are none.
    pub fn of(finding: &'a Finding) -> Option<Self> {
        let lines = std::iter::once(&finding.message).chain(&finding.evidence);
        let words = lines.flat_map(|line| line.split([' ', ','])).flat_map(|word| [word, word.trim_end_matches(':')]);
        let said: HashSet<&str> = words.collect();
        let names = finding.variables.iter().map(String::as_str).filter(|name| !said.contains(name));
        let names: Vec<&str> = names.collect();
        let besides = names.len() < finding.variables.len();
        (!names.is_empty()).then_some(Self { names, besides })
    }

    /// What stands in front of them.
    pub fn title(&self) -> &'static str {
        if self.besides { "other variables" } else { "variables" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::sample;

    #[test]
    fn names_are_said_once() {
        let finding = |names: &[&str]| {
            let names = names.iter().map(|name| (*name).to_owned()).collect();
            let finding = sample::finding("NaN in a/b: 1 of 4", "dir").variables(names);
            finding.evidence("c -> would fill d   [4, 4]").evidence("no value for: e, f and 3 more")
        };
        let told = |names: &[&str]| Concerned::of(&finding(names)).map(|told| (told.names.join(" "), told.title()));
        assert_eq!(told(&["a/b", "c", "d", "e", "f"]), None);
        assert_eq!(told(&["x", "a", "b"]), Some(("x a b".to_owned(), "variables")), "a part of a name is not it");
        assert_eq!(told(&["e", "g", "h"]), Some(("g h".to_owned(), "other variables")));
        assert_eq!(told(&[]), None);
    }
}

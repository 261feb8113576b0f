//! Patterns over names of variables, and over paths.

use std::path::Path;

use globset::{GlobBuilder, GlobSet};

use super::leaf;

/// How deep braces may be nested. What comes of them is walked by recursion.
const NESTED: usize = 16;

/// A pattern as `**/old/*`; `*` stays within a part between slashes.
#[derive(Clone, Debug)]
pub struct PathGlob {
    text: String,
    set: GlobSet,
}

impl PathGlob {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(text: &str) -> Result<Self, String> {
        let mut open = 0usize;
        for byte in text.bytes() {
            match byte {
                b'{' => open = open.saturating_add(1),
                b'}' => open = open.saturating_sub(1),
                _ => {}
            }
            if open > NESTED {
                return Err(format!("braces are nested more than {NESTED} deep"));
            }
        }
        let reason = |error: globset::Error| error.kind().to_string();
        let glob = GlobBuilder::new(text).literal_separator(true).build().map_err(reason)?;
        // A set of one: a single matcher takes for granted that no pattern is too large for it.
        Ok(Self { text: text.to_owned(), set: GlobSet::builder().add(glob).build().map_err(reason)? })
    }

    /// As it was written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// True if a path matches.
    pub fn matches(&self, path: &Path) -> bool {
        self.set.is_match(path)
    }
}

/// A pattern as `**/kernel` or `bias`; `*` stays within a scope.
#[derive(Clone, Debug)]
pub struct NameGlob(PathGlob);

impl NameGlob {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(text: &str) -> Result<Self, String> {
        PathGlob::new(text).map(Self)
    }

    /// True if a name matches. As in .gitignore, a pattern without a slash is about the last part of it.
    pub fn matches(&self, name: &str) -> bool {
        self.0.matches(name.as_ref()) || !self.0.text().contains('/') && self.0.matches(leaf(name).as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_borders() {
        let matches = |glob: &str, name: &str| NameGlob::new(glob).unwrap().matches(name);
        assert!(matches("kernel", "a/b/kernel") && matches("k*", "a/b/kernel"));
        assert!(matches("**/kernel", "a/b/kernel") && matches("a/**", "a/b/kernel"));
        assert!(!matches("a/*", "a/b/kernel") && !matches("b/kernel", "a/b/kernel"));
        assert!(NameGlob::new("[").is_err());
    }

    #[test]
    fn what_is_too_large_is_refused() {
        let nested = |depth: usize| "{".repeat(depth) + "a" + &"}".repeat(depth);
        assert!(NameGlob::new(&nested(NESTED)).unwrap().matches("a"));
        assert!(NameGlob::new(&nested(NESTED + 1)).is_err());
        assert!(NameGlob::new(&nested(1 << 20)).is_err());
        assert!(NameGlob::new(&"[a-z]*".repeat(1 << 20)).is_err());
    }
}

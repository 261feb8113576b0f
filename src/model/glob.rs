//! Patterns over names of variables.

use globset::{GlobBuilder, GlobMatcher};

use super::leaf;

/// A pattern as `**/kernel` or `bias`; `*` stays within a scope.
#[derive(Clone, Debug)]
pub struct NameGlob(GlobMatcher);

impl NameGlob {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(text: &str) -> Result<Self, String> {
        let built = GlobBuilder::new(text).literal_separator(true).build();
        built.map(|glob| Self(glob.compile_matcher())).map_err(|error| error.kind().to_string())
    }

    /// True if a name matches. As in .gitignore, a pattern without a slash is about the last part of it.
    pub fn matches(&self, name: &str) -> bool {
        self.0.is_match(name) || !self.0.glob().glob().contains('/') && self.0.is_match(leaf(name))
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
}

//! Names and keys, many of which share one piece of memory.
//!
//! A checkpoint has as many of them as tensors. Each in an allocation of its own, and again as a name,
//! they were most of the memory that listing a wide checkpoint touched.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::{Deref, Range};
use std::sync::Arc;

/// Text that is cheap to clone; used as a `str`.
#[derive(Clone)]
pub struct Text {
    /// The box within makes the pointer thin: there are two of these for each tensor.
    arena: Arc<Box<str>>,
    start: u32,
    end: u32,
}

impl Text {
    /// A part of `arena`; none if it is no part of it, or lies beyond 4 GiB.
    pub fn cut(arena: &Arc<Box<str>>, range: Range<usize>) -> Option<Self> {
        arena.get(range.clone())?;
        let (start, end) = (u32::try_from(range.start).ok()?, u32::try_from(range.end).ok()?);
        Some(Self { arena: arena.clone(), start, end })
    }

    /// The text as a `str`.
    pub fn as_str(&self) -> &str {
        self.arena.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

impl From<&str> for Text {
    fn from(text: &str) -> Self {
        // No file that is read has a name of 4 GiB; of one that was made up, less would be kept.
        Self { arena: Arc::new(text.into()), start: 0, end: u32::try_from(text.len()).unwrap_or(u32::MAX) }
    }
}

impl From<String> for Text {
    fn from(text: String) -> Self {
        text.as_str().into()
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        self
    }
}

impl Borrow<str> for Text {
    fn borrow(&self) -> &str {
        self
    }
}

impl PartialEq for Text {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Text {}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl PartialEq<String> for Text {
    fn eq(&self, other: &String) -> bool {
        self.as_str() == other
    }
}

impl PartialOrd for Text {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Text {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other)
    }
}

impl Hash for Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self)
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_one_piece() {
        let arena: Arc<Box<str>> = Arc::new("ab層".into());
        assert_eq!(Text::cut(&arena, 1..5).unwrap(), "b層");
        assert_eq!(Text::cut(&arena, 0..0).unwrap(), "");
        assert!(Text::cut(&arena, 0..3).is_none(), "within a character");
        assert!(Text::cut(&arena, 4..6).is_none(), "beyond the end");
    }
}

//! What a manual says that one would see, as a pattern.

use memchr::memmem;

/// Bytes that a placeholder stands for at the most: a key, a path, a list of variables.
const HOLE: usize = 400;
/// Bytes that `...` stands for at the most.
const GAP: usize = 2000;
/// Letters of its own that a pattern has at the least: fewer prove nothing.
const LETTERS: usize = 9;

/// What stands in the place of a placeholder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capture {
    /// The placeholder's name.
    pub name: &'static str,
    /// The text.
    pub text: String,
}

/// A pattern: text and holes in turn.
#[derive(Debug)]
pub(super) struct Template {
    /// What stands before the first text.
    before: Hole,
    /// Each text with what follows it.
    pieces: Vec<(String, Hole)>,
}

/// What stands between two texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hole {
    Nothing,
    Named(&'static str),
    Gap,
}

/// Where a pattern was found.
pub(super) struct Found {
    pub start: usize,
    pub end: usize,
    /// From its first text to its last.
    pub core: (usize, usize),
    pub captures: Vec<Capture>,
}

impl Template {
    /// The pattern of a line of a manual. None for one that is no text of an error.
    pub fn new(line: &'static str) -> Option<Self> {
        if line.starts_with("nothing") || line.starts_with("{nothing") {
            return None;
        }
        let mut template = Self { before: Hole::Nothing, pieces: Vec::new() };
        let mut text = String::new();
        let mut rest = without_class(line);
        while !rest.is_empty() {
            let (hole, length) = hole_at(rest);
            if hole == Hole::Nothing {
                let mut characters = rest.chars();
                text.extend(characters.next());
                rest = characters.as_str();
                continue;
            }
            rest = rest.get(length..).unwrap_or_default();
            template.close(&mut text, hole);
        }
        template.close(&mut text, Hole::Nothing);
        (template.weight() >= LETTERS).then_some(template)
    }

    /// Ends a text with the hole behind it.
    fn close(&mut self, text: &mut String, hole: Hole) {
        let spelt = super::spelt(&std::mem::take(text));
        let words = spelt.split_whitespace().collect::<Vec<_>>().join(" ");
        match (words.is_empty(), self.pieces.last_mut()) {
            // White space at holes is left to them.
            (true, Some((_, last))) if hole != Hole::Nothing => *last = Hole::Gap,
            (true, None) => self.before = hole,
            (true, _) => {}
            (false, _) => self.pieces.push((words, hole)),
        }
    }

    /// Letters and digits of its own.
    pub fn weight(&self) -> usize {
        self.pieces.iter().flat_map(|(text, _)| text.chars()).filter(|c| c.is_alphanumeric()).count()
    }

    /// Every place where a text has it.
    pub fn find_all<'a>(&'a self, text: &'a str) -> impl Iterator<Item = Found> + 'a {
        let first = self.pieces.first().map_or("", |(first, _)| first.as_str());
        let mut from = 0usize;
        std::iter::from_fn(move || {
            loop {
                let at = from.checked_add(memmem::find(text.as_bytes().get(from..)?, first.as_bytes())?)?;
                from = at.checked_add(first.len().max(1))?;
                if let Some(found) = self.find_at(text, at) {
                    from = from.max(found.core.1);
                    return Some(found);
                }
            }
        })
    }

    /// Tries it where its first text stands.
    fn find_at(&self, text: &str, at: usize) -> Option<Found> {
        let mut captures = Vec::new();
        let mut start = at;
        if let Hole::Named(name) = self.before {
            let word = text.get(..at)?.trim_end().rsplit(' ').next().unwrap_or_default();
            start = text.get(..at)?.trim_end().len().checked_sub(word.len())?;
            capture(name, word, &mut captures);
        }
        let mut end = at;
        let mut pieces = self.pieces.iter().peekable();
        while let Some((piece, hole)) = pieces.next() {
            end = end.checked_add(piece.len())?;
            let Some((next, _)) = pieces.peek() else { break };
            let most = if *hole == Hole::Gap { GAP } else { HOLE };
            let room = text.as_bytes().get(end..)?;
            let window = room.get(..most.saturating_add(next.len())).unwrap_or(room);
            let length = memmem::find(window, next.as_bytes())?;
            let stop = end.checked_add(length)?;
            let within = text.get(end..stop)?;
            // Where the text before the hole stands again in it, the error begins later.
            if *hole != Hole::Gap && (within.trim().is_empty() || within.contains(piece.as_str())) {
                return None;
            }
            if let Hole::Named(name) = hole {
                capture(name, within, &mut captures);
            }
            end = stop;
        }
        let core = (at, end);
        if let Some((_, Hole::Named(name))) = self.pieces.last() {
            let word = text.get(end..)?.trim_start().split(' ').next().unwrap_or_default();
            capture(name, word, &mut captures);
            let skipped = text.get(end..)?.len().checked_sub(text.get(end..)?.trim_start().len())?;
            end = end.checked_add(skipped)?.checked_add(word.len())?;
        }
        Some(Found { start, end, core, captures })
    }
}

fn capture(name: &'static str, text: &str, captures: &mut Vec<Capture>) {
    let text = text.trim().trim_matches('\'').trim_end_matches(['.', ',', ';', ':']);
    if !text.is_empty() {
        captures.push(Capture { name, text: text.to_owned() });
    }
}

/// A line without the class of the exception in front, which not every log has.
fn without_class(line: &'static str) -> &'static str {
    let is_class = |word: &str| {
        let ends = ["Error", "Warning", "BadZipFile", "Exception"].iter().any(|end| word.ends_with(end));
        ends && word.chars().all(|c| c.is_alphanumeric() || c == '.' || c == '_')
    };
    match line.split_once(": ") {
        Some((class, rest)) if is_class(class) => rest,
        _ => line,
    }
}

/// The hole with which a line goes on, and its length.
fn hole_at(line: &'static str) -> (Hole, usize) {
    if let Some(name) = line.strip_prefix('{').and_then(|rest| rest.split('}').next())
        && !name.is_empty()
        && name.chars().all(|c| c.is_ascii_alphabetic() || c == '_')
    {
        return (Hole::Named(name), name.len().saturating_add(2));
    }
    if line.starts_with("...") {
        return (Hole::Gap, 3);
    }
    // The numbers of data files are those of an example.
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 5 { (Hole::Named("number"), digits) } else { (Hole::Nothing, 0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(line: &'static str, text: &str) -> Option<Vec<(&'static str, String)>> {
        let template = Template::new(line)?;
        let found = template.find_all(text).next()?;
        Some(found.captures.into_iter().map(|capture| (capture.name, capture.text)).collect())
    }

    #[test]
    fn holes() {
        let key = "NotFoundError: Key {key} not found in checkpoint";
        assert_eq!(found(key, "Key a/b not found in checkpoint").unwrap(), [("key", "a/b".to_owned())]);
        let later = "Key of the thing. Key a not found in checkpoint";
        assert_eq!(found(key, later).unwrap(), [("key", "a".to_owned())], "the nearest");
        assert!(found(key, &format!("Key {} not found in checkpoint", "x".repeat(500))).is_none(), "too far");
        let ends = "{path}; No such file or directory: {b}";
        let wanted = [("path", "x/y".to_owned()), ("b", "end".to_owned())];
        assert_eq!(found(ends, "so x/y; No such file or directory: end").unwrap(), wanted);
        assert!(found("first thing ... second thing", "first thing and then the second thing").is_some());
        let numbers = "{prefix}.data-00000-of-00001; No such file";
        assert_eq!(found(numbers, "d/c.data-00002-of-00007; No such file").unwrap()[0], ("prefix", "d/c".to_owned()));
    }

    #[test]
    fn what_is_no_error() {
        assert!(Template::new("nothing, with expect_partial()").is_none());
        assert!(Template::new("{nothing}").is_none());
        assert!(Template::new("{path}; no").is_none());
    }
}

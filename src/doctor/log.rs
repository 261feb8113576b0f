//! Errors of TensorFlow and Keras in text that somebody pasted: which rules know them, and what they name.
//!
//! The manuals of the rules are the patterns: what a rule says that one would see, with `{name}` for what
//! differs from case to case and `...` for what is left out.

mod template;
mod verdict;

use std::sync::LazyLock;

use memchr::memmem;

use self::template::{Capture, Template};
use super::rule::Rule;
use super::rules;

pub use verdict::{Judged, Verdict, judge};

/// Errors of one text that are told apart; a log that repeats more has nothing new in it.
const ERRORS: usize = 20;
/// Rules that are named for one error.
const RULES: usize = 4;
/// Bytes of an error's text that are quoted.
const QUOTED: usize = 400;

/// An error that rules know.
#[derive(Clone, Debug)]
pub struct KnownError {
    /// The line in which it begins, from 1.
    pub line: usize,
    /// How often the text has it, with these names or others.
    pub times: usize,
    /// Its text, as far as it was recognised.
    pub text: String,
    /// The rules that know it, the most specific first.
    pub rules: Vec<Known>,
}

impl KnownError {
    fn codes(&self) -> Vec<&'static str> {
        self.rules.iter().map(|known| known.rule.code).collect()
    }
}

/// A rule that knows an error.
#[derive(Clone, Debug)]
pub struct Known {
    /// Which.
    pub rule: &'static Rule,
    /// What the text names, by the words of the manual: `key`, `path`, `stored`.
    pub captures: Vec<Capture>,
    /// Letters of the manual that were found.
    weight: usize,
    /// Where the manual has them: what it names first is what the rule is mostly met as.
    position: usize,
}

static TEMPLATES: LazyLock<Vec<(&'static Rule, usize, Template)>> = LazyLock::new(|| {
    let of_rule = |rule: &&'static Rule| {
        let rule = *rule;
        rule.manual.you_see.iter().enumerate().map(move |(position, line)| (rule, position, *line))
    };
    let lines = rules::ALL.iter().flat_map(of_rule);
    lines.filter_map(|(rule, position, line)| Some((rule, position, Template::new(line)?))).collect()
});

/// One place where a text says what a manual does.
struct Hit {
    rule: &'static Rule,
    position: usize,
    start: usize,
    end: usize,
    /// Without the names at its ends, which say nothing of where an error begins.
    core: (usize, usize),
    weight: usize,
    captures: Vec<Capture>,
}

/// The errors in a text, in its order, each once.
pub fn known_errors(text: &str) -> Vec<KnownError> {
    let plain = Plain::new(text);
    let mut hits: Vec<Hit> = Vec::new();
    for (rule, position, template) in TEMPLATES.iter() {
        hits.extend(template.find_all(&plain.text).map(|found| Hit {
            rule,
            position: *position,
            start: found.start,
            end: found.end,
            core: found.core,
            weight: template.weight(),
            captures: found.captures,
        }));
    }
    hits.sort_by_key(|hit| (hit.core.0, std::cmp::Reverse(hit.core.1)));
    let mut errors: Vec<KnownError> = Vec::new();
    let mut rest = hits.into_iter().peekable();
    while let Some(first) = rest.next() {
        let mut end = first.core.1;
        let mut group = vec![first];
        while let Some(hit) = rest.next_if(|hit| hit.core.0 < end) {
            end = end.max(hit.core.1);
            group.push(hit);
        }
        let error = plain.error(group);
        match errors.iter_mut().find(|known| known.codes() == error.codes()) {
            Some(known) => known.times = known.times.saturating_add(1),
            None => errors.push(error),
        }
        if errors.len() >= ERRORS {
            break;
        }
    }
    errors
}

/// A text without what terminals and wrapping put into it, with the lines that its parts come from.
struct Plain {
    text: String,
    /// Where each line begins.
    lines: Vec<usize>,
}

impl Plain {
    fn new(text: &str) -> Self {
        let mut plain = Self { text: String::with_capacity(text.len()), lines: Vec::new() };
        for line in text.lines() {
            plain.lines.push(plain.text.len());
            for word in spelt(&without_escapes(line)).split_whitespace() {
                plain.text.push_str(word);
                plain.text.push(' ');
            }
        }
        plain
    }

    fn error(&self, hits: Vec<Hit>) -> KnownError {
        let start = hits.iter().map(|hit| hit.start).min().unwrap_or(0);
        let end = hits.iter().map(|hit| hit.end).max().unwrap_or(0);
        let line = self.lines.partition_point(|begin| *begin <= start).max(1);
        let mut rules: Vec<Known> = Vec::new();
        for hit in hits {
            match rules.iter_mut().find(|known| known.rule.code == hit.rule.code) {
                Some(known) => {
                    known.weight = known.weight.saturating_add(hit.weight);
                    known.position = known.position.min(hit.position);
                    known.captures.extend(hit.captures);
                }
                None => rules.push(Known {
                    rule: hit.rule,
                    captures: hit.captures,
                    weight: hit.weight,
                    position: hit.position,
                }),
            }
        }
        rules.sort_by_key(|known| (std::cmp::Reverse(known.weight), known.position));
        rules.truncate(RULES);
        let text = self.text.get(start..end).unwrap_or_default().trim();
        let cut = text.char_indices().nth(QUOTED).map(|(at, _)| at);
        let text = cut.map_or(text.to_owned(), |cut| format!("{}...", text.get(..cut).unwrap_or_default()));
        KnownError { line, times: 1, text, rules }
    }
}

/// A line without the sequences that colour it.
fn without_escapes(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = memmem::find(rest.as_bytes(), b"\x1b[") {
        plain.push_str(rest.get(..at).unwrap_or_default());
        let behind = rest.get(at.saturating_add(2)..).unwrap_or_default();
        let end = behind.find(|c: char| c.is_ascii_alphabetic());
        rest = end.and_then(|end| behind.get(end.saturating_add(1)..)).unwrap_or_default();
    }
    plain.push_str(rest);
    plain.replace(|c: char| c.is_control() && !c.is_whitespace(), "")
}

/// One kind of quotation mark, and no backticks: versions differ in these.
fn spelt(text: &str) -> String {
    text.replace('`', "").replace(['"', '‘', '’', '“', '”'], "'")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(text: &str) -> Vec<Vec<&'static str>> {
        known_errors(text).iter().map(|error| error.rules.iter().map(|known| known.rule.code).collect()).collect()
    }

    fn captures(text: &str, code: &str) -> Vec<(String, String)> {
        let errors = known_errors(text);
        let known = errors.iter().flat_map(|error| &error.rules).find(|known| known.rule.code == code).unwrap();
        known.captures.iter().map(|capture| (capture.name.to_owned(), capture.text.clone())).collect()
    }

    fn pair(name: &str, text: &str) -> (String, String) {
        (name.to_owned(), text.to_owned())
    }

    #[test]
    fn what_the_text_names() {
        let text = "Traceback\nValueError: Received incompatible tensor with shape (3, 3, 4, 4) when attempting to \
                    restore variable with shape (5, 5, 4, 4) and name conv2/kernel:0.";
        assert!(codes(text)[0].contains(&"O006"), "{:?}", codes(text));
        let named = captures(text, "O006");
        let wanted = [pair("stored", "(3, 3, 4, 4)"), pair("new", "(5, 5, 4, 4)"), pair("name", "conv2/kernel:0")];
        assert_eq!(named, wanted);
        let key =
            "Node: 'save/RestoreV2'\nKey fc1/bias/Momentum not found in checkpoint\n\t [[{{node save/RestoreV2}}]]";
        assert_eq!(codes(key)[0][0], "N005");
        assert_eq!(captures(key, "N005"), [pair("variable", "fc1/bias")]);
    }

    #[test]
    fn colours_prefixes_and_wrapped_lines() {
        let text = "epoch 3\n2026-01-02 03:04:05.6: W tensorflow/core/framework/op.cc:1] \x1b[31mOutOfRangeError\x1b[0m: Read \
                    less\n  bytes than requested";
        let errors = known_errors(text);
        assert_eq!((errors.len(), errors[0].line), (1, 2));
        assert!(errors[0].text.contains("Read less bytes than requested"), "{}", errors[0].text);
        assert_eq!(errors[0].rules[0].rule.code, "F015");
    }

    #[test]
    fn the_most_specific_first_and_each_error_once() {
        let one = "old/ckpt-1.data-00001-of-00003; No such file or directory\nYou may be missing the checkpoint suffix";
        assert_eq!(codes(one)[0][0], "F008");
        let twice = "Read less bytes than requested\n".repeat(500) + "not an sstable (bad magic number)\n";
        assert_eq!(known_errors(&twice).len(), 2);
    }

    #[test]
    fn text_without_an_error() {
        for text in
            ["", "Epoch 1/3\n100/100 - loss: 0.3 - accuracy: 0.9\nnothing to see", "NotFoundError", "KeyError: 'x'"]
        {
            assert!(codes(text).is_empty(), "{text}: {:?}", codes(text));
        }
    }
}

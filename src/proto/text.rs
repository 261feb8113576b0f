//! Messages in protobuf's text form.

use std::sync::LazyLock;

use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, Kind, MessageDescriptor};

use crate::bytes::limits;

/// The descriptors of one file of `proto/`. Decoding them takes time, so each is decoded only if it is asked.
type Pool = LazyLock<Option<DescriptorPool>>;

static STATE: Pool = LazyLock::new(|| {
    DescriptorPool::decode(include_bytes!(concat!(env!("OUT_DIR"), "/checkpoint_state.bin")).as_slice()).ok()
});

static GRAPHS: Pool = LazyLock::new(|| {
    DescriptorPool::decode(include_bytes!(concat!(env!("OUT_DIR"), "/meta_graph.bin")).as_slice()).ok()
});

fn descriptor(name: &str) -> Result<MessageDescriptor, String> {
    let pool = if name.starts_with("ckpt.state.") { &STATE } else { &GRAPHS };
    pool.as_ref().and_then(|pool| pool.get_message_by_name(name)).ok_or_else(|| "no descriptor".to_owned())
}

/// Reads a message of which every field is declared in `proto/`.
///
/// # Errors
/// What is wrong with the text, with its line and column.
pub(super) fn parse(name: &str, text: &str) -> Result<DynamicMessage, String> {
    DynamicMessage::parse_text_format(descriptor(name)?, text).map_err(|error| error.to_string())
}

/// The binary form of a message of which only some fields are declared in `proto/`; without the others.
///
/// # Errors
/// As [`parse`]; also if there is too much of it.
pub(crate) fn binary(name: &str, text: &str) -> Result<Vec<u8>, String> {
    Ok(parse(name, &Pruning::new(text).known(descriptor(name)?)?)?.encode_to_vec())
}

/// What a token of the text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    Open,
    Close,
    Bracket,
    CloseBracket,
    Colon,
    /// `,` or `;`, which may stand between fields.
    Separator,
    Text,
    Word,
}

/// Blanks out unknown fields; so what is left keeps its lines and columns.
struct Pruning<'a> {
    text: &'a str,
    at: usize,
    /// Up to where the text has been written.
    done: usize,
    /// Bytes that were not blanked out.
    kept: usize,
    out: Vec<u8>,
}

impl<'a> Pruning<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, at: 0, done: 0, kept: 0, out: Vec::with_capacity(text.len()) }
    }

    /// The text with fields unknown to `root`, and to the messages in it, blanked out.
    fn known(mut self, root: MessageDescriptor) -> Result<String, String> {
        let mut messages = vec![root];
        while let Some((token, start)) = self.next() {
            match token {
                Token::Word => {
                    let field = self
                        .text
                        .get(start..self.at)
                        .and_then(|name| messages.last().and_then(|message| message.get_field_by_name(name)));
                    match field.map(|field| field.kind()) {
                        Some(Kind::Message(message)) if self.opens() => messages.push(message),
                        // Whatever it is, the parser reads it or refuses it.
                        Some(_) => self.skip_value(),
                        None => {
                            self.skip_value();
                            self.blank(start);
                        }
                    }
                }
                // The name of an extension, of which none is declared.
                Token::Bracket => {
                    self.skip_nested();
                    self.skip_value();
                    self.blank(start);
                }
                Token::Close if messages.len() > 1 => {
                    messages.pop();
                }
                // Anything else is for the parser to refuse, or to allow.
                _ => {}
            }
        }
        self.keep(self.text.len());
        if self.kept > limits::GRAPH_TEXT {
            return Err(format!("{} bytes of text are more than are read", self.kept));
        }
        String::from_utf8(self.out).map_err(|error| error.to_string())
    }

    /// Into a message, if that is the value of the field whose name has been read.
    fn opens(&mut self) -> bool {
        self.pass(Token::Colon);
        self.pass(Token::Open)
    }

    /// Past the value of a field, whose name has been read.
    fn skip_value(&mut self) {
        self.pass(Token::Colon);
        match self.peek() {
            Some(Token::Open | Token::Bracket) => {
                self.next();
                self.skip_nested();
            }
            Some(Token::Text) => while self.pass(Token::Text) {},
            Some(Token::Word) => {
                let start = self.at;
                self.next();
                // A sign may stand apart from its number.
                if self.text.get(start..self.at).is_some_and(|word| word.trim_start() == "-") {
                    self.pass(Token::Word);
                }
            }
            _ => {}
        }
    }

    /// Past the end of what has just been opened.
    fn skip_nested(&mut self) {
        let mut depth = 1usize;
        while depth > 0 {
            match self.next() {
                Some((Token::Open | Token::Bracket, _)) => depth = depth.saturating_add(1),
                Some((Token::Close | Token::CloseBracket, _)) => depth = depth.saturating_sub(1),
                Some(_) => {}
                None => return,
            }
        }
    }

    /// Writes what lies before `end` as it is.
    fn keep(&mut self, end: usize) {
        let kept = self.text.as_bytes().get(self.done..end).unwrap_or_default();
        self.out.extend_from_slice(kept);
        self.kept = self.kept.saturating_add(kept.len());
        self.done = end;
    }

    /// Writes blanks for everything from `start` up to here, but leaves the ends of lines.
    fn blank(&mut self, start: usize) {
        self.keep(start);
        let blanked = self.text.as_bytes().get(start..self.at).unwrap_or_default();
        self.out.extend(blanked.iter().map(|byte| if *byte == b'\n' { b'\n' } else { b' ' }));
        self.done = self.at;
    }

    /// Past the next token if it is of this kind.
    fn pass(&mut self, token: Token) -> bool {
        let is_next = self.peek() == Some(token);
        if is_next {
            self.next();
        }
        is_next
    }

    fn peek(&mut self) -> Option<Token> {
        let at = self.at;
        let token = self.next();
        self.at = at;
        token.map(|(token, _)| token)
    }

    /// The next token and where it begins; none at the end.
    fn next(&mut self) -> Option<(Token, usize)> {
        let bytes = self.text.as_bytes();
        let mut rest = bytes.get(self.at..)?;
        loop {
            let blanks = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            rest = rest.get(blanks..)?;
            if rest.first() != Some(&b'#') {
                break;
            }
            rest = rest.get(memchr::memchr(b'\n', rest)?..)?;
        }
        let start = bytes.len().checked_sub(rest.len())?;
        let (token, length) = match *rest.first()? {
            b'{' | b'<' => (Token::Open, 1),
            b'}' | b'>' => (Token::Close, 1),
            b'[' => (Token::Bracket, 1),
            b']' => (Token::CloseBracket, 1),
            b':' => (Token::Colon, 1),
            b',' | b';' => (Token::Separator, 1),
            quote @ (b'"' | b'\'') => (Token::Text, literal(rest, quote)),
            _ => (Token::Word, rest.iter().take_while(|byte| !ends_word(**byte)).count()),
        };
        self.at = start.saturating_add(length);
        Some((token, start))
    }
}

fn ends_word(byte: u8) -> bool {
    byte.is_ascii_whitespace() || b"{}<>[]:,;#\"'".contains(&byte)
}

/// Bytes of a literal with its quotes; all that is left if the second one is missing.
fn literal(rest: &[u8], quote: u8) -> usize {
    let mut escaped = false;
    let end = rest.iter().skip(1).position(|byte| {
        let ends = !escaped && *byte == quote;
        escaped = !escaped && *byte == b'\\';
        ends
    });
    end.map_or(rest.len(), |end| end.saturating_add(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pruned(text: &str) -> String {
        Pruning::new(text).known(descriptor("ckpt.meta_graph.MetaGraphDef").unwrap()).unwrap()
    }

    #[test]
    fn known_fields_stay_where_they_are() {
        let text =
            "meta_info_def {\n  tags: \"a}\\\"\" 'b'\n  tags: [\"c\", \"d\"]; }\ngraph_def < node { op: \"X\" } >";
        assert_eq!(pruned(text), text);
    }

    #[test]
    fn unknown_fields_become_blanks() {
        assert_eq!(pruned("a: -1 saver_def { b: \"}\" c: - 2 }"), "      saver_def {               }");
        let text = "a { b { c: '{' } }\nd: [1, 2] e: \"x\" \"y\"";
        assert_eq!(pruned(text), format!("{:18}\n{:20}", "", ""));
        assert_eq!(pruned("[x.y/z.T] { a: 1 } # saver_def {\n"), "                   # saver_def {\n");
    }

    #[test]
    fn what_has_no_end() {
        for text in ["a {", "a: \"x", "saver_def {", "a: [", "[", "}", "}}}}", "saver_def", "a:", "saver_def: \"\\"] {
            let length = pruned(text).len();
            assert_eq!(length, text.len(), "{text}");
        }
        let deep = "graph_def { node { attr { value { list ".repeat(1000) + &"{".repeat(1_000_000);
        assert!(binary("ckpt.meta_graph.MetaGraphDef", &deep).is_err());
    }
}

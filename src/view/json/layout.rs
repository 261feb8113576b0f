//! Where the line breaks go, and which characters are escaped beyond what JSON demands.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

use crate::view::escape::disturbs;

/// Breaks lines in the outer levels and keeps the inner ones on one line.
pub(in crate::view) struct Layout {
    /// How many levels are broken into lines.
    expanded: usize,
    /// How many are open.
    open: usize,
    /// Whether the innermost one that is open has a value yet.
    filled: bool,
}

impl Layout {
    /// Breaks lines in this many outer levels.
    pub fn expanded(levels: usize) -> Self {
        Self { expanded: levels, open: 0, filled: false }
    }

    /// Breaks lines everywhere.
    pub fn pretty() -> Self {
        Self::expanded(usize::MAX)
    }

    /// All on one line.
    pub fn compact() -> Self {
        Self::expanded(0)
    }

    /// Writes a value and ends the line.
    ///
    /// # Errors
    /// Whatever the output says.
    pub fn write(self, value: &impl Serialize, out: &mut impl Write) -> io::Result<()> {
        value.serialize(&mut Serializer::with_formatter(&mut *out, self))?;
        out.write_all(b"\n")
    }

    /// Some items as they stand in the innermost list that is broken into lines, without its brackets.
    ///
    /// # Errors
    /// None: the text is in memory.
    pub fn items<T: Serialize>(self, items: impl Iterator<Item = T>) -> io::Result<Laid> {
        let mut text = Vec::new();
        for (place, item) in items.enumerate() {
            let inside = Self { open: self.expanded, ..self };
            if place > 0 {
                inside.next(false, &mut text)?;
            }
            item.serialize(&mut Serializer::with_formatter(&mut text, inside))?;
        }
        Ok(Laid(text))
    }

    fn breaks(&self) -> bool {
        self.open <= self.expanded
    }

    fn begin<W: ?Sized + Write>(&mut self, bracket: &[u8], out: &mut W) -> io::Result<()> {
        self.open = self.open.saturating_add(1);
        self.filled = false;
        out.write_all(bracket)
    }

    fn end<W: ?Sized + Write>(&mut self, bracket: &[u8], out: &mut W) -> io::Result<()> {
        let breaks = self.breaks() && self.filled;
        self.open = self.open.saturating_sub(1);
        if breaks {
            self.new_line(out)?;
        }
        out.write_all(bracket)
    }

    fn next<W: ?Sized + Write>(&self, first: bool, out: &mut W) -> io::Result<()> {
        if !first {
            out.write_all(b",")?;
        }
        if self.breaks() { self.new_line(out) } else { Ok(()) }
    }

    fn new_line<W: ?Sized + Write>(&self, out: &mut W) -> io::Result<()> {
        out.write_all(b"\n")?;
        (0..self.open).try_for_each(|_| out.write_all(b"  "))
    }
}

/// Text that is laid out already, and written as it is.
pub(in crate::view) struct Laid(Vec<u8>);

impl Serialize for Laid {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl Formatter for Layout {
    fn begin_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.begin(b"[", out)
    }

    fn end_array<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.end(b"]", out)
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.next(first, out)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.filled = true;
        Ok(())
    }

    fn begin_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.begin(b"{", out)
    }

    fn end_object<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        self.end(b"}", out)
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.next(first, out)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, out: &mut W) -> io::Result<()> {
        out.write_all(if self.breaks() { b": " } else { b":" })
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.filled = true;
        Ok(())
    }

    /// JSON lets DEL, C1 controls and bidirectional overrides stand as they are; a terminal that
    /// shows the output does not. Servers of continuous integration take `##[` for a command.
    /// Escaped, all this is read back as the same text.
    fn write_string_fragment<W: ?Sized + Write>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        // Without an early exit, so that many bytes are looked at in one instruction.
        let plain = fragment.bytes().fold(true, |plain, byte| plain & (byte < 0x7f) & (byte != b'#'));
        if plain || !fragment.chars().any(disturbs) && !fragment.contains("##") {
            return out.write_all(fragment.as_bytes());
        }
        let mut before = None;
        for character in fragment.chars() {
            let doubled = before.replace(character) == Some('#') && character == '#';
            if disturbs(character) || doubled {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    write!(out, "\\u{unit:04x}")?;
                }
            } else {
                out.write_all(character.encode_utf8(&mut [0; 4]).as_bytes())?;
            }
        }
        Ok(())
    }

    /// Bytes are text that is laid out already; see [`Laid`].
    fn write_byte_array<W: ?Sized + Write>(&mut self, out: &mut W, text: &[u8]) -> io::Result<()> {
        out.write_all(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(layout: Layout, value: &serde_json::Value) -> String {
        let mut out = Vec::new();
        layout.write(value, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn lines_break_where_asked() {
        let value = serde_json::json!({"a": [{"b": [1, 2]}, {}], "c": [], "d": {}});
        assert_eq!(written(Layout::compact(), &value), "{\"a\":[{\"b\":[1,2]},{}],\"c\":[],\"d\":{}}\n");
        let two = "{\n  \"a\": [\n    {\"b\":[1,2]},\n    {}\n  ],\n  \"c\": [],\n  \"d\": {}\n}\n";
        assert_eq!(written(Layout::expanded(2), &value), two);
        let pretty = serde_json::to_string_pretty(&value).unwrap();
        assert_eq!(written(Layout::pretty(), &value), pretty + "\n");
    }

    #[test]
    fn items_that_are_laid_out_apart_make_the_same_list() {
        #[derive(Serialize)]
        struct List<T> {
            list: Vec<T>,
        }
        let rows = [serde_json::json!({"a": [1]}), serde_json::json!([]), serde_json::json!("x\n")];
        let laid = |rows: &[serde_json::Value]| Layout::expanded(2).items(rows.iter()).unwrap();
        let (mut whole, mut apart) = (Vec::new(), Vec::new());
        Layout::expanded(2).write(&List { list: rows.to_vec() }, &mut whole).unwrap();
        let list = vec![laid(&rows[..2]), laid(&rows[2..])];
        Layout::expanded(2).write(&List { list }, &mut apart).unwrap();
        assert_eq!(String::from_utf8(apart).unwrap(), String::from_utf8(whole).unwrap());
    }

    #[test]
    fn what_disturbs_a_terminal_is_escaped_and_comes_back() {
        assert_eq!(written(Layout::compact(), &serde_json::json!("##vso[x]")), "\"#\\u0023vso[x]\"\n");
        let value = serde_json::json!("a\u{7f}b\u{9b}c\u{202e}d\u{e0041}e\n\u{1b}[0m核");
        let text = written(Layout::compact(), &value);
        assert_eq!(text, "\"a\\u007fb\\u009bc\\u202ed\\udb40\\udc41e\\n\\u001b[0m核\"\n");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }
}

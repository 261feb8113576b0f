//! Names come out of untrusted files: nothing of them may disturb a terminal or a line-based output.

use std::borrow::Cow;

/// The text with everything that could move a cursor, change a colour or reverse the direction of
/// writing replaced by a visible escape: control characters, line and paragraph separators,
/// bidirectional overrides, other characters that have no width, and those that XML cannot have; also
/// what a server of continuous integration would take for a command, when it reads what a job prints.
pub fn clean(text: &str) -> Cow<'_, str> {
    // Nearly every name is plain ASCII, which is told faster by bytes.
    let plain = text.bytes().fold(true, |plain, byte| plain & (0x20..0x7f).contains(&byte) & (byte != b'#'));
    let begins = text.starts_with(|c: char| c == ':' || c.is_whitespace()) && text.trim_start().starts_with("::");
    if !begins && (plain || !text.chars().any(disturbs) && !text.contains("##")) {
        return Cow::Borrowed(text);
    }
    // GitHub's runner takes a line that begins with `::` for a command, and `##[` anywhere in it; Azure's `##vso[`.
    let text = if begins { text.replacen("::", "\\x3a:", 1) } else { text.to_owned() };
    let text = text.replace("##", "#\\x23");
    let mut out = String::with_capacity(text.len().saturating_add(8));
    for character in text.chars() {
        match character {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if disturbs(c) && (c as u32) < 0x100 => out.push_str(&format!("\\x{:02x}", c as u32)),
            c if disturbs(c) => out.push_str(&format!("\\u{{{:x}}}", c as u32)),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

pub(super) fn disturbs(character: char) -> bool {
    character.is_control()
        || matches!(character,
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{061c}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_disturbs() {
        assert_eq!(clean("dense/kernel"), "dense/kernel");
        assert_eq!(clean("a\x1b[31mb\n\u{9b}x"), "a\\x1b[31mb\\n\\x9bx");
        assert_eq!(clean("abc\u{202e}def"), "abc\\u{202e}def");
        assert_eq!(clean("a\u{ffff}"), "a\\u{ffff}");
        assert_eq!(clean("層/核"), "層/核");
    }

    #[test]
    fn nothing_is_a_command_to_a_server() {
        assert_eq!(clean(" ::set-output name=a::b"), " \\x3a:set-output name=a::b");
        assert_eq!(clean("a ##vso[task.setvariable]"), "a #\\x23vso[task.setvariable]");
        assert_eq!(clean("a #1 b::c"), "a #1 b::c");
    }
}

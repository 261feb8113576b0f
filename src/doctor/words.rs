//! Small pieces of sentences: numbers, counts, short lists, and text that can be pasted.

use std::ffi::OsStr;
use std::path::Path;

pub(super) use crate::model::thousands as number;

/// So many of something: `1 tensor`, `12 tensors`.
pub(super) fn many(n: usize, one: &str) -> String {
    let s = if n == 1 { "" } else { "s" };
    format!("{} {one}{s}", number(n as u64))
}

/// The first three, and how many more.
pub(super) fn some<T: AsRef<str>>(names: &[T]) -> String {
    let first: Vec<&str> = names.iter().take(3).map(AsRef::as_ref).collect();
    let more = names.len().saturating_sub(first.len());
    let list = first.join(", ");
    if more == 0 { list } else { format!("{list} and {} more", number(more as u64)) }
}

/// As a Python string, on one line whatever the text is. (The text form of protobuf, which state files
/// have, reads it alike.)
pub(crate) fn python(text: &str) -> String {
    format!("\"{}\"", escaped(text, '"'))
}

/// True for what can be written as it is where Python wants a name.
pub(super) fn is_python_name(text: &str) -> bool {
    let reserved = "False None True and as assert async await break class continue def del elif else except finally \
                    for from global if import in is lambda nonlocal not or pass raise return try while with yield";
    let first = text.chars().next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_');
    let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    first && plain && !reserved.split_ascii_whitespace().any(|word| word == text)
}

/// With escapes that Python and bash share for backslashes, for this quote, and for what is not printed.
fn escaped(text: &str, quote: char) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ if c == '\\' || c == quote => out.extend(['\\', c]),
            _ if is_printed(c) => out.push(c),
            c if (c as u32) < 0x80 => out.push_str(&format!("\\x{:02x}", c as u32)),
            c if (c as u32) < 0x1_0000 => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push_str(&format!("\\U{:08x}", c as u32)),
        }
    }
    out
}

/// False for control characters, and for others that are not seen or that change the direction of writing.
fn is_printed(c: char) -> bool {
    matches!(c, '"' | '\'' | '\\') || c.escape_debug().nth(1).is_none()
}

/// What gives the user the rights that are missing, in words and as a command; none if it is not for want of rights.
pub(super) fn allow(path: &str, error: &str) -> Option<(&'static str, String)> {
    let error = error.to_ascii_lowercase();
    if !error.contains("permission") {
        return None;
    }
    if !error.contains("folder") {
        return Some(("let your user read it", format!("chmod u+r {}", shell(path))));
    }
    let folder = path.rsplit_once('/').map_or(".", |(folder, _)| if folder.is_empty() { "/" } else { folder });
    Some(("let your user into the folder", format!("chmod u+x {}", shell(folder))))
}

/// As one word of a shell command; a path that begins like a flag is made one of this directory.
pub(super) fn shell(text: &str) -> String {
    if text.starts_with('-') {
        return shell(&format!("./{text}"));
    }
    if !text.chars().all(is_printed) {
        return format!("$'{}'", escaped(text, '\''));
    }
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '-' | '_' | '+' | '=' | ':' | ',');
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

/// What the state file of a directory should say: the line that names a checkpoint, and the command that writes it.
pub(super) fn state_line(directory: &str, prefix: &str) -> (String, String) {
    let line = format!("model_checkpoint_path: {}", python(prefix));
    let command = format!("echo {} > {}", shell(&line), shell(&within(directory, "checkpoint")));
    (line, command)
}

/// The command that writes a script which puts each value where it belongs.
pub(super) fn map_command(old: &str, new: &str) -> String {
    format!("ckpt diff {} {} --map restore.py", shell(old), shell(new))
}

/// The last part of a path of either style.
pub(super) fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).find(|part| !part.is_empty()).unwrap_or(path)
}

/// The last part of a path of this machine, where `\\` may be a letter of a name.
pub(super) fn own_name(label: &str) -> &str {
    Path::new(label).file_name().and_then(OsStr::to_str).unwrap_or(label)
}

/// A path in a directory, as people write it: without a leading `./`.
pub(super) fn within(directory: &str, name: &str) -> String {
    match directory.trim_end_matches('/') {
        "" if directory.is_empty() => name.to_owned(),
        "." => name.to_owned(),
        stem => format!("{stem}/{name}"),
    }
}

/// True for an absolute path of any system.
pub(super) fn is_absolute(path: &str) -> bool {
    path.starts_with(['/', '\\']) || is_windows(path) || path.contains("://")
}

/// True for a path that only Windows writes: a drive letter, or backslashes.
pub(super) fn is_windows(path: &str) -> bool {
    let mut chars = path.chars();
    let drive = chars.next().is_some_and(|c| c.is_ascii_alphabetic()) && chars.next() == Some(':');
    drive && matches!(chars.next(), Some('/' | '\\')) || path.contains('\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces() {
        assert_eq!(number(7), "7");
        assert_eq!(number(1_234_567), "1,234,567");
        assert_eq!(many(1, "tensor"), "1 tensor");
        assert_eq!(many(1200, "tensor"), "1,200 tensors");
        assert_eq!(some(&["a", "b", "c"]), "a, b, c");
        assert_eq!(some(&["a", "b", "c", "d"]), "a, b, c and 1 more");
        assert_eq!(python("a\"b\\"), "\"a\\\"b\\\\\"");
        assert_eq!(shell("it's"), "'it'\\''s'");
        assert_eq!(python("a\nimport os\u{202e}\u{1b}"), r#""a\nimport os\u202e\x1b""#);
        assert_eq!(python("層/核"), "\"層/核\"");
        assert_eq!(shell("a\n'b"), r"$'a\n\'b'");
        assert_eq!(shell("-rf x"), "'./-rf x'");
        let (line, command) = state_line("my runs", "ckpt-4");
        assert_eq!(line, r#"model_checkpoint_path: "ckpt-4""#);
        assert_eq!(command, r#"echo 'model_checkpoint_path: "ckpt-4"' > 'my runs/checkpoint'"#);
        assert!(is_python_name("_net1") && !is_python_name("1a") && !is_python_name("a b") && !is_python_name("class"));
        assert_eq!(within(".", "ckpt-1"), "ckpt-1");
        assert_eq!(within("/", "ckpt-1"), "/ckpt-1");
    }

    #[test]
    fn paths_of_either_system() {
        assert!(is_absolute("/home/a") && is_absolute("C:\\a") && is_absolute("gs://b") && !is_absolute("a/b"));
        assert!(is_windows("C:/a") && is_windows("a\\b") && !is_windows("a:b"));
        assert_eq!(file_name("C:\\run\\ckpt-1"), "ckpt-1");
    }
}

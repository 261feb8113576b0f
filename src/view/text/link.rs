//! Paths that can be clicked (OSC 8), on terminals that follow links.

use std::path::Path;

/// The text as a link to a file; the text alone where the terminal follows none. `text` is clean.
pub(super) fn to_file(path: &str, text: &str, folder: Option<&Path>) -> String {
    let Some(folder) = folder else { return text.to_owned() };
    // A path that says where it starts stays as it is.
    let path = folder.join(path);
    let address: String = path.to_string_lossy().bytes().map(encoded).collect();
    format!("\u{1b}]8;;file://{address}\u{1b}\\{text}\u{1b}]8;;\u{1b}\\")
}

/// A byte of an address: whatever could end it, or mean something in it, by its number.
fn encoded(byte: u8) -> String {
    match byte {
        b'/' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_holds_nothing_that_ends_it() {
        let folder = Some(Path::new("/runs"));
        let link = to_file("a b\u{1b}]8;;x", "a b", folder);
        assert_eq!(link, "\u{1b}]8;;file:///runs/a%20b%1B%5D8%3B%3Bx\u{1b}\\a b\u{1b}]8;;\u{1b}\\");
        assert!(to_file("/elsewhere/ckpt-1", "it", folder).contains("file:///elsewhere/ckpt-1\u{1b}"));
        assert_eq!(to_file("a", "a", None), "a");
    }
}

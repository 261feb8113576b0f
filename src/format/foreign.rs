//! What lies where a checkpoint should, told by its first bytes.

use crate::bytes::Foreign;

/// Names what begins with `head` (a few hundred bytes), if it is something that people find in the
/// place of a checkpoint.
pub(super) fn sniff(head: &[u8]) -> Option<Foreign> {
    let text = std::str::from_utf8(head).ok().or_else(|| {
        // A cut in the middle of a character is no reason to call it binary.
        let valid = head.utf8_chunks().next()?.valid();
        (valid.len().saturating_add(4) > head.len()).then_some(valid)
    });
    let start = text.unwrap_or_default().trim_start_matches('\u{feff}').trim_start();
    let lower: String = start.chars().take(16).collect::<String>().to_ascii_lowercase();
    if start.starts_with("version https://git-lfs.github.com/spec/") {
        return Some(lfs(start));
    }
    if lower.starts_with("<!doctype html") || lower.starts_with("<html") || lower.starts_with("<head") {
        return Some(Foreign::Html);
    }
    if lower.starts_with("<?xml") || lower.starts_with("<error") {
        return Some(Foreign::Xml);
    }
    let magics: [(&[u8], Foreign); 9] = [
        (b"\x89HDF\r\n\x1a\n", Foreign::Hdf5),
        (b"PK\x03\x04", Foreign::Archive("zip")),
        (b"\x1f\x8b", Foreign::Archive("gzip")),
        (b"BZh", Foreign::Archive("bzip2")),
        (b"\xfd7zXZ\0", Foreign::Archive("xz")),
        (b"\x28\xb5\x2f\xfd", Foreign::Archive("zstd")),
        (b"7z\xbc\xaf\x27\x1c", Foreign::Archive("7z")),
        (b"Rar!\x1a\x07", Foreign::Archive("rar")),
        (b"\x80\x02", Foreign::Pickle),
    ];
    if let Some((_, what)) = magics.into_iter().find(|(magic, _)| head.starts_with(magic)) {
        return Some(what);
    }
    if head.get(257..262) == Some(b"ustar") {
        return Some(Foreign::Archive("tar"));
    }
    let readable = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
    let is_text = head.len() >= 16 && text.is_some_and(|text| text.chars().all(readable));
    is_text.then_some(Foreign::Text)
}

/// The size and digest that a git-lfs pointer names.
fn lfs(text: &str) -> Foreign {
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name));
    Foreign::LfsPointer {
        size: field("size ").and_then(|size| size.trim().parse().ok()),
        sha256: field("oid sha256:").map(|digest| digest.trim().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_first_bytes() {
        let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:ab12\nsize 12345\n";
        assert_eq!(sniff(pointer), Some(Foreign::LfsPointer { size: Some(12345), sha256: Some("ab12".into()) }));
        assert_eq!(sniff(b"\n<!DOCTYPE HTML><title>"), Some(Foreign::Html));
        assert_eq!(sniff(b"<?xml version=\"1.0\"?><Error>"), Some(Foreign::Xml));
        assert_eq!(sniff(b"\x1f\x8b\x08\x00"), Some(Foreign::Archive("gzip")));
        assert_eq!(sniff(b"Quota exceeded for this bucket."), Some(Foreign::Text));
        assert_eq!(sniff(&[0, 0, 0x80, 0x3f, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8]), None);
        assert_eq!(sniff(b""), None);
    }
}

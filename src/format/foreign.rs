//! What lies where a checkpoint should, told by its first bytes.

use std::io;

use super::hdf5;
use crate::bytes::{Crc32c, Foreign, unmask};
use crate::store::{self, Blob};

/// Names what a file is, if it is something that people find in the place of an index, a model, a graph.
///
/// # Errors
/// If it cannot be read.
pub(super) fn sniff_whole(blob: &dyn Blob) -> io::Result<Option<Foreign>> {
    if let Some(what) = sniff_file(blob)? {
        return Ok(Some(what));
    }
    let mut head = vec![0; usize::try_from(blob.size().min(512)).unwrap_or(0)];
    blob.read_at(0, &mut head)?;
    Ok(if is_zeros(blob)? { Some(Foreign::Zeros) } else { of_message(&head) })
}

/// Names what a file is that should hold tensors. Those may be zero, or begin as a message does.
///
/// # Errors
/// If it cannot be read.
pub(super) fn sniff_file(blob: &dyn Blob) -> io::Result<Option<Foreign>> {
    let mut head = vec![0; usize::try_from(blob.size().min(512)).unwrap_or(0)];
    blob.read_at(0, &mut head)?;
    let mut last = [0];
    if let Some(at) = blob.size().checked_sub(1) {
        blob.read_at(at, &mut last)?;
    }
    let what = of_ends(&head, last);
    Ok(match what {
        Some(Foreign::Archive("zip")) => archive(blob).or(what),
        what => what,
    })
}

/// What lies where HDF5 should, if it is none and can be told.
pub(super) fn instead_of_hdf5(blob: &dyn Blob) -> Option<Foreign> {
    match hdf5::is_hdf5(blob) {
        Ok(true) | Err(_) => None,
        Ok(false) if blob.size() == 0 => Some(Foreign::Empty),
        Ok(false) => sniff_whole(blob).ok().flatten(),
    }
}

/// Names a protobuf message that begins with a version and goes on with what is told apart here.
fn of_message(head: &[u8]) -> Option<Foreign> {
    match head {
        // Version 1 of SavedModel, then its graph, whose length takes several bytes, with its description.
        [0x08, 1, 0x12, length, rest @ ..] if *length >= 0x80 => {
            (rest.iter().skip_while(|byte| **byte >= 0x80).nth(1) == Some(&0x0a)).then_some(Foreign::SavedModel)
        }
        // A version of ONNX, then the name of the program that wrote it.
        [0x08, 3..=20, 0x12, length, rest @ ..] => {
            let name = rest.get(..usize::from(*length)).filter(|name| !name.is_empty())?;
            name.iter().all(u8::is_ascii_graphic).then_some(Foreign::Onnx)
        }
        _ => None,
    }
}

/// True if neither the beginning nor the end has anything but zeros; so far no more is read.
fn is_zeros(blob: &dyn Blob) -> io::Result<bool> {
    let size = blob.size();
    let length = size.min(512);
    let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
    for start in [0, size.saturating_sub(length)] {
        blob.read_at(start, &mut bytes)?;
        if bytes.iter().any(|byte| *byte != 0) {
            return Ok(false);
        }
    }
    Ok(size > 0)
}

/// Names what begins with these bytes, in a place where no tensors lie: there the end need not be asked.
pub(super) fn sniff(bytes: &[u8]) -> Option<Foreign> {
    of_ends(bytes.get(..512).unwrap_or(bytes), *b".")
}

/// Names what begins with `head` (a few hundred bytes) and ends with `last`. Tensors may begin with any
/// bytes, and what is named hides that they are cut, so two bytes are never enough.
fn of_ends(head: &[u8], [last]: [u8; 1]) -> Option<Foreign> {
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
    let magics: [(&[u8], Foreign); 8] = [
        (&hdf5::SIGNATURE, Foreign::Hdf5),
        (b"PK\x03\x04", Foreign::Archive("zip")),
        (b"\xfd7zXZ\0", Foreign::Archive("xz")),
        (b"\x28\xb5\x2f\xfd", Foreign::Archive("zstd")),
        (b"\x93NUMPY", Foreign::Npy),
        (b"GGUF", Foreign::Gguf),
        (b"7z\xbc\xaf\x27\x1c", Foreign::Archive("7z")),
        (b"Rar!\x1a\x07", Foreign::Archive("rar")),
    ];
    if let Some((_, what)) = magics.into_iter().find(|(magic, _)| head.starts_with(magic)) {
        return Some(what);
    }
    match head {
        // Deflate is the only method, and three flags are not in use.
        [0x1f, 0x8b, 8, flags, ..] if flags & 0xe0 == 0 => return Some(Foreign::Archive("gzip")),
        // A block, or the end of an empty file.
        [b'B', b'Z', b'h', b'1'..=b'9', b'1', b'A', b'Y', b'&', ..]
        | [b'B', b'Z', b'h', b'1'..=b'9', 0x17, b'r', b'E', b'8', ..] => return Some(Foreign::Archive("bzip2")),
        // The number with which old PyTorch begins its files; what follows is not only pickles.
        [0x80, 2, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, ..] => return Some(Foreign::PyTorch),
        // The protocol, then something to push: a dict, a list, a tuple, a mark, a class, a text, a number.
        [0x80, 2 | 3, b'}' | b']' | b')' | b'(' | b'c' | b'X' | b'U' | b'K' | b'J' | b'G' | b'N', ..]
        // From protocol 4 on, a frame with its length.
        | [0x80, 4 | 5, 0x95, _, _, _, _, 0, 0, 0, 0, ..]
            if last == b'.' =>
        {
            return Some(Foreign::Pickle);
        }
        _ => {}
    }
    if is_safetensors(head) {
        return Some(Foreign::Safetensors);
    }
    if is_record(head) {
        return Some(Foreign::TfRecord);
    }
    if head.get(257..262) == Some(b"ustar") {
        return Some(Foreign::Archive("tar"));
    }
    let readable = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t');
    let is_text = head.len() >= 16 && text.is_some_and(|text| text.chars().all(readable));
    if !is_text {
        return None;
    }
    let is_json =
        start.starts_with(['{', '[']) && start.get(1..).unwrap_or_default().trim_start().starts_with(['"', '{', '[']);
    let is_state = start.lines().next().is_some_and(|line| line.starts_with("model_checkpoint_path:"));
    Some(match () {
        () if is_json => Foreign::Json,
        () if is_state => Foreign::StateFile,
        () => Foreign::Text,
    })
}

/// A safetensors file begins with the length of its header, which is JSON.
fn is_safetensors(head: &[u8]) -> bool {
    let Some((length, header)) = head.split_first_chunk::<8>() else { return false };
    let plausible = (2..1 << 30).contains(&u64::from_le_bytes(*length));
    plausible && header.starts_with(b"{\"") && header.contains(&b':')
}

/// A record begins with its length and the masked checksum of that.
fn is_record(head: &[u8]) -> bool {
    let Some((length, rest)) = head.split_first_chunk::<8>() else { return false };
    let stored = rest.first_chunk::<4>().map(|stored| unmask(u32::from_le_bytes(*stored)));
    stored == Some(Crc32c::of(length))
}

/// Names what a zip archive is, by what is in it.
fn archive(blob: &dyn Blob) -> Option<Foreign> {
    let Ok(members) = store::members(blob) else {
        return Some(if is_cut_keras(blob) { Foreign::KerasArchive } else { Foreign::BrokenZip });
    };
    let names = || members.iter().map(|member| member.name.as_str());
    let has = |test: &dyn Fn(&str) -> bool| names().any(test);
    // Also one that was packed with its folder, which Keras refuses.
    let is_weights = |name: &str| name.rsplit('/').next().is_some_and(|name| name.starts_with("model.weights."));
    if has(&|name| name == "config.json" || is_weights(name)) {
        Some(Foreign::KerasArchive)
    } else if has(&|name| name.ends_with("/data.pkl") || name == "data.pkl") {
        Some(Foreign::PyTorch)
    } else if !members.is_empty() && names().all(|name| name.ends_with(".npy")) {
        Some(Foreign::Npz)
    } else {
        None
    }
}

/// True for an archive without its end, where the members are listed, that begins with one of Keras'.
fn is_cut_keras(blob: &dyn Blob) -> bool {
    let mut head = [0; 64];
    if blob.read_at(0, &mut head).is_err() {
        return false;
    }
    let (length, name) = (head.get(26..28), head.get(30..).unwrap_or_default());
    let length = length.and_then(|length| length.first_chunk::<2>()).map(|length| u16::from_le_bytes(*length));
    let name = length.and_then(|length| name.get(..usize::from(length)));
    matches!(name, Some(b"metadata.json" | b"config.json" | b"model.weights.h5"))
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

    #[test]
    fn few_bytes_prove_nothing() {
        let pickles: [&[u8]; 3] =
            [b"\x80\x02}q\x00.", b"\x80\x03]q\x00(K\x01e.", b"\x80\x04\x95\x05\0\0\0\0\0\0\0}\x94."];
        for pickle in pickles {
            assert_eq!(of_ends(pickle, [*pickle.last().unwrap()]), Some(Foreign::Pickle), "{pickle:?}");
        }
        let pytorch = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03. and storage";
        assert_eq!(of_ends(pytorch, *b"e"), Some(Foreign::PyTorch));
        // Tensors whose first bytes are those of a pickle, of gzip, of bzip2.
        assert_eq!(of_ends(b"\x80\x02\x12\x3e\0\0\0\0.", *b"."), None);
        assert_eq!(of_ends(b"\x80\x02}q\x00", [0x3e]), None, "it does not stop");
        assert_eq!(of_ends(b"\x1f\x8b\x12\x3e\0\0\0\0", [0]), None);
        assert_eq!(of_ends(b"BZh\x3e\0\0\0\0\0\0\0\0\0\0\0\0\0", [0]), None);
        assert_eq!(of_ends(b"BZh91AY&SY", [0]), Some(Foreign::Archive("bzip2")));
    }
}

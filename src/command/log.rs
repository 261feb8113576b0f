//! What a run printed, from a file or from standard input.

use std::path::Path;

use super::Context;
use crate::bytes::limits;
use crate::error::Error;
use crate::store::Store;

/// Reads a log; of a long one the end, where a run says why it ended.
///
/// # Errors
/// If it cannot be read.
pub(super) fn read(context: &Context, path: &Path) -> Result<String, Error> {
    let bytes = if path == Path::new("-") { context.store.input(limits::LOG) } else { tail(context.store, path) };
    let bytes = bytes.map_err(|error| match path == Path::new("-") {
        true => Error::new(format!("cannot read standard input: {error}")),
        false => Error::new(format!("cannot read the log {}: {error}", path.display())),
    })?;
    Ok(text(&bytes))
}

fn tail(store: &dyn Store, path: &Path) -> std::io::Result<Vec<u8>> {
    let blob = store.open(path)?;
    let length = blob.size().min(limits::LOG);
    let mut bytes = vec![0; usize::try_from(length).unwrap_or(0)];
    blob.read_at(blob.size().saturating_sub(length), &mut bytes)?;
    Ok(bytes)
}

/// As text; what PowerShell redirects to a file is UTF-16.
fn text(bytes: &[u8]) -> String {
    match bytes.strip_prefix(b"\xff\xfe") {
        Some(wide) => {
            let units =
                wide.chunks_exact(2).map(|pair| pair.iter().rev().fold(0, |unit, byte| unit << 8 | u16::from(*byte)));
            char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
        }
        None => String::from_utf8_lossy(bytes).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_encoding() {
        let wide: Vec<u8> = "ÿ\u{feff}é核\n".encode_utf16().skip(1).flat_map(u16::to_le_bytes).collect();
        assert_eq!(text(&wide), "é核\n");
        assert_eq!(text(b"caf\xe9"), "caf\u{fffd}");
    }
}

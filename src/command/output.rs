//! Writing what was asked to be written, and never over a part of a checkpoint.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use crate::error::Error;
use crate::format;
use crate::store::{ItemKind, Local, Store};

/// Writes a file, whole or not at all.
///
/// # Errors
/// If the file is one of the `inputs`, or a checkpoint's by its name or its content; if the operating
/// system refuses, or `write` fails.
pub(crate) fn save(
    path: &Path,
    inputs: &[&Path],
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Error> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let what = if format::is_checkpoint_file(&name) && fs::exists(path).unwrap_or(true) || is_table(path) {
        Some("a checkpoint's file")
    } else if inputs.iter().any(|input| is_same(path, input)) {
        Some("what was looked at")
    } else {
        None
    };
    if let Some(what) = what {
        let error = Error::new(format!("{} is {what}, and will not be overwritten", path.display()));
        return Err(error.hint("choose another name for the output"));
    }
    let refused = |error: io::Error| Error::new(format!("cannot write {}: {error}", path.display()));
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.tmp", std::process::id()));
    let fill = |path: &Path| {
        let mut out = BufWriter::with_capacity(1 << 16, File::create(path)?);
        write(&mut out)?;
        out.flush()
    };
    if !fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        let beside = Path::new(&beside);
        return fill(beside).and_then(|()| fs::rename(beside, path)).map_err(|error| {
            // What is half written is no use; if it cannot be removed either, there is nothing more to say.
            let _ = fs::remove_file(beside);
            refused(error)
        });
    }
    // A pipe or a device, such as /dev/stdout: it cannot be replaced, only written to.
    fill(path).map_err(refused)
}

/// True for a file that ends as an index does, whatever its name.
fn is_table(path: &Path) -> bool {
    let store = Local;
    let is_file = store.stat(path).is_ok_and(|item| item.kind == ItemKind::File);
    is_file && store.open(path).is_ok_and(|blob| format::is_table(blob.as_ref()))
}

/// True for two ways of writing one path, or two names of one file.
fn is_same(one: &Path, other: &Path) -> bool {
    let is_file = |path: &Path| fs::metadata(path).is_ok_and(|metadata| metadata.is_file());
    if !is_file(one) || !is_file(other) {
        return false;
    }
    let by_path = fs::canonicalize(one).ok().zip(fs::canonicalize(other).ok()).is_some_and(|(one, other)| one == other);
    by_path || is_linked(one, other)
}

#[cfg(unix)]
fn is_linked(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let identity = |path: &Path| fs::metadata(path).ok().map(|metadata| (metadata.dev(), metadata.ino()));
    identity(one).is_some_and(|one| Some(one) == identity(other))
}

#[cfg(not(unix))]
fn is_linked(_: &Path, _: &Path) -> bool {
    false
}

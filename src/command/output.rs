//! Writing what was asked to be written, and never over a part of a checkpoint.

use std::fs;
use std::io;
use std::path::Path;

use crate::error::Error;
use crate::format;

/// Writes `bytes` to a file, whole or not at all.
///
/// # Errors
/// If the name is that of a checkpoint's file, or the operating system refuses.
pub(crate) fn save(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if format::is_checkpoint_file(&name) && fs::exists(path).unwrap_or(true) {
        let error = Error::new(format!("{} is a checkpoint's file, and will not be overwritten", path.display()));
        return Err(error.hint("choose another name for the output"));
    }
    let refused = |error: io::Error| Error::new(format!("cannot write {}: {error}", path.display()));
    let mut beside = path.as_os_str().to_owned();
    beside.push(format!(".{}.tmp", std::process::id()));
    if !fs::metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        fs::write(&beside, bytes).map_err(refused)?;
        return fs::rename(&beside, path).map_err(refused);
    }
    // A pipe or a device, such as /dev/stdout: it cannot be replaced, only written to.
    fs::write(path, bytes).map_err(refused)
}

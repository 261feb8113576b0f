//! The file of settings: where it is found, and how it is read.

use std::path::{Component, Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::Config;
use crate::cli::Settings;
use crate::error::Error;
use crate::store::{self, Store};

/// No one writes that many settings.
const LIMIT: u64 = 1 << 20;

/// The names, in the order in which they are looked for.
const NAMES: [&str; 3] = ["ckpt.toml", ".ckpt.toml", PYPROJECT];
const PYPROJECT: &str = "pyproject.toml";

/// A file of settings that was read.
#[derive(Clone, Debug)]
pub struct File {
    /// Its path, as from where the program runs.
    pub label: String,
    /// Its folder: paths in it start there.
    pub folder: PathBuf,
    /// What it says.
    pub config: Config,
    /// Where the program runs.
    here: PathBuf,
    text: String,
}

/// The file that a command goes by: the one it names, or the nearest in or above the folder it runs in. None if there
/// is none, or none is wanted.
///
/// # Errors
/// If the file cannot be read, or says what no setting is.
pub fn find(store: &dyn Store, flags: &Settings, here: Option<&Path>) -> Result<Option<File>, Error> {
    if flags.no_config {
        return Ok(None);
    }
    if let Some(path) = &flags.config {
        let bytes = store::read(store, path, LIMIT);
        let bytes = bytes.map_err(|error| Error::new(format!("cannot read {}: {error}", path.display())))?;
        let file = read(path, here, &String::from_utf8_lossy(&bytes))?;
        return match file {
            Some(file) => Ok(Some(file)),
            None => Err(Error::new(format!("{} has no [tool.ckpt]", path.display()))),
        };
    }
    // From the folder itself upwards, as relative paths: so they are shown, and so they hold in a moved project.
    let levels = here.map_or(0, |here| here.ancestors().count());
    for level in 0..levels {
        let folder: PathBuf = std::iter::repeat_n("..", level).collect();
        for name in NAMES {
            let path = folder.join(name);
            let Ok(bytes) = store::read(store, &path, LIMIT) else { continue };
            if let Some(file) = read(&path, here, &String::from_utf8_lossy(&bytes))? {
                return Ok(Some(file));
            }
        }
    }
    Ok(None)
}

/// What a `pyproject.toml` says to us; the rest of it is for others.
#[derive(Deserialize)]
struct Project {
    #[serde(default)]
    tool: Tools,
}

#[derive(Default, Deserialize)]
struct Tools {
    ckpt: Option<Config>,
}

fn read(path: &Path, here: Option<&Path>, text: &str) -> Result<Option<File>, Error> {
    let label = path.display().to_string();
    let config = if path.file_name().is_some_and(|name| name == PYPROJECT) {
        // One without a word for us may be broken for all we care.
        if !text.contains("tool.ckpt") {
            return Ok(None);
        }
        parse::<Project>(&label, text)?.tool.ckpt
    } else {
        Some(parse(&label, text)?)
    };
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    let here = here.unwrap_or(Path::new("")).to_owned();
    Ok(config.map(|config| File { label, folder, config, here, text: text.to_owned() }))
}

/// Reads TOML.
///
/// # Errors
/// For what it does not say; with the line, and the nearest key that there is.
pub(super) fn parse<T: DeserializeOwned>(label: &str, text: &str) -> Result<T, Error> {
    toml::from_str(text).map_err(|error: toml::de::Error| {
        let line = error.span().map_or(0, |span| line(text, span.start));
        let message = error.message().lines().next().unwrap_or_default();
        let place = if line > 0 { format!("{label}:{line}") } else { label.to_owned() };
        let error = Error::new(format!("{place}: {message}"));
        match nearest(message) {
            Some(near) => error.hint(format!("did you mean {near}?")),
            None => error,
        }
    })
}

fn line(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count().saturating_add(1)
}

/// Serde says "unknown field `a`, expected one of `b`, `c`": of the expected ones the one that was meant.
fn nearest(message: &str) -> Option<&str> {
    let mut words = message.split('`').skip(1).step_by(2);
    let given = words.next().filter(|_| message.starts_with("unknown"))?;
    let scored = words.map(|known| (strsim::jaro_winkler(known, given), known));
    scored.filter(|(score, _)| *score > 0.75).max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, known)| known)
}

impl File {
    /// The file, with the line in which a word stands first: in quotes, or else as a key.
    pub fn at(&self, word: &str) -> String {
        let line = |wanted: &str| self.text.lines().position(|line| line.contains(wanted));
        let quoted = line(&format!("\"{word}\"")).or_else(|| line(&format!("'{word}'")));
        match quoted.or_else(|| line(&format!("{word} ="))).or_else(|| line(&format!("{word}="))) {
            Some(position) => format!("{}:{}", self.label, position.saturating_add(1)),
            None => self.label.clone(),
        }
    }

    /// A path that the file names.
    pub fn path(&self, path: &Path) -> PathBuf {
        self.folder.join(path)
    }

    /// A path of the command as from the folder of the file, with slashes.
    pub fn place(&self, path: &Path) -> String {
        let folder = plain(&self.here.join(&self.folder));
        let path = plain(&self.here.join(path));
        path.strip_prefix(&folder).unwrap_or(&path).to_string_lossy().replace('\\', "/")
    }
}

/// A path without `.` and, as far as it can be told from its letters, without `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir if plain.file_name().is_some() => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Memory;

    const FLAGS: Settings = Settings { config: None, no_config: false };
    const HERE: Option<&Path> = None;

    fn found(files: &[(&str, &str)]) -> Result<Option<File>, Error> {
        let mut disk = Memory::default();
        for (path, text) in files {
            disk.put(path, text.as_bytes().to_vec());
        }
        find(&disk, &FLAGS, Some(Path::new("/home/alice/project/runs")))
    }

    const FAILS: &str = "[doctor]\nfail-on = \"warning\"\n";

    #[test]
    fn the_nearest_file_counts() {
        assert!(found(&[]).unwrap().is_none());
        let label = |files: &[(&str, &str)]| found(files).unwrap().unwrap().label;
        assert_eq!(label(&[("../ckpt.toml", FAILS), ("../../ckpt.toml", FAILS)]), "../ckpt.toml");
        assert_eq!(label(&[("ckpt.toml", FAILS), (".ckpt.toml", FAILS), ("../ckpt.toml", FAILS)]), "ckpt.toml");
        assert_eq!(label(&[("../../../../.ckpt.toml", FAILS)]), "../../../../.ckpt.toml");
        assert!(found(&[("../../../../../ckpt.toml", FAILS)]).unwrap().is_none(), "above the root");
    }

    #[test]
    fn a_project_speaks_of_us_or_not() {
        let broken = ("pyproject.toml", "not = toml = at all");
        let other = ("pyproject.toml", "[tool.ruff]\nline-length = 100\n");
        let ours = ("pyproject.toml", "[project]\nname = \"x\"\n[tool.ckpt.doctor]\nfail-on = \"info\"\n");
        assert!(found(&[broken]).unwrap().is_none());
        assert_eq!(found(&[other, ("../ckpt.toml", FAILS)]).unwrap().unwrap().label, "../ckpt.toml");
        let file = found(&[ours, ("../ckpt.toml", FAILS)]).unwrap().unwrap();
        assert_eq!(file.label, "pyproject.toml");
        assert_eq!(file.config.doctor.fail_on, Some(crate::cli::FailOn::Info));
    }

    #[test]
    fn mistakes_have_a_line_and_the_key_that_was_meant() {
        let error = |text| found(&[("ckpt.toml", text)]).unwrap_err();
        let one = error("[doctor]\n# a comment\nfail_on = \"error\"\n");
        assert!(one.message.starts_with("ckpt.toml:3: unknown field `fail_on`"), "{one}");
        assert_eq!(one.hint.as_deref(), Some("did you mean fail-on?"));
        let two = error("[doctor]\nfail-on = \"errors\"\n");
        assert!(two.message.starts_with("ckpt.toml:2: unknown variant `errors`"), "{two}");
        assert_eq!(two.hint.as_deref(), Some("did you mean error?"));
        assert!(error("[doctor\n").message.starts_with("ckpt.toml:1: "));
        let three = error("[doctor.per-path.\"a/**\"]\nselect = []\n");
        assert!(three.message.starts_with("ckpt.toml:2: unknown field `select`"), "{three}");
    }

    #[test]
    fn paths_are_seen_from_the_file() {
        let file = found(&[("../ckpt.toml", FAILS)]).unwrap().unwrap();
        assert_eq!(file.place(Path::new("a/ckpt-1")), "runs/a/ckpt-1");
        assert_eq!(file.place(Path::new("./x/../ckpt-1")), "runs/ckpt-1");
        assert_eq!(file.place(Path::new("../pretrained")), "pretrained");
        assert_eq!(file.place(Path::new("/elsewhere/ckpt")), "/elsewhere/ckpt");
        assert_eq!(file.path(Path::new("expected.json")), Path::new("../expected.json"));
        let named = read(Path::new("conf/ckpt.toml"), HERE, FAILS).unwrap().unwrap();
        assert_eq!(named.place(Path::new("conf/runs/a")), "runs/a");
        let lines = ["warning", "fail-on", "doctor"].map(|word| named.at(word));
        assert_eq!(lines, ["conf/ckpt.toml:2", "conf/ckpt.toml:2", "conf/ckpt.toml"]);
    }
}

//! Nothing is ever written to a checkpoint: every command, on read-only copies of every fixture.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use ckpt::store::Local;
use support::{ask, testdata};

/// What is known of a file or a folder.
#[derive(Debug, PartialEq, Eq)]
struct State {
    /// None of a folder.
    bytes: Option<Vec<u8>>,
    modified: SystemTime,
    readonly: bool,
    changed: (i64, i64),
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target)
        } else {
            fs::copy(entry.path(), &target).map(|_| ()).unwrap()
        }
    }
}

/// Takes the right to write from a folder and all that is in it, or gives it back.
fn protect(folder: &Path, readonly: bool) {
    let set = |path: &Path| {
        let mut permissions = fs::metadata(path).unwrap().permissions();
        permissions.set_readonly(readonly);
        fs::set_permissions(path, permissions).unwrap();
    };
    if !readonly {
        set(folder);
    }
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { protect(&path, readonly) } else { set(&path) }
    }
    if readonly {
        set(folder);
    }
}

#[cfg(unix)]
fn changed(metadata: &fs::Metadata) -> (i64, i64) {
    use std::os::unix::fs::MetadataExt;
    (metadata.ctime(), metadata.ctime_nsec())
}

#[cfg(not(unix))]
fn changed(_: &fs::Metadata) -> (i64, i64) {
    (0, 0)
}

fn states(folder: &Path, states: &mut BTreeMap<PathBuf, State>) {
    let state = |path: &Path, bytes| {
        let metadata = fs::metadata(path).unwrap();
        let readonly = metadata.permissions().readonly();
        State { bytes, modified: metadata.modified().unwrap(), readonly, changed: changed(&metadata) }
    };
    states.insert(folder.to_owned(), state(folder, None));
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            self::states(&path, states);
        } else {
            let bytes = Some(fs::read(&path).unwrap());
            states.insert(path.clone(), state(&path, bytes));
        }
    }
}

/// `@` is a path, `#` another one, `%` a variable, `=` a folder for what is asked to be written.
const COMMANDS: &[&str] = &[
    "ls @",
    "ls @ --all",
    "ls @ --stats --digests --format json",
    "ls @ --format csv",
    "ls @ --format markdown",
    "ls @ --format json-lines --no-collapse",
    "ls @ --tree --depth 2",
    "ls @ --output =/ls.txt",
    "show @ % --values",
    "show @ % --npy =/part.npy",
    "show @ % --format json",
    "diff # @",
    "diff # @ --values --format json",
    "diff # @ --stat --format markdown",
    "diff # @ --name-status",
    "diff # @ --map =/map.py --html =/diff.html",
    "doctor @",
    "doctor @ --all --quick",
    "doctor @ --against # --format json",
    "doctor @ --format concise",
    "doctor @ --format json-lines",
    "doctor @ --format markdown",
    "doctor @ --format sarif",
    "doctor @ --format junit",
    "doctor @ --format github",
    "doctor @ --format gitlab --statistics",
    "doctor @ --log =/training.log --html =/report.html",
    "doctor @ --baseline =/known.toml --write-baseline",
    "completions --variables @",
    "doctor @ --format json --output =/report.json",
    "diff # @ --format json --output =/diff.json",
    "completions bash",
    "schema doctor",
    "explain --all",
    "rules",
];

/// What a person would give: each folder, and each of its files.
fn paths(folder: &Path, found: &mut Vec<PathBuf>) {
    let mut inside: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    inside.sort();
    for path in inside {
        found.push(path.clone());
        if path.is_dir() {
            paths(&path, found);
        }
    }
}

/// The name of a variable, if there are any.
fn variable(path: &str) -> String {
    let listed = ask(&Local, &["ls", path, "--format", "json", "--jobs", "1"]);
    let json: serde_json::Value = serde_json::from_str(&listed.out).unwrap_or_default();
    json["variables"][0]["name"].as_str().unwrap_or("none").to_owned()
}

#[test]
fn nothing_is_written() {
    let work = tempfile::tempdir().unwrap();
    let (copied, out) = (work.path().join("copies"), work.path().join("out"));
    copy(&testdata(), &copied);
    fs::create_dir(&out).unwrap();
    fs::write(
        out.join("training.log"),
        "tensorflow.python.framework.errors_impl.DataLossError: Unable to open table file",
    )
    .unwrap();
    protect(&copied, true);
    let mut before = BTreeMap::new();
    states(&copied, &mut before);
    assert!(before.len() > 1000, "{} files and folders", before.len());

    let mut all = Vec::new();
    paths(&copied, &mut all);
    let folders: Vec<&PathBuf> = all.iter().filter(|path| path.is_dir()).collect();
    let mut other = copied.join("k3-adam");
    let mut codes = [0; 3];
    let mut run = |command: &str, path: &Path, other: &Path| {
        let path = path.display().to_string();
        let filled = |word: &str| match word {
            "@" => path.clone(),
            "#" => other.display().to_string(),
            "%" => variable(&path),
            word => word.replace('=', &out.display().to_string()),
        };
        let args: Vec<String> = command.split(' ').map(filled).collect();
        let code = ask(&Local, &args.iter().map(String::as_str).collect::<Vec<_>>()).code;
        codes[usize::from(code)] += 1;
    };
    for (number, folder) in folders.iter().enumerate() {
        // Each folder has a third of the commands, so that each command has a hundred folders.
        for command in COMMANDS.iter().skip(number % 3).step_by(3) {
            run(command, folder, &other);
        }
        other = (*folder).clone();
    }
    for (number, file) in all.iter().filter(|path| !path.is_dir()).enumerate() {
        run(COMMANDS[number % COMMANDS.len()], file, &copied.join("k3-adam"));
    }
    assert!(codes.iter().all(|count| *count > 100), "{codes:?}");

    let mut after = BTreeMap::new();
    states(&copied, &mut after);
    let names = |states: &BTreeMap<PathBuf, State>| states.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&before), names(&after));
    for (path, state) in &before {
        assert!(after.get(path) == Some(state), "{} was touched", path.display());
    }
    protect(&copied, false);
}

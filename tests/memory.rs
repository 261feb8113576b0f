//! What a look at files takes of memory: never more than README says, whatever the files claim.

#![cfg(target_os = "linux")]

#[path = "support/bombs.rs"]
mod bombs;
mod forge;
mod support;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::thread;

use forge::Forge;
use nix::sys::resource::{UsageWho, getrusage};
use serde_json::{Value, json};
use support::{Chance, fixtures, testdata};

/// What anything may take.
const BASE: u64 = 64 << 20;

/// What each byte of the files may take besides.
const TIMES: u64 = 64;

/// Where the commands stand that [`measured`] runs.
const COMMANDS: &str = "CKPT_MEASURED";

/// Bytes that the largest of some commands held at once. They are run by a process that has no memory of its own
/// to speak of: what a child has held is at least what its parent held when it was started.
fn peak(folder: &Path, commands: &[Vec<String>]) -> u64 {
    let work = tempfile::tempdir().unwrap();
    let (asked, told) = (work.path().join("asked"), work.path().join("told"));
    fs::write(&asked, json!({"folder": folder, "commands": commands, "told": told}).to_string()).unwrap();
    let runner = Command::new(env::current_exe().unwrap())
        .args(["--exact", "measured", "--ignored"])
        .env(COMMANDS, &asked)
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(runner.success(), "{commands:?}");
    fs::read_to_string(&told).unwrap().parse().unwrap()
}

#[test]
#[ignore = "the other tests run it"]
fn measured() {
    let Ok(asked) = env::var(COMMANDS) else { return };
    let asked: Value = serde_json::from_str(&fs::read_to_string(asked).unwrap()).unwrap();
    for command in asked["commands"].as_array().unwrap() {
        let status = Command::new(env!("CARGO_BIN_EXE_ckpt"))
            .args(support::strings(command))
            .args(["--jobs", "2"])
            .current_dir(asked["folder"].as_str().unwrap())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert!(status.code().is_some_and(|code| code <= 2), "{command}: {status}");
    }
    let held = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap().max_rss() as u64 * 1024;
    fs::write(asked["told"].as_str().unwrap(), held.to_string()).unwrap();
}

fn commands(path: &str, variables: &[&str]) -> Vec<Vec<String>> {
    let mut commands = vec![
        vec!["ls", path],
        vec!["ls", path, "--format", "json", "--stats", "--digests"],
        vec!["diff", path, path, "--values"],
        vec!["doctor", path],
    ];
    // The text of what is as large as those would take minutes.
    let all = if path.ends_with(".h5") { "--verbose" } else { "--values" };
    commands.extend(variables.iter().map(|variable| vec!["show", path, variable, all]));
    commands.into_iter().map(|command| command.into_iter().map(str::to_owned).collect()).collect()
}

fn put(folder: &Path, files: &[(String, Vec<u8>)]) -> u64 {
    for (name, bytes) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    files.iter().map(|(_, bytes)| bytes.len() as u64).sum()
}

/// What went beyond the bound, of some work that is done on all cores.
fn beyond<T: Send>(work: Vec<T>, look: impl Fn(T) -> Vec<String> + Sync) -> Vec<String> {
    let work = Mutex::new(work);
    let next = || work.lock().unwrap().pop();
    let worker = || {
        let mut found = Vec::new();
        while let Some(one) = next() {
            found.extend(look(one));
        }
        found
    };
    thread::scope(|scope| {
        let workers: Vec<_> =
            (0..thread::available_parallelism().unwrap().get()).map(|_| scope.spawn(worker)).collect();
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    })
}

#[test]
fn bombs_stay_within_the_bound() {
    let found = beyond(bombs::bombs(), |bomb| {
        let folder = tempfile::tempdir().unwrap();
        let size = put(folder.path(), &bomb.files);
        let variables = if bomb.path.ends_with(".h5") { [bombs::DENSE].as_slice() } else { &["w", "words"] };
        let mut found = Vec::new();
        // Of a comparison, each side counts.
        let (compared, others): (Vec<_>, Vec<_>) =
            commands(bomb.path, variables).into_iter().partition(|command| command[0] == "diff");
        for (commands, sides) in [(compared, 2), (others, 1)] {
            let held = peak(folder.path(), &commands);
            let line = format!("{}: {size} bytes, {sides} of them took {held}", bomb.name);
            if env::var_os("CKPT_TELL").is_some() {
                eprintln!("{line}");
            }
            if held > (BASE + TIMES * size) * sides {
                found.push(line);
            }
        }
        found
    });
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Of files of some kilobytes, nothing takes more than the least.
#[test]
fn fixtures_and_their_wounds_take_the_least() {
    let mut paths: Vec<PathBuf> = Vec::new();
    for below in ["", "damaged", "formats"] {
        paths.extend(fixtures(below).iter().map(|fixture| fixture.path()));
    }
    for below in ["foreign", "hdf5", "formats/damaged"] {
        paths.extend(fs::read_dir(testdata().join(below)).unwrap().map(|entry| entry.unwrap().path()));
    }
    assert!(paths.len() > 200, "{}", paths.len());
    let found = beyond(paths.chunks(20).collect(), |paths| {
        let all: Vec<Vec<String>> = paths.iter().flat_map(|path| commands(path.to_str().unwrap(), &["w"])).collect();
        let held = peak(Path::new("."), &all);
        if held > BASE { vec![format!("{held} bytes for one of {paths:?}")] } else { Vec::new() }
    });
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Chance wounds each kind of file: a claim may become any other.
#[test]
fn random_wounds_take_the_least() {
    const WOUNDS: u64 = 12;
    let kinds = [
        ("k3-adam", ".index"),
        ("saver-v1", "model.ckpt-250"),
        ("formats/meta-alone", ".meta"),
        ("formats/sm-small", "saved_model.pb"),
        ("formats/k3-h5-small", ".h5"),
        ("formats/k3-weights-gzip", ".h5"),
        ("formats/k3-weights-many", ".h5"),
        ("formats/k3-keras-deflated", ".keras"),
        ("formats/k3-shards-small", ".json"),
    ];
    let found = beyond(kinds.to_vec(), |(name, end)| {
        let (fixture, folder) = (support::fixture(name), tempfile::tempdir().unwrap());
        let files = support::in_memory(&fixture);
        let path = fixture.path().strip_prefix(&fixture.folder).unwrap().to_path_buf();
        let mut all = Vec::new();
        for wound in 0..WOUNDS {
            let mut chance = Chance::new(wound + 1);
            let mut files = files.clone();
            for (_, bytes) in files.iter_mut().filter(|(name, _)| name.ends_with(end)) {
                for _ in 0..=chance.below(3) {
                    let at = chance.below(bytes.len());
                    bytes[at] = [0xff, 0x7f, 0x80, chance.next() as u8][chance.below(4)];
                }
                if chance.below(4) == 0 {
                    bytes.truncate(chance.below(bytes.len()));
                }
            }
            let below = folder.path().join(wound.to_string());
            put(&below, &files);
            all.extend(commands(below.join(&path).to_str().unwrap(), &[]));
        }
        let held = peak(Path::new("."), &all);
        if held > BASE { vec![format!("{held} bytes for a wound of {name}")] } else { Vec::new() }
    });
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Text is many times as large as the numbers that it stands for.
#[test]
fn values_are_written_as_they_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let count = 1 << 20;
    put(folder.path(), &Forge::new("m").floats("w", &[1 << 10, 1 << 10], &forge::numbers(count, 1)).files());
    let npy = folder.path().join("w.npy");
    let commands = [
        vec!["show", "m", "w", "--values"],
        vec!["show", "m", "w", "--values", "--format", "json"],
        vec!["show", "m", "w[:, ::2]", "--values"],
        vec!["show", "m", "w", "--npy", npy.to_str().unwrap()],
    ];
    let commands = commands.map(|command| command.into_iter().map(str::to_owned).collect());
    let held = peak(folder.path(), &commands);
    assert!(held <= BASE / 2, "{held}");
    assert_eq!(fs::metadata(npy).unwrap().len(), 128 + 4 * count as u64);
}

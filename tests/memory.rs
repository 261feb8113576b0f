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

use nix::sys::resource::{UsageWho, getrusage};
use serde_json::{Value, json};
use support::{fixtures, testdata};

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

fn commands(path: &str) -> Vec<Vec<String>> {
    let commands = [
        vec!["ls", path],
        vec!["ls", path, "--format", "json", "--stats"],
        vec!["show", path, "w", "words", "--values"],
        vec!["diff", path, path, "--values"],
        vec!["doctor", path],
    ];
    commands.map(|command| command.into_iter().map(str::to_owned).collect()).into()
}

fn put(folder: &Path, files: &[(String, Vec<u8>)]) -> u64 {
    for (name, bytes) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    files.iter().map(|(_, bytes)| bytes.len() as u64).sum()
}

#[test]
fn bombs_stay_within_the_bound() {
    let mut found = Vec::new();
    for bomb in bombs::bombs() {
        let folder = tempfile::tempdir().unwrap();
        let size = put(folder.path(), &bomb.files);
        for command in commands(bomb.path) {
            let held = peak(folder.path(), std::slice::from_ref(&command));
            let line = format!("{}: {size} bytes, {} took {held}", bomb.name, command[0]);
            if env::var_os("CKPT_TELL").is_some() {
                eprintln!("{line}");
            }
            // Of a comparison, each side counts.
            let sides = if command[0] == "diff" { 2 } else { 1 };
            if held > (BASE + TIMES * size) * sides {
                found.push(line);
            }
        }
    }
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
    for paths in paths.chunks(40) {
        let all: Vec<Vec<String>> = paths.iter().flat_map(|path| commands(path.to_str().unwrap())).collect();
        let held = peak(Path::new("."), &all);
        assert!(held <= BASE, "{held} bytes for one of {paths:?}");
    }
}

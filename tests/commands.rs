//! The commands from the outside: exit codes, wrong paths, colours, files that are written.

mod forge;
mod support;

use std::io::{self, Write};

use ckpt::Terminal;
use ckpt::store::{Local, Memory};
use forge::{Forge, numbers, state_file};
use support::{ask, ask_at};

/// A training directory: two checkpoints, which differ in one bias.
fn disk() -> Memory {
    let mut disk = Memory::default();
    for (step, seed) in [(10, 1), (20, 2)] {
        Forge::new(&format!("run/model.ckpt-{step}"))
            .floats("dense/kernel", &[3, 4], &numbers(12, 7))
            .floats("dense/bias", &[4], &numbers(4, seed))
            .floats("dense/kernel/Momentum", &[3, 4], &numbers(12, 9))
            .count("global_step", step)
            .put(&mut disk);
    }
    disk.put("run/checkpoint", state_file(&["model.ckpt-10", "model.ckpt-20"]));
    disk.put("elsewhere/readme.txt", b"nothing of interest here".to_vec());
    disk
}

#[test]
fn a_checkpoint_is_examined_once() {
    let subjects = |paths: &[&str]| {
        let args: Vec<&str> = ["doctor", "--format", "json"].iter().chain(paths).copied().collect();
        ask(&disk(), &args).json()["subjects"].as_array().expect("subjects").len()
    };
    assert_eq!(subjects(&["run/model.ckpt-10.index", "run/model.ckpt-10.data-00000-of-00001"]), 1);
    assert_eq!(subjects(&["run/model.ckpt-10", "run/model.ckpt-20", "run/model.ckpt-10.index"]), 2);
    assert_eq!(subjects(&["run", "run/model.ckpt-20"]), 2, "the directory is more than its newest");
    assert_eq!(subjects(&["nowhere", "elsewhere"]), 2);
}

#[test]
fn exit_codes() {
    let disk = disk();
    let (old, new) = ("run/model.ckpt-10", "run/model.ckpt-20");
    let cases: [(u8, &[&str]); 29] = [
        (0, &["ls", "run"]),
        (0, &["ls", "--all", "run"]),
        (0, &["ls", "--stats", new]),
        (0, &["ls", "-n", "nothing-of-this-name", new]),
        (0, &["show", new, "dense/bias"]),
        (0, &["show", new, "dense/kernel[0, :2]"]),
        (0, &["diff", old, old]),
        (1, &["diff", old, new]),
        (1, &["diff", "--values", old, new]),
        (0, &["diff", "-n", "dense/kernel", old, new]),
        (0, &["doctor", "run"]),
        (0, &["doctor", old, new]),
        (0, &["doctor", "--quick", "run"]),
        (1, &["doctor", "nowhere"]),
        (0, &["explain", "F015"]),
        (0, &["explain", "--all"]),
        (0, &["rules"]),
        (0, &["--help"]),
        (0, &["--version"]),
        (2, &[]),
        (2, &["ls", "nowhere"]),
        (2, &["ls", "elsewhere"]),
        (2, &["ls", "elsewhere/readme.txt"]),
        (2, &["ls", "--no-such-flag"]),
        (2, &["show", new, "no/such/variable"]),
        (2, &["show", new, "dense/bias[9]"]),
        (2, &["diff", old, "nowhere"]),
        (2, &["doctor", "--select", "no-such-rule", "run"]),
        (2, &["explain", "F999"]),
    ];
    for (code, args) in cases {
        let answer = ask(&disk, args);
        assert_eq!(answer.code, code, "{args:?}\n{}{}", answer.out, answer.err);
        let (speaks, silent) = if code == 2 { (&answer.err, &answer.out) } else { (&answer.out, &answer.err) };
        assert!(!speaks.is_empty(), "{args:?} says nothing");
        assert_eq!(silent, "", "{args:?} speaks on the wrong channel");
    }
}

/// Even for a wreck the doctor has looked; against what is not there it could not.
#[test]
fn a_missing_reference_is_an_error() {
    let disk = disk();
    ask(&disk, &["doctor", "--against", "nowhere", "run"]).expect(2);
    ask(&disk, &["doctor", "--against", "run/model.ckpt-10", "run/model.ckpt-20"]).expect(0);
}

#[test]
fn wrong_paths_get_the_right_one() {
    let disk = disk();
    for (wrong, right) in [("run/model.ckpt-2", "run/model.ckpt-20"), ("run/modle.ckpt-10", "run/model.ckpt-10")] {
        let answer = ask(&disk, &["ls", wrong]).expect(2);
        assert!(answer.err.contains(right), "{}", answer.err);
    }
    let answer = ask(&disk, &["show", "run", "dense/kernle"]).expect(2);
    assert!(answer.err.contains("dense/kernel?"), "{}", answer.err);
    let answer = ask(&disk, &["doctor", "--ignore", "nan-inv", "run"]).expect(2);
    assert!(answer.err.contains("nan-inf"), "{}", answer.err);
}

/// Every file of a checkpoint, and its directory, stand for it.
#[test]
fn where_nothing_is_like_the_path_doctor_is_named() {
    for (path, what) in
        [("nowhere/at-all", "no checkpoint at nowhere/at-all"), ("empty", "no checkpoint in the directory")]
    {
        let mut disk = disk();
        disk.put("empty/notes.txt", b"nothing to load".to_vec());
        let err = ask(&disk, &["ls", path]).expect(2).err;
        assert!(err.contains(what) && err.contains(&format!("ckpt doctor {path} says what to do")), "{err}");
    }
}

#[test]
fn part_files_lead_to_their_checkpoint() {
    let disk = disk();
    let shown = |path: &str| {
        let json = ask(&disk, &["ls", "--format", "json", path]).expect(0).json();
        json["checkpoint"]["prefix"].as_str().unwrap().to_owned()
    };
    for path in ["run", "run/", "run/checkpoint", "run/model.ckpt-20.index", "run/model.ckpt-20.data-00000-of-00001"] {
        assert_eq!(shown(path), "run/model.ckpt-20", "{path}");
    }
    assert_eq!(shown("run/model.ckpt-10.index"), "run/model.ckpt-10");
}

/// A disk that is full is somebody's.
struct Full;

impl Write for Full {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::StorageFull.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn an_output_that_fails_is_an_error() {
    let mut err = Vec::new();
    let exit = ckpt::run(["ls", "run"].map(Into::into), &disk(), &Terminal::default(), &mut Full, &mut err);
    assert_eq!(exit.code, 2);
    assert!(!err.is_empty());
}

fn terminal(width: usize) -> Terminal {
    Terminal { stdout: true, stderr: false, width: Some(width), unicode: true, ..Terminal::default() }
}

#[test]
fn colour_is_for_terminals_that_want_it() {
    let disk = disk();
    let colored = |args: &[&str], terminal: &Terminal| ask_at(&disk, args, terminal).out.contains('\x1b');
    for args in [vec!["ls", "run"], vec!["doctor", "nowhere"], vec!["diff", "run/model.ckpt-10", "run/model.ckpt-20"]] {
        let at = terminal(80);
        assert!(colored(&args, &at), "{args:?}: no colour on a terminal");
        assert!(!colored(&args, &Terminal { no_color: true, ..at }), "{args:?}: NO_COLOR is not obeyed");
        assert!(!colored(&args, &Terminal::default()), "{args:?}: colour in a pipe");
        assert!(
            colored(&[&args[..], &["--color", "always"]].concat(), &Terminal::default()),
            "{args:?}: --color always"
        );
        assert!(!colored(&[&args[..], &["--color", "never"]].concat(), &at), "{args:?}: --color never");
        assert!(!colored(&[&args[..], &["--format", "json"]].concat(), &at), "{args:?}: colour in JSON");
    }
}

/// Boxes and bars are for those who can see them.
#[test]
fn plain_terminals_get_plain_text() {
    let disk = disk();
    for args in [
        vec!["ls", "run"],
        vec!["ls", "--tree", "--stats", "run"],
        vec!["show", "run", "dense/kernel"],
        vec!["doctor", "run"],
        vec!["rules"],
    ] {
        let text = ask(&disk, &args).out;
        assert!(text.is_ascii(), "{args:?}\n{text}");
    }
}

/// In a pipe nothing is cut.
#[test]
fn pipes_get_whole_lines() {
    let name = format!("{}/kernel", "a_long_scope/".repeat(20));
    let disk = Forge::new("ckpt").floats(&name, &[1], &[1.]).disk();
    assert!(ask(&disk, &["ls", "--no-collapse", "ckpt"]).out.contains("a_long_scope/a_long_scope"));
    assert!(ask(&disk, &["ls", "--names", "key", "--format", "csv", "ckpt"]).out.contains(&name));
}

#[test]
fn answers_are_the_same_every_time() {
    let disk = disk();
    for args in [vec!["ls", "--stats", "--format", "json", "run"], vec!["doctor", "--format", "json", "run"]] {
        assert_eq!(ask(&disk, &args).out, ask(&disk, &args).out, "{args:?}");
    }
}

#[test]
fn answers_and_arrays_are_written_to_files() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).display().to_string();
    let answer = ask(&disk(), &["ls", "--format", "json", "-o", &file("ls.json"), "run"]).expect(0);
    assert_eq!(answer.out, "");
    let written = std::fs::read_to_string(file("ls.json")).unwrap();
    assert!(serde_json::from_str::<serde_json::Value>(&written).is_ok());
    ask(&disk(), &["show", "--npy", &file("kernel.npy"), "run", "dense/kernel"]).expect(0);
    let array = std::fs::read(file("kernel.npy")).unwrap();
    assert!(array.starts_with(b"\x93NUMPY"));
    let elements: Vec<u8> = numbers(12, 7).iter().flat_map(|number| number.to_le_bytes()).collect();
    assert!(array.ends_with(&elements));
    ask(&disk(), &["ls", "-o", &file("no/such/folder/x"), "run"]).expect(2);
}

/// Neither a checkpoint's file nor what was asked about is overwritten, whatever its name.
#[test]
fn inputs_are_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name).display().to_string();
    let index = std::fs::read(support::testdata().join("k3-tiny/ckpt-1.index")).unwrap();
    let plain = b"{\"an\": \"answer\", \"of\": \"an earlier run\"}".to_vec();
    for (name, bytes) in [("an-index", &index), ("ckpt-1.index", &index), ("notes.txt", &plain), ("old.json", &plain)] {
        std::fs::write(file(name), bytes).unwrap();
    }
    let same = format!("{}/./notes.txt", folder.path().display());
    for (output, input) in [("an-index", "run"), ("ckpt-1.index", "run"), ("notes.txt", &same)] {
        let before = std::fs::read(file(output)).unwrap();
        let store: &dyn ckpt::store::Store = if input == "run" { &disk() } else { &Local };
        let answer = ask(store, &["doctor", "-o", &file(output), input]).expect(2);
        assert!(answer.err.contains("will not be overwritten"), "{}", answer.err);
        assert_eq!(std::fs::read(file(output)).unwrap(), before, "{output}");
    }
    ask(&disk(), &["doctor", "-o", &file("old.json"), "run"]).expect(0);
    assert_ne!(std::fs::read(file("old.json")).unwrap(), plain);
}

/// What is asked for and cannot be had is refused; what is merely preferred is not.
#[test]
fn a_format_in_the_environment_is_a_preference() {
    let run = |args: &[&str]| {
        let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_ckpt"));
        program.args(args).env("CKPT_FORMAT", "json-lines").output().unwrap()
    };
    let preferred = run(&["rules"]);
    assert_eq!(preferred.status.code(), Some(0), "{preferred:?}");
    let asked = run(&["rules", "--format", "csv"]);
    assert_eq!(asked.status.code(), Some(2), "{asked:?}");
    assert!(String::from_utf8_lossy(&asked.stderr).contains("csv for ls and diff"), "{asked:?}");
    assert_eq!(run(&["--format", "csv", "rules"]).status.code(), Some(2));
    let json = run(&["rules", "--format", "json"]);
    assert!(serde_json::from_slice::<serde_json::Value>(&json.stdout).is_ok(), "{json:?}");
}

/// What could not be looked at is no success, whatever is left out or let through.
#[test]
fn nothing_makes_a_success_of_a_path_that_cannot_be_opened() {
    let disk = disk();
    let ways: [&[&str]; 4] = [&["--select", "V"], &["--ignore", "F"], &["--exit-zero"], &["--fail-on", "never"]];
    for flags in ways {
        let code = |paths: &[&str]| ask(&disk, &[&["doctor"], flags, paths].concat()).code;
        assert_eq!([code(&["nowhere"]), code(&["elsewhere"]), code(&["run"])], [2, 2, 0], "{flags:?}");
        assert_eq!(code(&["run", "nowhere"]), 2, "{flags:?}: one of several");
        let json = ask(&disk, &[&["doctor", "--format", "json", "nowhere"], flags].concat()).json();
        assert_eq!(json["exit"], 2, "{flags:?}");
    }
}

/// Nor is a call advised that fails, for a fault that nobody wanted to hear of.
#[test]
fn no_call_is_advised_that_fails() {
    let mut disk = disk();
    let loads = |disk: &Memory| ask(disk, &["doctor", "--ignore", "F", "run/model.ckpt-20"]).expect(0).out;
    assert!(loads(&disk).contains("loads with"));
    let index = ckpt::store::read(&disk, "run/model.ckpt-20.index".as_ref(), 1 << 20).unwrap();
    disk.put("run/model.ckpt-20.index", index[..index.len() / 2].to_vec());
    assert!(!loads(&disk).contains("loads with"), "{}", loads(&disk));
}

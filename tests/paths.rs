//! Paths that lead to no checkpoint, nor to anything that can be read: an answer comes at once, and names them.

#![cfg(unix)]

mod support;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use ckpt::store::Local;
use support::{Answer, ask, fixture};

/// Far more than any of these takes, on a machine that is busy.
const PATIENCE: Duration = Duration::from_secs(60);

/// A user who owns nothing.
const NOBODY: u32 = 65534;

/// Runs the program, and ends it if no answer comes.
fn program(folder: &Path, user: Option<u32>, args: &[&OsStr]) -> Answer {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ckpt"));
    command.args(args).current_dir(folder).env_remove("CKPT_CONFIG").stdin(Stdio::null());
    if let Some(user) = user {
        command.uid(user);
    }
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program");
    let start = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if start.elapsed() > PATIENCE {
            child.kill().unwrap();
            panic!("no answer to {args:?}");
        }
        sleep(Duration::from_millis(5));
    };
    let (mut out, mut err) = (String::new(), String::new());
    child.stdout.take().unwrap().read_to_string(&mut out).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    let code = status.code().unwrap_or_else(|| panic!("{args:?}: {status}\n{err}"));
    Answer { code: code.try_into().unwrap(), out, err }
}

/// Every place that takes a path is given this one: each answer must name it, and be no success.
fn refused(folder: &Path, user: Option<u32>, path: &Path) {
    let sound = fixture("k3-tiny").path();
    let (path, sound) = (path.as_os_str(), sound.as_os_str());
    let word = OsStr::new;
    let commands: [(&[&OsStr], u8); 9] = [
        (&[word("ls"), path], 2),
        (&[word("ls"), word("--stats"), path], 2),
        (&[word("show"), path, word("x")], 2),
        (&[word("diff"), path, sound], 2),
        (&[word("diff"), sound, path], 2),
        (&[word("doctor"), path], 1),
        (&[word("doctor"), sound, word("--against"), path], 2),
        (&[word("doctor"), sound, word("--log"), path], 2),
        (&[word("doctor"), sound, word("--baseline"), path], 2),
    ];
    let name = Path::new(path).file_name().unwrap_or(path).to_string_lossy().into_owned();
    let name: String = name.chars().take(20).collect();
    for (args, code) in commands {
        let answer = program(folder, user, args);
        assert_eq!(answer.code, code, "{args:?}\n{}{}", answer.out, answer.err);
        let told = format!("{}{}", answer.out, answer.err);
        assert!(told.contains(name.trim_end_matches('\u{fffd}')), "{args:?} names no {name}:\n{told}");
    }
}

fn pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().expect("mkfifo").success());
}

#[test]
fn pipes_sockets_and_devices() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    pipe(&at("pipe"));
    let _socket = UnixListener::bind(at("socket")).unwrap();
    symlink(at("pipe"), at("link-to-pipe")).unwrap();
    for name in ["pipe", "socket", "link-to-pipe"] {
        refused(folder.path(), None, &at(name));
    }
    for device in ["/dev/zero", "/dev/null"] {
        refused(folder.path(), None, Path::new(device));
    }
    // What a restore does with each, as TensorFlow 2.21 did.
    symlink("loop", at("loop")).unwrap();
    let (long, short) = (PathBuf::from("x".repeat(5000)), "file is too short to be an sstable");
    let cases: [(PathBuf, &str); 5] = [
        (at("pipe"), "waits"),
        ("/dev/zero".into(), short),
        ("/dev/null".into(), short),
        (at("loop"), "Failed to find any matching files"),
        (long, "Failed to find any matching files"),
    ];
    for (path, said) in cases {
        let answer = program(folder.path(), None, &[OsStr::new("doctor"), path.as_os_str()]);
        assert!(answer.out.contains("F031") && answer.out.contains(said), "{}", answer.out);
        assert!(!answer.out.contains("the same error of the operating system"), "{}", answer.out);
    }
}

/// Each file of a checkpoint, and of a project, is a pipe in turn.
#[test]
fn pipes_in_the_place_of_files() {
    for (name, path) in [
        ("k3-tiny", "ckpt-1"),
        ("k3-tiny", ""),
        ("saver-v1", "model.ckpt-250"),
        ("formats/k3-keras-folder", ""),
        ("formats/k3-shards-small", "model.weights.json"),
        ("formats/sm-small/saved", ""),
    ] {
        let source = support::testdata().join(name);
        let mut files: Vec<OsString> = fs::read_dir(&source).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        files.push("ckpt.toml".into());
        for file in files {
            let folder = tempfile::tempdir().unwrap();
            for entry in fs::read_dir(&source).unwrap().map(|entry| entry.unwrap()) {
                if entry.file_name() != file && entry.path().is_file() {
                    fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
                }
            }
            pipe(&folder.path().join(&file));
            let path = if path.is_empty() { "." } else { path };
            for args in [&["ls", path][..], &["doctor", path], &["doctor", path, "--all"], &["diff", path, path]] {
                let args: Vec<&OsStr> = args.iter().map(OsStr::new).collect();
                let answer = program(folder.path(), None, &args);
                assert!(answer.code <= 2, "{args:?} {}", answer.err);
            }
        }
    }
}

#[test]
fn links_that_lead_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    symlink(at("there"), at("here")).unwrap();
    symlink(at("here"), at("there")).unwrap();
    symlink(at("nothing"), at("dangling")).unwrap();
    for name in ["here", "dangling", "here/ckpt-1"] {
        refused(folder.path(), None, &at(name));
    }
    // A folder within itself is not searched without end.
    symlink(folder.path(), at("again")).unwrap();
    fs::copy(fixture("k3-tiny").folder.join("ckpt-1.index"), at("ckpt-1.index")).unwrap();
    for path in ["again/again/again", "."] {
        let answer = program(folder.path(), None, &["doctor", "--all", path].map(OsStr::new));
        assert_eq!(answer.code, 1, "{}", answer.err);
        assert!(answer.out.contains("ckpt-1"), "{}", answer.out);
    }
}

/// A folder that may be entered by everybody, and the user who tests what may not be read: root may read all.
fn another_user(folder: &Path) -> Option<u32> {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    (fs::metadata(folder).unwrap().uid() == 0).then_some(NOBODY)
}

#[test]
fn folders_and_files_without_rights() {
    let folder = tempfile::tempdir().unwrap();
    let user = another_user(folder.path());
    let set = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let source = fixture("k3-tiny").folder;
    let closed = folder.path().join("closed");
    fs::create_dir(&closed).unwrap();
    for entry in fs::read_dir(&source).unwrap().map(|entry| entry.unwrap()) {
        fs::copy(entry.path(), closed.join(entry.file_name())).unwrap();
    }
    set(&closed, 0o000);
    refused(folder.path(), user, &closed);
    refused(folder.path(), user, &closed.join("ckpt-1"));
    let doctor = |path: &Path| program(folder.path(), user, &[OsStr::new("doctor"), path.as_os_str()]);
    let told = doctor(&closed).out;
    assert!(told.contains("F031") && told.contains("Permission denied"), "{told}");
    assert!(!told.contains("there is no checkpoint"), "{told}");

    // It may be entered, but not listed: what is named is examined, and what lies around it is not.
    set(&closed, 0o311);
    let answer = doctor(&closed.join("ckpt-1")).expect(0);
    assert!(answer.out.contains("not examined: what lies around it"), "{}", answer.out);

    // It may be listed, but not entered: that is what is wrong with each file.
    set(&closed, 0o644);
    for path in [closed.clone(), closed.join("ckpt-1")] {
        let told = doctor(&path).expect(1).out;
        assert!(told.contains("F031") && told.contains("chmod u+x") && !told.contains("chmod u+r"), "{told}");
        assert!(!told.contains("there is no checkpoint") && !told.contains("not there"), "{told}");
    }
    let listing = program(folder.path(), user, &[OsStr::new("ls"), closed.as_os_str()]).expect(2);
    assert!(listing.err.contains("may not be searched"), "{}", listing.err);

    set(&closed, 0o755);
    set(&closed.join("checkpoint"), 0o000);
    let told = doctor(&closed).expect(1).out;
    assert!(told.contains("F011") && told.contains("chmod u+r") && !told.contains("echo"), "{told}");
    set(&closed.join("checkpoint"), 0o644);
    set(&closed.join("ckpt-1.data-00000-of-00001"), 0o000);
    let path = closed.join("ckpt-1");
    let diff = [OsStr::new("diff"), source.join("ckpt-1").as_os_str(), path.as_os_str()].map(OsStr::to_owned);
    let told = program(folder.path(), user, &diff.each_ref().map(OsString::as_os_str)).out;
    assert!(told.contains("cannot be read") && !told.contains("damaged") && !told.contains("renamed"), "{told}");
    set(&closed.join("ckpt-1.data-00000-of-00001"), 0o644);
    for (file, said) in [("ckpt-1.index", "F031"), ("ckpt-1.data-00000-of-00001", "F031")] {
        set(&closed.join(file), 0o000);
        let answer = doctor(&closed.join("ckpt-1")).expect(1);
        assert!(answer.out.contains(said) && answer.out.contains(file), "{}", answer.out);
        set(&closed.join(file), 0o644);
    }
    let model = folder.path().join("model.keras");
    fs::copy(fixture("formats/k3-keras-small").folder.join("model.keras"), &model).unwrap();
    set(&model, 0o000);
    refused(folder.path(), user, &model);
}

#[test]
fn names_that_are_not_utf8() {
    let folder = tempfile::tempdir().unwrap();
    let name = |bytes: &[u8]| folder.path().join(OsStr::from_bytes(bytes));
    refused(folder.path(), None, &name(b"caf\xe9"));
    // A checkpoint in such a folder, and one of such a name.
    let source = fixture("k3-tiny").folder;
    let inside = name(b"r\xffun");
    fs::create_dir(&inside).unwrap();
    for (from, to) in [("ckpt-1.index", &b".index"[..]), ("ckpt-1.data-00000-of-00001", b".data-00000-of-00001")] {
        fs::copy(source.join(from), inside.join(from)).unwrap();
        let beside: Vec<u8> = [b"ck\xfept", to].concat();
        fs::copy(source.join(from), name(&beside)).unwrap();
    }
    for prefix in [inside.join("ckpt-1"), name(b"ck\xfept")] {
        for command in ["ls", "doctor"] {
            let answer = program(folder.path(), None, &[OsStr::new(command), prefix.as_os_str()]);
            assert_eq!(answer.code, 0, "{command} {}\n{}{}", prefix.display(), answer.out, answer.err);
            assert!(!answer.out.contains("restore("), "nothing to paste has its name: {}", answer.out);
        }
    }
    let answer = program(folder.path(), None, &[OsStr::new("ls"), name(b"ck\xfept.index").as_os_str()]).expect(0);
    assert!(answer.out.contains("without .index"), "{}", answer.out);
    let doctor = program(folder.path(), None, &[OsStr::new("doctor"), folder.path().as_os_str()]).expect(1).out;
    assert!(doctor.contains("not UTF-8") && !doctor.contains("F007") && !doctor.contains("mv "), "{doctor}");
}

#[test]
fn paths_of_no_letters_and_of_very_many() {
    let folder = tempfile::tempdir().unwrap();
    let long = "a".repeat(5000);
    let deep = "a/".repeat(5000);
    for path in [PathBuf::from(&long), PathBuf::from(&deep), folder.path().join("none")] {
        refused(folder.path(), None, &path);
    }
    for command in [&["ls", ""][..], &["doctor", ""], &["show", "", "x"], &["diff", "", "x"]] {
        let args: Vec<&OsStr> = command.iter().map(OsStr::new).collect();
        let answer = program(folder.path(), None, &args);
        assert_eq!(answer.code, 2, "{}", answer.out);
        assert!(answer.err.contains("a value is required"), "{}", answer.err);
    }
    for command in [&["ls", "a\0b"][..], &["diff", "a\0b", "c"], &["doctor", "a\0b"]] {
        let answer = ask(&Local, command);
        assert!(answer.code == 1 || answer.code == 2, "{answer:?}");
    }
}

//! Manners at a terminal: whatever is asked in whatever format, lines fit, columns stand in line, `-q` leaves the
//! verdict, and a pipe that closes is nobody's mistake.

mod forge;
mod support;

use std::io::{self, Write};

use ckpt::Terminal;
use ckpt::store::{Local, Memory, Store};
use forge::{Forge, numbers, state_file};
use support::{ask, ask_at};
use unicode_width::UnicodeWidthStr;

/// Names of two columns a letter, beside such of one; a layer that is cut off, and one that is inserted.
fn disk() -> Memory {
    let mut disk = Memory::default();
    for step in [1, 2] {
        Forge::new(&format!("実験/ckpt-{step}"))
            .floats("符号化器/層_0/核", &[3, 4], &numbers(12, step))
            .floats("符号化器/層_0/核/Momentum", &[3, 4], &numbers(12, 9))
            .floats("encoder/layer_0/kernel", &[3, 4], &numbers(12, 7))
            .floats("encoder/layer_0/kernel/Momentum", &[3, 4], &numbers(12, 8))
            .floats("é/naïve", &[2], &numbers(2, step))
            .floats("データ拡張/平均", &[4], &numbers(4, step))
            .count("global_step", step as i64)
            .put(&mut disk);
    }
    disk.put("実験/checkpoint", state_file(&["ckpt-1", "ckpt-2"]));
    let cut = Forge::new("cut/ckpt").floats("w", &[8], &numbers(8, 1)).disk().remove("cut/ckpt.data-00000-of-00001");
    Forge::new("cut/ckpt").floats("w", &[8], &numbers(8, 1)).put(&mut disk);
    disk.put("cut/ckpt.data-00000-of-00001", &cut.expect("data")[..20]);
    disk.put("train.log", b"OutOfRangeError: Read less bytes than requested\n".to_vec());
    disk
}

/// Calls of every command, by words.
const CALLS: &[&str] = &[
    "ls 実験",
    "ls 実験 -v",
    "ls 実験 --all",
    "ls 実験 --stats --no-collapse --role all",
    "ls 実験 --tree",
    "ls 実験 --depth 1 --sort size",
    "ls 実験 --names key --digests",
    "show 実験 符号化器/層_0/核",
    "show 実験 データ拡張/平均 --values -v",
    "diff 実験/ckpt-1 実験/ckpt-2",
    "diff 実験/ckpt-1 実験/ckpt-2 --values -v",
    "diff 実験/ckpt-1 実験/ckpt-2 --stat",
    "diff 実験/ckpt-1 実験/ckpt-2 --name-status",
    "diff cut/ckpt 実験/ckpt-2 --for resume",
    "doctor 実験",
    "doctor cut",
    "doctor cut -v --log train.log",
    "doctor 実験 cut nowhere --statistics",
    "doctor 実験/ckpt-1 --against cut/ckpt",
    "doctor 実験/ckpt-1 --against cut/ckpt -v --for finetune",
    "doctor nowhere",
    "doctor cut --format concise",
    "explain F015",
    "explain F015 V001 O016",
    "explain Read less bytes than requested",
    "rules",
    "schema",
];

/// Calls whose answer is on the repository's own files.
const LOCAL: &[&str] = &[
    "ls testdata/bert-like",
    "ls testdata/k3-adam -v",
    "ls testdata/saved-model",
    "show testdata/k3-adam logits/kernel -v",
    "diff testdata/renames/k2-k3-conv/old/ckpt testdata/renames/k2-k3-conv/new/ckpt -v",
    "doctor testdata/renames/k3-frozen-equal/old/ckpt --against testdata/renames/k3-frozen-equal/new/ckpt",
];

fn terminal(width: usize) -> Terminal {
    Terminal { stdout: true, width: Some(width), unicode: true, no_color: true, ..Terminal::default() }
}

/// The words of a call; an error text is one word.
fn words(call: &str) -> Vec<&str> {
    match call.strip_prefix("explain Read") {
        Some(_) => vec!["explain", &call["explain ".len()..]],
        None => call.split(' ').collect(),
    }
}

fn calls() -> impl Iterator<Item = (bool, &'static str)> {
    CALLS.iter().map(|call| (false, *call)).chain(LOCAL.iter().map(|call| (true, *call)))
}

/// Code to paste is not broken, and a line that starts with a path to click on is the path's.
fn may_be_wide(line: &str) -> bool {
    let fixes = ckpt::doctor::rules::ALL.iter().flat_map(|rule| rule.manual.fix.lines());
    let is_code = fixes.filter(|fix| fix.starts_with("    ")).any(|fix| fix.trim() == line.trim());
    is_code || line.starts_with("        ") || line.starts_with("testdata/")
}

#[test]
fn lines_fit_terminals_of_every_width() {
    let disk = disk();
    let mut wrong = Vec::new();
    for (is_local, call) in calls().filter(|(_, call)| !call.contains("concise")) {
        let store: &dyn Store = if is_local { &Local } else { &disk };
        for width in [40, 47, 60, 80, 100, 132] {
            let answer = ask_at(store, &words(call), &terminal(width));
            assert!(answer.code < 2 && !answer.out.is_empty(), "{call}: {}", answer.err);
            let lines: Vec<&str> = answer.out.lines().collect();
            let wide = lines.iter().filter(|line| line.width() > width && !may_be_wide(line));
            wrong.extend(wide.map(|line| format!("{call} at {width}: {line}")));
            // A text in a column of a letter or two is none that anybody reads.
            let narrow =
                |line: &&str| (1..=2).contains(&line.trim().width()) && line.trim().chars().all(char::is_alphabetic);
            if lines.windows(4).any(|lines| lines.iter().all(narrow)) {
                wrong.push(format!("{call} at {width}: a text stands on end\n{}", answer.out));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The column of the type, where a table has one, is the same in each line.
#[test]
fn wide_letters_take_two_columns() {
    let disk = disk();
    for call in
        ["ls 実験 --no-collapse", "ls 実験 -v", "ls 実験 --tree", "ls 実験 --stats", "diff 実験/ckpt-1 実験/ckpt-2"]
    {
        for width in [80, 120] {
            let text = ask_at(&disk, &words(call), &terminal(width)).out;
            let typed = |line: &str| line.find(" f32 ").or_else(|| line.find(" float32 ")).map(|at| line[..at].width());
            let places: Vec<usize> = text.lines().filter_map(typed).collect();
            assert!(places.len() >= 3, "{call}\n{text}");
            assert!(places.iter().all(|place| *place == places[0]), "{call} at {width}\n{text}");
        }
    }
}

/// One `-q` leaves a few lines of verdict, two leave nothing, and the exit status is what it was.
#[test]
fn quiet_leaves_the_verdict() {
    let disk = disk();
    for (is_local, call) in calls().filter(|(_, call)| !call.starts_with("schema")) {
        let store: &dyn Store = if is_local { &Local } else { &disk };
        let asked = |flag: Option<&str>| ask(store, &words(call).into_iter().chain(flag).collect::<Vec<_>>());
        let (loud, quiet, silent) = (asked(None), asked(Some("-q")), asked(Some("-qq")));
        assert_eq!((loud.code, loud.code), (quiet.code, silent.code), "{call}");
        assert_eq!(silent.out, "", "{call} -qq");
        let has_verdict = !call.contains("--name-status");
        assert!(quiet.out.len() <= loud.out.len() || !has_verdict, "{call} -q says more:\n{}", quiet.out);
        if ["ls", "diff", "doctor"].iter().any(|command| call.starts_with(command)) {
            assert!((1..=6).contains(&quiet.out.lines().count()), "{call} -q\n{}", quiet.out);
        }
    }
}

/// A pipe whose reader goes away after some bytes.
struct Closed(usize);

impl Write for Closed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or(io::ErrorKind::BrokenPipe)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

const FORMATS: [&str; 10] =
    ["text", "concise", "json", "json-lines", "csv", "markdown", "sarif", "junit", "github", "gitlab"];

#[test]
fn a_closed_pipe_changes_no_verdict_in_any_format() {
    let disk = disk();
    let mut tried = 0;
    let scripts =
        ["completions bash", "completions zsh", "man", "man diff", "schema doctor", "--help", "ls --help", "--version"];
    let of_disk = CALLS.iter().filter(|call| !call.contains("--format"));
    for call in of_disk.chain(&scripts).chain(&["diff 実験/ckpt-1 実験/ckpt-2 --map -"]) {
        for format in FORMATS {
            let args = [words(call), vec!["--format", format]].concat();
            // Not every command has every format.
            let code = ask(&disk, &args).code;
            if code == 2 {
                continue;
            }
            for room in [0, 30] {
                let mut err = Vec::new();
                let args = args.iter().map(Into::into);
                let exit = ckpt::run(args, &disk, &Terminal::default(), &mut Closed(room), &mut err);
                let said = String::from_utf8(err).expect("UTF-8");
                assert!(exit.code == code && said.is_empty(), "{call} --format {format} into {room} bytes: {said}");
                tried += 1;
            }
        }
    }
    assert!(tried > 150, "{tried}");
}

/// What is for a file or a program has no colour and is not cut to the terminal.
#[test]
fn formats_for_programs_do_not_know_the_terminal() {
    let disk = disk();
    for call in CALLS.iter().filter(|call| !call.contains("--format")) {
        for format in FORMATS.iter().filter(|format| !["text", "concise"].contains(format)) {
            let args = [words(call), vec!["--format", format]].concat();
            let at = |width| ask_at(&disk, &args, &Terminal { no_color: false, ..terminal(width) }).out;
            assert_eq!(at(40), ask(&disk, &args).out, "{call} --format {format}");
            assert!(!at(40).contains('\x1b'), "{call} --format {format}");
        }
    }
}

/// A list that no screen holds is laid out in stretches: nothing is lost, doubled or said anew where they meet.
#[test]
fn a_list_of_many_screens_is_whole() {
    let mut disk = Memory::default();
    let names: Vec<String> = (0..25_000).map(|n| format!("scope_{:02}/v{n}", n / 1000)).collect();
    let many = names.iter().fold(Forge::new("many/m"), |forge, name| forge.count(name, 1));
    many.put(&mut disk);
    let rows = |answer: &str| answer.lines().filter(|line| line.contains("  i64 ")).count();
    let list = ask(&disk, &["ls", "many/m", "--no-collapse", "--role", "all"]).expect(0).out;
    assert_eq!(rows(&list), names.len());
    let listed: std::collections::HashSet<&str> = list.split_whitespace().collect();
    assert!(names.iter().all(|name| listed.contains(name.as_str())));
    let tree = ask(&disk, &["ls", "many/m", "--no-collapse", "--role", "all", "--tree"]).expect(0).out;
    assert_eq!((rows(&tree), tree.matches("scope_").count()), (names.len(), 25), "each scope is opened once");
    let limited = ask(&disk, &["ls", "many/m", "--no-collapse", "--role", "all", "--limit", "10005"]).expect(0).out;
    assert_eq!(rows(&limited), 10_005);
    assert!(limited.contains("    ... 14,995 more\n"), "{}", &limited[limited.len() - 200..]);
}

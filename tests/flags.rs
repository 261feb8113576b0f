//! What `--help` says: that it fits a screen and leaves nothing out, and that every flag in it does something.

mod forge;
mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use ckpt::Terminal;
use ckpt::cli;
use ckpt::store::{Local, Memory, Store};
use clap::{Arg, Command};
use forge::{Forge, numbers, state_file};
use support::{Answer, ask, ask_at};
use unicode_width::UnicodeWidthStr;

/// The command (none: the program itself), the flag as it is spelled, a call without it, and the flag as it is given
/// there. The answer has to be another one with it; `{}` is a file that only the flag makes it write.
const CASES: &[(&str, &str, &str, &str)] = &[
    ("", "--bytes", "ls run", "--bytes"),
    ("", "--color", "ls run", "--color always"),
    ("", "--config", "doctor nan", "--config of-files.toml"),
    ("", "--format", "ls run", "--format json"),
    ("", "--help", "ls run", "--help"),
    ("", "-h", "ls run", "-h"),
    ("", "--no-config", "doctor project/nan", "--no-config"),
    ("", "--output", "ls run", "--output {}"),
    ("", "-o", "ls run", "-o {}"),
    ("", "--quiet", "ls run", "--quiet"),
    ("", "-q", "ls run", "-q"),
    ("", "--verbose", "ls run", "--verbose"),
    ("", "-v", "ls run", "-v"),
    ("", "--version", "", "--version"),
    ("", "-V", "", "-V"),
    ("", "--width", "ls run", "--width 40"),
    ("ls", "--all", "ls run", "--all"),
    ("ls", "--depth", "ls run", "--depth 1"),
    ("ls", "--digests", "ls run", "--digests"),
    ("ls", "--dtype", "ls run", "--dtype f32"),
    ("ls", "--limit", "ls run", "--limit 1"),
    ("ls", "--min-size", "ls run", "--min-size 40"),
    ("ls", "--name", "ls run", "--name **/bias"),
    ("ls", "-n", "ls run", "-n !**/bias"),
    ("ls", "--names", "ls objects", "--names key"),
    ("ls", "--no-collapse", "ls run", "--no-collapse"),
    ("ls", "--regex", "ls run", "--regex k.rnel"),
    ("ls", "-e", "ls run", "-e ^dense"),
    ("ls", "--reverse", "ls run", "--reverse"),
    ("ls", "-r", "ls run", "-r"),
    ("ls", "--role", "ls run", "--role slot"),
    ("ls", "--sort", "ls run", "--sort size"),
    ("ls", "--stats", "ls run", "--stats"),
    ("ls", "--tree", "ls run", "--tree"),
    ("show", "--edge-items", "show run dense/kernel", "--edge-items 2"),
    ("show", "--npy", "show run dense/kernel", "--npy {}"),
    ("show", "--precision", "show run dense/kernel", "--precision 2"),
    ("show", "--values", "show run large", "--values"),
    ("diff", "--atol", "diff run/model.ckpt-10 run/model.ckpt-20", "--atol 100"),
    ("diff", "--dtype", "diff run/model.ckpt-10 run/model.ckpt-20", "--dtype int64"),
    ("diff", "--fail-on", "diff run/model.ckpt-10 run/model.ckpt-20", "--fail-on removed"),
    ("diff", "--for", "diff run/model.ckpt-10 run/model.ckpt-20", "--for resume"),
    ("diff", "--by-name", COUNTED, "--by-name"),
    ("diff", "--html", "diff run/model.ckpt-10 run/model.ckpt-20", "--html {}"),
    ("diff", "--loader", "diff plain run", "--loader checkpoint"),
    ("diff", "--map", "diff run/model.ckpt-10 run/model.ckpt-20", "--map {}"),
    ("diff", "--min-size", "diff run/model.ckpt-10 run/model.ckpt-20", "--min-size 1MiB"),
    ("diff", "--name", "diff run/model.ckpt-10 run/model.ckpt-20", "--name **/kernel"),
    ("diff", "-n", "diff run/model.ckpt-10 run/model.ckpt-20", "-n !**/bias"),
    ("diff", "--name-status", "diff run/model.ckpt-10 run/model.ckpt-20", "--name-status"),
    ("diff", "--names", "diff objects plain", "--names key"),
    ("diff", "--regex", "diff run/model.ckpt-10 run/model.ckpt-20", "--regex k.rnel"),
    ("diff", "-e", "diff run/model.ckpt-10 run/model.ckpt-20", "-e ^dense"),
    ("diff", "--role", "diff run/model.ckpt-10 run/model.ckpt-20", "--role model"),
    ("diff", "--rtol", "diff run/model.ckpt-10 run/model.ckpt-20", "--rtol 1e9"),
    ("diff", "--skip-mismatch", CLASSES, "--skip-mismatch"),
    ("diff", "--stat", "diff run/model.ckpt-10 run/model.ckpt-20", "--stat"),
    ("diff", "--values", "diff run/model.ckpt-10 run/model.ckpt-20", "--values"),
    ("doctor", "--against", "doctor nan", "--against plain"),
    ("doctor", "--all", "doctor run", "--all"),
    ("doctor", "--baseline", "doctor nan", "--baseline known.toml"),
    ("doctor", "--by-name", H5, "--by-name"),
    ("doctor", "--exit-zero", "doctor nan", "--exit-zero"),
    ("doctor", "--fail-on", "doctor nan", "--fail-on never"),
    ("doctor", "--for", "doctor run/model.ckpt-10 --against run", "--for exact"),
    ("doctor", "--html", "doctor nan", "--html {}"),
    ("doctor", "--ignore", "doctor nan", "--ignore V"),
    ("doctor", "--loader", "doctor plain --against run", "--loader checkpoint"),
    ("doctor", "--log", "doctor nan", "--log train.log"),
    ("doctor", "--quick", "doctor nan", "--quick"),
    ("doctor", "--select", "doctor nan", "--select F"),
    ("doctor", "--skip-mismatch", H5, "--skip-mismatch"),
    ("doctor", "--statistics", "doctor nan", "--statistics"),
    ("doctor", "--write-baseline", "doctor nan --baseline {}", "--write-baseline"),
    ("explain", "--all", "explain", "--all"),
    ("completions", "--variables", "completions", "--variables run"),
];

/// Weights of Keras 2, held against those of a model with one layer more.
const H5: &str =
    "doctor testdata/renames/h5-k2-counted/old/weights.h5 --against testdata/renames/h5-k2-counted/new/weights.h5";

/// The same pair, and one in which the shape of a head is another.
const COUNTED: &str =
    "diff testdata/renames/h5-k2-counted/old/weights.h5 testdata/renames/h5-k2-counted/new/weights.h5";
const CLASSES: &str = "diff testdata/restores/k3-classes-skipped/old/model.weights.h5 \
                       testdata/restores/k3-classes-skipped/new/model.weights.h5";

/// Flags whose effect is not in an answer, and the tests that see it.
const ELSEWHERE: &[(&str, &str, &str, &str)] = &[
    ("", "--no-progress", "src/command/progress.rs", "a_bar_is_for_those_who_wait_at_a_terminal"),
    ("", "--jobs", "tests/flags.rs", "threads_are_as_many_as_asked_for"),
    ("", "-j", "tests/flags.rs", "threads_are_as_many_as_asked_for"),
];

fn disk() -> Memory {
    let mut disk = Memory::default();
    for (step, seed) in [(10, 1), (20, 2)] {
        let forge = Forge::new(&format!("run/model.ckpt-{step}"))
            .floats("dense/kernel", &[3, 4], &numbers(12, seed))
            .floats("dense/bias", &[4], &numbers(4, seed))
            .floats("dense/kernel/Momentum", &[3, 4], &numbers(12, 9))
            .floats("large", &[40], &numbers(40, 3))
            .count("global_step", step);
        let layers = (0..6).map(|layer| format!("tower/layer_{layer}/projection/attention/kernel"));
        layers.fold(forge, |forge, name| forge.floats(name, &[2], &numbers(2, seed + 5))).put(&mut disk);
    }
    disk.put("run/checkpoint", state_file(&["model.ckpt-10", "model.ckpt-20"]));
    Forge::new("plain").floats("w", &[2], &[1., 2.]).put(&mut disk);
    for name in ["nan", "project/nan"] {
        Forge::new(name).floats("w", &[2], &[1., f32::NAN]).put(&mut disk);
    }
    let mut graph = forge::graph::Graph::default();
    let layer = graph.object(0, "layer");
    let (_, key) = graph.variable(layer, "kernel", "my/kernel");
    Forge::new("objects").floats(&key, &[2], &[1., 2.]).graph(&graph).put(&mut disk);
    disk.put("of-files.toml", b"[doctor]\nselect = [\"F\"]\n".to_vec());
    disk.put("ckpt.toml", b"[doctor]\nselect = [\"F\"]\n".to_vec());
    disk.put("train.log", b"OutOfRangeError: Read less bytes than requested\n".to_vec());
    disk
}

/// The answer to a call, on the disk that it is about.
fn answer(disk: &Memory, call: &str) -> Answer {
    let args: Vec<&str> = call.split_whitespace().collect();
    let store: &dyn Store = if call.contains("testdata/") { &Local } else { disk };
    // The file of settings is that of one project alone.
    let folder = call.contains("project/").then_some(Path::new("/home"));
    ask_at(store, &args, &Terminal { folder, ..Terminal::default() })
}

fn spellings(arg: &Arg) -> impl Iterator<Item = String> {
    let long = arg.get_long().map(|long| format!("--{long}"));
    long.into_iter().chain(arg.get_short().map(|short| format!("-{short}")))
}

/// Every flag of every command; those that all have, as flags of the program.
fn flags() -> BTreeSet<(String, String)> {
    let program = cli::program();
    let own = |name: &str, command: &Command| {
        let spelled = command.get_arguments().flat_map(spellings).collect::<Vec<_>>();
        spelled.into_iter().map(|flag| (name.to_owned(), flag)).collect::<Vec<_>>()
    };
    let mut flags: BTreeSet<(String, String)> = own("", &program).into_iter().collect();
    flags.extend(program.get_subcommands().flat_map(|command| own(command.get_name(), command)));
    flags.extend(["--version", "-V"].map(|flag| (String::new(), flag.to_owned())));
    flags
}

#[test]
fn every_flag_has_a_case() {
    let named = |rows: &[(&str, &str, &str, &str)]| -> Vec<(String, String)> {
        rows.iter().map(|(command, flag, ..)| ((*command).to_owned(), (*flag).to_owned())).collect()
    };
    let listed = [named(CASES), named(ELSEWHERE)].concat();
    let cases: BTreeSet<_> = listed.iter().cloned().collect();
    assert_eq!(cases.len(), listed.len(), "a flag is listed twice");
    let flags = flags();
    assert!(flags.len() > 70, "{flags:?}");
    let without: Vec<_> = flags.difference(&cases).collect();
    assert!(without.is_empty(), "no case exercises {without:?}");
    let gone: Vec<_> = cases.difference(&flags).collect();
    assert!(gone.is_empty(), "there is no flag {gone:?}");
    for (_, flag, file, test) in ELSEWHERE {
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).expect(file);
        assert!(text.contains(&format!("fn {test}()")), "{flag}: {file} has no test {test}");
    }
}

#[test]
fn every_flag_does_something() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut disk = disk();
    let known = folder.path().join("known.toml");
    answer(&disk, &format!("doctor nan --write-baseline --baseline {}", known.display())).expect(0);
    disk.put("known.toml", fs::read(known).expect("a baseline"));
    let mut idle = Vec::new();
    for (number, (command, flag, call, given)) in CASES.iter().enumerate() {
        assert!(call.split(' ').next() == Some(command) || command.is_empty(), "{call} is not of {command}");
        assert_eq!(given.split(' ').next(), Some(*flag));
        // A file of a map is of the kind that its name says.
        let file = folder.path().join(format!("{number}.json"));
        let filled = |text: &str| text.replace("{}", &file.display().to_string());
        let without = answer(&disk, &filled(call));
        let premature = file.exists();
        let with = answer(&disk, &filled(&format!("{call} {given}")));
        let effect = if format!("{call}{given}").contains("{}") {
            !premature && fs::metadata(&file).is_ok_and(|file| file.len() > 0)
        } else {
            (with.code, &with.out) != (without.code, &without.out)
        };
        if with.code > 1 || !effect {
            idle.push(format!("{call} {given}\n{}{}", with.out, with.err));
        }
    }
    assert!(idle.is_empty(), "no effect:\n{}", idle.join("\n"));
}

/// Alone in its process: the threads of a process are made once.
#[test]
fn threads_are_as_many_as_asked_for() {
    if std::env::var_os("CKPT_TEST_THREADS").is_some() {
        let flag = std::env::var("CKPT_TEST_THREADS").expect("a flag");
        ask(&disk(), &["ls", "run", &flag, "3"]).expect(0);
        assert_eq!(rayon::current_num_threads(), 3);
        return;
    }
    for flag in ["-j", "--jobs"] {
        let mut alone = std::process::Command::new(std::env::current_exe().expect("this program"));
        alone.args(["--exact", "threads_are_as_many_as_asked_for"]).env("CKPT_TEST_THREADS", flag);
        assert!(alone.output().expect("it starts").status.success(), "{flag}");
    }
}

/// The help of each command, laid out for a terminal.
fn helps(width: usize) -> Vec<(String, String)> {
    let program = || cli::parser().term_width(width).max_term_width(width);
    let help = |args: &[&str]| {
        let args: Vec<&str> = ["ckpt"].iter().chain(args).copied().collect();
        program().try_get_matches_from(args).expect_err("help is no call").render().to_string()
    };
    let names: Vec<String> = program().get_subcommands().map(|command| command.get_name().to_owned()).collect();
    let of_commands = names.iter().map(|name| (name.clone(), help(&[name, "--help"])));
    [(String::new(), help(&["--help"]))].into_iter().chain(of_commands).collect()
}

#[test]
fn help_fits_a_screen() {
    for (width, most) in [(100, 50), (80, 55)] {
        for (name, help) in helps(width) {
            let lines: Vec<&str> = help.lines().collect();
            assert!(lines.len() <= most, "{name}: {} lines at {width}\n{help}", lines.len());
            let wide: Vec<&&str> = lines.iter().filter(|line| line.width() > width).collect();
            assert!(wide.is_empty(), "{name} at {width}: {wide:?}");
        }
    }
}

#[test]
fn help_names_every_flag_and_an_example_of_its_use() {
    let all = cli::program();
    let shared: Vec<String> = all.get_arguments().flat_map(spellings).collect();
    for (name, help) in helps(100) {
        let own: Vec<String> = match all.find_subcommand(&name) {
            Some(command) => command.get_arguments().filter(|arg| !arg.is_hide_set()).flat_map(spellings).collect(),
            None => Vec::new(),
        };
        let words: BTreeSet<&str> = help.split([' ', '/', ',', '\n']).map(|word| word.trim_end_matches('.')).collect();
        for flag in own.iter().chain(&shared) {
            assert!(words.contains(flag.as_str()), "{name}: no {flag} in\n{help}");
        }
        let examples = help.split("Examples:\n").nth(1).unwrap_or_default();
        assert!(examples.contains(&format!("ckpt {name}")), "{name}: no example in\n{help}");
    }
}

/// Examples are calls that would be understood.
#[test]
fn examples_of_help_parse() {
    let mut tried = 0;
    for (_, help) in helps(100) {
        let lines = help.lines().skip_while(|line| *line != "Examples:").skip(1);
        for line in lines.take_while(|line| line.starts_with("  ")) {
            let call = line.rsplit('|').find(|part| part.trim().starts_with("ckpt ")).expect(line).trim();
            let call = call.split(" > ").next().and_then(|call| call.split("   ").next()).expect("a call");
            let args: Vec<String> = words(call);
            let parsed = cli::parser().try_get_matches_from(&args);
            assert!(parsed.is_ok(), "{call}: {parsed:?}");
            tried += 1;
        }
    }
    assert!(tried >= 20, "{tried} examples");
}

/// The words of a call, quotes taken off.
fn words(call: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for letter in call.chars() {
        match (letter, quote) {
            ('\'' | '"', None) => quote = Some(letter),
            (_, Some(open)) if letter == open => quote = None,
            (' ', None) => words.push(String::new()),
            _ => words.last_mut().expect("one").push(letter),
        }
    }
    words
}

#[test]
fn short_and_long_help_are_one() {
    for command in cli::program().get_subcommands() {
        let help = |flag: &str| ask(&Memory::default(), &[command.get_name(), flag]).expect(0).out;
        assert_eq!(help("-h"), help("--help"), "{}", command.get_name());
    }
    assert_eq!(ask(&Memory::default(), &["-h"]).expect(0).out, ask(&Memory::default(), &["--help"]).expect(0).out);
}

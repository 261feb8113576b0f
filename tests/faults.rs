//! A disk that fails in the middle: whatever call it is, no panic, no success that hides it, and the rest is looked at.

#[path = "support/faulty.rs"]
mod faulty;
mod support;

use ckpt::store::Memory;
use faulty::{Call, Failure, Faulty, WORDS};
use support::{Answer, ask, fixture, in_memory};

/// A fixture, and what of it is asked.
struct Case {
    fixture: &'static str,
    path: &'static str,
    variable: &'static str,
}

const fn case(fixture: &'static str, path: &'static str, variable: &'static str) -> Case {
    Case { fixture, path, variable }
}

const BUNDLES: [Case; 4] = [
    case("shards-saver", "model.ckpt", "first/kernel"),
    case("k3-tiny", "", "tiny/hidden/kernel"),
    case("saver-partitioned", "model.ckpt", "embed/rows"),
    case("saver-v1", "model.ckpt-250", "dense/kernel"),
];

const OTHERS: [Case; 6] = [
    case("formats/k3-keras-small", "model.keras", "hidden/kernel"),
    case("formats/k3-keras-deflated", "model.keras", "hidden/kernel"),
    case("formats/k3-h5-small", "model.h5", "small/hidden/kernel"),
    case("formats/k3-shards-small", "model.weights.json", "hidden/kernel"),
    case("formats/sm-small", "saved", "kernel"),
    case("formats/meta-alone", "graph.meta", "dense/kernel"),
];

/// The files of a fixture, in a folder, and in another one.
fn twice(case: &Case) -> Memory {
    let mut disk = Memory::default();
    for (name, bytes) in in_memory(&fixture(case.fixture)) {
        disk.put(format!("other/{name}"), bytes.clone());
        disk.put(format!("run/{name}"), bytes);
    }
    disk
}

fn commands(case: &Case) -> Vec<Vec<String>> {
    let (path, other) = (format!("run/{}", case.path), format!("other/{}", case.path));
    let (path, other) = (path.trim_end_matches('/'), other.trim_end_matches('/'));
    let variable = case.variable;
    let commands = [
        vec!["ls", path],
        vec!["ls", path, "--stats", "--digests"],
        vec!["show", path, variable, "--values"],
        vec!["diff", path, other, "--values"],
        vec!["doctor", path],
        vec!["doctor", path, "--quick"],
        vec!["doctor", path, "--against", other],
    ];
    commands.map(|command| command.into_iter().map(str::to_owned).collect()).into()
}

/// One thread, so that the calls come in one order.
fn run(disk: &Faulty, command: &[String]) -> Answer {
    let mut args: Vec<&str> = command.iter().map(String::as_str).collect();
    args.extend(["--jobs", "1"]);
    ask(disk, &args)
}

/// Words by which an answer says that not all is well.
const SAYS: [&str; 6] = [WORDS, "fault", "not examined", "cannot be read", ", not read", "warning["];

/// True if an answer says so more often than the one about the whole checkpoint.
fn says_more(whole: &str, told: &str) -> bool {
    SAYS.iter().any(|words| told.matches(words).count() > whole.matches(words).count())
}

/// Why an answer hides that the disk failed; none if it does not. `needed` are the files that are read otherwise.
fn hidden(faulty: &Faulty, needed: &[Call], whole: &Answer, answer: &Answer) -> Option<&'static str> {
    let [all, told] = [whole, answer].map(|answer| format!("{}{}", answer.out, answer.err));
    if answer.code != whole.code || says_more(&all, &told) {
        return None;
    }
    if told != all {
        return Some("another answer, without a word");
    }
    // What failed once may have been asked before, or again; what was lost from the beginning was not.
    let lost = faulty.lost()?;
    needed
        .iter()
        .any(|call| call.what == "read" && call.path == lost)
        .then_some("the same answer, though a file was lost, or another")
}

/// True for a command whose answer about other bytes has to be another, with a word: it reads all that has a checksum.
fn verifies(command: &[String]) -> bool {
    command[0] == "doctor" && command.iter().all(|word| word != "--quick")
}

fn fail_everywhere(cases: impl IntoIterator<Item = &'static Case>, how: Failure) {
    let mut found = Vec::new();
    for case in cases {
        let disk = twice(case);
        for command in commands(case) {
            let sound = Faulty::new(disk.clone(), how, usize::MAX);
            let whole = run(&sound, &command);
            // A state file is nothing to whoever names a prefix, nor the graph to whoever has the other side's names,
            // nor another file to whoever asks for one tensor.
            let mut needed = sound.calls();
            needed.retain(|call| {
                let is_beside =
                    call.path.ends_with("checkpoint") || call.path.extension().is_some_and(|end| end == "meta");
                !is_beside && command[0] != "show"
            });
            for at in 0.. {
                let faulty = Faulty::new(disk.clone(), how, at);
                let answer = run(&faulty, &command);
                let Some(call) = faulty.failed() else { break };
                assert!(answer.code <= 2);
                if how == Failure::Changed && !verifies(&command) {
                    continue;
                }
                if let Some(why) = hidden(&faulty, &needed, &whole, &answer) {
                    let (out, err, path) = (answer.out, answer.err, call.path.display());
                    found.push(format!(
                        "{}: {command:?}, {how:?} at call {at}, {} {path}: {why}\n{out}{err}",
                        case.fixture, call.what
                    ));
                }
            }
        }
    }
    assert!(found.is_empty(), "{}\n{} in all", found.join("\n"), found.len());
}

#[test]
fn a_call_that_fails_once() {
    fail_everywhere(BUNDLES.iter().chain(&OTHERS), Failure::Once);
}

#[test]
fn bundles_that_are_lost() {
    fail_everywhere(&BUNDLES, Failure::Lost);
}

#[test]
fn files_of_other_kinds_that_are_lost() {
    fail_everywhere(&OTHERS, Failure::Lost);
}

#[test]
fn files_that_shrink_while_they_are_read() {
    fail_everywhere(BUNDLES.iter().chain(&OTHERS), Failure::Shrunk);
}

#[test]
fn files_that_change_while_they_are_read() {
    fail_everywhere(BUNDLES.iter().chain(&OTHERS), Failure::Changed);
}

/// Other bytes in a shard: the rules that speak for checksums say so.
#[test]
fn a_shard_that_changes_fails_its_checksums() {
    let fails = |answer: &Answer| ["F012", "F017"].iter().any(|code| answer.out.contains(code));
    let mut shards = 0;
    for case in &BUNDLES {
        let disk = twice(case);
        let command = commands(case).into_iter().find(|command| verifies(command)).expect("it is examined");
        let sound = Faulty::new(disk.clone(), Failure::Changed, usize::MAX);
        assert!(!fails(&run(&sound, &command)), "{}", case.fixture);
        for at in 0..sound.calls().len() {
            let faulty = Faulty::new(disk.clone(), Failure::Changed, at);
            let answer = run(&faulty, &command);
            if faulty.lost().is_some_and(|path| path.to_string_lossy().contains(".data-")) {
                assert!(answer.code == 1 && fails(&answer), "{}: {}", case.fixture, answer.out);
                shards += 1;
            }
        }
    }
    assert!(shards >= 5, "{shards}");
}

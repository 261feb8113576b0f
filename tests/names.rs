//! Names come out of files that nobody vouches for. They can neither move a cursor nor break a format.

mod forge;
mod support;

use std::collections::BTreeSet;

use ckpt::store::Memory;
use forge::Forge;
use forge::graph::Graph;
use support::{Answer, ask};

fn nasty() -> Vec<Vec<u8>> {
    let mut names: Vec<Vec<u8>> = [
        "\x1b[31mred\x1b[0m",
        "\x1b]0;title\x07",
        "two\nlines",
        "carriage\rreturn",
        "tab\tand\x08backspace",
        "quote\"comma,semi;'apostrophe",
        "pipe|back`tick <b>*bold*</b> [link](x)",
        "rtl\u{202e}gpj.exe",
        "zero\u{200b}width\u{feff}",
        "c1\u{9b}31m",
        "line\u{2028}separator",
        "delete\u{7f}",
        "層/核",
        "=1+1",
        " ",
        "trailing ",
        "%s%n{}{{0}}",
        "[31]",
    ]
    .map(|name| name.as_bytes().to_vec())
    .to_vec();
    names.push("x".repeat(10_000).into_bytes());
    names.push(b"not \xff\xfe utf-8".to_vec());
    names.push(b"zero\0byte".to_vec());
    names
}

/// Two checkpoints of nasty names: in the second, every value is another and one name is missing.
fn by_name() -> Memory {
    let mut disk = Memory::default();
    for (prefix, value) in [("old", 1.), ("new", 2.)] {
        let names = nasty();
        let kept = names.len() - usize::from(prefix == "new");
        let forge =
            names[..kept].iter().fold(Forge::new(prefix), |forge, name| forge.floats(name, &[2], &[value, f32::NAN]));
        forge.put(&mut disk);
    }
    disk
}

fn by_object() -> Memory {
    let mut graph = Graph::default();
    let mut forge = Forge::new("old");
    for name in nasty().iter().filter_map(|name| std::str::from_utf8(name).ok()) {
        let (_, key) = graph.variable(0, name, &format!("full {name}"));
        forge = forge.floats(key, &[1], &[1.]);
    }
    forge.graph(&graph).disk()
}

/// Nothing in the text that a terminal acts on, apart from line ends.
fn assert_harmless(what: &str, text: &str) {
    for (at, character) in text.char_indices() {
        let acts = character.is_control() && character != '\n'
            || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2028}' | '\u{2029}' | '\u{2066}'..='\u{2069}');
        let before: String = text[..at].chars().rev().take(40).collect::<Vec<char>>().into_iter().rev().collect();
        assert!(!acts, "{what}: {character:?} behind {before:?}");
    }
}

fn check(what: &str, answer: &Answer) {
    assert_harmless(what, &answer.out);
    assert_harmless(what, &answer.err);
}

#[test]
fn nothing_acts_on_a_terminal() {
    for disk in [by_name(), by_object()] {
        for format in ["text", "json", "json-lines", "csv", "markdown"] {
            for flags in [
                vec!["--role", "all"],
                vec!["--tree", "--no-collapse"],
                vec!["--stats", "--names", "key"],
                vec!["--names", "path"],
            ] {
                let args = [vec!["ls", "old", "--format", format], flags.clone()].concat();
                check(&format!("{args:?}"), &ask(&disk, &args).expect(0));
            }
        }
        for format in ["text", "json", "json-lines", "concise", "markdown"] {
            check(&format!("doctor in {format}"), &ask(&disk, &["doctor", "-v", "--format", format, "old"]));
        }
    }
    let disk = by_name();
    for format in ["text", "json", "json-lines", "csv", "markdown"] {
        check(
            &format!("diff in {format}"),
            &ask(&disk, &["diff", "-v", "--values", "--format", format, "old", "new"]).expect(1),
        );
    }
    // One tab in each line, as git has it, and it is not out of a name.
    let status = ask(&disk, &["diff", "--name-status", "old", "new"]).expect(1).out;
    for line in status.lines() {
        let (letter, name) = line.split_once('\t').expect("a letter, a tab, a name");
        assert_eq!(letter.len(), 1, "{line}");
        assert_harmless("diff --name-status", name);
    }
    assert_eq!(status.lines().count(), nasty().len());
}

#[test]
fn every_variable_can_be_shown_by_its_name() {
    let disk = by_name();
    for name in nasty().iter().filter_map(|name| std::str::from_utf8(name).ok()) {
        for format in ["text", "json"] {
            let answer = ask(&disk, &["show", "--format", format, "old", name]);
            assert_eq!(answer.code, 0, "{name:?}: {}", answer.err);
            check(&format!("show {name:?}"), &answer);
        }
    }
}

/// What is asked for comes out of a shell, and goes back to a terminal in errors.
#[test]
fn errors_do_not_act_on_a_terminal() {
    let disk = by_name();
    for args in [
        ["show", "old", "\x1b[31mno such"],
        ["ls", "-n", "\x1b[2J*"],
        ["diff", "old", "new\x1b[31m"],
        ["doctor", "--select", "\x1b[5mF"],
    ] {
        check(&format!("{args:?}"), &ask(&disk, &args));
    }
}

/// Programs get the names as they are.
#[test]
fn json_has_the_names_as_they_are() {
    let listing = ask(&by_name(), &["ls", "--format", "json", "old"]).expect(0).json();
    let keys: BTreeSet<&str> =
        listing["variables"].as_array().unwrap().iter().filter_map(|one| one["key"].as_str()).collect();
    let names = nasty();
    assert_eq!(keys.len(), names.len());
    for name in names.iter().filter_map(|name| std::str::from_utf8(name).ok()) {
        assert!(keys.contains(name), "{name:?}");
    }
    let lines = ask(&by_name(), &["ls", "--format", "json-lines", "old"]).expect(0).out;
    let parsed = lines.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("a line of JSON"));
    assert_eq!(parsed.filter(|line| line["key"].is_string()).count(), names.len());
}

fn rows(text: &str) -> Vec<csv::StringRecord> {
    // A reader that is not flexible refuses rows of another number of columns.
    csv::Reader::from_reader(text.as_bytes()).records().map(|row| row.expect("a row")).collect()
}

#[test]
fn csv_has_a_row_for_each() {
    let disk = by_name();
    assert_eq!(rows(&ask(&disk, &["ls", "--format", "csv", "--stats", "old"]).out).len(), nasty().len());
    assert_eq!(rows(&ask(&disk, &["diff", "--format", "csv", "old", "new"]).out).len(), nasty().len());
}

/// A table in Markdown has as many cells in each row as in its head.
#[test]
fn markdown_has_its_cells_in_order() {
    let disk = by_name();
    for args in [
        vec!["ls", "--no-collapse", "--format", "markdown", "old"],
        vec!["diff", "-v", "--format", "markdown", "old", "new"],
    ] {
        let text = ask(&disk, &args).out;
        let cells = |line: &str| line.replace("\\|", "").matches('|').count();
        let tables: Vec<&str> = text.lines().filter(|line| line.starts_with('|')).collect();
        assert!(tables.len() > nasty().len(), "{text}");
        let mut head = 0;
        for pair in tables.windows(2) {
            if pair[1].starts_with("|-") || pair[1].starts_with("| -") || pair[1].starts_with("|:") {
                head = cells(pair[0]);
            }
            assert_eq!(cells(pair[1]), head, "{}", pair[1]);
        }
    }
}

#[test]
fn a_path_can_be_nasty_too() {
    let mut disk = Memory::default();
    Forge::new("run\x1b[31m/ck\npt-1").floats("v", &[1], &[1.]).put(&mut disk);
    disk.put("run\x1b[31m/checkpoint", forge::state_file(&["ck\\npt-1"]));
    for command in ["ls", "doctor"] {
        for format in ["text", "json", "markdown"] {
            check(command, &ask(&disk, &[command, "--format", format, "run\x1b[31m"]));
            check(command, &ask(&disk, &[command, "--format", format, "run\x1b[31m/ck\npt-1"]));
        }
    }
}

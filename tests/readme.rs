//! What the README prints is what the program prints.

use std::ffi::OsString;
use std::path::Path;

use ckpt::store::Local;
use ckpt::{Terminal, run};

/// The console blocks of the README that show an answer: the arguments and the lines below them.
fn examples() -> Vec<(Vec<String>, String)> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).expect("README.md");
    let blocks = text.split("```console\n").skip(1).filter_map(|rest| rest.split("```").next());
    let examples = blocks.filter_map(|block| {
        let (command, answer) = block.split_once('\n')?;
        let args = command.strip_prefix("$ ckpt ")?.split(' ').map(str::to_owned).collect();
        Some((args, answer.to_owned()))
    });
    examples.collect()
}

#[test]
fn examples_are_as_printed() {
    let examples = examples();
    assert!(examples.len() >= 4, "only {} examples found", examples.len());
    // Paths in the README start at the repository, where cargo runs the tests.
    for (args, expected) in examples {
        let terminal = Terminal { unicode: true, ..Terminal::default() };
        let (mut out, mut err) = (Vec::new(), Vec::new());
        run(args.iter().map(OsString::from), &Local, &terminal, &mut out, &mut err);
        let said = String::from_utf8(out).expect("UTF-8");
        assert_eq!(said.trim_end(), expected.trim_end(), "ckpt {}", args.join(" "));
    }
}

/// The example for programs is the one of the crate's front page, which is run.
#[test]
fn the_example_for_programs_is_the_crates() {
    let read = |file| std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).expect(file);
    let (readme, page) = (read("README.md"), read("src/lib.rs"));
    let shown = readme.split("```rust\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    let page = page.split("//! ```\n").nth(1).expect("an example");
    let lines = page.lines().map(|line| line.trim_start_matches("//!").strip_prefix(' ').unwrap_or_default());
    let run: Vec<&str> = lines.filter(|line| !line.starts_with("# ")).collect();
    assert_eq!(shown.lines().collect::<Vec<_>>(), run);
}

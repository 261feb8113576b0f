//! What the program answers, in every output; and what must hold of it, whatever the files are.

use std::io::ErrorKind;
use std::path::Path;

use ckpt::cli::{self, Command};
use ckpt::store::Memory;
use ckpt::view::{self, Format, MapKind, Outcome, Style};
use serde::de::IgnoredAny;

/// `ckpt ls PATH`.
pub fn of(path: &str) -> cli::Ls {
    cli::Ls { path: path.into(), ..Default::default() }
}

/// `ckpt doctor PATH`.
pub fn examined(path: &str) -> cli::Doctor {
    cli::Doctor { paths: vec![path.into()], ..Default::default() }
}

/// Variables that are shown with their values.
const SHOWN: usize = 2;

/// Everything that the program says of one path.
pub fn examine(disk: &Memory, path: &str) {
    answer(disk, &Command::Doctor(examined(path)));
    let listing = answer(disk, &Command::Ls(cli::Ls { stats: true, digests: true, ..of(path) }));
    let Some(Outcome::Listing(listing)) = listing else { return };
    let Some(checkpoint) = listing.checkpoint else { return };
    let variables: Vec<String> = checkpoint.variables.iter().take(SHOWN).map(|one| one.name.to_string()).collect();
    if !variables.is_empty() {
        let show = cli::Show { path: path.into(), variables, values: true, npy: None, precision: 6, edge_items: 24 };
        answer(disk, &Command::Show(show));
    }
}

/// The answer to a command without settings; none if it could not look.
pub fn answer(disk: &Memory, command: &Command) -> Option<Outcome> {
    ask(disk, &cli::Settings { config: None, no_config: true }, command)
}

/// The same, with settings.
pub fn settled(disk: &Memory, config: &str, command: &Command) -> Option<Outcome> {
    ask(disk, &cli::Settings { config: Some(config.into()), no_config: false }, command)
}

fn ask(disk: &Memory, settings: &cli::Settings, command: &Command) -> Option<Outcome> {
    match ckpt::outcome(disk, settings, command) {
        Ok(outcome) => {
            render(disk, &outcome);
            Some(outcome)
        }
        // It is printed, so it is made.
        Err(error) => {
            assert!(!format!("{error:#}").is_empty(), "an error without a word");
            None
        }
    }
}

/// Writes an answer as text, and in one other output: all of them would take ten times as long.
fn render(disk: &Memory, outcome: &Outcome) {
    let text = written(disk, outcome, Style { verbose: true, ..style(Format::Text) });
    plain(&text);
    if let Outcome::Diff(diff) = outcome {
        let maps = [MapKind::Json, MapKind::Python].map(|kind| view::map(diff, kind));
        maps.iter().flatten().for_each(|map| plain(map));
    }
    match text.len() % 10 {
        0 | 1 => plain(&written(disk, outcome, Style { unicode: true, width: Some(60), ..style(Format::Text) })),
        2 => plain(&written(disk, outcome, style(Format::Concise))),
        3 => plain(&written(disk, outcome, style(Format::Csv))),
        4 => json(&written(disk, outcome, style(Format::Json))),
        5 => written(disk, outcome, style(Format::JsonLines)).lines().for_each(json),
        6 => drop(written(disk, outcome, style(Format::Markdown))),
        7 => drop(written(disk, outcome, style(Format::Junit))),
        8 if text.len().is_multiple_of(8) => json(&written(disk, outcome, style(Format::Sarif))),
        8 => json(&written(disk, outcome, style(Format::Gitlab))),
        _ => plain(&written(disk, outcome, style(Format::Github))),
    }
}

fn style(format: Format) -> Style {
    let links: Option<&Path> = None;
    Style {
        format,
        color: false,
        unicode: false,
        width: None,
        exact: false,
        quiet: 0,
        verbose: false,
        links,
        precision: 6,
    }
}

/// Nothing, for an output that this answer does not have.
fn written(disk: &Memory, outcome: &Outcome, style: Style) -> String {
    let mut out = Vec::new();
    match ckpt::write(disk, outcome, &style, &mut out) {
        Err(error) if error.kind() == ErrorKind::Unsupported => return String::new(),
        written => written.expect("memory takes what is written"),
    }
    String::from_utf8(out).expect("the answer is UTF-8")
}

/// No name of a file may disturb a terminal. Some lists have tabs between their columns.
fn plain(text: &str) {
    let disturbs =
        |c: char| c.is_control() && c != '\t' || matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let disturbing = text.lines().find(|line| line.contains(disturbs));
    assert!(disturbing.is_none(), "a terminal would obey {disturbing:?}");
}

fn json(text: &str) {
    if let Err(error) = serde_json::from_str::<IgnoredAny>(text) {
        assert!(text.is_empty(), "{error} in {text}");
    }
}

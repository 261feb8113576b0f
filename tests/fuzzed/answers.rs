//! What the program answers, in every output; and what must hold of it, whatever the files are.

use std::io::ErrorKind;
use std::path::Path;

use ckpt::cli::{self, Command};
use ckpt::model::Checkpoint;
use ckpt::store::Memory;
use ckpt::tensor::{self, Elements};
use ckpt::view::{self, Format, MapKind, Outcome, Style};

use super::harmless::{inert, json, plain, uncoloured};

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
    let report = answer(disk, &Command::Doctor(examined(path)));
    let listing = answer(disk, &Command::Ls(cli::Ls { stats: true, digests: true, ..of(path) }));
    report.iter().for_each(|report| page(report, listing.as_ref()));
    let Some(Outcome::Listing(listing)) = listing else { return };
    let Some(checkpoint) = listing.checkpoint else { return };
    arrays(disk, &checkpoint);
    let variables: Vec<String> = checkpoint.variables.iter().take(SHOWN).map(|one| one.name.to_string()).collect();
    if !variables.is_empty() {
        let show = cli::Show { path: path.into(), variables, values: true, npy: None, precision: 6, edge_items: 24 };
        answer(disk, &Command::Show(show));
    }
}

/// The values of some variables as files of NumPy.
fn arrays(disk: &Memory, checkpoint: &Checkpoint) {
    for (_, entry) in checkpoint.pairs().take(SHOWN).filter(|(_, entry)| entry.fits()) {
        let axes = entry.shape.axes().unwrap_or_default();
        let array = match tensor::read(disk, checkpoint, entry) {
            Ok(Elements::Strings(strings)) => tensor::npy_of_strings(axes, &strings),
            Ok(Elements::Bytes(_)) => tensor::npy(entry.dtype, axes),
            Err(_) => continue,
        };
        // NumPy has not every type, and not every string.
        assert!(array.iter().all(|array| array.starts_with(b"\x93NUMPY")), "no file of NumPy");
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
    match text.len() % 11 {
        0 | 1 => plain(&written(disk, outcome, Style { unicode: true, width: Some(60), ..style(Format::Text) })),
        2 => plain(&written(disk, outcome, style(Format::Concise))),
        3 => plain(&written(disk, outcome, style(Format::Csv))),
        4 => json(&written(disk, outcome, style(Format::Json))),
        5 => written(disk, outcome, style(Format::JsonLines)).lines().for_each(json),
        6 => drop(written(disk, outcome, style(Format::Markdown))),
        7 => drop(written(disk, outcome, style(Format::Junit))),
        8 if text.len().is_multiple_of(8) => json(&written(disk, outcome, style(Format::Sarif))),
        8 => json(&written(disk, outcome, style(Format::Gitlab))),
        9 => plain(&written(disk, outcome, style(Format::Github))),
        _ => {
            let links = Some(Path::new("/"));
            let coloured = written(disk, outcome, Style { verbose: true, color: true, links, ..style(Format::Text) });
            assert_eq!(uncoloured(&coloured), text, "colours and links say nothing else");
        }
    }
}

/// Draws an answer, with another one beside it.
pub fn page(outcome: &Outcome, beside: Option<&Outcome>) {
    view::page(outcome, beside).iter().for_each(|page| inert(page));
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

//! `--html`: the answer of `diff` or `doctor` once more, as a page to look at.

use std::path::{Path, PathBuf};

use super::settings::Settings;
use super::{Context, diff, ls};
use crate::cli::{self, Command};
use crate::error::Error;
use crate::view::{self, Outcome};

/// The page that goes with an answer; none if none was asked for. A page on two checkpoints shows how their
/// numbers moved, and one on a single checkpoint its variables.
///
/// # Errors
/// If what the page needs beyond the answer cannot be read.
pub(crate) fn page<'a>(
    context: &Context,
    command: &'a Command,
    outcome: &Outcome,
) -> Result<Option<(&'a Path, String)>, Error> {
    let (file, beside) = match command {
        Command::Diff(cli::Diff { html: Some(file), .. }) => (file, None),
        Command::Doctor(args @ cli::Doctor { html: Some(file), .. }) => (file, beside(context, args)?),
        _ => return Ok(None),
    };
    Ok(view::page(outcome, beside.as_ref()).map(|page| (file.as_path(), page)))
}

/// What `diff` says of the two sides of an examination, or `ls` of its one; nothing of several paths. What cannot be
/// opened has findings, and nothing beside them.
fn beside(context: &Context, args: &cli::Doctor) -> Result<Option<Outcome>, Error> {
    let ([path], false) = (args.paths.as_slice(), args.all) else { return Ok(None) };
    let told = match Settings::new(args, context.config)?.of(path)?.against {
        Some(new) => pictured(context, args.call, path, &new),
        None => listed(context, path),
    };
    Ok(told.ok())
}

fn pictured(context: &Context, call: cli::Call, old: &Path, new: &Path) -> Result<Outcome, Error> {
    let html = Some(PathBuf::new());
    let (old, new) = (old.to_owned(), new.to_owned());
    diff::diff(context, &cli::Diff { old, new, call, html, ..cli::Diff::default() })
}

fn listed(context: &Context, path: &Path) -> Result<Outcome, Error> {
    ls::ls(context, &cli::Ls { path: path.to_owned(), ..cli::Ls::default() })
}

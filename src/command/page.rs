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
    match (command, outcome) {
        (Command::Diff(cli::Diff { html: Some(file), .. }), Outcome::Diff(diff)) => {
            Ok(Some((file, view::html::of_diff(diff))))
        }
        (Command::Doctor(args), Outcome::Reports(reports)) => {
            let Some(file) = args.html.as_deref() else { return Ok(None) };
            // What could not be opened has findings, and nothing beside them.
            let (compared, listed) = match args.paths.as_slice() {
                [path] if !args.all => match Settings::new(args, context.config)?.of(path)?.against {
                    Some(new) => (Some(pictured(context, path, &new)), None),
                    None => (None, Some(listed(context, path))),
                },
                _ => (None, None),
            };
            let (compared, listed) = (compared.and_then(Result::ok), listed.and_then(Result::ok));
            let page = match (&compared, &listed) {
                (Some(Outcome::Diff(diff)), _) => view::html::of_reports(&reports.list, Some(diff), None),
                (_, Some(Outcome::Listing(listing))) => view::html::of_reports(&reports.list, None, Some(listing)),
                _ => view::html::of_reports(&reports.list, None, None),
            };
            Ok(Some((file, page)))
        }
        _ => Ok(None),
    }
}

fn pictured(context: &Context, old: &Path, new: &Path) -> Result<Outcome, Error> {
    let html = Some(PathBuf::new());
    diff::diff(context, &cli::Diff { old: old.to_owned(), new: new.to_owned(), html, ..cli::Diff::default() })
}

fn listed(context: &Context, path: &Path) -> Result<Outcome, Error> {
    ls::ls(context, &cli::Ls { path: path.to_owned(), ..cli::Ls::default() })
}

//! `ckpt completions`: scripts with which shells complete commands, flags and the names of variables.

use std::path::Path;

use clap_complete::{Shell, generate};

use super::Context;
use crate::cli;
use crate::error::Error;
use crate::view::{Outcome, clean};

/// What asks for the names of the checkpoint that is already on the line.
const BASH: &str = include_str!("completions/variables.bash");
const ZSH: &str = include_str!("completions/variables.zsh");
const FISH: &str = include_str!("completions/variables.fish");

/// Names that a shell is given: more than anybody looks through.
const NAMES: usize = 10_000;

/// A script, or the names that one asks for.
///
/// # Errors
/// If the names are asked for of a path that leads to no checkpoint.
pub(crate) fn completions(context: &Context, args: &cli::Completions) -> Result<Outcome, Error> {
    let text = match (&args.shell, &args.variables) {
        (Some(shell), _) => script(*shell),
        (None, Some(path)) => variables(context, path)?,
        (None, None) => String::new(),
    };
    Ok(Outcome::Script(text))
}

fn script(shell: Shell) -> String {
    let mut script = Vec::new();
    generate(shell, &mut cli::program(), "ckpt", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    match shell {
        // The last lines register the function: they come after the one that knows variables.
        Shell::Bash => script + BASH,
        Shell::Zsh => named_by_path(&script) + ZSH,
        Shell::Fish => script + FISH,
        _ => script,
    }
}

/// The script for zsh, in which the names behind the path of `ckpt show` are asked for.
fn named_by_path(script: &str) -> String {
    let lines = script.split_inclusive('\n').map(|line| match line.trim_start().starts_with("'*::variables ") {
        true => line.replace(":_default'", ":_ckpt_variables'"),
        false => line.to_owned(),
    });
    lines.collect()
}

/// Names that stay one word: what a shell would split or run is not offered.
fn variables(context: &Context, path: &Path) -> Result<String, Error> {
    let (_, checkpoint) = context.open(path)?;
    let word = |name: &&str| {
        clean(name) == **name && !name.contains(|c: char| c.is_whitespace() || "'\"\\$`;&|<>(){}*?!#~".contains(c))
    };
    let names = checkpoint.variables.iter().map(|variable| variable.name.as_str()).filter(word);
    Ok(names.take(NAMES).flat_map(|name| [name, "\n"]).collect())
}

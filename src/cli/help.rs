//! What `--help` says besides the flags of a command: examples, and which flags all commands have.

use clap::{Arg, ArgAction, Command, CommandFactory};

use super::Cli;

pub(super) const PROGRAM: &str = "\
Examples:
  ckpt ls runs/bert                            the newest checkpoint of a directory
  ckpt diff runs/a/ckpt-100 runs/b/ckpt-100    what changed
  ckpt doctor runs/bert/ckpt-9 --against fresh/ckpt-1

ckpt COMMAND --help tells the flags of a command, ckpt man COMMAND | man -l - more of them.
Exit status: 0 nothing found, 1 findings or differences, 2 could not look.";

pub(super) const LS: &str = "\
Examples:
  ckpt ls runs/bert --depth 2 --sort size
  ckpt ls runs/bert/ckpt-100 -n '**/kernel' --stats
  ckpt ls fresh/ckpt-1 --format json > expected.json";

pub(super) const SHOW: &str = "\
Examples:
  ckpt show runs/bert/ckpt-100 dense/kernel
  ckpt show runs/bert/ckpt-100 'dense/kernel[0, :5]' --values
  ckpt show model.keras dense/bias --npy bias.npy";

pub(super) const DIFF: &str = "\
Examples:
  ckpt diff runs/a/ckpt-100 runs/b/ckpt-100 --for resume
  ckpt diff old.weights.h5 new.weights.h5 --values --html diff.html";

pub(super) const DOCTOR: &str = "\
Examples:
  ckpt doctor runs/bert --fail-on warning --format concise
  ckpt doctor runs/bert/ckpt-9 --against fresh/ckpt-1 --for finetune
  ckpt doctor runs/bert/ckpt-9 --log train.log
ckpt rules lists the rules, ckpt explain F015 tells of one.";

pub(super) const EXPLAIN: &str = "\
Examples:
  ckpt explain F015
  ckpt explain \"Read less bytes than requested\"
  python train.py 2>&1 | ckpt explain -";

pub(super) const RULES: &str = "\
Examples:
  ckpt rules
  ckpt rules --format json";

pub(super) const SCHEMA: &str = "\
Examples:
  ckpt schema
  ckpt schema doctor > doctor.schema.json";

pub(super) const COMPLETIONS: &str = "\
Examples:
  ckpt completions bash > ~/.local/share/bash-completion/completions/ckpt
  ckpt completions fish > ~/.config/fish/completions/ckpt.fish";

pub(super) const MAN: &str = "\
Examples:
  ckpt man diff | man -l -
  ckpt man > ckpt.1";

/// The program with all its commands and flags, as it is completed and has its pages. `-h` and `--help` are one.
pub fn program() -> Command {
    let help = Arg::new("help").short('h').long("help").global(true).action(ArgAction::HelpShort);
    Cli::command().arg(help.help("Print this; behind a command, its flags and examples").help_heading(None))
}

/// The program as it is parsed: the help of a command only names the flags that all have, and is a screen long.
pub fn parser() -> Command {
    let program = program();
    let shared: Vec<Arg> = program.get_arguments().filter(|arg| arg.is_global_set()).cloned().collect();
    let names: Vec<String> = shared.iter().map(flag).collect();
    let names = format!("As with every command (ckpt --help tells of them):\n  {}", names.join(" "));
    program.mut_subcommands(|command| {
        let own = command.get_after_help().map(|text| format!("{text}\n\n")).unwrap_or_default();
        let hidden = shared.iter().map(|arg| arg.clone().hide_short_help(true));
        command.args(hidden).after_help(format!("{own}{names}"))
    })
}

/// A flag by its names.
fn flag(arg: &Arg) -> String {
    let short = arg.get_short().map(|short| format!("-{short}/")).unwrap_or_default();
    format!("{short}--{}", arg.get_long().unwrap_or_default())
}

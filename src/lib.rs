//! Inspector and doctor for TensorFlow checkpoints.
//!
//! The program is `ckpt`; this is what it is made of. [`open`] finds and reads a checkpoint of any kind, [`numbers`]
//! reads a variable, [`changes`] holds two against each other, [`examine`] says what is wrong with one:
//!
//! ```
//! let checkpoint = ckpt::open("testdata/k3-adam")?;
//! for (variable, entry) in checkpoint.pairs() {
//!     println!("{} {} {}", variable.name, entry.dtype.name(), entry.shape);
//! }
//! let kernel = ckpt::numbers(&checkpoint, "logits/kernel")?;
//! let mean = kernel.iter().sum::<f64>() / kernel.len() as f64;
//! println!("{} values, mean {mean:.4}", kernel.len());
//! # assert_eq!(format!("{} values, mean {mean:.4}", kernel.len()), "64 values, mean -0.0097");
//! # Ok::<(), ckpt::error::Error>(())
//! ```
//!
//! Files are opened read-only, and nothing in them is believed: what contradicts a format is a
//! [`Fault`](bytes::Fault) in what is returned, never a panic.
//!
//! What these functions take and return is kept from one version to the next as semantic versioning has it. The
//! modules below them may change with each minor version; what is not on this page may change with any. The way of
//! the data, each module using only what stands before it:
//!
//! | module | what it is |
//! |---|---|
//! | [`bytes`] | reading bytes that nobody vouches for; what is wrong becomes a fault with a place |
//! | [`store`] | the only code that touches files |
//! | [`model`] | what a checkpoint is, whatever wrote it |
//! | [`format`](mod@format) | one file or folder per on-disk format: bytes in, a checkpoint out |
//! | [`tensor`] | payload bytes to numbers |
//! | [`compare`] | two checkpoints side by side |
//! | [`restore`] | what each loader of TensorFlow and Keras would do |
//! | [`doctor`] | rules over facts |
//! | `view` | values to text |
//! | `cli`, `config` | what is asked: flags, and the settings of a project |
//! | `command` | one file per subcommand |

// What else is denied stands in Cargo.toml; there, tests cannot be left out.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::print_stdout,
        clippy::print_stderr,
        clippy::exit
    )
)]

pub mod bytes;
#[doc(hidden)]
pub mod cli;
#[doc(hidden)]
pub mod command;
pub mod compare;
mod config;
pub mod doctor;
pub mod error;
pub mod format;
mod library;
pub mod model;
mod proto;
pub mod restore;
pub mod store;
pub mod tensor;
#[doc(hidden)]
pub mod view;

pub use library::{changes, examine, numbers, open};

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;

use clap::parser::ValueSource;
use clap::{ArgMatches, FromArgMatches};

use cli::{Cli, Command};
use command::{Context, Progress, Styles, Wish};
use error::Error;
use store::Store;
use view::Outcome;

/// What the program is connected to.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, Default)]
pub struct Terminal {
    /// Whether the answer goes to a terminal.
    pub stdout: bool,
    /// Whether notes go to a terminal.
    pub stderr: bool,
    /// Its columns.
    pub width: Option<usize>,
    /// Whether it shows characters beyond ASCII.
    pub unicode: bool,
    /// Whether colour is unwanted (`NO_COLOR`).
    pub no_color: bool,
    /// Whether colour is wanted even in a pipe (`CLICOLOR_FORCE`).
    pub force_color: bool,
    /// Whether it follows links.
    pub links: bool,
    /// Tells the zone that times are shown in; without it, they are in UTC.
    pub zone: Option<fn() -> jiff::tz::TimeZone>,
    /// The folder that the program runs in; none if settings are not to be looked for there.
    pub folder: Option<&'static Path>,
}

/// True if the environment says that text is UTF-8.
#[doc(hidden)]
pub fn speaks_utf8() -> bool {
    let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let locale = set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG"));
    let locale = locale.unwrap_or_default().to_ascii_lowercase();
    cfg!(windows) || locale.contains("utf-8") || locale.contains("utf8")
}

/// How a run ended.
#[doc(hidden)]
#[derive(Debug)]
pub struct Exit {
    /// 0 nothing found, 1 findings or differences, 2 could not look.
    pub code: u8,
    /// What was answered. A program that ends here anyway can save the time of giving back a million
    /// names one by one.
    pub answer: Option<Outcome>,
}

impl From<u8> for Exit {
    fn from(code: u8) -> Self {
        Self { code, answer: None }
    }
}

/// Parses the arguments (the program's name left out), computes, renders.
#[doc(hidden)]
pub fn run(
    args: impl IntoIterator<Item = OsString>,
    store: &dyn Store,
    terminal: &Terminal,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Exit {
    let args = std::iter::once(OsString::from("ckpt")).chain(args);
    let parsed = parser().try_get_matches_from(args).and_then(|matches| {
        let wish = wish(&matches);
        Ok((Cli::from_arg_matches(&matches)?, wish))
    });
    let (cli, wish) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return usage(&error, terminal, out, err).into(),
    };
    match answer(&cli, wish, store, terminal, out) {
        Ok(exit) => exit,
        Err(error) => complain(&error, terminal, err).into(),
    }
}

fn wish(matches: &ArgMatches) -> Wish {
    match matches.value_source("format") {
        Some(ValueSource::EnvVariable) => Wish::Preferred,
        _ => Wish::Asked,
    }
}

/// The parser of arguments. A variable that is empty is one that is not set, as everywhere in CI.
fn parser() -> clap::Command {
    let unset = |name: &str| std::env::var_os(name).is_some_and(|value| value.is_empty());
    let variables = [("config", "CKPT_CONFIG"), ("format", "CKPT_FORMAT")];
    let empty = variables.into_iter().filter(|(_, name)| unset(name));
    let unset = |parser: clap::Command, flag| parser.mut_arg(flag, |flag| flag.env(None));
    // A flag that every command has is one of each.
    empty.fold(cli::parser(), |parser, (flag, _)| unset(parser, flag).mut_subcommands(|command| unset(command, flag)))
}

/// Help and version go to stdout, mistakes to stderr.
fn usage(error: &clap::Error, terminal: &Terminal, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    let (to, is_terminal): (&mut dyn Write, bool) =
        if error.use_stderr() { (err, terminal.stderr) } else { (out, terminal.stdout) };
    let text = error.render();
    let text = if is_terminal && !terminal.no_color { text.ansi().to_string() } else { text.to_string() };
    // There is nobody left to tell if even this cannot be written.
    let _ = to.write_all(text.as_bytes());
    if error.use_stderr() { 2 } else { 0 }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let is = |cause: &io::Error| cause.kind() == io::ErrorKind::BrokenPipe;
    error.chain().any(|cause| cause.downcast_ref::<io::Error>().is_some_and(is))
}

fn complain(error: &anyhow::Error, terminal: &Terminal, err: &mut dyn Write) -> u8 {
    let color = terminal.stderr && !terminal.no_color;
    let hint = error.downcast_ref::<Error>().and_then(|error| error.hint.as_deref());
    // As above: if stderr is gone, the exit code must do.
    let _ = view::error(&format!("{error:#}"), hint, color, err);
    2
}

fn answer(cli: &Cli, wish: Wish, store: &dyn Store, terminal: &Terminal, out: &mut dyn Write) -> anyhow::Result<Exit> {
    let styles = command::styles(cli, wish, terminal)?;
    if let Some(jobs) = cli.output.jobs {
        // Refused only if the pool is already there, as when a test calls twice: then it serves.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(jobs.into()).build_global();
    }
    let store = store::Kept::new(store);
    let settled = matches!(&cli.command, Command::Diff(_) | Command::Doctor(_));
    let config = if settled { config::find(&store, &cli.settings, terminal.folder)? } else { None };
    let progress = Progress::at(terminal, &cli.output);
    let context = Context::new(&store, progress, config.as_ref(), terminal.zone);
    let outcome = compute(&context, &cli.command);
    let page = outcome.and_then(|outcome| Ok((command::page(&context, &cli.command, &outcome)?, outcome)));
    context.progress.finish();
    let (page, outcome) = page?;
    if let Some((file, page)) = page {
        command::save(file, &cli.command.inputs(), |out| out.write_all(page.as_bytes()))?;
    }
    match deliver(cli, &styles, &store, &outcome, out) {
        // Whoever read has seen enough: that changes nothing of what was found.
        Err(error) if is_broken_pipe(&error) => {}
        delivered => delivered?,
    }
    Ok(Exit { code: outcome.exit(), answer: Some(outcome) })
}

/// What a command finds over these files, before anything is written: for whoever runs the program without a command
/// line, thousands of times.
///
/// # Errors
/// As the command.
#[doc(hidden)]
pub fn outcome(store: &dyn Store, settings: &cli::Settings, command: &Command) -> Result<Outcome, Error> {
    let store = store::Kept::new(store);
    let config = config::find(&store, settings, None)?;
    compute(&Context::new(&store, Progress::new(false), config.as_ref(), None), command)
}

fn compute(context: &Context, command: &Command) -> Result<Outcome, Error> {
    match command {
        Command::Ls(args) => command::ls(context, args),
        Command::Show(args) => command::show(context, args),
        Command::Diff(args) => command::diff(context, args),
        Command::Doctor(args) => command::doctor(context, args),
        Command::Explain(args) => command::explain(context, args),
        Command::Rules => Ok(Outcome::Rules(doctor::rules::ALL)),
        Command::Schema(args) => command::schema(args),
        Command::Completions(args) => command::completions(context, args),
        Command::Man(args) => command::man(args),
    }
}

/// Writes the answer where it is wanted; a script that is asked for on stdout stands there alone.
fn deliver(
    cli: &Cli,
    styles: &Styles,
    store: &dyn Store,
    outcome: &Outcome,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let inputs = cli.command.inputs();
    if let (Command::Diff(cli::Diff { map: Some(file), .. }), Outcome::Diff(diff)) = (&cli.command, outcome) {
        let text = command::map(diff, file)?;
        if file.as_os_str() == "-" {
            out.write_all(text.as_bytes())?;
            return Ok(out.flush()?);
        }
        command::save(file, &inputs, |out| out.write_all(text.as_bytes()))?;
    }
    let printed = match &cli.output.output {
        None => Some(styles.answer),
        Some(file) => {
            command::save(file, &inputs, |out| write(store, outcome, &styles.answer, out))?;
            styles.beside
        }
    };
    if let Some(style) = printed {
        write(store, outcome, &style, out)?;
        out.flush()?;
    }
    Ok(())
}

/// Writes an answer; values are read while they are written.
///
/// # Errors
/// Whatever the output says; if values cannot be read any more.
#[doc(hidden)]
pub fn write(store: &dyn Store, outcome: &Outcome, style: &view::Style, out: &mut dyn Write) -> io::Result<()> {
    view::write(outcome, &command::Values::new(store, outcome), style, out)
}

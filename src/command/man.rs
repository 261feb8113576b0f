//! `ckpt man`: the manual page of a command, for `man`.

use clap::Command;
use clap_mangen::Man;

use crate::cli;
use crate::error::Error;
use crate::view::Outcome;

/// The page, in roff.
///
/// # Errors
/// If there is no such command.
pub(crate) fn man(args: &cli::Man) -> Result<Outcome, Error> {
    let mut program = cli::program();
    program.build();
    let page = match &args.name {
        None => Man::new(program),
        // Built, a subcommand is called by its whole name.
        Some(name) => Man::new(program.find_subcommand(name).cloned().ok_or_else(|| unknown(name, &program))?),
    };
    let mut roff = Vec::new();
    page.render(&mut roff).map_err(|error| Error::new(format!("cannot write the page: {error}")))?;
    Ok(Outcome::Script(String::from_utf8_lossy(&roff).into_owned()))
}

fn unknown(name: &str, program: &Command) -> Error {
    let names: Vec<&str> = program.get_subcommands().map(Command::get_name).collect();
    Error::new(format!("no command {name}")).hint(format!("there are: {}", names.join(", ")))
}

//! How the answer is to look: flags, environment and terminal together.

use crate::Terminal;
use crate::cli::{Cli, Command, FormatName, When};
use crate::error::Error;
use crate::view::{Format, Style};

/// How much a format is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wish {
    /// It was asked for: a command that does not have it says so.
    Asked,
    /// A preference in the environment is not a request that some command fails.
    Preferred,
}

/// The styles of an answer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Styles {
    /// Of the answer.
    pub answer: Style,
    /// Of the text that is printed while the answer goes to a file.
    pub beside: Option<Style>,
}

/// Chooses them.
///
/// # Errors
/// If the command does not have the format.
pub(crate) fn styles(cli: &Cli, wish: Wish, terminal: &Terminal) -> Result<Styles, Error> {
    let format = format(cli, wish)?;
    if cli.output.output.is_none() {
        return Ok(Styles { answer: style(cli, format, terminal, terminal.stdout), beside: None });
    }
    let answer = style(cli, format, terminal, false);
    // Both end with a verdict, which whoever waits for it wants to see.
    if !matches!(&cli.command, Command::Diff(_) | Command::Doctor(_)) {
        return Ok(Styles { answer, beside: None });
    }
    let beside = style(cli, Format::Text, terminal, terminal.stdout);
    // Quiet is what is printed: the file is whole.
    Ok(Styles { answer: Style { quiet: 0, ..answer }, beside: Some(beside) })
}

fn style(cli: &Cli, format: Format, terminal: &Terminal, to_terminal: bool) -> Style {
    let flags = &cli.output;
    let color = match flags.color {
        When::Always => true,
        When::Never => false,
        When::Auto => (terminal.force_color || to_terminal) && !terminal.no_color,
    };
    Style {
        format,
        color,
        unicode: terminal.unicode,
        width: flags.width.map(usize::from).or(terminal.width.filter(|_| to_terminal)),
        exact: flags.bytes,
        quiet: flags.quiet,
        verbose: flags.verbose,
        links: terminal.folder.filter(|_| terminal.links && to_terminal && color),
        precision: 4,
    }
}

fn format(cli: &Cli, wish: Wish) -> Result<Format, Error> {
    let format = match cli.output.format.unwrap_or(FormatName::Text) {
        FormatName::Text => Format::Text,
        FormatName::Concise => Format::Concise,
        FormatName::Json => Format::Json,
        FormatName::JsonLines => Format::JsonLines,
        FormatName::Csv => Format::Csv,
        FormatName::Markdown => Format::Markdown,
        FormatName::Sarif => Format::Sarif,
        FormatName::Junit => Format::Junit,
        FormatName::Github => Format::Github,
        FormatName::Gitlab => Format::Gitlab,
    };
    let fits = match (&cli.command, format) {
        (Command::Completions(_) | Command::Man(_), format) => format == Format::Text,
        (_, Format::Text | Format::Json) => true,
        (Command::Ls(_) | Command::Diff(_), Format::Csv | Format::Markdown | Format::JsonLines) => true,
        (Command::Doctor(_), format) => format != Format::Csv,
        _ => false,
    };
    match (fits, wish) {
        (true, _) => Ok(format),
        (false, Wish::Preferred) => Ok(Format::Text),
        (false, Wish::Asked) => {
            let error = Error::new("this command does not have that --format");
            let hint = "text and json are for all but completions and man, which are text; json-lines and markdown for \
                        ls, diff and doctor; csv for ls and diff; concise, sarif, junit, github and gitlab for doctor";
            Err(error.hint(hint))
        }
    }
}

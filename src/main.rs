//! The program: arguments in, exit code out.

use std::io::{self, IsTerminal, Write};
use std::mem::ManuallyDrop;
use std::process::ExitCode;

use ckpt::store::Local;
use ckpt::{Terminal, run};
use jiff::tz::TimeZone;

fn main() -> ExitCode {
    let terminal = Terminal {
        stdout: io::stdout().is_terminal(),
        stderr: io::stderr().is_terminal(),
        width: terminal_size::terminal_size().map(|(width, _)| width.0.into()),
        unicode: ckpt::speaks_utf8(),
        no_color: std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|value| value == "dumb"),
        force_color: std::env::var_os("CLICOLOR_FORCE").is_some_and(|value| value != "0"),
        links: supports_hyperlinks::on(supports_hyperlinks::Stream::Stdout),
        zone: Some(if std::env::var_os("TZ").is_some() { TimeZone::system } else { ckpt::store::zone }),
        // One path, for as long as the program runs.
        folder: std::env::current_dir().ok().map(|folder| &*Box::leak(folder.into_boxed_path())),
    };
    let mut out = io::BufWriter::with_capacity(1 << 16, io::stdout().lock());
    let mut err = io::stderr();
    let exit = run(std::env::args_os().skip(1), &Local, &terminal, &mut out, &mut err);
    // The process ends here, and its memory with it.
    let exit = ManuallyDrop::new(exit);
    // A closed pipe is nobody's mistake: `ckpt ls | head` succeeds, and `ckpt doctor | head` says what was found.
    match out.flush() {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => ExitCode::from(2),
        _ => ExitCode::from(exit.code),
    }
}

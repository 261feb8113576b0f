//! A progress bar on stderr, for work that takes a while.

use std::fmt;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::Terminal;
use crate::cli::Output;

/// Work shorter than this shows no bar.
const PATIENCE: Duration = Duration::from_millis(500);

/// Counts bytes, and draws a bar where one is wanted.
#[derive(Debug)]
pub(crate) struct Progress {
    shown: bool,
    total: AtomicU64,
    done: AtomicU64,
    start: Instant,
    bar: OnceLock<ProgressBar>,
}

impl Progress {
    /// A bar, if `shown`.
    pub fn new(shown: bool) -> Self {
        Self { shown, total: AtomicU64::new(0), done: AtomicU64::new(0), start: Instant::now(), bar: OnceLock::new() }
    }

    /// A bar for those who wait at a terminal, unless it is unwanted.
    pub fn at(terminal: &Terminal, flags: &Output) -> Self {
        Self::new(terminal.stderr && !flags.no_progress)
    }

    /// Says how many more bytes there are to read.
    pub fn expect(&self, bytes: u64) {
        self.total.fetch_add(bytes, Ordering::Relaxed);
        if let Some(bar) = self.bar.get() {
            bar.inc_length(bytes);
        }
    }

    /// Says that bytes have been read.
    pub fn advance(&self, bytes: u64) {
        let done = self.done.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes);
        if !self.shown || self.start.elapsed() < PATIENCE {
            return;
        }
        let bar = self.bar.get_or_init(|| {
            let total = self.total.load(Ordering::Relaxed);
            let bar = ProgressBar::with_draw_target(Some(total), ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("reading {wide_bar} {bytes}/{total_bytes} {rate}");
            let style = style.unwrap_or_else(|_| ProgressStyle::default_bar()).with_key("rate", rate);
            bar.with_style(style).with_elapsed(self.start.elapsed())
        });
        bar.set_position(done);
    }

    /// Takes the bar away, before anything is written.
    pub fn finish(&self) {
        if let Some(bar) = self.bar.get() {
            bar.finish_and_clear();
        }
    }
}

/// Bytes in a second since the beginning: what was read before there was a bar would make any shorter average absurd.
fn rate(state: &ProgressState, out: &mut dyn fmt::Write) {
    let bytes = state.pos() as f64 / state.elapsed().as_secs_f64().max(f64::EPSILON);
    // What cannot be written is not shown.
    let _ = write!(out, "{}/s", HumanBytes(bytes as u64));
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::Cli;

    /// Whether a bar is drawn for work that has taken some time.
    fn is_drawn(flags: &[&str], stderr: bool, taken: Duration) -> bool {
        let cli = Cli::try_parse_from(["ckpt", "ls"].iter().chain(flags)).unwrap();
        let mut progress = Progress::at(&Terminal { stderr, ..Terminal::default() }, &cli.output);
        progress.start = Instant::now().checked_sub(taken).unwrap();
        progress.expect(10);
        progress.advance(5);
        let drawn = progress.bar.get().map(|bar| (bar.position(), bar.length()));
        assert!(drawn.is_none_or(|drawn| drawn == (5, Some(10))), "{drawn:?}");
        progress.finish();
        assert!(progress.bar.get().is_none_or(ProgressBar::is_finished));
        drawn.is_some()
    }

    #[test]
    fn a_bar_is_for_those_who_wait_at_a_terminal() {
        let (short, long) = (Duration::ZERO, Duration::from_secs(1));
        assert!(is_drawn(&[], true, long));
        assert!(!is_drawn(&[], true, short), "work under half a second");
        assert!(!is_drawn(&[], false, long), "nobody looks at a pipe");
        assert!(!is_drawn(&["--no-progress"], true, long));
    }
}

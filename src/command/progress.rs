//! A progress bar on stderr, for work that takes a while.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Work shorter than this shows no bar.
const PATIENCE: Duration = Duration::from_millis(400);

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
            let bar =
                ProgressBar::with_draw_target(Some(self.total.load(Ordering::Relaxed)), ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("reading {wide_bar} {bytes}/{total_bytes} {bytes_per_sec}");
            bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
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

//! The progress bar, for a person who watches a long run.

use std::io::{self, IsTerminal};
use std::sync::OnceLock;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};

use crate::jobs::Reading;
use crate::render::stats::Totals;
use crate::work::{Show, Work};

/// A run that is over sooner shows no bar.
const PATIENCE: Duration = Duration::from_secs(1);
/// Between two looks of a person.
const TICK: Duration = Duration::from_millis(100);

/// The bar that is shown; what is told meanwhile goes above it.
static BAR: OnceLock<ProgressBar> = OnceLock::new();

/// The progress of a run.
pub struct Progress {
    /// `None`: nobody watches.
    watched: Option<Watched>,
}

struct Watched {
    began: Instant,
    shown: Instant,
    passed: std::sync::Arc<std::sync::atomic::AtomicU64>,
    /// Bytes of all files; `None`: nobody knows how much comes through a pipe.
    all: Option<u64>,
}

impl Progress {
    /// No bar is shown yet.
    pub fn new(work: &Work, reading: &Reading) -> Progress {
        // What goes to the terminal line by line is progress enough.
        let scrolls =
            !matches!(work.show, Show::Nothing | Show::Sample) && io::stdout().is_terminal();
        let is_wanted = !work.args.quiet && !scrolls && std::env::var_os("CI").is_none();
        let watched = (is_wanted && io::stderr().is_terminal()).then(|| {
            let files = &work.inputs.list;
            let is_known = files.iter().all(|input| input.as_file().is_some());
            // What an earlier run has done takes no time.
            let left = files.iter().zip(&reading.is_over);
            let left = left.filter(|(_, is_over)| !is_over.load(Ordering::Relaxed));
            Watched {
                began: Instant::now(),
                shown: Instant::now(),
                passed: reading.passed.clone(),
                all: is_known.then(|| left.map(|(input, _)| input.size()).sum()),
            }
        });
        Progress { watched }
    }

    /// Shows how far it is.
    pub fn show(&mut self, totals: &Totals) {
        let Some(watched) = &mut self.watched else {
            return;
        };
        if watched.began.elapsed() < PATIENCE || watched.shown.elapsed() < TICK {
            return;
        }
        watched.shown = Instant::now();
        let bar = BAR.get_or_init(|| watched.bar());
        let passed = watched.passed.load(Ordering::Relaxed);
        let seconds = watched.began.elapsed().as_secs_f64();
        bar.set_message(format!(
            "{} documents, {}, {}/s",
            HumanCount(totals.documents as u64),
            HumanBytes(passed),
            HumanBytes((passed as f64 / seconds) as u64),
        ));
        bar.set_position(passed);
    }

    /// Takes the bar away.
    pub fn end(&self) {
        if let Some(bar) = BAR.get() {
            bar.finish_and_clear();
        }
    }
}

impl Watched {
    fn bar(&self) -> ProgressBar {
        let (bar, style) = match self.all {
            Some(all) => (
                ProgressBar::new(all),
                "{bar:24} {percent:>3} %  {msg}, {eta} left",
            ),
            None => (ProgressBar::new_spinner(), "{spinner} {msg}, {elapsed}"),
        };
        let style = ProgressStyle::with_template(style).expect("the template is right");
        bar.with_style(style).with_elapsed(self.began.elapsed())
    }
}

/// Does something that writes to the terminal, without the bar in its way.
pub fn aside<T>(write: impl FnOnce() -> T) -> T {
    match BAR.get() {
        Some(bar) => bar.suspend(write),
        None => write(),
    }
}

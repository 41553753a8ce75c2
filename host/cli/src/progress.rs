//! Progress on standard error, where somebody is looking.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Nothing is drawn for work that is over sooner.
const QUIET: Duration = Duration::from_millis(400);

/// A bar that shows how far a long piece of work is. Hidden unless standard error is a terminal.
pub(crate) struct Progress {
    bar: ProgressBar,
    started: Instant,
    total: u64,
    hidden: bool,
}

impl Progress {
    /// A bar for work called `what`, counted in `unit`.
    pub(crate) fn new(what: &'static str, unit: &'static str) -> Self {
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
        let template = format!("{what} [{{bar:30}}] {{human_pos}}/{{human_len}} {unit} ({{eta}})");
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style.progress_chars("=> "));
        }
        Self {
            hidden: bar.is_hidden(),
            bar,
            started: Instant::now(),
            total: 0,
        }
    }

    /// Says that `done` of `total` is done.
    pub(crate) fn update(&mut self, done: u64, total: u64) {
        if self.hidden || self.started.elapsed() < QUIET {
            return;
        }
        if total != self.total {
            self.total = total;
            self.bar.set_length(total);
        }
        self.bar.set_position(done);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

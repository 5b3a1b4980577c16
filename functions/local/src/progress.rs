//! The progress bar: on standard error, and only when that is a terminal.
//!
//! In: what the use cases tell. Out: a bar. Nothing depends on it.

use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use pipeline::Progress;

/// A listener that draws a bar, and the bar, to be finished by its owner.
pub fn progress_bar() -> (Arc<dyn Fn(Progress) + Send + Sync>, ProgressBar) {
    let bar = if std::io::stderr().is_terminal() {
        ProgressBar::new(0)
    } else {
        ProgressBar::hidden()
    };
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} documents {elapsed} {msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.enable_steady_tick(Duration::from_millis(200));
    let shared = bar.clone();
    let listener = move |progress: Progress| match progress {
        Progress::Found(count) => shared.inc_length(count as u64),
        Progress::Fetched(count) => shared.set_message(format!("{count} orders read")),
        Progress::Mapped(_) => shared.set_message("posting"),
        Progress::Settled(count) => shared.inc(count as u64),
        Progress::Waiting(why) => shared.set_message(format!("waiting: {why}")),
    };
    (Arc::new(listener), bar)
}

/// A listener that ignores everything.
pub fn no_progress() -> Arc<dyn Fn(Progress) + Send + Sync> {
    Arc::new(|_| {})
}

//! What a run says: a progress bar on a terminal, a line an epoch elsewhere, or one JSON object a line.

use super::evaluate::Score;
use indicatif::{ProgressBar, ProgressStyle};
use netc::cli::RunFormat;
use serde_json::{Value, json};
use std::io::{self, IsTerminal, Write};

/// Where a run's words go.
#[derive(Debug)]
pub(super) struct Reporter {
    format: RunFormat,
    bar: Option<ProgressBar>,
}

impl Reporter {
    pub(super) fn new(format: RunFormat, steps: u64) -> Self {
        let lively = format == RunFormat::Human && io::stderr().is_terminal();
        let bar = lively.then(|| {
            let bar = ProgressBar::new(steps);
            let style = ProgressStyle::with_template("{bar:30} {pos}/{len} steps, {eta} left  {msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        Self { format, bar }
    }

    /// A line for people, on stderr.
    pub(super) fn say(&self, text: &str) {
        match (&self.bar, self.format) {
            (Some(bar), _) => bar.println(text),
            (None, RunFormat::Human) => {
                // A closed stderr must not end a run.
                let _ = writeln!(io::stderr(), "{text}");
            }
            (None, RunFormat::Json) => {}
        }
    }

    /// An event for programs, on stdout.
    pub(super) fn event(&self, event: &Value) {
        if self.format == RunFormat::Json {
            let _ = writeln!(io::stdout(), "{event}");
        }
    }

    pub(super) fn step(&self, event: &Value, words: &str) {
        self.event(event);
        if let Some(bar) = &self.bar {
            bar.inc(1);
            bar.set_message(words.to_owned());
        }
    }

    pub(super) fn eval(&self, step: u64, epoch: u64, score: &Score) {
        self.event(&json!({
            "event": "eval", "step": step, "epoch": epoch, "loss": score.loss, "top1": score.top1, "top5": score.top5,
            "images": score.images
        }));
    }

    pub(super) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

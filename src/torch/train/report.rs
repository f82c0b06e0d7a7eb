//! What a run says: a progress bar on a terminal, a line an epoch elsewhere, or one JSON object a line.

use super::evaluate::Score;
use super::log::Log;
use indicatif::{ProgressBar, ProgressStyle};
use netc::cli::RunFormat;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::io::{self, IsTerminal, Write};
use std::time::Instant;

/// Where a run's words go.
#[derive(Debug)]
pub(super) struct Reporter {
    format: RunFormat,
    bar: Option<ProgressBar>,
    epoch: RefCell<Epoch>,
    log: RefCell<Log>,
}

/// A step that was done.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    /// Its index, from 0.
    pub(super) step: u64,
    /// Its epoch, from 0.
    pub(super) epoch: u64,
    /// The data term.
    pub(super) loss: f64,
    /// Keras's L2 term.
    pub(super) penalty: f64,
    /// Learning rate.
    pub(super) rate: f64,
    /// Images in its batch.
    pub(super) images: usize,
}

/// Sums over the epoch so far.
#[derive(Debug)]
struct Epoch {
    began: Instant,
    last: Instant,
    steps: u64,
    images: u64,
    loss: f64,
    top1: Option<f64>,
}

impl Epoch {
    fn new(top1: Option<f64>) -> Self {
        let now = Instant::now();
        Self { began: now, last: now, steps: 0, images: 0, loss: 0.0, top1 }
    }
}

impl Reporter {
    /// Of a run of so many steps (none: until its time is over), of which some are done.
    pub(super) fn new(format: RunFormat, steps: Option<u64>, done: u64, log: Log) -> Self {
        let lively = format == RunFormat::Human && io::stderr().is_terminal();
        let bar = lively.then(|| {
            let (bar, template) = match steps {
                Some(steps) => (ProgressBar::new(steps), "{bar:30} {pos}/{len} steps, {eta} left  {msg}"),
                None => (ProgressBar::no_length(), "{pos} steps, {elapsed}  {msg}"),
            };
            let bar = bar.with_position(done);
            bar.reset_eta();
            let style = ProgressStyle::with_template(template);
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        Self { format, bar, epoch: RefCell::new(Epoch::new(None)), log: RefCell::new(log) }
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

    /// An event for programs: into the log, and on stdout.
    pub(super) fn event(&self, event: &Value) {
        let trouble = self.log.borrow_mut().write(event);
        if let Some(trouble) = trouble {
            self.say(&format!("warning: {trouble}"));
        }
        if self.format == RunFormat::Json {
            let _ = writeln!(io::stdout(), "{event}");
        }
    }

    pub(super) fn step(&self, step: Step) {
        let mut epoch = self.epoch.borrow_mut();
        let now = Instant::now();
        let speed = step.images as f64 / now.duration_since(epoch.last).as_secs_f64().max(1e-9);
        epoch.last = now;
        epoch.steps += 1;
        epoch.images += step.images as u64;
        epoch.loss += step.loss;
        self.event(&json!({
            "event": "step", "step": step.step, "epoch": step.epoch, "loss": step.loss, "penalty": step.penalty,
            "lr": step.rate, "images_per_second": speed
        }));
        if let Some(bar) = &self.bar {
            let top1 =
                epoch.top1.map_or_else(String::new, |t| format!("  held-out top-1 {:.2} %", 100.0 * t));
            bar.set_message(format!("loss {:.4}{top1}  {speed:.1} images/s", step.loss));
            bar.inc(1);
        }
    }

    /// Ends an epoch.
    pub(super) fn eval(&self, step: u64, epoch: u64, score: &Score) {
        self.event(&json!({
            "event": "eval", "step": step, "epoch": epoch, "loss": score.loss, "top1": score.top1, "top5": score.top5,
            "images": score.images
        }));
        let ended = self.epoch.replace(Epoch::new(Some(score.top1)));
        let training = if ended.steps > 0 {
            let seconds = ended.last.duration_since(ended.began).as_secs_f64().max(1e-9);
            format!(
                "loss {:.4}, {:.1} images/s; ",
                ended.loss / ended.steps as f64,
                ended.images as f64 / seconds
            )
        } else {
            String::new()
        };
        self.say(&format!(
            "epoch {}: {training}held out: loss {:.4}, top-1 {:.2} %",
            epoch + 1,
            score.loss,
            100.0 * score.top1
        ));
    }

    pub(super) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

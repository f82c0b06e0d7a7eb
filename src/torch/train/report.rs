//! What a run says: a progress bar on a terminal, a line an epoch elsewhere, or one JSON object a line; and the same
//! to TensorBoard.

use super::evaluate::Score;
use super::log::Log;
use crate::backend::Store;
use crate::report::{Board, filters};
use anyhow::Result;
use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use netc::cli::RunFormat;
use netc::program::Program;
use serde_json::{Value, json};
use std::cell::RefCell;
use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

/// How often TensorBoard is given numbers of steps, and how often they reach the disk.
const OFTEN: Duration = Duration::from_secs(1);

/// Where a run's words go.
#[derive(Debug)]
pub(super) struct Reporter {
    format: RunFormat,
    bar: Option<ProgressBar>,
    epoch: RefCell<Epoch>,
    board: RefCell<Option<Board>>,
    wrote: RefCell<Option<Instant>>,
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
    waited: Duration,
    steps: u64,
    images: u64,
    loss: f64,
    top1: Option<f64>,
}

impl Epoch {
    fn new(top1: Option<f64>) -> Self {
        let now = Instant::now();
        Self { began: now, last: now, waited: Duration::ZERO, steps: 0, images: 0, loss: 0.0, top1 }
    }

    /// Mean loss, images a second, the share of time spent waiting for data.
    fn means(&self) -> (f64, f64, f64) {
        let took = self.last.duration_since(self.began).as_secs_f64().max(1e-9);
        let loss = self.loss / self.steps.max(1) as f64;
        (loss, self.images as f64 / took, 100.0 * self.waited.as_secs_f64() / took)
    }

    /// `loss 0.1234, 812.0 images/s, 0.4 % waiting for data`.
    fn sentence(&self) -> String {
        let (loss, speed, waiting) = self.means();
        format!("loss {loss:.4}, {speed:.1} images/s, {waiting:.1} % waiting for data")
    }

    /// What is shown while the epoch goes on, within 80 columns:
    /// `loss 0.1234, top-1 94.67 % held out, rate 9.1e-4, 812.0 images/s, 0.4 % waiting`.
    fn line(&self, rate: f64) -> String {
        let (loss, speed, waiting) = self.means();
        let top1 = self.top1.map_or_else(String::new, |t| format!("top-1 {:.2} % held out, ", 100.0 * t));
        format!("loss {loss:.4}, {top1}rate {rate:.1e}, {speed:.1} images/s, {waiting:.1} % waiting")
    }
}

/// The time that the rest takes by the average of what was done, evaluations and all: `2h 05m`, `3m 20s`, `7s`.
fn left(elapsed: Duration, (done, all): (u64, u64)) -> String {
    if done == 0 {
        return "?".to_owned();
    }
    let seconds = (elapsed.as_secs_f64() / done as f64 * all.saturating_sub(done) as f64).round() as u64;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds}s"),
        (0, minutes, seconds) => format!("{minutes}m {seconds:02}s"),
        (hours, minutes, _) => format!("{hours}h {minutes:02}m"),
    }
}

impl Reporter {
    /// Of a run of so many steps (none: until its time is over), of which some are done.
    pub(super) fn new(format: RunFormat, steps: Option<u64>, done: u64, log: Log) -> Self {
        let lively = format == RunFormat::Human && io::stderr().is_terminal();
        let bar = lively.then(|| {
            let (bar, template) = match steps {
                Some(steps) => {
                    (ProgressBar::new(steps), "{prefix} {bar:24} {pos}/{len}, {left} left\n{wide_msg}")
                }
                None => (ProgressBar::no_length(), "{prefix} {pos} steps, {elapsed}\n{wide_msg}"),
            };
            let bar = bar.with_position(done);
            let style =
                ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
            let left = move |state: &ProgressState, to: &mut dyn std::fmt::Write| {
                let steps = (state.pos().saturating_sub(done), state.len().unwrap_or(0).saturating_sub(done));
                // What is shown is no reason to fail.
                let _ = to.write_str(&left(state.elapsed(), steps));
            };
            bar.set_style(style.with_key("left", left));
            bar.set_message("the first batch is made");
            bar
        });
        let epoch = RefCell::new(Epoch::new(None));
        Self {
            format,
            bar,
            epoch,
            board: RefCell::new(None),
            wrote: RefCell::new(None),
            log: RefCell::new(log),
        }
    }

    /// Reports to TensorBoard too: the graph and the recipe at once, what follows as it comes.
    pub(super) fn attach(&self, board: Result<Board>, program: &Program, recipe: &str) {
        let begun = board.and_then(|mut board| {
            board.graph(program)?;
            board.text("recipe", recipe)?;
            board.flush()?;
            Ok(board)
        });
        match begun {
            Ok(board) => *self.board.borrow_mut() = Some(board),
            Err(error) => self.say(&format!("warning: there are no events for TensorBoard: {error:#}")),
        }
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

    /// An epoch's steps begin, or those that are left of it: its time runs from here.
    pub(super) fn begin_epoch(&self) {
        let mut epoch = self.epoch.borrow_mut();
        *epoch = Epoch::new(epoch.top1);
    }

    /// Takes a batch; the time that this takes is spent waiting for data.
    pub(super) fn waiting<T>(&self, take: impl FnOnce() -> T) -> T {
        let began = Instant::now();
        let taken = take();
        self.epoch.borrow_mut().waited += began.elapsed();
        taken
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
            bar.set_prefix(format!("epoch {}", step.epoch + 1));
            bar.set_message(epoch.line(step.rate));
            bar.inc(1);
        }
        let due = self.wrote.borrow().is_none_or(|last| now.duration_since(last) >= OFTEN);
        if due {
            *self.wrote.borrow_mut() = Some(now);
            self.board(|board| {
                board.scalar(step.step, "train/loss", step.loss)?;
                board.scalar(step.step, "train/learning_rate", step.rate)?;
                board.scalar(step.step, "train/images_per_second", speed)?;
                if step.penalty > 0.0 {
                    board.scalar(step.step, "train/penalty", step.penalty)?;
                }
                board.flush()
            });
        }
    }

    /// The held-out images are measured now.
    pub(super) fn evaluates(&self) {
        if let Some(bar) = &self.bar {
            bar.set_message("measures the held-out images");
        }
    }

    /// Ends an epoch.
    pub(super) fn eval(&self, step: u64, epoch: u64, score: &Score) {
        self.event(&json!({
            "event": "eval", "step": step, "epoch": epoch, "loss": score.loss, "top1": score.top1, "top5": score.top5,
            "images": score.images
        }));
        let ended = self.epoch.replace(Epoch::new(Some(score.top1)));
        let training = if ended.steps > 0 { format!("{}; ", ended.sentence()) } else { String::new() };
        let top5 = score.top5.map_or_else(String::new, |t| format!(", top-5 {:.2} %", 100.0 * t));
        self.say(&format!(
            "epoch {}: {training}held out: loss {:.4}, top-1 {:.2} %{top5}",
            epoch + 1,
            score.loss,
            100.0 * score.top1
        ));
        self.board(|board| {
            board.scalar(step, "held-out/loss", score.loss)?;
            board.scalar(step, "held-out/top1", score.top1)?;
            score.top5.map_or(Ok(()), |top5| board.scalar(step, "held-out/top5", top5))?;
            board.flush()
        });
    }

    /// How the weights spread and what the first layer's filters look like, to TensorBoard.
    pub(super) fn weights(&self, step: u64, program: &Program, store: &Store) {
        self.board(|board| {
            for (name, tensor, _) in store.iter() {
                board.histogram(step, &format!("weights/{}", name.replace('.', "/")), tensor)?;
            }
            if let Some(picture) = filters(program, store)? {
                board.image(step, "filters of the first layer", &picture)?;
            }
            board.flush()
        });
    }

    /// Writes to TensorBoard. What cannot be written is said once and does not end the run.
    fn board(&self, write: impl FnOnce(&mut Board) -> Result<()>) {
        let mut held = self.board.borrow_mut();
        if let Some(board) = held.as_mut()
            && let Err(error) = write(board)
        {
            *held = None;
            self.say(&format!("warning: no more events are written for TensorBoard: {error:#}"));
        }
    }

    pub(super) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::left;
    use std::time::Duration;

    #[test]
    fn the_time_left_is_that_of_the_average_step() {
        let seconds = Duration::from_secs;
        assert_eq!(left(seconds(30), (0, 90)), "?");
        assert_eq!(left(seconds(30), (3, 90)), "14m 30s");
        assert_eq!(left(seconds(3600), (10, 31)), "2h 06m");
        assert_eq!(left(seconds(89), (89, 90)), "1s");
        assert_eq!(left(seconds(89), (90, 90)), "0s");
    }
}

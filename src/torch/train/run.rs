//! The loop.

use super::average::Average;
use super::checkpoint::{self, Parts, State};
use super::diagnose;
use super::environment;
use super::evaluate::{Score, evaluate};
use super::folder::{Kept, RunFolder};
use super::initial::begin_with;
use super::log::Log;
use super::report::{Reporter, Step};
use super::setup::{Asked, Session};
use super::step::{Stepped, Stepper};
use super::told::Told;
use crate::backend::{Executor, Mode, Optimiser, Products, Store};
use crate::data::{Batches, Loader, LoaderOptions};
use crate::report::Board;
use anyhow::Result;
use netc::cli::RunFormat;
use netc::diag::grouped;
use netc::program::Role;
use netc::recipe::Clock;
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Instant;
use tch::{Device, Tensor};

/// The signal that asked the run to end; 0 where none did.
pub static STOP: AtomicI32 = AtomicI32::new(0);

/// How a run ended.
#[derive(Debug)]
pub enum Ended {
    /// All steps done, its time over, or no better for long.
    Done(Score),
    /// A signal came: the step was finished and the state saved.
    Stopped(i32),
    /// Loss or gradients are no numbers.
    NotFinite {
        /// At this step, from 0.
        step: u64,
        /// The steps that the last checkpoint holds; none where there is none.
        saved: Option<u64>,
        /// Where it went bad first.
        why: String,
    },
}

/// What a run takes beside its session.
#[derive(Debug)]
pub struct Plan {
    /// Where it runs.
    pub device: Device,
    /// How convolutions and FC layers are computed.
    pub products: Products,
    /// The run's folder.
    pub folder: RunFolder,
    /// A file of weights to begin with.
    pub init: Option<PathBuf>,
    /// Rows that are not trained.
    pub freeze: Vec<String>,
    /// Goes on with the run that lies in the folder.
    pub resume: bool,
    /// For people or programs.
    pub format: RunFormat,
}

impl Plan {
    /// `cpu`, `cuda:0`.
    pub fn device_name(&self) -> String {
        match self.device {
            Device::Cuda(index) => format!("cuda:{index}"),
            other => format!("{other:?}").to_lowercase(),
        }
    }

    /// `fp32`.
    pub const fn precision(&self) -> &'static str {
        self.products.word()
    }
}

struct Run<'a> {
    session: &'a Session,
    plan: &'a Plan,
    loader: Loader,
    reporter: Reporter,
    /// Steps of the whole run; none where only time ends it.
    steps: Option<u64>,
    an_epoch: u64,
    began: Instant,
    /// Seconds of the run before this process.
    before: f64,
}

/// What changes while it runs.
struct Training<'a> {
    stepper: Stepper<'a>,
    average: Option<Average>,
    state: State,
    /// Steps of the last checkpoint.
    saved: Option<u64>,
    /// The batches of this epoch, which are made while the one before it is evaluated.
    next: Option<(u64, Batches)>,
}

fn loader(session: &Session, device: Device) -> Result<(Loader, u64)> {
    let recipe = &session.recipe;
    let options = LoaderOptions {
        batch: recipe.batch as usize,
        seed: recipe.seed,
        drop_last: true,
        device,
        ..LoaderOptions::default()
    };
    let loader = Loader::new(Arc::clone(&session.dataset), session.preparation.clone(), options)?;
    let pictures = session.split.train.len();
    let an_epoch = loader.train_batches(pictures) as u64 / recipe.accumulate;
    anyhow::ensure!(
        an_epoch > 0,
        "{pictures} training images do not fill one step of {}; write a smaller --batch or --accumulate",
        recipe.batch.saturating_mul(recipe.accumulate)
    );
    Ok((loader, an_epoch))
}

/// Trains a session to its end.
///
/// # Errors
/// Data that cannot be read, a folder that cannot be written, libtorch's errors.
pub fn train(session: &Session, asked: &Asked, plan: &Plan) -> Result<Ended> {
    let recipe = &session.recipe;
    let (loader, an_epoch) = loader(session, plan.device)?;
    let steps = recipe.steps.or(recipe.epochs.map(|e| e.saturating_mul(an_epoch)));
    let mut store = Store::new(&session.program, plan.device, recipe.seed)?;
    let said = initial(&mut store, session, plan)?;
    let mut optimiser = Optimiser::new(recipe, &session.program, &store)?;
    let mut average = recipe.ema.map(|decay| Average::new(decay, &store)).transpose()?;
    let (_writing, state) = if plan.resume {
        let writing = plan.folder.lock()?;
        let path = plan.folder.checkpoint();
        (writing, checkpoint::restore(&path, &mut store, &mut optimiser, average.as_mut())?)
    } else {
        (plan.folder.start(session, &Kept::of(session, asked, plan))?, State::default())
    };
    let step = state.position.step;
    environment::add(&plan.folder.file("environment.json"), session, plan, step)?;
    let log = Log::open(&plan.folder.file("log.jsonl"), step)?;
    let reporter = Reporter::new(plan.format, steps, step, log);
    let executor = Executor { program: &session.program, store: &store, products: plan.products };
    let (began, before) = (Instant::now(), state.seconds);
    let run = Run { session, plan, loader, reporter, steps, an_epoch, began, before };
    run.start(step);
    said.iter().for_each(|text| run.reporter.say(text));
    let board = Board::create(&plan.folder.file("tensorboard"), step);
    run.reporter.attach(board, &session.program, &recipe_text(session));
    let mut stepper = Stepper::new(executor, optimiser, recipe);
    if plan.resume {
        stepper.restore(state.scaling);
    }
    let saved = plan.resume.then_some(step);
    let ended = run.epochs(&mut Training { stepper, average, state, saved, next: None });
    run.reporter.end();
    ended
}

/// Weights that the run does not draw itself, and rows that it leaves as they are; what is to be said of both.
fn initial(store: &mut Store, session: &Session, plan: &Plan) -> Result<Vec<String>> {
    let mut said = match &plan.init {
        Some(path) => begin_with(store, &session.program, path)?,
        None => Vec::new(),
    };
    if !plan.freeze.is_empty() {
        let left = store.freeze(&session.program, &plan.freeze)?;
        said.push(format!("{} are not trained; {} parameters are", plan.freeze.join(", "), grouped(left)));
    }
    Ok(said)
}

/// The spec with its recipe, as TensorBoard shows it: Markdown.
fn recipe_text(session: &Session) -> String {
    // The header is YAML, not Markdown.
    match session.text.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n")) {
        Some((header, body)) => format!("```yaml\n{header}\n```\n{body}"),
        None => session.text.clone(),
    }
}

impl Run<'_> {
    fn start(&self, done: u64) {
        let (session, plan, recipe) = (self.session, self.plan, &self.session.recipe);
        let (precision, device) = (plan.precision(), plan.device_name());
        let length = self.steps.map_or_else(|| "as many".to_owned(), |s| s.to_string());
        self.reporter.say(&format!(
            "{} on {device} in {precision}, {} threads, seed {}: {} images to train on, {} held out, {length} steps of {}",
            session.program.name,
            tch::get_num_threads(),
            recipe.seed,
            session.split.train.len(),
            session.split.held_out.len(),
            recipe.batch * recipe.accumulate,
        ));
        if let Some(seconds) = recipe.seconds {
            self.reporter.say(&format!("ends after {seconds} s, {:.0} of them over", self.before));
        }
        if done > 0 {
            self.reporter.say(&format!("goes on after step {done}"));
        }
        for remark in &session.remarks {
            self.reporter.say(&format!("note: {remark}"));
        }
        if recipe.statistics_batches > 0 {
            self.reporter.say(&format!(
                "batch norm's statistics are estimated anew over {} training batches before each evaluation",
                recipe.statistics_batches
            ));
        }
        self.reporter.event(&json!({
            "event": "start", "net": session.program.name, "device": device, "precision": precision,
            "threads": tch::get_num_threads(), "seed": recipe.seed, "batch": recipe.batch,
            "accumulate": recipe.accumulate, "steps": self.steps, "steps_an_epoch": self.an_epoch,
            "done_steps": done,
            "train_images": session.split.train.len(), "held_out_images": session.split.held_out.len(),
            "classes": session.dataset.classes(), "remarks": session.remarks, "run": plan.folder.path()
        }));
    }

    fn seconds(&self) -> f64 {
        self.before + self.began.elapsed().as_secs_f64()
    }

    /// Why no step follows, if none does.
    fn over(&self, state: &State) -> Option<&'static str> {
        let recipe = &self.session.recipe;
        if self.steps.is_some_and(|s| state.position.step >= s) {
            return Some(if recipe.steps.is_some() { "steps" } else { "epochs" });
        }
        let stale = recipe.early_stopping.is_some_and(|e| state.watch.stale >= e);
        let late = recipe.seconds.is_some_and(|s| self.seconds() >= s as f64);
        stale.then_some("early_stopping").or(late.then_some("time"))
    }

    fn epochs(&self, training: &mut Training<'_>) -> Result<Ended> {
        if training.state.position.evaluated && self.over(&training.state).is_some() {
            let (epoch, _) = training.state.position.epoch(self.an_epoch);
            if let Some(score) = self.evaluate(training, epoch)? {
                return Ok(self.done(training, score));
            }
        }
        let mut told = Told::default();
        loop {
            told.bad(self.session, &self.reporter);
            let (epoch, done) = training.state.position.epoch(self.an_epoch);
            if let Some(ended) = self.epoch(training, epoch, done)? {
                return Ok(ended);
            }
            if self.over(&training.state).is_none() {
                training.next = Some((epoch + 1, self.loader.train(&self.session.split.train, epoch + 1)?));
            }
            self.reporter.evaluates();
            let Some(score) = self.evaluate(training, epoch)? else {
                return self.stopped(training, epoch);
            };
            let step = training.state.position.step;
            self.reporter.eval(step, epoch, &score);
            self.reporter.weights(step, &self.session.program, training.stepper.executor.store);
            told.bad(self.session, &self.reporter);
            told.enlarged(self.session, &self.reporter);
            self.judge(training, &score, epoch)?;
            if self.over(&training.state).is_some() {
                return Ok(self.done(training, score));
            }
            if STOP.load(Ordering::Relaxed) != 0 {
                return self.stopped(training, epoch);
            }
        }
    }

    fn done(&self, training: &Training<'_>, score: Score) -> Ended {
        let (step, best) = (training.state.position.step, training.state.watch.best);
        let reason = self.over(&training.state);
        if reason == Some("early_stopping") {
            self.reporter.say("no evaluation was better for long: the run ends early");
        }
        self.reporter.event(&json!({
            "event": "end", "status": "done", "step": step, "top1": score.top1, "reason": reason, "best": best
        }));
        Ended::Done(score)
    }

    /// Saves, and says that a signal ended the run.
    fn stopped(&self, training: &mut Training<'_>, epoch: u64) -> Result<Ended> {
        self.checkpoint(training, epoch, false)?;
        let step = training.state.position.step;
        self.reporter.event(&json!({"event": "end", "status": "stopped", "step": step}));
        Ok(Ended::Stopped(STOP.load(Ordering::Relaxed)))
    }

    /// The steps of an epoch that are left; how the run ended, if it did.
    fn epoch(&self, training: &mut Training<'_>, epoch: u64, done: u64) -> Result<Option<Ended>> {
        if done == self.an_epoch || self.over(&training.state).is_some() {
            return Ok(None);
        }
        let recipe = &self.session.recipe;
        let (every, kept) = (recipe.save_every.steps(self.an_epoch).max(1), self.kept_every());
        let skipped = (done * recipe.accumulate) as usize;
        let mut batches = Vec::new();
        let mut images = 0;
        let mut coming = match training.next.take() {
            Some((next, coming)) if (next, done) == (epoch, 0) => coming,
            _ => self.loader.train_from(&self.session.split.train, epoch, skipped)?,
        };
        self.reporter.begin_epoch();
        while let Some(batch) = self.reporter.waiting(|| coming.next()) {
            let batch = batch?;
            images += batch.indices.len();
            batches.push(batch.on(self.plan.device)?);
            if (batches.len() as u64) < recipe.accumulate {
                continue;
            }
            if let Some(ended) = self.step(training, &batches, epoch, images)? {
                return Ok(Some(ended));
            }
            batches.clear();
            images = 0;
            let step = training.state.position.step;
            if STOP.load(Ordering::Relaxed) != 0 {
                return self.stopped(training, epoch).map(Some);
            }
            if step.is_multiple_of(self.an_epoch) || self.over(&training.state).is_some() {
                break;
            }
            if step.is_multiple_of(every) || kept.is_some_and(|k| step.is_multiple_of(k)) {
                self.checkpoint(training, epoch, false)?;
            }
        }
        Ok(None)
    }

    /// One step; how the run ended, if that was it.
    fn step(
        &self,
        training: &mut Training<'_>,
        batches: &[(Tensor, Tensor)],
        epoch: u64,
        images: usize,
    ) -> Result<Option<Ended>> {
        let recipe = &self.session.recipe;
        let step = training.state.position.step;
        // No generator state can be saved: each step has its own seed, so that a run can be resumed exactly.
        let seed = i64::from_le_bytes((recipe.seed ^ (step << 20)).to_le_bytes());
        tch::manual_seed(seed);
        let clock = Clock { step, steps: self.steps, an_epoch: self.an_epoch };
        let rate =
            recipe.rate * recipe.schedule.factor(recipe.warmup, clock) * training.state.watch.plateau.scale;
        let stepper = &mut training.stepper;
        let penalty = stepper.optimiser.penalty()?;
        let why = match stepper.step(batches, rate)? {
            stepped @ (Stepped::Done(loss) | Stepped::Skipped(loss)) => {
                if stepped == Stepped::Skipped(loss) {
                    self.reporter.say(&format!(
                        "step {step}: gradients beyond fp16, not taken; the loss is scaled by {} from here",
                        stepper.scale()
                    ));
                }
                if let Some(average) = &mut training.average {
                    average.update(stepper.executor.store)?;
                }
                training.state.position = checkpoint::Position { step: step + 1, evaluated: false };
                self.reporter.step(Step { step, epoch, loss, penalty, rate, images });
                return Ok(None);
            }
            Stepped::BadLoss => diagnose::bad_loss(&stepper.executor, batches, seed)?,
            Stepped::BadGradients => diagnose::bad_gradients(&stepper.executor, &stepper.optimiser)?,
        };
        self.reporter.event(&json!({"event": "end", "status": "failed", "step": step, "why": why}));
        Ok(Some(Ended::NotFinite { step, saved: training.saved, why }))
    }

    /// Measures the net, or its average; none where a signal came meanwhile.
    fn evaluate(&self, training: &mut Training<'_>, epoch: u64) -> Result<Option<Score>> {
        let Training { stepper, average, .. } = training;
        let store = stepper.executor.store;
        if let Some(average) = average.as_mut() {
            average.swap(store)?;
        }
        let score = self.measure(&stepper.executor, epoch);
        if let Some(average) = average.as_mut() {
            average.swap(store)?;
        }
        score
    }

    fn measure(&self, executor: &Executor<'_>, epoch: u64) -> Result<Option<Score>> {
        let going = || STOP.load(Ordering::Relaxed) == 0;
        let wanted = self.session.recipe.statistics_batches as usize;
        let has_norm = self.session.program.params.iter().any(|p| p.role == Role::RunningMean);
        if wanted > 0 && has_norm {
            tch::no_grad(|| -> Result<()> {
                let batches = self.loader.train(&self.session.split.train, epoch)?;
                for (index, batch) in batches.take(wanted).take_while(|_| going()).enumerate() {
                    let mode = Mode::Estimate { weight: 1.0 / (index + 1) as f64 };
                    let _ = executor.logits(&batch?.on(self.plan.device)?.0, mode)?;
                }
                Ok(())
            })?;
        }
        let split = &self.session.split;
        let pictures = if split.held_out.is_empty() { &split.train } else { &split.held_out };
        let batches = self.loader.evaluate(pictures)?.take_while(|_| going());
        let score = evaluate(executor, batches, self.session.dataset.classes().len(), self.plan.device)?;
        Ok(going().then_some(score))
    }

    /// Takes an evaluation: whether it is the best, whether the rate falls; and saves.
    fn judge(&self, training: &mut Training<'_>, score: &Score, epoch: u64) -> Result<()> {
        let recipe = &self.session.recipe;
        let before = training.state.watch.plateau.scale;
        let value = recipe.monitor.of(score.loss, score.top1);
        let best = training.state.watch.see(&recipe.schedule, recipe.monitor, value);
        let now = training.state.watch.plateau.scale;
        if now < before {
            self.reporter.say(&format!("no better for long: the rate is {now} of what it was at first"));
        }
        training.state.position.evaluated = true;
        self.checkpoint(training, epoch, best)
    }

    fn kept_every(&self) -> Option<u64> {
        let every = self.session.recipe.keep_every?;
        Some(every.steps(self.an_epoch).max(1))
    }

    /// Writes the state, under all the names that are due.
    fn checkpoint(&self, training: &mut Training<'_>, epoch: u64, best: bool) -> Result<()> {
        // Kept only where it matters: otherwise the same run gives the same file, bit for bit.
        training.state.seconds = self.session.recipe.seconds.map_or(0.0, |_| self.seconds());
        let Training { stepper, average, state, .. } = training;
        state.scaling = stepper.scaling();
        let store = stepper.executor.store;
        let parts = Parts { store, optimiser: &stepper.optimiser, average: average.as_ref() };
        let folder = &self.plan.folder;
        let (last, top) = (folder.checkpoint(), folder.best());
        let step = state.position.step;
        if best {
            // The best comes first: a crash between the two has the run evaluate again.
            checkpoint::save(&top, &parts, state)?;
            checkpoint::name_too(&top, &last)?;
        } else {
            checkpoint::save(&last, &parts, state)?;
        }
        training.saved = Some(step);
        let kept = self.kept_every().is_some_and(|k| step > 0 && step.is_multiple_of(k));
        if kept {
            checkpoint::name_too(&last, &folder.file(&format!("step-{step:08}.safetensors")))?;
        }
        self.reporter.event(&json!({
            "event": "checkpoint", "step": step, "epoch": epoch, "path": last, "best": best, "kept": kept
        }));
        Ok(())
    }
}

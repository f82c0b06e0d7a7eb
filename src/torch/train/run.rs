//! The loop.

use super::checkpoint::{self, Position};
use super::evaluate::{Score, evaluate};
use super::folder::{Kept, RunFolder};
use super::report::{Reporter, Step};
use super::setup::{Asked, Session};
use super::step::Stepper;
use crate::backend::{Executor, Mode, Sgd, Store};
use crate::data::{Batch, Loader, LoaderOptions};
use anyhow::Result;
use netc::cli::RunFormat;
use netc::program::Role;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use tch::Device;

/// The signal that asked the run to end; 0 where none did.
pub static STOP: AtomicI32 = AtomicI32::new(0);

/// How a run ended.
#[derive(Debug)]
pub enum Ended {
    /// All steps done.
    Done(Score),
    /// A signal came: the step was finished and the state saved.
    Stopped(i32),
    /// The loss is no number.
    NotFinite {
        /// At this step.
        step: u64,
    },
}

/// What a run takes beside its session.
#[derive(Debug)]
pub struct Plan {
    /// Where it runs.
    pub device: Device,
    /// Products in bf16.
    pub bf16: bool,
    /// The run's folder.
    pub folder: RunFolder,
    /// Goes on with the run that lies in the folder.
    pub resume: bool,
    /// Ends after so many steps.
    pub steps: Option<u64>,
    /// For people or programs.
    pub format: RunFormat,
}

struct Run<'a> {
    session: &'a Session,
    plan: &'a Plan,
    loader: Loader,
    reporter: Reporter,
    steps: u64,
    an_epoch: u64,
}

/// Trains a session to its end.
///
/// # Errors
/// Data that cannot be read, a folder that cannot be written, libtorch's errors.
pub fn train(session: &Session, asked: &Asked, plan: &Plan) -> Result<Ended> {
    let recipe = &session.recipe;
    let options = LoaderOptions {
        batch: recipe.batch as usize,
        seed: recipe.seed,
        drop_last: true,
        ..LoaderOptions::default()
    };
    let loader = Loader::new(Arc::clone(&session.dataset), session.preparation.clone(), options)?;
    let an_epoch = loader.train_batches(session.split.train.len()) as u64;
    anyhow::ensure!(
        an_epoch > 0,
        "{} training images do not fill one batch of {}; write a smaller --batch",
        session.split.train.len(),
        recipe.batch
    );
    let steps = plan.steps.unwrap_or(recipe.epochs * an_epoch);
    let mut store = Store::new(&session.program, plan.device, recipe.seed)?;
    let mut sgd = Sgd::new(recipe, &session.program, &store)?;
    let (_writing, position) = if plan.resume {
        let writing = plan.folder.lock()?;
        (writing, checkpoint::restore(&plan.folder.checkpoint(), &mut store, &mut sgd)?)
    } else {
        let kept = Kept::of(session, asked, plan.steps, plan.bf16);
        (plan.folder.start(session, &kept)?, Position::default())
    };
    let executor = Executor { program: &session.program, store: &store, bf16: plan.bf16 };
    let reporter = Reporter::new(plan.format, steps, position.step);
    let run = Run { session, plan, loader, reporter, steps, an_epoch };
    run.start(position);
    let ended = run.epochs(&mut Stepper { executor, sgd }, position);
    run.reporter.end();
    ended
}

impl Run<'_> {
    fn start(&self, position: Position) {
        let (session, plan) = (self.session, self.plan);
        let precision = if plan.bf16 { "bf16" } else { "fp32" };
        let device = format!("{:?}", plan.device).to_lowercase();
        for remark in &session.remarks {
            self.reporter.say(&format!("note: {remark}"));
        }
        let recipe = &session.recipe;
        self.reporter.say(&format!(
            "{} on {device} in {precision}, {} threads, seed {}: {} images to train on, {} held out, {} steps of {}",
            session.program.name,
            tch::get_num_threads(),
            recipe.seed,
            session.split.train.len(),
            session.split.held_out.len(),
            self.steps,
            recipe.batch
        ));
        if position.step > 0 {
            self.reporter.say(&format!("goes on after step {}", position.step));
        }
        if recipe.statistics_batches > 0 {
            self.reporter.say(&format!(
                "batch norm's statistics are estimated anew over {} training batches before each evaluation",
                recipe.statistics_batches
            ));
        }
        self.reporter.event(&json!({
            "event": "start", "net": session.program.name, "device": device, "precision": precision,
            "threads": tch::get_num_threads(), "seed": recipe.seed, "batch": recipe.batch, "steps": self.steps,
            "done_steps": position.step,
            "train_images": session.split.train.len(), "held_out_images": session.split.held_out.len(),
            "classes": session.dataset.classes(), "remarks": session.remarks
        }));
    }

    fn epochs(&self, stepper: &mut Stepper<'_>, mut position: Position) -> Result<Ended> {
        loop {
            let (epoch, done) = position.epoch(self.an_epoch);
            if let Some(ended) = self.epoch(stepper, &mut position, epoch, done)? {
                return Ok(ended);
            }
            let score = self.evaluate(&stepper.executor, epoch)?;
            self.reporter.eval(position.step, epoch, &score);
            position.evaluated = true;
            self.checkpoint(stepper, position, epoch)?;
            if position.step >= self.steps {
                let end =
                    json!({"event": "end", "status": "done", "step": position.step, "top1": score.top1});
                self.reporter.event(&end);
                return Ok(Ended::Done(score));
            }
        }
    }

    /// The batches of an epoch that are left; how the run ended, if it did.
    fn epoch(
        &self,
        stepper: &mut Stepper<'_>,
        position: &mut Position,
        epoch: u64,
        done: u64,
    ) -> Result<Option<Ended>> {
        if done == self.an_epoch || position.step >= self.steps {
            return Ok(None);
        }
        let end = |status: &str, step| json!({"event": "end", "status": status, "step": step});
        for batch in self.loader.train_from(&self.session.split.train, epoch, done as usize)? {
            let loss = self.step(stepper, &batch?, position.step, epoch)?;
            if !loss.is_finite() {
                self.reporter.event(&end("failed", position.step));
                return Ok(Some(Ended::NotFinite { step: position.step }));
            }
            *position = Position { step: position.step + 1, evaluated: false };
            let signal = STOP.load(Ordering::Relaxed);
            if signal != 0 {
                self.checkpoint(stepper, *position, epoch)?;
                self.reporter.event(&end("stopped", position.step));
                return Ok(Some(Ended::Stopped(signal)));
            }
            if position.step >= self.steps {
                break;
            }
        }
        Ok(None)
    }

    /// One step; returns the data term of the loss.
    fn step(&self, stepper: &mut Stepper<'_>, batch: &Batch, step: u64, epoch: u64) -> Result<f64> {
        let recipe = &self.session.recipe;
        // No generator state can be saved: each step has its own seed, so that a run can be resumed exactly.
        tch::manual_seed(i64::from_le_bytes((recipe.seed ^ (step << 20)).to_le_bytes()));
        let images = batch.images.f_to_device(self.plan.device)?;
        let labels = batch.labels.f_to_device(self.plan.device)?;
        let penalty =
            if step.is_multiple_of(50) { Some(self.penalty(stepper.executor.store)?) } else { None };
        let rate = recipe.rate * recipe.schedule.factor(step, self.steps, self.an_epoch);
        let loss = stepper.step(&images, &labels, rate)?;
        self.reporter.step(Step { step, epoch, loss, penalty, rate, images: batch.indices.len() });
        Ok(loss)
    }

    /// Keras's L2 term of the loss; its gradient is in the optimiser.
    fn penalty(&self, store: &Store) -> Result<f64> {
        tch::no_grad(|| {
            let mut sum = 0.0;
            for (param, (_, tensor, _)) in self.session.program.params.iter().zip(store.iter()) {
                if param.role == Role::Kernel && self.session.recipe.l2 > 0.0 {
                    sum += tensor.f_square()?.f_sum(tch::Kind::Float)?.f_double_value(&[])?;
                }
            }
            Ok(self.session.recipe.l2 * sum)
        })
    }

    fn evaluate(&self, executor: &Executor<'_>, epoch: u64) -> Result<Score> {
        let wanted = self.session.recipe.statistics_batches as usize;
        let has_norm = self.session.program.params.iter().any(|p| p.role == Role::RunningMean);
        if wanted > 0 && has_norm {
            tch::no_grad(|| -> Result<()> {
                let batches = self.loader.train(&self.session.split.train, epoch)?;
                for (index, batch) in batches.take(wanted).enumerate() {
                    let mode = Mode::Estimate { weight: 1.0 / (index + 1) as f64 };
                    let _ = executor.logits(&batch?.images.f_to_device(self.plan.device)?, mode)?;
                }
                Ok(())
            })?;
        }
        let held_out = if self.session.split.held_out.is_empty() {
            &self.session.split.train
        } else {
            &self.session.split.held_out
        };
        let batches = self.loader.evaluate(held_out)?;
        evaluate(executor, batches, self.session.dataset.classes().len(), self.plan.device)
    }

    fn checkpoint(&self, stepper: &Stepper<'_>, position: Position, epoch: u64) -> Result<()> {
        let path = self.plan.folder.checkpoint();
        checkpoint::save(&path, stepper.executor.store, &stepper.sgd, position)?;
        self.reporter
            .event(&json!({"event": "checkpoint", "step": position.step, "epoch": epoch, "path": path}));
        Ok(())
    }
}

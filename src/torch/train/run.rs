//! The loop.

use super::evaluate::{Score, evaluate};
use super::report::Reporter;
use super::setup::{Asked, Kept, Session};
use crate::backend::{Executor, Mode, Sgd, Store};
use crate::data::{Loader, LoaderOptions};
use anyhow::{Context, Result};
use netc::cli::RunFormat;
use netc::program::Role;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::Instant;
use tch::{Device, Tensor};

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
#[derive(Clone, Debug)]
pub struct Plan {
    /// Where it runs.
    pub device: Device,
    /// Products in bf16.
    pub bf16: bool,
    /// The run's folder.
    pub folder: PathBuf,
    /// Ends after so many steps.
    pub steps: Option<u64>,
    /// For people or programs.
    pub format: RunFormat,
}

struct Run<'a> {
    session: &'a Session,
    plan: &'a Plan,
    store: &'a Store,
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
    std::fs::create_dir_all(&plan.folder)
        .with_context(|| format!("cannot make {}", plan.folder.display()))?;
    keep(session, asked, &plan.folder)?;
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
    let store = Store::new(&session.program, plan.device, recipe.seed)?;
    let reporter = Reporter::new(plan.format, steps);
    let run = Run { session, plan, store: &store, loader, reporter, steps, an_epoch };
    run.start();
    let ended = run.epochs();
    run.reporter.end();
    ended
}

/// Writes the spec and what prediction needs beside the weights.
fn keep(session: &Session, asked: &Asked, folder: &Path) -> Result<()> {
    let kept = Kept {
        name: session.program.name.clone(),
        net: asked.net.clone(),
        data: asked.data.clone().or(session.recipe.data.clone()).unwrap_or_default(),
        classes: session.dataset.classes().to_vec(),
        set: asked.set.clone(),
        seed: session.recipe.seed,
        holdout: session.recipe.holdout,
        preparation: session.preparation.clone(),
    };
    write(&folder.join("spec.spec"), session.text.as_bytes())?;
    write(&folder.join("run.json"), serde_json::to_string_pretty(&kept)?.as_bytes())
}

/// To a temporary file, synced, renamed: never half of it.
fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    use std::io::Write;
    let partial = path.with_extension("partial");
    let wrote = (|| {
        let mut file = std::fs::File::create(&partial)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&partial, path)
    })();
    wrote.with_context(|| format!("cannot write {}", path.display()))
}

impl Run<'_> {
    fn executor(&self) -> Executor<'_> {
        Executor { program: &self.session.program, store: self.store, bf16: self.plan.bf16 }
    }

    fn start(&self) {
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
        if recipe.statistics_batches > 0 {
            self.reporter.say(&format!(
                "batch norm's statistics are estimated anew over {} training batches before each evaluation",
                recipe.statistics_batches
            ));
        }
        self.reporter.event(&json!({
            "event": "start", "net": session.program.name, "device": device, "precision": precision,
            "threads": tch::get_num_threads(), "seed": recipe.seed, "batch": recipe.batch, "steps": self.steps,
            "train_images": session.split.train.len(), "held_out_images": session.split.held_out.len(),
            "classes": session.dataset.classes(), "remarks": session.remarks
        }));
    }

    fn epochs(&self) -> Result<Ended> {
        let mut sgd = Sgd::new(&self.session.recipe, &self.session.program);
        let (mut step, mut epoch) = (0, 0);
        loop {
            let began = Instant::now();
            let (mut loss_sum, mut seen) = (0.0, 0u64);
            for batch in self.loader.train(&self.session.split.train, epoch)? {
                let loss = self.step(&mut sgd, &batch?, step, epoch)?;
                if !loss.is_finite() {
                    self.reporter.event(&json!({"event": "end", "status": "failed", "step": step}));
                    return Ok(Ended::NotFinite { step });
                }
                (step, loss_sum, seen) = (step + 1, loss_sum + loss, seen + 1);
                let signal = STOP.load(Ordering::Relaxed);
                if signal != 0 {
                    self.checkpoint(step, epoch)?;
                    self.reporter.event(&json!({"event": "end", "status": "stopped", "step": step}));
                    return Ok(Ended::Stopped(signal));
                }
                if step >= self.steps {
                    break;
                }
            }
            let rate = (seen * self.session.recipe.batch) as f64 / began.elapsed().as_secs_f64();
            let score = self.evaluate(epoch)?;
            self.reporter.eval(step, epoch, &score);
            self.reporter.say(&format!(
                "epoch {}: loss {:.4}, held out: loss {:.4}, top-1 {:.2} %  ({rate:.1} images/s)",
                epoch + 1,
                loss_sum / seen.max(1) as f64,
                score.loss,
                100.0 * score.top1
            ));
            self.checkpoint(step, epoch)?;
            epoch += 1;
            if step >= self.steps {
                self.reporter
                    .event(&json!({"event": "end", "status": "done", "step": step, "top1": score.top1}));
                return Ok(Ended::Done(score));
            }
        }
    }

    /// One step; returns the data term of the loss.
    fn step(&self, sgd: &mut Sgd, batch: &crate::data::Batch, step: u64, epoch: u64) -> Result<f64> {
        let (recipe, program) = (&self.session.recipe, &self.session.program);
        let began = Instant::now();
        // No generator state can be saved: each step has its own seed, so that a run can be resumed exactly.
        tch::manual_seed(i64::from_le_bytes((recipe.seed ^ (step << 20)).to_le_bytes()));
        let images = batch.images.f_to_device(self.plan.device)?;
        let labels = batch.labels.f_to_device(self.plan.device)?;
        let logits = self.executor().logits(&images, Mode::Train)?;
        let loss = logits.f_cross_entropy_loss(&labels, None::<Tensor>, tch::Reduction::Mean, -100, 0.0)?;
        loss.f_backward()?;
        let rate = recipe.rate * recipe.schedule.factor(step, self.steps, self.an_epoch);
        let value = loss.f_double_value(&[])?;
        let penalty = if step.is_multiple_of(50) { Some(self.penalty()?) } else { None };
        sgd.step(program, self.store, rate)?;
        let speed = batch.indices.len() as f64 / began.elapsed().as_secs_f64();
        let event = json!({
            "event": "step", "step": step, "epoch": epoch, "loss": value, "penalty": penalty, "lr": rate,
            "images_per_second": speed
        });
        self.reporter.step(&event, &format!("loss {value:.4}  {speed:.1} images/s"));
        Ok(value)
    }

    /// Keras's L2 term of the loss; its gradient is in the optimiser.
    fn penalty(&self) -> Result<f64> {
        tch::no_grad(|| {
            let mut sum = 0.0;
            for (param, (_, tensor, _)) in self.session.program.params.iter().zip(self.store.iter()) {
                if param.role == Role::Kernel && self.session.recipe.l2 > 0.0 {
                    sum += tensor.f_square()?.f_sum(tch::Kind::Float)?.f_double_value(&[])?;
                }
            }
            Ok(self.session.recipe.l2 * sum)
        })
    }

    fn evaluate(&self, epoch: u64) -> Result<Score> {
        let wanted = self.session.recipe.statistics_batches as usize;
        let has_norm = self.session.program.params.iter().any(|p| p.role == Role::RunningMean);
        if wanted > 0 && has_norm {
            tch::no_grad(|| -> Result<()> {
                let batches = self.loader.train(&self.session.split.train, epoch)?;
                for (index, batch) in batches.take(wanted).enumerate() {
                    let mode = Mode::Estimate { weight: 1.0 / (index + 1) as f64 };
                    let _ = self.executor().logits(&batch?.images.f_to_device(self.plan.device)?, mode)?;
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
        evaluate(&self.executor(), batches, self.session.dataset.classes().len(), self.plan.device)
    }

    fn checkpoint(&self, step: u64, epoch: u64) -> Result<()> {
        let path = self.plan.folder.join("last.safetensors");
        self.store.save(&path)?;
        self.reporter.event(&json!({"event": "checkpoint", "step": step, "epoch": epoch, "path": path}));
        Ok(())
    }
}

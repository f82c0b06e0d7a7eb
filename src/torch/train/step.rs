//! One training step: forward, backward, update. The loop, the benchmark and the parity tests share it.

use crate::backend::{Executor, Mode, Optimiser};
use anyhow::Result;
use netc::recipe::Recipe;
use tch::{Reduction, Tensor};

/// A net and what trains it.
#[derive(Debug)]
pub struct Stepper<'a> {
    /// Runs the program.
    pub executor: Executor<'a>,
    /// Updates the parameters.
    pub optimiser: Optimiser,
    /// Share of each label that is spread over all classes.
    smoothing: f64,
}

/// What a step came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stepped {
    /// The mean loss before the update.
    Done(f64),
    /// The loss is no finite number: nothing was updated.
    BadLoss,
    /// The loss is, but its gradients are not: nothing was updated, and they stay.
    BadGradients,
}

impl<'a> Stepper<'a> {
    /// Of a recipe.
    pub fn new(executor: Executor<'a>, optimiser: Optimiser, recipe: &Recipe) -> Self {
        Self { executor, optimiser, smoothing: recipe.label_smoothing }
    }

    /// One step on batches of images `[N, C, H, W]` with labels `[N]` (int64), whose gradients are averaged.
    ///
    /// # Errors
    /// Any libtorch error, out of memory included.
    pub fn step(&mut self, batches: &[(Tensor, Tensor)], rate: f64) -> Result<Stepped> {
        let share = 1.0 / batches.len().max(1) as f64;
        let mut mean = 0.0;
        for (images, labels) in batches {
            let loss = self.loss(images, labels, Mode::Train)?;
            let value = loss.f_double_value(&[])?;
            if !value.is_finite() {
                return Ok(Stepped::BadLoss);
            }
            mean += value * share;
            let scaled = if batches.len() == 1 { loss } else { loss.f_mul_scalar(share)? };
            scaled.f_backward()?;
        }
        Ok(if self.optimiser.step(rate)? { Stepped::Done(mean) } else { Stepped::BadGradients })
    }

    fn loss(&self, images: &Tensor, labels: &Tensor, mode: Mode) -> Result<Tensor> {
        let logits = self.executor.logits(images, mode)?;
        Ok(logits.f_cross_entropy_loss(labels, None::<Tensor>, Reduction::Mean, -100, self.smoothing)?)
    }
}

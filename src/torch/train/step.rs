//! One training step: forward, backward, update. The loop, the benchmark and the parity tests share it.

use crate::backend::{Executor, Mode, Sgd};
use anyhow::Result;
use tch::{Reduction, Tensor};

/// A net and what trains it.
#[derive(Debug)]
pub struct Stepper<'a> {
    /// Runs the program.
    pub executor: Executor<'a>,
    /// Updates the parameters.
    pub sgd: Sgd,
}

impl Stepper<'_> {
    /// The mean cross-entropy of images `[N, C, H, W]` and labels `[N]` (int64) before the update. A loss that is
    /// no finite number updates nothing.
    ///
    /// # Errors
    /// Any libtorch error, out of memory included.
    pub fn step(&mut self, images: &Tensor, labels: &Tensor, rate: f64) -> Result<f64> {
        let logits = self.executor.logits(images, Mode::Train)?;
        let loss = logits.f_cross_entropy_loss(labels, None::<Tensor>, Reduction::Mean, -100, 0.0)?;
        drop(logits);
        let value = loss.f_double_value(&[])?;
        if value.is_finite() {
            loss.f_backward()?;
            self.sgd.step(rate)?;
        }
        Ok(value)
    }
}

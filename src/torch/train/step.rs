//! One training step: forward, backward, update. The loop, the benchmark and the parity tests share it.

use crate::backend::{Executor, Mode, Optimiser, Products};
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
    scaling: Scaling,
}

/// By what the loss is scaled, so that small gradients do not vanish in fp16: doubled after 2,000 good steps, halved
/// after one whose gradients overflow. The numbers are those of PyTorch's `GradScaler`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Scaling {
    /// Factor of the loss; 1 in any other precision.
    pub(super) scale: f64,
    /// Good steps since it changed.
    pub(super) good: u64,
}

impl Default for Scaling {
    fn default() -> Self {
        Self { scale: 1.0, good: 0 }
    }
}

impl Scaling {
    const FIRST: f64 = 65_536.0;
    const EVERY: u64 = 2000;

    /// Of a run's start.
    pub(super) fn new(products: Products) -> Self {
        Self { scale: if products == Products::Fp16 { Self::FIRST } else { 1.0 }, good: 0 }
    }

    /// After a step, good or not.
    fn after(self, good: bool) -> Self {
        match (good, self.good + 1) {
            (true, Self::EVERY) => Self { scale: self.scale * 2.0, good: 0 },
            (true, good) => Self { good, ..self },
            (false, _) => Self { scale: self.scale / 2.0, good: 0 },
        }
    }
}

/// What a step came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Stepped {
    /// The mean loss before the update.
    Done(f64),
    /// The gradients went beyond fp16 under this loss's scale: nothing was updated, and the scale is halved.
    Skipped(f64),
    /// The loss is no finite number: nothing was updated.
    BadLoss,
    /// The loss is, but its gradients are not: nothing was updated, and they stay.
    BadGradients,
}

impl<'a> Stepper<'a> {
    /// Of a recipe.
    pub fn new(executor: Executor<'a>, optimiser: Optimiser, recipe: &Recipe) -> Self {
        let scaling = Scaling::new(executor.products);
        Self { executor, optimiser, smoothing: recipe.label_smoothing, scaling }
    }

    /// By what the loss is scaled.
    pub const fn scale(&self) -> f64 {
        self.scaling.scale
    }

    pub(super) const fn scaling(&self) -> Scaling {
        self.scaling
    }

    pub(super) const fn restore(&mut self, scaling: Scaling) {
        self.scaling = scaling;
    }

    /// One step on batches of images `[N, C, H, W]` with labels `[N]` (int64), whose gradients are averaged.
    ///
    /// # Errors
    /// Any libtorch error, out of memory included.
    pub fn step(&mut self, batches: &[(Tensor, Tensor)], rate: f64) -> Result<Stepped> {
        let share = 1.0 / batches.len().max(1) as f64;
        let factor = share * self.scaling.scale;
        let mut mean = 0.0;
        for (images, labels) in batches {
            let loss = self.loss(images, labels, Mode::Train)?;
            let value = loss.f_double_value(&[])?;
            if !value.is_finite() {
                return Ok(Stepped::BadLoss);
            }
            mean += value * share;
            #[allow(clippy::float_cmp, reason = "exactly 1 where there is nothing to scale")]
            let scaled = if factor == 1.0 { loss } else { loss.f_mul_scalar(factor)? };
            scaled.f_backward()?;
        }
        if self.executor.products == Products::Fp16 {
            return self.unscaled(mean, rate);
        }
        Ok(if self.optimiser.step(rate)? { Stepped::Done(mean) } else { Stepped::BadGradients })
    }

    /// The update from the gradients of a scaled loss.
    fn unscaled(&mut self, mean: f64, rate: f64) -> Result<Stepped> {
        let good = self.optimiser.unscale(self.scaling.scale)?;
        self.scaling = self.scaling.after(good);
        if good {
            return Ok(if self.optimiser.step(rate)? { Stepped::Done(mean) } else { Stepped::BadGradients });
        }
        if self.scaling.scale < 1.0 {
            // No scale is to blame.
            return Ok(Stepped::BadGradients);
        }
        self.optimiser.discard();
        Ok(Stepped::Skipped(mean))
    }

    fn loss(&self, images: &Tensor, labels: &Tensor, mode: Mode) -> Result<Tensor> {
        let logits = self.executor.logits(images, mode)?;
        Ok(logits.f_cross_entropy_loss(labels, None::<Tensor>, Reduction::Mean, -100, self.smoothing)?)
    }
}

#[cfg(test)]
mod tests {
    use super::{Scaling, Stepped, Stepper};
    use crate::backend::{Executor, Optimiser, Products, Store};
    use crate::train::program;
    use anyhow::Result;
    use tch::{Device, Kind, Tensor};

    const SPEC: &str = "---\ndialect: pytorch\n---\n\n| Layer | Output | Filter |\n|---|---|---|\n\
        | INPUT | 6x6x2 | |\n| CONV | | 3x3; K=4 |\n| BN | | |\n| RELU | | |\n| FC | 3 | |\n";

    #[test]
    fn the_scale_doubles_after_2000_good_steps_and_halves_after_a_bad_one() {
        let first = Scaling::new(Products::Fp16);
        assert_eq!(first, Scaling { scale: 65_536.0, good: 0 });
        let long = (0..2000).fold(first, |scaling, _| scaling.after(true));
        assert_eq!(long, Scaling { scale: 131_072.0, good: 0 });
        assert_eq!(long.after(true).after(false), Scaling { scale: 65_536.0, good: 0 });
        assert_eq!(Scaling::new(Products::Bf16), Scaling::default());
    }

    /// Ten steps; the losses, and the steps that were skipped.
    fn trained(products: Products, scaling: Option<Scaling>) -> Result<(Vec<f64>, usize)> {
        let (program, recipe) = program("small", SPEC, None, &[])?;
        let store = Store::new(&program, Device::Cpu, 3)?;
        let optimiser = Optimiser::new(&recipe, &program, &store)?;
        let mut stepper =
            Stepper::new(Executor { program: &program, store: &store, products }, optimiser, &recipe);
        scaling.into_iter().for_each(|scaling| stepper.restore(scaling));
        tch::manual_seed(1);
        let batch = (
            Tensor::f_randn([8, 2, 6, 6], (Kind::Float, Device::Cpu))?,
            Tensor::f_from_slice(&[0i64, 1, 2, 0, 1, 2, 0, 1])?,
        );
        let (mut losses, mut skipped) = (Vec::new(), 0);
        for _ in 0..10 {
            match stepper.step(std::slice::from_ref(&batch), 0.05)? {
                Stepped::Done(loss) => losses.push(loss),
                Stepped::Skipped(_) => skipped += 1,
                bad => anyhow::bail!("{bad:?}"),
            }
        }
        Ok((losses, skipped))
    }

    /// On the processor, which a user is not given fp16 on: the arithmetic of the scale is the same.
    #[test]
    fn fp16_trains_as_fp32_does_and_skips_what_overflows() -> Result<()> {
        let (exact, none) = trained(Products::Fp32, None)?;
        let (scaled, skipped) = trained(Products::Fp16, None)?;
        assert_eq!((exact.len(), none, skipped), (10, 0, 10 - scaled.len()));
        assert!(exact[9] < 0.7 * exact[0], "{exact:?}");
        for (exact, scaled) in exact.iter().zip(&scaled) {
            assert!((exact - scaled).abs() < 0.02 * exact, "{exact} {scaled}");
        }
        // Far too large a scale: steps are skipped, each halves it, and then training goes on where it was.
        let beyond = Scaling { scale: 2f64.powi(24), good: 0 };
        let (late, skipped) = trained(Products::Fp16, Some(beyond))?;
        assert!((1..9).contains(&skipped), "{skipped}");
        assert!((late[0] - exact[0]).abs() < 0.01, "nothing was learned in skipped steps");
        assert!((late[1] - exact[1]).abs() < 0.02 * exact[1]);
        Ok(())
    }
}

//! SGD with momentum, the form of Keras and PyTorch alike where dampening is zero.

use super::store::Store;
use anyhow::Result;
use netc::program::{Program, Role};
use netc::recipe::Recipe;
use tch::Tensor;

/// Stochastic gradient descent.
#[derive(Debug)]
pub struct Sgd {
    momentum: f64,
    nesterov: bool,
    /// Added to a kernel's gradient, times the kernel: the weight decay, and twice Keras's L2.
    decay: f64,
    buffers: Vec<Option<Tensor>>,
}

impl Sgd {
    /// An optimiser without history. Keras's `l2 * sum(w^2)` has the gradient `2 * l2 * w`, so it joins
    /// the weight decay here and never enters the graph.
    pub fn new(recipe: &Recipe, program: &Program) -> Self {
        Self {
            momentum: recipe.momentum,
            nesterov: recipe.nesterov,
            decay: recipe.weight_decay + 2.0 * recipe.l2,
            buffers: program.params.iter().map(|_| None).collect(),
        }
    }

    /// One step at a rate; gradients are cleared.
    ///
    /// # Errors
    /// Any libtorch error.
    pub fn step(&mut self, program: &Program, store: &Store, rate: f64) -> Result<()> {
        tch::no_grad(|| {
            for (index, (param, (_, tensor, trained))) in program.params.iter().zip(store.iter()).enumerate()
            {
                if !trained {
                    continue;
                }
                let mut tensor = tensor.shallow_clone();
                let mut grad = tensor.f_grad()?;
                if !grad.defined() {
                    continue;
                }
                if self.decay != 0.0 && param.role == Role::Kernel {
                    let _ = grad.f_add_(&tensor.f_mul_scalar(self.decay)?)?;
                }
                if self.momentum == 0.0 {
                    let _ = tensor.f_sub_(&grad.f_mul_scalar(rate)?)?;
                } else {
                    let buffer = self.velocity(index, &grad)?;
                    let step = if self.nesterov {
                        grad.f_add(&buffer.f_mul_scalar(self.momentum)?)?
                    } else {
                        buffer
                    };
                    let _ = tensor.f_sub_(&step.f_mul_scalar(rate)?)?;
                }
                let _ = grad.f_zero_()?;
            }
            Ok(())
        })
    }

    /// The new velocity: momentum times the old, plus the gradient.
    fn velocity(&mut self, index: usize, grad: &Tensor) -> Result<Tensor> {
        let buffer = match &mut self.buffers[index] {
            Some(buffer) => {
                let _ = buffer.f_mul_scalar_(self.momentum)?;
                buffer.f_add_(grad)?
            }
            slot => slot.insert(grad.f_mul_scalar(1.0)?).shallow_clone(),
        };
        Ok(buffer)
    }
}

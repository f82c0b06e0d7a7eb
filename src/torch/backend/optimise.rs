//! SGD with momentum, the form of Keras and PyTorch alike where dampening is zero.

use super::shim::{SgdStep, fused_sgd};
use super::store::Store;
use anyhow::{Context, Result, ensure};
use netc::program::{Program, Role};
use netc::recipe::Recipe;
use tch::Tensor;

/// Stochastic gradient descent. A velocity starts at zero: `v = momentum v + g + decay w`, then `w -= rate v`, or
/// `w -= rate (g + decay w + momentum v)` in Nesterov's form.
#[derive(Debug)]
pub struct Sgd {
    momentum: f64,
    nesterov: bool,
    /// Kernels, which decay, and the rest, which does not.
    groups: [Group; 2],
}

#[derive(Debug)]
struct Group {
    decay: f64,
    names: Vec<String>,
    parameters: Vec<Tensor>,
    velocities: Vec<Tensor>,
}

impl Sgd {
    /// An optimiser without history. Keras's `l2 * sum(w^2)` has the gradient `2 * l2 * w`, so it joins
    /// the weight decay here and never enters the graph.
    ///
    /// # Errors
    /// Where the device has no room for the velocities.
    pub fn new(recipe: &Recipe, program: &Program, store: &Store) -> Result<Self> {
        let group = |kernels: bool| -> Result<Group> {
            let decay = if kernels { recipe.weight_decay + 2.0 * recipe.l2 } else { 0.0 };
            let mut group = Group { decay, names: vec![], parameters: vec![], velocities: vec![] };
            for (param, (name, tensor, trained)) in program.params.iter().zip(store.iter()) {
                if trained && (param.role == Role::Kernel) == kernels {
                    group.names.push(name.to_owned());
                    group.parameters.push(tensor.shallow_clone());
                    // Without momentum nothing is kept, and the pass never reads it.
                    let kept = if recipe.momentum == 0.0 {
                        tensor.f_detach()?
                    } else {
                        tch::no_grad(|| tensor.f_zeros_like())?
                    };
                    group.velocities.push(kept);
                }
            }
            Ok(group)
        };
        Ok(Self {
            momentum: recipe.momentum,
            nesterov: recipe.nesterov,
            groups: [group(true)?, group(false)?],
        })
    }

    /// One step at a rate; gradients are released.
    ///
    /// # Errors
    /// Any libtorch error.
    pub fn step(&mut self, rate: f64) -> Result<()> {
        for group in &self.groups {
            let parameters: Vec<&Tensor> = group.parameters.iter().collect();
            let velocities: Vec<&Tensor> = group.velocities.iter().collect();
            let step = SgdStep { decay: group.decay, momentum: self.momentum, rate, nesterov: self.nesterov };
            fused_sgd(&parameters, &velocities, step)?;
        }
        Ok(())
    }

    /// The velocities, by the names of their parameters; none without momentum.
    pub fn state(&self) -> Vec<(&str, &Tensor)> {
        let groups = self.groups.iter().filter(|_| self.momentum != 0.0);
        groups.flat_map(|g| g.names.iter().map(String::as_str).zip(&g.velocities)).collect()
    }

    /// Takes velocities that [`Sgd::state`] gave.
    ///
    /// # Errors
    /// Where one is missing or of another shape.
    pub fn restore(&mut self, state: &[(String, Tensor)]) -> Result<()> {
        for group in self.groups.iter_mut().filter(|_| self.momentum != 0.0) {
            for (name, velocity) in group.names.iter().zip(&mut group.velocities) {
                let (_, stored) = state
                    .iter()
                    .find(|(n, _)| n == name)
                    .with_context(|| format!("the checkpoint has no velocity of `{name}`"))?;
                ensure!(stored.size() == velocity.size(), "the velocity of `{name}` has another shape");
                velocity.f_copy_(stored)?;
            }
        }
        Ok(())
    }
}

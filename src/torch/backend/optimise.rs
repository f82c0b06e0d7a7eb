//! Gradients to steps: SGD, Adam, AdamW, RMSProp, LARS, a fused pass of libtorch where it has one.

use super::shim::{AdamStep, RmsPropStep, SgdStep, fused_adam, fused_sgd, lars, rmsprop};
use super::store::Store;
use anyhow::{Context, Result, ensure};
use netc::program::{Program, Role};
use netc::recipe::{Optimizer, Recipe};
use tch::{Kind, Tensor};

/// An optimiser and its state. Keras's `l2 * sum(w^2)` has the gradient `2 * l2 * w`, so it joins the weight decay
/// here and never enters the graph.
#[derive(Debug)]
pub struct Optimiser {
    kind: Optimizer,
    groups: Vec<Group>,
    clip_norm: Option<f64>,
    clip_value: Option<f64>,
    /// Steps done.
    steps: u64,
}

/// Parameters that share rate and decay.
#[derive(Debug)]
struct Group {
    /// Factor of the rate.
    rate: f64,
    /// Joins the gradient, times the parameter.
    coupled: f64,
    /// AdamW's, apart from the gradient.
    apart: f64,
    /// Keras's L2, for the penalty.
    l2: f64,
    /// LARS scales kernels alone.
    kernels: bool,
    names: Vec<String>,
    parameters: Vec<Tensor>,
    /// A tensor a parameter for each of the optimiser's slots.
    slots: Vec<Vec<Tensor>>,
}

/// What a slot is called in a checkpoint.
fn slot_names(kind: Optimizer) -> &'static [&'static str] {
    match kind {
        Optimizer::Adam { .. } | Optimizer::AdamW { .. } => &["mean", "square"],
        Optimizer::RmsProp { .. } => &["square", "velocity"],
        Optimizer::Sgd { .. } | Optimizer::Lars { .. } => &["velocity"],
    }
}

impl Optimiser {
    /// An optimiser without history: its state starts at zero.
    ///
    /// # Errors
    /// Where the device has no room for the state.
    pub fn new(recipe: &Recipe, program: &Program, store: &Store) -> Result<Self> {
        let kind = recipe.optimizer;
        let mut groups: Vec<Group> = Vec::new();
        for (param, (name, tensor, trained)) in program.params.iter().zip(store.iter()) {
            if !trained {
                continue;
            }
            let factors = recipe.factors(program, param);
            let l2 = recipe.l2 * factors.decay;
            let decay = recipe.weight_decay * factors.decay;
            let is_apart = matches!(kind, Optimizer::AdamW { .. });
            let (coupled, apart) = if is_apart { (2.0 * l2, decay) } else { (decay + 2.0 * l2, 0.0) };
            let kernels = param.role == Role::Kernel;
            let same = |g: &Group| {
                (g.rate, g.coupled, g.apart, g.l2, g.kernels) == (factors.rate, coupled, apart, l2, kernels)
            };
            let index = groups.iter().position(same).unwrap_or_else(|| {
                let slots = (0..kind.slots()).map(|_| Vec::new()).collect();
                let (names, parameters) = (Vec::new(), Vec::new());
                groups.push(Group {
                    rate: factors.rate,
                    coupled,
                    apart,
                    l2,
                    kernels,
                    names,
                    parameters,
                    slots,
                });
                groups.len() - 1
            });
            let group = &mut groups[index];
            group.names.push(name.to_owned());
            group.parameters.push(tensor.shallow_clone());
            for slot in &mut group.slots {
                slot.push(tch::no_grad(|| tensor.f_zeros_like())?);
            }
        }
        let (clip_norm, clip_value) = (recipe.clip_norm, recipe.clip_value);
        Ok(Self { kind, groups, clip_norm, clip_value, steps: 0 })
    }

    /// One step at a rate; gradients are released. False where the gradients are no numbers: then nothing is
    /// changed and they stay.
    ///
    /// # Errors
    /// Any libtorch error.
    pub fn step(&mut self, rate: f64) -> Result<bool> {
        if !self.is_finite()? {
            return Ok(false);
        }
        self.clip()?;
        self.steps += 1;
        for group in &self.groups {
            group.step(self.kind, rate * group.rate, self.steps)?;
        }
        Ok(true)
    }

    /// Looks at the gradients of biases, scales and shifts, which are sums over what flows back through their rows: cheap,
    /// and nothing bad passes them.
    fn is_finite(&self) -> Result<bool> {
        let mut sums = Vec::new();
        for parameter in self.groups.iter().flat_map(|g| &g.parameters).filter(|p| p.dim() == 1) {
            let gradient = parameter.f_grad()?;
            if gradient.defined() {
                sums.push(gradient.f_sum(Kind::Float)?);
            }
        }
        if sums.is_empty() {
            return Ok(true);
        }
        Ok(Tensor::f_stack(&sums, 0)?.f_isfinite()?.f_all()?.f_int64_value(&[])? != 0)
    }

    /// Divides the gradients by the factor of their loss. False where one of them is no number: then all stay.
    ///
    /// # Errors
    /// Any libtorch error.
    pub fn unscale(&self, factor: f64) -> Result<bool> {
        let parameters = self.groups.iter().flat_map(|g| &g.parameters);
        let gradients: Vec<Tensor> = parameters.map(Tensor::f_grad).collect::<Result<_, _>>()?;
        let mut gradients: Vec<Tensor> = gradients.into_iter().filter(Tensor::defined).collect();
        tch::no_grad(|| {
            let sums = gradients.iter().map(|g| g.f_sum(Kind::Float)).collect::<Result<Vec<Tensor>, _>>()?;
            if !sums.is_empty() && Tensor::f_stack(&sums, 0)?.f_isfinite()?.f_all()?.f_int64_value(&[])? == 0
            {
                return Ok(false);
            }
            for gradient in &mut gradients {
                let _ = gradient.f_mul_scalar_(1.0 / factor)?;
            }
            Ok(true)
        })
    }

    /// Forgets the gradients.
    pub fn discard(&mut self) {
        self.groups.iter_mut().flat_map(|g| &mut g.parameters).for_each(Tensor::zero_grad);
    }

    /// The names of parameters whose gradients are no numbers, the nearest to the loss first.
    ///
    /// # Errors
    /// Any libtorch error.
    pub fn bad_gradients(&self, store: &Store) -> Result<Vec<String>> {
        let mut bad = Vec::new();
        for (name, tensor, _) in store.iter() {
            let gradient = tensor.f_grad()?;
            if gradient.defined() && gradient.f_isfinite()?.f_all()?.f_int64_value(&[])? == 0 {
                bad.push(name.to_owned());
            }
        }
        bad.reverse();
        Ok(bad)
    }

    /// First by size, then by the norm of all gradients together, as `clip_grad_norm_` of PyTorch: scaled by
    /// `largest / (norm + 1e-6)` where the norm is larger.
    fn clip(&self) -> Result<()> {
        if self.clip_norm.is_none() && self.clip_value.is_none() {
            return Ok(());
        }
        let parameters = self.groups.iter().flat_map(|g| &g.parameters);
        let gradients: Vec<Tensor> = parameters.map(Tensor::f_grad).collect::<Result<_, _>>()?;
        let mut gradients: Vec<Tensor> = gradients.into_iter().filter(Tensor::defined).collect();
        tch::no_grad(|| {
            if let Some(largest) = self.clip_value {
                for gradient in &mut gradients {
                    let _ = gradient.f_clamp_(-largest, largest)?;
                }
            }
            if let Some(largest) = self.clip_norm.filter(|_| !gradients.is_empty()) {
                let norms = gradients.iter().map(Tensor::f_norm).collect::<Result<Vec<Tensor>, _>>()?;
                let norm = Tensor::f_stack(&norms, 0)?.f_norm()?.f_double_value(&[])?;
                let share = largest / (norm + 1e-6);
                for gradient in gradients.iter_mut().filter(|_| share < 1.0) {
                    let _ = gradient.f_mul_scalar_(share)?;
                }
            }
            Ok(())
        })
    }

    /// Keras's L2 term of the loss, whose gradient is in the steps.
    ///
    /// # Errors
    /// Any libtorch error.
    pub fn penalty(&self) -> Result<f64> {
        tch::no_grad(|| {
            let mut sum = 0.0;
            for group in self.groups.iter().filter(|g| g.l2 > 0.0) {
                for parameter in &group.parameters {
                    let flat = parameter.f_flatten(0, -1)?;
                    sum += group.l2 * flat.f_dot(&flat)?.f_double_value(&[])?;
                }
            }
            Ok(sum)
        })
    }

    /// The state, `@velocity.conv1.kernel` and the like; empty without momentum.
    pub fn state(&self) -> Vec<(String, &Tensor)> {
        let slots = slot_names(self.kind);
        let groups = self.groups.iter().flat_map(|g| g.slots.iter().zip(slots).map(move |(s, n)| (g, s, n)));
        groups
            .flat_map(|(group, slot, name)| {
                group
                    .names
                    .iter()
                    .zip(slot)
                    .map(move |(parameter, tensor)| (format!("@{name}.{parameter}"), tensor))
            })
            .collect()
    }

    /// Takes the state that [`Optimiser::state`] gave, after so many steps.
    ///
    /// # Errors
    /// Where a part is missing or of another shape.
    pub fn restore(&mut self, state: &[(String, Tensor)], steps: u64) -> Result<()> {
        self.steps = steps;
        let slots = slot_names(self.kind);
        for group in &mut self.groups {
            for (slot, kind) in group.slots.iter_mut().zip(slots) {
                for (parameter, tensor) in group.names.iter().zip(slot) {
                    let name = format!("@{kind}.{parameter}");
                    let found = state.iter().find(|(n, _)| *n == name);
                    let (_, stored) = found.with_context(|| format!("the checkpoint has no `{name}`"))?;
                    ensure!(stored.size() == tensor.size(), "`{name}` of the checkpoint has another shape");
                    tensor.f_copy_(stored)?;
                }
            }
        }
        Ok(())
    }
}

impl Group {
    fn step(&self, kind: Optimizer, rate: f64, step: u64) -> Result<()> {
        let slot = |index: usize| self.slots.get(index).map_or(&[][..], Vec::as_slice);
        let (parameters, coupled) = (self.parameters.as_slice(), self.coupled);
        let sgd = |momentum: f64, nesterov: bool, decay: f64| {
            fused_sgd(parameters, slot(0), SgdStep { decay, momentum, rate, nesterov })
        };
        match kind {
            Optimizer::Sgd { momentum, nesterov } => sgd(momentum, nesterov, coupled),
            Optimizer::Lars { momentum, trust } if self.kernels => {
                lars(parameters, trust, coupled)?;
                sgd(momentum, false, 0.0)
            }
            Optimizer::Lars { momentum, .. } => sgd(momentum, false, coupled),
            Optimizer::Adam { beta1, beta2, eps } => {
                let decay = coupled;
                let step =
                    AdamStep { step, rate, betas: [beta1, beta2], eps, decay, coupled: 0.0, apart: false };
                fused_adam(parameters, slot(0), slot(1), step)
            }
            Optimizer::AdamW { beta1, beta2, eps } => {
                let decay = self.apart;
                let step = AdamStep { step, rate, betas: [beta1, beta2], eps, decay, coupled, apart: true };
                fused_adam(parameters, slot(0), slot(1), step)
            }
            Optimizer::RmsProp { alpha, eps, momentum } => {
                let step = RmsPropStep { rate, alpha, eps, decay: coupled, momentum };
                rmsprop(parameters, slot(0), slot(1), step)
            }
        }
    }
}

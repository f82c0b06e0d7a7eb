//! The reference executor: a program on tch with autograd. It stays as the oracle of any faster one.

use super::device::Products;
use super::store::Store;
use super::{moves, norms, pools};
use anyhow::Result;
use netc::program::{FlattenOrder, Function, Op, ParamId, Prim, Program, ValueId};
use tch::{Kind, Tensor};

/// What a pass is for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Mode {
    /// Dropout drops; batch norm uses and remembers the batch's statistics.
    Train,
    /// Batch norm uses the batch's statistics and gives them this weight in the running ones; nothing is dropped.
    Estimate {
        /// Weight of the new statistics.
        weight: f64,
    },
    /// Running statistics, nothing dropped.
    Evaluate,
}

/// Runs a program over a store.
#[derive(Debug)]
pub struct Executor<'a> {
    /// What is run.
    pub program: &'a Program,
    /// Its tensors.
    pub store: &'a Store,
    /// How convolutions and FC layers are computed.
    pub products: Products,
}

impl Executor<'_> {
    /// The value of `wanted` for images `[N, C, H, W]`.
    ///
    /// # Errors
    /// Any libtorch error, out of memory included.
    pub fn run(&self, images: &Tensor, wanted: ValueId, mode: Mode) -> Result<Tensor> {
        self.watch(images, wanted, mode, &mut |_, _| Ok(()))
    }

    /// As [`Executor::run`]; each value is shown as soon as it is there, with the index of its operation.
    ///
    /// # Errors
    /// As [`Executor::run`], and those of `see`, which end the pass.
    pub fn watch(
        &self,
        images: &Tensor,
        wanted: ValueId,
        mode: Mode,
        see: &mut dyn FnMut(usize, &Tensor) -> Result<()>,
    ) -> Result<Tensor> {
        let last_use = self.last_uses(wanted);
        let alone = self.overwritable(wanted);
        let mut values: Vec<Option<Tensor>> = Vec::with_capacity(self.program.ops.len());
        for (index, op) in self.program.ops.iter().enumerate().take(wanted.0 as usize + 1) {
            let value = match &op.prim {
                Prim::Input => images.shallow_clone(),
                // In place: no second tensor of the size, and the backward pass needs the result alone.
                Prim::Activation { x, function: Function::Relu } if alone[x.0 as usize] => {
                    let x = values[x.0 as usize].as_ref().map(Tensor::shallow_clone);
                    x.ok_or_else(freed)?.f_relu_()?
                }
                _ => self.prim(op, &|v: ValueId| values[v.0 as usize].as_ref(), mode)?,
            };
            see(index, &value)?;
            values.push(Some(value));
            for operand in op.prim.operands() {
                if last_use[operand.0 as usize] == index {
                    values[operand.0 as usize] = None;
                }
            }
        }
        values.pop().flatten().ok_or_else(|| anyhow::anyhow!("the program has no operations"))
    }

    /// The logits, `[N, classes]`.
    ///
    /// # Errors
    /// As [`Executor::run`].
    pub fn logits(&self, images: &Tensor, mode: Mode) -> Result<Tensor> {
        let logits = self.run(images, self.program.logits, mode)?;
        Ok(logits.f_flatten(1, -1)?.f_to_kind(Kind::Float)?)
    }

    fn last_uses(&self, wanted: ValueId) -> Vec<usize> {
        let mut last = vec![usize::MAX; self.program.ops.len()];
        for (index, op) in self.program.ops.iter().enumerate().take(wanted.0 as usize + 1) {
            for operand in op.prim.operands() {
                last[operand.0 as usize] = index;
            }
        }
        last
    }

    /// Values that their one reader may overwrite: results that no backward pass keeps.
    fn overwritable(&self, wanted: ValueId) -> Vec<bool> {
        let mut uses = vec![0u32; self.program.ops.len()];
        uses[wanted.0 as usize] += 1;
        for op in self.program.ops.iter().take(wanted.0 as usize + 1) {
            for operand in op.prim.operands() {
                uses[operand.0 as usize] += 1;
            }
        }
        let fresh = |prim: &Prim| {
            matches!(
                prim,
                Prim::Conv2d { .. } | Prim::Linear { .. } | Prim::BatchNorm { .. } | Prim::Add { .. }
            )
        };
        self.program.ops.iter().zip(uses).map(|(op, uses)| uses == 1 && fresh(&op.prim)).collect()
    }

    /// A weight in the precision of the products.
    fn weight(&self, id: ParamId) -> Result<Tensor> {
        self.cast(self.store.get(id))
    }

    fn cast(&self, x: &Tensor) -> Result<Tensor> {
        Ok(match self.products.cast() {
            Some(kind) => x.f_to_kind(kind)?,
            None => x.shallow_clone(),
        })
    }

    fn prim<'v>(&self, op: &Op, at: &dyn Fn(ValueId) -> Option<&'v Tensor>, mode: Mode) -> Result<Tensor> {
        let value = |id: &ValueId| at(*id).ok_or_else(freed);
        let all = |ids: &[ValueId]| ids.iter().map(value).collect::<Result<Vec<&Tensor>>>();
        match &op.prim {
            Prim::Input => anyhow::bail!("the input is not computed"),
            Prim::Conv2d { x, .. } | Prim::ConvTranspose2d { x, .. } | Prim::Linear { x, .. } => {
                self.product(&op.prim, value(x)?)
            }
            Prim::BatchNorm { x, .. } => self.batch_norm(&op.prim, value(x)?, mode),
            Prim::GroupNorm { x, .. }
            | Prim::LayerNorm { x, .. }
            | Prim::Scale { x, .. }
            | Prim::PRelu { x, .. } => self.learned(&op.prim, value(x)?),
            Prim::MaxPool2d { x, kernel, stride, padding, dilation } => {
                pools::max(value(x)?, *kernel, *stride, *padding, *dilation)
            }
            Prim::AvgPool2d { x, kernel, stride, padding, counted } => {
                pools::average(value(x)?, *kernel, *stride, *padding, *counted)
            }
            Prim::AdaptiveAvgPool2d { x, size } => Ok(value(x)?.f_adaptive_avg_pool2d(pools::wide(*size))?),
            Prim::AdaptiveMaxPool2d { x, size } => Ok(value(x)?.f_adaptive_max_pool2d(pools::wide(*size))?.0),
            Prim::Lrn { x, .. } => lrn(&op.prim, value(x)?),
            Prim::Activation { x, function } => activation(value(x)?, *function),
            Prim::Dropout { x, p } => Ok(value(x)?.f_dropout(*p, mode == Mode::Train)?),
            Prim::Add { xs } => fold(&all(xs)?, |a, b| Ok(a.f_add(b)?)),
            Prim::Mul { xs } => fold(&all(xs)?, |a, b| Ok(a.f_mul(b)?)),
            Prim::Concat { xs } => Ok(Tensor::f_cat(&all(xs)?, 1)?),
            Prim::Pad { x, padding, channels, mode } => moves::pad(value(x)?, *padding, *channels, *mode),
            Prim::Slice { x, start } => moves::slice(value(x)?, *start, op.shape),
            Prim::Resize { x, resample } => moves::resize(value(x)?, *resample, op.shape),
            Prim::Shuffle { x, groups } => moves::shuffle(value(x)?, *groups),
            Prim::Flatten { x, order } => {
                let x = value(x)?;
                let x =
                    if *order == FlattenOrder::Hwc { x.f_permute([0, 2, 3, 1])? } else { x.shallow_clone() };
                Ok(x.f_flatten(1, -1)?)
            }
            Prim::Unflatten { x } => Ok(value(x)?.f_unsqueeze(-1)?.f_unsqueeze(-1)?),
            Prim::Softmax { x } => Ok(value(x)?.f_softmax(1, Kind::Float)?),
        }
    }

    /// Convolutions and FC layers, in the precision of the products; the result is fp32.
    fn product(&self, prim: &Prim, x: &Tensor) -> Result<Tensor> {
        let x = self.cast(x)?;
        let bias_of = |bias: &Option<ParamId>| bias.map(|b| self.weight(b)).transpose();
        let out = match prim {
            Prim::Linear { kernel, bias, .. } => {
                x.f_linear(&self.weight(*kernel)?, bias_of(bias)?.as_ref())?
            }
            Prim::Conv2d { kernel, bias, stride, padding, dilation, groups, .. } => {
                let (kernel, bias) = (self.weight(*kernel)?, bias_of(bias)?);
                let (s, d) = (pools::wide(*stride), pools::wide(*dilation));
                let (x, own) = match pools::even(*padding) {
                    Some(own) => (x, own),
                    None => (pools::pad(&x, *padding, 0.0)?, [0, 0]),
                };
                x.f_conv2d(&kernel, bias.as_ref(), s, own, d, i64::from(*groups))?
            }
            Prim::ConvTranspose2d { kernel, bias, stride, crop, dilation, groups, .. } => {
                let (kernel, bias) = (self.weight(*kernel)?, bias_of(bias)?);
                let (stride, crop, dilation, groups) = (*stride, *crop, *dilation, *groups);
                let window = moves::Transposed { stride, crop, dilation, groups };
                moves::transposed(&x, &kernel, bias.as_ref(), &window)?
            }
            _ => anyhow::bail!("not a product"),
        };
        Ok(out.f_to_kind(Kind::Float)?)
    }

    /// What has parameters but is no product, in fp32.
    fn learned(&self, prim: &Prim, x: &Tensor) -> Result<Tensor> {
        let stored = |id: &Option<ParamId>| id.map(|id| self.store.get(id));
        match prim {
            Prim::GroupNorm { groups, scale, shift, eps, .. } => {
                norms::group(x, i64::from(*groups), stored(scale), stored(shift), *eps)
            }
            Prim::LayerNorm { over, scale, shift, eps, .. } => {
                norms::layer(x, *over, stored(scale), stored(shift), *eps)
            }
            Prim::Scale { scale, shift, .. } => norms::scale(x, self.store.get(*scale), stored(shift)),
            Prim::PRelu { slope, .. } => norms::prelu(x, self.store.get(*slope)),
            _ => anyhow::bail!("not a learned factor"),
        }
    }

    fn batch_norm(&self, prim: &Prim, x: &Tensor, mode: Mode) -> Result<Tensor> {
        let Prim::BatchNorm { scale, shift, mean, var, eps, momentum, unbiased, .. } = prim else {
            anyhow::bail!("not a batch norm");
        };
        let (scale, shift) = (scale.map(|s| self.store.get(s)), shift.map(|s| self.store.get(s)));
        let mean_id = *mean;
        let (mean, var) = (self.store.get(mean_id), self.store.get(*var));
        let mode = if self.store.is_frozen(mean_id) { Mode::Evaluate } else { mode };
        let weight = match mode {
            Mode::Train => *momentum,
            Mode::Estimate { weight } => weight,
            Mode::Evaluate => {
                return Ok(x.f_batch_norm(scale, shift, Some(mean), Some(var), false, 0.0, *eps, false)?);
            }
        };
        let size = x.size();
        let count = x.numel() as f64 / size[1].max(1) as f64;
        anyhow::ensure!(
            count > 1.0,
            "batch norm needs more than one value a channel to train; use a larger batch"
        );
        // The backward pass keeps the statistics it was given: they are copies, so that ours may change.
        let (new_mean, new_var) =
            tch::no_grad(|| anyhow::Ok((mean.f_mul_scalar(1.0)?, var.f_mul_scalar(1.0)?)))?;
        let out = x.f_batch_norm(scale, shift, Some(&new_mean), Some(&new_var), true, weight, *eps, false)?;
        tch::no_grad(|| -> Result<()> {
            let kept = var.f_mul_scalar(1.0 - weight)?;
            // libtorch adds the unbiased variance; the biased one is (n - 1) / n of it.
            let share = if *unbiased { 1.0 } else { (count - 1.0) / count };
            let added = new_var.f_sub(&kept)?.f_mul_scalar(share)?;
            var.shallow_clone().f_copy_(&kept.f_add(&added)?)?;
            mean.shallow_clone().f_copy_(&new_mean)?;
            Ok(())
        })?;
        Ok(out)
    }
}

/// The values joined from left to right.
fn fold(xs: &[&Tensor], join: impl Fn(&Tensor, &Tensor) -> Result<Tensor>) -> Result<Tensor> {
    let (first, rest) = xs.split_first().ok_or_else(|| anyhow::anyhow!("nothing to join"))?;
    rest.iter().try_fold(first.shallow_clone(), |joined, x| join(&joined, x))
}

fn freed() -> anyhow::Error {
    anyhow::anyhow!("an operand was freed before its last use")
}

/// `x / (k + alpha * mean of squares)^beta`: libtorch has no operator for it, so it is composed.
fn lrn(prim: &Prim, x: &Tensor) -> Result<Tensor> {
    let Prim::Lrn { size, below, alpha, beta, k, .. } = prim else { anyhow::bail!("not an LRN") };
    let (n, below) = (i64::from(*size), i64::from(*below));
    let above = n - 1 - below;
    let squares = x.f_square()?.f_unsqueeze(1)?;
    let padded = squares.f_constant_pad_nd([0, 0, 0, 0, below, above])?;
    let mean =
        padded.f_avg_pool3d([n, 1, 1], [1, 1, 1], [0, 0, 0], false, true, None::<i64>)?.f_squeeze_dim(1)?;
    Ok(x.f_div(&mean.f_mul_scalar(*alpha)?.f_add_scalar(*k)?.f_pow_tensor_scalar(*beta)?)?)
}

fn activation(x: &Tensor, function: Function) -> Result<Tensor> {
    Ok(match function {
        Function::Relu => x.f_relu()?,
        Function::LeakyRelu { slope } => x.f_maximum(&x.f_mul_scalar(slope)?)?,
        Function::Elu { alpha } => {
            let below = x.f_clamp_max(0.0)?.f_expm1()?.f_mul_scalar(alpha)?;
            x.f_relu()?.f_add(&below)?
        }
        Function::Gelu { tanh } => x.f_gelu(if tanh { "tanh" } else { "none" })?,
        Function::Silu => x.f_silu()?,
        Function::HardSwish => x.f_hardswish()?,
        Function::Tanh => x.f_tanh()?,
        Function::Sigmoid => x.f_sigmoid()?,
        Function::Relu6 => x.f_relu6()?,
        Function::Times { factor } => x.f_mul_scalar(factor)?,
    })
}

//! A moving average of all that a net stores: weights and running statistics.

use crate::backend::Store;
use anyhow::{Context, Result, ensure};
use tch::Tensor;

/// Prefix of averages in a checkpoint: `@ema.conv1.kernel`.
const PREFIX: &str = "@ema.";

/// After each step `average = decay average + (1 - decay) value`; it starts at the first values.
#[derive(Debug)]
pub(super) struct Average {
    decay: f64,
    tensors: Vec<Tensor>,
}

impl Average {
    /// Of a store, from its present values.
    ///
    /// # Errors
    /// Where the device has no room for it.
    pub(super) fn new(decay: f64, store: &Store) -> Result<Self> {
        let copies = store.iter().map(|(_, t, _)| copied(&t.f_detach()?));
        Ok(Self { decay, tensors: copies.collect::<Result<_>>()? })
    }

    /// Takes the values after a step.
    ///
    /// # Errors
    /// Any libtorch error.
    pub(super) fn update(&mut self, store: &Store) -> Result<()> {
        tch::no_grad(|| {
            for (average, (_, tensor, _)) in self.tensors.iter_mut().zip(store.iter()) {
                let _ = average.f_lerp_(&tensor.f_detach()?, 1.0 - self.decay)?;
            }
            Ok(())
        })
    }

    /// Puts the averages into the store and the store's values here; a second call undoes it.
    ///
    /// # Errors
    /// Any libtorch error.
    pub(super) fn swap(&mut self, store: &Store) -> Result<()> {
        tch::no_grad(|| {
            for (average, (_, tensor, _)) in self.tensors.iter_mut().zip(store.iter()) {
                let mut tensor = tensor.f_detach()?;
                let kept = copied(&tensor)?;
                tensor.f_copy_(average)?;
                average.f_copy_(&kept)?;
            }
            Ok(())
        })
    }

    /// The averages as a checkpoint names them.
    pub(super) fn state(&self, store: &Store) -> Vec<(String, Tensor)> {
        let named = store.iter().zip(&self.tensors);
        named.map(|((name, ..), tensor)| (format!("{PREFIX}{name}"), tensor.shallow_clone())).collect()
    }

    /// Takes what [`Average::state`] gave.
    ///
    /// # Errors
    /// Where one is missing or of another shape.
    pub(super) fn restore(&mut self, all: &[(String, Tensor)], store: &Store) -> Result<()> {
        for (average, (name, ..)) in self.tensors.iter_mut().zip(store.iter()) {
            let stored =
                find(all, name).with_context(|| format!("the checkpoint has no `{PREFIX}{name}`"))?;
            ensure!(stored.size() == average.size(), "`{PREFIX}{name}` of the checkpoint has another shape");
            average.f_copy_(stored)?;
        }
        Ok(())
    }
}

fn copied(tensor: &Tensor) -> Result<Tensor> {
    let mut copy = tensor.f_zeros_like()?;
    copy.f_copy_(tensor)?;
    Ok(copy)
}

fn find<'a>(all: &'a [(String, Tensor)], name: &str) -> Option<&'a Tensor> {
    let of = |n: &str| n.strip_prefix(PREFIX) == Some(name);
    all.iter().find(|(n, _)| of(n)).map(|(_, t)| t)
}

/// Puts a checkpoint's averages in the place of its weights, if it has any: what evaluations measured.
///
/// # Errors
/// Where one is of another shape.
pub(super) fn apply(all: &[(String, Tensor)], store: &Store) -> Result<()> {
    for (name, tensor, _) in store.iter() {
        if let Some(average) = find(all, name) {
            ensure!(average.size() == tensor.size(), "`{PREFIX}{name}` of the checkpoint has another shape");
            tch::no_grad(|| tensor.f_detach()?.f_copy_(average))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Device;

    #[test]
    fn the_average_is_the_formula_and_swaps_both_ways() -> Result<()> {
        let text = "---\ndialect: keras\n---\n\n| Layer | Output |\n|---|---|\n| INPUT | 3 |\n| FC | 2 |\n";
        let (program, _) = super::super::program("x.spec", text, None, &[])?;
        let store = Store::new(&program, Device::Cpu, 0)?;
        let value = || -> Result<f64> {
            let (_, tensor, _) = store.iter().next().context("a kernel")?;
            Ok(tensor.f_double_value(&[0, 0])?)
        };
        let first = value()?;
        let mut average = Average::new(0.75, &store)?;
        let (_, kernel, _) = store.iter().next().context("a kernel")?;
        let _ = tch::no_grad(|| kernel.shallow_clone().f_fill_(2.0))?;
        average.update(&store)?;
        average.update(&store)?;
        average.swap(&store)?;
        let wanted = first * 0.5625 + 2.0 * 0.4375;
        assert!((value()? - wanted).abs() < 1e-6, "{} {wanted}", value()?);
        average.swap(&store)?;
        assert_eq!(value()?, 2.0);
        Ok(())
    }
}

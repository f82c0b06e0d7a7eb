//! A trained net for other programs: its weights under another framework's names, or as TorchScript.

mod card;

pub use card::{Card, card};

use crate::backend::{Executor, Mode, Products, Store, replace};
use anyhow::Result;
use netc::export::{Layout, Source, Value};
use netc::program::Program;
use netc::shape::Shape;
use std::path::Path;
use tch::{CModule, Device, Kind, Tensor};

/// The tensors that a source loads, by its names and in its layout.
///
/// # Errors
/// Any libtorch error.
pub fn weights(source: &Source, store: &Store) -> Result<Vec<(String, Tensor)>> {
    let value = |value: &Value| -> Result<Tensor> {
        let (tensor, layout) = match value {
            Value::Stored(id, layout) => (store.get(*id).f_detach()?.f_to_device(Device::Cpu)?, *layout),
            Value::Same { number, like } => {
                let full = store.get(*like).f_full_like(f64::from(*number))?;
                (full.f_detach()?.f_to_device(Device::Cpu)?, Layout::Same)
            }
        };
        let laid = match layout {
            Layout::Same => tensor,
            Layout::Hwio => tensor.f_permute([2, 3, 1, 0])?,
            Layout::ChannelsLast if tensor.dim() == 3 => tensor.f_permute([1, 2, 0])?,
            Layout::ChannelsLast => tensor,
            Layout::Alone => tensor.f_reshape([1, 1, -1])?,
            Layout::Transposed => tensor.f_transpose(0, 1)?,
        };
        Ok(laid.f_contiguous()?)
    };
    source.weights.iter().map(|w| Ok((w.name.clone(), value(&w.value)?))).collect()
}

/// Writes tensors as safetensors: to a temporary file, synced, then renamed.
///
/// # Errors
/// Where the file cannot be written.
pub fn write_tensors(path: &Path, tensors: &[(String, Tensor)]) -> Result<()> {
    replace(path, |partial| Ok(Tensor::write_safetensors(tensors, partial)?))
}

/// Writes a net that was traced in evaluation, for any batch size: `torch.jit.load(path)(images)` gives what `netc
/// predict` computes. The store's gradients are turned off.
///
/// # Errors
/// Any libtorch error, and where the file cannot be written.
pub fn write_torchscript(path: &Path, program: &Program, store: &Store) -> Result<()> {
    for (_, tensor, _) in store.iter() {
        // A tensor that wants a gradient cannot be a constant of a trace.
        let _ = tensor.shallow_clone().f_set_requires_grad(false)?;
    }
    let executor = Executor { program, store, products: Products::Fp32 };
    let size: Vec<i64> = match program.input_shape() {
        Shape::Map { h, w, c } => vec![1, c as i64, h as i64, w as i64],
        Shape::Flat(c) => vec![1, c as i64],
    };
    let images = Tensor::f_zeros(size, (Kind::Float, Device::Cpu))?;
    let mut failed = None;
    let module =
        tch::no_grad(|| {
            CModule::create_by_tracing("Net", "forward", &[images], &mut |images: &[Tensor]| match executor
                .run(&images[0], program.output, Mode::Evaluate)
            {
                Ok(output) => vec![output],
                Err(error) => {
                    failed = Some(error);
                    Vec::new()
                }
            })
        });
    if let Some(error) = failed {
        return Err(error);
    }
    let module = module?;
    replace(path, |partial| Ok(module.save(partial)?))
}

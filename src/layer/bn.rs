//! BN: batch normalisation per channel.

use super::spec::{eps, param, scale, shift};
use super::{
    Args, Arity, Bound, Conventions, Cost, Dialect, Kind, Layer, Positional, Problem, Type,
};
use crate::program::{Builder, Init, Prim, Role, ValueId};
use crate::shape::Shape;
use std::sync::Arc;

pub(super) static KIND: Kind = Kind {
    name: "BN",
    aliases: &["BATCHNORM", "BATCH NORM", "BATCH NORMALIZATION", "BATCH NORMALISATION", "BATCHNORMALIZATION"],
    implied: &[],
    key: "bn",
    summary: "Normalises each channel by the batch's mean and variance in training and by running ones in \
              evaluation, then scales and shifts. Keras: eps 1e-3, running statistics keep .99 of the old, biased \
              variance; PyTorch: eps 1e-5, .9 of the old, unbiased.",
    arity: Arity::One,
    params: &[
        eps(),
        param(
            "momentum",
            Type::Real { min: 0.0, max: 1.0, max_included: true },
            "by dialect",
            "Keras, Caffe, Darknet, ONNX: weight of the old statistic; PyTorch: of the new.",
        ),
        scale(),
        shift(),
    ],
    positional: Positional { size: None, slash: None, int: None, words: &[] },
    window: None,
    keeps_shape: true,
    weighted: false,
    bind,
};

#[derive(Debug)]
struct BatchNorm {
    eps: f64,
    momentum: f64,
    unbiased: bool,
    scale: bool,
    shift: bool,
}

/// Defaults by source: Keras `BatchNormalization`; PyTorch `_BatchNorm`; Caffe `batch_norm_layer.cpp` (corrects
/// the running variance by `m / (m - 1)`); Darknet `blas.c` and `batchnorm_layer.c` (divides by `m - 1`); ONNX
/// `BatchNormalization` (momentum weighs the old statistic, population variance).
fn bind(args: &Args, conventions: &Conventions) -> Bound {
    let torch = matches!(conventions.dialect, Dialect::Pytorch | Dialect::CudaConvnet);
    let (eps, old) = match conventions.dialect {
        Dialect::Keras => (1e-3, 0.99),
        Dialect::Caffe => (1e-5, 0.999),
        Dialect::Darknet => (1e-5, 0.99),
        Dialect::Onnx | Dialect::Pytorch | Dialect::CudaConvnet => (1e-5, 0.9),
    };
    let momentum = match args.real("momentum") {
        Some(new) if torch => new,
        Some(old) => 1.0 - old,
        None => 1.0 - old,
    };
    let layer = BatchNorm {
        eps: args.real("eps").unwrap_or(eps),
        momentum,
        unbiased: !matches!(conventions.dialect, Dialect::Keras | Dialect::Onnx),
        scale: args.flag("scale").unwrap_or(true),
        shift: args.flag("shift").unwrap_or(true),
    };
    Ok(Arc::new(layer))
}

impl Layer for BatchNorm {
    fn infer(&self, inputs: &[Shape]) -> Result<Shape, Problem> {
        Ok(inputs[0])
    }

    fn cost(&self, _: &[Shape], output: Shape) -> Cost {
        let c = output.channels();
        let norms = c.saturating_mul(u64::from(self.scale) + u64::from(self.shift));
        Cost { norms, buffers: c.saturating_mul(2), ..Cost::default() }
    }

    fn arithmetic(&self, _: &[Shape]) -> Vec<String> {
        Vec::new()
    }

    fn padding(&self, _: &[Shape]) -> Option<[u32; 4]> {
        None
    }

    fn lower(&self, b: &mut Builder, inputs: &[ValueId], output: Shape) -> ValueId {
        let c = [output.channels()];
        let scale = self.scale.then(|| b.param(Role::Scale, &c, Init::Constant(1.0)));
        let shift = self.shift.then(|| b.param(Role::Shift, &c, Init::Constant(0.0)));
        let mean = b.param(Role::RunningMean, &c, Init::Constant(0.0));
        let var = b.param(Role::RunningVar, &c, Init::Constant(1.0));
        let (eps, momentum, unbiased) = (self.eps, self.momentum, self.unbiased);
        b.op(Prim::BatchNorm { x: inputs[0], scale, shift, mean, var, eps, momentum, unbiased }, output)
    }
}

//! How kernels and biases start, by dialect.

use super::{Conventions, Dialect};
use crate::program::Init;

/// Which weights: Darknet starts the two differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Weights {
    /// Of a convolution.
    Conv,
    /// Of an FC layer.
    Linear,
}

/// Kernel and bias initialisers for a fan-in and fan-out.
///
/// Keras: glorot uniform, zero biases (`keras/src/layers/`). PyTorch: uniform within `1/sqrt(fan_in)` for
/// both, what `kaiming_uniform_(a=sqrt(5))` comes to (`torch/nn/modules/{conv,linear}.py`). Caffe: its
/// `xavier` filler, uniform within `sqrt(3/fan_in)` (`filler.hpp`; with no filler named Caffe starts at 0, which
/// does not train). cuda-convnet: N(0, .01). Darknet: N(0, 2/fan_in) for convolutions
/// (`convolutional_layer.c`), uniform within `sqrt(2/fan_in)` for FC (`connected_layer.c`). ONNX states none;
/// PyTorch's are taken.
pub(super) fn initialisers(
    conventions: &Conventions,
    weights: Weights,
    fan_in: u64,
    fan_out: u64,
) -> (Init, Init) {
    let (fan_in, fan_out) = (fan_in.max(1) as f64, fan_out as f64);
    let zero = Init::Constant(0.0);
    match conventions.dialect {
        Dialect::Keras => (Init::Uniform { bound: (6.0 / (fan_in + fan_out)).sqrt() }, zero),
        Dialect::Caffe => (Init::Uniform { bound: (3.0 / fan_in).sqrt() }, zero),
        Dialect::CudaConvnet => (Init::Normal { std: 0.01 }, zero),
        Dialect::Darknet if weights == Weights::Conv => (Init::Normal { std: (2.0 / fan_in).sqrt() }, zero),
        Dialect::Darknet => (Init::Uniform { bound: (2.0 / fan_in).sqrt() }, zero),
        Dialect::Pytorch | Dialect::Onnx => {
            let bound = fan_in.sqrt().recip();
            (Init::Uniform { bound }, Init::Uniform { bound })
        }
    }
}

//! How kernels and biases start, by dialect.

use super::{Conventions, Dialect};
use crate::program::Init;

/// Kernel and bias initialisers for a fan-in and fan-out.
///
/// Keras: glorot uniform, zero biases. PyTorch: uniform within `1/sqrt(fan_in)` for both (what
/// `kaiming_uniform_(a=sqrt(5))` comes to). Caffe: xavier, `sqrt(3/fan_in)`. cuda-convnet: N(0, .01).
/// Darknet: uniform within `sqrt(2/fan_in)`. ONNX states none; PyTorch's are taken.
pub(super) fn initialisers(conventions: &Conventions, fan_in: u64, fan_out: u64) -> (Init, Init) {
    let (fan_in, fan_out) = (fan_in.max(1) as f64, fan_out as f64);
    let zero = Init::Constant(0.0);
    match conventions.dialect {
        Dialect::Keras => (Init::Uniform { bound: (6.0 / (fan_in + fan_out)).sqrt() }, zero),
        Dialect::Caffe => (Init::Uniform { bound: (3.0 / fan_in).sqrt() }, zero),
        Dialect::CudaConvnet => (Init::Normal { std: 0.01 }, zero),
        Dialect::Darknet => (Init::Uniform { bound: (2.0 / fan_in).sqrt() }, zero),
        Dialect::Pytorch | Dialect::Onnx => {
            let bound = fan_in.sqrt().recip();
            (Init::Uniform { bound }, Init::Uniform { bound })
        }
    }
}

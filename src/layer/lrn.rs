//! LRN: local response normalisation across channels.

use super::keep::Keep;
use super::spec::param;
use super::{Args, Arity, Bound, Conventions, Dialect, Kind, Positional, Type};
use crate::program::Prim;
use std::sync::Arc;

const REAL: Type = Type::Real { min: 0.0, max: 1e9, max_included: true };

pub(super) static KIND: Kind = Kind {
    name: "LRN",
    aliases: &["LOCAL RESPONSE NORM", "LOCAL RESPONSE NORMALIZATION", "LOCALRESPNORM", "NORM"],
    implied: &[],
    key: "lrn",
    summary: "Divides by `(k + alpha * sum of squares over n channels)^beta`; cuda-convnet, Caffe, PyTorch and ONNX \
              divide alpha by n, Keras and Darknet do not.",
    arity: Arity::One,
    params: &[
        param("n", Type::Int { min: 1, max: 65_536 }, "5; Keras 11", "Channels in the window.")
            .aliases(&["size", "local_size"])
            .unit("channels"),
        param("k", REAL, "1; cuda-convnet 2", "Offset.").aliases(&["bias"]),
        param("alpha", REAL, "0.0001; Caffe and Keras 1", "Factor."),
        param("beta", REAL, "0.75; Keras 0.5", "Exponent."),
    ],
    positional: Positional { size: None, slash: None, int: Some("n"), words: &[] },
    window: None,
    keeps_shape: true,
    weighted: false,
    bind,
};

fn bind(args: &Args, conventions: &Conventions) -> Bound {
    let (n, k, alpha, beta) = match conventions.dialect {
        Dialect::Keras => (11, 1.0, 1.0, 0.5),
        Dialect::Caffe => (5, 1.0, 1.0, 0.75),
        Dialect::CudaConvnet => (5, 2.0, 1e-4, 0.75),
        Dialect::Pytorch | Dialect::Onnx | Dialect::Darknet => (5, 1.0, 1e-4, 0.75),
    };
    let size = args.int("n").unwrap_or(n) as u32;
    let k = args.real("k").unwrap_or(k);
    let beta = args.real("beta").unwrap_or(beta);
    let written = args.real("alpha").unwrap_or(alpha);
    // The rest of an even window: ONNX (`onnx/defs/nn/defs.cc`) and Darknet have one channel more above, PyTorch
    // (`torch/nn/functional.py`) and cuda-convnet below; Caffe's and TensorFlow's windows are odd.
    let low = matches!(conventions.dialect, Dialect::Onnx | Dialect::Darknet);
    let below = if low { size.saturating_sub(1) / 2 } else { size / 2 };
    let undivided = matches!(conventions.dialect, Dialect::Keras | Dialect::Darknet);
    let alpha = if undivided { written * f64::from(size) } else { written };
    Ok(Arc::new(Keep::new("LRN", move |x| Prim::Lrn { x, size, below, alpha, beta, k }).on_maps()))
}

//! The lowered net: a flat list of primitives over values, with every convention resolved.
//!
//! What a reader may rely on, each point held by a test:
//!
//! - Operations stand in execution order; an operand is always the output of an earlier operation.
//! - Every operation writes exactly one value, and `values[i]` is written by `ops[i]`: a [`ValueId`]
//!   is the index of both.
//! - There is one [`Prim::Input`], and it is `ops[0]`.
//! - No padding word, rounding rule or dialect is left: a padding is `[top, bottom, left, right]`
//!   and its output size follows by `floor((i + before + after - d(k-1) - 1) / s) + 1`.
//! - LRN's alpha is libtorch's: it multiplies the mean, not the sum, of the squares.
//! - Batch norm's momentum is libtorch's: the weight of the new statistic.
//! - A shape is `[H, W, C]` or `[C]` whatever memory layout an executor picks.
//! - Parameters have unique names, `row.role`, and are stored as libtorch stores them: convolution
//!   kernels `[K, C / groups, kh, kw]`, linear kernels `[out, in]`, all else `[C]`.

mod builder;
mod print;

pub use builder::Builder;

use crate::shape::Shape;

/// A value: the output of the operation with this index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ValueId(pub u32);

/// An entry of [`Program::params`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ParamId(pub u32);

/// An entry of [`Program::rows`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowId(pub u32);

/// A net that an executor can run.
#[derive(Clone, Debug, PartialEq)]
pub struct Program {
    /// The net's name.
    pub name: String,
    /// The operations, in execution order.
    pub ops: Vec<Op>,
    /// Everything stored: trained parameters and running statistics.
    pub params: Vec<Param>,
    /// The table rows, expanded, in their order.
    pub rows: Vec<RowInfo>,
    /// What `predict` returns: the last row's value (class probabilities where it ends in SOFTMAX).
    pub output: ValueId,
    /// What the loss takes: the value before a final SOFTMAX, else [`Program::output`].
    pub logits: ValueId,
}

/// One primitive, the value it writes and the row it came from.
#[derive(Clone, Debug, PartialEq)]
pub struct Op {
    /// The primitive and its operands.
    pub prim: Prim,
    /// The shape of the value it writes, for one image.
    pub shape: Shape,
    /// The row it lowers.
    pub row: RowId,
}

/// A table row, as an executor names it to a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowInfo {
    /// The unique name parameters are prefixed with, such as `conv1`.
    pub name: String,
    /// The layer's kind, such as `CONV`.
    pub kind: String,
    /// The row's line in the document, from 1.
    pub line: u32,
}

/// A stored tensor.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// Unique name, `row.role`, such as `conv1.kernel`.
    pub name: String,
    /// Dimensions as libtorch stores them.
    pub dims: Vec<u64>,
    /// What it is to the optimiser and the initialiser.
    pub role: Role,
    /// How it starts.
    pub init: Init,
    /// The row it belongs to.
    pub row: RowId,
}

impl Param {
    /// How many numbers it stores; saturates.
    pub fn elements(&self) -> u64 {
        self.dims.iter().copied().fold(1, u64::saturating_mul)
    }
}

/// What a stored tensor is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// The weights of a convolution or FC layer: the only ones L2 and weight decay touch by default.
    Kernel,
    /// The bias of a convolution or FC layer.
    Bias,
    /// A normalisation's factor (gamma).
    Scale,
    /// A normalisation's offset (beta).
    Shift,
    /// Batch norm's running mean: a buffer, not trained.
    RunningMean,
    /// Batch norm's running variance: a buffer, not trained.
    RunningVar,
}

impl Role {
    /// False for running statistics.
    pub const fn trained(self) -> bool {
        !matches!(self, Self::RunningMean | Self::RunningVar)
    }

    /// The last part of a parameter's name.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Kernel => "kernel",
            Self::Bias => "bias",
            Self::Scale => "scale",
            Self::Shift => "shift",
            Self::RunningMean => "running_mean",
            Self::RunningVar => "running_var",
        }
    }
}

/// How a tensor starts, with its spread resolved from fan-in and fan-out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Init {
    /// Every number the same.
    Constant(f64),
    /// Uniform in `[-bound, bound]`.
    Uniform {
        /// Half the width.
        bound: f64,
    },
    /// Normal around 0.
    Normal {
        /// Standard deviation.
        std: f64,
    },
}

/// An activation function, applied to each number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Function {
    /// `max(x, 0)`.
    Relu,
    /// `x` above 0, `slope * x` below.
    LeakyRelu {
        /// The slope below 0.
        slope: f64,
    },
    /// `x` above 0, `alpha (exp(x) - 1)` below.
    Elu {
        /// The limit below 0, negated.
        alpha: f64,
    },
    /// `x * Phi(x)`, exact or by the tanh formula.
    Gelu {
        /// True for the tanh formula.
        tanh: bool,
    },
    /// `x * sigmoid(x)`.
    Silu,
    /// `x * relu6(x + 3) / 6`.
    HardSwish,
    /// Hyperbolic tangent.
    Tanh,
    /// `1 / (1 + exp(-x))`.
    Sigmoid,
    /// `min(max(x, 0), 6)`.
    Relu6,
}

/// The order in which a map becomes a vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FlattenOrder {
    /// Channels vary fastest (Keras).
    Hwc,
    /// Width varies fastest (PyTorch, Caffe, Darknet, ONNX, cuda-convnet).
    Chw,
}

/// A primitive. Windows are `[height, width]`, paddings `[top, bottom, left, right]` and may differ
/// by side; a stride, kernel or dilation is at least 1.
#[derive(Clone, Debug, PartialEq)]
pub enum Prim {
    /// The image batch, `[N, C, H, W]` (or `[N, C]`).
    Input,
    /// Cross-correlation with zero padding.
    Conv2d {
        /// `[N, C, H, W]`.
        x: ValueId,
        /// `[K, C / groups, kh, kw]`.
        kernel: ParamId,
        /// `[K]`.
        bias: Option<ParamId>,
        /// Steps.
        stride: [u32; 2],
        /// Zeros added.
        padding: [u32; 4],
        /// Distance of the kernel's taps.
        dilation: [u32; 2],
        /// Channel groups.
        groups: u32,
    },
    /// `x W^T + b` on vectors.
    Linear {
        /// `[N, in]`.
        x: ValueId,
        /// `[out, in]`.
        kernel: ParamId,
        /// `[out]`.
        bias: Option<ParamId>,
    },
    /// Largest number of each window; padding counts as minus infinity.
    MaxPool2d {
        /// `[N, C, H, W]`.
        x: ValueId,
        /// Window.
        kernel: [u32; 2],
        /// Steps.
        stride: [u32; 2],
        /// Added, including what a ceil rule reads beyond the end.
        padding: [u32; 4],
        /// Distance of the window's taps.
        dilation: [u32; 2],
    },
    /// Sum of each window over how many of its pixels count.
    AvgPool2d {
        /// `[N, C, H, W]`.
        x: ValueId,
        /// Window.
        kernel: [u32; 2],
        /// Steps.
        stride: [u32; 2],
        /// Zeros added, including what a ceil rule reads beyond the end.
        padding: [u32; 4],
        /// The part of `padding` that counts in the divisor, the image itself always counting:
        /// zeros where padding is left out (Keras), the declared padding without a ceil rule's
        /// extension where it is counted (PyTorch's and Caffe's default), all of it for a constant divisor.
        counted: [u32; 4],
    },
    /// Mean over windows that split the map evenly: window `i` of `n` over `L` pixels is
    /// `floor(i L / n) .. ceil((i + 1) L / n)` (PyTorch's adaptive pooling).
    AdaptiveAvgPool2d {
        /// `[N, C, H, W]`.
        x: ValueId,
        /// Output height and width.
        size: [u32; 2],
    },
    /// Largest number over the same windows as [`Prim::AdaptiveAvgPool2d`].
    AdaptiveMaxPool2d {
        /// `[N, C, H, W]`.
        x: ValueId,
        /// Output height and width.
        size: [u32; 2],
    },
    /// `scale (x - mean) / sqrt(var + eps) + shift` per channel; the batch's own biased variance in
    /// training, the running one in evaluation.
    BatchNorm {
        /// `[N, C, H, W]` or `[N, C]`.
        x: ValueId,
        /// `[C]`.
        scale: Option<ParamId>,
        /// `[C]`.
        shift: Option<ParamId>,
        /// `[C]`, buffer.
        mean: ParamId,
        /// `[C]`, buffer.
        var: ParamId,
        /// Added to the variance.
        eps: f64,
        /// Weight of the batch's statistic in the running one.
        momentum: f64,
        /// True where the running variance takes the unbiased (n - 1) one.
        unbiased: bool,
    },
    /// `x / (k + alpha * mean of squares over size channels)^beta`, the window holding
    /// `floor((size - 1) / 2)` channels below and `ceil((size - 1) / 2)` above, zeros outside.
    Lrn {
        /// `[N, C, H, W]`.
        x: ValueId,
        /// Channels in the window.
        size: u32,
        /// libtorch's: the sum's factor times `size`.
        alpha: f64,
        /// Exponent.
        beta: f64,
        /// Offset.
        k: f64,
    },
    /// An activation function.
    Activation {
        /// Any shape.
        x: ValueId,
        /// Which.
        function: Function,
    },
    /// Zeroes a share `p` of the numbers in training and scales the rest by `1 / (1 - p)`.
    Dropout {
        /// Any shape.
        x: ValueId,
        /// Share dropped, in `[0, 1)`.
        p: f64,
    },
    /// Sum of values of one shape.
    Add {
        /// Two or more.
        xs: Vec<ValueId>,
    },
    /// Channels one behind the other.
    Concat {
        /// Two or more, of one height and width.
        xs: Vec<ValueId>,
    },
    /// A map as a vector.
    Flatten {
        /// `[N, C, H, W]`.
        x: ValueId,
        /// In which order.
        order: FlattenOrder,
    },
    /// A vector as a 1x1 map, `[N, C]` to `[N, C, 1, 1]`.
    Unflatten {
        /// `[N, C]`.
        x: ValueId,
    },
    /// Softmax over the channels.
    Softmax {
        /// `[N, C]` or `[N, C, H, W]`.
        x: ValueId,
    },
}

impl Prim {
    /// The values it reads, in order.
    pub fn operands(&self) -> &[ValueId] {
        match self {
            Self::Input => &[],
            Self::Add { xs } | Self::Concat { xs } => xs,
            Self::Conv2d { x, .. }
            | Self::Linear { x, .. }
            | Self::MaxPool2d { x, .. }
            | Self::AvgPool2d { x, .. }
            | Self::AdaptiveAvgPool2d { x, .. }
            | Self::AdaptiveMaxPool2d { x, .. }
            | Self::BatchNorm { x, .. }
            | Self::Lrn { x, .. }
            | Self::Activation { x, .. }
            | Self::Dropout { x, .. }
            | Self::Flatten { x, .. }
            | Self::Unflatten { x }
            | Self::Softmax { x } => std::slice::from_ref(x),
        }
    }
}

impl Program {
    /// The shape of a value for one image.
    pub fn shape(&self, value: ValueId) -> Shape {
        self.ops[value.0 as usize].shape
    }

    /// The stored tensor with this id.
    pub fn param(&self, id: ParamId) -> &Param {
        &self.params[id.0 as usize]
    }

    /// The shape of the input image.
    pub fn input_shape(&self) -> Shape {
        self.ops[0].shape
    }

    /// Classes the logits tell apart.
    pub fn classes(&self) -> u64 {
        self.shape(self.logits).channels()
    }
}

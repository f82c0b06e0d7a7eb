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
//!   kernels `[K, C / groups, kh, kw]`, those of transposed ones `[C, K / groups, kh, kw]`, linear kernels
//!   `[out, in]`, all else `[C]`, or `[C, H, W]` where each number of a map has its own, or `[1]` where all share one.

mod builder;
mod prim;
mod print;

pub use builder::Builder;
pub use prim::{FlattenOrder, Function, Over, PadMode, Prim, Resample};

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
    /// A learned activation's slope.
    Slope,
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
            Self::Slope => "slope",
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
